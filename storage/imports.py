"""Keeps imported rows by their natural key, and tells new from changed from unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, delete, update
from sqlalchemy import bindparam as bound

from twelvefold.storage.batches import in_batches, insert_rows, marks, stored_rows
from twelvefold.storage.tables import AnswerTable, CustomerTable, OrderTable

_Table = type[AnswerTable | CustomerTable | OrderTable]
_Values = tuple[Any, ...]
_BATCH = 2_000  # keys of up to four columns, within the bound of one statement's values


@dataclass(frozen=True)
class Imported:
    """What became of imported rows; `removed` counts stored ones that the import no longer tells."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


def save_columns(
    connection: Connection,
    table: _Table,
    brand_id: int,
    key: tuple[str, ...],
    columns: Mapping[str, Sequence[Any]],
    whole: tuple[str, ...] = (),
) -> Imported:
    """Insert the rows that are new to the brand, update those that changed and leave the others alone.

    Where a key comes twice, the later row counts and the earlier is one unchanged.

    Args:
        key: The columns that identify a row within its brand.
        columns: The values of each column by its name, the key's first; `brand_id` is left out.
        whole: The first columns of the key, where they identify what the rows are parts of (a survey's response)
            and it is told as a whole: its stored parts that are not given give their place to new ones, or go.
    """
    names = tuple(columns)
    width, whole_width = len(key), len(whole or key)
    rows = list(zip(*columns.values(), strict=True))
    given = {row[:width]: row for row in rows}
    wholes = dict.fromkeys(its_key[:whole_width] for its_key in given)
    stored: dict[_Values, tuple[int, _Values]] = {}
    stale: dict[_Values, list[int]] = {}
    for its_id, *values in _stored(connection, table, brand_id, names, whole or key, wholes):
        row = tuple(values)
        if row[:width] in given:
            stored[row[:width]] = its_id, row
        elif row[:whole_width] in wholes:
            stale.setdefault(row[:whole_width], []).append(its_id)
    new: list[_Values] = []
    changed: list[dict[str, Any]] = []
    for its_key, row in given.items():
        if its_key in stored:
            its_id, before = stored[its_key]
            if before == row:
                continue
        elif freed := stale.get(its_key[:whole_width]):
            its_id = freed.pop()
        else:
            new.append((brand_id, *row))
            continue
        changed.append({"its_id": its_id, **dict(zip(names, row, strict=True))})
    gone = [its_id for ids in stale.values() for its_id in ids]
    for batch in in_batches(gone):
        connection.execute(delete(table).where(table.id.in_(batch)))
    if changed:
        connection.execute(update(table).where(table.id == bound("its_id")), changed)
    if new:
        insert_rows(connection, table, ("brand_id", *names), new)
    return Imported(len(new), len(changed), len(rows) - len(new) - len(changed), len(gone))


def _stored(
    connection: Connection,
    table: _Table,
    brand_id: int,
    names: Sequence[str],
    by: Sequence[str],
    wanted: Iterable[_Values],
) -> Iterator[_Values]:
    """Yield id and values of the stored rows whose columns `by` have the wanted values.

    A list for each column, which an index serves, rather than one of tuples, for which SQLite reads the whole
    brand. So rows may come whose values are each wanted with others.
    """
    query = f"SELECT id, {', '.join(names)} FROM {table.__tablename__} WHERE brand_id = "  # noqa: S608  (our own names)
    for batch in in_batches(wanted, _BATCH):
        lists = [list(set(values)) for values in zip(*batch, strict=True)]
        among = [f"{name} IN ({marks(connection, len(values))})" for name, values in zip(by, lists, strict=True)]
        where = " AND ".join([marks(connection, 1), *among])
        yield from stored_rows(connection, table, query + where, (brand_id, *chain(*lists)))
