"""One obligation opened up: every revision, review and adjustment, and what follows from them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from backend.domain import timeliness
from backend.domain.clocks import CountedBy
from backend.domain.forms import diff
from backend.domain.receipts import receipt_number
from backend.domain.reviews import Decision, ReviewFact, ReviewStep
from backend.domain.timeliness import (
    Adjustment,
    AdjustmentKind,
    Correction,
    Facts,
    Filing,
    State,
    Verdict,
)
from backend.routes.pensioners_shown import PensionerShown
from backend.routes.schemas import (
    Words,
)
from backend.store import adjustments, filings, forms, media, reviews
from backend.store.database import from_json


class FilingView(msgspec.Struct):
    """One revision with its two clocks; `changes` are against the revision before it."""

    id: UUID
    revision: int
    receipt: str
    kind: str
    answers: dict[str, Any]
    reasons: dict[str, str]
    remark: str
    attachments: list[dict[str, Any]]
    captured_at: datetime | None
    corrected_at: datetime | None
    received_at: datetime
    counted_at: datetime
    counted_by: CountedBy
    filed_by: str | None
    on_behalf: bool
    on_behalf_reason: str | None
    withdrawn_at: datetime | None
    changes: list[dict[str, Any]]
    reviews: list[dict[str, Any]]


class ObligationDetail(msgspec.Struct):
    """Everything about one obligation: what is true now, and the facts it follows from.

    `last` are the accepted answers of the period before, which a report begins from.
    """

    id: int
    schedule: int
    form: int
    code: str
    title: Words
    period: str
    region: str
    region_name: str
    holder: str
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    original_due_at: datetime
    original_closes_at: datetime
    state: State
    verdict: Verdict
    correction: Correction
    fix_by: datetime | None
    adjustments: list[dict[str, Any]]
    filings: list[FilingView]
    last: dict[str, Any] | None
    beneficiary: PensionerShown | None = None


async def facts_of(row: asyncpg.Record) -> Facts:
    """All that is known of an obligation, for the rules."""
    revisions = await filings.of_obligation(row["id"])
    return _facts(
        row,
        revisions,
        await adjustments.of_obligations([row["id"]]),
        await reviews.decisions([r["id"] for r in revisions]),
    )


def _facts(
    row: asyncpg.Record,
    revisions: list[asyncpg.Record],
    moves: list[asyncpg.Record],
    decisions: list[asyncpg.Record],
) -> Facts:
    return Facts(
        row["opens_at"],
        row["original_due_at"],
        row["original_closes_at"],
        tuple(ReviewStep(step) for step in from_json(row["steps"])),
        tuple(
            Adjustment(
                AdjustmentKind(m["kind"]),
                m["decided_at"],
                m["due_at"],
                m["closes_at"],
                m["counted_at"],
            )
            for m in moves
        ),
        tuple(_filing_fact(r) for r in revisions),
        tuple(review_fact(d) for d in decisions),
    )


def _filing_fact(r: asyncpg.Record) -> Filing:
    return Filing(
        r["id"],
        r["revision"],
        r["received_at"],
        r["corrected_at"],
        r["counted_at"],
        CountedBy(r["counted_by"]),
        r["withdrawn_at"],
    )


def review_fact(d: asyncpg.Record) -> ReviewFact:
    """A stored decision, for the rules."""
    return ReviewFact(
        d["submission"], ReviewStep(d["step"]), Decision(d["decision"]), d["at"], d["fix_by"]
    )


async def obligation_detail(row: asyncpg.Record, t: datetime) -> ObligationDetail:
    """The obligation as of `t`, from the facts known then."""
    revisions = [r for r in await filings.of_obligation(row["id"]) if r["received_at"] <= t]
    moves = [m for m in await adjustments.of_obligations([row["id"]]) if m["decided_at"] <= t]
    decisions = [d for d in await reviews.decisions([r["id"] for r in revisions]) if d["at"] <= t]
    facts = _facts(row, revisions, moves, decisions)
    form = (await forms.definitions([row["form"]]))[row["form"]]
    known = timeliness.known_filings(facts, t)
    arrived = await _arrived([r["id"] for r in revisions])
    newest = [d["fix_by"] for d in decisions if known and d["submission"] == known[-1].id]
    shown: list[FilingView] = []
    before: dict[str, Any] | None = None
    for r in revisions:
        answers = from_json(r["answers"])
        changes = [] if before is None else [change.as_dict() for change in diff(before, answers)]
        taken = [_decision(d) for d in decisions if d["submission"] == r["id"]]
        shown.append(_filing(r, answers, changes, taken, arrived.get(r["id"], ())))
        before = answers
    return ObligationDetail(
        **{name: row[name] for name in _PLAIN},
        title=msgspec.convert(from_json(row["title"]), Words),
        code=form.code,
        due_at=timeliness.due_at(facts, t),
        closes_at=timeliness.closes_at(facts, t),
        state=timeliness.state(facts, t),
        verdict=timeliness.verdict(facts, t),
        correction=timeliness.correction(facts, t),
        fix_by=newest[-1] if newest else None,
        adjustments=[_adjustment(m) for m in moves],
        filings=shown,
        last=from_json(await filings.last_accepted(row["id"])),
    )


_PLAIN = (
    "id",
    "schedule",
    "form",
    "period",
    "region",
    "region_name",
    "holder",
    "opens_at",
    "original_due_at",
    "original_closes_at",
)


def _adjustment(row: asyncpg.Record) -> dict[str, Any]:
    names = ("kind", "decided_at", "due_at", "closes_at", "reason", "counted_at", "source", "line")
    return {**{name: row[name] for name in names}, "by": row["name"]}


def _decision(row: asyncpg.Record) -> dict[str, Any]:
    names = ("id", "step", "decision", "remark", "at", "fix_by", "waited_workdays", "in_time")
    shown = {name: row[name] for name in names}
    return {**shown, "defects": from_json(row["defects"]), "by": row["name"]}


# Look at one at /attachments. Not as of an instant: bytes come when they come.
_OF_MEDIA = ("id", "arrived_at", "examined_at", "refused", "erased_at")


async def _arrived(submissions: Sequence[UUID]) -> dict[UUID, list[asyncpg.Record]]:
    """What has become of the photos and papers of each filing, in the order they were named."""
    found: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in await media.of_submissions(submissions):
        found[row["submission"]].append(row)
    return found


def _filing(
    r: asyncpg.Record,
    answers: dict[str, Any],
    changes: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
    arrived: Sequence[asyncpg.Record],
) -> FilingView:
    declared = zip(from_json(r["attachments"]), arrived, strict=True)
    return FilingView(
        r["id"],
        r["revision"],
        receipt_number(r["receipt"]),
        r["kind"],
        answers,
        from_json(r["reasons"]),
        r["remark"],
        [{**each, **{name: row[name] for name in _OF_MEDIA}} for each, row in declared],
        r["captured_at"],
        r["corrected_at"],
        r["received_at"],
        r["counted_at"],
        CountedBy(r["counted_by"]),
        r["filed_by_name"],
        r["on_behalf"],
        r["on_behalf_reason"],
        r["withdrawn_at"],
        changes,
        decisions,
    )
