"""The daily counts as figures read them: for each group of one scope, years in a few rows.

A scope is what groups are told apart by: source, subject, language, aspect or segment. Counts of one group are kept
apart by the weight of their sources, so that a group of two hundred sources that weigh the same is read as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, cast, func, select

from twelvefold.records import Sentiment
from twelvefold.storage.packed_counts import DAYS, Counts, DayKey, PackedCounts, chunk_of, merged, unpack, unpack_all
from twelvefold.storage.series_tables import ClassSeriesTable, StarSeriesTable
from twelvefold.storage.tables import SourceTable

_LABELS = {label.value: label for label in Sentiment}


class Scope(StrEnum):
    """What the groups of a series are told apart by."""

    SOURCE = "source"
    SUBJECT = "subject"
    LANGUAGE = "language"
    ASPECT = "aspect"
    SEGMENT = "segment"  # the key of a group is made by `storage.segments.segment_key`


@dataclass(frozen=True, slots=True)
class Series:
    """How many mentions of some 512 days of one group fell into one class.

    Attributes:
        key: The group; None where a mention has no subject.
        weight: Of the sources that they are of.
        first_day: The ordinal of the first of the days.
    """

    key: str | None
    weight: float
    label: Sentiment
    resolved: bool
    first_day: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class StarTotal:
    """How many mentions of one group have so many stars, on 1-5 and rounded to a tenth."""

    key: str | None
    stars: float
    n: int


class AllSeries:
    """All series of a brand, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._classes = PackedCounts(connection, ClassSeriesTable)
        self._stars = PackedCounts(connection, StarSeriesTable)

    def add_classes(self, changes: Mapping[tuple[Any, ...], int]) -> None:
        """Follow changes of the counts by class, their keys those of `rollups`."""
        if changes:
            self._classes.add(_by_class(changes, self._weights()))

    def add_aspects(self, changes: Mapping[tuple[Any, ...], int]) -> None:
        """Follow changes of the counts by aspect, their keys those of `aspect_rollups`."""
        if changes:
            self._classes.add(_by_group(Scope.ASPECT, changes, self._weights()))

    def add_segments(self, changes: Mapping[tuple[Any, ...], int]) -> None:
        """Follow changes of the counts by segment, their keys those of `segment_rollups`."""
        if changes:
            self._classes.add(_by_group(Scope.SEGMENT, changes, self._weights()))

    def add_stars(self, changes: Mapping[tuple[Any, ...], int]) -> None:
        """Follow changes of the counts by stars, their keys those of `star_rollups`."""
        if changes:
            self._stars.add(_by_stars(changes))

    def replace_classes(
        self,
        brand_id: int,
        classes: Mapping[tuple[Any, ...], int],
        aspects: Mapping[tuple[Any, ...], int],
        segments: Mapping[tuple[Any, ...], int],
    ) -> None:
        """Keep what these counts of a brand add up to, and nothing else."""
        self._classes.replace(brand_id, self._by_class(classes, aspects, segments))

    def replace_stars(self, brand_id: int, stars: Mapping[tuple[Any, ...], int]) -> None:
        """Keep what these counts of a brand add up to, and nothing else."""
        self._stars.replace(brand_id, _by_stars(stars))

    def differences(
        self,
        brand_id: int,
        models: Collection[str],
        classes: Mapping[tuple[Any, ...], int],
        aspects: Mapping[tuple[Any, ...], int],
        segments: Mapping[tuple[Any, ...], int],
        stars: Mapping[tuple[Any, ...], int],
    ) -> list[str]:
        """Return one sentence for each row that is not what these counts add up to."""
        by_class = self._by_class(classes, aspects, segments)
        return [
            *self._classes.differences(brand_id, by_class, [ClassSeriesTable.model.in_(models)]),
            *self._stars.differences(brand_id, _by_stars(stars)),
        ]

    def classes(self, brand_id: int, models: Collection[str], scope: Scope, until: date | None) -> list[Series]:
        """Return the counts by class of the days before `until`, in no order."""
        table = ClassSeriesTable
        query = select(table.key, table.weight, table.label, table.resolved, table.chunk, table.days).where(
            table.brand_id == brand_id, table.scope == scope.value, table.model.in_(models)
        )
        if until is not None:
            query = query.where(table.chunk <= chunk_of(until))
        rows = self._connection.execute(query).all()
        counts = unpack_all([row.days for row in rows])
        if until is not None:
            last = chunk_of(until)
            counts[[n for n, row in enumerate(rows) if row.chunk == last], until.toordinal() - last * DAYS :] = 0
        names = self.names(brand_id, scope)
        found = []
        for n in np.flatnonzero(counts.any(axis=1)).tolist():
            key, weight, label, resolved, chunk, _ = rows[n]
            found.append(Series(names(key), weight, _LABELS[label], resolved, chunk * DAYS, counts[n]))
        return found

    def stars(self, brand_id: int, scope: Scope, since: date | None, until: date | None) -> list[StarTotal]:
        """Return how many mentions of the days in [since, until) have how many stars, in the order of their groups."""
        table = StarSeriesTable
        ours = (table.brand_id == brand_id, table.scope == scope.value)
        ends = {chunk_of(day) for day in (since, until) if day is not None}
        total: Counter[tuple[str, int]] = Counter()
        # Only the rows with an end of the period in them need be unpacked.
        whole = select(table.key, table.tenths, cast(func.sum(table.n), BigInteger)).where(*ours)
        if since is not None:
            whole = whole.where(table.chunk > chunk_of(since))
        if until is not None:
            whole = whole.where(table.chunk < chunk_of(until))
        for key, tenths, n in self._connection.execute(whole.group_by(table.key, table.tenths)):
            total[key, tenths] += n
        if ends:
            parts = select(table.key, table.tenths, table.chunk, table.days).where(*ours, table.chunk.in_(ends))
            for key, tenths, chunk, days in self._connection.execute(parts):
                total[key, tenths] += int(_cut(unpack(days), chunk, since, until).sum())
        names = self.names(brand_id, scope)
        return sorted(
            (StarTotal(names(key), tenths / 10, n) for (key, tenths), n in total.items() if n),
            key=lambda each: (each.key or "", each.stars),
        )

    def daily_stars(self, brand_id: int, until: date | None) -> list[tuple[float, int, Counts]]:
        """Return (stars, ordinal of the first day, counts of 512 days) of the whole brand before `until`."""
        table = StarSeriesTable
        query = select(table.tenths, table.chunk, table.days).where(
            table.brand_id == brand_id, table.scope == Scope.SOURCE.value
        )
        found = merged(self._connection.execute(query))
        return [
            (tenths / 10, chunk * DAYS, _cut(counts, chunk, None, until))
            for tenths, chunks in sorted(found.items())
            for chunk, counts in sorted(chunks.items())
        ]

    def _by_class(
        self,
        classes: Mapping[tuple[Any, ...], int],
        aspects: Mapping[tuple[Any, ...], int],
        segments: Mapping[tuple[Any, ...], int],
    ) -> dict[DayKey, int]:
        """Return the counts by class of all scopes."""
        weights = self._weights()
        return {
            **_by_class(classes, weights),
            **_by_group(Scope.ASPECT, aspects, weights),
            **_by_group(Scope.SEGMENT, segments, weights),
        }

    def _weights(self) -> dict[int, float]:
        return {row.id: row.weight for row in self._connection.execute(select(SourceTable.id, SourceTable.weight))}

    def names(self, brand_id: int, scope: Scope) -> Any:
        """Return what makes the name of a group of its key."""
        if scope is Scope.SOURCE:
            query = select(SourceTable.id, SourceTable.name).where(SourceTable.brand_id == brand_id)
            return {str(row.id): row.name for row in self._connection.execute(query)}.__getitem__
        if scope is Scope.LANGUAGE:
            return lambda key: key or "und"
        return lambda key: key or None


def _cut(counts: Counts, chunk: int, since: date | None, until: date | None) -> Counts:
    """Return the counts of a chunk's days, those outside [since, until) as 0."""
    first = chunk * DAYS
    if since is not None and since.toordinal() > first:
        counts[: since.toordinal() - first] = 0
    if until is not None and until.toordinal() < first + DAYS:
        counts[max(0, until.toordinal() - first) :] = 0
    return counts


def _by_class(counts: Mapping[tuple[Any, ...], int], weights: Mapping[int, float]) -> Counter[DayKey]:
    """Return counts by class as each scope has them."""
    total: Counter[DayKey] = Counter()
    for (brand, model, day, source, subject, language, label, resolved), n in counts.items():
        rest = (weights[source], label, resolved, day.toordinal())
        total[brand, Scope.SOURCE.value, model, str(source), *rest] += n
        total[brand, Scope.SUBJECT.value, model, subject, *rest] += n
        total[brand, Scope.LANGUAGE.value, model, language, *rest] += n
    return total


def _by_group(scope: Scope, counts: Mapping[tuple[Any, ...], int], weights: Mapping[int, float]) -> Counter[DayKey]:
    """Return counts by aspect or segment as their scope has them."""
    total: Counter[DayKey] = Counter()
    for (brand, model, day, source, group, label, resolved), n in counts.items():
        total[brand, scope.value, model, group, weights[source], label, resolved, day.toordinal()] += n
    return total


def _by_stars(counts: Mapping[tuple[Any, ...], int]) -> Counter[DayKey]:
    """Return counts by stars as each scope has them."""
    total: Counter[DayKey] = Counter()
    for (brand, day, source, subject, language, tenths), n in counts.items():
        rest = (tenths, day.toordinal())
        for scope, key in ((Scope.SOURCE, str(source)), (Scope.SUBJECT, subject), (Scope.LANGUAGE, language)):
            total[brand, scope.value, key, *rest] += n
    return total
