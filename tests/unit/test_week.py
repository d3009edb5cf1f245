"""ISO weeks: how they are written, where they begin, and which ones a period touches."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.errors import UnknownName
from twelvefold.pipeline.week import Week, weeks_between


def test_a_week_runs_from_monday_to_the_next_monday() -> None:
    week = Week.parse("2026-W47")
    assert (week.since, week.last_day, week.until) == (date(2026, 11, 16), date(2026, 11, 22), date(2026, 11, 23))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_week_reads_back_as_it_is_written(day: date) -> None:
    week = Week.of(day)
    assert Week.parse(str(week)) == week
    assert week.since <= day < week.until


@pytest.mark.parametrize("written", ["2026", "2026-47", "W47", "2026-W00", "2026-W54", "2025-W53", "last week", ""])
def test_what_is_no_week_is_refused_with_the_mend(written: str) -> None:
    with pytest.raises(UnknownName, match="W"):
        Week.parse(written)


def test_a_period_touches_whole_weeks() -> None:
    weeks = weeks_between(date(2026, 11, 18), date(2026, 11, 24))
    assert [str(week) for week in weeks] == ["2026-W47", "2026-W48"]
    assert weeks_between(date(2026, 11, 16), date(2026, 11, 16)) == []


def test_going_back_over_a_year() -> None:
    assert str(Week.parse("2026-W02").back(3)) == "2025-W51"
