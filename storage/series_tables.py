"""The tables of series: daily counts packed by group."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.tables import Base


class ClassSeriesTable(Base):
    """How many mentions of each of 512 days fell into one class, for one group of one scope.

    What `rollups` (and for aspects `aspect_rollups`) hold, summed over all but the scope and packed, so that
    years of a group are a few rows. `days` is packed by `storage.packed_counts`, `n` is their sum.
    """

    __tablename__ = "class_series"
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(10), primary_key=True)
    resolved: Mapped[bool] = mapped_column(primary_key=True)
    chunk: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    days: Mapped[bytes]


class StarSeriesTable(Base):
    """How many mentions of each of 512 days have so many stars, for one group of one scope."""

    __tablename__ = "star_series"
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    tenths: Mapped[int] = mapped_column(primary_key=True)
    chunk: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]
    days: Mapped[bytes]


class ProbabilitySeriesTable(Base):
    """How the mentions of each of 64 weeks spread over the cells of class probabilities, for one group of one scope.

    `sum_of` says what `cells` adds up: mentions, or (for the whole brand only) their probability of a class in
    units of 1/10,000. `cells` is packed by `storage.packed_cells`.
    """

    __tablename__ = "probability_series"
    brand_id: Mapped[int] = mapped_column(ForeignKey("brands.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    sum_of: Mapped[str] = mapped_column(String(10), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float] = mapped_column(primary_key=True)
    resolved: Mapped[bool] = mapped_column(primary_key=True)
    chunk: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[bytes]
