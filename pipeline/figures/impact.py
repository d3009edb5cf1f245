"""What one aspect does to a figure: the figure with and without who speaks of it.

Leave-one-out, figure(all) - figure(rest), so a negative impact is an aspect that drags the figure
down. For shares and scores it is the weight of who speaks of the aspect times their difference to
the rest; the two groups do not overlap, and that difference carries the interval. How many speak
of the aspect is taken as given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twelvefold.pipeline.figures.balance import index_at_share
from twelvefold.pipeline.figures.change import nps_change, share_change
from twelvefold.pipeline.figures.intervals import Estimate


@dataclass(frozen=True)
class Side:
    """Who speaks of an aspect, or who does not, as a review balance sees them.

    Attributes:
        weight: P + N, what their praises and complaints weigh; above 0.
        share: Their positive share.
        average_k: kbar, the praises that their average complaint calls for.
    """

    weight: float
    share: Estimate
    average_k: float


def nps_impact(spoken: tuple[int, int, int], rest: tuple[int, int, int]) -> Estimate:
    """Return NPS(all) - NPS(rest), each side given as promoters, passives and detractors; n is who speaks of it.

    Raises:
        ValueError: One side is empty.
    """
    return _weighted(nps_change(rest, spoken).delta, sum(spoken), sum(rest))


def csat_impact(spoken: Estimate, rest: Estimate) -> Estimate:
    """Return CSAT(all) - CSAT(rest) as a share; n is who speaks of it."""
    return _weighted(share_change(rest, spoken).delta, spoken.n, rest.n)


def balance_impact(spoken: Side, rest: Side) -> Estimate:
    """Return H(all) - H(rest) in points of the index; n is who speaks of it.

    H is a curve in the positive share, so the distances to the ends of the two shares' intervals
    go through it one by one and are added in squares.
    Source: G. Zou, A. Donner, "Construction of confidence limits about effect measures",
    Statistics in Medicine 27 (2008) 1693-1702 (MOVER).

    Raises:
        ValueError: A side weighs nothing.
    """
    if not (spoken.weight > 0 and rest.weight > 0):
        raise ValueError("an impact needs both who speaks of the aspect and who does not")
    heard = spoken.weight + rest.weight

    def impact(share_spoken: float, share_rest: float) -> float:
        complaints = [side * (1 - share) for side, share in ((spoken.weight, share_spoken), (rest.weight, share_rest))]
        cost = spoken.average_k * complaints[0] + rest.average_k * complaints[1]
        praise = heard - sum(complaints)
        whole = 100 * (praise - cost) / (praise + cost) if praise + cost > 0 else 100.0
        return whole - index_at_share(share_rest, rest.average_k)

    value = impact(spoken.share.value, rest.share.value)
    moved = [
        [impact(end, rest.share.value) for end in (spoken.share.low, spoken.share.high)],
        [impact(spoken.share.value, end) for end in (rest.share.low, rest.share.high)],
    ]
    below = math.hypot(*(max(0.0, value - min(ends)) for ends in moved))
    above = math.hypot(*(max(0.0, max(ends) - value) for ends in moved))
    return Estimate(value, value - below, value + above, spoken.share.n)


def _weighted(difference: Estimate, spoken: int, rest: int) -> Estimate:
    weight = spoken / (spoken + rest)
    return Estimate(weight * difference.value, weight * difference.low, weight * difference.high, spoken)
