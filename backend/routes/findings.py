"""At the desk: all a reviewer or auditor compares a certification with: /certification."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from backend import access
from backend.access import allows
from backend.domain.calendar import local_day
from backend.domain.certification.collecting import finding_in
from backend.domain.certification.effects import effects_of
from backend.domain.certification.flags import Flag, Issued, Seen, flags_of
from backend.domain.reviews import Stage
from backend.domain.roles import Action, Actor
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.door import AtTheDoor, at_the_door
from backend.routes.errors import documented
from backend.routes.pensioners_shown import PensionerShown, pensioners_of
from backend.routes.pictures import AttachmentView, attachment_view
from backend.routes.recommended import Recommended, payment_of, recommended, window_of
from backend.store import audit, findings, media, reuse
from backend.store.database import from_json
from backend.vault import Vault

# Around an instant: as far as ten minutes that hold it can reach.
_AROUND: Final = timedelta(minutes=10)


class Earlier(msgspec.Struct):
    """The last accepted certification, to look at beside this one."""

    submission: UUID
    answers: dict[str, Any]
    seen_at: datetime
    attachments: list[AttachmentView]


class FindingView(msgspec.Struct):
    """A certification as a reviewer or auditor needs it. `recommended` is what accepting it would
    recommend; `second`: somebody else looks again before it is accepted.
    """

    submission: UUID
    obligation: int
    revision: int
    stage: Stage
    second: bool
    pensioner: PensionerShown | None
    answers: dict[str, Any]
    remark: str
    filed_by: str | None
    on_behalf: bool
    seen_at: datetime
    received_at: datetime
    withdrawn_at: datetime | None
    attachments: list[AttachmentView]
    flags: list[Flag]
    earlier: Earlier | None
    household: list[AtTheDoor]
    recommended: Recommended


class FindingController(Controller):
    path = "/certification"
    tags = ("certification",)

    @get(
        "/reviews/{submission:uuid}",
        opt=allows(Action.SEE_REVIEWS),
        responses=documented("not_found"),
    )
    async def finding(self, request: ApiRequest, submission: FromPath[UUID]) -> FindingView:
        """One certification with all there is to compare it with; the look is audited."""
        async with authorised(request) as actor:
            row = await access.finding(actor, submission)
            subject = f"submission:{submission}"
            await audit.write(audit.by(actor, "finding.see", subject, row["holder"]))
            return await _view(actor, row, vault_of(request))


async def _attachments(
    actor: Actor, vault: Vault, submissions: Sequence[UUID]
) -> dict[UUID, list[AttachmentView]]:
    """The photos and papers of some certifications, to be looked at side by side."""
    rows = await media.of_submissions(submissions)
    flags = await reuse.of_attachments([row["id"] for row in rows])
    found: dict[UUID, list[AttachmentView]] = {number: [] for number in submissions}
    for row in rows:
        found[row["submission"]].append(attachment_view(row, flags, actor, vault))
    return found


async def _view(actor: Actor, row: asyncpg.Record, vault: Vault) -> FindingView:
    shown = await pensioners_of(actor, [{"id": row["obligation"]}], vault)
    answers, seen_on = from_json(row["answers"]), local_day(row["seen_at"])
    payment = payment_of(row, local_day(actor.now))
    effects = effects_of(finding_in(answers, seen_on), payment, window_of(row))
    before = await findings.last_accepted(row["beneficiary"], row["id"])
    both = [row["id"], *([before["id"]] if before else [])]
    given = await _attachments(actor, vault, both)
    return FindingView(
        submission=row["id"],
        stage=Stage(row["stage"]),
        pensioner=shown.get(row["obligation"]),
        answers=answers,
        filed_by=row["filed_by_name"],
        attachments=given[row["id"]],
        flags=await _flags(row, answers.get("code")),
        earlier=_earlier(before, given[before["id"]]) if before else None,
        household=await at_the_door(actor, row["beneficiary"], vault),
        recommended=recommended(effects),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "obligation",
    "revision",
    "second",
    "remark",
    "on_behalf",
    "seen_at",
    "received_at",
    "withdrawn_at",
)


def _earlier(row: asyncpg.Record, given: list[AttachmentView]) -> Earlier:
    return Earlier(row["id"], from_json(row["answers"]), row["seen_at"], given)


async def _flags(row: asyncpg.Record, written: str | None) -> list[Flag]:
    seen_at, collector = row["seen_at"], row["filed_by"]
    issued = await findings.codes_before(collector, written, seen_at) if written else []
    others = await findings.seen_by(collector, seen_at, _AROUND)
    return list(
        flags_of(
            seen_at,
            written,
            [Issued(each["code"], each["issued_at"]) for each in issued],
            from_json(row["attachments"]),
            [Seen(each["beneficiary"], each["seen_at"]) for each in others],
        )
    )
