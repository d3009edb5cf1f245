"""Customers and orders out of a shop's own database, through the same import as a file's."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from twelvefold.config import Brand, Configuration
from twelvefold.errors import CallerMistake, ConfigError, StorageUnavailable, UnreadableFile
from twelvefold.pipeline.digest.weekly import file_name
from twelvefold.pipeline.imports import ImportReport, import_files
from twelvefold.storage.engine import Database
from twelvefold.storage.outside import write_query

People = Literal["customers", "orders"]


def import_query(
    database: Database, brand: Brand, what: People, configuration: Configuration, now: datetime
) -> ImportReport:
    """Import what the configured query gives; importing it twice changes nothing.

    The rows pass through a file that only its owner may read and that is taken away again; rejected
    rows stay beside it, in `imports/`.

    Raises:
        ConfigError: There is no such query, or the database refuses it.
        UnreadableFile: The query gives no column that the import needs, or nothing can be written.
        StorageUnavailable: One of the two databases did not answer.
    """
    sql = brand.customers.sql
    query = getattr(sql, what) if sql else None
    if sql is None or query is None:
        raise ConfigError(f"brand {brand.name!r} has no query for {what}: write one under customers.sql.{what}")
    spool = configuration.path("imports") / f"{file_name(brand.name)}-{what}.sql.jsonl"
    try:
        spool.parent.mkdir(parents=True, exist_ok=True)
        _make_private(spool)
        try:
            if not write_query(sql.url, query, configuration.folder, spool):
                return ImportReport()
            return import_files(database, brand, what, [spool], configuration, now)
        except UnreadableFile as exc:
            raise UnreadableFile(str(exc).replace(str(spool), f"the query customers.sql.{what}")) from exc
        finally:
            spool.unlink(missing_ok=True)
    except OSError as exc:
        raise UnreadableFile(f"the rows of customers.sql.{what} cannot pass through {spool}: {exc.strerror}") from exc


def import_configured_queries(
    database: Database, brand: Brand, configuration: Configuration, now: datetime
) -> list[str]:
    """Import every query that the brand's configuration has; return what went wrong, a sentence each."""
    problems = []
    both: tuple[People, ...] = ("customers", "orders")
    for what in both:
        if brand.customers.sql is None or getattr(brand.customers.sql, what) is None:
            continue
        try:
            report = import_query(database, brand, what, configuration, now)
        except (CallerMistake, StorageUnavailable) as problem:
            problems.append(str(problem))
        else:
            problems += [
                f"{file.rejected} rows of customers.sql.{what} were rejected: see {file.rejected_file}"
                for file in report.files
                if file.rejected
            ]
    return problems


def _make_private(spool: Path) -> None:
    spool.unlink(missing_ok=True)
    os.close(os.open(spool, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
