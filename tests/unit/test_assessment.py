"""The assessment's score, and what the subsidies come to."""

from datetime import date

import pytest

from backend.domain.assessment import Facts, Share, Weights, check_weights, quarter_days, score
from backend.domain.refusal import Refusal
from backend.domain.subsidies import Item, amount_fen, by_township
from backend.domain.subsidies import Share as Village

FULL = Facts(
    "990101100",
    "城关镇",
    on_time=Share(9, 10),
    report=Share(10, 10),
    first_pass=Share(3, 4),
    cert=Share(1, 2),
    review_on_time=Share(4, 5),
)


def test_each_item_brings_its_share_of_its_weight() -> None:
    found = score(FULL, Weights())
    assert found.points == {
        "on_time": 36.0,
        "report": 20.0,
        "first_pass": 15.0,
        "cert": 5.0,
        "review_on_time": 8.0,
    }
    assert (found.score, found.deducted) == (84.0, 0)


def test_what_did_not_occur_is_left_out_and_the_others_weigh_more() -> None:
    facts = Facts("990101100", "城关镇", on_time=Share(1, 2), report=Share(1, 1))
    found = score(facts, Weights())
    assert found.points == {"on_time": 33.33, "report": 33.33}
    assert found.score == 66.67
    assert score(Facts("990101100", "城关镇"), Weights()).score is None
    # An item that weighs nothing can't carry the score alone.
    alone = Facts("990101100", "城关镇", cert=Share(1, 1))
    assert score(alone, Weights(50, 20, 20, 0, 10)).score is None


def test_a_false_certification_costs_and_no_score_falls_below_nought() -> None:
    facts = Facts("990101100", "城关镇", on_time=Share(1, 1), false_found=2)
    assert score(facts, Weights()).score == 90.0
    many = Facts("990101100", "城关镇", on_time=Share(1, 1), false_found=30)
    assert score(many, Weights()).score == 0.0


def test_the_weights_make_a_hundred() -> None:
    check_weights(Weights())
    with pytest.raises(Refusal, match="weights_sum"):
        check_weights(Weights(on_time=41))


@pytest.mark.parametrize(
    ("key", "first", "after"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 10, 1)),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
    ],
)
def test_a_quarter_has_its_days(key: str, first: date, after: date) -> None:
    assert quarter_days(key) == (first, after)


def test_what_has_a_price_and_was_filed_by_the_village_is_paid() -> None:
    items = [Item("A", {}, 250), Item("B", {}, None)]
    first = Village("990101100201", "王家庄", {"A": 3, "B": 9}, {"A": 2})
    second = Village("990101100202", "李家屯", {"A": 1}, {})
    assert [amount_fen(each, items) for each in (first, second)] == [750, 250]
    assert by_township([first, second], items) == {"990101100": 1000}
