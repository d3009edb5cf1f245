"""Daily counts of mentions by class, kept in step with every change, so that figures never scan mentions.

A mention counts once a model has judged its text, unless it was removed or is a duplicate. A rating
without text counts by its "rating" judgement, beside whichever model judges the texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, false, func, insert, literal_column, or_, select

from twelvefold.records import CaseState, Sentiment
from twelvefold.storage.batches import in_batches, insert_or
from twelvefold.storage.tables import (
    CaseTable,
    JudgementTable,
    MentionTable,
    RollupTable,
    SourceTable,
    SubjectTable,
)

RATING = "rating"  # the model's name where only stars were there
_KEY = ("brand_id", "model", "local_date", "source_id", "subject", "language", "label", "resolved")
_Key = tuple[Any, ...]


@dataclass(frozen=True)
class DayCount:
    """How many mentions of one day and source fell into one class.

    Attributes:
        language: "und" where it is not known.
        resolved: Whether the mention's case is resolved; a mention without a case is open.
    """

    local_date: date
    source: str
    subject: str | None
    language: str
    label: Sentiment
    resolved: bool
    n: int


def has_text() -> ColumnElement[bool]:
    """Return the condition that a mention has words, not just stars."""
    return or_(MentionTable.text != "", MentionTable.title != "")


def judged_by(model: str | None = None) -> ColumnElement[bool]:
    """Return the condition that joins a mention to the judgement that counts for it.

    Args:
        model: Only this one's, or a rating's where there is no text; None: any model's.
    """
    by_text = and_(has_text(), JudgementTable.model != RATING)
    if model is not None:
        by_text = and_(has_text(), JudgementTable.model == model)
    return and_(
        JudgementTable.content_hash == MentionTable.content_hash,
        or_(by_text, and_(~has_text(), JudgementTable.model == RATING)),
    )


def counts() -> ColumnElement[bool]:
    """Return the condition that a mention is counted at all."""
    return and_(MentionTable.removed_at.is_(None), MentionTable.duplicate_of.is_(None))


class Rollups:
    """The daily counts, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def daily(
        self, brand_id: int, model: str, *, since: date | None = None, until: date | None = None
    ) -> list[DayCount]:
        """Return the counts of the days in [since, until), in a stable order.

        Args:
            model: The judge of the texts; ratings without text are counted with it.
        """
        query = (
            select(
                RollupTable.local_date,
                SourceTable.name,
                RollupTable.subject,
                RollupTable.language,
                RollupTable.label,
                RollupTable.resolved,
                RollupTable.n,
            )
            .join(SourceTable, SourceTable.id == RollupTable.source_id)
            .where(RollupTable.brand_id == brand_id, RollupTable.model.in_((model, RATING)))
        )
        if since is not None:
            query = query.where(RollupTable.local_date >= since)
        if until is not None:
            query = query.where(RollupTable.local_date < until)
        merged: Counter[_Key] = Counter()
        for day, source, subject, language, label, resolved, n in self._connection.execute(query):
            merged[day, source, subject, language, label, resolved] += n
        return [
            DayCount(day, source, subject or None, language or "und", Sentiment(label), resolved, n)
            for (day, source, subject, language, label, resolved), n in sorted(merged.items())
        ]

    def models(self, brand_id: int) -> list[str]:
        """Return the models whose judgements are counted for this brand, ratings aside."""
        query = select(RollupTable.model).where(RollupTable.brand_id == brand_id, RollupTable.model != RATING)
        return sorted(self._connection.scalars(query.distinct()))

    @contextmanager
    def following(self, mention_ids: Collection[int]) -> Iterator[None]:
        """Keep the counts in step with what the block changes about these mentions.

        What they counted for before is taken off and what they count for afterwards is added, so the
        cost goes with the number of mentions that change and not with the size of their days.
        """
        before = self._counted(mention_ids)
        yield
        after = self._counted(mention_ids)
        after.subtract(before)
        self._add(after)

    def add(self, mention_ids: Collection[int]) -> None:
        """Count mentions that were not there before."""
        self._add(self._counted(mention_ids))

    def recompute(self, brand_id: int) -> None:
        """Count this brand's mentions anew."""
        self._connection.execute(delete(RollupTable).where(RollupTable.brand_id == brand_id))
        counted = _counting().where(MentionTable.brand_id == brand_id)
        self._connection.execute(insert(RollupTable).from_select([*_KEY, "n"], counted))

    def check(self, brand_id: int, model: str) -> list[str]:
        """Return one sentence for each count that differs from the mentions themselves."""
        wanted = (model, RATING)
        counted = _counting().where(MentionTable.brand_id == brand_id, JudgementTable.model.in_(wanted))
        kept = select(*(getattr(RollupTable, name) for name in (*_KEY, "n"))).where(
            RollupTable.brand_id == brand_id, RollupTable.model.in_(wanted)
        )
        true_counts = {tuple(row[:-1]): row[-1] for row in self._connection.execute(counted)}
        kept_counts = {tuple(row[:-1]): row[-1] for row in self._connection.execute(kept)}
        return [
            f"{dict(zip(_KEY, key, strict=True))}: kept {kept_counts.get(key, 0)}, counted {true_counts.get(key, 0)}"
            for key in sorted(true_counts.keys() | kept_counts.keys(), key=str)
            if kept_counts.get(key, 0) != true_counts.get(key, 0)
        ]

    def _add(self, changes: Counter[_Key]) -> None:
        rows = [dict(zip(_KEY, key, strict=True), n=n) for key, n in changes.items() if n]
        if not rows:
            return
        upsert = insert_or(self._connection, RollupTable)
        upsert = upsert.on_conflict_do_update(index_elements=_KEY, set_={"n": RollupTable.n + upsert.excluded.n})
        self._connection.execute(upsert, rows)
        if any(row["n"] < 0 for row in rows):
            self._connection.execute(delete(RollupTable).where(RollupTable.n == 0))

    def _counted(self, mention_ids: Collection[int]) -> Counter[_Key]:
        total: Counter[_Key] = Counter()
        for batch in in_batches(mention_ids):
            for row in self._connection.execute(_counting().where(MentionTable.id.in_(batch))):
                total[tuple(row[:-1])] += row[-1]
        return total


def _counting() -> Select[*tuple[Any, ...]]:
    """Return the query that counts mentions by the roll-ups' key."""
    # Written out, as PostgreSQL takes the same expression with another parameter for another group.
    nothing: ColumnElement[str] = literal_column("''")
    is_resolved: ColumnElement[str] = literal_column(f"'{CaseState.RESOLVED.value}'")
    subject = func.coalesce(SubjectTable.name, nothing)
    language = func.coalesce(MentionTable.language, nothing)
    resolved = func.coalesce(CaseTable.state == is_resolved, false())
    keys = {
        "brand_id": MentionTable.brand_id,
        "model": JudgementTable.model,
        "local_date": MentionTable.local_date,
        "source_id": MentionTable.source_id,
        "subject": subject,
        "language": language,
        "label": JudgementTable.label,
        "resolved": resolved,
    }
    return (
        select(*(keys[name].label(name) for name in _KEY), func.count().label("n"))
        .select_from(MentionTable)
        .join(JudgementTable, judged_by())
        .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
        .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
        .where(counts())
        .group_by(*(keys[name] for name in _KEY))
    )
