"""Who speaks: posting rates, their error, and the balance corrected for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.balance import Tally, balance
from twelvefold.pipeline.figures.bias import Classes, corrected, pooled, posting_rates, posting_ratio

counts = st.builds(Classes, *[st.integers(30, 5000)] * 3)
rates = st.builds(Classes, *[st.floats(0.01, 10)] * 3)


@given(counts, counts)
def test_the_ratio_and_its_interval_are_those_of_the_odds_ratio(reviews: Classes, answers: Classes) -> None:
    table = [[int(reviews.negative), int(reviews.positive)], [int(answers.negative), int(answers.positive)]]
    found = posting_ratio(reviews, answers)
    assert found is not None
    theirs = stats.contingency.odds_ratio(table, kind="sample")
    ends = theirs.confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((theirs.statistic, ends.low, ends.high))


@given(counts, counts)
def test_rates_turn_the_reviews_into_the_survey(reviews: Classes, answers: Classes) -> None:
    found = posting_rates(reviews, answers)
    assert found is not None
    ratio = posting_ratio(reviews, answers)
    assert ratio is not None
    assert found.negative / found.positive == pytest.approx(ratio.value)
    weighed = corrected(reviews, found, 12)
    assert weighed is not None
    assert weighed.shares.negative == pytest.approx(answers.negative / answers.total)
    assert weighed.shares.positive == pytest.approx(answers.positive / answers.total)


@pytest.mark.parametrize(
    ("reviews", "answers"),
    [
        (Classes(29, 50, 300), Classes(40, 50, 300)),
        (Classes(40, 50, 29), Classes(40, 50, 300)),
        (Classes(40, 50, 300), Classes(29, 50, 300)),
        (Classes(40, 50, 300), Classes(40, 50, 29)),
    ],
)
def test_fewer_than_thirty_in_an_end_class_tell_nothing(reviews: Classes, answers: Classes) -> None:
    assert posting_ratio(reviews, answers) is None
    assert posting_rates(reviews, answers) is None


def test_a_middle_class_that_nobody_heard_posts_like_the_average() -> None:
    found = posting_rates(Classes(40, 0, 300), Classes(40, 50, 300))
    assert found is not None
    assert found.neutral == 1


def test_the_interval_of_the_ratio_holds_the_truth_in_simulation() -> None:
    chance = np.random.default_rng(7)
    survey, posts = np.array([0.12, 0.2, 0.68]), np.array([0.20, 0.05, 0.06])
    posted = survey * posts / (survey @ posts)
    held = drawn = 0
    for _ in range(1000):
        answers = Classes(*(int(k) for k in chance.multinomial(412, survey)))
        reviews = Classes(*(int(k) for k in chance.multinomial(600, posted)))
        if found := posting_ratio(reviews, answers):
            drawn += 1
            held += found.low <= posts[0] / posts[2] <= found.high
    assert drawn > 900
    assert 0.93 <= held / drawn <= 0.97


@given(counts, st.floats(0.1, 12))
def test_equal_rates_change_nothing_and_the_raw_index_is_the_balance(reviews: Classes, k: float) -> None:
    weighed = corrected(reviews, Classes(0.3, 0.3, 0.3), k)
    assert weighed is not None
    counted = Tally(reviews.positive, reviews.negative, 0, reviews.neutral, 1, reviews.total)
    index = balance(counted, k).index
    assert index is not None
    assert weighed.raw == pytest.approx(index.value)
    assert weighed.index == pytest.approx(weighed.raw)


@given(counts, rates, st.floats(0.1, 12), st.floats(1.0, 5))
def test_the_more_the_unhappy_post_the_better_the_brand_stands(
    reviews: Classes, rated: Classes, k: float, more: float
) -> None:
    one = corrected(reviews, rated, k)
    other = corrected(reviews, Classes(rated.negative * more, rated.neutral, rated.positive), k)
    assert one is not None
    assert other is not None
    assert -100 <= one.index <= other.index + 1e-9 <= 100 + 1e-9
    low, high = one.band
    assert -100 <= low <= one.raw <= high <= 100
    if 1 / 5.3 <= rated.negative / rated.positive <= 5.3:
        assert low - 1e-9 <= one.index <= high + 1e-9


def test_sources_that_do_not_differ_share_their_mean() -> None:
    assert pooled([(1.0, 0.1), (1.0, 0.4)]) == pytest.approx([1.0, 1.0])
    assert pooled([(0.7, 0.2)]) == pytest.approx([0.7])
    assert pooled([]) == []


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.001, 4)), min_size=2, max_size=8))
def test_pooling_draws_between_what_was_seen(sources: list[tuple[float, float]]) -> None:
    values = [value for value, _ in sources]
    assert all(min(values) - 1e-9 <= drawn <= max(values) + 1e-9 for drawn in pooled(sources))


def test_pooled_sources_lie_nearer_to_the_truth_in_simulation() -> None:
    chance = np.random.default_rng(3)
    own = together = 0.0
    for _ in range(500):
        truth = chance.normal(1.0, 0.4, 5)
        errors = chance.uniform(0.1, 0.8, 5)
        seen = chance.normal(truth, errors)
        drawn = pooled([(float(value), float(error) ** 2) for value, error in zip(seen, errors, strict=True)])
        own += float(((seen - truth) ** 2).sum())
        together += float(((np.array(drawn) - truth) ** 2).sum())
    assert together < 0.7 * own


def test_only_neutral_voices_carry_no_index() -> None:
    assert corrected(Classes(0, 9, 0), Classes(1, 1, 1), 12) is None


@pytest.mark.parametrize(
    ("reviews", "rated", "band"),
    [
        (Classes(-1, 0, 5), Classes(1, 1, 1), (0.5, 2.0)),
        (Classes(1, 0, 5), Classes(0, 1, 1), (0.5, 2.0)),
        (Classes(1, 0, 5), Classes(1, 1, 1), (2.0, 0.5)),
        (Classes(1, 0, 5), Classes(1, 1, 1), (0.0, 2.0)),
        (Classes(1, 0, 5), Classes(1, 1, 1), (0.5, math.inf)),
    ],
)
def test_what_makes_no_sense_is_refused(reviews: Classes, rated: Classes, band: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"rate above 0|less than never|band runs"):
        corrected(reviews, rated, 12, band)
    with pytest.raises(ValueError, match="less than never"):
        posting_ratio(Classes(-1, 1, 1), Classes(1, 1, 1))
    with pytest.raises(ValueError, match="above 0"):
        pooled([(1.0, 0.0)])
