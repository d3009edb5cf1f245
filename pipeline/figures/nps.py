"""Net promoter score: what survey answers say about loyalty. Never computed from reviews."""

from __future__ import annotations

import math
from collections.abc import Mapping

from twelvefold.pipeline.figures.intervals import PSEUDO_ENDS, PSEUDO_MIDDLE, Z95, Estimate

PROMOTER_FROM = 9
PASSIVE_FROM = 7


def nps(promoters: int, passives: int, detractors: int) -> Estimate:
    """Return 100 (promoters - detractors) / n with its adjusted Wald interval.

    The interval adds 3/4 promoters, 3/4 detractors and 3/2 passives, takes
    var = p+ + p- - (p+ - p-)^2 over n + 3, and is cut to [-100, 100].
    Source: F. Reichheld, "The one number you need to grow", HBR (December 2003);
    B. Rocks, "Interval estimation for the 'net promoter score'", The American
    Statistician 70 (2016) 365-372.

    Raises:
        ValueError: No answers, or a negative count.
    """
    centre, error = adjusted_wald(promoters, passives, detractors)
    n = promoters + passives + detractors
    return Estimate(
        value=100 * (promoters - detractors) / n,
        low=max(-100.0, centre - Z95 * error),
        high=min(100.0, centre + Z95 * error),
        n=n,
    )


def adjusted_wald(promoters: int, passives: int, detractors: int) -> tuple[float, float]:
    """Return centre and standard error of the adjusted Wald interval, in points of the score.

    Raises:
        ValueError: No answers, or a negative count.
    """
    n = promoters + passives + detractors
    if n < 1 or min(promoters, passives, detractors) < 0:
        raise ValueError(f"an NPS needs answers, not {promoters}/{passives}/{detractors}")
    size = n + 2 * PSEUDO_ENDS + PSEUDO_MIDDLE
    for_us = (promoters + PSEUDO_ENDS) / size
    against = (detractors + PSEUDO_ENDS) / size
    centre = for_us - against
    return 100 * centre, 100 * math.sqrt((for_us + against - centre**2) / size)


def nps_of_scores(counts: Mapping[float, int]) -> Estimate:
    """Return the NPS of answers on 0-10: 9-10 promote, 7-8 are passive, 0-6 detract.

    Raises:
        ValueError: No answers.
    """
    return nps(*sides(counts))


def sides(counts: Mapping[float, int]) -> tuple[int, int, int]:
    """Return how many of the answers on 0-10 promote, are passive, and detract."""
    promoters = sum(count for score, count in counts.items() if score >= PROMOTER_FROM)
    detractors = sum(count for score, count in counts.items() if score < PASSIVE_FROM)
    return promoters, sum(counts.values()) - promoters - detractors, detractors
