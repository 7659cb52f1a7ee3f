"""What a village files about a pensioner: the finding in its answers, and what is lacking."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from backend.domain import answers as forms
from backend.domain.answers import Code, Level
from backend.domain.certification.effects import Finding, check_finding
from backend.domain.certification.evidence import Circumstance, Evidence, EvidenceTable, lacking
from backend.domain.certification.words import Method, Result
from backend.domain.refusal import Refusal

W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class About:
    """The pensioner of a duty, when it was first due, and the papers that the county asks for."""

    beneficiary: UUID
    born_on: date
    due_on: date
    papers: EvidenceTable


def finding_in(answers: Mapping[str, Any], found_on: date) -> Finding:
    """The finding of answers that were taken. Raises ValueError for any other."""
    return Finding(
        Result(answers["result"]),
        found_on,
        _day(answers.get("happened_on")),
        _day(answers.get("released_on")),
    )


def _day(raw: str | None) -> date | None:
    return date.fromisoformat(raw) if raw else None


def defects(
    papers: EvidenceTable,
    answers: Mapping[str, Any],
    attachments: Sequence[Mapping[str, Any]],
    found_on: date,
) -> tuple[forms.Finding, ...]:
    """Which papers are lacking and whether the day lies ahead: what the form itself can't say.

    Nothing is said of answers without a sound method and result, for the form says that. Papers
    are errors at `attachments` with `any_of`, one of which is enough; the day one at `happened_on`.
    """
    method, result = _word(Method, answers.get("method")), _word(Result, answers.get("result"))
    if method is None or result is None:
        return ()
    asked = lacking(papers, result, method, given(attachments), _circumstances(answers))
    found = [
        forms.Finding(
            Level.ERROR,
            Code.PAPER_LACKING,
            "attachments",
            params={"any_of": [each.value for each in need.any_of]},
        )
        for need in asked
    ]
    if _is_ahead(answers, found_on):
        found.append(forms.Finding(Level.ERROR, Code.DAY_AHEAD, "happened_on"))
    return tuple(found)


def given(attachments: Sequence[Mapping[str, Any]]) -> Collection[Evidence]:
    """The kinds of evidence declared; an attachment may be none."""
    return {Evidence(each["evidence"]) for each in attachments if each.get("evidence")}


def _circumstances(answers: Mapping[str, Any]) -> list[Circumstance]:
    return [each for each in Circumstance if answers.get(each.value) is True]


def _is_ahead(answers: Mapping[str, Any], found_on: date) -> bool:
    """Whether it is said to have happened after it was found; other faults the form finds."""
    try:
        check_finding(finding_in(answers, found_on))
    except Refusal as refusal:
        return bool(refusal.params.get("reason") == "future")
    except (ValueError, TypeError):
        return False
    return False


def _word(kind: type[W], raw: object) -> W | None:
    return kind(raw) if isinstance(raw, str) and raw in set(kind) else None
