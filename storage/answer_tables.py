"""The tables of answers that are kept until anything changes."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.tables import Base


class ChangeTable(Base):
    """How often what is stored has changed: one row, none while nothing has."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class KeptAnswerTable(Base):
    """An answer computed from what is stored: compressed JSON, under a hash of all else that it depends on.

    Whatever changes what is stored takes every row away, so a row that a transaction sees holds for it.
    """

    __tablename__ = "kept_answers"
    question: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[bytes]
