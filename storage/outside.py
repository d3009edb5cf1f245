"""Somebody else's database as a source: one query, read only, bounded, written out as JSON lines.

SQLite is opened read only and PostgreSQL in a read-only transaction with a statement timeout. Of
other databases we know no such switch: there the query must be a single SELECT, nothing is
committed, and the account should be one that may only read.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from twelvefold.config import redact
from twelvefold.errors import ConfigError, StorageUnavailable, TwelvefoldError

MOST_ROWS = 5_000_000
LONGEST_S = 300.0
_PAGE = 5_000
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_READS = re.compile(r"(select|with|values|table)\b", re.IGNORECASE)


def write_query(url: str, query: str, folder: Path, target: Path, *, longest_s: float = LONGEST_S) -> int:
    """Write what the query gives to `target`, an object a line, and return how many rows there are.

    Args:
        url: Any that SQLAlchemy takes; a relative SQLite file lies in `folder`.
        longest_s: How long the query and its reading may take.

    Raises:
        ConfigError: The URL or the query cannot be used; neither password nor URL is shown whole.
        StorageUnavailable: The database cannot be reached, or takes too long.
    """
    parsed = _parsed(url, folder)
    _check_reads(query)
    engine = _engine(parsed, longest_s)
    deadline = time.monotonic() + longest_s
    count = 0
    try:
        with target.open("w", encoding="utf-8") as lines:
            for row in _rows(engine, query):
                count += 1
                if count > MOST_ROWS:
                    raise ConfigError(f"the query gives more than {MOST_ROWS} rows: narrow it")
                if time.monotonic() > deadline:
                    raise StorageUnavailable(f"the query takes longer than {longest_s:g} s: narrow it")
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    except SQLAlchemyError as exc:
        raise _translated(exc, parsed) from exc
    finally:
        engine.dispose()
    return count


def _rows(engine: Engine, query: str) -> Iterator[dict[str, str]]:
    with engine.connect() as connection:
        # A colon in the query is the query's own, and no parameter of ours.
        statement = text(query.replace(":", "\\:"))
        with closing(connection.execution_options(yield_per=_PAGE).execute(statement)) as result:
            names = [str(name) for name in result.keys()]  # noqa: SIM118  (a result is no mapping)
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ConfigError(f"the query gives two columns called {twice[0]!r}: name one otherwise, with AS")
            for row in result:
                yield dict(zip(names, map(_as_text, row), strict=True))


def _as_text(value: Any) -> str:
    """Return a value as a file would have it; a number with six decimals, which no locale reads otherwise."""
    if value is None or isinstance(value, (bytes, memoryview)):
        return ""
    if isinstance(value, (float, Decimal)):
        return f"{value:.6f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _parsed(url: str, folder: Path) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise ConfigError(
            "customers.sql.url is no database URL: write postgresql+psycopg://USER:PASSWORD@HOST/NAME"
        ) from exc
    if parsed.get_backend_name() != "sqlite":
        return (
            parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgres", "postgresql") else parsed
        )
    file = (folder / Path(parsed.database or "").expanduser()).resolve()
    if not file.is_file():
        raise ConfigError(f"customers.sql.url names no file that exists: {file}")
    return parsed.set(database=f"file:{file.as_posix()}", query={"mode": "ro", "uri": "true"})


def _check_reads(query: str) -> None:
    """Refuse what is more than one statement, or does not begin as one that reads."""
    bare = _COMMENT.sub(" ", query).strip().rstrip(";").strip()
    if not _READS.match(bare):
        raise ConfigError(f"customers.sql: the query must be one SELECT, and begins with {bare[:20]!r}")
    if ";" in re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", bare):
        raise ConfigError("customers.sql: the query must be a single statement: take out the semicolon inside it")


def _engine(url: URL, longest_s: float) -> Engine:
    backend = url.get_backend_name()
    arguments: dict[str, Any] = {}
    if backend == "postgresql":
        limits = f"-c statement_timeout={round(longest_s * 1000)} -c default_transaction_read_only=on"
        arguments = {"connect_timeout": 10, "options": limits}
    try:
        engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
    except (ModuleNotFoundError, NoSuchModuleError, ArgumentError) as exc:
        raise ConfigError(
            f"customers.sql.url: no driver for {url.drivername!r} is installed: install it with pip"
        ) from exc
    if backend == "sqlite":
        event.listen(engine, "connect", lambda connection, record: _bound_sqlite(connection, longest_s))
    return engine


def _bound_sqlite(connection: Any, longest_s: float) -> None:
    deadline = time.monotonic() + longest_s
    connection.execute("PRAGMA query_only = ON")
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 100_000)


def _translated(error: SQLAlchemyError, url: URL) -> TwelvefoldError:
    """Return our own error: what the database says in one line, without password."""
    told = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    secrets = {"password": str(url.password)} if url.password else {}
    said = redact(told.strip().splitlines()[0] if told.strip() else type(error).__name__, secrets)
    if "interrupted" in said or "statement timeout" in said:
        return StorageUnavailable(f"customers.sql: the query takes too long ({said}): narrow it")
    if (isinstance(error, DBAPIError) and error.connection_invalidated) or "connect" in said.lower():
        return StorageUnavailable(f"customers.sql: the database cannot be reached ({said}): check customers.sql.url")
    return ConfigError(f"customers.sql: the database refuses the query ({said})")
