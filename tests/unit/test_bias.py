"""Who speaks: posting rates, their error, and the balance corrected for them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.balance import Tally, balance
from twelvefold.pipeline.figures.bias import (
    Classes,
    Posted,
    corrected,
    index_band,
    pooled,
    posting_rates,
    posting_ratio,
)

counts = st.builds(Classes, *[st.integers(30, 5000)] * 3)
rates = st.builds(Classes, *[st.floats(0.01, 10)] * 3)


def posted(reviews: Classes, rated: Classes, k: float = 12, error: float = 0.0) -> Posted:
    heard = reviews.negative + reviews.positive
    return Posted(reviews, round(heard), max(heard, 1), k, rated, error)


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
    weighed = corrected([posted(reviews, found)])
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


@given(st.lists(counts, min_size=1, max_size=4), st.floats(0.1, 12))
def test_equal_rates_change_nothing(reviews: list[Classes], k: float) -> None:
    weighed = corrected([posted(each, Classes(0.3, 0.3, 0.3), k) for each in reviews])
    assert weighed is not None
    praise, complaints = sum(each.positive for each in reviews), sum(each.negative for each in reviews)
    index = balance(Tally(praise, complaints, 0, 0, 1, praise + complaints), k).index
    assert index is not None
    assert weighed.index.value == pytest.approx(index.value)
    assert weighed.index.n == praise + complaints
    if len(reviews) == 1:
        assert (weighed.index.low, weighed.index.high) == pytest.approx((index.low, index.high))


@given(counts, rates, st.floats(0.1, 12), st.floats(1.0, 5))
def test_the_more_the_unhappy_post_the_better_the_brand_stands(
    reviews: Classes, rated: Classes, k: float, more: float
) -> None:
    one = corrected([posted(reviews, rated, k)])
    other = corrected([posted(reviews, Classes(rated.negative * more, rated.neutral, rated.positive), k)])
    assert one is not None
    assert other is not None
    assert -100 <= one.index.low <= one.index.value <= other.index.value + 1e-9
    assert other.index.value <= other.index.high <= 100
    band = index_band(reviews, k)
    assert band is not None
    assert -100 <= band[0] <= band[1] <= 100
    if 1 / 5.3 <= rated.negative / rated.positive <= 5.3:
        assert band[0] - 1e-9 <= one.index.value <= band[1] + 1e-9


@given(counts, rates, st.floats(0.0, 1), st.floats(0.01, 1))
def test_rates_that_are_less_sure_make_the_index_less_sure(
    reviews: Classes, rated: Classes, error: float, more: float
) -> None:
    sure, unsure = (corrected([posted(reviews, rated, error=each)]) for each in (error, error + more))
    assert sure is not None
    assert unsure is not None
    assert unsure.index.value == sure.index.value
    assert unsure.index.high - unsure.index.low >= sure.index.high - sure.index.low - 1e-9


def test_a_source_of_one_class_has_an_interval() -> None:
    weighed = corrected([posted(Classes(0, 3, 40), Classes(2, 1, 1), k=12, error=0.3)])
    assert weighed is not None
    assert weighed.index.value == weighed.index.high == 100
    assert -100 < weighed.index.low < 100


def test_sources_keep_their_weight_whatever_the_scale_of_their_rates() -> None:
    loud, quiet = Classes(40, 0, 60), Classes(50, 0, 50)
    one = corrected([posted(loud, Classes(0.3, 0.3, 0.3)), posted(quiet, Classes(0.6, 0.3, 0.3))])
    other = corrected([posted(loud, Classes(30, 30, 30)), posted(quiet, Classes(0.06, 0.03, 0.03))])
    assert one is not None
    assert other is not None
    assert one.shares == other.shares
    assert one.shares.positive == pytest.approx((60 + 100 * 50 / 75) / 200)


@pytest.mark.parametrize("sources", [1, 3])
def test_the_corrected_index_holds_the_truth_in_simulation(sources: int) -> None:
    """The rates are estimated from a survey of 600 and the reviews of 12 weeks, those corrected are of another week."""
    chance = np.random.default_rng(11)
    survey = np.array([0.12, 0.2, 0.68])
    posts = np.array([[0.20, 0.05, 0.06], [0.10, 0.06, 0.05], [0.03, 0.05, 0.09]])[:sources]
    truth = survey[2] / (survey[2] + survey[0])
    held = drawn = 0
    for _ in range(1000):
        answers = Classes(*(int(k) for k in chance.multinomial(600, survey)))
        period = []
        for rate in posts:
            share = survey * rate / (survey @ rate)
            before, now = (Classes(*(int(k) for k in chance.multinomial(n, share))) for n in (1200, 150))
            found, ratio = posting_rates(before, answers), posting_ratio(before, answers)
            if found is None or ratio is None:
                break
            error = math.log(ratio.high / ratio.low) / (2 * stats.norm.ppf(0.975))
            period.append(posted(now, found, error=float(error)))
        weighed = corrected(period) if len(period) == sources else None
        if weighed is not None:
            drawn += 1
            share_of = 100 * (truth - 12 * (1 - truth)) / (truth + 12 * (1 - truth))
            held += weighed.index.low <= share_of <= weighed.index.high
    assert drawn > 990
    assert 0.93 <= held / drawn <= 0.98


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
    assert corrected([posted(Classes(0, 9, 0), Classes(1, 1, 1))]) is None
    assert corrected([]) is None
    assert index_band(Classes(0, 9, 0), 12) is None


def test_a_band_of_equal_rates_is_the_index_itself() -> None:
    assert index_band(Classes(8, 3, 92), 12, (1, 1)) == pytest.approx((100 * (92 - 96) / (92 + 96),) * 2)


@pytest.mark.parametrize(("reviews", "rated"), [(Classes(-1, 0, 5), (1, 1, 1)), (Classes(1, 0, 5), (0, 1, 1))])
def test_reviews_and_rates_that_make_no_sense_are_refused(reviews: Classes, rated: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"rate above 0|less than never"):
        corrected([posted(reviews, Classes(*rated))])
    with pytest.raises(ValueError, match="less than never"):
        posting_ratio(Classes(-1, 1, 1), Classes(1, 1, 1))
    with pytest.raises(ValueError, match="above 0"):
        pooled([(1.0, 0.0)])


@pytest.mark.parametrize("ratios", [(2.0, 0.5), (0.0, 2.0), (0.5, math.inf)])
def test_a_band_needs_a_range(ratios: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="band runs"):
        index_band(Classes(1, 0, 5), 12, ratios)
