"""Files in a drop folder: CSV, JSON lines and XLSX, exports of review services among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from twelvefold.config import Settings, SourceSettings
from twelvefold.crawlers.mention_tables import MentionTable, play_review
from twelvefold.crawlers.source import LocalSource, Reading, Statement
from twelvefold.crawlers.tabular import BadRow, Row, Table, read_table
from twelvefold.errors import ConfigError, UnreadableFile
from twelvefold.records import Precision, RawMention, SourceStatus

PIECE = 1_000  # mentions handed over at a time
REJECTED = ".rejected.csv"


class Files(LocalSource):
    """The files that match the configured patterns, read anew each night.

    A file that is broken is rejected with a sentence; the others are read.
    """

    kind: ClassVar[str] = "files"
    statement: ClassVar[Statement] = Statement(
        id_field="the column mapped to id, else all mapped columns of the row",
        newest_first=False,
        terms="The files are the user's own.",
        precision=Precision.SECOND,
        governed_by_robots=False,
    )

    class Options(Settings):
        """The keys of `kind: files`.

        Attributes:
            paths: File patterns, relative to the configuration's folder.
            mapping: Our field (id, text, title, rating, author, date ...) to the file's column.
            scale: Worst and best rating, where the highest one met would not tell.
        """

        paths: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
        mapping: dict[str, str] = Field(default_factory=dict)
        scale: tuple[float, float] | None = None

        @field_validator("scale")
        @classmethod
        def _scale_rises(cls, scale: tuple[float, float] | None) -> tuple[float, float] | None:
            if scale is not None and scale[0] >= scale[1]:
                raise ValueError("write the worst rating first, as [1, 5]")
            return scale

    options: Options

    def readings(self) -> Iterator[Reading]:
        """Yield what the files hold, newest Play Console months included once per review."""
        matches = {pattern: matching_files(self.folder, pattern) for pattern in self.options.paths}
        for pattern, files in matches.items():
            if not files:
                message = f"no file matches {pattern!r} in {self.folder.resolve()}"
                yield Reading(status=SourceStatus.EMPTY, message=message, reached_end=True, place=pattern)
        tables: list[MentionTable] = []
        for file in dict.fromkeys(file for files in matches.values() for file in files):
            try:
                tables.append(open_mentions(file, self.settings))
            except (UnreadableFile, ConfigError) as exc:
                yield _broken(file, exc)
        newest = _newest_play_reviews(tables)
        for table in tables:
            yield from self._pieces(table, newest)

    def _pieces(self, mentions: MentionTable, newest: dict[str, tuple[int, Path]]) -> Iterator[Reading]:
        """Yield one file's mentions, a bounded number at a time."""
        place = str(mentions.table.path)
        told = "; ".join(f"{mentions.table.path.name}: {note}" for note in mentions.notes)
        kept: list[RawMention] = []
        rejected: list[str] = []
        try:
            for item in mentions.items():
                if isinstance(item, BadRow):
                    rejected.append(f"{mentions.table.path.name}, row {item.number}: {item.reason}")
                    continue
                row, raw = item
                if mentions.export == "play_console" and _is_outdated(row, mentions.table, newest):
                    continue
                kept.append(raw)
                if len(kept) == PIECE:
                    yield Reading(tuple(kept), rejected=tuple(rejected), reached_end=True, message=told, place=place)
                    kept, rejected, told = [], [], ""
        except UnreadableFile as exc:
            yield Reading(tuple(kept), rejected=tuple(rejected), place=place)
            yield _broken(mentions.table.path, exc)
            return
        yield Reading(tuple(kept), rejected=tuple(rejected), reached_end=True, message=told, place=place)


def open_mentions(file: Path, settings: SourceSettings) -> MentionTable:
    """Open one file of a `files` source.

    Raises:
        UnreadableFile, ConfigError: It cannot be read as the settings say; one sentence with the mend.
    """
    options = Files.Options.model_validate(settings.options)
    return MentionTable(read_table(file), options.mapping, options.scale, settings.language)


def matching_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files that match a pattern relative to `folder`, sorted; our own lists of rejected rows left out."""
    wanted = Path(pattern).expanduser()
    if wanted.is_absolute():
        folder, wanted = Path(wanted.anchor), wanted.relative_to(wanted.anchor)
    found = folder.glob(str(wanted))
    return sorted(path for path in found if not path.name.endswith(REJECTED) and path.is_file())


def _broken(file: Path, problem: Exception) -> Reading:
    return Reading(status=SourceStatus.FAILED, message=str(problem), place=str(file))


def _newest_play_reviews(tables: list[MentionTable]) -> dict[str, tuple[int, Path]]:
    """Return for each review of the Play Console when it was last changed, and in which file that stands."""
    newest: dict[str, tuple[int, Path]] = {}
    for mentions in tables:
        if mentions.export != "play_console":
            continue
        for row in _readable_rows(mentions.table):
            review = play_review(row)
            if review and review[1] >= newest.get(review[0], (-1, None))[0]:
                newest[review[0]] = (review[1], mentions.table.path)
    return newest


def _readable_rows(table: Table) -> Iterator[Row]:
    try:
        yield from (row for row in table.rows() if isinstance(row, Row))
    except UnreadableFile:
        return  # said when the file's mentions are read


def _is_outdated(row: Row, table: Table, newest: dict[str, tuple[int, Path]]) -> bool:
    """Return whether a later month's file tells this review as it was edited since."""
    review = play_review(row)
    return review is not None and newest.get(review[0], (review[1], table.path)) != (review[1], table.path)
