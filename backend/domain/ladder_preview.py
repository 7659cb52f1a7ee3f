"""What a ladder would do in one period: when each step goes, whom it reaches, what it says.

It asks the rules that really send (`step_instants`, `due_step`, `addressees`, `wording`), so that
a preview says what will happen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.domain.addressees import Holder, addressees, reviewing
from backend.domain.calendar import WorkCalendar
from backend.domain.ladder import Audience, Concern, Ladder, Step, steps_of
from backend.domain.regions import Level
from backend.domain.reminders import due_step, next_allowed, step_instants
from backend.domain.reviews import ReviewStep
from backend.domain.roles import Role
from backend.domain.wording import wording

Holders = Mapping[str, Sequence[Holder]]
_ABOVE = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)


class Skipped(StrEnum):
    """Why a step would not be sent: its moment is over, another takes its place, it is closed."""

    PAST = "past"
    OVERTAKEN = "overtaken"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Span:
    """When a duty opens, falls due and closes."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What a village owes. `told` are the steps it was reminded by, each as "step account"."""

    village: str
    span: Span
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who would be told, by which post, and of how many villages."""

    account: UUID
    role: Role
    region: str
    villages: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a step reaches as one audience; who is told of most villages comes first.

    `villages` are those somebody would be told of, `vacant` those without a liaison and B角, so
    that the township is told in their place, `nobody` those for which nobody is there to tell.
    """

    audience: Audience
    people: tuple[Reached, ...]
    villages: int
    vacant: tuple[str, ...]
    nobody: int


@dataclass(frozen=True, slots=True)
class Sending:
    """A step at its moment, for the duties due at `due_at`; a skipped one reaches nobody.

    Nobody knows yet what will be returned or wait for review, so steps of corrections and reviews
    have no moment, and reach whom they would if it were every duty.
    """

    step: Step
    at: datetime | None
    due_at: datetime | None
    skipped: Skipped | None
    reaches: tuple[Reach, ...]


def preview(
    ladder: Ladder,
    duties: Sequence[Outstanding],
    holders: Holders,
    calendar: WorkCalendar,
    *,
    since: datetime,
    now: datetime,
) -> list[Sending]:
    """Every step for these duties in order of time, by the posts held at present.

    `since` is when the ladder began to count: `now` for one not published yet. `holders` are
    those of every village, township and county concerned.
    """
    reports = steps_of(ladder, Concern.REPORT)
    spans: dict[Span, list[Outstanding]] = {}
    for duty in duties:
        spans.setdefault(duty.span, []).append(duty)
    found = []
    for span, owed in spans.items():
        for step, instant in step_instants(reports, span.due_at, calendar):
            at = _moment(instant, span, calendar)
            skipped = _skipped(reports, step, at, span, calendar, since, now)
            told = () if skipped else tuple(_reach(step, who, owed, holders) for who in _of(step))
            found.append((at, Sending(step, at, span.due_at, skipped, told)))
    timed = [sending for _, sending in sorted(found, key=lambda pair: (pair[0], pair[1].due_at))]
    others = [step for step in ladder if step.of is not Concern.REPORT]
    return timed + [
        Sending(
            step, None, None, None, tuple(_reach(step, who, duties, holders) for who in _of(step))
        )
        for step in others
    ]


def _of(step: Step) -> list[Audience]:
    return [who for who in Audience if who in step.audience]


def _moment(instant: datetime, span: Span, calendar: WorkCalendar) -> datetime:
    """The step's instant; before the duty opens it waits for the first allowed one after."""
    if instant >= span.opens_at:
        return instant
    return next_allowed(span.opens_at, span.due_at, calendar)


def _skipped(
    ladder: Ladder,
    step: Step,
    at: datetime,
    span: Span,
    calendar: WorkCalendar,
    since: datetime,
    now: datetime,
) -> Skipped | None:
    if at < now:
        return Skipped.PAST
    if at > span.closes_at:
        return Skipped.CLOSED
    chosen = due_step(ladder, span.due_at, calendar, ladder_since=since, now=at)
    if chosen == step:
        return None
    return Skipped.PAST if chosen is None else Skipped.OVERTAKEN


def _reach(step: Step, who: Audience, owed: Sequence[Outstanding], holders: Holders) -> Reach:
    posts: dict[UUID, tuple[str, Holder]] = {}
    told: Counter[UUID] = Counter()
    vacant, nobody, villages = [], 0, 0
    for duty in owed:
        chain = [duty.village[: level.digits] for level in _ABOVE]
        meant = _meant(step, who, *(holders.get(key, ()) for key in chain))
        fresh = [account for account in meant if f"{step.key} {account}" not in duty.told]
        told.update(fresh)
        villages += bool(fresh)
        nobody += not meant
        if who is Audience.LIAISON and not holders.get(duty.village):
            vacant.append(duty.village)
        for account in set(fresh) - posts.keys():
            posts[account] = _post(account, chain, holders)
    return Reach(who, _people(told, posts), villages, tuple(sorted(vacant)), nobody)


def _meant(
    step: Step,
    who: Audience,
    village: Sequence[Holder],
    township: Sequence[Holder],
    county: Sequence[Holder],
) -> list[UUID]:
    if step.of is Concern.REVIEW:
        return reviewing((who,), ReviewStep.TOWN, township, county, ())
    return addressees((who,), village, township, county, overdue=not step.is_before_due)


def _post(account: UUID, chain: Iterable[str], holders: Holders) -> tuple[str, Holder]:
    """The post nearest to the village."""
    return next((key, h) for key in chain for h in holders.get(key, ()) if h.account == account)


def _people(told: Counter[UUID], posts: Mapping[UUID, tuple[str, Holder]]) -> tuple[Reached, ...]:
    found = [
        Reached(account, posts[account][1].role, posts[account][0], count)
        for account, count in told.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.villages, each.region, each.account)))


def says(sending: Sending, reach: Reach, language: str) -> str | None:
    """What the first of the people reads when nothing else falls into their digest."""
    if not reach.people:
        return None
    count = reach.people[0].villages
    params: dict[str, object] = {_COUNTED_AS[sending.step.of]: count, "villages": count}
    if sending.at is not None and sending.due_at is not None:
        params["overdue"] = count if sending.at > sending.due_at else 0
        params["nearest"] = sending.due_at.isoformat()
    if sending.step.text is not None:
        params["text"] = sending.step.text
    return wording("reminder", params, language)


_COUNTED_AS = {
    Concern.REPORT: "duties",
    Concern.CORRECTION: "to_correct",
    Concern.REVIEW: "to_review",
}
