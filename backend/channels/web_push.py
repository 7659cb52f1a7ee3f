"""Web Push (RFC 8030): encrypted for the browser (RFC 8291), signed with our key (RFC 8292)."""

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_ece import ECEException
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException

from backend.channels import http
from backend.channels.answers import check_status
from backend.channels.sending import Outgoing, TransportError
from backend.domain.refusal import Refusal

# After a day the duty has another state, and another message says so.
_TTL_SECONDS: Final = 86_400
# A claim may live a day at most (RFC 8292 §2); twelve hours leave room for a clock that is off.
_CLAIM_SECONDS: Final = 43_200
_UNSUBSCRIBED: Final = (404, 410)


class WebPush:
    """Signs with the private key of CUNBAO_VAPID_PRIVATE_KEY."""

    def __init__(self, private_key: str, contact: str) -> None:
        self._key = Vapid02.from_string(private_key)
        self._contact = contact
        self._client = http.client()

    async def send(self, item: Outgoing, now: datetime) -> None:
        """The address is a subscription as `clean_subscription` keeps it."""
        subscription = msgspec.json.decode(item.address)
        said = {"title": item.title, "body": item.text, "link": item.link, "key": item.key}
        body = await asyncio.to_thread(_encrypted, subscription, msgspec.json.encode(said))
        headers = {
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(_TTL_SECONDS),
            # A second copy takes the place of the first (RFC 8030 §5.4: at most 32 characters).
            "topic": hashlib.sha256(item.key.encode()).hexdigest()[:32],
            **self._claim(subscription["endpoint"], now),
        }
        answer = await http.post(self._client, subscription["endpoint"], body, headers)
        check_status(answer.status_code, answer.headers, _UNSUBSCRIBED)

    def _claim(self, endpoint: str, now: datetime) -> dict[str, str]:
        where = urlsplit(endpoint)
        claims = {
            "aud": f"{where.scheme}://{where.netloc}",
            "exp": int(now.timestamp()) + _CLAIM_SECONDS,
            "sub": self._contact,
        }
        return dict(self._key.sign(claims))

    async def close(self) -> None:
        await self._client.aclose()


def public_key(private_key: str) -> str:
    """What a browser is told when it subscribes: the uncompressed point, base64url."""
    point = Vapid02.from_string(private_key).public_key.public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    return _base64url(point)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _encrypted(subscription: dict[str, Any], said: bytes) -> bytes:
    try:
        body: bytes = WebPusher(subscription).encode(said, "aes128gcm")["body"]
    except (WebPushException, ECEException, ValueError, LookupError) as error:
        raise TransportError("bad_subscription", permanent=True) from error
    return body


def clean_subscription(endpoint: str, p256dh: str, auth: str, origins: Sequence[str]) -> str:
    """A browser's subscription as it is kept. Refusal("bad_address") when it can't be used.

    `origins` are the push services allowed, `*.` standing for any host below: the server makes
    requests to what a phone names, so it must not name just any address.
    """
    subscription = {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}
    try:
        allowed = any(_is_of(endpoint, origin) for origin in origins)
        if allowed:
            _encrypted(subscription, b"{}")
    except (TransportError, ValueError):
        allowed = False
    if not allowed:
        raise Refusal("bad_address", channel="web_push")
    return msgspec.json.encode(subscription).decode()


def _is_of(endpoint: str, origin: str) -> bool:
    given, wanted = urlsplit(endpoint), urlsplit(origin)
    if given.scheme != wanted.scheme or given.username is not None or given.fragment:
        return False
    if wanted.netloc.startswith("*."):
        return given.netloc.endswith(wanted.netloc[1:])
    return given.netloc == wanted.netloc
