"""When the figures move: /rates/live, as server-sent events (WHATWG HTML §9.2)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import monotonic
from typing import Annotated, Final

from litestar import Controller, get
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend import access
from backend.access import allows
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, now_of, request_id
from backend.routes.errors import documented
from backend.routes.schemas import KeyQuery
from backend.store import rates
from backend.store.database import transaction

_EVERY_SECONDS: Final = 2.0
# Figures move without anybody's doing as well, when a deadline passes.
_AT_LATEST_SECONDS: Final = 60.0
MOST_SECONDS: Final = 300


class LiveRateController(Controller):
    path = "/rates/live"
    tags = ("rates",)

    @get("/", opt=allows(Action.SEE_RATES), responses=documented())
    async def live(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        seconds: Annotated[int, QueryParameter(ge=0, le=MOST_SECONDS)] = MOST_SECONDS,
    ) -> ServerSentEvent:
        """An event `moved` at once and whenever figures of the area may be others, at least every
        minute; its data is the server's time. What they are is asked at /rates. The stream ends
        after `seconds`, or with the asker's session or post; then ask again.
        """
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_RATES, region)
        return ServerSentEvent(_moves(request, scopes, region, monotonic() + seconds))


async def _moves(
    request: ApiRequest, scopes: Sequence[str], under: str | None, until: float
) -> AsyncIterator[ServerSentEventMessage]:
    known, told = -1, 0.0
    while True:
        try:
            mark = await _mark(request, scopes, under)
        except Problem:
            return
        now = monotonic()
        if mark != known or now >= told + _AT_LATEST_SECONDS:
            known, told = mark, now
            yield ServerSentEventMessage(now_of(request).isoformat(), event="moved")
        if now >= until:
            return
        await asyncio.sleep(min(_EVERY_SECONDS, until - now))


async def _mark(request: ApiRequest, scopes: Sequence[str], under: str | None) -> int:
    """What differs when anything was filed, reviewed, opened or moved.

    Problems: those of a session or post that has ended.
    """
    session, now = request.state.session, now_of(request)
    async with transaction():
        actor = await access.actor(session, Action.SEE_RATES, now, request_id(request))
        if access.reach(actor, Action.SEE_RATES, under) != scopes:
            raise Problem("not_found")
        return await rates.mark(scopes, under)
