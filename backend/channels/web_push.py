"""Web Push (RFC 8030): encrypted for the browser (RFC 8291), signed with our key (RFC 8292)."""

import asyncio
import hashlib
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from http_ece import ECEException
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException

from backend.channels import http
from backend.channels.answers import check_status
from backend.channels.sending import Outgoing, TransportError
from backend.domain.channels import Kind
from backend.settings import Settings

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
        """The address is a subscription as subscriptions.py keeps it."""
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


def _encrypted(subscription: dict[str, Any], said: bytes) -> bytes:
    try:
        body: bytes = WebPusher(subscription).encode(said, "aes128gcm")["body"]
    except (WebPushException, ECEException, ValueError, LookupError) as error:
        raise TransportError("bad_subscription", permanent=True) from error
    return body


def open_channel(kind: Kind, config: Settings) -> WebPush:
    """As the settings say."""
    return WebPush(config.vapid_private_key or "", config.vapid_contact or "")
