"""Visiting weeks, papers, second reviews: fair, the same each time, and editable where they may."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.certification.evidence import (
    DEFAULT_EVIDENCE,
    Circumstance,
    Evidence,
    evidence_table_to_dict,
    lacking,
    parse_evidence_table,
)
from backend.domain.certification.second_reviews import needs_second_review, sample
from backend.domain.certification.visits import Week, visiting_weeks, weeks_of
from backend.domain.certification.words import Method, Result
from backend.domain.refusal import Refusal

quick = settings(max_examples=60, deadline=None)
DAY = timedelta(days=1)
OPENS, DUE = date(2026, 1, 10), date(2026, 4, 30)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
SPACE = UUID("6c1f5c0e-0f5c-4d6b-8f0e-0d2f1a2b3c4d")
PEOPLE = [uuid5(SPACE, str(number)) for number in range(4000)]


def test_weeks_end_on_sundays_and_with_the_window() -> None:
    found = weeks_of(date(2026, 11, 20), date(2026, 12, 1))
    assert found == [
        Week(date(2026, 11, 20), date(2026, 11, 22)),
        Week(date(2026, 11, 23), date(2026, 11, 29)),
        Week(date(2026, 11, 30), date(2026, 12, 1)),
    ]


def test_the_last_seven_days_stay_free() -> None:
    homes = [("1组", f"H{i}") for i in range(300)]
    weeks = visiting_weeks(OPENS, DUE, homes)
    assert max(week.last for week in weeks.values()) == date(2026, 4, 19)
    assert min(week.first for week in weeks.values()) == date(2026, 1, 12)


def test_neighbours_are_visited_together() -> None:
    homes = [(group, f"H{i}") for i in range(20) for group in ("1组", "2组")]
    weeks = visiting_weeks(OPENS, DUE, homes)
    first = {weeks[home].first for home in homes if home[0] == "1组"}
    assert max(first) <= min(weeks[home].first for home in homes if home[0] == "2组")


def test_a_short_window_uses_what_it_has() -> None:
    one_week = visiting_weeks(date(2026, 11, 16), date(2026, 11, 24), [("", "a"), ("", "b")])
    assert set(one_week.values()) == {Week(date(2026, 11, 16), date(2026, 11, 22))}
    two_days = visiting_weeks(date(2026, 11, 17), date(2026, 11, 18), [("", "a")])
    assert set(two_days.values()) == {Week(date(2026, 11, 17), date(2026, 11, 18))}
    assert visiting_weeks(OPENS, DUE, []) == {}


homes = st.sets(st.tuples(st.sampled_from(["1组", "2组", ""]), st.text("HK019", max_size=4)))


@quick
@given(homes, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.randoms())
def test_weeks_are_even_and_always_the_same(
    found: set[tuple[str, str]], opens_on: date, length: int, chance: Any
) -> None:
    due_on = opens_on + length * DAY
    weeks = visiting_weeks(opens_on, due_on, found)
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert visiting_weeks(opens_on, due_on, shuffled) == weeks
    assert weeks.keys() == found
    usable = {w for w in weeks_of(opens_on, due_on) if (w.last - w.first).days == 6}
    usable = {w for w in usable if w.last <= due_on - 7 * DAY} or usable
    times = Counter(weeks.values())
    if usable and found:
        assert set(times) <= usable
        counts = [times[week] for week in usable]
        assert max(counts) - min(counts) <= 1
    assert all(opens_on <= week.first <= week.last <= due_on for week in times)


def needed(result: Result, method: Method, *given_: Evidence, **more: Any) -> list[set[Evidence]]:
    found = lacking(DEFAULT_EVIDENCE, result, method, given_, **more)
    return [set(each.any_of) for each in found]


def test_a_pass_needs_a_fresh_photo_and_the_card() -> None:
    photos = {Evidence.FACE_PHOTO, Evidence.PLATE_PHOTO}
    assert needed(Result.PASS, Method.HOME_VISIT) == [photos, {Evidence.ID_CARD}]
    both = (Evidence.PLATE_PHOTO, Evidence.ID_CARD)
    assert needed(Result.PASS, Method.VILLAGE, *both) == []
    differs = {"circumstances": [Circumstance.MISMATCH]}
    assert needed(Result.PASS, Method.VILLAGE, *both, **differs) == [{Evidence.HOUSEHOLD_BOOK}]
    assert needed(Result.PASS, Method.DATA_MATCH) == []
    assert needed(Result.PASS, Method.SELF_FACE, **differs) == []
    assert {Evidence.COMMITMENT_LETTER} in needed(Result.PASS, Method.COMMITMENT)
    assert {Evidence.COMMITMENT_LETTER} not in needed(Result.PASS, Method.HOME_VISIT)


def test_a_death_needs_any_one_paper_and_a_declared_one_the_ruling() -> None:
    [any_of] = needed(Result.DEATH, Method.VILLAGE)
    assert Evidence.CREMATION_CERTIFICATE in any_of
    for paper in any_of:
        assert needed(Result.DEATH, Method.VILLAGE, paper) == []
    declared = {"circumstances": [Circumstance.DECLARED]}
    paper = Evidence.VILLAGE_STATEMENT
    assert needed(Result.DEATH, Method.VILLAGE, paper, **declared) == [{Evidence.COURT_RULING}]
    assert needed(Result.DEATH, Method.VILLAGE, Evidence.COURT_RULING, **declared) == []


def test_every_result_has_its_line_and_every_paper_its_name() -> None:
    assert set(DEFAULT_EVIDENCE) == set(Result)
    assert all(zh and en for zh, en in (each.label for each in Evidence))


def test_the_table_is_read_and_written() -> None:
    raw = evidence_table_to_dict(DEFAULT_EVIDENCE)
    assert parse_evidence_table(raw) == DEFAULT_EVIDENCE
    raw["refused"] = [{"any_of": ["village_statement"], "methods": ["home_visit"]}]
    edited = parse_evidence_table(raw)
    assert len(lacking(edited, Result.REFUSED, Method.HOME_VISIT, ())) == 1
    assert lacking(edited, Result.REFUSED, Method.COUNTER, ()) == ()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "wrong_type"),
        ([1], "not_an_object"),
        ([{"any_of": ["id_card"], "who": 1}], "unknown_field"),
        ([{"any_of": []}], "out_of_range"),
        ([{}], "wrong_type"),
        ([{"any_of": ["passport"]}], "out_of_range"),
        ([{"any_of": [["id_card"]]}], "out_of_range"),
        ([{"any_of": ["id_card"], "when": None}], "out_of_range"),
        ([{"any_of": ["id_card"], "methods": ["data_match"]}], "out_of_range"),
        ([{"any_of": ["id_card"]}] * 9, "too_many"),
        ([{"any_of": ["id_card"] * 90}], "too_many"),
    ],
)
def test_tables_that_are_none(asked: Any, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_evidence_table({**evidence_table_to_dict(DEFAULT_EVIDENCE), "death": asked})
    assert refused.value.code == "evidence_invalid"
    assert refused.value.params == {"field": "death", "reason": reason}


def test_a_table_has_every_result_and_no_other() -> None:
    raw = evidence_table_to_dict(DEFAULT_EVIDENCE)
    for bad, field, reason in (
        ({**raw, "lost": []}, "lost", "unknown_field"),
        ({name: raw[name] for name in raw if name != "moved"}, "moved", "missing"),
        ([], "table", "not_an_object"),
    ):
        with pytest.raises(Refusal) as refused:
            parse_evidence_table(bad)
        assert refused.value.params == {"field": field, "reason": reason}


def drawn(key: bytes, born_on: date = date(1950, 1, 1), due_on: date = DUE) -> list[UUID]:
    on = date(2026, 11, 22)
    return [each for each in PEOPLE if needs_second_review(key, each, due_on, born_on, on)]


def test_five_of_a_hundred_are_drawn_and_all_from_ninety() -> None:
    assert 150 < len(drawn(KEY)) < 250
    assert drawn(KEY, date(1936, 11, 22)) == PEOPLE
    assert len(drawn(KEY, date(1936, 11, 23))) < 250


def test_the_draw_stays_and_needs_the_key_and_differs_from_window_to_window() -> None:
    first = drawn(KEY)
    assert drawn(KEY) == first
    chance = len(PEOPLE) * 0.05 * 0.05
    assert len(set(first) & set(drawn(OTHER_KEY))) < 5 * chance
    assert len(set(first) & set(drawn(KEY, due_on=date(2026, 10, 31)))) < 5 * chance


def test_an_auditor_draws_so_many_and_the_same_again() -> None:
    found = sample(KEY, "2026-11/1", PEOPLE, 50)
    assert len(set(found)) == 50
    assert sample(KEY, "2026-11/1", [*reversed(PEOPLE), *PEOPLE], 50) == found
    assert set(sample(KEY, "2026-11/2", PEOPLE, 50)) != set(found)
    assert set(sample(KEY, "all", PEOPLE[:10], 50)) == set(PEOPLE[:10])
    # Who was drawn stays drawn when others come or go.
    assert set(sample(KEY, "2026-11/1", [*found, *PEOPLE[:100]], 50)) >= set(found[:20])
