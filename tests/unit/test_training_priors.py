import numpy as np
import pytest

from twelvefold.models.training.priors import fit_prior, source_spread

PRIOR = (0.35, 0.25, 0.4)


def judged(chance, shares, count=6000):
    """Texts of a world whose classes have these shares, as a judge who holds for `PRIOR` sees them."""
    labels = chance.choice(3, count, p=shares)
    marks = np.eye(3)[labels] * 1.6 + chance.normal(0, 1, (count, 3))
    logits = marks * 1.6 + np.log(PRIOR)  # of equal normal spreads the log of the likelihood ratio
    weights = np.exp(logits)
    return (weights / weights.sum(axis=1, keepdims=True)).tolist(), labels.tolist()


@pytest.mark.parametrize("shares", [(0.1, 0.1, 0.8), (0.6, 0.2, 0.2), PRIOR])
def test_the_prior_is_found_whatever_the_shares_of_the_texts_are(shares):
    found = fit_prior(*judged(np.random.default_rng(7), shares))
    assert found == pytest.approx(PRIOR, abs=0.03)


def test_a_class_that_is_always_thought_too_likely_has_a_larger_prior():
    answers, labels = judged(np.random.default_rng(8), (0.3, 0.3, 0.4))
    weights = np.array(answers) * [1, 2, 1]
    doubled = np.array(PRIOR) * [1, 2, 1]
    found = fit_prior((weights / weights.sum(axis=1, keepdims=True)).tolist(), labels)
    assert found == pytest.approx(doubled / doubled.sum(), abs=0.03)


def test_few_texts_stay_near_the_prior_of_all_and_many_tell_their_own():
    near, answers, labels = (0.2, 0.2, 0.6), *judged(np.random.default_rng(9), PRIOR)
    assert fit_prior(answers, labels, near=near) == pytest.approx(PRIOR, abs=0.03)
    few = fit_prior(answers[:40], labels[:40], near=near)
    alone = fit_prior(answers[:40], labels[:40])
    assert np.abs(np.subtract(few, near)).sum() < np.abs(np.subtract(alone, near)).sum()
    assert fit_prior(answers, labels, near=near, trust=1e9) == pytest.approx(near, abs=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_what_differs_from_source_to_source_is_told_from_chance(spread):
    chance = np.random.default_rng(10)
    leanings, sources = chance.normal(0, spread, 15), []
    for leaning in leanings:
        answers, labels = judged(chance, (0.2, 0.1, 0.7), 400)
        leant = np.array(answers) * [np.exp(leaning), 1, 1]
        sources.append(((leant / leant.sum(axis=1, keepdims=True)).tolist(), labels))
    assert source_spread(sources, PRIOR) == pytest.approx(np.sqrt(np.mean(leanings**2)), abs=0.15)


def test_sources_that_tell_nothing_leave_no_spread():
    assert source_spread([], PRIOR) == 0.0
    assert source_spread([([PRIOR] * 20, [2] * 20)], PRIOR) == 0.0
