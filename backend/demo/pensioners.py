"""Some hundred pensioners of the demo county: most matched, some visited, some in doubt.

The named liaison's village has photos: some certifications passed, some returned, some waiting,
among them one with another person's photo.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

import asyncpg

from backend import match_import, roster_import
from backend.demo.changes import REQUEST
from backend.demo.offices import stored
from backend.demo.people import NAMED, named_phone, uuid
from backend.demo.pictures import card, portrait, taken_again
from backend.demo.regions import COUNTY, VILLAGE
from backend.demo.story import source
from backend.domain.calendar import local_day, local_instant
from backend.domain.certification.matches import HitKind
from backend.domain.certification.words import InsuranceType
from backend.domain.filing import Accepted, Duty, Item, decide, drawn
from backend.domain.form_definition import Kind
from backend.domain.identity_numbers import check_character
from backend.domain.reviews import Case, Decision, Defect, Judgement, ReviewStep, next_step
from backend.domain.reviews import decide as judge
from backend.domain.roles import Role
from backend.photos import Photos
from backend.store import calendar, certification, filings, media, recording, reviews
from backend.store import people as people_store
from backend.store.database import fetch, from_json, to_json, transaction
from backend.tasks import certifying
from backend.vault import Vault, content_digest
from media.uploads import content_key

OWN, OTHERS, VILLAGES = 60, 30, 8
_MATCHED, _IN_DOUBT = 0.4, 3
_FILED, _PASSED, _RETURNED = 24, 15, 3
_HEADER: Final = (
    "name", "id_no", "insurance_type", "region_code", "household_no", "benefit_start", "phone",
    "monthly_amount", "pay_status",
)  # fmt: skip
_SURNAMES, _GIVEN = "王李张刘陈杨赵周吴徐", "秀英桂兰玉珍福祥德顺"


def _unseen(done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """A certification to be filed, with its photos."""

    duty: Duty
    at: datetime
    photos: tuple[bytes, bytes]


async def add(vault: Vault, photos: Photos, now: datetime) -> bool:
    """Adds them to the demo county as of the last three days; False when it has some."""
    if await fetch("SELECT 1 FROM beneficiary WHERE county = $1 LIMIT 1", COUNTY):
        return False
    began = local_instant(local_day(now) - timedelta(days=3), time(8))
    rng = source("pensioners")
    people = {role: await _account(vault, n) for n, (role, *_) in enumerate(NAMED)}
    villages, first = await _villages(VILLAGE), date(began.year, 1, 1)
    await certification.put_cycle(
        COUNTY,
        InsuranceType.RESIDENT,
        first,
        {"mode": "calendar_year"},
        people[Role.COUNTY_OPS],
        began,
    )
    rows = list(_rows(villages, rng))
    with TemporaryDirectory() as folder:
        await _lists(Path(folder), rows, vault, began, rng)
    await _rounds(began + timedelta(hours=2))
    visits = await _visits(villages[0], began + timedelta(hours=3), rng)
    filed = await _file(visits, people[Role.LIAISON], photos, vault, rng)
    await _review(filed[: _PASSED + _RETURNED], people[Role.REVIEWER], rng)
    await _rounds(now)
    return True


async def _account(vault: Vault, number: int) -> UUID:
    row = await people_store.account_by_phone(vault.index(named_phone(number)))
    assert row is not None
    found: UUID = row["id"]
    return found


async def _villages(own: str) -> list[str]:
    """The liaison's own village first, then some of the same township."""
    rows = await fetch(
        """SELECT key FROM region WHERE level = 'village' AND valid_to IS NULL AND key <> $1
        AND key ^@ left($1, 9) ORDER BY key LIMIT $2""",
        own,
        VILLAGES,
    )
    return [own, *(row["key"] for row in rows)]


def _rows(villages: Sequence[str], rng: Random) -> Iterator[tuple[str, ...]]:
    order = 0
    for place, village in enumerate(villages):
        for number in range(OTHERS if place else OWN):
            order += 1
            born = date(rng.randint(1930, 1964), rng.randint(1, 12), rng.randint(1, 28))
            digits = f"990101{born:%Y%m%d}{order % 1000:03}"
            name = rng.choice(_SURNAMES) + rng.choice(_GIVEN) + rng.choice(_GIVEN)
            yield (
                name, digits + check_character(digits), "resident", village,
                f"{village[-3:]}-{number // 2 + 1}", f"{born.year + 60}-{born.month:02}-01",
                f"1380001{order:04}", str(rng.randint(150, 320)), "normal",
            )  # fmt: skip


async def _lists(
    folder: Path, rows: Sequence[Sequence[str]], vault: Vault, at: datetime, rng: Random
) -> None:
    """The roster, then what other offices know: most are alive, and some may not be."""
    roster = _written(folder / "roster.csv", _HEADER, rows)
    ask = roster_import.Ask(roster, COUNTY, at, request=REQUEST, gone_ok=True)
    await roster_import.import_roster(ask, vault, _unseen)
    numbers = [row[1] for row in rows]
    alive = [number for number in numbers[_IN_DOUBT:] if rng.random() < _MATCHED]
    later = at + timedelta(hours=1)
    for office, kind, some in (
        ("医保就诊", HitKind.ALIVE, alive),
        ("民政火化", HitKind.DECEASED, numbers[:_IN_DOUBT]),
    ):
        path = _written(folder / f"{kind}.csv", ("id_no",), [(number,) for number in some])
        listed = match_import.Ask(
            path, COUNTY, later, request=REQUEST, source=office, kind=kind, on=later.date()
        )
        await match_import.import_match(listed, vault, _unseen)


def _written(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


async def _rounds(at: datetime) -> None:
    await certifying.make_schedules(at)
    while await certifying.attend_one(at):
        pass


async def _visits(village: str, at: datetime, rng: Random) -> list[_Visit]:
    """Who was visited, one every twenty minutes; the last one with the first one's photo."""
    rows = await fetch(
        """SELECT id FROM obligation WHERE holder = $1 AND beneficiary IS NOT NULL
        AND stage = 'none' AND exempt_at IS NULL ORDER BY id DESC LIMIT $2""",
        village,
        _FILED,
    )
    duties, _ = await filings.load([(row["id"], UUID(int=0)) for row in rows])
    made = [
        _Visit(duty, at + timedelta(minutes=20 * n), (portrait(rng), card(rng)))
        for n, duty in enumerate(duties.values())
    ]
    made[-1] = replace(made[-1], photos=(taken_again(made[0].photos[0]), made[-1].photos[1]))
    return made


async def _file(
    visits: Sequence[_Visit], liaison: UUID, photos: Photos, vault: Vault, rng: Random
) -> list[UUID]:
    accepted = []
    for visit in visits:
        for picture in visit.photos:
            digest = hashlib.sha256(picture).hexdigest()
            await photos.store.put(content_key(digest), picture)
            await media.arrived(liaison, digest, len(picture), visit.at)
        accepted.append(drawn(_certified(visit, uuid(rng)), vault.draw_key))
    async with transaction():
        await recording.record_each([(each, liaison) for each in accepted], REQUEST)
    return [each.item.id for each in accepted]


def _certified(visit: _Visit, number: UUID) -> Accepted:
    answers = {"method": "home_visit", "result": "pass"}
    given = [
        {"sha256": hashlib.sha256(data).hexdigest(), "name": name, "size": len(data),
         "evidence": evidence}
        for data, name, evidence in zip(
            visit.photos, ("近照.jpg", "身份证.jpg"), ("face_photo", "id_card"), strict=True)
    ]  # fmt: skip
    item = Item(
        id=number,
        obligation=visit.duty.id,
        kind=Kind.REPORT,
        answers=answers,
        reasons={},
        remark="",
        attachments=given,
        captured_at=visit.at,
        zero_confirmed=False,
        on_behalf_reason=None,
        digest=content_digest(to_json([str(number), visit.duty.id, answers, given]).encode()),
    )
    made = decide(item, visit.duty, None, on_behalf=False, device_now=visit.at, now=visit.at)
    assert isinstance(made, Accepted)
    return made


async def _review(submissions: Sequence[UUID], reviewer: UUID, rng: Random) -> None:
    """The office passes most of them and returns some; a second look is left to others."""
    days = await calendar.load(COUNTY)
    for n, row in enumerate(await reviews.cases(submissions, [COUNTY])):
        at = row["received_at"] + timedelta(hours=4)
        steps = [ReviewStep(step) for step in from_json(row["steps"])]
        returned = n < _RETURNED
        decided = _judged(row, steps, reviewer, returned=returned)
        outcome = judge(_case(row, steps), decided, days, at)
        made = stored(uuid(rng), row, outcome, decided.defects, row["received_at"], days)
        async with transaction():
            await reviews.record_each([(made, reviewer, at)], REQUEST)


def _case(row: asyncpg.Record, steps: Sequence[ReviewStep]) -> Case:
    return Case(row["id"], steps, row["filers"], {"result"})


def _judged(
    row: asyncpg.Record, steps: Sequence[ReviewStep], reviewer: UUID, *, returned: bool
) -> Judgement:
    step = next_step(steps, set())
    assert step is not None
    defects = [Defect(None, "photo", "照片模糊，请重拍")] if returned else []
    decision = Decision.RETURN if returned else Decision.PASS
    return Judgement(reviewer, step, decision, defects)
