"""The tables of labels: which mentions chance drew for a person to read, and what persons said of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.tables import Base


def _parent(column: str) -> ForeignKey:
    """Return a reference to a parent row, with which this one goes."""
    return ForeignKey(column, ondelete="CASCADE")


class LabelDrawTable(Base):
    """One wording of a mention that chance drew within the class that one model named. Never changed once written."""

    __tablename__ = "label_draws"
    __table_args__ = (UniqueConstraint("mention_id", "model", "content_hash"), Index(None, "brand_id", "model"))
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    mention_id: Mapped[int] = mapped_column(_parent("mentions.id"))
    model: Mapped[str]
    content_hash: Mapped[str]
    drawn_at: Mapped[datetime]


class LabelEventTable(Base):
    """What one person said of a drawn mention, and when; the latest counts. Never changed once written."""

    __tablename__ = "label_events"
    __table_args__ = (Index(None, "draw_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(_parent("label_draws.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    answer: Mapped[str] = mapped_column(String(10))
