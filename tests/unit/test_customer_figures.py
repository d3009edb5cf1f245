"""Engagement, ABC classes, the value of a saved customer, ROE2: the formulas alone."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.churn import churn
from twelvefold.pipeline.figures.customers import T95_OF_11, abc_classes, engagement, roe2, value_of_saved
from twelvefold.pipeline.figures.intervals import Estimate

PERIOD = st.tuples(st.integers(0, 1_000), st.integers(1, 500))
BEFORE = st.lists(PERIOD, min_size=12, max_size=12).filter(lambda periods: any(count for count, _ in periods))
REVENUES = st.lists(st.floats(-100, 10_000, allow_nan=False), max_size=60)


class TestEngagement:
    @given(PERIOD, BEFORE)
    def test_it_is_what_numpy_and_scipy_give(self, now: tuple[int, int], before: list[tuple[int, int]]) -> None:
        found = engagement(*now, before)
        rates = np.array([count / active for count, active in before])
        half = stats.t.ppf(0.975, 11) * rates.std(ddof=1) * np.sqrt(13 / 12)
        rate = now[0] / now[1]
        expected = (rate / rates.mean(), max(0, (rate - half) / rates.mean()), (rate + half) / rates.mean())
        assert (found.value, found.low, found.high) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert found.n == now[1]

    def test_the_quantile_is_that_of_eleven_degrees(self) -> None:
        assert pytest.approx(stats.t.ppf(0.975, 11), rel=1e-12) == T95_OF_11

    def test_a_period_like_those_before_is_one(self) -> None:
        found = engagement(50, 100, [(50, 100)] * 12)
        assert (found.value, found.low, found.high) == (1, 1, 1)

    def test_only_the_rates_count_not_the_size_of_the_brand(self) -> None:
        before = [(40 + n, 100) for n in range(12)]
        small, large = engagement(60, 100, before), engagement(600, 1000, [(10 * count, 1000) for count, _ in before])
        assert (small.value, small.low, small.high) == pytest.approx((large.value, large.low, large.high))

    def test_the_interval_holds_one_where_nothing_changed(self) -> None:
        dice = np.random.default_rng(12)
        contacts = dice.poisson(0.4 * 800, size=(4_000, 13))
        held = 0
        for row in contacts.tolist():
            found = engagement(row[0], 800, [(count, 800) for count in row[1:]])
            held += found.low <= 1 <= found.high
        assert 0.94 < held / len(contacts) < 0.96

    @pytest.mark.parametrize(
        ("now", "before"),
        [((1, 0), [(1, 1)] * 12), ((1, 1), [(1, 1)] * 11), ((1, 1), [(1, 0)] * 12), ((1, 1), [(0, 1)] * 12)],
    )
    def test_what_has_no_baseline_is_refused(self, now: tuple[int, int], before: list[tuple[int, int]]) -> None:
        with pytest.raises(ValueError, match="engagement needs"):
            engagement(*now, before)


class TestClasses:
    def test_who_crosses_a_border_is_on_its_upper_side(self) -> None:
        assert abc_classes([50, 30, 10, 5, 5], (80, 95)) == ["A", "A", "B", "B", "C"]
        assert abc_classes([5, 81, 14], (80, 95)) == ["C", "A", "B"]
        assert abc_classes([100], (80, 95)) == ["A"]

    def test_equal_customers_are_parted_at_the_borders(self) -> None:
        classes = abc_classes([1.1] * 100, (80, 95))
        assert [classes.count(name) for name in "ABC"] == [80, 15, 5]

    def test_who_brought_nothing_is_a_c(self) -> None:
        assert abc_classes([0, -5, 10], (80, 100)) == ["C", "C", "A"]
        assert abc_classes([0, -5], (80, 95)) == ["C", "C"]
        assert abc_classes([], (80, 95)) == []

    @given(REVENUES)
    def test_the_classes_are_the_shortest_heads_of_the_sorted_list(self, revenues: list[float]) -> None:
        classes = abc_classes(revenues, (80, 95))
        largest = np.sort(np.array([each for each in revenues if each > 0]))[::-1]
        share = np.cumsum(largest) / largest.sum() if len(largest) else largest
        if np.any(np.isclose(share, 0.8, atol=1e-7) | np.isclose(share, 0.95, atol=1e-7)):
            return
        heads = [int(np.searchsorted(share, border)) + 1 if len(largest) else 0 for border in (0.8, 0.95)]
        found = [classes.count("A"), classes.count("A") + classes.count("B")]
        assert found == [min(head, len(largest)) for head in heads]

    @given(REVENUES, st.integers())
    def test_the_order_of_the_customers_does_not_matter(self, revenues: list[float], seed: int) -> None:
        shuffled = revenues.copy()
        random.Random(seed).shuffle(shuffled)
        assert sorted(abc_classes(revenues, (80, 95))) == sorted(abc_classes(shuffled, (80, 95)))

    @given(REVENUES)
    def test_nobody_in_a_lower_class_brought_more(self, revenues: list[float]) -> None:
        ranked = sorted(zip(abc_classes(revenues, (80, 95)), revenues, strict=True), key=lambda pair: -pair[1])
        for (upper, more), (lower, less) in pairwise(ranked):
            assert upper <= lower or more == less

    @pytest.mark.parametrize("borders", [(95, 80), (-1, 80), (80, 101)])
    def test_borders_that_are_none_are_refused(self, borders: tuple[float, float]) -> None:
        with pytest.raises(ValueError, match="rising order"):
            abc_classes([1], borders)


class TestValue:
    def test_a_quarter_lost_each_year_is_four_years(self) -> None:
        gone = churn(25, 100)
        found = value_of_saved(30, gone)
        assert found.value == 120
        assert (found.low, found.high) == (30 / gone.high, 30 / gone.low)

    @given(st.integers(1, 400), st.floats(-1_000, 1_000, allow_nan=False))
    def test_it_is_the_sum_over_the_years_that_he_stays(self, lost: int, margin: float) -> None:
        found = value_of_saved(margin, churn(lost, 400))
        stays = 1 - lost / 400
        expected = margin / (1 - stays)  # the geometric series of margin x stays^year
        assert found.value == pytest.approx(expected)
        assert found.low <= found.value <= found.high

    def test_where_nobody_is_lost_the_years_have_no_end(self) -> None:
        with pytest.raises(ValueError, match="no end"):
            value_of_saved(30, churn(0, 100))


class TestRoe2:
    def test_it_is_the_product_and_lies_in_its_interval(self) -> None:
        found = roe2(Estimate(0.8, 0.7, 0.88, 90), Estimate(1.25, 1.0, 1.5, 400))
        assert found.value == 1
        assert found.n == 90
        assert found.low == pytest.approx(1 - np.hypot(1.25 * 0.1, 0.8 * 0.25))
        assert found.high == pytest.approx(1 + np.hypot(1.25 * 0.08, 0.8 * 0.25))

    def test_the_interval_holds_the_product_of_the_truths(self) -> None:
        dice = np.random.default_rng(7)
        held, worlds = 0, 4_000
        for satisfied, rate in zip(dice.binomial(200, 0.8, worlds), dice.normal(1.1, 0.05, worlds), strict=True):
            share = churn(int(satisfied), 200)  # any Wilson share will do
            found = roe2(share, Estimate(rate, rate - 1.96 * 0.05, rate + 1.96 * 0.05, 500))
            held += found.low <= 0.8 * 1.1 <= found.high
        assert 0.94 < held / worlds < 0.965

    def test_it_is_never_below_nothing(self) -> None:
        assert roe2(Estimate(0.01, 0.0, 0.9, 10), Estimate(0.1, 0.0, 5.0, 30)).low == 0
