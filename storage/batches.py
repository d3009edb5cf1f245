"""Many rows at once: bounded statements, and the insert that knows what to do on a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from twelvefold.storage.tables import Base

# SQLite takes at most 32,766 values in one statement, PostgreSQL 65,535.
BATCH = 5_000
Item = TypeVar("Item")


def in_batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def insert_or(connection: Connection, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert into `table` that can be told what to do on a conflict, in the backend's dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def marks(connection: Connection, count: int) -> str:
    """Return so many marks that stand for values, as the backend's driver writes them."""
    return ", ".join(["?" if connection.dialect.name == "sqlite" else "%s"] * count)


def insert_rows(
    connection: Connection,
    table: type[Base],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    on_conflict: str = "",
) -> None:
    """Insert rows of values in the order of `names`, as one prepared statement.

    The ingest path: SQLAlchemy would build a parameter set for each row and convert every value in
    it; here a column's distinct values are converted once, as times and dates repeat.

    Args:
        on_conflict: What to do with a row that is there, as SQL that both backends know.
    """
    columns = [table.__table__.c[name] for name in names]
    statement = (
        f"INSERT INTO {table.__tablename__} ({', '.join(names)}) "  # noqa: S608  (our own names, no values)
        f"VALUES ({marks(connection, len(names))}) {on_conflict}"
    )
    converted: list[Iterable[Any]] = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        convert = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        converted.append(values if convert is None else _each_once(convert, values))
    connection.exec_driver_sql(statement, list(zip(*converted, strict=True)))


def _each_once(convert: Any, values: Sequence[Any]) -> Iterable[Any]:
    try:
        known: Mapping[Any, Any] = {value: convert(value) for value in set(values)}
    except TypeError:  # documents cannot be looked up by value
        return map(convert, values)
    return map(known.__getitem__, values)
