"""Daily counts packed by series: one row holds 512 days, so that years of a group are read in a few rows.

A series is what a row's primary key says but for its last column, the chunk: the 512-day stretch of the calendar.
The days are signed little-endian whole numbers, all of the smallest size that holds the largest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select, tuple_

from twelvefold.storage.batches import in_batches, insert_or, insert_rows
from twelvefold.storage.series_tables import ClassSeriesTable, StarSeriesTable

DAYS = 512
Counts = npt.NDArray[np.int64]
DayKey = tuple[Any, ...]
"""A series and, in the place of the chunk, a day as its proleptic ordinal."""

_SIZES = {DAYS * np.dtype(name).itemsize: np.dtype(name) for name in ("<i1", "<i2", "<i4", "<i8")}
_AT_ONCE = 1_000  # rows of up to eight key columns, within the bound of one statement's values


def pack(days: Counts) -> bytes:
    """Return the counts of 512 days in as few bytes as hold them."""
    low, high = int(days.min()), int(days.max())
    kind = next(kind for kind in _SIZES.values() if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return days.astype(kind).tobytes()


def unpack(packed: bytes) -> Counts:
    """Return the counts of 512 days."""
    return np.frombuffer(packed, _SIZES[len(packed)]).astype(np.int64)


def unpack_all(packed: Sequence[bytes]) -> Counts:
    """Return the counts of 512 days of each of some rows."""
    found = np.empty((len(packed), DAYS), np.int64)
    for size, kind in _SIZES.items():
        places = [n for n, days in enumerate(packed) if len(days) == size]
        found[places] = np.frombuffer(b"".join([packed[n] for n in places]), kind).reshape(-1, DAYS)
    return found


def chunk_of(day: date) -> int:
    """Return the chunk that a day falls into."""
    return day.toordinal() // DAYS


class PackedCounts:
    """One table of series, as a transaction sees it."""

    def __init__(self, connection: Connection, table: type[ClassSeriesTable | StarSeriesTable]) -> None:
        self._connection = connection
        self._table = table
        self._names = tuple(column.name for column in table.__table__.primary_key)
        self._key = [getattr(table, name) for name in self._names]

    def add(self, changes: Mapping[DayKey, int]) -> None:
        """Add to the kept counts, or take off them what is below 0; a series that comes to nothing goes."""
        for batch in in_batches(_by_row(changes).items(), _AT_ONCE):
            query = select(*self._key, self._table.days).where(tuple_(*self._key).in_([key for key, _ in batch]))
            stored = {tuple(row[:-1]): row[-1] for row in self._connection.execute(query)}
            rows, emptied = [], []
            for key, moved in batch:
                days = unpack(stored[key]) if key in stored else np.zeros(DAYS, np.int64)
                days[list(moved)] += list(moved.values())
                if days.any():
                    rows.append((*key, int(days.sum()), pack(days)))
                elif key in stored:
                    emptied.append(key)
            self._write(rows)
            self._drop(emptied)

    def _write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        names = (*self._names, "n", "days")
        upsert = insert_or(self._connection, self._table)
        upsert = upsert.on_conflict_do_update(
            index_elements=self._names, set_={"n": upsert.excluded.n, "days": upsert.excluded.days}
        )
        self._connection.execute(upsert, [dict(zip(names, row, strict=True)) for row in rows])

    def _drop(self, keys: Sequence[tuple[Any, ...]]) -> None:
        if keys:
            emptied = and_(*(column == bindparam(f"its_{column.key}") for column in self._key))
            self._connection.execute(
                delete(self._table).where(emptied),
                [{f"its_{name}": part for name, part in zip(self._names, key, strict=True)} for key in keys],
            )

    def replace(self, brand_id: int, counted: Mapping[DayKey, int]) -> None:
        """Keep these counts of a brand and no others."""
        self._connection.execute(delete(self._table).where(self._table.brand_id == brand_id))
        rows: Iterator[tuple[Any, ...]] = (
            (*key, sum(moved.values()), pack(_spread(moved))) for key, moved in _by_row(counted).items()
        )
        for batch in in_batches(rows):
            insert_rows(self._connection, self._table, (*self._names, "n", "days"), batch)

    def differences(
        self, brand_id: int, counted: Mapping[DayKey, int], kept: Collection[ColumnElement[bool]] = ()
    ) -> list[str]:
        """Return one sentence for each row that does not hold what was counted.

        Args:
            kept: Conditions on the table: which of its rows are looked at.
        """
        query = select(*self._key, self._table.n, self._table.days).where(self._table.brand_id == brand_id, *kept)
        stored = {tuple(row[:-2]): (row.n, row.days) for row in self._connection.execute(query)}
        truth = {key: (sum(moved.values()), pack(_spread(moved))) for key, moved in _by_row(counted).items()}
        return [
            f"{dict(zip(self._names, key, strict=True))}: kept {stored.get(key, (0,))[0]}, "
            f"counted {truth.get(key, (0,))[0]}, or on other days"
            for key in sorted(stored.keys() | truth.keys(), key=str)
            if stored.get(key) != truth.get(key)
        ]


def _by_row(changes: Mapping[DayKey, int]) -> dict[tuple[Any, ...], dict[int, int]]:
    """Return what changes in each row: the place in its 512 days, and by how much."""
    rows: defaultdict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
    for (*series, ordinal), n in changes.items():
        if n:
            chunk, place = divmod(ordinal, DAYS)
            rows[*series, chunk][place] = n
    return rows


def _spread(moved: Mapping[int, int]) -> Counts:
    days = np.zeros(DAYS, np.int64)
    days[list(moved)] = list(moved.values())
    return days


def merged(rows: Iterable[tuple[Any, int, bytes]]) -> dict[Any, dict[int, Counts]]:
    """Add up rows of (line, chunk, packed days): the counts of each line by chunk."""
    lines: dict[Any, dict[int, Counts]] = {}
    for line, chunk, packed in rows:
        chunks = lines.setdefault(line, {})
        chunks[chunk] = chunks[chunk] + unpack(packed) if chunk in chunks else unpack(packed)
    return lines
