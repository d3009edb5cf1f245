"""Days on which far more was said than usual: kept as nights find them, and what is known of who spoke on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from twelvefold.records import Precision
from twelvefold.storage.batches import in_batches
from twelvefold.storage.reason_tables import BurstNightsTable, BurstTable
from twelvefold.storage.rollups import counts, has_text
from twelvefold.storage.tables import MentionTable, SourceTable, SubjectTable

_TO_THE_DAY = (Precision.SECOND.value, Precision.DAY.value)


@dataclass(frozen=True)
class Speakers:
    """Whose mentions are looked at: those of one source, or those about one subject."""

    source: str | None
    subject: str | None


@dataclass(frozen=True)
class Posted:
    """One mention, as the signs of organised posting are read off it.

    Attributes:
        words: Title and text as far as they are kept.
        has_text: Whether it ever had words.
        is_dated: Whether its source told the day on which it was posted.
    """

    mention_id: int
    content_hash: str
    author_hash: str | None
    words: str
    has_text: bool
    is_dated: bool


class Bursts:
    """The bursts, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, brand_id: int, model: str, since: date, until: date, found: Sequence[dict[str, Any]]) -> None:
        """Keep the bursts that a night found in [since, until) in the place of all that end on `since` or later."""
        self._look(brand_id, model, since, until - timedelta(days=1))
        self._connection.execute(delete(BurstTable).where(*_of(brand_id, model), BurstTable.last_day >= since))
        rows = [
            {
                "brand_id": brand_id,
                "model": model,
                "source": each["source"] or "",
                "subject": each["subject"] or "",
                "first_day": date.fromisoformat(each["first_day"]),
                "last_day": date.fromisoformat(each["last_day"]),
                "document": each,
            }
            for each in found
        ]
        if rows:
            self._connection.execute(insert(BurstTable), rows)

    def touching(self, brand_id: int, model: str, since: date, until: date) -> list[dict[str, Any]]:
        """Return the bursts with a day in [since, until), in order of time."""
        query = (
            select(BurstTable.document)
            .where(*_of(brand_id, model), BurstTable.last_day >= since, BurstTable.first_day < until)
            .order_by(BurstTable.first_day, BurstTable.source, BurstTable.subject)
        )
        return list(self._connection.scalars(query))

    def looked_at(self, brand_id: int, model: str) -> tuple[date, date] | None:
        """Return the first and the last of the days that nights have looked at, or None where no night has."""
        table = BurstNightsTable
        query = select(table.first_day, table.last_day).where(table.brand_id == brand_id, table.model == model)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row.first_day, row.last_day)

    def _look(self, brand_id: int, model: str, first_day: date, last_day: date) -> None:
        """Remember that a night looked at these days too; days before a hole are forgotten."""
        before = self.looked_at(brand_id, model)
        if before is not None and before[1] >= first_day:
            first_day, last_day = min(first_day, before[0]), max(last_day, before[1])
        table = BurstNightsTable
        self._connection.execute(delete(table).where(table.brand_id == brand_id, table.model == model))
        row = {"brand_id": brand_id, "model": model, "first_day": first_day, "last_day": last_day}
        self._connection.execute(insert(table).values(row))

    def posted(self, brand_id: int, speakers: Speakers, since: date, until: date, limit: int) -> list[Posted]:
        """Return at most `limit` mentions of [since, until); where there are more, the same ones every time."""
        query = (
            select(
                MentionTable.id,
                MentionTable.content_hash,
                MentionTable.author_hash,
                MentionTable.title,
                MentionTable.text,
                has_text(),
                MentionTable.published_precision,
            )
            .where(*self._said_by(brand_id, speakers, since, until))
            .order_by(MentionTable.content_hash, MentionTable.id)
            .limit(limit)
        )
        return [
            Posted(number, content, author, f"{title}\n{text}".strip(), bool(worded), precision in _TO_THE_DAY)
            for number, content, author, title, text, worded, precision in self._connection.execute(query)
        ]

    def authors_among(
        self, brand_id: int, speakers: Speakers, authors: Collection[str], since: date, until: date
    ) -> set[str]:
        """Return those of the authors who posted in [since, until)."""
        seen: set[str] = set()
        for batch in in_batches(authors):
            query = select(MentionTable.author_hash).where(*self._said_by(brand_id, speakers, since, until))
            found = self._connection.scalars(query.where(MentionTable.author_hash.in_(batch)).distinct())
            seen.update(author for author in found if author)
        return seen

    def _said_by(self, brand_id: int, speakers: Speakers, since: date, until: date) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions on the mentions of one source or subject."""
        if speakers.source is not None:
            named = select(SourceTable.id).where(SourceTable.brand_id == brand_id, SourceTable.name == speakers.source)
            whose = MentionTable.source_id == named.scalar_subquery()
        else:
            about = select(SubjectTable.id).where(
                SubjectTable.brand_id == brand_id, SubjectTable.name == speakers.subject
            )
            whose = MentionTable.subject_id == about.scalar_subquery()
        return (
            MentionTable.brand_id == brand_id,
            MentionTable.local_date >= since,
            MentionTable.local_date < until,
            whose,
            counts(),
        )


def _of(brand_id: int, model: str) -> tuple[ColumnElement[bool], ...]:
    return BurstTable.brand_id == brand_id, BurstTable.model == model
