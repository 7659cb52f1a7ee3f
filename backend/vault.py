"""Keys and secrets: sealed phone numbers, keyed indexes, passwords, tokens.

Every key is derived from CUNBAO_SECRET_KEY by HKDF (RFC 5869) under its own label.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Forged(Exception):
    """A token or sealed value that this key did not make, or that was changed."""


class Expired(Exception):
    """An access token past its time."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Which session, and which of its generations."""

    session: UUID
    generation: int


class Vault:
    """Holds the derived keys. One per process."""

    def __init__(self, secret_key: str) -> None:
        self._secret = secret_key.encode()
        self._index_key = self._derive("phone index")
        self._refresh_key = self._derive("refresh token")
        self._feed_key = self._derive("calendar feed")
        self._invitation_key = self._derive("invitation")
        self._recovery_key = self._derive("recovery code")
        self._access_key = self._derive("access token")
        self._beneficiary_key = self._derive("beneficiary index")
        self.audit_key = self._derive("audit chain")
        self.draw_key = self._derive("second review")
        self.media_key = self._derive("media")
        self.upload_key = self._derive("partial uploads")
        self._view_key = self._derive("media view")
        self._sealer = AESGCM(self._derive("sealed values"))
        # OWASP's smallest argon2id setting: a small server answers everyone on the due day.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        # A phone asks several times with one token, and reading one costs as much as routing.
        self._claims = lru_cache(maxsize=4096)(self._read_claims)
        self._decoy = self._hasher.hash("a password nobody has")

    def _derive(self, label: str) -> bytes:
        return HKDF(SHA256(), 32, salt=b"cunbao", info=label.encode()).derive(self._secret)

    def seal(self, text: str) -> bytes:
        """AES-256-GCM under a fresh nonce; the first byte is the version of the key."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._sealer.encrypt(nonce, text.encode(), _VERSION)

    def unseal(self, sealed: bytes) -> str:
        """The text again. Raises Forged when it was changed or sealed with another key."""
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._sealer.decrypt(nonce, body, version).decode()
        except (InvalidTag, ValueError) as error:
            raise Forged from error

    def index(self, text: str) -> bytes:
        """Keyed index of a value that must be found but not read (HMAC-SHA256, 16 bytes)."""
        return hmac.digest(self._index_key, text.encode(), "sha256")[:16]

    def id_number_index(self, number: str) -> bytes:
        """The same for identity numbers, under a key of their own."""
        return hmac.digest(self._beneficiary_key, b"id" + number.encode(), "sha256")[:16]

    def private_digest(self, text: str) -> bytes:
        """Tells whether sealed details have changed, and nothing else about them."""
        return hmac.digest(self._beneficiary_key, b"private" + text.encode(), "sha256")[:16]

    def feed_index(self, token: str) -> bytes:
        """What is kept of the token of a calendar's address: looking it up tells nothing of it."""
        return hmac.digest(self._feed_key, token.encode(), "sha256")

    def invitation_digest(self, secret: bytes) -> bytes:
        """What is kept of the secret of an invitation."""
        return hmac.digest(self._invitation_key, secret, "sha256")

    def recovery_digest(self, account: UUID, code: str) -> bytes:
        """What is kept of a recovery code."""
        return hmac.digest(self._recovery_key, account.bytes + code.encode(), "sha256")

    def hash_password(self, password: str) -> str:
        """argon2id; slow on purpose, so call it off the event loop."""
        return self._hasher.hash(password)

    def check_password(self, password_hash: str | None, password: str) -> bool:
        """True when it matches. An unknown account (None) takes as long as a known one."""
        try:
            self._hasher.verify(password_hash or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    def access_token(self, session: UUID, now: datetime, minutes: int) -> str:
        """A signed name of the session; what it allows is looked up at each request."""
        claims = {"sid": str(session), "exp": int((now + timedelta(minutes=minutes)).timestamp())}
        return jwt.encode(claims, self._access_key, algorithm="HS256")

    def read_access_token(self, token: str, now: datetime) -> UUID:
        """The session. Raises Expired or Forged."""
        session, expires = self._claims(token)
        if expires <= now.timestamp():
            raise Expired
        return session

    def _read_claims(self, token: str) -> tuple[UUID, float]:
        try:
            claims = jwt.decode(
                token,
                self._access_key,
                algorithms=["HS256"],
                options={"require": ["sid", "exp"], "verify_exp": False},
            )
            return UUID(claims["sid"]), float(claims["exp"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Forged from error

    def view_token(self, session: UUID, attachment: int, what: str, expires: datetime) -> str:
        """A signed name of one picture for one session, to be used as an address for minutes."""
        claims = {"sid": str(session), "a": attachment, "w": what, "exp": int(expires.timestamp())}
        return jwt.encode(claims, self._view_key, algorithm="HS256")

    def read_view_token(self, token: str, now: datetime) -> tuple[UUID, int, str]:
        """Session, attachment and what of it. Raises Expired or Forged."""
        try:
            claims = jwt.decode(
                token,
                self._view_key,
                algorithms=["HS256"],
                options={"require": ["sid", "exp"], "verify_exp": False},
            )
            found = UUID(claims["sid"]), int(claims["a"]), str(claims["w"])
            expires = float(claims["exp"])
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Forged from error
        if expires <= now.timestamp():
            raise Expired
        return found

    def refresh_token(self, session: UUID, generation: int) -> str:
        """Session and generation under a MAC: an old one is recognised without being stored."""
        body = session.bytes + generation.to_bytes(4, "big")
        mac = hmac.digest(self._refresh_key, body, "sha256")
        return base64.urlsafe_b64encode(body + mac).decode().rstrip("=")

    def read_refresh_token(self, token: str) -> RefreshToken:
        """Raises Forged unless this server made it."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Forged from error
        body, mac = raw[:20], raw[20:]
        if not hmac.compare_digest(mac, hmac.digest(self._refresh_key, body, "sha256")):
            raise Forged
        return RefreshToken(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))


def content_digest(content: bytes) -> bytes:
    """SHA-256 of what was filed: the same id with other content is a conflict."""
    return hashlib.sha256(content).digest()
