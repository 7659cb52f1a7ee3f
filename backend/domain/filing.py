"""Filing: what one item of a batch leads to, given what is already there.

The caller holds the village's row, so nothing else is filed for it meanwhile.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.domain.answers import Finding
from backend.domain.calendar import local_day
from backend.domain.certification.collecting import About, defects
from backend.domain.certification.second_reviews import needs_second_review
from backend.domain.clocks import Counted, correct_clock, count_at
from backend.domain.form_definition import FormDefinition, Kind
from backend.domain.forms import expand, validate
from backend.domain.periods import Timing
from backend.domain.refusal import Refusal
from backend.domain.reviews import ReviewStep, Stage, stage_of, with_second
from backend.domain.timeliness import (
    State,
    may_file,
    state_in,
)

# How long after its closing a certification may still be filed: by then another is asked for.
CERTIFIED_LATER: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Item:
    """What a phone says, as it said it. `digest` is over all of it."""

    id: UUID
    obligation: int
    kind: Kind
    answers: Mapping[str, Any]
    reasons: Mapping[str, str]
    remark: str
    attachments: Sequence[Mapping[str, Any]]
    captured_at: datetime | None
    zero_confirmed: bool
    on_behalf_reason: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation as it stands, with the last accepted answers of the same schedule.

    `change_no` is its village's as it was read: as long as that stays, so does all of this.
    `about`: of a certification, whom it is about; they may come for it when it has closed.
    """

    id: int
    holder: str
    change_no: int
    times: Timing
    exempt: bool
    stage: Stage
    revisions: int
    allowance: timedelta
    steps: tuple[ReviewStep, ...]
    form: FormDefinition
    last: Mapping[str, Any] | None
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A submission stored before."""

    obligation: int
    digest: bytes
    sequence: int
    revision: int
    received_at: datetime
    counted: Counted
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission to store, and where its obligation then stands.

    `second`: somebody else has to look again at what the first reviewer passes.
    """

    item: Item
    duty: Duty
    revision: int
    answers: Mapping[str, Any]
    warnings: tuple[Finding, ...]
    corrected_at: datetime | None
    received_at: datetime
    counted: Counted
    stage: Stage
    on_behalf: bool
    second: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same submission again: it gets the receipt it had."""

    known: Known


def decide(
    item: Item,
    duty: Duty,
    known: Known | None,
    *,
    on_behalf: bool,
    device_now: datetime | None,
    now: datetime,
) -> Accepted | Duplicate:
    """What filing `item` leads to. A Refusal says why it is not taken; nothing is changed then.

    Refusals: submission_conflict, already_withdrawn (what was taken back stays so), those of
    `may_file`, zero_unconfirmed, on_behalf_reason,
    those of `expand`, and answers_invalid with every finding.
    """
    if known is not None:
        if known.obligation != duty.id or known.digest != item.digest:
            raise Refusal("submission_conflict")
        if known.withdrawn:
            raise Refusal("already_withdrawn")
        return Duplicate(known)
    _welcome(item, duty, on_behalf, now)
    answers = expand(duty.form, item.kind, item.answers, duty.last)
    findings = validate(duty.form, answers, duty.last, item.reasons, item.kind)
    times, corrected = duty.times, _corrected(item.captured_at, device_now, now)
    errors = [*findings.errors, *_lacking(item, duty, answers, corrected or now)]
    if errors:
        found = [finding.as_dict() for finding in errors]
        raise Refusal("answers_invalid", count=len(found), findings=found)
    return Accepted(
        item=item,
        duty=duty,
        revision=duty.revisions + 1,
        answers=answers,
        warnings=tuple(findings.warnings),
        corrected_at=corrected,
        received_at=now,
        counted=count_at(corrected, now, times.opens_at, times.due_at, duty.allowance),
        stage=stage_of(duty.steps, []),
        on_behalf=on_behalf,
    )


def drawn(accepted: Accepted, key: bytes) -> Accepted:
    """The same, with whether it is drawn for a second look."""
    about, seen_at = accepted.duty.about, accepted.corrected_at or accepted.received_at
    if about is None or not needs_second_review(
        key, about.beneficiary, about.due_on, about.born_on, local_day(seen_at)
    ):
        return accepted
    return replace(accepted, second=True, stage=stage_of(with_second(accepted.duty.steps), []))


def _lacking(
    item: Item, duty: Duty, answers: Mapping[str, Any], seen_at: datetime
) -> tuple[Finding, ...]:
    """What the form alone can't find wrong with a certification."""
    if duty.about is None:
        return ()
    return defects(duty.about.papers, answers, item.attachments, local_day(seen_at))


def _welcome(item: Item, duty: Duty, on_behalf: bool, now: datetime) -> None:
    """Whether anything may be filed at all, and in this way."""
    found = state_in(duty.stage, duty.exempt, duty.times, now)
    refusal = None if found is State.MISSING and _comes_later(duty, now) else may_file(found)
    if refusal is not None:
        raise refusal
    if item.kind is Kind.ZERO and not item.zero_confirmed:
        raise Refusal("zero_unconfirmed")
    if on_behalf and not (item.on_behalf_reason or "").strip():
        raise Refusal("on_behalf_reason")


def _comes_later(duty: Duty, now: datetime) -> bool:
    """Whoever was suspended for not being certified is paid again once they are; it counts late."""
    return duty.about is not None and now <= duty.times.closes_at + CERTIFIED_LATER


def _corrected(
    captured_at: datetime | None, device_now: datetime | None, now: datetime
) -> datetime | None:
    """A capture counts only with the device's own clock beside it: else its skew is unknown."""
    if captured_at is None or device_now is None:
        return None
    return correct_clock(captured_at, device_now, now)


def note(
    decided: Accepted, duties: MutableMapping[int, Duty], known: MutableMapping[UUID, Known]
) -> None:
    """Lets the later items of a batch see an earlier one as filed."""
    duty = decided.duty
    duties[duty.id] = replace(duty, stage=decided.stage, revisions=decided.revision)
    known[decided.item.id] = Known(
        duty.id, decided.item.digest, 0, decided.revision, decided.received_at, decided.counted
    )
