"""Freezing the figures of a circular, and correcting it."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from backend import counting
from backend.domain.calendar import local_day
from backend.domain.circulars import (
    Change,
    Figures,
    Line,
    Report,
    Turnaround,
    Unfiled,
    changes,
    default_mark,
    may_freeze,
)
from backend.domain.rates import Counts, Standing, total
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.domain.roles import Actor
from backend.store import audit, circulars, county_rules, regions
from backend.store.database import from_json
from backend.store.rates import Wanted

MARK = "circular_mark"


@dataclass(frozen=True, slots=True)
class Subject:
    """One period of a schedule, or (no schedule) all monthly reports of a month, of a county."""

    county: str
    schedule: int | None
    period: str


def encoded(figures: Figures) -> bytes:
    """Figures as they are kept; the same figures always give the same bytes."""
    return msgspec.json.encode(figures, order="sorted")


def decoded(kept: str) -> Figures:
    """Kept figures."""
    return msgspec.json.decode(kept, type=Figures)


def decoded_changes(kept: str) -> list[Change]:
    """Kept changes."""
    return msgspec.json.decode(kept, type=list[Change])


def digest(figures: Figures) -> str:
    """What tells a paper with other figures from ours; printed on it and part of the audit."""
    return hashlib.sha256(encoded(figures)).hexdigest()


async def freeze(subject: Subject, by: str, ranked: bool, t: datetime) -> Figures:
    """The figures as of an instant. Refusals: those of `may_freeze`."""
    names = await regions.names([subject.county])
    reports = tuple(
        [
            await _report(row, subject.county, t)
            for row in await circulars.periods(subject.county, subject.schedule, subject.period, t)
        ]
    )
    refusal = may_freeze(reports)
    if refusal is not None:
        raise refusal
    return Figures(subject.county, names.get(subject.county, ""), t, by, ranked, reports)


async def _report(row: asyncpg.Record, county: str, t: datetime) -> Report:
    wanted = Wanted([county], None, row["schedule"], row["key"])
    cells = await counting.cells(wanted, Level.TOWNSHIP, t)
    by_area = {area: counts for (_, area), counts in cells.items()}
    reviews = await _reviews(row["id"], county, t)
    names = await regions.names([*by_area, county])
    lines = tuple(_line(area, by_area[area], names, reviews) for area in sorted(by_area))
    villages = await circulars.unfiled(row["id"], county, t)
    return Report(
        row["schedule"],
        row["code"],
        from_json(row["title"]),
        row["key"],
        row["due_at"],
        row["closes_at"],
        _line(county, total(by_area.values()) if by_area else Counts(), names, reviews),
        lines,
        tuple(_unfiled(each) for each in villages),
    )


async def _reviews(period: int, county: str, t: datetime) -> dict[str, Turnaround]:
    found: dict[str, Turnaround] = defaultdict(Turnaround)
    for level in (Level.TOWNSHIP, Level.COUNTY):
        for row in await circulars.turnaround(period, county, level, t):
            found[row["area"]] = Turnaround(row["decided"], row["in_time"], row["median_workdays"])
    return found


def _line(
    area: str, counts: Counts, names: Mapping[str, str], reviews: Mapping[str, Turnaround]
) -> Line:
    return Line(area, names.get(area, ""), counts, reviews.get(area, Turnaround()))


def _unfiled(row: asyncpg.Record) -> Unfiled:
    return Unfiled(row["region"], row["name"] or "", Standing(row["standing"]), row["duties"])


async def mark(county: str, now: datetime) -> str:
    """What stands before the numbers of a county's circulars."""
    own = await county_rules.in_force(county, MARK, now)
    if own is not None:
        return str(own["mark"])
    return default_mark((await regions.names([county])).get(county, county))


async def make(actor: Actor, number: UUID, subject: Subject, ranked: bool, t: datetime) -> None:
    """Makes a circular with its number and first version.

    Refusals: circular_made, circular_empty.
    """
    county, now = subject.county, actor.now
    await regions.lock(county)  # numbers follow each other without a gap
    made = await circulars.on_subject(county, subject.schedule, subject.period)
    if made is not None:
        raise Refusal("circular_made", circular=str(made))
    figures = await freeze(subject, actor.name, ranked, t)
    year = local_day(now).year
    own = (year, await circulars.next_number(county, year), await mark(county, now))
    who = (actor.account, now)
    await circulars.add((number, county, *own, subject.schedule, subject.period, *who))
    await _keep(actor, number, 1, figures, [], "")


async def correct(
    actor: Actor, row: asyncpg.Record, ranked: bool, t: datetime, reason: str
) -> None:
    """Adds a version with the figures as of another instant. Refusals: circular_same."""
    await circulars.hold(row["id"])
    newest = (await circulars.versions(row["id"], drafts=True))[0]["version"]
    kept = await circulars.version(row["id"], newest)
    assert kept is not None
    before = decoded(kept["figures"])
    subject = Subject(row["county"], row["schedule"], row["period"])
    figures = await freeze(subject, actor.name, ranked, t)
    found = changes(before, figures)
    if not found and before.ranked == ranked:
        raise Refusal("circular_same")
    await _keep(actor, row["id"], newest + 1, figures, found, reason)


async def _keep(
    actor: Actor, circular: UUID, version: int, figures: Figures, found: list[Change], reason: str
) -> None:
    await circulars.add_version(
        circulars.NewVersion(
            circular,
            version,
            figures.as_of,
            figures.ranked,
            encoded(figures).decode(),
            msgspec.json.encode(found).decode(),
            reason,
            actor.account,
            actor.now,
        )
    )
    said = {"version": version, "as_of": figures.as_of.isoformat(), "digest": digest(figures)}
    did = "circular.make" if version == 1 else "circular.correct"
    await audit.write(
        audit.by(actor, did, f"circular:{circular}", figures.county, **said, changes=len(found))
    )
