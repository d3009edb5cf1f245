"""Files of mentions that a person imports by hand, normalised as every other source's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from twelvefold.config import Brand, SourceSettings
from twelvefold.crawlers.mention_tables import MentionTable
from twelvefold.crawlers.source import source_class
from twelvefold.crawlers.spiders.files import Files, matching_files, open_mentions
from twelvefold.crawlers.tabular import BadRow, Row
from twelvefold.models.language import detect_language
from twelvefold.pipeline.imported_rows import Rejected
from twelvefold.pipeline.normalise import judged_text, normalise
from twelvefold.records import Mention
from twelvefold.storage.imports import Imported
from twelvefold.storage.repository import Work

BY_HAND = "import"


class MentionImport:
    """One file of mentions, read row by row.

    Attributes:
        source: The configured `files` source to which the file belongs, else one called "import".
        mapping: Our fields to the file's columns.
    """

    def __init__(self, file: Path, brand: Brand, folder: Path, key: bytes, now: datetime) -> None:
        self.source = source_of(file, brand, folder)
        self.mentions: MentionTable = open_mentions(file, self.source)
        self.table = self.mentions.table
        self.mapping = dict(self.mentions.mapping)
        self._zone = brand.time_zone
        self._key = key
        self._now = now
        self._scale = source_class(self.source.kind).statement.rating_scale

    @property
    def notes(self) -> list[str]:
        """What a person should know of how the file was read, a sentence each."""
        return [f"stored under the source {self.source.name!r}", *self.mentions.notes]

    def items(self) -> Iterator[tuple[Row, Mention] | Rejected]:
        """Yield the mention of every row, or why there is none.

        Raises:
            UnreadableFile: The file broke off in the middle.
        """
        for item in self.mentions.items():
            if isinstance(item, BadRow):
                yield Rejected(item.number, item.reason, item.cells)
                continue
            row, raw = item
            try:
                mention = normalise(raw, source=self.source, scale=self._scale, collected_at=self._now, key=self._key)
            except ValueError as problem:
                yield Rejected(row.number, str(problem), tuple(row.cells.values()))
                continue
            language = detect_language(judged_text(mention.title, mention.text), declared=mention.language)
            yield row, replace(mention, language=language)

    def save(self, work: Work, brand_id: int, items: list[Mention]) -> Imported:
        """Keep some mentions."""
        work.brands.ensure_source(brand_id, self.source.name, self.source.kind, self.source.subject, self.source.weight)
        newest = {mention.external_id: mention for mention in items}
        saved = work.mentions.save(brand_id, list(newest.values()), zone=self._zone)
        return Imported(saved.new, saved.edited, saved.seen_again + len(items) - len(newest))


def source_of(file: Path, brand: Brand, folder: Path) -> SourceSettings:
    """Return the `files` source whose paths the file matches, else one that is called "import"."""
    for source in brand.sources:
        if source.kind == Files.kind:
            patterns = Files.Options.model_validate(source.options).paths
            if any(file.resolve() in map(Path.resolve, matching_files(folder, pattern)) for pattern in patterns):
                return source
    return SourceSettings.model_validate({"name": BY_HAND, "kind": Files.kind, "paths": [str(file)]})
