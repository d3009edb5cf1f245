"""The tables of what is found out about a brand: why weeks moved, bursts, and which praise may be quoted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.tables import Base


def _parent(column: str) -> ForeignKey:
    """Return a reference to a parent row, with which this one goes."""
    return ForeignKey(column, ondelete="CASCADE")


class ReasonsTable(Base):
    """Why one week moved, as a night found it out: the document that `health` and the digest show."""

    __tablename__ = "weekly_reasons"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(String(10), primary_key=True)
    document: Mapped[dict[str, Any]]


class BurstTable(Base):
    """Days on which far more was said than usual: `document` is what `health` and the digest show of them.

    One of `source` and `subject` is '': a burst is of a source, or about a subject.
    """

    __tablename__ = "bursts"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date]
    document: Mapped[dict[str, Any]]


class BurstNightsTable(Base):
    """Which days nights have looked at for bursts, by the judgements of one model: of others nothing is known."""

    __tablename__ = "burst_nights"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]


class TestimonialTable(Base):
    """Whether one mention or one survey answer may be quoted.

    `content_hash` is that of the words for which permission was asked.
    """

    __tablename__ = "testimonials"
    __table_args__ = (UniqueConstraint("mention_id"), UniqueConstraint("answer_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    mention_id: Mapped[int | None] = mapped_column(_parent("mentions.id"))
    answer_id: Mapped[int | None] = mapped_column(_parent("survey_answers.id"))
    content_hash: Mapped[str]
    state: Mapped[str] = mapped_column(String(10))
    changed_at: Mapped[datetime]


class TestimonialEventTable(Base):
    """One step of a permission: who asked, granted or refused, and when. Never changed once written."""

    __tablename__ = "testimonial_events"
    __table_args__ = (Index(None, "testimonial_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    testimonial_id: Mapped[int] = mapped_column(_parent("testimonials.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(10))
    note: Mapped[str]
