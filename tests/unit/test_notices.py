"""To whom a notice may go and when it counts as read; who may do what with a complaint."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from backend.domain.feedback import (
    FeedbackAct,
    FeedbackState,
    Recipient,
    Standing,
    check_act,
    office_above,
    office_for,
)
from backend.domain.notices import check_confirm_by, check_scopes, read_at
from backend.domain.refusal import Refusal

NOW = datetime(2026, 11, 2, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
COUNTY, TOWN, VILLAGE = "990101", "990101100", "990101100201"
ME, OTHER = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("scopes", "found"),
    [
        ([], (TOWN,)),
        ([VILLAGE, VILLAGE], (VILLAGE,)),
        ([VILLAGE, TOWN], (TOWN,)),
        (["990101100202", VILLAGE], (VILLAGE, "990101100202")),
    ],
)
def test_a_notice_goes_to_places_of_the_office(scopes: list[str], found: tuple[str, ...]) -> None:
    assert check_scopes(TOWN, scopes) == found


@pytest.mark.parametrize("scope", [COUNTY, "990101101", "990101101201"])
def test_and_to_no_other(scope: str) -> None:
    with pytest.raises(Refusal, match="notice_scope"):
        check_scopes(TOWN, [VILLAGE, scope])


def test_confirming_must_be_possible() -> None:
    check_confirm_by(None, NOW)
    check_confirm_by(NOW + HOUR, NOW)
    with pytest.raises(Refusal, match="confirm_by_past"):
        check_confirm_by(NOW, NOW)


@pytest.mark.parametrize(
    ("told", "found"),
    [(NOW - HOUR, NOW - HOUR), (NOW - 9 * HOUR, NOW - 2 * HOUR), (NOW + HOUR, NOW)],
)
def test_read_between_its_publication_and_now(told: datetime, found: datetime) -> None:
    assert read_at(told, NOW - 2 * HOUR, NOW) == found


def test_it_goes_to_the_township_or_past_it() -> None:
    assert office_for(VILLAGE, Recipient.TOWNSHIP) == TOWN
    assert office_for(VILLAGE, Recipient.COUNTY) == office_above(TOWN) == COUNTY


def test_where_it_stands() -> None:
    assert Standing(TOWN, None, False).state is FeedbackState.WAITING
    assert Standing(TOWN, ME, False).state is FeedbackState.TAKEN
    assert Standing(TOWN, ME, True).state is FeedbackState.ANSWERED


@pytest.mark.parametrize("act", FeedbackAct)
def test_who_has_it_or_finds_it_free_may_do_anything(act: FeedbackAct) -> None:
    check_act(act, Standing(TOWN, ME, False), ME)
    check_act(act, Standing(TOWN, None, False), ME)


@pytest.mark.parametrize("act", [FeedbackAct.PASSED, FeedbackAct.ANSWERED])
def test_what_another_has_is_taken_over_first(act: FeedbackAct) -> None:
    check_act(FeedbackAct.TAKEN, Standing(TOWN, OTHER, False), ME)
    with pytest.raises(Refusal, match="feedback_held"):
        check_act(act, Standing(TOWN, OTHER, False), ME)


@pytest.mark.parametrize("act", FeedbackAct)
def test_what_is_answered_stays_answered(act: FeedbackAct) -> None:
    with pytest.raises(Refusal, match="feedback_answered"):
        check_act(act, Standing(TOWN, ME, True), ME)


def test_above_the_county_nobody_takes_it() -> None:
    with pytest.raises(Refusal, match="feedback_top"):
        check_act(FeedbackAct.PASSED, Standing(COUNTY, ME, False), ME)
