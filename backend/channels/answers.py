"""What an HTTP service's answer means for the message."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from backend.channels.sending import TransportError

_MOST_SECONDS: Final = 86_400.0


def check_status(status: int, headers: Mapping[str, str], permanent: Collection[int] = ()) -> None:
    """Raises TransportError unless the service took it; `permanent` names the final refusals.

    Refused credentials (401, 403) are our fault and not the address's: they are worth a retry.
    """
    if 200 <= status < 300:
        return
    raise TransportError(
        f"http_{status}",
        permanent=status in permanent,
        retry_after=_seconds(headers.get("retry-after")),
    )


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; the form with a date (RFC 9110 §10.2.3) is left to the backoff."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text[:9]), _MOST_SECONDS)


def check_code(
    content: bytes,
    name: str,
    *,
    permanent: Collection[int] = (),
    busy: Mapping[int, float] | None = None,
) -> dict[str, Any]:
    """The JSON of a service that answers 200 and says in `name` whether it took the message.

    `busy` are the codes for "too many", with the seconds to wait.
    """
    try:
        found: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        found = None
    code = found.get(name) if isinstance(found, dict) else None
    if not isinstance(code, int):
        raise TransportError("unreadable_answer")
    if code != 0:
        wait = (busy or {}).get(code)
        raise TransportError(f"code_{code}", permanent=code in permanent, retry_after=wait)
    return dict(found)
