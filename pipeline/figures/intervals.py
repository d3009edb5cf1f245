"""95 % intervals for shares and for means on a bounded scale: plain numbers in, plain numbers out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The standard normal quantile of a two-sided 95 % interval."""

PSEUDO_ENDS = 0.75
PSEUDO_MIDDLE = 1.5
"""The pseudo-answers of the adjusted Wald interval: at each end of the scale, and in its middle."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval and the number of observations behind it."""

    value: float
    low: float
    high: float
    n: int


def wilson(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return the ends of Wilson's score interval for a share in 0..1.

    `n` may be an effective sample size, so it need not be whole.
    Source: E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference", JASA 22 (1927) 209-212.

    Raises:
        ValueError: `share` is outside 0..1 or `n` is not positive.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies in 0..1, not at {share}")
    if not n > 0:
        raise ValueError(f"an interval needs at least one observation, not {n}")
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 and 1; rounding must not move them past the share.
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return low, high


def mean_on_scale(counts: Mapping[float, int], low: float, high: float) -> Estimate:
    """Return the mean of answers on the scale from `low` to `high`, with its interval.

    `counts` maps a score to how many gave it. The interval is the adjusted Wald
    interval of the NPS carried over to any bounded scale: 3/4 pseudo-answers at
    each end and 3/2 in the middle enter the interval (never the value), so that
    ten equal answers do not look certain. It is cut to the scale.
    Source of the adjustment: B. Rocks, "Interval estimation for the 'net promoter
    score'", The American Statistician 70 (2016) 365-372; on two points it is
    close to Agresti and Coull (1998).

    Raises:
        ValueError: No answers, or one outside the scale.
    """
    centre, error = adjusted_mean(counts, low, high)
    n = sum(counts.values())
    value = math.fsum(score * count for score, count in counts.items()) / n
    return Estimate(value, max(low, centre - Z95 * error), min(high, centre + Z95 * error), n)


def adjusted_mean(counts: Mapping[float, int], low: float, high: float) -> tuple[float, float]:
    """Return centre and standard error of the adjusted Wald interval of a mean; see `mean_on_scale`.

    Raises:
        ValueError: No answers, or one outside the scale.
    """
    n = sum(counts.values())
    if n < 1 or not high > low:
        raise ValueError(f"a mean needs answers and a scale, not {n} answers on {low}-{high}")
    if any(not low <= score <= high for score in counts):
        raise ValueError(f"an answer lies outside the scale {low}-{high}")
    adjusted = [(score, float(count)) for score, count in counts.items()]
    adjusted += [(low, PSEUDO_ENDS), (high, PSEUDO_ENDS), ((low + high) / 2, PSEUDO_MIDDLE)]
    size = n + 2 * PSEUDO_ENDS + PSEUDO_MIDDLE
    centre = math.fsum(score * count for score, count in adjusted) / size
    variance = math.fsum(count * (score - centre) ** 2 for score, count in adjusted) / size
    return centre, math.sqrt(variance / size)
