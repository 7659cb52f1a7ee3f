"""Time-based one-time passwords (RFC 6238 over RFC 4226): six digits, a step of thirty seconds.

With SHA-1 and twenty bytes of secret, in base32, as every authenticator app reads them.
"""

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_SECONDS: Final = 30
SECRET_BYTES: Final = 20
_DIGITS: Final = 6
# A clock may be off by a step either way (RFC 6238 §5.2).
_DRIFT: Final = (0, -1, 1)
_ISSUER: Final = "Cunbao"


def uri(secret: str, name: str) -> str:
    """What an authenticator app reads from the picture."""
    label = quote(f"{_ISSUER}:{name}", safe=":")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"


def code_at(secret: str, now: datetime) -> str:
    """The code of an instant."""
    return _code(secret, _step(now))


def step_of(secret: str, code: str, now: datetime, spent: int | None) -> int | None:
    """The step that a code stands for, if it is right and later than the last one spent."""
    for drift in _DRIFT:
        step = _step(now) + drift
        later = spent is None or step > spent
        if later and hmac.compare_digest(_code(secret, step).encode(), code.encode()):
            return step
    return None


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _code(secret: str, step: int) -> str:
    """RFC 4226 §5.3, its dynamic truncation."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"
