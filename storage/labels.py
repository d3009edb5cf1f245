"""Labels that people give to mentions drawn by chance, by which the classifier's error is known.

A draw is of one wording and for one model: the mentions of a named class are another population where another model
names them, and an edited mention says something else. A draw that no longer fits stays, but counts for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, select

from twelvefold.records import Sentiment
from twelvefold.storage.batches import in_batches, insert_or
from twelvefold.storage.label_tables import LabelDrawTable, LabelEventTable
from twelvefold.storage.rollups import counts, has_words, judged_by
from twelvefold.storage.segment_counts import of_customer
from twelvefold.storage.segments import keys_in
from twelvefold.storage.tables import CustomerTable, JudgementTable, MentionTable, SourceTable, SubjectTable

SKIPPED = "skipped"
"""The answer of a person who cannot tell; it is no label."""

_PAGE = 20_000
_CLASSES = {label.value: label for label in Sentiment}


class Undrawn(NamedTuple):
    """A mention that may be drawn, `weight` that of its source."""

    mention_id: int
    local_date: date
    weight: float
    named: Sentiment


@dataclass(frozen=True)
class Draw:
    """A drawn mention that waits for its label, as a person is shown it."""

    draw_id: int
    mention_id: int
    title: str
    text: str
    stars: float | None
    source: str
    subject: str | None
    language: str | None
    url: str | None
    local_date: date


class Label(NamedTuple):
    """What a person said of a mention, and what the model had named it.

    Attributes:
        truth: None where the person could not tell.
        segments: The keys of those that the customer belongs to whom the mention names.
    """

    local_date: date
    source: str
    subject: str | None
    language: str
    named: Sentiment
    truth: Sentiment | None
    segments: tuple[str, ...] = ()


class Drawn(NamedTuple):
    """What is known of a mention that somebody answers in a file.

    Attributes:
        draw_id: Of the present model and wording; None where it was not drawn for them.
        other_models: For which other models it was drawn.
        is_stale: Whether it was drawn in another wording, or no longer counts.
        answer: The latest answer.
    """

    draw_id: int | None
    other_models: tuple[str, ...] = ()
    is_stale: bool = False
    answer: str | None = None


class Labels:
    """The draws and labels, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def undrawn(self, brand_id: int, model: str, since: date) -> Iterator[Undrawn]:
        """Yield the mentions with words, from `since` on, that count, are judged by this model and not yet drawn."""
        drawn = exists().where(
            LabelDrawTable.mention_id == MentionTable.id,
            LabelDrawTable.model == model,
            LabelDrawTable.content_hash == MentionTable.content_hash,
        )
        query = (
            select(MentionTable.id, MentionTable.local_date, SourceTable.weight, JudgementTable.label)
            .join(JudgementTable, judged_by(model))
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .where(MentionTable.brand_id == brand_id, MentionTable.local_date >= since, counts(), has_words(), ~drawn)
        )
        for number, day, weight, label in self._connection.execute(query, execution_options={"yield_per": _PAGE}):
            yield Undrawn(number, day, weight, _CLASSES[label])

    def draw(self, brand_id: int, model: str, mention_ids: Collection[int], at: datetime) -> None:
        """Note that these mentions were drawn as they are now; one that was drawn already stays as it is."""
        for batch in in_batches(mention_ids, 1_000):
            worded = select(MentionTable.id, MentionTable.content_hash).where(MentionTable.id.in_(batch))
            rows = [
                {"brand_id": brand_id, "model": model, "mention_id": number, "content_hash": content, "drawn_at": at}
                for number, content in self._connection.execute(worded.order_by(MentionTable.id))
            ]
            self._connection.execute(insert_or(self._connection, LabelDrawTable).on_conflict_do_nothing(), rows)

    def pending(self, brand_id: int, model: str, since: date) -> list[Draw]:
        """Return the drawn mentions, from `since` on, that nobody has answered, in the order of their draw."""
        answered = exists().where(LabelEventTable.draw_id == LabelDrawTable.id)
        query: Select[*tuple[Any, ...]] = (
            select(
                LabelDrawTable.id,
                MentionTable.id,
                MentionTable.title,
                MentionTable.text,
                MentionTable.stars,
                SourceTable.name,
                SubjectTable.name,
                MentionTable.language,
                MentionTable.url,
                MentionTable.local_date,
            )
            .join(MentionTable, _still_fits())
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
            .where(LabelDrawTable.brand_id == brand_id, LabelDrawTable.model == model, has_words(), ~answered)
            .where(MentionTable.local_date >= since)
            .order_by(LabelDrawTable.id)
        )
        return [Draw(*row) for row in self._connection.execute(query)]

    def drawn(self, brand_id: int, model: str, since: date) -> Counter[Sentiment]:
        """Return how many mentions of each named class, from `since` on, are drawn, answered or not."""
        query = (
            select(JudgementTable.label, func.count())
            .select_from(LabelDrawTable)
            .join(MentionTable, _still_fits())
            .join(JudgementTable, _names())
            .where(LabelDrawTable.brand_id == brand_id, LabelDrawTable.model == model)
            .where(MentionTable.local_date >= since)
            .group_by(JudgementTable.label)
        )
        return Counter({_CLASSES[label]: n for label, n in self._connection.execute(query)})

    def answer(self, draw_id: int, actor: str, answer: Sentiment | None, at: datetime) -> None:
        """Write down what a person said of a drawn mention; None: that they cannot tell."""
        said = SKIPPED if answer is None else answer.value
        self._connection.execute(
            insert(LabelEventTable), {"draw_id": draw_id, "at": at, "actor": actor, "answer": said}
        )

    def given(self, brand_id: int, model: str, until: date | None = None) -> list[Label]:
        """Return the latest answer to each draw of this model that still fits, of the days before `until`."""
        query = (
            select(
                MentionTable.local_date,
                SourceTable.name,
                SubjectTable.name,
                MentionTable.language,
                JudgementTable.label,
                LabelEventTable.answer,
                CustomerTable.segments,
            )
            .select_from(LabelDrawTable)
            .join(MentionTable, _still_fits())
            .join(LabelEventTable, and_(LabelEventTable.draw_id == LabelDrawTable.id, _is_latest()))
            .join(JudgementTable, _names())
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
            .outerjoin(CustomerTable, of_customer())
            .where(LabelDrawTable.brand_id == brand_id, LabelDrawTable.model == model)
            .order_by(LabelDrawTable.id)
        )
        if until is not None:
            query = query.where(MentionTable.local_date < until)
        return [
            Label(
                *(day, source, subject, language or "und", _CLASSES[named], _CLASSES.get(answer)),
                keys_in(segments),
            )
            for day, source, subject, language, named, answer, segments in self._connection.execute(query)
        ]

    def look_up(self, brand_id: int, model: str, mention_ids: Collection[int]) -> dict[int, Drawn]:
        """Return what is known of those of the mentions that this brand has."""
        found: dict[int, Drawn] = {}
        for batch in in_batches(mention_ids):
            ours = select(MentionTable.id).where(MentionTable.id.in_(batch), MentionTable.brand_id == brand_id)
            found.update((number, Drawn(None)) for number in self._connection.scalars(ours))
            draws = (
                select(LabelDrawTable.id, LabelDrawTable.mention_id, LabelDrawTable.model, _still_fits())
                .join(MentionTable, MentionTable.id == LabelDrawTable.mention_id)
                .where(LabelDrawTable.mention_id.in_(found.keys() & set(batch)))
                .order_by(LabelDrawTable.id)
            )
            for draw, number, its_model, fits in self._connection.execute(draws).all():
                known = found[number]
                if its_model != model:
                    found[number] = known._replace(other_models=(*known.other_models, its_model))
                elif fits:
                    found[number] = known._replace(draw_id=draw, is_stale=False)
                elif known.draw_id is None:
                    found[number] = known._replace(is_stale=True)
        by_draw = {known.draw_id: number for number, known in found.items() if known.draw_id is not None}
        for batch in in_batches(by_draw):
            latest = select(LabelEventTable.draw_id, LabelEventTable.answer).where(_is_latest())
            for draw, answer in self._connection.execute(latest.where(LabelEventTable.draw_id.in_(batch))).all():
                found[by_draw[draw]] = found[by_draw[draw]]._replace(answer=answer)
        return found


def _still_fits() -> ColumnElement[bool]:
    """Return the condition that joins a draw to its mention as long as that counts, in the words that were drawn."""
    return and_(
        MentionTable.id == LabelDrawTable.mention_id, MentionTable.content_hash == LabelDrawTable.content_hash, counts()
    )


def _names() -> ColumnElement[bool]:
    """Return the condition that joins a draw to the judgement of its words."""
    return and_(
        JudgementTable.content_hash == LabelDrawTable.content_hash, JudgementTable.model == LabelDrawTable.model
    )


def _is_latest() -> ColumnElement[bool]:
    """Return the condition that no later answer to the same draw was given."""
    later = LabelEventTable.__table__.alias("later")
    newest = select(func.max(later.c.id)).where(later.c.draw_id == LabelEventTable.draw_id)
    return LabelEventTable.id == newest.correlate(LabelEventTable).scalar_subquery()
