"""Many rows at once: bounded statements, and the insert that knows what to do on a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

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


def rows_among(connection: Connection, query: str, given: Sequence[Any], values: Iterable[Any]) -> Iterator[Any]:
    """Yield what a query finds for some of many values, batch by batch, without SQLAlchemy's work for each value.

    Args:
        query: SQL that ends in "IN", with the driver's marks for what is given.
        given: The values of the query's own marks.
        values: What the column before "IN" may be.
    """
    for batch in in_batches(values):
        among = f"{query} ({marks(connection, len(batch))})"
        yield from connection.exec_driver_sql(among, (*given, *batch)).cursor.fetchall()


def insert_rows(
    connection: Connection,
    table: type[Base],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    on_conflict: str = "",
) -> None:
    """Insert rows of values in the order of `names`; see `insert_columns`."""
    insert_columns(connection, table, dict(zip(names, zip(*rows, strict=True), strict=True)), on_conflict)


def insert_columns(
    connection: Connection, table: type[Base], columns: Mapping[str, Sequence[Any]], on_conflict: str = ""
) -> None:
    """Insert rows, given by columns, as one prepared statement; on PostgreSQL new ones are copied.

    The ingest path: SQLAlchemy would build a parameter set for each row and convert every value in
    it; here a column's distinct values are converted once, as times and dates repeat.

    Args:
        columns: The values of each column, by its name.
        on_conflict: What to do with a row that is there, as SQL that both backends know.
    """
    names = ", ".join(columns)
    converted: list[Iterable[Any]] = []
    for name, values in columns.items():
        convert = table.__table__.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        converted.append(values if convert is None else _each_once(convert, values))
    rows = zip(*converted, strict=True)
    if connection.dialect.name == "postgresql" and not on_conflict:
        _copy(connection, f"COPY {table.__tablename__} ({names}) FROM STDIN", rows)
        return
    statement = (
        f"INSERT INTO {table.__tablename__} ({names}) "  # noqa: S608  (our own names, no values)
        f"VALUES ({marks(connection, len(columns))}) {on_conflict}"
    )
    connection.exec_driver_sql(statement, list(rows))


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    driver: Any = connection.dialect.dbapi
    cursor: Any = connection.connection.cursor()
    try:
        with cursor, cursor.copy(statement) as copying:
            for row in rows:
                copying.write_row(row)
    except driver.Error as exc:  # which SQLAlchemy, that knows nothing of this, would have wrapped
        raise DBAPIError(statement, None, exc) from exc


def stored_rows(
    connection: Connection, table: type[Base], query: str, given: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that a query finds in one table, without SQLAlchemy's work for each value.

    As in `insert_columns`, a column's distinct values are converted once.

    Args:
        query: SQL that selects columns of the table, with the driver's marks for what is given.
    """
    dialect = connection.dialect
    cursor = connection.exec_driver_sql(query, tuple(given)).cursor
    converted: list[Iterable[Any]] = []
    for (name, its_code, *_), values in zip(cursor.description, zip(*cursor.fetchall(), strict=True), strict=False):
        convert = table.__table__.c[name].type.dialect_impl(dialect).result_processor(dialect, its_code)
        converted.append(values if convert is None else _each_once(convert, values))
    return zip(*converted, strict=True)


def _each_once(convert: Any, values: Sequence[Any]) -> Iterable[Any]:
    try:
        known: Mapping[Any, Any] = {value: convert(value) for value in set(values)}
    except TypeError:  # documents cannot be looked up by value, but one that is shared is the same object
        shared = {id(value): convert(value) for value in {id(value): value for value in values}.values()}
        return [shared[id(value)] for value in values]
    return map(known.__getitem__, values)
