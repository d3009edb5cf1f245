"""A customer who falls silent: the exact test, and how often chance looks like it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.loyalty import chance_of_so_few, is_falling_silent


@given(st.integers(0, 60), st.integers(0, 200), st.integers(1, 100), st.integers(1, 400))
def test_the_chance_is_the_binomial_one(recent: int, before: int, recent_days: int, before_days: int) -> None:
    share = recent_days / (recent_days + before_days)
    expected = stats.binom.cdf(recent, recent + before, share)
    assert chance_of_so_few(recent, before, recent_days, before_days) == pytest.approx(expected, abs=1e-9)


def test_who_goes_on_as_ever_is_seldom_taken_for_silent() -> None:
    dice = np.random.default_rng(3)
    pairs = zip(dice.poisson(6, 4_000), dice.poisson(24, 4_000), strict=True)
    wrong = sum(is_falling_silent(int(recent), int(before), 90, 360) for recent, before in pairs)
    assert wrong / 4_000 <= 0.055


def test_who_stops_is_found() -> None:
    assert is_falling_silent(0, 24, 90, 360)
    assert not is_falling_silent(0, 6, 90, 360)


def test_a_span_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="counted over days"):
        chance_of_so_few(1, 1, 0, 360)
