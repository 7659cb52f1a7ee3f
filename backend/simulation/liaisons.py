"""The villages act: what they owe, what they mean to do, what they hear, and what they file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.demo.figures import Blank, correct, fill
from backend.demo.habits import corrected_at, kind_of
from backend.demo.liaisons import WHY_ON_BEHALF, taken
from backend.demo.people import uuid
from backend.demo.queues import Queue
from backend.demo.schedules import ALLOWANCE
from backend.domain.calendar import WorkCalendar
from backend.domain.clocks import count_at
from backend.domain.filing import Accepted, Duty, Item
from backend.domain.form_definition import Kind
from backend.domain.periods import Timing
from backend.domain.regions import Level
from backend.domain.reviews import Stage
from backend.domain.timeliness import Verdict
from backend.simulation.behaviour import Intent, luck, prompted, unprompted
from backend.simulation.channels import Crash
from backend.simulation.county import County
from backend.simulation.journal import Asked, Filed, Journal
from backend.simulation.system import System
from backend.store import duties, filings, recording
from backend.store.database import to_json
from backend.vault import content_digest

REQUEST: Final = "simulation"
# Of reports filed in a hurry.
_FAULTY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty of one village."""

    id: int
    region: str
    code: str
    key: str
    ends_on: date
    times: Timing

    def name(self, purpose: str) -> tuple[str, ...]:
        """What its chance depends on."""
        return purpose, self.region, self.code, self.key


@dataclass(frozen=True, slots=True)
class ToFile:
    """A revision that somebody is going to file. Only unprompted is it left when nobody serves."""

    owed: Owed
    revision: int
    intent: Intent
    faulty: bool
    prompted: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """A revision that the offices have to decide on."""

    owed: Owed
    revision: int
    submission: UUID
    faulty: bool
    at: datetime


class Liaisons:
    """All villages of the county."""

    def __init__(
        self, county: County, days: WorkCalendar, system: System, journal: Journal
    ) -> None:
        self._county, self._days = county, days
        self._system, self._journal = system, journal
        self._newest = 0
        self._owed: dict[int, Owed] = {}
        self._queue = Queue[ToFile]()
        self._filed: dict[int, int] = {}
        self.handed: list[Handed] = []

    async def take_up(self) -> None:
        """Learns of new duties, and what each village would do about them by itself."""
        for row in await duties.opened_after(self._newest):
            self._newest = row["id"]
            times = Timing(row["opens_at"], row["due_at"], row["closes_at"])
            owed = Owed(row["id"], row["region"], row["code"], row["key"], row["ends_on"], times)
            self._owed[owed.id] = owed
            self._journal.owed[owed.id] = Asked(owed.id, times.due_at, times.closes_at)
            self._mean(owed)

    def _mean(self, owed: Owed) -> None:
        county, rng = self._county, self._county.source(*owed.name("own"))
        who = county.character_at(owed.region, owed.times.due_at)
        kind = self._kind(owed)
        meant = unprompted(who, owed.times, kind, self._days, rng) if who else None
        if meant and county.character_at(owed.region, meant.files_at) is None:
            meant = None
        captured = meant.captured_at if meant else None
        self._journal.unprompted[owed.id] = _verdict(
            owed.times, meant.files_at if meant else None, captured, county.ends
        )
        if meant is not None:
            intent = Intent(meant.files_at, captured)
            self._queue.add(meant.files_at, ToFile(owed, 1, intent, meant.returned, False))

    def _kind(self, owed: Owed) -> Kind:
        return kind_of(owed.code, self._county.source(*owed.name("kind")), nobody=False)

    def hear(self, told: asyncpg.Record, at: datetime, *, by_channel: bool) -> None:
        """What comes of a step that arrived; a row of `store.simulation.told_in_app`."""
        county, owed = self._county, self._owed[told["obligation"]]
        ear = county.ear(told["account"], told["holder"], at)
        filed = self._filed.get(owed.id, 0)
        if ear is None or told["concern"] == "review" or filed != told["round"]:
            return
        rng = county.source(*owed.name("heard"), told["step"], ear)
        who = county.character_at(told["holder"], at)
        intent = prompted(ear, who, at, self._days, luck(rng, by_channel=by_channel))
        if intent is not None:
            faulty = county.source(*owed.name("faulty")).random() < _FAULTY and not filed
            self._queue.add(intent.at, ToFile(owed, filed + 1, intent, faulty, True))

    def returned(self, handed: Handed, at: datetime, rng: Random) -> None:
        """A report came back: most are corrected, some never."""
        answered = corrected_at(at, self._days, rng)
        if answered is not None:
            event = ToFile(handed.owed, handed.revision + 1, Intent(answered), False, True)
            self._queue.add(answered, event)

    async def file_until(self, t: datetime) -> None:
        """Files what is meant to be filed by `t`; `handed` is what the offices get.

        A crash leaves a batch unfiled: the phones send it again after the restart. Raises Crash.
        """
        batches = self._queue.batches(t)
        for number, batch in enumerate(batches):
            try:
                await self._file([(max(at, self._system.up_at), e) for at, e in batch])
            except Crash:
                for at, event in (each for left in batches[number:] for each in left):
                    self._queue.add(max(at, self._system.up_at), event)
                raise

    async def _file(self, batch: Sequence[tuple[datetime, ToFile]]) -> None:
        wanted: dict[int, tuple[datetime, ToFile]] = {}
        for at, event in batch:
            if self._filed.get(event.owed.id, 0) == event.revision - 1:
                wanted.setdefault(event.owed.id, (at, event))
        pairs = [(e.owed.id, self._number(e)) for _, e in wanted.values()]
        found, _ = await filings.load(pairs)
        made = []
        for at, event in wanted.values():
            accepted = self._accept(at, event, found[event.owed.id])
            if accepted is not None:
                made.append((event, *accepted))

        async def store() -> None:
            await recording.record_each([(filed, who) for _, filed, who in made], REQUEST)

        if made:
            await self._system.commit("file", made[-1][1].received_at, store)
        for event, filed, _ in made:
            self._note(event, filed)

    def _note(self, event: ToFile, filed: Accepted) -> None:
        owed = event.owed
        self._filed[owed.id] = event.revision
        self._journal.filed.append(
            Filed(owed.id, event.revision, filed.received_at, filed.counted.at)
        )
        self.handed.append(
            Handed(owed, event.revision, filed.item.id, event.faulty, filed.received_at)
        )

    def _number(self, event: ToFile) -> UUID:
        return uuid(self._county.source(*event.owed.name(f"submission {event.revision}")))

    def _accept(self, at: datetime, event: ToFile, duty: Duty) -> tuple[Accepted, UUID] | None:
        """The report, and whose it is; None for one that comes too late or finds nobody."""
        first = event.revision == 1
        if duty.stage is not (Stage.NONE if first else Stage.RETURNED):
            return None
        if (first and at > duty.times.closes_at) or at <= duty.times.opens_at:
            return None
        staff = self._county.staff
        people = staff.liaisons(duty.holder, at, backup=False)
        people = people or staff.liaisons(duty.holder, at, backup=True)
        on_behalf = event.intent.on_behalf or not people
        if on_behalf and not event.prompted:
            return None
        if on_behalf:
            people = staff.office(duty.holder[: Level.TOWNSHIP.digits])
        item = self._item(at, event, duty, on_behalf=on_behalf)
        return taken(item, duty, on_behalf=on_behalf, at=at), people[0].id

    def _item(self, at: datetime, event: ToFile, duty: Duty, *, on_behalf: bool) -> Item:
        owed, first = event.owed, event.revision == 1
        kind = self._kind(owed) if first and not event.faulty else Kind.REPORT
        if kind is Kind.UNCHANGED and duty.last is None:
            kind = Kind.REPORT
        answers = self._answers(event, duty) if kind is Kind.REPORT else {}
        captured = event.intent.captured_at or (event.intent.at if event.intent.at < at else None)
        number = self._number(event)
        return Item(
            id=number,
            obligation=duty.id,
            kind=kind,
            answers=answers,
            reasons={},
            remark="",
            attachments=[],
            captured_at=captured if first and not on_behalf else None,
            zero_confirmed=kind is Kind.ZERO,
            on_behalf_reason=WHY_ON_BEHALF[0] if on_behalf else None,
            digest=content_digest(to_json([number, duty.id, kind, answers]).encode()),
        )

    def _answers(self, event: ToFile, duty: Duty) -> dict[str, Any]:
        owed, county = event.owed, self._county
        blank = Blank(duty.form, county.profiles[owed.region], owed.ends_on, duty.last)
        answers = fill(blank, county.source(*owed.name("answers")))
        return correct(blank, answers) if event.revision > 1 else answers


def _verdict(
    times: Timing, files_at: datetime | None, captured: datetime | None, t: datetime
) -> Verdict:
    """What would stand at `t` of a duty that is filed then, or never."""
    if files_at is None or files_at > min(times.closes_at, t):
        return Verdict.MISSING if t > times.closes_at else Verdict.PENDING
    counted = count_at(captured, files_at, times.opens_at, times.due_at, ALLOWANCE)
    return Verdict.ON_TIME if counted.at <= times.due_at else Verdict.LATE
