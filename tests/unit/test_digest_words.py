"""What a digest says to a liaison, an office and the county; a county's own words."""

from typing import Any

import pytest

from backend.domain.ladder import PLACEHOLDERS, parse_ladder
from backend.domain.refusal import Refusal
from backend.domain.wording import wording

NEAREST = "2026-11-06T04:00:00Z"
STEP = {"key": "a", "offset_workdays": 1, "at": "09:00", "audience": ["liaison"]}


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        (  # a liaison
            {"duties": 2, "overdue": 0, "to_correct": 1, "to_review": 0, "villages": 1},
            "有2项待报；1份退回待补正，最近截止时间：11月6日12:00。",
            "2 reports are still to be filed; 1 report is returned and to be corrected. "
            "Nearest deadline: 2026-11-06 12:00.",
        ),
        (  # an office: late villages, and its own duty
            {"duties": 12, "overdue": 12, "to_correct": 0, "to_review": 3, "villages": 14},
            "14个村有12项待报，其中12项已逾期；3份待审核，最近截止时间：11月6日12:00。",
            "12 reports are still to be filed in 14 villages, 12 of them overdue; "
            "3 reports are waiting for review. Nearest deadline: 2026-11-06 12:00.",
        ),
        (  # reviews alone
            {"duties": 0, "overdue": 0, "to_correct": 0, "to_review": 1, "villages": 1},
            "有1份待审核，最近截止时间：11月6日12:00。",
            "1 report is waiting for review. Nearest deadline: 2026-11-06 12:00.",
        ),
        (  # the county: the villages are named whatever they owe
            {"duties": 0, "overdue": 0, "to_correct": 5, "to_review": 0, "villages": 4},
            "4个村有5份退回待补正，最近截止时间：11月6日12:00。",
            "5 reports are returned and to be corrected in 4 villages. "
            "Nearest deadline: 2026-11-06 12:00.",
        ),
    ],
)
def test_counts_and_the_nearest_deadline(said: dict[str, int], zh: str, en: str) -> None:
    assert wording("reminder", {**said, "nearest": NEAREST}, "zh") == zh
    assert wording("reminder", {**said, "nearest": NEAREST}, "en") == en


def test_a_countys_own_words_are_filled_in() -> None:
    text = {
        "zh": "{villages}村{duties}报{overdue}迟{to_correct}改{to_review}审，{nearest}{{}}",
        "en": "By {nearest}: {duties}",
    }
    [step] = parse_ladder([STEP | {"text": text}])
    assert step.to_dict()["text"] == text
    assert parse_ladder([step.to_dict()]) == (step,)
    said = {"duties": 3, "overdue": 1, "to_correct": 2, "to_review": 4, "villages": 5}
    params = {**said, "nearest": NEAREST, "text": text}
    assert wording("reminder", params, "zh") == "5村3报1迟2改4审，11月6日12:00{}"
    assert wording("reminder", params, "en") == "By 2026-11-06 12:00: 3"


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_every_placeholder_may_stand_alone(name: str) -> None:
    text = {"zh": f"{{{name}}}", "en": f"{{{name}}}"}
    assert parse_ladder([STEP | {"text": text}])[0].text == text


@pytest.mark.parametrize(
    "text",
    [
        5,
        "还有{duties}项",
        {"zh": "请填报"},
        {"zh": "请填报", "en": "File", "fr": "…"},
        {"zh": "请填报", "en": 5},
        {"zh": "请填报", "en": " "},
        {"zh": "请填报", "en": "x" * 201},
        {"zh": "请填报", "en": "two\nlines"},
        {"zh": "请填报", "en": "{name}"},  # no names, ever
        {"zh": "请填报", "en": "{}"},
        {"zh": "请填报", "en": "{0}"},
        {"zh": "请填报", "en": "{duties"},
        {"zh": "请填报", "en": "duties}"},
        {"zh": "请填报", "en": "{duties!r}"},
        {"zh": "请填报", "en": "{duties:>999999999}"},
        {"zh": "请填报", "en": "{duties.__class__}"},
        {"zh": "请填报", "en": "{duties[0]}"},
        {"zh": "请填报", "en": "{duties:{overdue}}"},
        {"zh": "请填报", "en": "\ud800"},
    ],
)
def test_words_that_are_none(text: Any) -> None:
    _refused(STEP | {"text": text}, "text")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (STEP | {"of": "visit"}, "of"),
        (STEP | {"of": None}, "of"),
        (STEP | {"of": ["report"]}, "of"),
        (STEP | {"of": "review"}, "audience"),  # villages review nothing
        (STEP | {"of": "review", "audience": ["township", "backup"]}, "audience"),
        (STEP | {"of": "review", "audience": ["mayor"]}, "audience"),
    ],
)
def test_concerns_that_are_none(step: dict[str, Any], reason: str) -> None:
    _refused(step, reason)


def _refused(step: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_ladder([STEP, step | {"key": "b"}])
    assert refused.value.params == {"index": 1, "reason": reason}


@pytest.mark.parametrize("of", ["report", "correction", "review"])
def test_a_concern_survives_its_json(of: str) -> None:
    raw = STEP | {"of": of, "audience": ["lead"]}
    [step] = parse_ladder([raw])
    assert step.of == of
    assert parse_ladder([step.to_dict()]) == (step,)
    assert ("of" in step.to_dict()) is (of != "report")
