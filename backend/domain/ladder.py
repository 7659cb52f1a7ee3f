"""The ladder: which steps remind whom of what. A ladder is data, and the county's to change."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from backend.domain.calendar import parse_clock
from backend.domain.channels import OUTSIDE, Kind
from backend.domain.refusal import Refusal


class Concern(StrEnum):
    """What a step reminds of, and by which deadline it is counted.

    A report by its due time, the correction of a returned one by its fix-by time, and the review
    of a filed one by the end of the office's time limit 限时办结.
    """

    REPORT = "report"
    CORRECTION = "correction"
    REVIEW = "review"


class Audience(StrEnum):
    """Who is meant; the posts behind it are looked up when a message is written."""

    LIAISON = "liaison"
    BACKUP = "backup"
    TOWNSHIP = "township"
    LEAD = "lead"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: so many working days from the deadline's day at a local time, or hours from it.

    Either `offset_workdays` and `at` are given, or `offset_hours`. An offset up to 0 makes it a
    step before due, which is never sent after due. The list in the app comes first by itself;
    `channels` are tried after it, each when the one before has failed. `text` are the county's
    own words by language, with the placeholders of PLACEHOLDERS.
    """

    key: str
    audience: tuple[Audience, ...]
    offset_workdays: int | None = None
    at: time | None = None
    offset_hours: int | None = None
    channels: tuple[Kind, ...] = ()
    of: Concern = Concern.REPORT
    text: Mapping[str, str] | None = None

    @property
    def is_before_due(self) -> bool:
        """Whether the step is of use only until the report is due."""
        return (self.offset_workdays or 0) <= 0 and (self.offset_hours or 0) <= 0

    def to_dict(self) -> dict[str, object]:
        """The JSON value that `parse_ladder` reads."""
        found: dict[str, object] = {"key": self.key}
        if self.of is not Concern.REPORT:
            found["of"] = self.of.value
        if self.at is None:
            found["offset_hours"] = self.offset_hours
        else:
            found["offset_workdays"] = self.offset_workdays
            found["at"] = self.at.isoformat("minutes")
        found["audience"] = [who.value for who in self.audience]
        if self.channels:
            found["channels"] = [kind.value for kind in self.channels]
        if self.text is not None:
            found["text"] = dict(self.text)
        return found


Ladder = tuple[Step, ...]

_MORNING = time(9)
DEFAULT_LADDER: Ladder = (
    Step("before_3", (Audience.LIAISON,), offset_workdays=-3, at=_MORNING),
    Step("before_1", (Audience.LIAISON,), offset_workdays=-1, at=_MORNING),
    Step("due_day", (Audience.LIAISON,), offset_workdays=0, at=_MORNING),
    Step("last_hour", (Audience.LIAISON,), offset_hours=-1),
    Step(
        "after_1",
        (Audience.LIAISON, Audience.BACKUP, Audience.TOWNSHIP),
        offset_workdays=1,
        at=_MORNING,
    ),
    Step("after_2", (Audience.COUNTY,), offset_workdays=2, at=_MORNING),
    Step("fix_day", (Audience.LIAISON,), 0, _MORNING, of=Concern.CORRECTION),
    Step(
        "fix_after_1",
        (Audience.LIAISON, Audience.BACKUP, Audience.TOWNSHIP),
        offset_workdays=1,
        at=_MORNING,
        of=Concern.CORRECTION,
    ),
    Step("review_day", (Audience.TOWNSHIP,), 0, _MORNING, of=Concern.REVIEW),
    Step("review_after_1", (Audience.LEAD,), 1, _MORNING, of=Concern.REVIEW),
    Step("review_after_2", (Audience.COUNTY,), 2, _MORNING, of=Concern.REVIEW),
)


def steps_of(ladder: Ladder, concern: Concern) -> Ladder:
    """The steps that remind of this."""
    return tuple(step for step in ladder if step.of is concern)


_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_STEPS = 20
_MOST_WORKDAYS = 60
_MOST_HOURS = 240
_BY_DAY = {"key", "audience", "offset_workdays", "at"}
_BY_HOUR = {"key", "audience", "offset_hours"}
_OPTIONAL = {"channels", "of", "text"}
PLACEHOLDERS = frozenset({"duties", "overdue", "to_correct", "to_review", "villages", "nearest"})
_LONGEST_TEXT = 200


def parse_ladder(raw: object) -> Ladder:
    """The ladder of a JSON value; an empty list reminds nobody.

    [{"key": "before_3", "offset_workdays": -3, "at": "09:00", "audience": ["liaison"]},
     {"key": "last_hour", "offset_hours": -1, "audience": ["liaison"]},
     {"key": "fix", "of": "correction", "offset_workdays": 0, "at": "09:00",
      "audience": ["liaison"], "text": {"zh": "请补正", "en": "Please correct"}}]. Raises
    Refusal("ladder_invalid") with `reason` (not_a_list, too_many, not_an_object, fields, key,
    audience, of, channels, text, offset, at, key_twice) and the `index` of the step, from 0.
    """
    if not isinstance(raw, list):
        raise Refusal("ladder_invalid", reason="not_a_list", index=0)
    if len(raw) > _MOST_STEPS:
        raise Refusal("ladder_invalid", reason="too_many", index=_MOST_STEPS)
    steps: list[Step] = []
    for index, item in enumerate(raw):
        step = _parse_step(item)
        if isinstance(step, Step) and step.key in {earlier.key for earlier in steps}:
            step = "key_twice"
        if isinstance(step, str):
            raise Refusal("ladder_invalid", reason=step, index=index)
        steps.append(step)
    return tuple(steps)


def _parse_step(raw: object) -> Step | str:
    """The step of a JSON value, or the reason why it is none."""
    if not isinstance(raw, dict):
        return "not_an_object"
    by_hour = set(raw) - _OPTIONAL == _BY_HOUR
    if not by_hour and set(raw) - _OPTIONAL != _BY_DAY:
        return "fields"
    key, audience, channels = raw["key"], _audience(raw["audience"]), _channels(raw)
    concern = next((c for c in Concern if c.value == raw.get("of", Concern.REPORT)), None)
    at = None if by_hour else parse_clock(raw["at"])
    # Not 0 hours either: at due_at it is too late to be reminded.
    hours = (_whole(raw["offset_hours"], _MOST_HOURS) or None) if by_hour else None
    days = None if by_hour else _whole(raw["offset_workdays"], _MOST_WORKDAYS)
    sound = {
        "key": isinstance(key, str) and _KEY.fullmatch(key) is not None,
        "of": concern is not None,
        "audience": bool(audience)
        and (concern is not Concern.REVIEW or _OFFICES.issuperset(audience)),
        "channels": channels is not None,
        "text": raw.get("text") is None or _is_text(raw["text"]),
        "offset": (hours if by_hour else days) is not None,
        "at": by_hour or at is not None,
    }
    if concern is None or channels is None or not all(sound.values()):
        return next(name for name, right in sound.items() if not right)
    return Step(key, audience, days, at, hours, channels, concern, raw.get("text"))


# Villages review nothing.
_OFFICES = frozenset({Audience.TOWNSHIP, Audience.LEAD, Audience.COUNTY})


def _is_text(raw: object) -> bool:
    """Whether these are words in both languages, with known placeholders and no others."""
    return (
        isinstance(raw, dict)
        and set(raw) == {"zh", "en"}
        and all(isinstance(words, str) and _is_template(words) for words in raw.values())
    )


def _is_template(words: str) -> bool:
    if not words.strip() or len(words) > _LONGEST_TEXT or not words.isprintable():
        return False
    try:
        parts = list(string.Formatter().parse(words))
    except ValueError:
        return False
    return all(
        name is None or (name in PLACEHOLDERS and not layout and not conversion)
        for _, name, layout, conversion in parts
    )


def _channels(step: Mapping[str, object]) -> tuple[Kind, ...] | None:
    """The channels named, in their order; None when one is unknown or comes twice."""
    raw = step.get("channels", [])
    names = raw if isinstance(raw, list) else [None]
    found = tuple(kind for name in names for kind in OUTSIDE if kind.value == name)
    return found if len(set(found)) == len(names) else None


def _whole(raw: object, most: int) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if -most <= raw <= most else None


def _audience(raw: object) -> tuple[Audience, ...]:
    """The audience named, empty when a name is unknown or comes twice."""
    names = raw if isinstance(raw, list) else []
    found = tuple(who for who in Audience if who.value in names)
    return found if len(found) == len(names) else ()
