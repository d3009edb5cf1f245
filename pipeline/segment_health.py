"""What each segment of customers says: its mentions and answers, as far as they name a customer.

A segment of fewer persons than may be told of apart is not shown; how many there are is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import NamedTuple

from twelvefold.pipeline.change_health import Ask
from twelvefold.pipeline.chronicle import Groups, by_group
from twelvefold.pipeline.customer_health import SMALLEST_CLASS
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import Answers, Counted, effort, promotion, satisfaction
from twelvefold.records import Measure
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.segments import Segment, segment_key
from twelvefold.storage.series import Scope
from twelvefold.storage.surveys import ScoreCount

NO_SEGMENTS = "no customer has a segment: import customers with a column for each, as region or plan"


@dataclass(frozen=True)
class Told:
    """What one segment says.

    Attributes:
        key: Of what was heard of it.
        near: Its mentions of the week and of the week before, where a week is asked for.
        ask: Returns how many of it gave which score in a period.
    """

    segment: Segment
    key: str
    answers: Answers
    near: Sequence[DayCount]
    ask: Ask


class Segments(NamedTuple):
    """What the segments say that are large enough, in order, and a sentence on those that are not."""

    told: Sequence[Told]
    heard: Groups[str | None]
    note: str | None


def segments_told(
    work: Counted, brand_id: int, model: str, *, since: date | None, until: date | None, week: Week | None
) -> Segments:
    """Return what each segment says that is large enough."""
    sizes = work.customers.segments(brand_id)
    shown = [segment for segment, persons in sizes.items() if persons >= SMALLEST_CLASS]
    series = work.rollups.series(brand_id, model, Scope.SEGMENT, until=until) if shown else ()
    heard: Groups[str | None] = by_group(series, lambda each: each.key)
    near: dict[str | None, list[DayCount]] = {}
    if week is not None and shown:
        for each in (week.back(1), week):
            for count in work.rollups.spoken(brand_id, model, Scope.SEGMENT, each.since, each.until):
                near.setdefault(count.subject, []).append(count)

    @cache  # each period is asked for once, for all segments
    def scores(measure: Measure, first: date | None, end: date | None) -> Mapping[Segment, Sequence[ScoreCount]]:
        return work.surveys.scores_of_segments(brand_id, measure, first, end)

    def ask(segment: Segment, measure: Measure, first: date | None, end: date | None) -> Sequence[ScoreCount]:
        return scores(measure, first, end).get(segment, ())

    told = []
    for segment in shown:
        key, theirs = segment_key(segment), partial(ask, segment)
        answers = Answers(
            csat=satisfaction(theirs(Measure.CSAT, since, until)),
            ces=effort(theirs(Measure.CES, since, until)),
            nps=promotion(theirs(Measure.NPS, since, until)),
        )
        told.append(Told(segment, key, answers, near.get(key, ()), theirs))
    return Segments(told, heard.and_also(each.key for each in told), _left_out(sizes))


def _left_out(sizes: Mapping[Segment, int]) -> str | None:
    """Return in words how many segments are not shown; never which, as that would tell of persons."""
    if not sizes:
        return NO_SEGMENTS
    small = Counter(segment.column for segment, persons in sizes.items() if persons < SMALLEST_CLASS)
    if not small:
        return None
    listed = ", ".join(f"{n} of {column}" for column, n in sorted(small.items()))
    return f"segments of fewer than {SMALLEST_CLASS} persons are not shown: {listed}"
