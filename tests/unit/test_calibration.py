import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.models.calibration import (
    StarTable,
    Temperatures,
    calibration_error,
    expected_stars,
    fit_star_table,
    fit_temperature,
    normalise,
    probabilities,
    weigh_stars,
)

TABLE = StarTable(
    prior=(0.4, 0.3, 0.3),
    given_class=((0.6, 0.2, 0.1, 0.06, 0.04), (0.1, 0.2, 0.4, 0.2, 0.1), (0.02, 0.03, 0.1, 0.25, 0.6)),
)
SHARE = st.floats(0.01, 1.0)


def test_probabilities_are_the_softmax_at_the_temperature():
    got = probabilities(np.array([2.0, 0.0, -2.0]), 2.0)
    weights = [math.exp(1), 1.0, math.exp(-1)]
    assert got == pytest.approx([weight / sum(weights) for weight in weights])


@given(st.lists(st.floats(-500, 500), min_size=3, max_size=3), st.floats(0.25, 4))
def test_probabilities_sum_to_one_for_any_logits(logits, temperature):
    assert sum(probabilities(np.array(logits), temperature)) == pytest.approx(1.0)


def test_a_language_without_a_temperature_of_its_own_takes_the_default():
    temperatures = Temperatures(1.5, {"fr": 1.2})
    assert (temperatures.of("fr"), temperatures.of("und")) == (1.2, 1.5)


def test_expected_stars_add_up_the_steps():
    assert expected_stars(np.array([100.0, 100.0, -100.0, -100.0])) == pytest.approx(3.0)
    assert expected_stars(np.zeros(4)) == pytest.approx(3.0)


def test_a_rating_alone_is_prior_times_table():
    assert TABLE.of_rating(5) == pytest.approx(normalise([0.4 * 0.04, 0.3 * 0.1, 0.3 * 0.6]))


def test_half_stars_lie_between_their_neighbours():
    low, middle, high = TABLE.likelihood(4), TABLE.likelihood(4.5), TABLE.likelihood(5)
    assert middle == pytest.approx([(one + other) / 2 for one, other in zip(low, high, strict=True)])
    assert TABLE.likelihood(0) == TABLE.likelihood(1)
    assert TABLE.likelihood(9) == TABLE.likelihood(5)


def test_text_and_stars_multiply():
    combined, contradiction = weigh_stars((0.5, 0.3, 0.2), 1, TABLE)
    assert combined == pytest.approx(normalise([0.5 * 0.6, 0.3 * 0.1, 0.2 * 0.02]))
    assert not contradiction


def test_a_contradiction_is_flagged_and_the_text_alone_counts():
    text = (0.9, 0.06, 0.04)
    assert weigh_stars(text, 5, TABLE) == (text, True)


def test_doubtful_text_against_sure_stars_is_no_contradiction():
    combined, contradiction = weigh_stars((0.7, 0.2, 0.1), 5, TABLE)
    assert not contradiction
    assert combined[2] > 0.1


@given(st.tuples(SHARE, SHARE, SHARE).map(normalise), st.floats(1, 5))
def test_combining_always_gives_a_distribution(text, stars):
    combined, _ = weigh_stars(text, stars, TABLE)
    assert sum(combined) == pytest.approx(1.0)
    assert min(combined) >= 0


@pytest.mark.parametrize("true_temperature", [0.6, 1.0, 1.8, 3.0])
def test_the_fitted_temperature_is_the_one_that_made_the_labels(true_temperature):
    chance = np.random.default_rng(7)
    logits = chance.normal(0, 3, (20_000, 3))
    weights = np.exp(logits / true_temperature)
    shares = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    labels = (chance.random((20_000, 1)) > shares).sum(axis=1)
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.05)


def test_the_star_table_is_counted_where_the_classes_are_certain():
    table = fit_star_table([(1.0, 0.0, 0.0)] * 80 + [(0.0, 0.0, 1.0)] * 80, [1] * 80 + [5] * 60 + [4] * 20)
    assert table[0][0] == pytest.approx(80.5 / 82.5, abs=1e-5)
    assert table[2][4] == pytest.approx(60.5 / 82.5, abs=1e-5)
    assert table[1] == pytest.approx((0.2,) * 5)


def test_the_star_table_is_the_one_that_made_the_stars_though_the_classes_are_doubtful():
    chance = random.Random(2)
    shares, stars = [], []
    for _ in range(6000):
        own = normalise([chance.random() ** 3 + 0.01 for _ in range(3)])
        label = chance.choices(range(3), own)[0]
        shares.append(own)
        stars.append(chance.choices(range(1, 6), TABLE.given_class[label])[0])
    for fitted, true in zip(fit_star_table(shares, stars), TABLE.given_class, strict=True):
        assert fitted == pytest.approx(true, abs=0.04)


def test_calibration_error_of_one_bin_is_the_gap():
    error, _ = calibration_error([0.9] * 10, [True] * 5 + [False] * 5)
    assert error == pytest.approx(0.4)
    assert calibration_error([], []) == (0.0, 0.0)


def test_calibrated_answers_show_the_error_that_chance_leaves():
    chance = random.Random(5)
    gaps, expected = [], []
    for _ in range(40):
        sure = [chance.uniform(0.34, 1.0) for _ in range(600)]
        error, by_chance = calibration_error(sure, [chance.random() < share for share in sure])
        gaps.append(error)
        expected.append(by_chance)
    assert sum(gaps) / 40 == pytest.approx(sum(expected) / 40, rel=0.1)
