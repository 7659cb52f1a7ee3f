"""What is removed by rule, and when that was done: /retention."""

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.retention import TASKS, RetentionRule
from backend.domain.roles import Action
from backend.routes.context import ApiRequest, authorised, settings_of
from backend.routes.errors import documented
from backend.store import retention, tasks


class RuleView(msgspec.Struct):
    """A rule and its last run, if ever; `failure` names what went wrong with it."""

    rule: RetentionRule
    run_at: datetime | None
    failure: str | None


class RemovedView(msgspec.Struct):
    """How much a rule removed on a day, the last of it `at`."""

    rule: RetentionRule
    day: date
    removed: int
    at: datetime


class Retention(msgspec.Struct):
    """Of the whole server: one content may be of several counties."""

    photo_years: int
    rules: list[RuleView]
    removed: list[RemovedView]


class RetentionController(Controller):
    path = "/retention"
    tags = ("county",)

    @get("/", opt=allows(Action.SEE_RETENTION), responses=documented())
    async def shown(
        self, request: ApiRequest, days: Annotated[int, QueryParameter(ge=1, le=366)] = 90
    ) -> Retention:
        """The rules with their last runs, and what they removed in the last `days`."""
        async with authorised(request) as actor:
            runs = {row["name"]: row for row in await tasks.runs()}
            rows = await retention.since(local_day(actor.now) - timedelta(days=days))
        found = [(rule, runs.get(task)) for rule, task in TASKS.items()]
        rules = [
            RuleView(rule, run["finished_at"] if run else None, run["failure"] if run else None)
            for rule, run in found
        ]
        removed = [
            RemovedView(RetentionRule(r["rule"]), r["day"], r["removed"], r["at"]) for r in rows
        ]
        return Retention(settings_of(request).media_years, rules, removed)
