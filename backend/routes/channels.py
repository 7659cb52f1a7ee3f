"""How the channels do: /channels, and what the gateway says of its messages: /deliveries."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from backend import channels, settling
from backend.access import PUBLIC, allows
from backend.channels import TransportError
from backend.channels.signing import SIGNATURE, TIMESTAMP, is_signed
from backend.domain.channels import Kind
from backend.domain.roles import Action
from backend.domain.sending import Receipt, ReceiptOutcome
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, now_of, settings_of
from backend.routes.errors import documented
from backend.store import sending
from backend.store.database import transaction


class ChannelHealth(msgspec.Struct):
    """Of messages to people of the county: `sent` were taken by the service, `delivered` of these
    it has confirmed; `failed` includes those that then went another way; `dropped` had become
    pointless. `oldest_seconds` is for how long the oldest waiting one should have gone already.
    """

    channel: Kind
    configured: bool
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
    oldest_seconds: int = 0


class Health(msgspec.Struct):
    """Counts of the last `days`; what waits is counted whatever its age."""

    days: int
    items: list[ChannelHealth]


class ChannelController(Controller):
    path = "/channels"
    tags = ("channels",)

    @get("/", opt=allows(Action.SEE_CHANNELS), responses=documented())
    async def health(
        self, request: ApiRequest, days: Annotated[int, QueryParameter(ge=1, le=366)] = 30
    ) -> Health:
        """Every channel, also those not set: whether messages get through."""
        async with authorised(request) as actor:
            scopes = actor.scopes(Action.SEE_CHANNELS)
            rows = await sending.health(scopes, days, actor.now)
        found = {row["channel"]: dict(row) for row in rows}
        set_ = {Kind.IN_APP, *channels.configured(settings_of(request))}
        items = [
            ChannelHealth(**{**found.get(kind, {}), "channel": kind, "configured": kind in set_})
            for kind in Kind
        ]
        return Health(days, items)


Word = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.:-]*$")]


class ReceiptIn(msgspec.Struct, forbid_unknown_fields=True):
    """What became of a message. `delivery` is the number it was given with; `permanent`: the number
    can't be reached at all; `reason` is a word or a code, without anything personal.
    """

    delivery: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]
    status: Receipt
    permanent: bool = False
    reason: Word = "undelivered"


class Receipts(msgspec.Struct, forbid_unknown_fields=True):
    receipts: Annotated[list[ReceiptIn], Meta(min_length=1, max_length=500)]


class ReceiptResult(msgspec.Struct):
    delivery: str
    outcome: ReceiptOutcome


class ReceiptResults(msgspec.Struct):
    items: list[ReceiptResult]


class DeliveryController(Controller):
    path = "/deliveries"
    tags = ("channels",)

    @post(
        "/receipts", opt=PUBLIC, status_code=200, responses=documented("bad_signature", "invalid")
    )
    async def receipts(self, request: ApiRequest, data: JSONBody[Receipts]) -> ReceiptResults:
        """For the county's gateway, which signs as Cunbao does. Repeating is safe."""
        config, now = settings_of(request), now_of(request)
        signature = request.headers.get(TIMESTAMP), request.headers.get(SIGNATURE)
        secret = config.gateway_secret
        if secret is None or not is_signed(secret, await request.body(), *signature, now):
            raise Problem("bad_signature")
        async with transaction():
            return ReceiptResults(await _settle(data, channels.configured(config), now))


async def _settle(
    data: Receipts, configured: Collection[Kind], now: datetime
) -> list[ReceiptResult]:
    """One result for each delivery; of several receipts for one the first counts."""
    rows = await sending.for_receipts([int(each.delivery) for each in data.receipts])
    items: dict[str, ReceiptResult] = {}
    for each in data.receipts:
        if each.delivery in items:
            continue
        error = TransportError(each.reason, permanent=each.permanent)
        row = rows.get(int(each.delivery))
        outcome = await settling.receipt(row, each.status, error, configured, now)
        items[each.delivery] = ReceiptResult(each.delivery, outcome)
    return list(items.values())
