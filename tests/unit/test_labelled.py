"""The positive share as labels of people correct it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.correction import Triple
from twelvefold.pipeline.figures.labelled import evenly, post_stratify

Labels = list[list[int]]
labels_ = st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3)
weights = st.tuples(*[st.floats(0.01, 1000)] * 3)
NEVER_WRONG: Labels = [[40, 0, 0], [0, 40, 0], [0, 0, 40]]


def test_shares_are_those_within_each_named_class_put_together() -> None:
    found = post_stratify((20, 10, 70), 100, [[15, 3, 2], [1, 8, 1], [2, 2, 36]])
    assert found.given[0] == pytest.approx((0.75, 0.15, 0.10))
    # 20 x .75 + 10 x .1 + 70 x .05, and so on.
    assert found.shares == pytest.approx((0.195, 0.145, 0.66))
    assert found.positive_share == pytest.approx(0.66 / 0.855)


def test_a_classifier_that_never_errs_is_counted() -> None:
    found = post_stratify((8, 20, 92), 120, NEVER_WRONG)
    assert found.shares == pytest.approx((8 / 120, 20 / 120, 92 / 120))
    assert found.positive_share == pytest.approx(0.92)
    assert found.low < 0.87
    assert 0.95 < found.high < 0.98


def test_with_a_thousand_labels_its_interval_is_that_of_the_counts() -> None:
    found = post_stratify((80, 0, 920), 1000, [[10**6, 0, 0], [0, 10**6, 0], [0, 0, 10**6]])
    assert (found.low, found.high) == pytest.approx(stats.beta(920, 80).ppf((0.025, 0.975)), abs=1e-3)


def test_what_nobody_had_to_guess_counts_as_it_is() -> None:
    guessed = post_stratify((10, 0, 0), 100, [[5, 0, 5], [0, 0, 0], [0, 0, 0]], known=(5, 5, 80))
    assert guessed.shares == pytest.approx((0.10, 0.05, 0.85))


def test_a_named_class_without_labels_counts_as_named_and_is_doubted() -> None:
    found = post_stratify((10, 0, 90), 1000, [[0, 0, 0], [0, 0, 0], [0, 0, 500]])
    assert found.positive_share == pytest.approx(0.9)
    assert found.low < 0.905
    assert found.high > 0.99


@pytest.mark.parametrize("n_eff", [60.0, 900.0])
@pytest.mark.parametrize("labels", [[[20, 9, 11], [3, 9, 8], [0, 1, 39]], [[90, 6, 4], [9, 80, 11], [5, 5, 190]]])
def test_the_interval_is_that_of_another_implementation(labels: Labels, n_eff: float) -> None:
    named = np.array([0.15, 0.10, 0.75])
    chance = np.random.default_rng(99)
    of_named = stats.dirichlet(named * n_eff).rvs(40_000, random_state=chance)
    shares = np.zeros((40_000, 3))
    for place, row in enumerate(labels):
        within = stats.dirichlet(np.array(row) + 1 / 3).rvs(40_000, random_state=chance)
        shares += of_named[:, [place]] * within
    ends = np.quantile(shares[:, 2] / (shares[:, 0] + shares[:, 2]), (0.025, 0.975))
    found = post_stratify((15, 10, 75), n_eff, labels)
    assert (found.low, found.high) == pytest.approx(ends, abs=0.006)


@settings(max_examples=40, deadline=None)
@given(weights, st.floats(1, 1e5), labels_)
def test_shares_are_shares_and_lie_in_their_interval(named: Triple, n_eff: float, labels: Labels) -> None:
    found = post_stratify(named, n_eff, labels)
    assert sum(found.shares) == pytest.approx(1)
    assert min(found.shares) >= 0
    assert 0 <= found.low <= found.high <= 1
    if found.positive_share is not None:
        assert found.low <= found.positive_share <= found.high


@settings(max_examples=25, deadline=None)
@given(weights, st.floats(10, 1e4), labels_, st.floats(0.01, 100))
def test_the_unit_of_weight_does_not_matter(named: Triple, n_eff: float, labels: Labels, unit: float) -> None:
    negative, neutral, positive = (unit * weight for weight in named)
    one, other = post_stratify(named, n_eff, labels), post_stratify((negative, neutral, positive), n_eff, labels)
    assert one.shares == pytest.approx(other.shares)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(weights, labels_, st.integers(0, 2))
def test_one_more_label_of_praise_never_lowers_the_share(named: Triple, labels: Labels, place: int) -> None:
    more = [[*row] for row in labels]
    more[place][2] += 1
    if sum(labels[place]) == 0:
        return  # until then the class was counted as named
    before, after = post_stratify(named, 100, labels).positive_share, post_stratify(named, 100, more).positive_share
    assert after is not None
    assert before is None or after >= before - 1e-12


@pytest.mark.parametrize(
    ("named", "n_eff", "unseen"),
    [((0, 0, 0), 10, 1), ((1, 1, 1), 0, 1), ((1, -1, 1), 10, 1), ((1, 1, 1), 10, 0), ((1, 1, float("nan")), 10, 1)],
)
def test_what_cannot_be_corrected_is_refused(named: Triple, n_eff: float, unseen: float) -> None:
    with pytest.raises(ValueError, match="weigh something"):
        post_stratify(named, n_eff, NEVER_WRONG, unseen=unseen)


@pytest.mark.parametrize(
    ("there", "taken"),
    [((50, 60, 900), [40, 40, 40]), ((5, 60, 900), [5, 57, 58]), ((5, 0, 900), [5, 0, 115]), ((1, 2, 3), [1, 2, 3])],
)
def test_labels_are_spread_evenly_as_far_as_there_are_mentions(there: tuple[int, ...], taken: list[int]) -> None:
    assert evenly(there, 120) == taken
