"""The fields of a person in the ledger: what each may hold, and what must hold between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from backend.domain.certification import cells
from backend.domain.ledger import words
from backend.domain.ledger.words import Status, WorkPlace
from backend.domain.refusal import Refusal

# Field → longest text.
TEXTS: Final = {
    "name": 60,
    "group_no": 20,
    "household": 40,
    "relation": 20,
    "health": 20,
    "employer": 100,
    "industry": 40,
    "job": 40,
    # The name or the code of where it is: clerks know cities by name.
    "work_region": 60,
    "skill_cert": 100,
    "train_type": 60,
}
WORDS: Final[Mapping[str, Mapping[str, StrEnum]]] = {
    "education": words.EDUCATIONS,
    "work_ability": words.ABILITIES,
    "status": words.STATUSES,
    "work_place": words.PLACES,
}
FLAGS: Final = ("train_wish", "job_wish")
DAYS: Final = ("leave_date", "return_date")
MOST_INCOME: Final = 1_000_000
# A person of whom nothing is said. `phone` is kept masked here; in full it is sealed elsewhere.
EMPTY: Final[Mapping[str, Any]] = {
    **dict.fromkeys(TEXTS, ""),
    "phone": "",
    **dict.fromkeys(WORDS),
    **dict.fromkeys(FLAGS, False),
    **dict.fromkeys(DAYS),
    "monthly_income": None,
    "tags": (),
}
REQUIRED: Final = ("name", "status")
_MARKS: Final = {ord(mark): ";" for mark in ",，、；|"}
_NEEDS_REGION: Final = (WorkPlace.OUT, WorkPlace.PROVINCE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field; reasons are those of the lists' sheet."""

    field: str
    reason: str


def value_of(field: str, text: str) -> Any:
    """What a cell that is not empty says. Raises Refusal with a reason."""
    if field in WORDS:
        return _found(WORDS[field].get(text.lower()), "unknown_word").value
    if field in FLAGS:
        return _found(words.YES_NO.get(text.lower()), "unknown_word")
    if field in DAYS:
        return _found(cells.day_of(text), "not_a_date").isoformat()
    if field == "monthly_income":
        fen = _found(cells.fen_of(text), "not_an_amount")
        return _income(fen // 100)
    if field == "tags":
        parts = text.translate(_MARKS).split(";")
        return _tags([part.strip() for part in parts if part.strip()])
    if field == "phone":
        return _found(cells.phone_of(text), "not_a_phone")
    return _text(field, text)


def checked(field: str, value: Any) -> Any:
    """What a change gives for a field, in the form it is kept. Raises Refusal with a reason."""
    if field not in EMPTY:
        raise Refusal("invalid", reason="unknown_field")
    if value is None or value == "":
        return EMPTY[field]
    if field in FLAGS:
        return _typed(value, bool)
    if field == "monthly_income":
        return _income(_typed(value, int))
    if field == "tags":
        return _tags([_typed(each, str) for each in _typed(value, list)])
    return value_of(field, _typed(value, str).strip())


def faults_of(facts: Mapping[str, Any]) -> list[Fault]:
    """What does not hold between the fields of one person."""
    found = [Fault(name, "missing") for name in REQUIRED if not facts[name]]
    if facts["status"] == Status.UNIT and not facts["employer"]:
        found.append(Fault("employer", "missing"))
    if facts["work_place"] in _NEEDS_REGION and not facts["work_region"]:
        found.append(Fault("work_region", "missing"))
    if facts["status"] == Status.INCAPABLE and facts["job_wish"]:
        found.append(Fault("job_wish", "cannot_work"))
    leave, back = facts["leave_date"], facts["return_date"]
    if leave and back and back < leave:
        found.append(Fault("return_date", "before_leaving"))
    return found


def _found(value: Any, reason: str) -> Any:
    if value is None:
        raise Refusal("invalid", reason=reason)
    return value


def _typed(value: Any, kind: Callable[..., Any]) -> Any:
    if type(value) is not kind:
        raise Refusal("invalid", reason="type")
    return value


def _text(field: str, text: str) -> str:
    if len(text) > TEXTS[field]:
        raise Refusal("invalid", reason="too_long")
    if not cells.is_plain(text):
        raise Refusal("invalid", reason="unseen_character")
    return text


def _income(yuan: int) -> int:
    if not 0 <= yuan <= MOST_INCOME:
        raise Refusal("invalid", reason="not_an_amount")
    return yuan


def _tags(texts: list[str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(_found(words.TAGS.get(text.lower()), "unknown_word").value for text in texts)
    )
