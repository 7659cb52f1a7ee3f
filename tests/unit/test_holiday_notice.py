"""The State Council's notice read into days."""

from datetime import date

import pytest
from chinese_calendar import is_workday

from backend.domain.holiday_notice import read_notice
from backend.domain.refusal import Refusal
from tests.holidays import NOTICE_OF_2026

NEW_YEAR = "一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。"


def test_the_notice_of_2026_makes_the_days_that_are_known() -> None:
    days = read_notice(NOTICE_OF_2026, 2026)
    assert len(days) == 365
    assert [day.date for day in days if day.is_workday != is_workday(day.date)] == []
    named = {day.date: day.note for day in days if day.note}
    assert named[date(2026, 2, 23)] == "春节"
    assert named[date(2026, 2, 28)] == "春节调休上班"
    assert len(named) == 3 + 1 + 9 + 2 + 3 + 5 + 1 + 3 + 3 + 7 + 2


def test_two_holidays_in_one_item_and_days_of_the_year_before() -> None:
    text = NOTICE_OF_2026.replace(
        NEW_YEAR, "一、元旦：2025年12月31日至2026年1月2日放假，共3天。"
    ).replace("六、中秋节：9月25日（周五）至27日（周日）放假，共3天。\n", "")
    text = text.replace("七、国庆节：", "六、国庆节、中秋节：")
    days = {day.date: day for day in read_notice(text, 2026)}
    assert days[date(2025, 12, 31)].note == days[date(2026, 1, 2)].note == "元旦"
    assert days[date(2026, 1, 3)].note == ""
    assert days[date(2026, 10, 1)].note == "国庆节、中秋节"


@pytest.mark.parametrize(
    ("was", "becomes", "reason", "about"),
    [
        ("三、清明节：", "三、踏青：", "missing", "清明"),
        ("", None, "missing", "元旦"),
        ("至6日（周一）放假，共3天", "至7日（周二）放假，共3天", "count", "清明节"),
        ("4月4日（周六）至6日（周一）放假，共3天", "放假", "count", "清明节"),
        ("至6日（周一）放假，共3天", "至31日（周一）放假，共28天", "date", "清明节"),
        ("4月4日（周六）至6日", "4日（周六）至6日", "date", "清明节"),
        ("5月9日（周六）上班", "5月8日（周五）上班", "weekday", "劳动节"),
        ("5月9日（周六）上班", "5月5日（周六）上班", "weekday", "劳动节"),
        ("9月20日（周日）、", "9月27日（周日）、", "twice", "国庆节"),
        ("10月1日（周四）", "2036年10月1日（周四）", "date", "国庆节"),
    ],
)
def test_what_cannot_be_read_is_refused(
    was: str, becomes: str | None, reason: str, about: str
) -> None:
    text = "明年再说" if becomes is None else NOTICE_OF_2026.replace(was, becomes)
    assert text != NOTICE_OF_2026
    with pytest.raises(Refusal) as refused:
        read_notice(text, 2026)
    assert refused.value.code == "holiday_notice_invalid"
    assert refused.value.params == {"reason": reason, "about": about}
