"""Weekly counts of many cells packed by group: one row holds 64 weeks, so that years are read in a few rows.

A row's cells are those that are not empty: how many there are, their numbers, then 64 weeks of each, all of the
smallest size of whole number that holds the largest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select, tuple_

from twelvefold.storage.batches import in_batches, insert_or, insert_rows
from twelvefold.storage.series_tables import ProbabilitySeriesTable

WEEKS = 64
DAYS_IN_WEEK = 7
Counts = npt.NDArray[np.int64]
RowKey = tuple[Any, ...]
Grid = dict[int, list[int]]
"""64 weeks of each cell."""

_NUMBER = np.dtype("<u2")
_SIZES = {np.dtype(name).itemsize: np.dtype(name) for name in ("<i1", "<i2", "<i4", "<i8")}
_AT_ONCE = 1_000  # rows of eight key columns, within the bound of one statement's values


def week_of(day: date) -> int:
    """Return the number of the ISO week that a day falls into, counted from the first of the calendar."""
    return (day.toordinal() - 1) // DAYS_IN_WEEK


def empty_grid() -> defaultdict[int, list[int]]:
    """Return a grid to count into."""
    return defaultdict(lambda: [0] * WEEKS)


def pack(grid: Mapping[int, list[int]]) -> bytes:
    """Return the cells that are not empty, in the order of their numbers; nothing where all are."""
    told = sorted(cell for cell, weeks in grid.items() if any(weeks))
    if not told:
        return b""
    counts = np.array([grid[cell] for cell in told], np.int64)
    low, high = int(counts.min()), int(counts.max())
    kind = next(kind for kind in _SIZES.values() if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return np.array([len(told), *told], _NUMBER).tobytes() + counts.astype(kind).tobytes()


def unpack(packed: bytes) -> tuple[Counts, npt.NDArray[Any]]:
    """Return the numbers of the cells, and their counts: one row a cell, one column a week."""
    told = int(np.frombuffer(packed, _NUMBER, 1)[0])
    start = _NUMBER.itemsize * (1 + told)
    kind = _SIZES[(len(packed) - start) // (told * WEEKS)]
    cells = np.frombuffer(packed, _NUMBER, told, _NUMBER.itemsize).astype(np.int64)
    return cells, np.frombuffer(packed, kind, told * WEEKS, start).reshape(told, WEEKS)


class PackedCells:
    """The table of packed cells, as a transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = ProbabilitySeriesTable
        self._names = tuple(column.name for column in ProbabilitySeriesTable.__table__.primary_key)
        self._key = [getattr(ProbabilitySeriesTable, name) for name in self._names]

    def add(self, more: Mapping[RowKey, Grid], less: Mapping[RowKey, Grid]) -> None:
        """Add to what is kept, and take off it; a row that comes to nothing goes."""
        changed = [key for key in more.keys() | less.keys() if more.get(key) != less.get(key)]
        for batch in in_batches(changed, _AT_ONCE):
            query = select(*self._key, self._table.cells).where(tuple_(*self._key).in_(batch))
            stored = {tuple(row[:-1]): row[-1] for row in self._connection.execute(query)}
            written, emptied = [], []
            for key in batch:
                grid = _unpacked(stored[key]) if key in stored else empty_grid()
                _move(grid, more.get(key, {}), int.__add__)
                _move(grid, less.get(key, {}), int.__sub__)
                packed = pack(grid)
                if packed:
                    written.append(dict(zip((*self._names, "cells"), (*key, packed), strict=True)))
                elif key in stored:
                    emptied.append({f"its_{name}": part for name, part in zip(self._names, key, strict=True)})
            if written:
                upsert = insert_or(self._connection, self._table)
                cells = {"cells": upsert.excluded.cells}
                upsert = upsert.on_conflict_do_update(index_elements=self._names, set_=cells)
                self._connection.execute(upsert, written)
            if emptied:
                gone = and_(*(column == bindparam(f"its_{column.key}") for column in self._key))
                self._connection.execute(delete(self._table).where(gone), emptied)

    def drop(self, brand_id: int) -> None:
        """Keep nothing of a brand."""
        self._connection.execute(delete(self._table).where(self._table.brand_id == brand_id))

    def replace(self, brand_id: int, counted: Mapping[RowKey, Grid]) -> None:
        """Keep this of a brand and nothing else."""
        self.drop(brand_id)
        rows = ((*key, packed) for key, grid in counted.items() if (packed := pack(grid)))
        for batch in in_batches(rows):
            insert_rows(self._connection, self._table, (*self._names, "cells"), batch)

    def differences(
        self, brand_id: int, counted: Mapping[RowKey, Grid], kept: Collection[ColumnElement[bool]]
    ) -> list[str]:
        """Return one sentence for each row that does not hold what was counted.

        Args:
            kept: Conditions on the table: which of its rows are looked at.
        """
        query = select(*self._key, self._table.cells).where(self._table.brand_id == brand_id, *kept)
        stored = {tuple(row[:-1]): row[-1] for row in self._connection.execute(query)}
        truth = {key: packed for key, grid in counted.items() if (packed := pack(grid))}
        return [
            f"{dict(zip(self._names, key, strict=True))}: kept {_sum(stored.get(key))}, "
            f"counted {_sum(truth.get(key))}, or in other cells or weeks"
            for key in sorted(stored.keys() | truth.keys(), key=str)
            if stored.get(key) != truth.get(key)
        ]


def _unpacked(packed: bytes) -> defaultdict[int, list[int]]:
    grid = empty_grid()
    cells, counts = unpack(packed)
    grid.update(zip(cells.tolist(), counts.tolist(), strict=True))
    return grid


def _move(grid: Grid, moved: Mapping[int, list[int]], step: Callable[[int, int], int]) -> None:
    for cell, weeks in moved.items():
        grid[cell] = list(map(step, grid[cell], weeks))


def _sum(packed: bytes | None) -> int:
    return int(unpack(packed)[1].sum(dtype=np.int64)) if packed else 0
