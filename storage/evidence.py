"""What was said in a period, as the weekly reasons need it: bounded reads, the same sample every time.

Where there is more than the bound, the texts whose hash comes first are taken: a sample that does
not follow time, source or rating, and that another reading takes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, case, false, func, or_, select
from sqlalchemy.orm import aliased

from twelvefold.records import CaseState, Measure, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.rollups import counts, has_text, judged_by
from twelvefold.storage.surveys import with_high_good
from twelvefold.storage.tables import (
    AnswerTable,
    CaseTable,
    JudgementTable,
    MentionTable,
    RevisionTable,
    SourceTable,
)


@dataclass(frozen=True)
class Spoken:
    """One judged mention with words.

    Attributes:
        aspects: As the model gave them: at least `aspect` and `label` each.
        resolved: Whether its case is resolved.
    """

    source: str
    label: Sentiment
    aspects: tuple[Mapping[str, Any], ...]
    stars: float | None
    resolved: bool


@dataclass(frozen=True)
class Said:
    """The words of one judged mention."""

    text: str
    language: str
    label: Sentiment


@dataclass(frozen=True)
class Answered:
    """One measure of a survey answer with the aspects of its response's comment; high is good."""

    score: float
    scale_low: float | None
    scale_high: float | None
    aspects: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Version:
    """One wording of a review that was edited, and when it was first seen."""

    seen_at: datetime
    stars: float | None
    content_hash: str
    replied: bool


@dataclass(frozen=True)
class History:
    """A review that was edited: its wordings, oldest first, and when its source says that we replied."""

    versions: tuple[Version, ...]
    reply_at: datetime | None


class Evidence:
    """What was said, as a transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def spoken(self, brand_id: int, model: str, since: date, until: date, limit: int) -> list[Spoken]:
        """Return at most `limit` judged mentions with words of [since, until)."""
        query = (
            select(
                SourceTable.name,
                JudgementTable.label,
                JudgementTable.aspects,
                MentionTable.stars,
                func.coalesce(CaseTable.state == CaseState.RESOLVED.value, false()),
            )
            .join(JudgementTable, and_(judged_by(model), has_text()))
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
            .where(*_within(brand_id, since, until))
            .order_by(MentionTable.content_hash, MentionTable.id)
            .limit(limit)
        )
        return [
            Spoken(source, Sentiment(label), tuple(aspects or ()), stars, bool(resolved))
            for source, label, aspects, stars, resolved in self._connection.execute(query)
        ]

    def said(self, brand_id: int, model: str, since: date, until: date, limit: int) -> list[Said]:
        """Return the words of at most `limit` judged mentions of [since, until)."""
        query = (
            select(MentionTable.title, MentionTable.text, MentionTable.language, JudgementTable.label)
            .join(JudgementTable, and_(judged_by(model), has_text()))
            .where(*_within(brand_id, since, until))
            .order_by(MentionTable.content_hash, MentionTable.id)
            .limit(limit)
        )
        return [
            Said(f"{title}\n{text}", language or "und", Sentiment(label))
            for title, text, language, label in self._connection.execute(query)
        ]

    def answered(
        self, brand_id: int, model: str, measure: Measure, since: date, until: date, limit: int
    ) -> list[Answered]:
        """Return at most `limit` answers to one measure in [since, until); a comment may stand with another measure."""
        comment = aliased(AnswerTable)
        query = (
            select(
                AnswerTable.score,
                AnswerTable.scale_low,
                AnswerTable.scale_high,
                AnswerTable.high_is_good,
                JudgementTable.aspects,
            )
            .outerjoin(
                comment,
                and_(
                    comment.brand_id == AnswerTable.brand_id,
                    comment.survey == AnswerTable.survey,
                    comment.response_id == AnswerTable.response_id,
                    comment.content_hash.is_not(None),
                ),
            )
            .outerjoin(
                JudgementTable,
                and_(JudgementTable.content_hash == comment.content_hash, JudgementTable.model == model),
            )
            .where(AnswerTable.brand_id == brand_id, AnswerTable.measure == measure.value)
            .where(AnswerTable.local_date >= since, AnswerTable.local_date < until, AnswerTable.score.is_not(None))
            .order_by(AnswerTable.id)
            .limit(limit)
        )
        return [
            Answered(with_high_good(score, low, high, high_is_good), low, high, tuple(aspects or ()))
            for score, low, high, high_is_good, aspects in self._connection.execute(query)
        ]

    def edited(self, brand_id: int, since: datetime, until: datetime, limit: int) -> list[History]:
        """Return at most `limit` reviews whose last edit was seen in [since, until), the latest first."""
        query = (
            select(
                MentionTable.id,
                MentionTable.collected_at,
                MentionTable.reply_at,
                MentionTable.stars,
                MentionTable.content_hash,
                _replied(MentionTable),
            )
            .where(MentionTable.brand_id == brand_id, counts())
            .where(MentionTable.edited_at >= since, MentionTable.edited_at < until)
            .order_by(MentionTable.edited_at.desc(), MentionTable.id)
            .limit(limit)
        )
        reviews = self._connection.execute(query).all()
        earlier = self._earlier([row.id for row in reviews])
        histories = []
        for mention_id, collected_at, reply_at, *last in reviews:
            wordings = [*earlier.get(mention_id, ()), (None, *last)]
            seen = [collected_at, *(replaced_at for replaced_at, *_ in wordings[:-1])]
            versions = (
                Version(seen_at, stars, content_hash, bool(replied))
                for seen_at, (_, stars, content_hash, replied) in zip(seen, wordings, strict=True)
            )
            histories.append(History(tuple(versions), reply_at))
        return histories

    def _earlier(self, mention_ids: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
        """Return the earlier wordings of each review: when replaced, stars, content, whether replied."""
        found: dict[int, list[tuple[Any, ...]]] = {}
        for batch in in_batches(mention_ids):
            query = (
                select(
                    RevisionTable.mention_id,
                    RevisionTable.replaced_at,
                    RevisionTable.stars,
                    RevisionTable.content_hash,
                    _replied(RevisionTable),
                )
                .where(RevisionTable.mention_id.in_(batch))
                .order_by(RevisionTable.mention_id, RevisionTable.revision)
            )
            for mention_id, *wording in self._connection.execute(query):
                found.setdefault(mention_id, []).append(tuple(wording))
        return found


def _within(brand_id: int, since: date, until: date) -> tuple[Any, ...]:
    return (
        MentionTable.brand_id == brand_id,
        MentionTable.local_date >= since,
        MentionTable.local_date < until,
        counts(),
    )


def _replied(table: type[MentionTable | RevisionTable]) -> Any:
    return case((or_(table.reply_text.is_(None), table.reply_text == ""), 0), else_=1)
