"""Opens a database: SQLite as the embedded default, PostgreSQL where it is asked for.

On both, one transaction writes at a time (`BEGIN IMMEDIATE`, an advisory lock), so that what a
transaction has read still holds when it writes; readers never wait. What the drivers raise is
translated here into our own errors.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from twelvefold.config import redact
from twelvefold.errors import ConfigError, StorageUnavailable, TwelvefoldError, UnreadableFile
from twelvefold.storage.answers import Answers, pack
from twelvefold.storage.changes import change_number, counting_change
from twelvefold.storage.migrate import is_up_to_date, migrate
from twelvefold.storage.repository import Work

# Indexes by hash are written all over: what SQLite keeps in memory by default holds no night's worth of them.
CACHE_KIB = 64 * 1024
CHECKPOINT_PAGES = 8_000
WRITER_LOCK = 0x12F01D  # the key of PostgreSQL's advisory lock
_POSTGRES_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
_AT_ONCE_S = 0.001  # PostgreSQL takes 0 for ever
log = logging.getLogger(__name__)


class Database:
    """One open database; `begin` and `read` give transactions.

    Attributes:
        url: Where it is, without the password.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._impatient = _create_engine(engine.url, _AT_ONCE_S)
        self.url = engine.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[Work]:
        """Open a transaction that may write: committed on a clean exit, rolled back on an exception.

        There is one at a time, so one opened inside another's block waits for itself until it gives up.

        Raises:
            StorageUnavailable: The database did not answer within its timeout, or another process holds its lock.
        """
        with self._transaction(writes=True) as connection, counting_change(connection):
            yield Work(connection)

    @contextmanager
    def read(self) -> Iterator[Work]:
        """Open a transaction that only reads, on one consistent state, and waits for no writer.

        Raises:
            StorageUnavailable: The database did not answer within its timeout.
        """
        with self._transaction(writes=False) as connection:
            yield Work(connection)

    def keep_answer(self, question: str, change: int, document: dict[str, Any]) -> bool:
        """Keep what was computed from the state after some change, and tell whether it is kept.

        It is not where anything has changed since, where another transaction is writing, or where nothing can be
        written: who has computed an answer neither waits nor fails for its being kept. It is no change itself.
        """
        packed = pack(document)
        try:
            with self._transaction(self._impatient, writes=True) as connection:
                return change_number(connection) == change and Answers(connection).keep(question, packed)
        except TwelvefoldError as problem:
            log.debug("an answer is not kept: %s", problem)
            return False

    @contextmanager
    def _transaction(self, engine: Engine | None = None, *, writes: bool) -> Iterator[Connection]:
        engine = engine or self._engine
        try:
            with engine.connect().execution_options(twelvefold_writes=writes) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as exc:
            raise _translated(exc, engine.url) from exc

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        self._impatient.dispose()


def open_database(
    url: str, *, busy_timeout_s: float = 30.0, counting: Callable[[int, int], None] = lambda done, steps: None
) -> Database:
    """Open the database at `url`, make what is missing, and bring its schema up to date.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql+psycopg://user:password@host/name`.
        busy_timeout_s: How long a transaction waits for another process's lock, in seconds.
        counting: Told how many steps are done, and of how many, where an older database is counted anew.

    Raises:
        ConfigError: The URL cannot be used.
        UnreadableFile: The file is no database of ours, is damaged, or its folder cannot be written.
        StorageUnavailable: The database is locked or cannot be reached.
        SchemaMismatch: A newer Twelvefold wrote it.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(Path(parsed.database or ""))
    engine = _create_engine(parsed, busy_timeout_s)
    database = Database(engine)
    try:
        if parsed.get_backend_name() == "sqlite":
            _switch_to_wal(engine, busy_timeout_s)
        with database._transaction(writes=False) as connection:
            if is_up_to_date(connection):
                return database
        with database._transaction(writes=True) as connection, counting_change(connection):
            migrate(connection, database.url, counting)
    except SQLAlchemyError as exc:
        database.close()
        raise _translated(exc, parsed) from exc
    except BaseException:
        database.close()
        raise
    return database


def parse_url(url: str) -> URL:
    """Return the parts of a database URL, naming psycopg as PostgreSQL's driver.

    Raises:
        ConfigError: It is no URL of a database that can be used.
    """
    mend = "write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise ConfigError(f"database: {redact(url)!r} is not a database URL: {mend}") from exc
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigError(f"database: {url!r} names no file, and nothing would be kept: {mend}")
        return parsed
    if parsed.drivername in _POSTGRES_DRIVERS:
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigError(f"database: {parsed.drivername!r} is not a kind of database that Twelvefold knows: {mend}")


def locate_url(url: str, folder: Path) -> str:
    """Return `url` with a relative SQLite file put into `folder`; other URLs as they are.

    Raises:
        ConfigError: It is no URL of a database that can be used.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        parsed = parsed.set(database=str((folder / Path(parsed.database).expanduser()).resolve()))
    return parsed.render_as_string(hide_password=False)


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UnreadableFile(
            f"cannot make the folder {file.parent} for the database: {exc.strerror}; make it, or name another"
        ) from exc


def _create_engine(url: URL, busy_timeout_s: float) -> Engine:
    """Return the engine, whose transactions begin as `Database` promises."""
    sqlite = url.get_backend_name() == "sqlite"
    arguments: dict[str, Any]
    if sqlite:
        arguments = {"timeout": busy_timeout_s}
    else:
        options = f"-c lock_timeout={round(busy_timeout_s * 1000)} -c timezone=UTC"
        given = url.query.get("options", "")
        arguments = {
            "connect_timeout": 10,
            "options": f"{given if isinstance(given, str) else ' '.join(given)} {options}",
        }
    try:
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=not sqlite)
    except (ModuleNotFoundError, NoSuchModuleError) as exc:
        raise ConfigError(
            "database: PostgreSQL needs a driver that is not installed: pip install 'twelvefold[postgres]'"
        ) from exc
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgres)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Take BEGIN away from the driver, which would open transactions late and never around schema changes."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("twelvefold_writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {0 if writes else 1}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get("twelvefold_writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _switch_to_wal(engine: Engine, busy_timeout_s: float) -> None:
    """Turn on write-ahead logging, which lets readers and one writer work side by side.

    SQLite does not wait for the lock that this takes once, whatever the busy timeout, so we do.
    """
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            with closing(engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.Error as exc:
            if "locked" not in str(exc) or time.monotonic() > deadline:
                raise _translated_sqlite(str(exc), engine.url.database or "") from exc
        time.sleep(0.05)


def _translated(error: SQLAlchemyError, url: URL) -> TwelvefoldError:
    """Return our own error for a foreign one: one sentence that names the database and the mend."""
    told = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    told = redact(told.strip().splitlines()[0] if told.strip() else type(error).__name__, _secrets(url))
    if url.get_backend_name() == "sqlite":
        return _translated_sqlite(told, url.database or "")
    where = url.render_as_string(hide_password=True)
    if "lock timeout" in told:
        return StorageUnavailable(
            f"the database {where} is locked by another process: wait until it has finished, or stop it, and try again"
        )
    return StorageUnavailable(f"the database {where} does not do what it is asked ({told}): check that it is running")


def _translated_sqlite(told: str, file: str) -> TwelvefoldError:
    if "locked" in told or "busy" in told:
        return StorageUnavailable(
            f"the database {file} is locked by another process: wait until it has finished, or stop it, and try again"
        )
    if "not a database" in told or "malformed" in told:
        return UnreadableFile(
            f"{file} is damaged or not a SQLite database ({told}): put a backup in its place, or name another file"
        )
    if "unable to open" in told or "readonly" in told:
        return UnreadableFile(f"cannot write the database {file} ({told}): check the permissions of file and folder")
    if "full" in told:
        return StorageUnavailable(f"the disk is full, so the database {file} cannot grow: make room and try again")
    return StorageUnavailable(f"the database {file} does not do what it is asked ({told})")


def _secrets(url: URL) -> dict[str, str]:
    return {"password": str(url.password)} if url.password else {}
