"""What must be true of the year, each a function that gives its violations, empty when it holds."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from backend.domain.calendar import SHANGHAI, local_day
from backend.domain.channels import GROUPS
from backend.domain.ladder import Audience
from backend.domain.reminders import step_instants
from backend.simulation.evidence import Evidence, Row
from backend.simulation.journal import GRAIN, look, tick

_FROM, _UNTIL = time(8), time(20, 30)
_REMINDERS: Final = ("reminder", "nudge")
_CONCERNS: Final = {
    "none": "report",
    "returned": "correction",
    "town": "review",
    "county": "review",
}
# What is to go this shortly before the end may still be on its way then.
_PATIENCE: Final = timedelta(hours=6)


def told_only_of_the_outstanding(e: Evidence) -> Iterator[str]:
    """Nobody was reminded of what was done at the moment of sending."""
    for message in _shown(e):
        t, account = message["delivered_at"], message["account"]
        open_ = {
            (row["concern"], row["obligation"])
            for row in e.of_message.get(message["id"], ())
            if e.is_due_to(account, row, t)
        }
        if len(open_) != message["said"]:
            yield f"{t}: {account} was told of {message['said']} duties, {len(open_)} were open"
    for sent in e.journal.sent:
        first = e.deliveries[sent.key]
        exact = first["channel"] not in GROUPS or first["sent_at"] == sent.at
        open_ = {
            (row["concern"], row["obligation"])
            for message in _told_together(e, first, sent.at)
            for row in e.of_message.get(message["id"], ())
            if e.is_due_to(message["account"], row, sent.at)
        }
        if (len(open_) != sent.duties) if exact else (len(open_) < sent.duties):
            yield f"{sent.at}: {sent.kind} spoke of {sent.duties} duties, {len(open_)} were open"


def _shown(e: Evidence) -> Iterator[Row]:
    return (
        m for m in e.messages.values() if m["kind"] in _REMINDERS and m["delivered_at"] is not None
    )


def _told_together(e: Evidence, first: Row, at: datetime) -> list[Row]:
    """The messages of a sending; of a robot's digest all that were marked with it.

    When a crash left it unmarked, it spoke of some of those that were marked later.
    """
    if first["channel"] not in GROUPS:
        return [e.messages[first["message"]]]
    marked = first["sent_at"]
    return [
        e.messages[row["message"]]
        for row in e.at_address[first["address"]]
        if (row["sent_at"] == marked if marked == at else not _is_over(row, at))
    ]


def _is_over(delivery: Row, t: datetime) -> bool:
    ends = (delivery["sent_at"], delivery["failed_at"], delivery["dropped_at"])
    return any(at is not None and at < t for at in ends)


def no_step_twice(e: Evidence) -> Iterator[str]:
    """No step of a duty reached a person in two messages, and no message an address twice."""
    found = Counter(
        (row["obligation"], row["step"], row["round"], row["account"])
        for message in _shown(e)
        for row in e.of_message.get(message["id"], ())
    )
    yield from (f"step {step} of duty {o} reached {who} {n} times"
                for (o, step, _, who), n in found.items() if n > 1)  # fmt: skip
    # Robots know no keys: after a crash a group may read its digest again.
    arrived = Counter((s.kind, s.key) for s in e.journal.sent if s.kind not in GROUPS)
    yield from (f"delivery {key} went through {kind} {n} times"
                for (kind, key), n in arrived.items() if n > 1)  # fmt: skip


def never_at_rest(e: Evidence) -> Iterator[str]:
    """Nothing was shown or sent in quiet hours, or on a day off unless the duty is due then."""
    for message in _shown(e):
        if not _may_disturb(e, message, message["delivered_at"]):
            yield f"{message['delivered_at']}: shown to {message['account']}"
    for sent in e.journal.sent:
        if not _may_disturb(e, e.messages[e.deliveries[sent.key]["message"]], sent.at):
            yield f"{sent.at}: sent through {sent.kind}"


def _may_disturb(e: Evidence, message: Row, t: datetime) -> bool:
    rows = e.of_message.get(message["id"], ())
    return _allowed(e, t, {local_day(e.deadline_of(row)) for row in rows})


def _allowed(e: Evidence, t: datetime, due: Collection[date]) -> bool:
    local = t.astimezone(SHANGHAI)
    if not _FROM <= local.time() < _UNTIL:
        return False
    return e.days.is_workday(local.date()) or local.date() in due


def climbed_the_ladder(e: Evidence) -> Iterator[str]:
    """Each step whose moment passed while the duty was outstanding reached somebody.

    A step counts from the first moment after its own at which a process ran and people might be
    told; the product skips it when that is past the next step's moment.
    """
    reached = {
        (row["obligation"], row["round"], row["step"])
        for row in e.reminders
        if row["held_back"] or _arrived(e, e.messages[row["message"]])
    }
    ladders: dict[tuple[str, datetime], list[Rung]] = {}
    for number, duty in e.obligations.items():
        spans = e.spans_of[number]
        for span, later in zip(spans, [*spans[1:], None], strict=True):
            if span.deadline is None:
                continue
            key = (_CONCERNS[span.stage], span.deadline)
            if key not in ladders:
                ladders[key] = list(_rungs(e, *key))
            over = later.since if later else duty["closes_at"] if span.stage == "none" else e.ends
            for rung in ladders[key]:
                had_to = span.since <= rung.at and rung.looked < min(over, rung.until)
                if had_to and (number, span.revision, rung.step) not in reached:
                    yield f"step {rung.step} of duty {number} ({span.stage}) reached nobody"


@dataclass(frozen=True, slots=True)
class Rung:
    """A step's moment, when it could first be decided, and until when that makes sense."""

    step: str
    at: datetime
    looked: datetime
    until: datetime


def _rungs(e: Evidence, concern: str, deadline: datetime) -> Iterator[Rung]:
    steps = [step for step in e.ladder if step.of == concern]
    instants = step_instants(steps, deadline, e.days)
    ends = [at for _, at in instants[1:]]
    for (step, at), following in zip(instants, [*ends, e.ends], strict=True):
        until = min(following, e.ends, deadline) if step.is_before_due else min(following, e.ends)
        yield Rung(step.key, at, _looked(e, at, deadline), until)


def _looked(e: Evidence, t: datetime, deadline: datetime) -> datetime:
    """The first moment from `t` on at which the clockwork could do something about a step."""
    due = {local_day(deadline)}
    t = look(t)
    while True:
        t = tick(t)
        down = [until for since, until in e.journal.outages if since <= t < until]
        if down:
            t = max(down)
        elif not _allowed(e, t, due):
            t += GRAIN
        else:
            return t


def _arrived(e: Evidence, message: Row) -> bool:
    """Shown; or dropped, which has a check of its own; or still to come when the year ended."""
    ended = message["delivered_at"] or message["dropped_at"]
    return ended is not None or message["slot_at"] >= e.ends - _PATIENCE


def nothing_was_lost(e: Evidence) -> Iterator[str]:
    """Every message was delivered, stands on a call list, or was dropped for a true reason."""
    for delivery in e.deliveries.values():
        message = e.messages[delivery["message"]]
        if delivery["sent_at"] is not None or message["kind"] not in _REMINDERS:
            continue
        if delivery["failed_at"] is not None:
            yield from _failed(e, delivery, message)
        elif delivery["dropped_at"] is not None:
            yield from _dropped(e, delivery, message)
        elif delivery["not_before"] < e.ends - _PATIENCE:
            yield f"{delivery['channel']} never took what waited since {delivery['not_before']}"


def _dropped(e: Evidence, delivery: Row, message: Row) -> Iterator[str]:
    t, channel = delivery["dropped_at"], delivery["channel"]
    for row in e.of_message.get(message["id"], ()):
        if e.is_due_to(message["account"], row, t):
            yield f"{t}: {channel} dropped duty {row['obligation']}, which was open"


def _failed(e: Evidence, delivery: Row, message: Row) -> Iterator[str]:
    """The last way to somebody failed: then the office calls, unless nothing is left to say."""
    t, account = delivery["failed_at"], message["account"]
    ways = e.ways_of[message["id"]]
    if delivery["id"] != ways[-1]["id"] or any(way["failed_at"] is None for way in ways):
        return
    left = [r for r in e.of_message[message["id"]] if e.is_due_to(account, r, t)]
    if left and not _on_call_list(e, account, t):
        yield f"{t}: {delivery['channel']} failed for {account}, and nobody calls"


def _on_call_list(e: Evidence, account: object, t: datetime) -> bool:
    return any(
        call["account"] == account
        and call["since"] <= t
        and (call["done_at"] is None or call["done_at"] >= t)
        for call in e.calls
    )


def the_sum_holds(e: Evidence) -> Iterator[str]:
    """At each day's end the product's counts are those of the journal."""
    for day in e.journal.days:
        if day.said != day.counted:
            yield f"{day.at}: rates say {day.said}, the journal {day.counted}"


def only_early_steps_are_held_back(e: Evidence) -> Iterator[str]:
    """What is held back for the sake of measuring goes to the liaison alone, and before due."""
    early = {s.key for s in e.ladder if s.is_before_due and s.audience == (Audience.LIAISON,)}
    for row in e.reminders:
        if row["held_back"] != (row["message"] is None) or (
            row["held_back"] and row["step"] not in early
        ):
            yield f"step {row['step']} of duty {row['obligation']} was held back"


def nothing_was_forgotten(e: Evidence) -> Iterator[str]:
    """Every report that was taken is there, at the instant it was taken."""
    stored = {(r["obligation"], r["revision"]): r["received_at"] for r in e.submissions}
    noted = {(f.obligation, f.revision): f.received_at for f in e.journal.filed}
    for key in stored.keys() | noted.keys():
        if stored.get(key) != noted.get(key):
            yield f"report {key}: taken {noted.get(key)}, stored {stored.get(key)}"


Check = Callable[[Evidence], Iterator[str]]
CHECKS: Final[Mapping[str, Check]] = {
    "nobody was reminded of what was done": told_only_of_the_outstanding,
    "no step reached a person twice": no_step_twice,
    "nothing went out in quiet hours or on days off": never_at_rest,
    "every late duty climbed the whole ladder": climbed_the_ladder,
    "only steps before due are held back": only_early_steps_are_held_back,
    "every message arrived, was called or had become pointless": nothing_was_lost,
    "expected = on time + late + missing + pending, every day": the_sum_holds,
    "no report was lost or taken twice": nothing_was_forgotten,
}


def violations(e: Evidence) -> dict[str, list[str]]:
    """What each check finds."""
    return {name: list(check(e)) for name, check in CHECKS.items()}
