"""Whether a customer is falling silent: contacts lately against what they were before."""

from __future__ import annotations

import math

SIGNIFICANCE = 0.05


def chance_of_so_few(recent: int, before: int, recent_days: int, before_days: int) -> float:
    """Return the chance of so few contacts lately or fewer, had the customer gone on as before.

    Given all contacts together, those lately are binomial with the share of the days (the exact
    conditional test of two Poisson rates).
    Source: J. Przyborowski, H. Wilenski, "Homogeneity of results in testing samples from Poisson
    series", Biometrika 31 (1940) 313-323.

    Raises:
        ValueError: A count is negative, or a span has no day.
    """
    if min(recent, before) < 0 or min(recent_days, before_days) < 1:
        raise ValueError(f"contacts are counted over days, not {recent} and {before} in {recent_days}, {before_days}")
    contacts, share = recent + before, recent_days / (recent_days + before_days)
    return math.fsum(
        math.comb(contacts, few) * share**few * (1 - share) ** (contacts - few) for few in range(recent + 1)
    )


def is_falling_silent(recent: int, before: int, recent_days: int, before_days: int) -> bool:
    """Return whether a customer has fewer contacts lately than chance explains at 5 %."""
    return chance_of_so_few(recent, before, recent_days, before_days) <= SIGNIFICANCE
