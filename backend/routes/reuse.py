"""Photos used before, to be decided on: /reuse."""

from enum import StrEnum
from typing import Final

import msgspec
from litestar import Controller, get, post
from litestar.params import JSONBody

from backend import access
from backend.access import allows
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.pictures import ReuseFlagView, flag_view
from backend.routes.schemas import KeyQuery, NumberPath
from backend.store import audit, reuse

_MOST: Final = 200


class ReuseDecision(StrEnum):
    """cleared: nothing wrong with it. confirmed: the photo must not count."""

    CLEARED = "cleared"
    CONFIRMED = "confirmed"


class ReuseDecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    decision: ReuseDecision


class ReuseController(Controller):
    path = "/reuse"
    tags = ("attachments",)

    @get("/", opt=allows(Action.DECIDE_REUSE), responses=documented())
    async def waiting(self, request: ApiRequest, region: KeyQuery = None) -> list[ReuseFlagView]:
        """What nobody has decided on, oldest first; 200 at most."""
        async with authorised(request) as asker:
            scopes = access.reach(asker, Action.DECIDE_REUSE, region)
            rows = await reuse.open_flags(scopes, region, _MOST)
        return [flag_view(row, asker) for row in rows]

    @post(
        "/{number:int}/decision",
        opt=allows(Action.DECIDE_REUSE),
        status_code=200,
        responses=documented("flag_decided"),
    )
    async def decide(
        self, request: ApiRequest, number: NumberPath, data: JSONBody[ReuseDecisionIn]
    ) -> ReuseFlagView:
        """The word of somebody who may see both pictures: the office, or else the county."""
        async with authorised(request) as asker:
            row = await access.reuse_flag(asker, number)
            if row["decision"] is not None:
                raise Problem("flag_decided")
            await reuse.decide(number, data.decision.value, asker.account, asker.now)
            subject, decision = f"attachment:{row['attachment']}", data.decision.value
            entry = audit.by(asker, "media.reuse", subject, row["region"], decision=decision)
            await audit.write(entry)
            (row,) = [each for each in await reuse.of_attachments([row["attachment"]])
                      if each["id"] == number]  # fmt: skip
        return flag_view(row, asker)
