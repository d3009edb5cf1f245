"""Keeps imported rows by their natural key, and tells new from changed from unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import bindparam as bound

from twelvefold.storage.batches import in_batches
from twelvefold.storage.tables import AnswerTable, CustomerTable, OrderTable

_Key = tuple[Any, ...]
_BATCH = 2_000  # keys of up to four columns, within the bound of one statement's values


@dataclass(frozen=True)
class Imported:
    """What became of imported rows."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0


def save_rows(
    connection: Connection,
    table: type[AnswerTable | CustomerTable | OrderTable],
    brand_id: int,
    key: tuple[str, ...],
    rows: Sequence[dict[str, Any]],
) -> Imported:
    """Insert the rows that are new to the brand and update those that changed.

    Where a key comes twice, the later row counts and the earlier is one unchanged.

    Args:
        key: The columns that identify a row within its brand.
        rows: Each with the same columns, `brand_id` left out.
    """
    given: dict[_Key, dict[str, Any]] = {tuple(row[name] for name in key): row for row in rows}
    if not given:
        return Imported()
    names = list(next(iter(given.values())))
    stored: dict[_Key, tuple[int, dict[str, Any]]] = {}
    key_columns = [getattr(table, name) for name in key]
    for batch in in_batches(given, _BATCH):
        # A list for each column, which an index serves, rather than one of tuples, for which SQLite reads the whole
        # brand. It may find rows of other keys too: they are never asked for below.
        query = select(table.id, *(getattr(table, name) for name in names)).where(
            table.brand_id == brand_id,
            *(column.in_(set(values)) for column, values in zip(key_columns, zip(*batch, strict=True), strict=True)),
        )
        for row in connection.execute(query):
            values = {name: row._mapping[name] for name in names}
            stored[tuple(values[name] for name in key)] = (row.id, values)
    new = [{"brand_id": brand_id, **row} for its_key, row in given.items() if its_key not in stored]
    changed = [
        {"its_id": stored[its_key][0], **row}
        for its_key, row in given.items()
        if its_key in stored and stored[its_key][1] != row
    ]
    if new:
        connection.execute(insert(table), new)
    if changed:
        connection.execute(update(table).where(table.id == bound("its_id")), changed)
    return Imported(len(new), len(changed), len(rows) - len(new) - len(changed))
