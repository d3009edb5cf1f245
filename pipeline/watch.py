"""What a source's own history lets expect of tonight: a source that falls silent, a page whose layout has moved.

A site that blocks us politely, or moves its reviews elsewhere, answers like one that has none. What
tells them apart is what the same source brought in the weeks before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from twelvefold.pipeline.figures.exact import chance_of_so_few_with
from twelvefold.records import SourceResult, SourceStatus

WEEKS = 8
LEAST_NIGHTS = 14
SPANS = (1, 3, 7, 14)
FALSE_ALARMS_A_YEAR = 1.0
LEAST_DROP = 0.5
LAYOUT_CHANCE = 1e-4
_HEARD = frozenset({SourceStatus.OK, SourceStatus.EMPTY, SourceStatus.PARTIAL})
FIELDS = {"texts": "text", "ratings": "rating", "dates": "date", "authors": "author"}


def watched(tonight: SourceResult, local_date: date, history: Sequence[tuple[date, SourceResult]]) -> SourceResult:
    """Return tonight's result with what its history says against it.

    Args:
        history: What it gave before, oldest first; nights with trouble are left out here.
    """
    heard = [(day, result) for day, result in history if result.status in _HEARD]
    nights = [(day, result) for day, result in heard if day >= local_date - timedelta(weeks=WEEKS)]
    if tonight.status not in _HEARD or not nights:
        return tonight
    if faded := faded_fields(tonight, [result for _, result in nights]):
        return replace(
            tonight, status=SourceStatus.LAYOUT_CHANGED, message=_joined(_layout_sentence(faded), tonight.message)
        )
    # The first night brought all that was there before: it says nothing of a rate.
    counts: Counter[date] = Counter()
    for day, result in nights:
        if day > heard[0][0]:
            counts[day] += result.new
    if sentence := silence(counts, local_date, tonight.new + counts.pop(local_date, 0)):
        return replace(tonight, silent=True, message=_joined(sentence, tonight.message))
    return tonight


def silence(counts: Mapping[date, int], local_date: date, new: int) -> str:
    """Return a sentence if tonight and the nights just before it brought too little, or "".

    The days up to tonight, one to fourteen of them, are compared with the days before those: with so
    many mentions in so many days, how likely is it that so few come? The answer is a negative
    binomial tail: the rate is a gamma, as wide as the days it was learnt from make it, and wider
    where they differed by more than chance (variance over mean). The level is shared out over the
    spans so that a source gives at most one false alarm a year.

    Args:
        counts: New mentions by night, tonight left out.
        new: Tonight's.
    """
    level = FALSE_ALARMS_A_YEAR / 365 / (2 * len(SPANS))
    for span in SPANS:
        start = local_date - timedelta(days=span)
        before = {day: count for day, count in counts.items() if day <= start}
        if len(before) < LEAST_NIGHTS:
            continue
        few = new + sum(count for day, count in counts.items() if day > start)
        days = (start - min(before)).days + 1
        rate = sum(before.values()) / days
        if few < rate * span and chance_of_so_few(few, span, sum(before.values()), days, _spread(before)) < level:
            nights = "tonight" if span == 1 else f"in the last {span} days"
            return (
                f"{few} new mentions {nights} where its history lets expect {rate * span:.0f}: "
                "look at the source in a browser; it may show us an empty page, or have moved"
            )
    return ""


def chance_of_so_few(few: int, span: int, total: int, days: int, spread: float) -> float:
    """Return the chance of at most `few` mentions in `span` days after `total` in `days` days.

    Args:
        spread: Variance over mean of the daily counts, 1 where they are a Poisson's.
    """
    # A count that is `spread` times as wide carries that much less information.
    shape = (total + 0.5) / spread
    success = days / (days + span)
    return sum(
        math.exp(
            math.lgamma(shape + k)
            - math.lgamma(shape)
            - math.lgamma(k + 1)
            + shape * math.log(success)
            + k * math.log1p(-success)
        )
        for k in range(int(few / spread) + 1)
    )


def _spread(counts: Mapping[date, int]) -> float:
    """Return variance over mean, no less than 1."""
    mean = sum(counts.values()) / len(counts)
    if mean == 0 or len(counts) < 2:
        return 1.0
    variance = sum((count - mean) ** 2 for count in counts.values()) / (len(counts) - 1)
    return max(1.0, variance / mean)


def faded_fields(tonight: SourceResult, history: Sequence[SourceResult]) -> dict[str, tuple[float, float]]:
    """Return the fields that tonight's mentions have far less often than those before: then and now, as shares.

    Fisher's exact test, one-sided, and at least half of them gone: what is significant but small is
    how people write, not how a page is built.
    """
    fetched = sum(result.fetched for result in history)
    faded: dict[str, tuple[float, float]] = {}
    if not fetched or not tonight.fetched:
        return faded
    for name, label in FIELDS.items():
        had, has = sum(getattr(result, name) for result in history), getattr(tonight, name)
        share_then, share_now = had / fetched, has / tonight.fetched
        if (
            share_now <= LEAST_DROP * share_then
            and chance_of_so_few_with(has, tonight.fetched, had, fetched) < LAYOUT_CHANCE
        ):
            faded[label] = (share_then, share_now)
    return faded


def _layout_sentence(faded: dict[str, tuple[float, float]]) -> str:
    told = ", ".join(f"a {label} ({then:.0%} before, {now:.0%} now)" for label, (then, now) in faded.items())
    return f"far fewer mentions have {told}: the page is built otherwise than before; please report the source"


def _joined(*sentences: str) -> str:
    return "; ".join(sentence for sentence in sentences if sentence)
