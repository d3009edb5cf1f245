"""Which praise may be quoted: asked for, granted, refused, and the audit trail of that.

A permission is for the words that were shown when it was asked for. Where its author has edited
them since, it no longer counts and must be asked for anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, literal, or_, select, update

from twelvefold.errors import ForbiddenStep, UnknownName
from twelvefold.records import Measure, Sentiment
from twelvefold.storage.reason_tables import TestimonialEventTable, TestimonialTable
from twelvefold.storage.rollups import counts, judged_by
from twelvefold.storage.surveys import comment_hash
from twelvefold.storage.tables import (
    AnswerTable,
    JudgementTable,
    MentionTable,
    SourceTable,
)

SUREST = 0.9
"""A praise of which the model is less sure than this is not short-listed."""

PROMOTER_SCORE = 9
SHORTEST = 20
"""Fewer characters than this are no testimonial."""


class Permission(StrEnum):
    """Where a testimonial stands."""

    CANDIDATE = "candidate"
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


# From where each step may be taken.
_STEPS = {
    Permission.ASKED: (Permission.CANDIDATE,),
    Permission.GRANTED: (Permission.ASKED, Permission.REFUSED),
    Permission.REFUSED: (Permission.ASKED, Permission.GRANTED),
}
_MENDS = {
    Permission.CANDIDATE: "ask first",
    Permission.ASKED: "wait for the answer, then grant or refuse",
    Permission.GRANTED: "it may be quoted as it is",
    Permission.REFUSED: "it is not asked again; grant it if its author has come round",
}


@dataclass(frozen=True)
class Testimonial:
    """Praise that may be worth quoting.

    Attributes:
        key: "m12" for a mention, "a34" for a survey answer.
        confidence: How sure the model is that it is praise; None for an answer that it has not read.
        score: Of an answer, on 0-10.
    """

    key: str
    text: str
    source: str
    language: str | None
    local_date: date | None
    stars: float | None
    score: float | None
    confidence: float | None
    state: Permission
    changed_at: datetime | None


@dataclass(frozen=True)
class PermissionEvent:
    """One step of the audit trail."""

    at: datetime
    actor: str
    action: str
    note: str


class Testimonials:
    """The praise worth quoting, as a transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, brand_id: int, model: str, state: Permission | None, limit: int) -> list[Testimonial]:
        """Return the short list, the surest praise first; of one state, or of all.

        A mention is on it that the model surely takes for praise, an answer that gave 9 or 10 with
        a comment that is not taken for a complaint.
        """
        found = [
            row
            for query in (self._mentions(brand_id, model, state, limit), self._answers(brand_id, model, state, limit))
            for row in map(_testimonial, self._connection.execute(query))
        ]
        found.sort(key=lambda row: (-(row.confidence or 0.0), row.key))
        return found[:limit]

    def get(self, brand_id: int, model: str, key: str) -> Testimonial:
        """Return one testimonial, on the short list or with a permission.

        Raises:
            UnknownName: The brand has none of that key.
        """
        kind, number = key[:1], key[1:]
        if kind in ("m", "a") and number.isascii() and number.isdigit() and len(number) < 18:
            if kind == "m":
                query = self._mentions(brand_id, model, None, 1).where(MentionTable.id == int(number))
            else:
                query = self._answers(brand_id, model, None, 1).where(AnswerTable.id == int(number))
            if (row := self._connection.execute(query).one_or_none()) is not None:
                return _testimonial(row)
        raise UnknownName(f"no testimonial is called {key!r}: 'twelvefold testimonials list' shows those that exist")

    def step(
        self, brand_id: int, model: str, key: str, to: Permission, actor: str, at: datetime, note: str = ""
    ) -> Testimonial:
        """Change the permission of a testimonial, and write it down.

        Raises:
            UnknownName: The brand has none of that key.
            ForbiddenStep: Its state does not allow that.
        """
        now = self.get(brand_id, model, key)
        if now.state not in _STEPS[to]:
            raise ForbiddenStep(f"testimonial {key} is {now.state.value} and cannot be {to.value}: {_MENDS[now.state]}")
        item = {"mention_id" if key[0] == "m" else "answer_id": int(key[1:])}
        values = {"state": to.value, "changed_at": at, "content_hash": self._content_hash(key)}
        its_row = and_(*(getattr(TestimonialTable, name) == value for name, value in item.items()))
        its_id = self._connection.scalar(
            update(TestimonialTable).where(its_row).values(values).returning(TestimonialTable.id)
        )
        if its_id is None:
            made = insert(TestimonialTable).values(brand_id=brand_id, **item, **values).returning(TestimonialTable.id)
            its_id = self._connection.scalars(made).one()
        self._connection.execute(
            insert(TestimonialEventTable),
            {"testimonial_id": its_id, "at": at, "actor": actor, "action": to.value, "note": note},
        )
        return self.get(brand_id, model, key)

    def history(self, brand_id: int, key: str) -> list[PermissionEvent]:
        """Return the audit trail of a testimonial, oldest first; empty where nobody ever asked."""
        column = TestimonialTable.mention_id if key.startswith("m") else TestimonialTable.answer_id
        query = (
            select(
                TestimonialEventTable.at,
                TestimonialEventTable.actor,
                TestimonialEventTable.action,
                TestimonialEventTable.note,
            )
            .join(TestimonialTable, TestimonialTable.id == TestimonialEventTable.testimonial_id)
            .where(TestimonialTable.brand_id == brand_id, column == int(key[1:]))
            .order_by(TestimonialEventTable.id)
        )
        return [PermissionEvent(*row) for row in self._connection.execute(query)]

    def _content_hash(self, key: str) -> str:
        table = MentionTable if key[0] == "m" else AnswerTable
        found = self._connection.scalars(select(table.content_hash).where(table.id == int(key[1:]))).one()
        return found or comment_hash("")

    def _mentions(self, brand_id: int, model: str, state: Permission | None, limit: int) -> Select[*tuple[Any, ...]]:
        permission = and_(TestimonialTable.mention_id == MentionTable.id, _still_counts(MentionTable.content_hash))
        glows = and_(JudgementTable.label == Sentiment.POSITIVE.value, JudgementTable.confidence >= SUREST)
        query = (
            select(
                literal("m").label("kind"),
                MentionTable.id,
                MentionTable.title,
                MentionTable.text,
                SourceTable.name.label("source"),
                MentionTable.language,
                MentionTable.local_date,
                MentionTable.stars,
                literal(None).label("score"),
                JudgementTable.confidence,
                TestimonialTable.state,
                TestimonialTable.changed_at,
            )
            .join(JudgementTable, judged_by(model))
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(TestimonialTable, permission)
            .where(MentionTable.brand_id == brand_id, counts())
            .where(or_(TestimonialTable.id.is_not(None), and_(glows, _is_long(MentionTable.text))))
            .order_by(JudgementTable.confidence.desc(), MentionTable.id)
            .limit(limit)
        )
        return _in_state(query, state)

    def _answers(self, brand_id: int, model: str, state: Permission | None, limit: int) -> Select[*tuple[Any, ...]]:
        permission = and_(TestimonialTable.answer_id == AnswerTable.id, _still_counts(AnswerTable.content_hash))
        promotes = and_(
            AnswerTable.measure == Measure.NPS.value,
            AnswerTable.score >= PROMOTER_SCORE,
            or_(JudgementTable.label.is_(None), JudgementTable.label != Sentiment.NEGATIVE.value),
        )
        query = (
            select(
                literal("a").label("kind"),
                AnswerTable.id,
                literal("").label("title"),
                AnswerTable.comment.label("text"),
                AnswerTable.survey.label("source"),
                AnswerTable.language,
                AnswerTable.local_date,
                literal(None).label("stars"),
                AnswerTable.score,
                JudgementTable.confidence,
                TestimonialTable.state,
                TestimonialTable.changed_at,
            )
            .outerjoin(
                JudgementTable,
                and_(JudgementTable.content_hash == AnswerTable.content_hash, JudgementTable.model == model),
            )
            .outerjoin(TestimonialTable, permission)
            .where(AnswerTable.brand_id == brand_id)
            .where(or_(TestimonialTable.id.is_not(None), and_(promotes, _is_long(AnswerTable.comment))))
            .order_by(AnswerTable.score.desc(), AnswerTable.id)
            .limit(limit)
        )
        return _in_state(query, state)


def _still_counts(content_hash: Any) -> ColumnElement[bool]:
    """Return the condition that a permission is for these words; a refusal is for whatever its author writes."""
    return or_(TestimonialTable.content_hash == content_hash, TestimonialTable.state == Permission.REFUSED.value)


def _is_long(text: Any) -> ColumnElement[bool]:
    return func.length(text) >= SHORTEST


def _in_state(query: Select[*tuple[Any, ...]], state: Permission | None) -> Select[*tuple[Any, ...]]:
    if state is None:
        return query
    return query.where(
        TestimonialTable.state.is_(None) if state is Permission.CANDIDATE else TestimonialTable.state == state.value
    )


def _testimonial(row: Any) -> Testimonial:
    return Testimonial(
        key=f"{row.kind}{row.id}",
        text="\n".join(part for part in (row.title, row.text) if part),
        source=row.source,
        language=row.language,
        local_date=row.local_date,
        stars=row.stars,
        score=row.score,
        confidence=row.confidence,
        state=Permission(row.state) if row.state else Permission.CANDIDATE,
        changed_at=row.changed_at,
    )
