"""The log-likelihood of class shares given what a classifier said, for many groups of mentions at once.

Where the classes have shares pi, a mention with ratios r_c = p_c / prior_c adds w log(sum_c r_c pi_c). Shares are
told as s = positive / (positive + negative) and the neutral share v; the profile in s takes the likeliest v at each s.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.figures.intervals import Z95

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_NEVER = 1e-140  # its square is still a number
_CLOSE = 1e-9
_ROUNDED = 1e-20
_ROUNDS = 100


@dataclass(frozen=True)
class LikeliestShares:
    """The likeliest shares of each group.

    Attributes:
        positive, low, high: s and its 95 % interval, shape (groups,).
        classes: Of (negative, neutral, positive), shape (groups, 3).
    """

    positive: Floats
    low: Floats
    high: Floats
    classes: Floats


@dataclass(frozen=True)
class _Profile:
    """The profile log-likelihood of each group at some s, its tilt and bend there, and the likeliest v.

    Attributes:
        tilt: The slope over (1 - v).
    """

    neutral: Floats
    height: Floats
    tilt: Floats
    bend: Floats

    @property
    def slope(self) -> Floats:
        """The slope in s."""
        slope: Floats = (1 - self.neutral) * self.tilt
        return slope


class Likelihood:
    """The weighted log-likelihood of the shares, one for each group."""

    def __init__(self, ratios: Floats, weights: Floats, squares: Floats) -> None:
        """Take what was said of the mentions.

        Args:
            ratios: p / prior, shape (groups or 1, mentions, 3).
            weights, squares: The sums of w and of w^2, shape (groups, mentions); 0 where a group has no such mention.
        """
        self._ratios = ratios
        self._negative, self._beside, self._positive = (ratios[:, :, each] for each in range(3))
        self._apart = self._positive - self._negative
        self._weights = weights
        self._squares = squares

    def solve(self, validated: tuple[int, int, int] | None, spread: float = 0.0) -> LikeliestShares:
        """Return the likeliest shares and the interval of s; see `correction.correct`."""
        whole, nothing = np.ones(len(self._weights)), np.zeros(len(self._weights))
        share, neutral = self._likeliest()
        best = self._profile(share, neutral)
        trust = self._trust(share, best.neutral, validated)
        allowed = Z95**2 / 2 / trust
        wide = np.sqrt(2 * allowed / np.maximum(-best.bend, _NEVER))
        others = best.neutral.copy()

        def below(other: Floats, open_ones: Places) -> tuple[Floats, Floats]:
            at = self._of(open_ones)._profile(other, others[open_ones])
            others[open_ones] = at.neutral
            return (best.height - allowed)[open_ones] - at.height, -at.slope

        def above(other: Floats, open_ones: Places) -> tuple[Floats, Floats]:
            at = self._of(open_ones)._profile(other, others[open_ones])
            others[open_ones] = at.neutral
            return at.height - (best.height - allowed)[open_ones], at.slope

        # Below the best share the likelihood rises with s and above it falls.
        low = _crossing(below, np.maximum(share - wide, share / 2), nothing, share)
        others[:] = best.neutral
        high = _crossing(above, np.minimum(share + wide, (1 + share) / 2), share, whole)
        polar = 1 - best.neutral
        classes = np.stack([polar * (1 - share), best.neutral, polar * share], axis=1)
        low, high = np.minimum(low, share), np.maximum(high, share)
        if spread > 0:
            leant = (self._likeliest_if(Z95 * spread), self._likeliest_if(-Z95 * spread))
            low, high = _widened(share, (low, high), leant)
        return LikeliestShares(share, low, high, classes)

    def _of(self, groups: Places) -> Likelihood:
        """Return that of some of the groups."""
        if len(groups) == len(self._weights):
            return self
        shared = len(self._ratios) == 1 < len(self._weights)
        return Likelihood(
            self._ratios if shared else self._ratios[groups], self._weights[groups], self._squares[groups]
        )

    def _likeliest(self) -> tuple[Floats, Floats]:
        """Return the likeliest s of each group, and the v near which it is."""
        groups = len(self._weights)
        neutral = np.full(groups, 0.1)

        def slope(share: Floats, open_ones: Places) -> tuple[Floats, Floats]:
            # Over (1 - v), so that it still tells the way where every mention would best be neutral.
            at = self._of(open_ones)._profile(share, neutral[open_ones])
            neutral[open_ones] = at.neutral
            return at.tilt, at.bend / np.maximum(1 - at.neutral, _NEVER)

        return _crossing(slope, np.full(groups, 0.8), np.zeros(groups), np.ones(groups)), neutral

    def _mixed(self, share: Floats) -> Floats:
        """Return the likelihood of each mention that is not neutral."""
        mixed: Floats = self._negative + share[:, None] * self._apart
        return mixed

    def _profile(self, share: Floats, start: Floats) -> _Profile:
        mixed = self._mixed(share)
        away = self._beside - mixed

        def slope(neutral: Floats, open_ones: Places) -> tuple[Floats, Floats]:
            apart, weights = away[open_ones], self._weights[open_ones]
            score = apart / np.maximum(mixed[open_ones] + neutral[:, None] * apart, _NEVER)
            weighed = weights * score
            return weighed.sum(axis=1), -np.einsum("gm,gm->g", weighed, score)

        neutral = _crossing(slope, start, np.zeros(len(share)), np.ones(len(share)))
        total = np.maximum(mixed + neutral[:, None] * away, _NEVER)
        polar = 1 - neutral
        score, beside = self._apart / total, away / total
        tilt = np.einsum("gm,gm->g", self._weights, score)
        own = polar**2 * np.einsum("gm,gm,gm->g", self._weights, score, score)
        other = np.einsum("gm,gm,gm->g", self._weights, beside, beside)
        across = tilt + polar * np.einsum("gm,gm,gm->g", self._weights, score, beside)
        moves = (neutral > 0) & (neutral < 1) & (other > 0)
        bend = -own + np.where(moves, across**2 / np.where(moves, other, 1), 0)
        return _Profile(neutral, np.einsum("gm,gm->g", self._weights, np.log(total)), tilt, np.minimum(bend, 0))

    def _trust(self, share: Floats, neutral: Floats, validated: tuple[int, int, int] | None) -> Floats:
        """Return A / (B + V), what one unit of log-likelihood is worth."""
        mixed = self._mixed(share)
        total = np.maximum(mixed + neutral[:, None] * (self._beside - mixed), _NEVER)
        score = (1 - neutral[:, None]) * self._apart / total
        beside = (self._beside - mixed) / total
        common = np.einsum("gm,gm,gm->g", self._weights, beside, beside)
        both = np.einsum("gm,gm,gm->g", self._weights, score, beside)
        whole_of_it = np.einsum("gm,gm,gm->g", self._weights, score, score)
        score = score - beside * (both / np.where(common > 0, common, np.inf))[:, None]
        information = np.einsum("gm,gm,gm->g", self._weights, score, score)
        spread = np.einsum("gm,gm,gm->g", self._squares, score, score)
        if validated is not None:
            polar = 1 - neutral
            shares = (polar * (1 - share), neutral, polar * share)
            part = self._weights / total
            for own, ratio, texts in zip(
                shares, (self._negative, self._beside, self._positive), validated, strict=True
            ):
                owned = part * ratio * own[:, None]
                whole = np.maximum(owned.sum(axis=1), _NEVER)
                mean = np.einsum("gm,gm->g", owned, score) / whole
                variance = np.maximum(np.einsum("gm,gm,gm->g", owned, score, score) / whole - mean**2, 0)
                spread += self._weights.sum(axis=1) ** 2 * own**2 * variance / texts
        # Where all mentions say the same, nothing is left of the score but what rounding makes.
        known = (information > _ROUNDED * whole_of_it) & (spread > 0)
        heard, squares = self._weights.sum(axis=1), self._squares.sum(axis=1)
        unknown = np.where(squares > 0, heard, 1) / np.where(squares > 0, squares, 1)
        trust: Floats = np.where(known, information / np.where(known, spread, 1), unknown)
        return trust

    def _likeliest_if(self, leaning: float) -> Floats:
        """Return the likeliest s of each group were the ratio of negative another one, by so much of its logarithm."""
        other = Likelihood(self._ratios * [math.exp(leaning), 1.0, 1.0], self._weights, self._squares)
        return other._likeliest()[0]


def _widened(share: Floats, ends: tuple[Floats, Floats], leant: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the ends of intervals of s that a second, independent doubt moves as well: the squares add up.

    Told apart in the logarithm of the odds; in s itself where that is 0 or 1, which has none.

    Args:
        ends: Lower and upper, by chance alone.
        leant: What s would be at the lower and the upper end of the second doubt.
    """
    found = []
    for side, end, other in zip((-1, 1), ends, leant, strict=True):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            middle, one, two = (np.log(each) - np.log1p(-each) for each in (share, end, other))
            far = middle + side * np.hypot(one - middle, two - middle)
            by_odds = 1 / (1 + np.exp(-far))
        plain = share + side * np.hypot(end - share, other - share)
        inside = (share > 0) & (share < 1) & np.isfinite(by_odds)
        found.append(np.where(inside, by_odds, np.clip(plain, 0, 1)))
    return found[0], found[1]


def _crossing(
    falling: Callable[[Floats, Places], tuple[Floats, Floats]], start: Floats, low: Floats, high: Floats
) -> Floats:
    """Return where each of some falling functions crosses 0 in [low, high], or the end nearer to it.

    Newton's steps, halving the range where one would leave it.

    Args:
        falling: Returns the values of some of the functions at some places and the slopes there, below 0.
    """
    found = np.clip(start, low, high)
    at, open_ones = found, np.arange(len(found))
    # Outside the range until an end has itself been looked at.
    under, over = low - 1, high + 1
    for _ in range(_ROUNDS):
        value, slope = falling(at, open_ones)
        under, over = np.where(value > 0, at, under), np.where(value > 0, over, at)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = np.clip(at - value / slope, low, high)
        # Near an end the function may be so steep that Newton's steps are small far from where it crosses 0.
        is_near = np.abs(step - at) <= _CLOSE * np.minimum(at - low, high - at)
        is_inside = (step > under) & (step < over) & (at > low) & (at < high)
        new = np.where(is_inside, step, np.clip((under + over) / 2, low, high))
        is_found = ((at > low) & (at < high) & is_near) | (over - under < _CLOSE) | (new == at)
        at = np.where(is_found, at, new)
        found[open_ones] = at
        if is_found.all():
            break
        if 2 * is_found.sum() > len(is_found):  # only then is it worth the while to pick out the others
            others = ~is_found
            at, low, high, under, over = (each[others] for each in (at, low, high, under, over))
            open_ones = open_ones[others]
    return found
