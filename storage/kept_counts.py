"""A table of daily counts kept beside the mentions: one mechanism for whatever is counted by day.

The primary key of such a table is what it counts by, and `n` is how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, select

from twelvefold.storage.batches import in_batches, insert_rows
from twelvefold.storage.segment_tables import SegmentTable
from twelvefold.storage.tables import AspectTable, MentionTable, RollupTable, StarTable

Key = tuple[Any, ...]


class KeptCounts:
    """One such table, as a transaction sees it."""

    def __init__(
        self,
        connection: Connection,
        table: type[AspectTable | RollupTable | SegmentTable | StarTable],
        counting: Select[*tuple[Any, ...]],
        keys_of: Callable[[Sequence[Any]], Iterable[Key]] = lambda row: (tuple(row),),
    ) -> None:
        """Take a table and the query that counts for it.

        Args:
            counting: Its rows hold the key, then how many there are.
            keys_of: Makes the table's keys of the row's: several rows may fall together, and one may count for several.
        """
        self._connection = connection
        self._keys_of = keys_of
        self._table = table
        self._names = tuple(column.name for column in table.__table__.primary_key)
        self._counting = counting

    def count(self, mention_ids: Collection[int]) -> Counter[Key]:
        """Count some mentions as they are now."""
        total: Counter[Key] = Counter()
        for batch in in_batches(mention_ids):
            total.update(self._counted(MentionTable.id.in_(batch)))
        return total

    def add(self, changes: Mapping[Key, int]) -> None:
        """Add to the kept counts, or take off them what is below 0; what comes to nothing goes."""
        rows = [(*key, n) for key, n in changes.items() if n]
        if not rows:
            return
        table = self._table.__tablename__
        adding = f"ON CONFLICT ({', '.join(self._names)}) DO UPDATE SET n = {table}.n + excluded.n"
        insert_rows(self._connection, self._table, (*self._names, "n"), rows, adding)
        if lowered := [
            {f"its_{name}": value for name, value in zip(self._names, row[:-1], strict=True)}
            for row in rows
            if row[-1] < 0
        ]:
            emptied = [getattr(self._table, name) == bindparam(f"its_{name}") for name in self._names]
            self._connection.execute(delete(self._table).where(and_(*emptied), self._table.n == 0), lowered)

    def recompute(self, brand_id: int) -> Counter[Key]:
        """Count this brand's mentions anew, and return the counts."""
        self._connection.execute(delete(self._table).where(self._table.brand_id == brand_id))
        counted = self.of_brand(brand_id)
        rows: Iterable[Key] = ((*key, n) for key, n in counted.items())
        for batch in in_batches(rows):
            insert_rows(self._connection, self._table, (*self._names, "n"), batch)
        return counted

    def of_brand(self, brand_id: int, *conditions: ColumnElement[bool]) -> Counter[Key]:
        """Count this brand's mentions that meet some conditions."""
        return self._counted(MentionTable.brand_id == brand_id, *conditions)

    def kept(self, brand_id: int, *conditions: ColumnElement[bool]) -> dict[Key, int]:
        """Return what is kept of this brand, under conditions on the table."""
        columns = [getattr(self._table, name) for name in self._names]
        query = select(*columns, self._table.n).where(self._table.brand_id == brand_id, *conditions)
        return {tuple(row[:-1]): row[-1] for row in self._connection.execute(query)}

    def differences(
        self, brand_id: int, true_counts: Counter[Key], kept: Collection[ColumnElement[bool]] = ()
    ) -> list[str]:
        """Return one sentence for each count that is not that of the mentions themselves.

        Args:
            true_counts: Of the mentions themselves.
            kept: The conditions under which they were counted, on the table.
        """
        kept_counts = self.kept(brand_id, *kept)
        if kept_counts == true_counts:
            return []
        return [
            f"{dict(zip(self._names, key, strict=True))}: kept {kept_counts.get(key, 0)}, counted {true_counts[key]}"
            for key in sorted(true_counts.keys() | kept_counts.keys(), key=str)
            if kept_counts.get(key, 0) != true_counts[key]
        ]

    def _counted(self, *conditions: ColumnElement[bool]) -> Counter[Key]:
        total: Counter[Key] = Counter()
        for row in self._connection.execute(self._counting.where(*conditions)):
            for key in self._keys_of(row[:-1]):
                total[key] += row[-1]
        return total
