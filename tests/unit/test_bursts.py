"""Bursts: what uneven series may flag by chance, what is surely found, and what tells a campaign from interest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.bursts import (
    LASTING_WITHIN,
    LEAST_DAYS,
    LEAST_SPREAD,
    SPANS,
    WINDOW,
    Counts,
    Kind,
    Shares,
    Signs,
    bursts,
    chance_of_so_many,
    level_for,
)

DAYS = WINDOW + 365
QUIET = Shares(10, 100, 10, 100)
ROSE = Shares(60, 100, 10, 100)


def quiet(rate: float, days: int, dice: np.random.Generator) -> Counts:
    return dice.poisson(rate, days)


def clumped(rate: float, days: int, dice: np.random.Generator) -> Counts:
    """Return counts with three times the variance of chance: people post in threads."""
    return dice.poisson(dice.gamma(rate / 2, 2, days))


def weekly(rate: float, days: int, dice: np.random.Generator) -> Counts:
    return dice.poisson(rate * np.where(np.arange(days) % 7 < 5, 0.7, 1.75))


def growing(rate: float, days: int, dice: np.random.Generator) -> Counts:
    return dice.poisson(rate * 2 ** (np.arange(days) / 180))


@pytest.mark.parametrize("made", [quiet, clumped, weekly, growing])
@pytest.mark.parametrize("rate", [0.3, 4, 60])
def test_uneven_series_give_a_brand_no_more_than_its_one_false_alarm_a_year(
    made: Callable[[float, int, np.random.Generator], Counts], rate: float
) -> None:
    dice, series, years = np.random.default_rng(12), 8, 3
    alarms = sum(
        sum(burst.last >= WINDOW for burst in bursts(made(rate, DAYS, dice), level_for(series)))
        for _ in range(series * years)
    )
    assert alarms <= years


@pytest.mark.parametrize(("rate", "bomb"), [(0.3, 30), (2, 30), (20, 80), (300, 1_200)])
def test_a_bomb_is_found_with_its_days(rate: float, bomb: int) -> None:
    dice, found = np.random.default_rng(5), 0
    for _ in range(40):
        counts = clumped(rate, 150, dice)
        counts[120:123] += dice.poisson(bomb, 3)
        found += any(117 <= burst.first <= 120 and 122 <= burst.last <= 125 for burst in bursts(counts, 1e-5))
    assert found >= 36


def test_a_burst_does_not_hide_the_one_that_follows() -> None:
    counts = np.full(150, 3)
    counts[100:104] = 60
    counts[110] = 60
    first, second = bursts(counts, 1e-6)
    assert (first.first, first.last, first.n, first.expected) == (100, 103, 240, 12)
    assert (second.first, second.last) == (110, 110)


def test_a_new_level_ends_being_a_burst() -> None:
    counts = np.concatenate([np.full(100, 3), np.full(200, 60)])
    assert [burst.first for burst in bursts(counts, 1e-6)] == [100]
    assert bursts(counts, 1e-6)[0].last <= 100 + LASTING_WITHIN


@pytest.mark.parametrize("rise", [2, 3, 10])
def test_a_lasting_rise_is_learnt_in_three_weeks_and_a_bomb_stands_out_of_the_new_level(rise: int) -> None:
    dice, late, found = np.random.default_rng(8), 0, 0
    for _ in range(10):
        counts = np.concatenate([clumped(20, 100, dice), clumped(20 * rise, 80, dice)])
        counts[150:153] += dice.poisson(4 * 20 * rise, 3)
        after = [burst for burst in bursts(counts, 1e-5) if burst.last > 100 + LASTING_WITHIN]
        found += any(burst.first <= 150 and burst.last >= 152 for burst in after)
        late += sum(burst.last < 148 or burst.first > 153 for burst in after)
    assert (found, late) == (10, 0)


def test_after_a_long_campaign_the_past_is_the_quiet_after_it() -> None:
    counts = np.full(200, 4)
    counts[100:130] = 40
    counts[170:173] = 30
    campaign, bomb = bursts(counts, 1e-6)
    assert (campaign.first, bomb.first, bomb.last, bomb.expected) == (100, 170, 172, 12)


def test_a_source_without_a_past_has_no_burst() -> None:
    counts = [0] * 300 + [500, 0, 80, 500]
    assert bursts(counts, 0.01) == []
    assert bursts([], 0.01) == []
    assert bursts([0] * 50, 0.01) == []


@given(st.lists(st.integers(0, 60), max_size=200))
def test_a_burst_is_far_above_its_past_whatever_the_series(counts: list[int]) -> None:
    found = bursts(counts, 0.05)
    for burst in found:
        assert burst.n >= 2 * burst.expected
        assert counts[burst.first] and counts[burst.last]
        assert burst.n == sum(counts[burst.first : burst.last + 1])
        assert burst.first >= LEAST_DAYS
    assert all(one.last + 2 < other.first for one, other in pairwise(found))


@given(st.lists(st.integers(0, 40), min_size=LEAST_DAYS, max_size=WINDOW), st.sampled_from(SPANS), st.integers(0, 200))
def test_the_tail_is_that_of_a_negative_binomial(past: list[int], span: int, count: int) -> None:
    days = np.array(past)
    sums = np.array([days[start : start + span].sum() for start in range(len(days) - span + 1)])
    mean = (days.sum() + 0.5) / len(days) * span
    spread = max(LEAST_SPREAD, sums.var(ddof=1) / sums.mean()) if sums.any() else LEAST_SPREAD
    variance = mean * spread * (1 + 2 * ((2 + 1 / mean) * span / len(days)) ** 0.5) * (1 + span / len(days))
    if count <= mean:
        count = int(mean) + 1
    expected = stats.nbinom.sf(count - 1, mean**2 / (variance - mean), mean / variance)
    assert chance_of_so_many(count, days, span) == pytest.approx(expected, rel=1e-6, abs=1e-250)


@pytest.mark.parametrize(
    ("signs", "kind", "turned"),
    [
        (Signs(QUIET, QUIET, QUIET, QUIET), Kind.INTEREST, None),
        (Signs(ROSE, QUIET, QUIET, QUIET), Kind.TURN, "negative"),
        (Signs(Shares(2, 100, 40, 100), QUIET, QUIET, QUIET), Kind.TURN, "positive"),
        (Signs(ROSE, QUIET, QUIET, ROSE), Kind.CAMPAIGN, "negative"),
        (Signs(Shares(2, 100, 40, 100), QUIET, ROSE, QUIET), Kind.CAMPAIGN, "positive"),
        (Signs(QUIET, ROSE, QUIET, QUIET), Kind.CAMPAIGN, None),
        # New faces alone, or ratings without words, are what real interest brings too.
        (Signs(QUIET, QUIET, ROSE, ROSE), Kind.INTEREST, None),
    ],
)
def test_signs_together_tell_a_campaign_from_interest(signs: Signs, kind: Kind, turned: str | None) -> None:
    assert (signs.kind, signs.turned) == (kind, turned)


def test_a_share_rises_by_more_than_noise_and_by_enough() -> None:
    assert not Shares(1, 2, 10, 100).rose
    assert not Shares(150, 1_000, 500, 10_000).rose  # surely higher, but by ten points only
    assert not Shares(5, 5, 0, 0).rose
    assert not Shares(0, 0, 5, 50).rose
    assert ROSE.rose
