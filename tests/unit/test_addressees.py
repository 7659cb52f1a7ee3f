"""Who is meant: village posts by the day, offices by their duty, and never nobody."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.addressees import Holder, addressees, reviewing
from backend.domain.ladder import Audience
from backend.domain.reviews import ReviewStep
from backend.domain.roles import Role

FANG, MIN, LAN, JING, HAO, TAO, LI = (UUID(int=n) for n in range(1, 8))
PRIMARY = Holder(FANG, Role.LIAISON)
BACKUP = Holder(MIN, Role.LIAISON, is_backup=True)
STATION = Holder(LAN, Role.STATION)
REVIEWER, SECOND = Holder(JING, Role.REVIEWER), Holder(HAO, Role.REVIEWER)
LEAD = Holder(TAO, Role.OFFICE_LEAD)
OPS = Holder(LI, Role.COUNTY_OPS)
TOWN, COUNTY = [REVIEWER, LEAD], [OPS, Holder(UUID(int=8), Role.COUNTY_MONITOR)]
AWAY = Holder(FANG, Role.LIAISON, away=True)
BACKUP_AWAY = Holder(MIN, Role.LIAISON, is_backup=True, away=True)


def meant(village: list[Holder], *audience: Audience, overdue: bool = False) -> list[UUID]:
    return addressees(audience, village, TOWN, COUNTY, overdue=overdue)


@pytest.mark.parametrize(
    ("village", "overdue", "expected"),
    [
        ([PRIMARY, BACKUP], False, [FANG]),
        ([PRIMARY, BACKUP], True, [FANG, MIN]),  # by then a step was missed
        ([PRIMARY, STATION, BACKUP], False, [FANG, LAN]),
        ([AWAY, BACKUP], False, [MIN]),
        ([AWAY, BACKUP], True, [MIN]),
        ([AWAY, STATION, BACKUP], False, [LAN]),
        ([AWAY], False, [JING, TAO]),  # on leave without a B角
        ([AWAY, BACKUP_AWAY], True, [JING, TAO]),
        ([PRIMARY, BACKUP_AWAY], True, [FANG]),
        ([BACKUP], False, [MIN, JING, TAO]),  # vacant: the township at once
        ([], False, [JING, TAO]),
    ],
)
def test_a_step_for_the_liaison(village: list[Holder], overdue: bool, expected: list[UUID]) -> None:
    assert meant(village, Audience.LIAISON, overdue=overdue) == expected


def test_the_other_audiences() -> None:
    village = [PRIMARY, BACKUP]
    assert meant(village, Audience.BACKUP) == [MIN]
    assert meant([PRIMARY], Audience.BACKUP) == []
    assert meant(village, Audience.TOWNSHIP) == [JING, TAO]
    assert meant(village, Audience.LEAD) == [TAO]
    assert addressees((Audience.LEAD,), village, [REVIEWER], COUNTY) == [JING]
    assert meant(village, Audience.COUNTY) == [LI]  # the monitor only watches


everybody = st.lists(
    st.sampled_from([PRIMARY, AWAY, BACKUP, BACKUP_AWAY, STATION]), unique_by=lambda h: h.account
)
some = st.lists(st.sampled_from(Audience), min_size=1, unique=True)


@settings(max_examples=100, deadline=None)
@given(everybody, some, st.booleans())
def test_nobody_twice_nobody_on_leave_and_a_liaisons_step_reaches_somebody(
    village: list[Holder], audience: list[Audience], overdue: bool
) -> None:
    found = meant(village, *audience, overdue=overdue)
    assert len(found) == len(set(found))
    assert not {h.account for h in village if h.away} & set(found)
    assert found or Audience.LIAISON not in audience


@pytest.mark.parametrize(
    ("audience", "township", "filers", "expected"),
    [
        (Audience.TOWNSHIP, [REVIEWER, LEAD], [], [JING]),
        (Audience.TOWNSHIP, [REVIEWER, SECOND, LEAD], [JING], [HAO]),
        (Audience.TOWNSHIP, [REVIEWER, LEAD], [JING], [TAO]),  # the lead at once
        (Audience.TOWNSHIP, [REVIEWER], [JING], [LI]),
        (Audience.TOWNSHIP, [LEAD], [], [TAO]),
        (Audience.TOWNSHIP, [], [], [LI]),
        (Audience.LEAD, [REVIEWER, LEAD], [], [TAO]),
        (Audience.LEAD, [REVIEWER, LEAD], [TAO], [LI]),
        (Audience.LEAD, [REVIEWER], [], [LI]),
        (Audience.COUNTY, [REVIEWER, LEAD], [], [LI]),
    ],
)
def test_a_review_that_waits_for_the_township(
    audience: Audience, township: list[Holder], filers: list[UUID], expected: list[UUID]
) -> None:
    assert reviewing((audience,), ReviewStep.TOWN, township, COUNTY, filers) == expected


@pytest.mark.parametrize("audience", [Audience.TOWNSHIP, Audience.LEAD, Audience.COUNTY])
def test_what_waits_for_the_county_is_the_countys(audience: Audience) -> None:
    assert reviewing((audience,), ReviewStep.COUNTY, TOWN, COUNTY, [JING]) == [LI]


offices = st.lists(st.sampled_from([REVIEWER, SECOND, LEAD]), unique=True)
filed_by = st.lists(st.sampled_from([FANG, JING, HAO, TAO]), unique=True)
of_offices = st.sets(
    st.sampled_from([Audience.TOWNSHIP, Audience.LEAD, Audience.COUNTY]), min_size=1
)


@settings(max_examples=100, deadline=None)
@given(of_offices, offices, filed_by)
def test_nobody_is_asked_to_review_what_they_filed(
    audience: set[Audience], township: list[Holder], filers: list[UUID]
) -> None:
    found = reviewing(audience, ReviewStep.TOWN, township, COUNTY, filers)
    assert found
    assert len(found) == len(set(found))
    assert not set(found) & set(filers)
