"""Which villages will probably be late: /outlook."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from backend import access
from backend.access import allows
from backend.domain.outlook import Band, watch_from, words
from backend.domain.roles import Action
from backend.outlook import Expected, expect
from backend.problems import Problem, language_of
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.routes.schemas import KeyQuery
from backend.store import calendar, outlook

ScheduleQuery = Annotated[int, QueryParameter(ge=1, le=2**31 - 1)]
PeriodKeyQuery = Annotated[str, QueryParameter(pattern=r"^2[0-9]{3}(-[WQ0-9]{2,3}(-[0-9]{2})?)?$")]


class ReasonView(msgspec.Struct):
    """One reason: its code and figures, and the same in the asker's language."""

    code: str
    params: Mapping[str, Any]
    text: str


class VillageOutlook(msgspec.Struct):
    """A village that owes the report. `band`: likely from a half on, possible from a fifth."""

    obligation: int
    region: str
    name: str
    due_at: datetime
    band: Band
    reasons: list[ReasonView]


class Outlook(msgspec.Struct):
    """In order of code, never by rank. Empty before `watch_from`, three working days before due."""

    watch_from: datetime
    villages: list[VillageOutlook]


def village_outlook(expected: Expected, language: str) -> VillageOutlook:
    return VillageOutlook(
        expected.obligation,
        expected.region,
        expected.name,
        expected.due_at,
        expected.forecast.band,
        [
            ReasonView(reason.code, reason.params, words(reason, language))
            for reason in expected.forecast.reasons
        ],
    )


class OutlookController(Controller):
    path = "/outlook"
    tags = ("reminders",)

    @get("/", opt=allows(Action.SEE_OUTLOOK), responses=documented("not_found"))
    async def outlook(
        self,
        request: ApiRequest,
        schedule: ScheduleQuery,
        period: PeriodKeyQuery,
        region: KeyQuery = None,
    ) -> Outlook:
        """The villages that owe a period's report, whether they will be late, and why."""
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_OUTLOOK, region)
            asked = await access.schedule(actor, schedule, Action.SEE_FORMS)
            found = await outlook.period(schedule, period)
            if found is None:
                raise Problem("not_found")
            days = await calendar.load(asked["scope"])
            expected = await expect(scopes, region, found["id"], days, actor.now)
        start = watch_from(found["due_at"], days).astimezone(UTC)
        return Outlook(start, [village_outlook(each, language) for each in expected])
