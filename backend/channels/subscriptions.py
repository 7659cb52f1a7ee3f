"""A browser's push subscription: which are accepted, and the key it subscribes with."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.domain.refusal import Refusal

_AUTH_BYTES: Final = 16


def public_key(private_key: str) -> str:
    """What a browser is told when it subscribes: the uncompressed point, base64url."""
    number = int.from_bytes(_decoded(private_key), "big")
    key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def clean_subscription(endpoint: str, p256dh: str, auth: str, origins: Sequence[str]) -> str:
    """A browser's subscription as it is kept. Refusal("bad_address") when it can't be used.

    `origins` are the push services allowed, `*.` standing for any host below: the server makes
    requests to what a phone names, so it must not name just any address.
    """
    try:
        usable = any(_is_of(endpoint, origin) for origin in origins)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
        usable = usable and len(_decoded(auth)) == _AUTH_BYTES
    except ValueError:
        usable = False
    if not usable:
        raise Refusal("bad_address", channel="web_push")
    subscription = {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}
    return msgspec.json.encode(subscription).decode()


def _decoded(text: str) -> bytes:
    """base64url, with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _is_of(endpoint: str, origin: str) -> bool:
    given, wanted = urlsplit(endpoint), urlsplit(origin)
    if given.scheme != wanted.scheme or given.username is not None or given.fragment:
        return False
    if wanted.netloc.startswith("*."):
        return given.netloc.endswith(wanted.netloc[1:])
    return given.netloc == wanted.netloc
