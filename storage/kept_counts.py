"""A table of daily counts kept beside the mentions: one mechanism for whatever is counted by day.

The primary key of such a table is what it counts by, and `n` is how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, select

from twelvefold.storage.batches import in_batches, insert_rows
from twelvefold.storage.tables import MentionTable, RollupTable, StarTable

Key = tuple[Any, ...]


class KeptCounts:
    """One such table, as a transaction sees it."""

    def __init__(
        self,
        connection: Connection,
        table: type[RollupTable | StarTable],
        counting: Select[*tuple[Any, ...]],
        key_of: Callable[[Sequence[Any]], Key] = tuple,
    ) -> None:
        """Take a table and the query that counts for it.

        Args:
            counting: Its rows hold the key, then how many there are.
            key_of: Makes the table's key of the row's, where several rows may fall together.
        """
        self._connection = connection
        self._key_of = key_of
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

    def recompute(self, brand_id: int) -> None:
        """Count this brand's mentions anew."""
        self._connection.execute(delete(self._table).where(self._table.brand_id == brand_id))
        counted = self._counted(MentionTable.brand_id == brand_id)
        rows: Iterable[Key] = ((*key, n) for key, n in counted.items())
        for batch in in_batches(rows):
            insert_rows(self._connection, self._table, (*self._names, "n"), batch)

    def differences(
        self, brand_id: int, counted: Collection[ColumnElement[bool]] = (), kept: Collection[ColumnElement[bool]] = ()
    ) -> list[str]:
        """Return one sentence for each count that is not that of the mentions themselves.

        Args:
            counted: Conditions under which mentions are looked at.
            kept: The same conditions on the table.
        """
        columns = [getattr(self._table, name) for name in self._names]
        query = select(*columns, self._table.n).where(self._table.brand_id == brand_id, *kept)
        kept_counts = {tuple(row[:-1]): row[-1] for row in self._connection.execute(query)}
        true_counts = self._counted(MentionTable.brand_id == brand_id, *counted)
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
            total[self._key_of(row[:-1])] += row[-1]
        return total
