"""Takes a page of mentions in: what is new, what was edited, what was there already.

Everything is set-based: a handful of statements a page, whatever its size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from twelvefold.records import Mention, local_date_of
from twelvefold.storage.batches import in_batches, insert_rows
from twelvefold.storage.duplicates import Duplicates
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.tables import (
    JudgementTable,
    MentionTable,
    RemovalTable,
    RevisionTable,
    SourceTable,
    SubjectTable,
)
from twelvefold.storage.tombstones import Tombstones

_Key = tuple[str, str]  # source, external id


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


class Intake:
    """Saves mentions of one brand inside one transaction."""

    def __init__(self, connection: Connection, brand_id: int, zone: ZoneInfo) -> None:
        self._connection = connection
        self._brand_id = brand_id
        self._zone = zone
        self._rollups = Rollups(connection)

    def save(self, mentions: Sequence[Mention]) -> Saved:
        """Keep what is new or changed, and say how much of each there was.

        Where a page holds a mention twice, the later one counts and the earlier is one seen again.
        """
        tombstones = Tombstones(self._connection).keys(self._brand_id)
        wanted = [mention for mention in mentions if not tombstones.cover(mention)]
        latest: dict[_Key, Mention] = {(mention.source, mention.external_id): mention for mention in wanted}
        if not latest:
            return Saved(forgotten=len(mentions))
        self._source_ids = self._ensure_sources(latest.values())
        self._subject_ids = self._ensure_subjects(latest.values())
        stored = self._stored(latest)
        new = {key: mention for key, mention in latest.items() if key not in stored}
        edited, returned, touched = [], [], []
        for key, row in stored.items():
            mention = latest[key]
            if row.revision_hash != mention.revision_hash:
                edited.append((row, mention))
            elif row.raw_revision != mention.raw_revision:
                touched.append((row, mention))
            if row.removed_at is not None:
                returned.append((row, mention))
        self._languages = self._judged_languages([*new.values(), *(mention for _, mention in edited)])
        if edited or returned:
            self._change(edited, returned)
        self._touch(touched)
        self._insert(new)
        return Saved(len(new), len(edited), len(wanted) - len(new) - len(edited), len(mentions) - len(wanted))

    def _stored(self, latest: dict[_Key, Mention]) -> dict[_Key, Row[*tuple[Any, ...]]]:
        """Return what is stored of these keys."""
        by_source = defaultdict(list)
        for source, external_id in latest:
            by_source[source].append(external_id)
        found: dict[_Key, Row[*tuple[Any, ...]]] = {}
        for source, external_ids in by_source.items():
            query = select(
                MentionTable.id,
                MentionTable.external_id,
                MentionTable.revision_hash,
                MentionTable.raw_revision,
                MentionTable.content_hash,
                MentionTable.language,
                MentionTable.collected_at,
                MentionTable.removed_at,
                MentionTable.erased_at,
            ).where(MentionTable.source_id == self._source_ids[source])
            for batch in in_batches(external_ids):
                for row in self._connection.execute(query.where(MentionTable.external_id.in_(batch))):
                    found[source, row.external_id] = row
        return found

    def _judged_languages(self, mentions: Iterable[Mention]) -> dict[str, str]:
        """Return the language of each text that has been judged before, by content hash.

        A text is judged once, so its language would not be looked at again either.
        """
        languages: dict[str, str] = {}
        for batch in in_batches({mention.content_hash for mention in mentions}):
            query = select(JudgementTable.content_hash, JudgementTable.language)
            for row in self._connection.execute(query.where(JudgementTable.content_hash.in_(batch))):
                languages[row.content_hash] = row.language
        return languages

    def _insert(self, new: dict[_Key, Mention]) -> None:
        if not new:
            return
        rows = [self._row(mention) for mention in new.values()]
        insert_rows(self._connection, MentionTable, list(rows[0]), (tuple(row.values()) for row in rows))
        self._rollups.add_starred(
            self._brand_id,
            (
                (row["local_date"], row["source_id"], mention.subject, row["language"], mention.stars)
                for row, mention in zip(rows, new.values(), strict=True)
                if mention.stars is not None
            ),
        )
        counted = defaultdict(list)
        for (source, external_id), mention in new.items():
            if mention.content_hash in self._languages:
                counted[source].append(external_id)
        for source, external_ids in counted.items():
            query = select(MentionTable.id).where(MentionTable.source_id == self._source_ids[source])
            for batch in in_batches(external_ids):
                self._rollups.add_judged(
                    self._connection.scalars(query.where(MentionTable.external_id.in_(batch))).all()
                )

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
        values = self._row(mention)
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

    def _row(self, mention: Mention) -> dict[str, Any]:
        """Return a mention as its row."""
        language = self._languages.get(mention.content_hash, "und")
        return {
            "brand_id": self._brand_id,
            "source_id": self._source_ids[mention.source],
            "external_id": mention.external_id,
            "subject_id": self._subject_ids[mention.subject] if mention.subject else None,
            "local_date": local_date_of(
                mention.published_at, mention.published_precision, mention.collected_at, self._zone
            ),
            "content_hash": mention.content_hash,
            "revision_hash": mention.revision_hash,
            "raw_revision": mention.raw_revision,
            "revision": 1,
            "language": mention.language if language == "und" else language,
            "stars": mention.stars,
            "rating": mention.rating,
            "rating_best": mention.rating_best,
            "rating_worst": mention.rating_worst,
            "author_hash": mention.author_hash,
            "customer_id": mention.customer_id,
            "collected_at": mention.collected_at,
            "published_at": mention.published_at,
            "published_precision": mention.published_precision.value,
            "verified": mention.verified,
            "incentivised": mention.incentivised,
            "url": mention.url,
            "title": mention.title,
            "text": mention.text,
            "reply_text": mention.reply_text,
            "reply_at": mention.reply_at,
            "payload": dict(mention.payload) or None,
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
