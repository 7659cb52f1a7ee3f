"""Circulars: bands, places, what a version changes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.domain.circulars import (
    Band,
    Change,
    Figures,
    Line,
    Report,
    Rules,
    Turnaround,
    Unfiled,
    changes,
    document_number,
    may_freeze,
    ranks,
)
from backend.domain.rates import Counts, Standing

NOON = datetime(2026, 11, 14, 4, 0, tzinfo=UTC)


def line(region: str, filed: int, expected: int, on_time: int | None = None) -> Line:
    timely = filed if on_time is None else on_time
    counts = Counts(expected, timely, filed - timely, expected - filed)
    return Line(region, f"{region}镇", counts)


def report(*lines: Line, unfiled: tuple[Unfiled, ...] = ()) -> Report:
    title = {"zh": "周报", "en": "Weekly"}
    total = Line("990101", "示范县", Counts())
    return Report(1, "WEEKLY", title, "2026-W45", NOON, NOON, total, lines, unfiled)


def figures(*reports: Report) -> Figures:
    return Figures("990101", "示范县", NOON, "孙丽", False, reports)


@pytest.mark.parametrize(
    ("part", "whole", "band"),
    [
        (95, 100, Band.GREEN),
        (19, 20, Band.GREEN),
        (94, 100, Band.AMBER),
        (9499, 10_000, Band.AMBER),
        (17, 20, Band.AMBER),
        (849_999, 1_000_000, Band.RED),
        (0, 3, Band.RED),
        (0, 0, Band.NONE),
    ],
)
def test_a_band_begins_at_its_limit_exactly(part: int, whole: int, band: Band) -> None:
    assert Rules().band(part, whole) is band


def test_equals_share_a_place_and_who_owed_nothing_has_none() -> None:
    lines = [line("1", 9, 10), line("2", 10, 10), line("3", 18, 20), line("4", 0, 0)]
    assert ranks([*lines, line("5", 9, 10, on_time=3)]) == {"2": 1, "1": 2, "3": 2, "5": 4}


def test_a_number_reads_as_on_paper() -> None:
    assert document_number("示人社", 2026, 3) == "示人社〔2026〕3号"


def test_nothing_is_told_before_anything_was_due() -> None:
    refusal = may_freeze([report(line("1", 0, 0))])
    assert refusal is not None
    assert refusal.code == "circular_empty"


def test_every_changed_figure_is_named_and_nothing_else() -> None:
    before, now = line("1", 9, 10), line("1", 10, 10)
    village = Unfiled("11", "王家庄", Standing.MISSING)
    old = figures(report(before, line("2", 5, 5), unfiled=(village,)))
    new = figures(report(replace(now, reviews=Turnaround(1, 1, 0.5)), line("2", 5, 5)))
    found = {(c.region, c.figure): (c.was, c.became) for c in changes(old, new)}
    assert found == {
        ("1", "on_time"): (9, 10),
        ("1", "missing"): (1, 0),
        ("1", "report_rate"): (0.9, 1.0),
        ("1", "on_time_rate"): (0.9, 1.0),
        ("1", "decided"): (0, 1),
        ("1", "in_time"): (0, 1),
        ("1", "median_workdays"): (None, 0.5),
        ("11", "standing"): (Standing.MISSING, None),
    }
    assert changes(old, old) == []


def test_a_report_that_came_or_went_is_named_by_all_its_figures() -> None:
    old, new = figures(), figures(report(line("1", 10, 10)))
    came, went = changes(old, new), changes(new, old)
    assert came[0] == Change(1, "WEEKLY", "2026-W45", "1", "1镇", "expected", None, 10)
    assert [(c.was, c.became) for c in went] == [(c.became, c.was) for c in came]
