"""In which languages a model's probabilities hold for other shares of the classes than its prior.

A model is calibrated for one prior, that of reviews over all languages. What it says of a language holds for somewhat
other shares; multiplied by the ratio of the two it holds for the one prior, and mentions of all languages can be
counted together.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, String, select
from sqlalchemy.orm import Mapped, mapped_column

from twelvefold.storage.batches import insert_or
from twelvefold.storage.tables import Base

Triple = tuple[float, float, float]
ANY_LANGUAGE = ""
"""Every language that has no ratios of its own."""


class PriorRatioTable(Base):
    """By what the probabilities of one model are multiplied in one language; never changed once written."""

    __tablename__ = "prior_ratios"
    model: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    negative: Mapped[float]
    neutral: Mapped[float]
    positive: Mapped[float]


class PriorRatios:
    """The ratios of all models, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, model: str, ratios: Mapping[str, Triple]) -> None:
        """Keep the ratios of a model, by language, before what it judges is counted; known ones stay as they are."""
        rows = [
            {"model": model, "language": language, "negative": negative, "neutral": neutral, "positive": positive}
            for language, (negative, neutral, positive) in ratios.items()
        ]
        if rows:
            self._connection.execute(insert_or(self._connection, PriorRatioTable).on_conflict_do_nothing(), rows)

    def all(self) -> dict[tuple[str, str], Triple]:
        """Return the ratios by model and language."""
        table = PriorRatioTable
        query = select(table.model, table.language, table.negative, table.neutral, table.positive)
        return {(model, language): (a, b, c) for model, language, a, b, c in self._connection.execute(query)}
