"""The NPS as all customers would give it: weighted to the known sizes of their segments."""

from __future__ import annotations

from datetime import date
from typing import Any

from twelvefold.config import Brand
from twelvefold.pipeline.customer_health import SMALLEST_CLASS
from twelvefold.pipeline.figures.nps import sides, weighted_nps
from twelvefold.pipeline.weighing import SMALLEST_N, promotion_counts
from twelvefold.records import Figure, Measure
from twelvefold.storage.repository import Work


def weighted_nps_figure(
    work: Work, brand: Brand, brand_id: int, since: date | None, until: date | None
) -> dict[str, Any] | None:
    """Return the weighted NPS of [since, until) as a figure; None where no column is configured for it.

    It is refused where a segment of customers has fewer answers than may be told of apart, as its
    few would speak for all of it.
    """
    column = brand.customers.weight_by
    if column is None:
        return None
    definition = (
        f"NPS from surveys, each {column} weighted by its share of the customers who have not cancelled; "
        "adjusted Wald errors, added with the squares of the weights"
    )
    sizes = work.customers.segment_sizes(brand_id, column)
    groups = {
        name: sides(promotion_counts(scores)[0])
        for name, scores in work.surveys.scores_by_segment(brand_id, Measure.NPS, column, since, until).items()
        if name in sizes
    }
    n = sum(map(sum, groups.values()))
    note = None
    if not sizes:
        note = f"no customer has a {column}: import customers with that column"
    elif n < SMALLEST_N:
        note = f"too few answers with a {column}: {n}, at least {SMALLEST_N} needed"
    elif short := [name for name in sorted(sizes) if sum(groups.get(name, (0, 0, 0))) < SMALLEST_CLASS]:
        note = f"too few answers of {column} {short[0]!r}: fewer than {SMALLEST_CLASS}, so nobody speaks for it"
    if note is not None:
        return Figure(None, n, definition, note=note).document()
    found = weighted_nps(groups, sizes)
    return Figure(found.value, found.n, definition, found.low, found.high).document()
