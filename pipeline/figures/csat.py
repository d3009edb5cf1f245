"""Satisfaction from answers and stars: top-2-box share, effort, mean of the stars."""

from __future__ import annotations

from collections.abc import Mapping

from twelvefold.pipeline.figures.intervals import Estimate, mean_on_scale, wilson

STARS_LOW, STARS_HIGH = 1.0, 5.0


def csat(satisfied: int, n: int) -> Estimate:
    """Return the share (0..1) of satisfied answers with its Wilson interval.

    Raises:
        ValueError: No answers, or more satisfied than there are.
    """
    if n < 1:
        raise ValueError("a share needs at least one answer")
    share = satisfied / n
    low, high = wilson(share, n)
    return Estimate(share, low, high, n)


def csat_of_scores(counts: Mapping[float, int], high: float) -> Estimate:
    """Return the top-2-box share of whole-numbered scores on a scale that ends at `high`.

    4-5 of 5, 6-7 of 7, 9-10 of 10. `counts` maps a score to how many gave it.

    Raises:
        ValueError: No answers.
    """
    satisfied = sum(count for score, count in counts.items() if score >= high - 1)
    return csat(satisfied, sum(counts.values()))


def ces(counts: Mapping[float, int], low: float, high: float) -> Estimate:
    """Return the customer effort score: the mean on its own scale, high = easy.

    Scores of a scale on which high means hard are to be turned round before.
    Source: Dixon, Freeman, Toman, "Stop trying to delight your
    customers", HBR (July 2010), in the 2.0 wording where agreeing means easy.

    Raises:
        ValueError: No answers, or one outside the scale.
    """
    return mean_on_scale(counts, low, high)


def stars(counts: Mapping[float, int]) -> Estimate:
    """Return the mean of stars rescaled to 1-5.

    Raises:
        ValueError: No stars, or some outside 1-5.
    """
    return mean_on_scale(counts, STARS_LOW, STARS_HIGH)
