"""Churn, retention, repurchase, and the calendar by which they are told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from twelvefold.pipeline.figures.churn import (
    MONTH,
    QUARTER,
    YEAR,
    churn,
    last_whole,
    months_before,
    repurchase,
    retention,
)

SHARES = st.integers(1, 5_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(SHARES)
def test_churn_has_the_interval_that_scipy_gives(share: tuple[int, int]) -> None:
    lost, at_start = share
    found = churn(lost, at_start)
    expected = binomtest(lost, at_start).proportion_ci(method="wilson")
    assert found.value == lost / at_start
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(SHARES)
def test_retention_is_one_less_churn(share: tuple[int, int]) -> None:
    gone, stayed = churn(*share), retention(*share)
    assert (stayed.value, stayed.low, stayed.high) == (1 - gone.value, 1 - gone.high, 1 - gone.low)
    assert stayed.n == gone.n


@given(SHARES)
def test_one_more_lost_is_more_churn(share: tuple[int, int]) -> None:
    lost, at_start = share
    if lost < at_start:
        less, more = churn(lost, at_start), churn(lost + 1, at_start)
        assert less.value < more.value
        assert less.low <= more.low
        assert less.high <= more.high


def test_repurchase_is_a_share_of_those_who_bought() -> None:
    assert repurchase(40, 100).value == 0.4
    assert repurchase(0, 1).value == 0


@pytest.mark.parametrize("share", [(0, 0), (2, 1), (-1, 5)])
def test_what_is_no_share_is_refused(share: tuple[int, int]) -> None:
    for figure in (churn, retention, repurchase):
        with pytest.raises(ValueError, match="a share of customers"):
            figure(*share)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(1, 1, 1), 12, date.min),
        (date(2, 1, 1), 12, date(1, 1, 1)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


@pytest.mark.parametrize(
    ("months", "until", "expected"),
    [
        (MONTH, date(2026, 12, 1), (date(2026, 11, 1), date(2026, 12, 1))),
        (MONTH, date(2026, 11, 30), (date(2026, 10, 1), date(2026, 11, 1))),
        (QUARTER, date(2026, 11, 23), (date(2026, 7, 1), date(2026, 10, 1))),
        (QUARTER, date(2026, 1, 1), (date(2025, 10, 1), date(2026, 1, 1))),
        (YEAR, date(2026, 11, 23), (date(2025, 1, 1), date(2026, 1, 1))),
        (YEAR, date(2026, 1, 1), (date(2025, 1, 1), date(2026, 1, 1))),
        (YEAR, date(1, 5, 1), (date.min, date.min)),
    ],
)
def test_the_last_whole_period_of_the_calendar(months: int, until: date, expected: tuple[date, date]) -> None:
    assert last_whole(months, until) == expected


@given(DAYS, st.sampled_from([MONTH, QUARTER, YEAR]))
def test_a_whole_period_has_ended_and_the_next_one_has_not(until: date, months: int) -> None:
    since, end = last_whole(months, until)
    assert since < end <= until
    assert since.day == end.day == 1
    assert (since.month - 1) % months == 0
    next_end = end
    for _ in range(months):
        next_end = (next_end + timedelta(days=31)).replace(day=1)
    assert next_end > until
