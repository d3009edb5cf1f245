"""Imports files that a person, or a survey tool, exported: idempotent, row by row, told in full.

All files are opened before the first row is stored, so that a file that is none stops
nothing half way. Rows go in by the thousand, each lot in a transaction of its own; what was
stored before a crash is found unchanged by the next import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from twelvefold.config import Brand, Configuration, SurveySettings
from twelvefold.crawlers.spiders.files import matching_files
from twelvefold.crawlers.tabular import Row, Table, read_table
from twelvefold.errors import CallerMistake, UnreadableFile
from twelvefold.pipeline.customer_import import CustomerImport, OrderImport
from twelvefold.pipeline.imported_rows import Rejected, RejectedRows
from twelvefold.pipeline.mention_import import MentionImport
from twelvefold.pipeline.survey_import import SurveyImport
from twelvefold.storage.collecting import sweep, without_collecting
from twelvefold.storage.engine import Database
from twelvefold.storage.imports import Imported
from twelvefold.storage.repository import Work

What = Literal["mentions", "surveys", "customers", "orders"]
LOT = 4_000  # rows a transaction


@dataclass(frozen=True)
class FileReport:
    """What became of one file.

    Attributes:
        mapping: Our fields to the file's columns, guessed ones among them.
        read: Rows; `new`, `updated` and `unchanged` count answers where a row carries several.
        notes: What was guessed, inferred or left out, a sentence each.
    """

    file: str
    encoding: str
    mapping: dict[str, str]
    read: int
    new: int
    updated: int
    unchanged: int
    rejected: int
    rejected_file: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What became of all files."""

    files: tuple[FileReport, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the report as the contract's `import` document has it."""
        return {"files": [{**asdict(file), "notes": list(file.notes)} for file in self.files]}


class RowImport(Protocol):
    """How one kind of file is read and stored; `items` are one a row, in the file's order."""

    table: Table
    mapping: dict[str, str]

    @property
    def notes(self) -> list[str]:
        """What a person should know of how the file was read."""

    def items(self) -> Iterator[tuple[Row, Any] | Rejected]:
        """Yield what every row holds, or why it is rejected."""

    def save(self, work: Work, brand_id: int, items: list[Any]) -> Imported:
        """Keep some rows."""


@dataclass
class _Tally:
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, saved: Imported) -> None:
        self.new += saved.new
        self.updated += saved.updated
        self.unchanged += saved.unchanged
        self.removed += saved.removed

    @property
    def notes(self) -> list[str]:
        """What a person should know of what was stored, a sentence each."""
        gone = f"{self.removed} answers of an earlier import taken away: their columns are no longer read so"
        return [gone, *self.problems] if self.removed else self.problems


def import_files(
    database: Database,
    brand_settings: Brand,
    what: What,
    files: Sequence[Path],
    configuration: Configuration,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import files of one kind for a brand; importing one twice changes nothing.

    Args:
        now: Aware; a date after it is none of an answer, an order or a review.
        progress: Told after each lot how many rows of all files are read.

    Raises:
        UnreadableFile: One of the files is no table or lacks a column; nothing of any was stored.
        ConfigError: The mapping names a field that does not exist.
        StorageUnavailable: The database did not answer; what was stored stays.
    """
    with database.begin() as work:
        brand_id = work.brands.ensure(brand_settings.name, brand_settings.zone)
        key = work.brands.author_key(brand_id)
    opened = [_open(what, file, brand_settings, configuration, key, now) for file in files]
    reports = []
    done = 0
    for rows in opened:
        report = _import_one(database, brand_id, rows, partial(_tell, progress, done))
        done += report.read
        reports.append(report)
    return ImportReport(tuple(reports))


def _tell(progress: Callable[[int], None] | None, before: int, read: int) -> None:
    if progress is not None:
        progress(before + read)


def import_matching_surveys(database: Database, brand: Brand, configuration: Configuration, now: datetime) -> list[str]:
    """Import the survey exports that the brand's configuration matches; return what could not be read.

    A file that cannot be read costs a sentence, not the others.
    """
    problems = []
    for settings in brand.surveys:
        for file in matching_files(configuration.folder, settings.match):
            try:
                import_files(database, brand, "surveys", [file], configuration, now)
            except CallerMistake as problem:
                problems.append(str(problem))
    return problems


def survey_settings(file: Path, brand: Brand, configuration: Configuration) -> SurveySettings | None:
    """Return the first `surveys` entry of the brand that matches a file, by its name or its place."""
    for settings in brand.surveys:
        at_place = fnmatch(str(file.resolve()), str(configuration.folder.resolve() / settings.match))
        if at_place or fnmatch(file.name, settings.match):
            return settings
    return None


def _open(what: What, file: Path, brand: Brand, configuration: Configuration, key: bytes, now: datetime) -> RowImport:
    """Return how the rows of one file are read."""
    if what == "mentions":
        return MentionImport(file, brand, configuration.folder, key, now)
    table = read_table(file)
    if what == "surveys":
        return SurveyImport(table, survey_settings(file, brand, configuration), brand, key, now)
    if what == "customers":
        return CustomerImport(table, brand, key, now)
    return OrderImport(table, brand, key, now)


def _import_one(database: Database, brand_id: int, rows: RowImport, progress: Callable[[int], None]) -> FileReport:
    """Store the rows of one file, lot by lot, and keep those that are rejected beside it."""
    table, tally, lot = rows.table, _Tally(), list[Any]()
    rejected = _Keeper(RejectedRows(table.path, table.headers), tally.problems)

    def store() -> None:
        if lot:
            with database.begin() as work:
                tally.add(rows.save(work, brand_id, lot))
            lot.clear()
            sweep()
        progress(tally.read)

    try:
        with without_collecting():
            for item in rows.items():
                tally.read += 1
                if isinstance(item, Rejected):
                    rejected.add(item)
                else:
                    lot.append(item[1])
                if len(lot) == LOT:
                    store()
            store()
    except UnreadableFile as problem:
        store()
        rejected.add(Rejected(tally.read + 2, f"from here on nothing was read: {problem}", ()))
    except BaseException:
        rejected.rows.abandon()
        raise
    kept = rejected.finish()
    return FileReport(
        file=str(table.path),
        encoding=table.encoding,
        mapping=dict(rows.mapping),
        read=tally.read,
        new=tally.new,
        updated=tally.updated,
        unchanged=tally.unchanged,
        rejected=rejected.rows.count,
        rejected_file=str(kept) if kept else None,
        notes=(*rows.notes, *tally.notes),
    )


class _Keeper:
    """Keeps rejected rows beside the file; where the folder cannot be written to, says so and goes on."""

    def __init__(self, rows: RejectedRows, problems: list[str]) -> None:
        self.rows = rows
        self._problems = problems
        self._is_shut = False

    def add(self, row: Rejected) -> None:
        try:
            if self._is_shut:
                self.rows.count += 1
            else:
                self.rows.add(row)
        except OSError as exc:
            self._shut(exc)
        self._tell(row)

    def finish(self) -> Path | None:
        try:
            return None if self._is_shut else self.rows.finish()
        except OSError as exc:
            self._shut(exc)
            return None

    def _shut(self, exc: OSError) -> None:
        self._is_shut = True
        self._problems.append(f"the rejected rows cannot be kept in {self.rows.path}: {exc.strerror or exc}")

    def _tell(self, row: Rejected) -> None:
        """Name the first rejected rows in the report; all are in the file."""
        if self.rows.count <= 5:
            self._problems.append(f"row {row.number} rejected: {row.reason}")
