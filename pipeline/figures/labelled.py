"""The classifier's error taken out by labels that people gave to a random sample.

Within each class that the classifier named, the labels tell the shares of the true classes; weighed by how much
of all mentions each named class is, they add up to the true shares (post-stratification; Cochran, Sampling
Techniques, 3rd ed. 1977, section 5A.9). The sample may hold the named classes in any proportion, as nothing but the
shares within each is used. They hold for the mentions that were sampled: where praise is rarer, more of what is
named a complaint is one. So they are not to be carried over to another group or another time.

The inverse of the confusion matrix, as often advised, needs the same labels and does worse: in 2,000 simulated
brands with 100 labels each its root mean squared error of the positive share was .079 against .026, as it was
undefined in 51 and outside 0..1 in 462 of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.figures.correction import Triple

UNSEEN = 1 / 3
"""What each true class is taken to have in each named one beside its labels, for the interval: one label in all.

Perks' prior (Journal of the Institute of Actuaries 73 (1947) 285-334). From .2 to .5 the coverage is about the same;
docs/figures.md has the table of `benchmarks/coverage.py`.
"""

LEAST = 100
"""Fewer labels than this correct nothing."""

LEAST_OF_CLASS = 20
"""Fewer labels of a named class than this correct nothing, where there are so many mentions of it."""

_NOTHING: Triple = (0.0, 0.0, 0.0)
_DRAWS = 4_000
_SEED = 12  # the interval of the same labels is the same for ever


@dataclass(frozen=True)
class Stratified:
    """The shares of the classes as labels correct them.

    Attributes:
        given: P(true class | named class): for each named class the shares of the true ones.
        shares: Of (negative, neutral, positive) by weight.
        positive_share: s = positive / (positive + negative); None where neither is there.
        low, high: The 95 % interval of s.
    """

    given: tuple[Triple, Triple, Triple]
    shares: Triple
    positive_share: float | None
    low: float
    high: float


def post_stratify(
    named: Triple, n_eff: float, labels: Sequence[Sequence[int]], known: Triple = _NOTHING, unseen: float = UNSEEN
) -> Stratified:
    """Return the true shares of mentions whose classes were named, from labels of a sample within each.

    The interval is of the posterior: the shares within each named class follow a Dirichlet law of its
    labels, those of the named classes one of the effective number of mentions.

    Args:
        named: What the mentions weigh that a classifier named (negative, neutral, positive).
        n_eff: How many equal mentions would tell as much, those in `known` among them.
        labels: For each named class, how many labels say (negative, neutral, positive). A class without any is
            counted as it was named, and its interval is that of not knowing.
        known: What the mentions weigh whose classes nobody had to guess.
        unseen: What each true class has beside its labels, for the interval.

    Raises:
        ValueError: Nothing weighs anything, a weight is negative, or `unseen` is not above 0.
    """
    weights, seen = np.array((named, known), np.float64), np.array(labels, np.float64)
    if not weights.sum() > 0 or not n_eff > 0 or weights.min() < 0 or not unseen > 0:
        raise ValueError(
            f"a correction needs mentions that weigh something, not {named}, {known}, n_eff {n_eff} and {unseen} unseen"
        )
    named_shares, known_shares = weights / weights.sum()
    total = seen.sum(axis=1, keepdims=True)
    given = np.where(total > 0, seen / np.maximum(total, 1), np.eye(3))
    shares = named_shares @ given + known_shares
    polar = shares[0] + shares[2]
    share = float(shares[2] / polar) if polar > 0 else None
    low, high = _interval(np.concatenate((named_shares, known_shares)) * n_eff, seen + unseen)
    first, second, third = (_triple(row) for row in given)
    return Stratified(
        (first, second, third),
        _triple(shares),
        share,
        low if share is None else min(low, share),
        high if share is None else max(high, share),
    )


def evenly(there: Sequence[int], wanted: int) -> list[int]:
    """Return how many of each class to label: as many of each, as far as there are so many.

    The rare classes hold as much doubt as the common one, as that is hardly ever named in error.
    """
    taken = [0] * len(there)
    for place, left in zip(sorted(range(len(there)), key=there.__getitem__), range(len(there), 0, -1), strict=True):
        taken[place] = min(there[place], (wanted - sum(taken)) // left)
    return taken


def _interval(mentions: NDArray[np.float64], within: NDArray[np.float64]) -> tuple[float, float]:
    """Return the central 95 % of the posterior of s.

    Args:
        mentions: How many there are as good as, named and then known, shape (6,).
        within: The weights of the true classes in each named one, shape (3, 3).
    """
    chance = np.random.default_rng(_SEED)
    of_classes = chance.standard_gamma(mentions, size=(_DRAWS, 6))
    true = chance.standard_gamma(within, size=(_DRAWS, 3, 3))
    true /= true.sum(axis=2, keepdims=True)
    drawn = np.einsum("dn,dnt->dt", of_classes[:, :3], true) + of_classes[:, 3:]
    polar = drawn[:, 0] + drawn[:, 2]
    low, high = np.quantile(drawn[:, 2] / np.where(polar > 0, polar, 1), (0.025, 0.975))
    return float(low), float(high)


def _triple(row: NDArray[np.float64]) -> Triple:
    negative, neutral, positive = row.tolist()
    return (negative, neutral, positive)
