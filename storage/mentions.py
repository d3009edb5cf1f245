"""The mentions: saving them, finding what is still to be done with them, and reading them out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from twelvefold.records import Mention, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.duplicates import Comparable, Duplicates
from twelvefold.storage.ingest import Intake, Saved
from twelvefold.storage.judgements import Judgements
from twelvefold.storage.rollups import RATING, Rollups, counts, has_text, has_words, judged_by
from twelvefold.storage.tables import (
    JudgementTable,
    MentionTable,
    RemovalTable,
    RevisionTable,
    SourceTable,
    SubjectTable,
)

_EXPORT_PAGE = 1_000


@dataclass(frozen=True)
class Unjudged:
    """A text that the model has not judged yet, in one mention that holds it.

    Attributes:
        stars: Of the mention, 1-5, or None.
        language: As declared by the source, or None.
    """

    mention_id: int
    content_hash: str
    title: str
    text: str
    stars: float | None
    language: str | None


@dataclass(frozen=True)
class Quote:
    """A mention to be quoted, with what leads back to the original."""

    mention_id: int
    title: str
    text: str
    url: str | None
    source: str
    subject: str | None
    stars: float | None
    confidence: float
    published_at: datetime | None
    local_date: date
    language: str | None


@dataclass(frozen=True)
class Revision:
    """An earlier wording of a mention, and when another one was found in its place."""

    revision: int
    replaced_at: datetime
    title: str
    text: str
    stars: float | None
    reply_text: str | None


class Mentions:
    """The mentions, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rollups = Rollups(connection)

    def save(self, brand_id: int, mentions: Sequence[Mention], *, zone: ZoneInfo) -> Saved:
        """Keep mentions: new ones, edits beside their old wording; what was seen before changes nothing.

        Args:
            zone: The brand's, by which local dates are counted.
        """
        return Intake(self._connection, brand_id, zone).save(mentions)

    def known(self, brand_id: int, source: str, limit: int = 5000) -> dict[str, str]:
        """Return the raw revision of the newest mentions of a source by external id."""
        query = (
            select(MentionTable.external_id, MentionTable.raw_revision)
            .where(_of_source(brand_id, source), MentionTable.removed_at.is_(None))
            .order_by(MentionTable.local_date.desc(), MentionTable.id.desc())
            .limit(limit)
        )
        return {row.external_id: row.raw_revision for row in self._connection.execute(query)}

    def count(self, brand_id: int) -> int:
        """Return how many mentions are stored, duplicates and removed ones among them."""
        query = select(func.count()).select_from(MentionTable).where(MentionTable.brand_id == brand_id)
        return self._connection.scalars(query).one()

    def unjudged(self, brand_id: int, model: str, *, limit: int, after: int = 0) -> list[Unjudged]:
        """Return texts that `model` has not judged, each once, in the order of `mention_id`.

        A rating without text is among them as long as it has no "rating" judgement.

        Args:
            after: The last `mention_id` of the page before.
        """
        earlier = aliased(MentionTable)
        twin = exists().where(
            earlier.brand_id == brand_id,
            earlier.content_hash == MentionTable.content_hash,
            earlier.removed_at.is_(None),
            earlier.erased_at.is_(None),
            earlier.id < MentionTable.id,
        )
        judged = exists().where(judged_by(model))
        to_judge = and_(MentionTable.erased_at.is_(None), or_(has_text(), MentionTable.stars.is_not(None)))
        query = (
            select(
                MentionTable.id,
                MentionTable.content_hash,
                MentionTable.title,
                MentionTable.text,
                MentionTable.stars,
                MentionTable.language,
            )
            .where(_in_order_of(brand_id), MentionTable.id > after, MentionTable.removed_at.is_(None))
            .where(to_judge, ~judged.correlate(MentionTable), ~twin)
            .order_by(MentionTable.id)
            .limit(limit)
        )
        return [Unjudged(*row) for row in self._connection.execute(query)]

    def set_languages(self, languages: Mapping[int, str]) -> None:
        """Set the language of mentions by id; it goes for every mention with the same text."""
        alone: dict[int, str] = {}
        by_text: dict[str, str] = {}
        for batch in in_batches(languages):
            query = select(MentionTable.id, MentionTable.content_hash, has_text()).where(MentionTable.id.in_(batch))
            for mention_id, content_hash, worded in self._connection.execute(query):
                if worded:
                    by_text[content_hash] = languages[mention_id]
                else:
                    alone[mention_id] = languages[mention_id]
        changing = list(alone)
        for texts in in_batches(by_text):
            sharing = select(MentionTable.id).where(MentionTable.content_hash.in_(texts))
            changing.extend(self._connection.scalars(sharing))
        with self._rollups.following(changing):
            self._set_languages(MentionTable.content_hash, by_text)
            self._set_languages(MentionTable.id, alone)

    def _set_languages(self, column: Any, languages: Mapping[Any, str]) -> None:
        if languages:
            self._connection.execute(
                update(MentionTable).where(column == bindparam("its_key")).values(language=bindparam("its_language")),
                [{"its_key": key, "its_language": language} for key, language in languages.items()],
            )

    def revisions(self, mention_id: int) -> list[Revision]:
        """Return the earlier wordings of a mention, oldest first."""
        query = (
            select(
                RevisionTable.revision,
                RevisionTable.replaced_at,
                RevisionTable.title,
                RevisionTable.text,
                RevisionTable.stars,
                RevisionTable.reply_text,
            )
            .where(RevisionTable.mention_id == mention_id)
            .order_by(RevisionTable.revision)
        )
        return [Revision(*row) for row in self._connection.execute(query)]

    def months_to_compare(self, brand_id: int) -> list[date]:
        """Return the first day of each month that has mentions in which duplicates are yet to be looked for."""
        return Duplicates(self._connection, brand_id).months()

    def comparable(self, brand_id: int, month: date) -> Comparable:
        """Return the texts of a month that are due to be compared, and those that they may be copies of."""
        return Duplicates(self._connection, brand_id).comparable(month)

    def link_duplicates(self, brand_id: int, alike: Sequence[tuple[int, int]] = ()) -> int:
        """Link mentions whose text another source has too to the earliest one; return how many are new.

        Only texts of 40 characters or more, or by the same author, are taken for the same.

        Args:
            alike: Pairs of mentions whose texts are all but the same.
        """
        return Duplicates(self._connection, brand_id).link(alike)

    def mark_removed(
        self, brand_id: int, source: str, external_ids: Collection[str], at: datetime, evidence: str
    ) -> int:
        """Mark mentions as gone from their source; return how many were there until now.

        Args:
            evidence: By what we know, in one sentence ("the page answered 404").
        """
        removed: list[int] = []
        for batch in in_batches(external_ids):
            query = select(MentionTable.id).where(_of_source(brand_id, source), MentionTable.removed_at.is_(None))
            removed.extend(self._connection.scalars(query.where(MentionTable.external_id.in_(batch))))
        if not removed:
            return 0
        duplicates = Duplicates(self._connection, brand_id)
        with self._rollups.following({*removed, *duplicates.linked_to(removed)}):
            duplicates.release(removed)
            for part in in_batches(removed):
                self._connection.execute(
                    update(MentionTable).where(MentionTable.id.in_(part)).values(removed_at=at, duplicate_of=None)
                )
            self._connection.execute(
                insert(RemovalTable),
                [{"mention_id": mention, "removed_at": at, "evidence": evidence} for mention in removed],
            )
        return len(removed)

    def erase_texts(
        self, source_id: int, at: datetime, *, read_before: datetime | None = None, judged: bool = False
    ) -> int:
        """Erase the words and raw records of mentions, and of their revisions; return of how many mentions.

        Ids, hashes, stars and judgements stay, so that nothing is judged or counted twice; what the
        judgements quote goes, unless somebody else wrote the same and it may be kept.

        Args:
            read_before: Only those whose words were read before this time.
            judged: Only those whose words have been judged.
        """
        due = and_(
            MentionTable.source_id == source_id,
            or_(has_words(), MentionTable.reply_text.is_not(None), MentionTable.payload.is_not(None)),
        )
        if read_before is not None:
            due = and_(due, func.coalesce(MentionTable.edited_at, MentionTable.collected_at) < read_before)
        if judged:
            due = and_(due, exists().where(judged_by()))
        found = self._connection.execute(select(MentionTable.id, MentionTable.content_hash).where(due)).all()
        erased, texts = [row.id for row in found], {row.content_hash for row in found}
        nothing = {"title": "", "text": "", "reply_text": None, "payload": None}
        for batch in in_batches(erased):
            these = MentionTable.id.in_(batch)
            self._connection.execute(update(MentionTable).where(these, has_words()).values(erased_at=at))
            self._connection.execute(update(MentionTable).where(these).values(nothing))
            theirs = RevisionTable.mention_id.in_(batch)
            texts.update(self._connection.scalars(select(RevisionTable.content_hash).where(theirs)))
            self._connection.execute(update(RevisionTable).where(theirs).values(nothing))
        Judgements(self._connection).erase_quotes(texts)
        return len(erased)

    def quotes(
        self,
        brand_id: int,
        model: str,
        label: Sentiment,
        since: date | None,
        until: date | None,
        limit: int,
    ) -> list[Quote]:
        """Return mentions with words of one class in [since, until), the surest first, in a stable order."""
        query = (
            select(
                MentionTable.id,
                MentionTable.title,
                MentionTable.text,
                MentionTable.url,
                SourceTable.name,
                SubjectTable.name,
                MentionTable.stars,
                JudgementTable.confidence,
                MentionTable.published_at,
                MentionTable.local_date,
                MentionTable.language,
            )
            .join(JudgementTable, and_(judged_by(model), has_words()))
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
            .where(MentionTable.brand_id == brand_id, JudgementTable.label == label.value, counts())
            .order_by(JudgementTable.confidence.desc(), MentionTable.content_hash, SourceTable.name)
            .order_by(MentionTable.external_id)
            .limit(limit)
        )
        if since is not None:
            query = query.where(MentionTable.local_date >= since)
        if until is not None:
            query = query.where(MentionTable.local_date < until)
        return [Quote(*row) for row in self._connection.execute(query)]

    def export(self, brand_id: int, model: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield every stored mention with its judgement, as CONTRACT.md's export record, in order of arrival.

        Times are ISO 8601 text in UTC, `duplicate_of` is "source:external_id". A mention that nobody
        has judged has None in the judgement's fields.

        Args:
            model: Whose judgement; None: the latest that there is.
        """
        original, its_source = aliased(MentionTable), aliased(SourceTable)
        newest = aliased(JudgementTable)
        its_judgement = judged_by(model)
        if model is None:
            latest = select(func.max(newest.id)).where(
                newest.content_hash == MentionTable.content_hash,
                or_(and_(has_text(), newest.model != RATING), and_(~has_text(), newest.model == RATING)),
            )
            its_judgement = JudgementTable.id == latest.correlate(MentionTable).scalar_subquery()
        query = (
            select(
                MentionTable.id,
                *(getattr(MentionTable, name) for name in _OWN),
                SourceTable.name.label("source"),
                SourceTable.kind,
                SubjectTable.name.label("subject"),
                (its_source.name + ":" + original.external_id).label("duplicate_of"),
                *(getattr(JudgementTable, name) for name in _JUDGED),
            )
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
            .outerjoin(original, original.id == MentionTable.duplicate_of)
            .outerjoin(its_source, its_source.id == original.source_id)
            .outerjoin(JudgementTable, its_judgement)
            .where(_in_order_of(brand_id))
            .order_by(MentionTable.id)
            .limit(_EXPORT_PAGE)
        )
        last = 0
        while rows := self._connection.execute(query.where(MentionTable.id > last)).all():
            for row in rows:
                yield {name: _exported(row._mapping[name]) for name in _EXPORTED}
            last = rows[-1].id


_JUDGED = ("label", "negative", "neutral", "positive", "confidence", "model")
_EXPORTED = (
    *("source", "external_id", "kind", "subject", "author_hash", "title", "text", "rating", "rating_best"),
    *("rating_worst", "stars", "published_at", "published_precision", "collected_at", "url", "language"),
    *("verified", "incentivised", "reply_text", "reply_at", "revision", "removed_at", "duplicate_of", *_JUDGED),
)
_OWN = tuple(name for name in _EXPORTED if name not in ("source", "kind", "subject", "duplicate_of", *_JUDGED))


def _exported(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _in_order_of(brand_id: int) -> ColumnElement[bool]:
    """Return the condition that a mention is of this brand, for walking through the mentions by id.

    The sum keeps the database from gathering the whole brand by an index and sorting it for each page.
    """
    return MentionTable.brand_id + 0 == brand_id


def _of_source(brand_id: int, source: str) -> ColumnElement[bool]:
    """Return the condition that a mention is of this source of the brand."""
    its_id = select(SourceTable.id).where(SourceTable.brand_id == brand_id, SourceTable.name == source)
    return MentionTable.source_id == its_id.scalar_subquery()
