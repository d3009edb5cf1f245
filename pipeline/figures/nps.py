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


def weighted_nps(groups: Mapping[str, tuple[int, int, int]], sizes: Mapping[str, float]) -> Estimate:
    """Return the NPS that the segments would give if each answered in proportion to its known size.

    100 sum W (p+ - p-) over the segments, W the share of each in `sizes` (post-stratification). The
    pseudo-answers of the adjusted Wald interval are spread over the segments by W, and the variances
    added with W^2. `n` counts the answers of the segments that have a size.
    Source: W. G. Cochran, "Sampling techniques" (1977), 5A.9; see `nps`.

    Args:
        groups: Promoters, passives and detractors of each segment.
        sizes: How many customers each segment has.

    Raises:
        ValueError: Nobody has a size, or a segment with one has no answers.
    """
    known = {name: size for name, size in sizes.items() if size > 0}
    total = math.fsum(known.values())
    if not known or any(sum(groups.get(name, (0, 0, 0))) < 1 for name in known):
        raise ValueError("a weighted NPS needs answers of every segment that has customers")
    value = centre = variance = 0.0
    for name, size in known.items():
        promoters, passives, detractors = groups[name]
        weight, n = size / total, promoters + passives + detractors
        value += 100 * weight * (promoters - detractors) / n
        spread = n + weight * (2 * PSEUDO_ENDS + PSEUDO_MIDDLE)
        for_us, against = (promoters + weight * PSEUDO_ENDS) / spread, (detractors + weight * PSEUDO_ENDS) / spread
        centre += 100 * weight * (for_us - against)
        variance += (100 * weight) ** 2 * (for_us + against - (for_us - against) ** 2) / spread
    half = Z95 * math.sqrt(variance)
    answered = sum(sum(groups[name]) for name in known)
    return Estimate(value, min(value, max(-100.0, centre - half)), max(value, min(100.0, centre + half)), answered)
