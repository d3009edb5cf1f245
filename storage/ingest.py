"""Takes a page of mentions in: what is new, what was edited, what was there already.

Everything is set-based: a handful of statements a page, whatever its size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from twelvefold.records import Mention, local_date_of
from twelvefold.storage.batches import in_batches, insert_rows, marks
from twelvefold.storage.due import Due
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


class _Found(NamedTuple):
    """What tells of a stored mention whether anything is to be done."""

    id: int
    revision_hash: str
    raw_revision: str
    is_removed: bool

    def differs_from(self, mention: Mention) -> bool:
        return (
            self.raw_revision != mention.raw_revision
            or self.revision_hash != mention.revision_hash
            or bool(self.is_removed)
        )


_COLUMNS = (
    *("brand_id", "source_id", "external_id", "subject_id", "local_date", "content_hash", "revision_hash"),
    *("raw_revision", "revision", "language", "stars", "rating", "rating_best", "rating_worst", "author_hash"),
    *("customer_id", "collected_at", "published_at", "published_precision", "verified", "incentivised", "url"),
    *("title", "text", "reply_text", "reply_at", "payload"),
)
_SOURCE, _DAY, _LANGUAGE = (_COLUMNS.index(name) for name in ("source_id", "local_date", "language"))


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
        latest: dict[_Key, Mention] = {(mention.source, mention.external_id): mention for mention in wanted}
        if not latest:
            return Saved(forgotten=len(mentions))
        self._source_ids = self._ensure_sources(latest.values())
        self._subject_ids = self._ensure_subjects(latest.values())
        stored = self._stored(latest)
        new = [mention for key, mention in latest.items() if key not in stored]
        edited, returned, touched = [], [], []
        for row in self._rows([found.id for key, found in stored.items() if found.differs_from(latest[key])]):
            mention = latest[row.source, row.external_id]
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

    def _stored(self, latest: dict[_Key, Mention]) -> dict[_Key, _Found]:
        """Return what is stored of these keys, in as little as tells whether anything is to be done."""
        by_source = defaultdict(list)
        for source, external_id in latest:
            by_source[source].append(external_id)
        found: dict[_Key, _Found] = {}
        for source, external_ids in by_source.items():
            for batch in in_batches(external_ids):
                values = marks(self._connection, len(batch) + 1).removeprefix(marks(self._connection, 1) + ", ")
                query = (
                    "SELECT external_id, id, revision_hash, raw_revision, removed_at IS NOT NULL FROM mentions "  # noqa: S608  (marks only)
                    f"WHERE source_id = {marks(self._connection, 1)} AND external_id IN ({values})"
                )
                rows = self._connection.exec_driver_sql(query, (self._source_ids[source], *batch))
                found.update(((source, external_id), _Found(*rest)) for external_id, *rest in rows.fetchall())
        return found

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
        languages: dict[str, str] = {}
        for batch in in_batches({mention.content_hash for mention in mentions}):
            query = select(JudgementTable.content_hash, JudgementTable.language)
            for row in self._connection.execute(query.where(JudgementTable.content_hash.in_(batch))):
                languages[row.content_hash] = row.language
        return languages

    def _insert(self, new: list[Mention]) -> None:
        if not new:
            return
        last = self._connection.scalar(select(func.max(MentionTable.id))) or 0
        rows = [self._row(mention) for mention in new]
        insert_rows(self._connection, MentionTable, _COLUMNS, rows)
        self._due.add_after("duplicates", last)
        self._rollups.add_starred(
            self._brand_id,
            (
                (row[_DAY], row[_SOURCE], mention.subject, row[_LANGUAGE], mention.stars)
                for row, mention in zip(rows, new, strict=True)
                if mention.stars is not None
            ),
        )
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
        values = dict(zip(_COLUMNS, self._row(mention), strict=True))
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

    def _row(self, mention: Mention) -> tuple[Any, ...]:
        """Return a mention as its row, in the order of `_COLUMNS`."""
        judged = self._languages.get(mention.content_hash, "und")
        return (
            self._brand_id,
            self._source_ids[mention.source],
            mention.external_id,
            self._subject_ids[mention.subject] if mention.subject else None,
            local_date_of(mention.published_at, mention.published_precision, mention.collected_at, self._zone),
            mention.content_hash,
            mention.revision_hash,
            mention.raw_revision,
            1,
            mention.language if judged == "und" else judged,
            mention.stars,
            mention.rating,
            mention.rating_best,
            mention.rating_worst,
            mention.author_hash,
            mention.customer_id,
            mention.collected_at,
            mention.published_at,
            mention.published_precision.value,
            mention.verified,
            mention.incentivised,
            mention.url,
            mention.title,
            mention.text,
            mention.reply_text,
            mention.reply_at,
            dict(mention.payload) or None,
        )

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
