"""The mentions that bursts are made of, taken from the daily counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from twelvefold.pipeline.weighing import Rollups
from twelvefold.storage.packed_counts import DAYS, chunk_of
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Series

ONE_DAY = timedelta(days=1)


def said_in_bursts(
    rollups: Rollups, brand_id: int, model: str, bursts: Sequence[Mapping[str, Any]], until: date
) -> list[DayCount]:
    """Return the counts before `until` of the mentions that bursts are made of, each once.

    Args:
        bursts: Their documents.
    """
    days: set[date] = set()
    for burst in bursts:
        day, last = _days_of(burst)
        while day <= last and day < until:
            days.add(day)
            day += ONE_DAY
    said = (
        count for first, end in _stretches(days) for count in rollups.daily(brand_id, model, since=first, until=end)
    )
    return of_bursts(said, bursts)


def of_bursts(counts: Iterable[DayCount], bursts: Sequence[Mapping[str, Any]]) -> list[DayCount]:
    """Return those of the counts that are of mentions of some bursts, each once."""
    spans = [(*_days_of(burst), burst) for burst in bursts]
    return [
        count
        for count in counts
        if any(first <= count.local_date <= last and _is_in(count, burst) for first, last, burst in spans)
    ]


def taken_away(counts: Iterable[DayCount]) -> list[Series]:
    """Return series of sources that, added to all that was heard, leave these mentions out of it."""
    series = []
    for count in counts:
        days = np.zeros(DAYS, np.int64)
        chunk = chunk_of(count.local_date)
        days[count.local_date.toordinal() - chunk * DAYS] = -count.n
        series.append(Series(count.source, 1.0, count.label, count.resolved, chunk * DAYS, days))
    return series


def _stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return days as stretches without a gap, the end of each exclusive."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + ONE_DAY)
        else:
            found.append((day, day + ONE_DAY))
    return found


def _days_of(burst: Mapping[str, Any]) -> tuple[date, date]:
    """Return the first and the last day of a burst."""
    return date.fromisoformat(burst["first_day"]), date.fromisoformat(burst["last_day"])


def _is_in(count: DayCount, burst: Mapping[str, Any]) -> bool:
    if burst["source"] is not None:
        return bool(count.source == burst["source"])
    return bool(count.subject == burst["subject"])
