"""Takes a page of mentions in: what is new, what was edited, what was there already.

Everything is set-based: a handful of statements a page, whatever its size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from twelvefold.records import Mention, local_date_of
from twelvefold.storage.batches import in_batches, insert_columns, marks, rows_among
from twelvefold.storage.due import Due
from twelvefold.storage.duplicates import Duplicates
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.tables import (
    MentionTable,
    RemovalTable,
    RevisionTable,
    SourceTable,
    SubjectTable,
)
from twelvefold.storage.tombstones import Tombstones


@dataclass(frozen=True)
class Saved:
    """What became of a page of mentions.

    Attributes:
        seen_again: Known already, and unchanged to a reader.
        forgotten: Left out because of a tombstone.
    """

    new: int = 0
    edited: int = 0
    seen_again: int = 0
    forgotten: int = 0


_PLAIN = (
    *("source", "subject", "external_id", "content_hash", "revision_hash", "raw_revision", "language", "stars"),
    *("rating", "rating_best", "rating_worst", "author_hash", "customer_id", "collected_at", "published_at"),
    *("published_precision", "verified", "incentivised", "url", "title", "text", "reply_text", "reply_at", "payload"),
)
_plain_of = attrgetter(*_PLAIN)


class Intake:
    """Saves mentions of one brand inside one transaction."""

    def __init__(self, connection: Connection, brand_id: int, zone: ZoneInfo) -> None:
        self._connection = connection
        self._brand_id = brand_id
        self._zone = zone
        self._rollups = Rollups(connection)
        self._due = Due(connection)

    def save(self, mentions: Sequence[Mention]) -> Saved:
        """Keep what is new or changed, and say how much of each there was.

        Where a page holds a mention twice, the later one counts and the earlier is one seen again.
        """
        tombstones = Tombstones(self._connection).keys(self._brand_id)
        wanted = [mention for mention in mentions if not tombstones.cover(mention)]
        latest: defaultdict[str, dict[str, Mention]] = defaultdict(dict)
        for mention in wanted:
            latest[mention.source][mention.external_id] = mention
        if not latest:
            return Saved(forgotten=len(mentions))
        self._source_ids = self._ensure_sources(wanted)
        self._subject_ids = self._ensure_subjects(wanted)
        new: list[Mention] = []
        changed: list[int] = []
        for source, its_mentions in latest.items():
            unknown, differing = self._compared(source, its_mentions)
            new += unknown
            changed += differing
        edited, returned, touched = [], [], []
        for row in self._rows(changed):
            mention = latest[row.source][row.external_id]
            if row.revision_hash != mention.revision_hash:
                edited.append((row, mention))
            elif row.raw_revision != mention.raw_revision:
                touched.append((row, mention))
            if row.removed_at is not None:
                returned.append((row, mention))
        self._languages = self._judged_languages([*new, *(mention for _, mention in edited)])
        if edited or returned:
            self._change(edited, returned)
        self._touch(touched)
        self._insert(new)
        return Saved(len(new), len(edited), len(wanted) - len(new) - len(edited), len(mentions) - len(wanted))

    def _compared(self, source: str, latest: dict[str, Mention]) -> tuple[list[Mention], list[int]]:
        """Return which mentions of a source are not stored, and the ids of those that are stored otherwise."""
        query = (
            "SELECT external_id, id, revision_hash, raw_revision, removed_at IS NOT NULL FROM mentions "  # noqa: S608  (marks only)
            f"WHERE source_id = {marks(self._connection, 1)} AND external_id IN"
        )
        stored, differing = set(), []
        for row in rows_among(self._connection, query, (self._source_ids[source],), latest):
            external_id, mention_id, revision_hash, raw_revision, is_removed = row
            mention = latest[external_id]
            stored.add(external_id)
            if raw_revision != mention.raw_revision or revision_hash != mention.revision_hash or is_removed:
                differing.append(mention_id)
        return [mention for external_id, mention in latest.items() if external_id not in stored], differing

    def _rows(self, mention_ids: Collection[int]) -> Iterator[Row[*tuple[Any, ...]]]:
        """Yield what is stored of mentions that have changed."""
        for batch in in_batches(mention_ids):
            yield from self._connection.execute(
                select(
                    MentionTable.id,
                    SourceTable.name.label("source"),
                    MentionTable.external_id,
                    MentionTable.revision_hash,
                    MentionTable.raw_revision,
                    MentionTable.content_hash,
                    MentionTable.language,
                    MentionTable.collected_at,
                    MentionTable.removed_at,
                    MentionTable.erased_at,
                )
                .join(SourceTable, SourceTable.id == MentionTable.source_id)
                .where(MentionTable.id.in_(batch))
                .order_by(MentionTable.id)
            )

    def _judged_languages(self, mentions: Iterable[Mention]) -> dict[str, str]:
        """Return the language of each text that has been judged before, by content hash.

        A text is judged once, so its language would not be looked at again either.
        """
        query = "SELECT content_hash, language FROM judgements WHERE content_hash IN"
        return dict(rows_among(self._connection, query, (), {mention.content_hash for mention in mentions}))

    def _insert(self, new: list[Mention]) -> None:
        if not new:
            return
        last = self._connection.scalar(select(func.max(MentionTable.id))) or 0
        columns = self._columns(new)
        insert_columns(self._connection, MentionTable, columns)
        self._due.add_after("duplicates", last)
        subjects = [mention.subject for mention in new]
        starred = zip(
            *(columns["local_date"], columns["source_id"], subjects, columns["language"], columns["stars"]), strict=True
        )
        self._rollups.add_starred(self._brand_id, (row for row in starred if row[-1] is not None))
        if self._languages:
            judged = select(MentionTable.id).where(MentionTable.id > last)
            counted = [
                mention_id
                for texts in in_batches(self._languages)
                for mention_id in self._connection.scalars(judged.where(MentionTable.content_hash.in_(texts)))
            ]
            self._rollups.add_judged(counted)
            self._due.add("cases", counted)

    def _change(
        self, edited: list[tuple[Row[*tuple[Any, ...]], Mention]], returned: list[tuple[Row[*tuple[Any, ...]], Mention]]
    ) -> None:
        """Write new wordings beside the old ones, and take back the removal of what is there again."""
        ids = {row.id for row, _ in (*edited, *returned)}
        duplicates = Duplicates(self._connection, self._brand_id)
        with self._rollups.following(ids | duplicates.linked_to(ids)):
            self._keep_old_wordings(edited)
            duplicates.release(ids)
            if edited:
                self._connection.execute(
                    update(MentionTable)
                    .where(MentionTable.id == bindparam("its_id"))
                    .values(revision=MentionTable.revision + 1, edited_at=bindparam("its_edit")),
                    [self._new_wording(row, mention) for row, mention in edited],
                )
            for row, mention in returned:
                self._connection.execute(
                    update(RemovalTable)
                    .where(RemovalTable.mention_id == row.id, RemovalTable.returned_at.is_(None))
                    .values(returned_at=mention.collected_at)
                )
                self._connection.execute(update(MentionTable).where(MentionTable.id == row.id).values(removed_at=None))

    def _keep_old_wordings(self, edited: list[tuple[Row[*tuple[Any, ...]], Mention]]) -> None:
        for batch in in_batches(edited):
            replaced_at = max(mention.collected_at for _, mention in batch)
            kept = {
                column.name: getattr(MentionTable, column.name)
                for column in RevisionTable.__table__.columns
                if column.name not in ("mention_id", "replaced_at")
            }
            query = select(
                MentionTable.id, bindparam("replaced_at", replaced_at, RevisionTable.replaced_at.type), *kept.values()
            ).where(MentionTable.id.in_([row.id for row, _ in batch]))
            self._connection.execute(insert(RevisionTable).from_select(["mention_id", "replaced_at", *kept], query))

    def _new_wording(self, row: Row[*tuple[Any, ...]], mention: Mention) -> dict[str, Any]:
        values = {name: column[0] for name, column in self._columns([mention]).items()}
        if row.content_hash == mention.content_hash:
            values["language"] = row.language
        values["collected_at"] = row.collected_at
        values["local_date"] = local_date_of(
            mention.published_at, mention.published_precision, row.collected_at, self._zone
        )
        del values["revision"]
        return {**values, "erased_at": None, "its_id": row.id, "its_edit": mention.collected_at}

    def _touch(self, touched: list[tuple[Row[*tuple[Any, ...]], Mention]]) -> None:
        """Keep the newest raw record of what reads the same, so that the next crawl can stop at it."""
        if touched:
            self._connection.execute(
                update(MentionTable).where(MentionTable.id == bindparam("its_id")),
                [
                    {
                        "its_id": row.id,
                        "raw_revision": mention.raw_revision,
                        "payload": None if row.erased_at else dict(mention.payload) or None,
                    }
                    for row, mention in touched
                ],
            )

    def _columns(self, mentions: Sequence[Mention]) -> dict[str, Sequence[Any]]:
        """Return mentions as the columns of their rows."""
        columns: dict[str, Sequence[Any]] = dict(zip(_PLAIN, zip(*map(_plain_of, mentions), strict=True), strict=True))
        sources, subjects = columns.pop("source"), columns.pop("subject")
        if self._languages:
            judged = [self._languages.get(content_hash, "und") for content_hash in columns["content_hash"]]
            columns["language"] = [
                told if heard == "und" else heard for told, heard in zip(columns["language"], judged, strict=True)
            ]
        dated = zip(*(columns["published_at"], columns["published_precision"], columns["collected_at"]), strict=True)
        return columns | {
            "brand_id": [self._brand_id] * len(mentions),
            "source_id": [self._source_ids[name] for name in sources],
            "subject_id": [self._subject_ids[name] if name else None for name in subjects],
            "local_date": [local_date_of(*dates, self._zone) for dates in dated],
            "revision": [1] * len(mentions),
            "published_precision": [precision.value for precision in columns["published_precision"]],
            "payload": [dict(payload) or None for payload in columns["payload"]],
        }

    def _ensure_sources(self, mentions: Iterable[Mention]) -> dict[str, int]:
        """Return the id of each source by its name; an import's source is made here."""
        kinds = {mention.source: mention.kind for mention in mentions}
        query = select(SourceTable.name, SourceTable.id).where(SourceTable.brand_id == self._brand_id)
        ids = {row.name: row.id for row in self._connection.execute(query)}
        for name in sorted(kinds.keys() - ids.keys()):
            values = {"brand_id": self._brand_id, "name": name, "kind": kinds[name], "weight": 1.0}
            ids[name] = self._connection.scalars(insert(SourceTable).values(values).returning(SourceTable.id)).one()
        return ids

    def _ensure_subjects(self, mentions: Iterable[Mention]) -> dict[str, int]:
        """Return the id of each subject by its name, made if need be."""
        names = {mention.subject for mention in mentions if mention.subject}
        if not names:
            return {}
        ids = self._subjects(names)
        if missing := sorted(names - ids.keys()):
            rows = [{"brand_id": self._brand_id, "name": name} for name in missing]
            self._connection.execute(insert(SubjectTable), rows)
            ids |= self._subjects(set(missing))
        return ids

    def _subjects(self, names: set[str]) -> dict[str, int]:
        query = select(SubjectTable.name, SubjectTable.id).where(SubjectTable.brand_id == self._brand_id)
        return {
            row.name: row.id
            for batch in in_batches(names)
            for row in self._connection.execute(query.where(SubjectTable.name.in_(batch)))
        }
