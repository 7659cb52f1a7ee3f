"""SMS and voice through the county's own gateway: a signed JSON webhook.

POST to CUNBAO_GATEWAY_URL with `delivery`, `channel` (sms or voice), `to`, `text` and `link`. The
gateway answers 2xx once it has taken the message, 410 or 422 when it can't reach the number, 429 or
503 with Retry-After when it has too much to do. What became of the message it posts back to
/api/v1/deliveries/receipts, signed the same way (backend/channels/signing.py).
"""

from datetime import datetime
from typing import Final

import msgspec

from backend.channels import http
from backend.channels.answers import check_status
from backend.channels.sending import Outgoing
from backend.channels.signing import signed
from backend.domain.channels import Kind
from backend.settings import Settings

_NO_SUCH_NUMBER: Final = (410, 422)


class Gateway:
    """One of the gateway's two channels."""

    def __init__(self, kind: Kind, address: str, secret: str) -> None:
        self._kind, self._address, self._secret = kind, address, secret
        self._client = http.client()

    async def send(self, item: Outgoing, now: datetime) -> None:
        """Hands the message over; the key is the delivery's number and the Idempotency-Key."""
        body = msgspec.json.encode(
            {
                "delivery": item.key,
                "channel": self._kind.value,
                "to": item.address,
                "text": item.text,
                "link": item.link,
            }
        )
        headers = {
            "content-type": "application/json",
            "idempotency-key": item.key,
            **signed(self._secret, body, now),
        }
        answer = await http.post(self._client, self._address, body, headers)
        check_status(answer.status_code, answer.headers, _NO_SUCH_NUMBER)

    async def close(self) -> None:
        await self._client.aclose()


def open_channel(kind: Kind, config: Settings) -> Gateway:
    """As the settings say."""
    return Gateway(kind, config.gateway_url or "", config.gateway_secret or "")
