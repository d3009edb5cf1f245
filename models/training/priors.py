"""For which shares of the classes a network's probabilities hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twelvefold.models.calibration import Triple, normalise

NEWTON_STEPS, EM_ROUNDS, RESAMPLED = 50, 200, 100
FEWEST_OF_CLASS = 15
STEP, CLOSE, TINY = 0.05, 1e-6, 1e-12
TRUST = 30.0
"""How many texts of a language the prior of all languages is worth. Priors of languages that were fitted on one half of
the validation texts and asked on the other, both ways, leave the share of complaints wrong by 2.2 points; with none of
the language's own it is 4.3, without any trust in that of all 3.1, with 10, 60 and 100 texts 2.5, 2.5 and 2.8."""


def fit_prior(
    judged: Sequence[Triple], labels: Sequence[int], near: Triple | None = None, trust: float = TRUST
) -> Triple:
    """Return the prior for which class probabilities hold: that which predicts the labels best once it is exchanged.

    Texts whose classes have the shares pi are judged by p(class) x pi / prior. With pi as counted here, the prior is
    that which makes the labels likeliest. So a constant error of the probabilities of each class ends up in the prior
    and not in what is estimated with it (Alexandari, Kundaje and Shrikumar 2020, arXiv 1901.06852, where
    the same correction is a bias beside the temperature).

    Args:
        judged: Calibrated probabilities of (negative, neutral, positive).
        labels: Class numbers; all three are among them.
        near: A prior that is likely beforehand: logarithms of the odds that differ from its own are penalised by
            half the square of the difference, times `trust`.
    """
    logs = np.log(np.asarray(judged, np.float64).clip(1e-9))
    n = len(labels)
    counts = np.bincount(np.asarray(labels, np.int64), minlength=3)
    middle, held = np.zeros(2), 0.0
    if near is not None:
        expected = np.log(counts / np.array(near))
        middle, held = (expected - expected[2])[:2], trust
    bias = np.append(middle, 0.0)  # of the positive class it stays 0
    for _ in range(NEWTON_STEPS):  # the loss is convex
        moved = np.exp(logs + bias)
        moved /= moved.sum(axis=1, keepdims=True)
        gradient = (moved.sum(axis=0) - counts)[:2] + held * (bias[:2] - middle)
        curvature = (np.diag(moved.sum(axis=0)) - moved.T @ moved)[:2, :2] + held * np.eye(2)
        bias[:2] -= np.clip(np.linalg.solve(curvature, gradient), -1, 1)
    return normalise((counts / n * np.exp(-bias)).tolist())


def source_spread(sources: Sequence[tuple[Sequence[Triple], Sequence[int]]], prior: Triple, seed: int = 12) -> float:
    """Return by how much the likelihood ratio of complaints errs from source to source, as a standard deviation.

    Told is its logarithm. Of each source the error is that of the odds of positive to negative under which its texts
    are likeliest, over how far another ratio moves them; the variance that chance gives it is that of texts drawn anew
    within each class. What is left between sources is found as by Paule and Mandel (J. Res. Natl. Bur. Stand. 87
    (1982) 377), about 0.

    Args:
        sources: What was judged of the texts of each, as it holds for `prior`, and their labels. Left out are those
            with too few texts of either kind, and those of which all may come out as one kind: it has no odds.
    """
    chance = np.random.default_rng(seed)
    errors, variances = [], []
    for judged, labels in sources:
        ratios, truth = np.asarray(judged, np.float64) / np.array(prior), np.asarray(labels, np.int64)
        of_class = [np.flatnonzero(truth == number) for number in range(3)]
        if min(len(of_class[0]), len(of_class[2])) < FEWEST_OF_CLASS:
            continue
        drawn = [[chance.choice(own, len(own)) for own in of_class if len(own)] for _ in range(RESAMPLED)]
        found = [_log_odds(ratios), *(_log_odds(ratios[np.concatenate(each)]) for each in drawn)]
        ends = [_log_odds(ratios * [math.exp(step), 1, 1]) for step in (-STEP, STEP)]
        moved = abs(ends[1] - ends[0]) / (2 * STEP)
        if not np.isfinite([*found, moved]).all() or moved < STEP:
            continue
        errors.append((found[0] - np.log(len(of_class[2]) / len(of_class[0]))) / moved)
        variances.append(np.var(found[1:]) / moved**2)
    squares, within = np.square(errors), np.array(variances)
    low, high = 0.0, float(squares.sum())
    for _ in range(50):  # the sum falls as the variance between sources grows
        middle = (low + high) / 2
        low, high = (middle, high) if (squares / (within + middle + TINY)).sum() > len(squares) else (low, middle)
    return float(np.sqrt(low))


def _log_odds(ratios: NDArray[np.float64]) -> float:
    """Return the logarithm of the odds of positive to negative under which texts are likeliest, by EM.

    It has no end where less than half a text is of one kind.
    """
    shares = np.full(3, 1 / 3)
    for _ in range(EM_ROUNDS):
        owned, before = ratios * shares, shares
        shares = (owned / owned.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(shares - before).max() < CLOSE:
            break
    if min(shares[0], shares[2]) < 0.5 / len(ratios):
        return math.inf
    return math.log(shares[2] / shares[0])
