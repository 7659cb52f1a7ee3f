"""Rows of rosters and of other offices' lists: read as written, with all that is wrong at once."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.certification import cells
from backend.domain.certification.matches import (
    HitKind,
    HitOutcome,
    Matched,
    MatchRow,
    outcome,
    read_match,
)
from backend.domain.certification.roster import RosterRow, read_row
from backend.domain.certification.roster_columns import FIELDS, HEADINGS, REQUIRED
from backend.domain.certification.words import InsuranceType, LiveType, Method, PayStatus
from backend.domain.row_faults import REASONS, RowFault, told

TODAY = date(2026, 11, 22)
ROW = {
    "name": "张桂兰",
    "id_no": "990101194806150024",
    "insurance_type": "城乡居民",
    "region_code": "990101100201",
    "benefit_start": "2012-03",
}


def row(**changes: str) -> RosterRow:
    found = read_row(7, {**ROW, **changes}, TODAY)
    assert isinstance(found, RosterRow), found
    return found


def faults(**changes: str) -> set[tuple[str, str]]:
    found = read_row(7, {**ROW, **changes}, TODAY)
    assert isinstance(found, list), found
    assert all(fault.line == 7 and fault.reason in REASONS for fault in found)
    return {(fault.field, fault.reason) for fault in found}


def test_the_least_a_row_may_say() -> None:
    found = row()
    assert (found.line, found.id_number) == (7, "990101194806150024")
    assert (found.born_on, found.benefit_start) == (date(1948, 6, 15), date(2012, 3, 1))
    assert (found.insurance, found.village) == (InsuranceType.RESIDENT, "990101100201")
    assert found.pay_status is PayStatus.NORMAL
    assert (found.monthly_fen, found.live_type) == (None, None)
    assert (found.certified_on, found.due_told) == (None, None)


def test_a_full_row() -> None:
    found = row(
        live_type="异地",
        phone="138 0000 0000",
        contact_phone="0536-2345678",
        bank_tail4="12",
        monthly_amount="1,187.5",
        pay_status="SUSPENDED",
        stopped_from="202603",
        last_cert_date="2025/11/3",
        last_cert_method="上门",
        cert_due="20261130",
        risk_tags="高龄、独居,高龄",
        group_no="3组",
    )
    assert found.live_type is LiveType.ELSEWHERE
    assert found.texts["phone"] == "13800000000"
    assert found.texts["contact_phone"] == "0536-2345678"
    assert found.texts["bank_tail4"] == "0012"
    assert found.monthly_fen == 118_750
    assert (found.pay_status, found.stopped_from) == (PayStatus.SUSPENDED, date(2026, 3, 1))
    assert (found.certified_on, found.certified_by) == (date(2025, 11, 3), Method.HOME_VISIT)
    assert found.due_told == date(2026, 11, 30)
    assert found.risk_tags == ("高龄", "独居")
    assert found.texts["group_no"] == "3组"


def test_everything_wrong_is_told_at_once() -> None:
    assert faults(
        id_no="990101194806150025",
        insurance_type="商业",
        region_code="990101100000",
        benefit_start="去年",
        phone="12345",
        bank_tail4="6222021234567890",
        monthly_amount="-1",
        name="",
    ) == {
        ("id_no", "wrong_check_character"),
        ("insurance_type", "unknown_word"),
        ("region_code", "not_a_village_code"),
        ("benefit_start", "not_a_date"),
        ("phone", "not_a_phone"),
        ("bank_tail4", "not_4_digits"),
        ("monthly_amount", "not_an_amount"),
        ("name", "missing"),
    }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"last_cert_date": "2026-11-23"}, ("last_cert_date", "in_future")),
        ({"last_cert_date": "1940-01-01"}, ("last_cert_date", "before_birth")),
        ({"benefit_start": "1940-01-01"}, ("benefit_start", "before_birth")),
        ({"last_cert_method": "上门"}, ("last_cert_method", "date_missing")),
        ({"stopped_from": "三月"}, ("stopped_from", "not_a_month")),
        ({"cert_due": "2026-02-30"}, ("cert_due", "not_a_date")),
        ({"name": "王" * 61}, ("name", "too_long")),
        ({"name": "王\u200b芳"}, ("name", "unseen_character")),
        ({"risk_tags": ";".join("abcdefghi")}, ("risk_tags", "too_long")),
        ({"live_type": "国外"}, ("live_type", "unknown_word")),
        ({"id_no": "990101194806150"}, ("id_no", "not_18_characters")),
        ({"region_code": "３70701"}, ("region_code", "not_a_village_code")),
    ],
)
def test_single_faults(changes: dict[str, str], fault: tuple[str, str]) -> None:
    assert faults(**changes) == {fault}


def test_a_pension_of_tomorrow_may_be_listed_today() -> None:
    assert row(benefit_start="2026-12-01").benefit_start == date(2026, 12, 1)


def test_an_empty_row_lacks_what_is_required_and_nothing_else() -> None:
    found = read_row(2, {}, TODAY)
    assert found == [RowFault(2, name, "missing") for name in REQUIRED]


def test_reasons_read_as_sentences() -> None:
    found = [RowFault(7, "id_no", "twice"), RowFault(7, "", "cells_beyond_header")]
    titles = {"id_no": "身份证号"}
    assert told(found, titles) == "身份证号同一险种内身份证号重复；单元格多于表头"
    assert (
        told(found, {}, "en")
        == "id_no comes twice in one insurance; has more cells than the header"
    )


def test_every_heading_leads_to_a_field_that_is_read() -> None:
    assert set(REQUIRED) < set(FIELDS)
    assert all(HEADINGS[name] == name for name in FIELDS)


texts = st.text(max_size=30) | st.sampled_from(list(ROW.values()))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), texts))
def test_no_cell_is_too_odd(values: dict[str, str]) -> None:
    found = read_row(1, {**ROW, **values}, TODAY)
    if isinstance(found, list):
        assert found
        # Faults never quote: no cell's text can slip into a log or a list.
        assert all(f.field in FIELDS and f.reason in REASONS for f in found)


@settings(max_examples=50, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_dates_as_programs_write_them(day: date) -> None:
    year, month, number = day.year, day.month, day.day
    for text in (
        f"{day}",
        f"{year}/{month}/{number}",
        f"{year}.{month}.{number}",
        f"{year}年{month}月{number}日",
        f"{day:%Y%m%d}",
        f"{day} 00:00:00",
    ):
        assert cells.day_of(text) == day
    for text in (f"{year}-{month:02}", f"{year}年{month}月", f"{day:%Y%m}", f"{year}/{month}"):
        assert cells.first_of_month(text) == day.replace(day=1)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-00-01", "0001-01-01", "2026-1", "26-01-01"])
def test_texts_that_are_no_day(text: str) -> None:
    assert cells.day_of(text) is None


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("187.5", 18750), ("187.50", 18750), ("1,000", 100_000), ("187.500", 18750)],
)
def test_amounts(text: str, fen: int) -> None:
    assert cells.fen_of(text) == fen


@pytest.mark.parametrize("text", ["1.005", "-1", "1e3", "１", "", "1.", "9999999", "nan"])
def test_texts_that_are_no_amount(text: str) -> None:
    assert cells.fen_of(text) is None


LISTED = {"id_no": "990101194806150024", "name": "张桂兰"}


def match(**changes: Any) -> MatchRow | list[RowFault]:
    kind, on = changes.pop("kind", HitKind.ALIVE), changes.pop("on", date(2026, 11, 1))
    return read_match(3, {**LISTED, **changes}, TODAY, kind, on)


def test_a_list_says_for_all_what_a_row_does_not() -> None:
    found = match()
    assert found == MatchRow(3, "990101194806150024", "张桂兰", HitKind.ALIVE, date(2026, 11, 1))
    found = read_match(
        3, {**LISTED, "kind": "死亡", "date": "2026-10-05"}, TODAY, HitKind.ALIVE, None
    )
    assert isinstance(found, MatchRow)
    assert (found.kind, found.on) == (HitKind.DECEASED, date(2026, 10, 5))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id_no": ""}, ("id_no", "missing")),
        ({"id_no": "1"}, ("id_no", "not_18_characters")),
        ({"date": "x"}, ("date", "not_a_date")),
        ({"date": "2026-11-23"}, ("date", "in_future")),
        ({"on": None}, ("date", "missing")),
    ],
)
def test_rows_of_lists_that_are_none(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    found = match(**changes)
    assert isinstance(found, list)
    assert [(f.field, f.reason) for f in found] == [fault]


def test_a_list_without_kinds_needs_one() -> None:
    found = read_match(3, LISTED, TODAY, None, None)
    assert isinstance(found, list)
    assert [f.reason for f in found] == ["kind_missing"]
    found = read_match(3, {**LISTED, "kind": "活着"}, TODAY, HitKind.ALIVE, TODAY)
    assert isinstance(found, list)
    assert [f.reason for f in found] == ["unknown_word"]


def hit(kind: HitKind, name: str = "", on: date | None = TODAY) -> MatchRow:
    return MatchRow(3, LISTED["id_no"], name, kind, on)


def pension(**changes: Any) -> Matched:
    values: dict[str, Any] = {
        "name": "张桂兰",
        "pay_status": PayStatus.NORMAL,
        "is_gone": False,
        "certified_on": date(2026, 1, 1),
    }
    return Matched(**{**values, **changes})


def test_a_sign_of_life_certifies_unless_something_speaks_against_it() -> None:
    alive = hit(HitKind.ALIVE)
    assert outcome(alive, pension()) is HitOutcome.CLEARED
    assert outcome(alive, pension(certified_on=None)) is HitOutcome.CLEARED
    assert outcome(alive, pension(pay_status=PayStatus.SUSPENDED)) is HitOutcome.CLEARED
    assert outcome(alive, pension(certified_on=TODAY)) is HitOutcome.KNOWN
    assert outcome(hit(HitKind.ALIVE, "张桂英"), pension()) is HitOutcome.NAME_DIFFERS
    assert outcome(hit(HitKind.ALIVE, "张桂兰"), pension()) is HitOutcome.CLEARED
    doubts = frozenset({HitKind.DECEASED})
    assert outcome(alive, pension(doubts=doubts)) is HitOutcome.DOUBTED


@pytest.mark.parametrize("kind", [HitKind.DECEASED, HitKind.CUSTODY, HitKind.MOVED])
def test_anything_else_is_a_suspicion_once(kind: HitKind) -> None:
    assert outcome(hit(kind, on=None), pension()) is HitOutcome.SUSPECT
    assert outcome(hit(kind, "张桂英"), pension(certified_on=TODAY)) is HitOutcome.SUSPECT
    assert outcome(hit(kind), pension(doubts=frozenset({kind}))) is HitOutcome.KNOWN


@pytest.mark.parametrize("kind", list(HitKind))
def test_what_is_no_longer_paid_is_left_alone(kind: HitKind) -> None:
    assert outcome(hit(kind), pension(is_gone=True)) is HitOutcome.NOT_PAID
    ended = pension(pay_status=PayStatus.TERMINATED)
    assert outcome(hit(kind), ended) is HitOutcome.NOT_PAID
