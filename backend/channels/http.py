"""One POST to a service, with the failures of the network said in our words."""

import asyncio
import logging
from collections.abc import Mapping

import httpx

from backend.channels.sending import SEND_SECONDS, TransportError

LANES = 8
# Its line for each request names the whole address, which is somebody's subscription.
logging.getLogger("httpx").setLevel(logging.WARNING)


def client() -> httpx.AsyncClient:
    """Connections of one channel's own: what hangs in one never holds up another."""
    limits = httpx.Limits(max_connections=LANES, max_keepalive_connections=LANES)
    return httpx.AsyncClient(timeout=SEND_SECONDS, limits=limits, follow_redirects=False)


async def post(
    through: httpx.AsyncClient, address: str, body: bytes, headers: Mapping[str, str]
) -> httpx.Response:
    """The answer, whatever its status. Raises TransportError when there is none in time."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await through.post(address, content=body, headers=dict(headers))
    except (TimeoutError, httpx.TimeoutException):
        raise TransportError("timeout") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TransportError(type(error).__name__) from None
