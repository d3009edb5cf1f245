"""The classifier's error, put into the positive share once: prior-shift correction with its interval.

A classifier that was trained where a third of the texts complain sees too many complaints where
few do. Its calibrated probabilities still tell how much likelier a text is under each class; the
shares under which all the texts together are likeliest are those of the brand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.figures.intervals import Z95

Triple = tuple[float, float, float]
_ROUNDS = 30  # of halving 0..1: to a billionth
_NEVER = 1e-300


@dataclass(frozen=True)
class Read:
    """`count` mentions that weigh the same and for which the classifier gave the same probabilities.

    Attributes:
        negative, neutral, positive: Calibrated under the training prior.
        weight: Of one mention, above 0.
    """

    negative: float
    neutral: float
    positive: float
    weight: float = 1.0
    count: int = 1


@dataclass(frozen=True)
class Corrected:
    """The shares of the classes with the classifier's error taken out.

    Attributes:
        shares: Of (negative, neutral, positive) by weight.
        positive_share: s = positive / (positive + negative).
        low, high: The 95 % interval of s.
    """

    shares: Triple
    positive_share: float
    low: float
    high: float


def correct(mentions: Sequence[Read], prior: Triple, validated: tuple[int, int, int] | None = None) -> Corrected:
    """Return the shares under which what the classifier said of these mentions is likeliest.

    They are what the EM of Saerens, Latinne and Decaestecker (Neural Computation 14 (2002) 21-41)
    converges to: pi_c = sum w q_ic / sum w with q_ic proportional to p_ic pi_c / prior_c. The maximum
    is found by bisection, as EM needs thousands of rounds where a class is nearly absent.

    The interval holds every s whose profile log-likelihood lies within z^2 / 2 of the maximum. Unequal
    weights, and what is not known of the classifier, stretch it: the log-likelihood is scaled by
    A / (B + V), with A = sum w g^2, B = sum w^2 g^2, g the efficient score of s, and
    V = (sum w)^2 sum_c pi_c^2 Var_c(g) / n_c for a classifier that was validated on n_c texts of each class.
    (Wilson's interval with n_eff = s (1 - s) / Var(s), as one might write it down, is not defined at
    s = 1, where small and well-liked brands stand.)

    Args:
        mentions: What was said; at least one.
        prior: pi0, the shares of (negative, neutral, positive) for which the probabilities are calibrated.
        validated: How many texts of each class the calibration was checked on; None takes it as exact.

    Raises:
        ValueError: No mentions, a weight or count that is not above 0, a probability outside 0..1, or a
            class without a share in `prior` or without a text in `validated`.
    """
    if not mentions:
        raise ValueError("a correction needs at least one mention")
    if min(prior) <= 0 or (validated is not None and min(validated) <= 0):
        raise ValueError(f"every class needs a share of the prior and a validated text, not {prior} and {validated}")
    if any(not (read.weight > 0 and read.count > 0) for read in mentions):
        raise ValueError("every mention needs a weight and a count above 0")
    given = np.array([(read.negative, read.neutral, read.positive) for read in mentions], np.float64)
    if given.min() < 0 or given.max() > 1 or not np.allclose(given.sum(axis=1), 1, atol=1e-6):
        raise ValueError("probabilities lie in 0..1 and add up to 1")
    count = np.array([read.count for read in mentions], np.float64)
    weight = np.array([read.weight for read in mentions], np.float64)
    return _Likelihood(given / np.array(prior), weight * count, weight**2 * count).solve(validated)


def soften(read: Read, prior: Triple, shares: Triple) -> Triple:
    """Return q, the class probabilities of a mention where the classes have these shares."""
    given = (read.negative, read.neutral, read.positive)
    weights = [own * share / before for own, share, before in zip(given, shares, prior, strict=True)]
    total = math.fsum(weights)
    if not total > 0:
        return given
    negative, neutral, positive = (weight / total for weight in weights)
    return (negative, neutral, positive)


@dataclass(frozen=True)
class _Likelihood:
    """The weighted log-likelihood of the shares.

    Attributes:
        ratios: r = p / prior, shape (mentions, 3).
        weights, squares: The sums of w and of w^2, shape (mentions,).
    """

    ratios: NDArray[np.float64]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]

    def solve(self, validated: tuple[int, int, int] | None) -> Corrected:
        share = _root(self._slope_at, 0.0, 1.0)
        neutral, best = self._profile(share)
        shares = ((1 - neutral) * (1 - share), neutral, (1 - neutral) * share)
        allowed = Z95**2 / 2 / self._trust(share, neutral, validated)

        def is_within(other: float) -> float:
            return self._profile(other)[1] - best + allowed

        # Below the best share the likelihood rises with s and above it falls.
        low = 0.0 if is_within(0.0) >= 0 else _root(lambda at: -is_within(at), 0.0, share)
        high = 1.0 if is_within(1.0) >= 0 else _root(is_within, share, 1.0)
        return Corrected(shares, share, min(low, share), max(high, share))

    def _mixed(self, share: float) -> NDArray[np.float64]:
        """Return the likelihood of each mention that is not neutral."""
        mixed: NDArray[np.float64] = share * self.ratios[:, 2] + (1 - share) * self.ratios[:, 0]
        return mixed

    def _profile(self, share: float) -> tuple[float, float]:
        """Return the likeliest neutral share at this s, and the log-likelihood there."""
        mixed = self._mixed(share)
        difference = self.ratios[:, 1] - mixed

        def slope(neutral: float) -> float:
            return float(self.weights @ (difference / np.maximum(mixed + neutral * difference, _NEVER)))

        neutral = _root(slope, 0.0, 1.0)
        return neutral, float(self.weights @ np.log(np.maximum(mixed + neutral * difference, _NEVER)))

    def _slope_at(self, share: float) -> float:
        """Return the slope of the profile in s, up to a factor of 1 - neutral share.

        By the envelope theorem it is that at the likeliest neutral share. Without the factor it still
        tells the way where the profile is flat, as every mention would best be neutral at this s.
        """
        neutral, _ = self._profile(share)
        total = self._mixed(share) * (1 - neutral) + neutral * self.ratios[:, 1]
        return float(self.weights @ ((self.ratios[:, 2] - self.ratios[:, 0]) / np.maximum(total, _NEVER)))

    def _scores(self, share: float, neutral: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the derivatives of each mention's log-likelihood in s and in the neutral share."""
        mixed = self._mixed(share)
        total = np.maximum((1 - neutral) * mixed + neutral * self.ratios[:, 1], _NEVER)
        return (1 - neutral) * (self.ratios[:, 2] - self.ratios[:, 0]) / total, (self.ratios[:, 1] - mixed) / total

    def _trust(self, share: float, neutral: float, validated: tuple[int, int, int] | None) -> float:
        """Return A / (B + V), what one unit of log-likelihood is worth."""
        score, beside = self._scores(share, neutral)
        common = float(self.weights @ beside**2)
        if common > 0:
            score = score - beside * float(self.weights @ (score * beside)) / common
        information = float(self.weights @ score**2)
        if not information > 0:
            return 1.0
        spread = float(self.squares @ score**2)
        if validated is not None:
            shares = np.array([(1 - neutral) * (1 - share), neutral, (1 - neutral) * share])
            owned = self.weights[:, None] * self.ratios * shares
            owned /= np.maximum(owned.sum(axis=1, keepdims=True), _NEVER)
            owned *= self.weights[:, None]
            total = np.maximum(owned.sum(axis=0), _NEVER)
            mean = score @ owned / total
            variance = np.maximum(score**2 @ owned / total - mean**2, 0)
            spread += float(self.weights.sum() ** 2 * (shares**2 * variance / np.array(validated)).sum())
        return information / spread


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return where a falling function crosses 0, or the end where it does not."""
    if falling(low) <= 0:
        return low
    if falling(high) >= 0:
        return high
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
