"""The signature between Cunbao and the county's gateway, the same in both directions.

HMAC-SHA256 over the timestamp (seconds since 1970), a dot and the body, as hex behind "v1=". A
signature is good for five minutes, so that a message seen on the way can't be played back later.
"""

import hmac
from datetime import datetime
from typing import Final

TIMESTAMP: Final = "x-cunbao-timestamp"
SIGNATURE: Final = "x-cunbao-signature"
_LIFE_SECONDS: Final = 300


def signed(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers that go with a body."""
    at = str(int(now.timestamp()))
    return {TIMESTAMP: at, SIGNATURE: _signature(secret, at, body)}


def is_signed(
    secret: str, body: bytes, timestamp: str | None, signature: str | None, now: datetime
) -> bool:
    """Whether the headers were made for this body, with this secret, just now."""
    if timestamp is None or signature is None or not _is_near(timestamp, now):
        return False
    # As bytes: a signature that is not ASCII is wrong, and no error.
    wanted = _signature(secret, timestamp, body).encode()
    return hmac.compare_digest(wanted, signature.encode("utf-8", "replace"))


def _is_near(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    return abs(now.timestamp() - int(timestamp)) <= _LIFE_SECONDS


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    signed_part = timestamp.encode() + b"." + body
    return "v1=" + hmac.digest(secret.encode(), signed_part, "sha256").hex()
