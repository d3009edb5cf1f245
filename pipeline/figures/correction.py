"""The classifier's error, put into the positive share once: prior-shift correction with its interval.

A classifier that was trained where a third of the texts complain sees too many complaints where
few do. Its calibrated probabilities still tell how much likelier a text is under each class; the
shares under which all the texts together are likeliest are those of the brand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twelvefold.pipeline.figures.likelihood import LikeliestShares, Likelihood

Triple = tuple[float, float, float]


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


def correct(
    mentions: Sequence[Read], prior: Triple, validated: tuple[int, int, int] | None = None, spread: float = 0.0
) -> Corrected:
    """Return the shares under which what the classifier said of these mentions is likeliest.

    They are what the EM of Saerens, Latinne and Decaestecker (Neural Computation 14 (2002) 21-41)
    converges to: pi_c = sum w q_ic / sum w with q_ic proportional to p_ic pi_c / prior_c. The maximum
    is found by Newton's method, as EM needs thousands of rounds where a class is nearly absent.

    The interval holds every s whose profile log-likelihood lies within z^2 / 2 of the maximum. Unequal
    weights, and what is not known of the classifier, stretch it: the log-likelihood is scaled by
    A / (B + V), with A = sum w g^2, B = sum w^2 g^2, g the efficient score of s, and
    V = (sum w)^2 sum_c pi_c^2 Var_c(g) / n_c for a classifier that was validated on n_c texts of each class.
    (Wilson's interval with n_eff = s (1 - s) / Var(s), as one might write it down, is not defined at
    s = 1, where small and well-liked brands stand.)

    A classifier errs somewhat otherwise at every place that it was not calibrated at: it finds complaints more or
    less likely than they are. As far as that moves the logarithm of the odds of s it is added to the interval, as a
    variance: no number of mentions makes up for it, labels do.

    Args:
        mentions: What was said; at least one.
        prior: pi0, the shares of (negative, neutral, positive) for which the probabilities are calibrated.
        validated: How many texts of each class the calibration was checked on; None takes it as exact.
        spread: Standard deviation, from place to place, of the logarithm of the likelihood ratio of complaints.

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
    found = Likelihood((given / np.array(prior))[None], (weight * count)[None], (weight**2 * count)[None])
    return corrected_of(found.solve(validated, spread))[0]


def corrected_of(found: LikeliestShares) -> list[Corrected]:
    """Return what was found, group by group."""
    ends = zip(found.classes.tolist(), found.positive.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    return [
        Corrected((negative, neutral, positive), share, low, high)
        for (negative, neutral, positive), share, low, high in ends
    ]


def soften(read: Read, prior: Triple, shares: Triple) -> Triple:
    """Return q, the class probabilities of a mention where the classes have these shares."""
    given = (read.negative, read.neutral, read.positive)
    weights = [own * share / before for own, share, before in zip(given, shares, prior, strict=True)]
    total = math.fsum(weights)
    if not total > 0:
        return given
    negative, neutral, positive = (weight / total for weight in weights)
    return (negative, neutral, positive)
