"""All pensioners of an area, some thousand at a time, with the facts of their certifications as
they were known at an instant.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from backend.domain.calendar import local_day
from backend.domain.certification.collecting import finding_in
from backend.domain.certification.cycles import Window
from backend.domain.certification.results import Asked, Found, matched_finding
from backend.domain.certification.states import CertFacts, Collected, Suspicion
from backend.domain.certification.words import Method
from backend.domain.periods import Timing
from backend.domain.reviews import Decision, ReviewFact, ReviewStep
from backend.store.accepting import LOCAL
from backend.store.database import fetch, from_json
from backend.store.filters import Filters
from backend.store.reviews import STEPS


async def pensioners(
    scopes: Sequence[str],
    under: str | None,
    on: date,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Who is listed on a day, in order of village."""
    where = Filters().within("b.region", scopes).add("(b.gone_on IS NULL OR b.gone_on > ?)", on)
    if under is not None:
        where.within("b.region", [under])
    if after is not None:
        where.add("(b.region, b.id) > (?, ?)", *after)
    return await fetch(
        f"""SELECT b.id, b.name, b.number, b.id_number_sealed, b.insurance_type, b.region,
            b.group_no, b.pay_status, b.stopped_from, b.certified_on, b.certified_by
        FROM beneficiary b WHERE {where.sql} ORDER BY b.region, b.id LIMIT {where.param(limit)}""",
        *where.args,
    )


async def doubts(ids: Sequence[UUID], t: datetime) -> dict[UUID, list[Suspicion]]:
    """Suspicions raised by then, by pensioner."""
    found: dict[UUID, list[Suspicion]] = {}
    for row in await fetch(
        """SELECT beneficiary, at, cleared_at FROM match_hit
        WHERE beneficiary = ANY($1) AND outcome = 'suspect' AND at <= $2""",
        list(ids),
        t,
    ):
        found.setdefault(row["beneficiary"], []).append(Suspicion(row["at"], row["cleared_at"]))
    return found


async def asked(
    people: Sequence[asyncpg.Record], doubted: dict[UUID, list[Suspicion]], t: datetime
) -> dict[UUID, Asked]:
    """The newest certification of each that had opened by then and was not waived."""
    duties = await fetch(
        f"""SELECT DISTINCT ON (o.beneficiary) o.beneficiary, o.id, o.opens_at, o.due_at,
            o.closes_at, o.matched_at, o.doubt, {STEPS} AS steps,
            (o.opens_at {LOCAL})::date AS opens_on, (o.original_due_at {LOCAL})::date AS due_on,
            (o.original_closes_at {LOCAL})::date AS closes_on
        FROM obligation o JOIN period p ON p.id = o.period
        WHERE o.beneficiary = ANY($1) AND o.opens_at <= $2
          AND (o.exempt_at IS NULL OR o.exempt_at > $2)
        ORDER BY o.beneficiary, o.opens_at DESC, o.id DESC""",
        [row["id"] for row in people],
        t,
    )
    filed = await _filed([row["id"] for row in duties], t)
    reviewed = await _reviewed([row["id"] for row in duties], t)
    by_id = {row["id"]: row for row in people}
    return {
        row["beneficiary"]: _asked(
            row,
            by_id[row["beneficiary"]],
            filed.get(row["id"], []),
            reviewed.get(row["id"], []),
            doubted.get(row["beneficiary"], []),
            t,
        )
        for row in duties
    }


async def _filed(duties: Sequence[int], t: datetime) -> dict[int, list[asyncpg.Record]]:
    found: dict[int, list[asyncpg.Record]] = {}
    for row in await fetch(
        f"""SELECT obligation, id, answers::text AS answers, received_at, withdrawn_at,
            (coalesce(corrected_at, received_at) {LOCAL})::date AS seen_on
        FROM submission WHERE obligation = ANY($1) AND received_at <= $2 ORDER BY revision""",
        list(duties),
        t,
    ):
        found.setdefault(row["obligation"], []).append(row)
    return found


async def _reviewed(duties: Sequence[int], t: datetime) -> dict[int, list[ReviewFact]]:
    found: dict[int, list[ReviewFact]] = {}
    for row in await fetch(
        """SELECT obligation, submission, step, decision, at, fix_by FROM review
        WHERE obligation = ANY($1) AND at <= $2""",
        list(duties),
        t,
    ):
        step, decision = ReviewStep(row["step"]), Decision(row["decision"])
        found.setdefault(row["obligation"], []).append(
            ReviewFact(row["submission"], step, decision, row["at"], row["fix_by"])
        )
    return found


def _asked(
    duty: asyncpg.Record,
    person: asyncpg.Record,
    filed: Sequence[asyncpg.Record],
    reviewed: Sequence[ReviewFact],
    doubted: Sequence[Suspicion],
    t: datetime,
) -> Asked:
    found = {row["id"]: _found(row) for row in filed}
    collected = [
        Collected(each, found[each].finding.result, row["received_at"], row["withdrawn_at"])
        for each, row in zip(found, filed, strict=True)
    ]
    matched_at = duty["matched_at"]
    is_matched = matched_at is not None and matched_at <= t
    facts = CertFacts(
        Timing(duty["opens_at"], duty["due_at"], duty["closes_at"]),
        tuple(ReviewStep(step) for step in from_json(duty["steps"])),
        tuple(collected),
        tuple(reviewed),
        (matched_at,) if is_matched else (),
        tuple(doubted),
    )
    window = Window(duty["opens_on"], duty["due_on"], duty["closes_on"])
    matched = _matched(person, matched_at) if is_matched else None
    return Asked(window, facts, found, matched, duty["doubt"] is not None)


def _found(row: asyncpg.Record) -> Found:
    answers = from_json(row["answers"])
    return Found(finding_in(answers, row["seen_on"]), Method(answers["method"]))


def _matched(person: asyncpg.Record, matched_at: datetime) -> Found:
    """The proof that answered it: the newest one, unless that came later."""
    proved_on = min(person["certified_on"] or local_day(matched_at), local_day(matched_at))
    return matched_finding(proved_on, Method(person["certified_by"] or Method.DATA_MATCH))
