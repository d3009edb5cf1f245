"""The table of daily counts by segment: what customers of one kind say."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.tables import Base


class SegmentTable(Base):
    """How many mentions of one day and source come from customers of one segment, by class and their case's state.

    Only mentions that name a customer are counted, once for each segment column of that customer.
    `segment` is made by `storage.segments.segment_key`.
    """

    __tablename__ = "segment_rollups"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  (as SQLAlchemy wants it)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(10), primary_key=True)
    resolved: Mapped[bool] = mapped_column(primary_key=True)
    n: Mapped[int]
