"""What a ladder would do in one period, against the rules that really send."""

from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.addressees import Holder
from backend.domain.calendar import SHANGHAI, WorkCalendar
from backend.domain.ladder import DEFAULT_LADDER, Audience, Concern, Ladder, parse_ladder, steps_of
from backend.domain.ladder_preview import Outstanding, Sending, Skipped, Span, preview, says
from backend.domain.reminders import due_step
from backend.domain.roles import Role

REPORTS = steps_of(DEFAULT_LADDER, Concern.REPORT)
DAYS = WorkCalendar({date(2026, 11, 14): False}, frozenset({2026}))
VILLAGE, NEIGHBOUR, VACANT = "990101100201", "990101100202", "990101101203"
TOWN, EMPTY_TOWN, COUNTY = VILLAGE[:9], VACANT[:9], VILLAGE[:6]
FANG, MIN, QIANG, JING, LI = (UUID(int=n) for n in range(1, 6))
HOLDERS = {
    VILLAGE: [Holder(FANG, Role.LIAISON), Holder(MIN, Role.LIAISON, is_backup=True)],
    NEIGHBOUR: [Holder(FANG, Role.LIAISON), Holder(QIANG, Role.STATION)],
    TOWN: [Holder(JING, Role.REVIEWER)],
    COUNTY: [Holder(LI, Role.COUNTY_OPS)],
}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in China; the 2nd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


SPAN = Span(at(2, 0), at(13, 12), at(20, 12))
OWED = [Outstanding(village, SPAN) for village in (VILLAGE, NEIGHBOUR, VACANT)]


def step(key: str, days: int, *audience: str, clock: str = "09:00") -> Ladder:
    return parse_ladder(
        [{"key": key, "offset_workdays": days, "at": clock, "audience": list(audience)}]
    )


def seen(ladder: Ladder, now: datetime, owed: list[Outstanding] = OWED) -> list[Sending]:
    return preview(ladder, owed, HOLDERS, DAYS, since=now, now=now)


def test_each_audience_with_people_villages_and_gaps() -> None:
    [found] = seen(step("late", 1, "liaison", "backup", "township", "county"), at(9, 10))
    assert (found.at, found.skipped) == (at(16, 9), None)
    liaison, backup, town, county = found.reaches
    assert [(each.account, each.villages) for each in liaison.people] == [
        (FANG, 2),
        (MIN, 1),  # overdue: the B角 as well
        (QIANG, 1),
    ]
    assert (liaison.villages, liaison.vacant, liaison.nobody) == (2, (VACANT,), 1)
    assert [(each.account, each.region) for each in backup.people] == [(MIN, VILLAGE)]
    assert (backup.villages, backup.nobody) == (1, 2)
    assert [(each.account, each.villages, each.region) for each in town.people] == [(JING, 2, TOWN)]
    assert (town.vacant, town.nobody) == ((), 1)
    assert [(each.account, each.role) for each in county.people] == [(LI, Role.COUNTY_OPS)]
    assert (county.villages, county.nobody) == (3, 0)


def test_a_vacant_village_is_its_townships() -> None:
    [found] = preview(
        step("once", 0, "liaison"),
        OWED,
        {**HOLDERS, EMPTY_TOWN: [Holder(JING, Role.OFFICE_LEAD)]},
        DAYS,
        since=at(9, 10),
        now=at(9, 10),
    )
    [reach] = found.reaches
    assert (reach.villages, reach.vacant, reach.nobody) == (3, (VACANT,), 0)
    assert [(each.account, each.region) for each in reach.people][-1] == (JING, EMPTY_TOWN)


def test_the_words_are_those_of_the_fullest_digest() -> None:
    [before] = seen(step("before", -1, "liaison", "backup"), at(9, 10))
    liaison, backup = before.reaches
    assert says(before, liaison, "zh") == "2个村有2项待报，最近截止时间：11月13日12:00。"
    assert says(before, backup, "en") == (
        "1 report is still to be filed. Nearest deadline: 2026-11-13 12:00."
    )
    [late] = seen(step("late", 1, "liaison"), at(9, 10))
    assert says(late, late.reaches[0], "zh") == (
        "2个村有2项待报，其中2项已逾期，最近截止时间：11月13日12:00。"
    )
    [unread] = seen(step("late", 1, "backup"), at(9, 10), [Outstanding(VACANT, SPAN)])
    assert says(unread, unread.reaches[0], "zh") is None


def test_why_a_step_is_skipped() -> None:
    ladder = (
        *step("gone", -3, "liaison"),
        *step("noon", -1, "liaison", clock="21:00"),  # quiet: moved to the due day, 08:00
        *step("first", 0, "liaison", clock="08:00"),  # at the same moment, after it in the list
        *step("closed", 6, "liaison"),
    )
    found = seen(ladder, at(10, 9, 1))
    assert [(each.step.key, each.skipped) for each in found] == [
        ("gone", Skipped.PAST),
        ("noon", Skipped.OVERTAKEN),
        ("first", None),
        ("closed", Skipped.CLOSED),
    ]
    assert [len(each.reaches) for each in found] == [0, 0, 1, 0]


def test_a_step_before_the_opening_waits_for_it() -> None:
    span = Span(at(12, 0), at(13, 12), at(20, 12))
    found = seen(
        (*step("early", -5, "liaison"), *step("due", 0, "liaison")),
        at(2, 9),
        [Outstanding(VILLAGE, span)],
    )
    assert [(each.step.key, each.at, each.skipped) for each in found][1:] == [
        ("due", at(13, 9), None)
    ]
    assert (found[0].at, found[0].skipped) == (at(12, 8), None)


def test_who_was_told_by_a_step_is_not_told_again() -> None:
    owed = [Outstanding(VILLAGE, SPAN, frozenset({f"once {FANG}"})), OWED[1]]
    [found] = seen(step("once", 0, "liaison"), at(9, 10), owed)
    assert [(each.account, each.villages) for each in found.reaches[0].people] == [
        (FANG, 1),
        (QIANG, 1),
    ]
    assert found.reaches[0].villages == 1


@given(st.integers(0, 24 * 20 * 2), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_what_is_foreseen_is_what_due_step_sends(half_hours: int, due_day: int) -> None:
    """Swept every few minutes after publishing, the rule sends the steps not skipped, in order."""
    now = at(2, 0) + timedelta(minutes=30 * half_hours)
    due_at = at(8 + due_day, 12)
    span = Span(at(2, 0), due_at, due_at + timedelta(days=5))
    found = seen(REPORTS, now, [Outstanding(VILLAGE, span)])
    sent: list[str] = []
    moment = now
    while moment <= span.closes_at:
        chosen = due_step(REPORTS, due_at, DAYS, ladder_since=now, now=moment)
        if chosen is not None and chosen.key not in sent:
            sent.append(chosen.key)
        moment += timedelta(minutes=30)
    assert [each.step.key for each in found if each.skipped is None] == sent
    assert all(each.at and each.at >= now for each in found if each.skipped is None)
    assert {who for each in found for reach in each.reaches for who in [reach.audience]} <= set(
        Audience
    )


def test_what_is_past_stays_past_for_a_ladder_long_in_force() -> None:
    ladder = (*step("gone", -3, "liaison"), *step("due", 0, "liaison"))
    found = preview(ladder, OWED, HOLDERS, DAYS, since=at(2, 0), now=at(11, 9))
    assert [each.skipped for each in found] == [Skipped.PAST, None]


def test_what_may_be_returned_or_wait_has_no_moment_yet() -> None:
    found = {each.step.key: each for each in seen(DEFAULT_LADDER, at(2, 9))}
    fix, review = found["fix_day"], found["review_day"]
    assert (fix.at, fix.due_at, fix.skipped) == (None, None, None)
    assert {each.account for each in fix.reaches[0].people} == {FANG, QIANG}
    assert says(fix, fix.reaches[0], "zh") == "2个村有2份退回待补正，最近截止时间：…。"
    assert review.reaches[0].people[0].account == JING
    assert list(found)[-5:] == [
        *("fix_day", "fix_after_1"),
        *("review_day", "review_after_1", "review_after_2"),
    ]
