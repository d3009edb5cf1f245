"""What customers do and are worth: engagement, ABC classes, the value of a saved one, and ROE2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from twelvefold.pipeline.figures.intervals import Estimate

BASELINE_PERIODS = 12
T95_OF_11 = 2.200985160091639
"""Student's t of a two-sided 95 % interval with 11 degrees of freedom: one fewer than the baseline's periods."""


def engagement(contacts: int, active: int, before: Sequence[tuple[int, int]]) -> Estimate:
    """Return contacts per active customer in a period, as a multiple of the mean of the 12 periods before.

    1 is as ever. `before` has (contacts, active customers) of those 12. The interval takes
    the spread of the 12 as how much a period moves by chance, rate +- t s sqrt(1 + 1/12): it
    holds 1 in 95 % of the periods in which nothing changed. `n` is the active customers.
    Source of the interval: G. J. Hahn, "Factors for calculating two-sided prediction intervals
    for samples from a normal distribution", JASA 64 (1969) 878-888.

    Raises:
        ValueError: There are not 12 periods, one has no customer, or none of them has a contact.
    """
    if len(before) != BASELINE_PERIODS or active < 1 or any(customers < 1 for _, customers in before):
        raise ValueError(f"engagement needs customers in the period and in each of the {BASELINE_PERIODS} before it")
    rates = [count / customers for count, customers in before]
    mean = math.fsum(rates) / len(rates)
    if mean <= 0:
        raise ValueError("engagement needs a contact in the periods before")
    spread = math.sqrt(math.fsum((rate - mean) ** 2 for rate in rates) / (len(rates) - 1))
    half = T95_OF_11 * spread * math.sqrt(1 + 1 / len(rates))
    rate = contacts / active
    return Estimate(rate / mean, max(0.0, (rate - half) / mean), (rate + half) / mean, active)


def abc_classes(revenues: Sequence[float], borders: tuple[float, float]) -> list[str]:
    """Return "A", "B" or "C" for each revenue, in the order given.

    Sorted from the largest down, A are those who bring the first `borders[0]` percent of all
    revenue, B those up to `borders[1]`, C the rest; who crosses a border is on its upper side.
    Who brings nothing, or gave back more than he bought, is a C.
    Source: the ABC analysis of H. F. Dickie, "ABC inventory analysis shoots for dollars, not
    pennies", Factory Management and Maintenance 109 (July 1951) 92-94, on customers.

    Raises:
        ValueError: The borders are not 0 <= A <= B <= 100.
    """
    first, second = borders
    if not 0 <= first <= second <= 100:
        raise ValueError(f"the borders of A and B are percentages in rising order, not {first} and {second}")
    order = sorted((place for place, revenue in enumerate(revenues) if revenue > 0), key=lambda at: -revenues[at])
    classes = ["C"] * len(revenues)
    total = math.fsum(revenues[place] for place in order)
    brought = accumulate((revenues[place] for place in order), initial=0.0)
    for place, above in zip(order, brought, strict=False):
        share = 100 * above / total
        # A border that is reached to the last bit but one is reached.
        if share < first and not math.isclose(share, first, rel_tol=1e-9):
            classes[place] = "A"
        elif share < second and not math.isclose(share, second, rel_tol=1e-9):
            classes[place] = "B"
    return classes


def value_of_saved(margin: float, yearly_churn: Estimate) -> Estimate:
    """Return what a customer who stays is worth: yearly margin x expected years, 1 / yearly churn.

    The interval is that of the churn alone, taken through the formula. The margin's currency is
    the shop's own; nothing is discounted.
    Source: S. Gupta, D. R. Lehmann, "Customers as assets", Journal of Interactive Marketing 17
    (2003) 9-24, without discounting.

    Raises:
        ValueError: Nobody was lost, so that the expected years have no end.
    """
    if yearly_churn.value <= 0:
        raise ValueError("nobody was lost: the expected years have no end")
    ends = (margin / yearly_churn.low, margin / yearly_churn.high)
    return Estimate(margin / yearly_churn.value, min(ends), max(ends), yearly_churn.n)


def roe2(experience: Estimate, engaged: Estimate) -> Estimate:
    """Return return on experience x engagement by our own house definition: E x G.

    E is a share in 0..1 (CSAT or the positive share), G the engagement, 1 as ever. Andy
    Frawley's "Igniting Customer Connections" (2014) names the idea and gives no formula. The
    interval adds the two factors' distances to their ends in squares, each times the other
    factor (MOVER: G. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693-1702). `n` is that
    of the smaller sample.
    """
    value = experience.value * engaged.value
    below = math.hypot(
        engaged.value * (experience.value - experience.low), experience.value * (engaged.value - engaged.low)
    )
    above = math.hypot(
        engaged.value * (experience.high - experience.value), experience.value * (engaged.high - engaged.value)
    )
    return Estimate(value, max(0.0, value - below), value + above, min(experience.n, engaged.n))
