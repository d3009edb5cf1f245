"""Daily counts of mentions by class and by stars, kept in step with every change: figures never scan mentions.

What was removed or is a duplicate counts in neither. By class a mention counts once a model has
judged its text; a rating without text counts by its "rating" judgement, beside whichever model
judges the texts. By stars it counts from the day it is stored, judged or not.

Conditions and queries are built once: SQLAlchemy takes longer to build them than to store a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
)

from twelvefold.records import CaseState, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.kept_counts import KeptCounts, Key
from twelvefold.storage.packed_counts import Counts
from twelvefold.storage.probability_series import WHOLES, CellSeries, ProbabilitySeries
from twelvefold.storage.segment_counts import segment_keys, telling_segments
from twelvefold.storage.segment_tables import SegmentTable
from twelvefold.storage.series import AllSeries, Scope, Series, StarTotal
from twelvefold.storage.tables import (
    AspectTable,
    CaseTable,
    JudgementTable,
    MentionTable,
    RollupTable,
    SourceTable,
    StarTable,
    SubjectTable,
)

_LABELS = {label.value: label for label in Sentiment}
RATING = "rating"  # the model's name where only stars were there
KINDS = 5
"""Kinds of counts that are made anew one after another: classes, aspects, segments, stars, probabilities."""
_GROUPS: Mapping[Scope, tuple[Any, Any]] = {
    Scope.SUBJECT: (RollupTable, RollupTable.subject),
    Scope.LANGUAGE: (RollupTable, RollupTable.language),
    Scope.ASPECT: (AspectTable, AspectTable.aspect),
    Scope.SEGMENT: (SegmentTable, SegmentTable.segment),
}


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


@cache
def has_text() -> ColumnElement[bool]:
    """Return the condition that a mention has words, or had some that may not be kept, and not just stars."""
    return or_(has_words(), MentionTable.erased_at.is_not(None))


@cache
def has_words() -> ColumnElement[bool]:
    """Return the condition that the words of a mention are there to be read."""
    return or_(MentionTable.text != "", MentionTable.title != "")


@cache
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


@cache
def counts() -> ColumnElement[bool]:
    """Return the condition that a mention is counted at all."""
    return and_(MentionTable.removed_at.is_(None), MentionTable.duplicate_of.is_(None))


class Rollups:
    """The daily counts, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._classes = KeptCounts(connection, RollupTable, _counting_classes())
        self._aspects = KeptCounts(connection, AspectTable, _telling_aspects(), _aspect_keys)
        self._segments = KeptCounts(connection, SegmentTable, telling_segments(judged_by(), counts()), segment_keys)
        self._stars = KeptCounts(connection, StarTable, _counting_stars(), _star_key)
        self._series = AllSeries(connection)
        self._probabilities = ProbabilitySeries(connection, judged_by(), counts())

    def daily(
        self, brand_id: int, model: str, *, since: date | None = None, until: date | None = None
    ) -> list[DayCount]:
        """Return the counts of the days in [since, until), in a stable order.

        Args:
            model: The judge of the texts; ratings without text are counted with it.
        """
        key = (RollupTable.local_date, RollupTable.source_id, RollupTable.subject, RollupTable.language)
        query = (
            # The sum of whole numbers is a decimal to PostgreSQL.
            select(*key, RollupTable.label, RollupTable.resolved, cast(func.sum(RollupTable.n), BigInteger))
            .where(RollupTable.brand_id == brand_id, RollupTable.model.in_((model, RATING)))
            .group_by(*key, RollupTable.label, RollupTable.resolved)
        )
        if since is not None:
            query = query.where(RollupTable.local_date >= since)
        if until is not None:
            query = query.where(RollupTable.local_date < until)
        sources = self._sources(brand_id)
        rows: Iterable[tuple[Any, ...]] = (
            (day, sources[source], *rest) for day, source, *rest in self._connection.execute(query)
        )
        return [
            DayCount(day, source, subject or None, language or "und", _LABELS[label], resolved, n)
            for day, source, subject, language, label, resolved, n in sorted(rows)
        ]

    def spoken(self, brand_id: int, model: str, scope: Scope, since: date, until: date) -> list[DayCount]:
        """Return the counts of [since, until) by source and group, under its first day, the group as their subject."""
        table, group = _GROUPS[scope]
        key = (table.source_id, group, table.label, table.resolved)
        query = (
            # The sum of whole numbers is a decimal to PostgreSQL.
            select(*key, cast(func.sum(table.n), BigInteger))
            .where(table.brand_id == brand_id, table.model.in_((model, RATING)))
            .where(table.local_date >= since, table.local_date < until)
            .group_by(*key)
        )
        sources = self._sources(brand_id)
        nameless = "und" if scope is Scope.LANGUAGE else None
        return [
            DayCount(since, sources[source], name or nameless, "und", _LABELS[label], resolved, n)
            for source, name, label, resolved, n in self._connection.execute(query)
        ]

    def _sources(self, brand_id: int) -> dict[int, str]:
        query = select(SourceTable.id, SourceTable.name).where(SourceTable.brand_id == brand_id)
        return {row.id: row.name for row in self._connection.execute(query)}

    def models(self, brand_id: int) -> list[str]:
        """Return the models whose judgements are counted for this brand, ratings aside."""
        query = select(RollupTable.model).where(RollupTable.brand_id == brand_id, RollupTable.model != RATING)
        return sorted(self._connection.scalars(query.distinct()))

    def series(self, brand_id: int, model: str, scope: Scope, until: date | None = None) -> list[Series]:
        """Return the counts by class of each group of a scope, of the days before `until`.

        Args:
            model: The judge of the texts; ratings without text are counted with it.
        """
        return self._series.classes(brand_id, (model, RATING), scope, until)

    def star_totals(
        self, brand_id: int, scope: Scope, since: date | None = None, until: date | None = None
    ) -> list[StarTotal]:
        """Return how many mentions of each group have how many stars, of the days in [since, until)."""
        return self._series.stars(brand_id, scope, since, until)

    def daily_stars(self, brand_id: int, until: date | None = None) -> list[tuple[float, int, Counts]]:
        """Return (stars, ordinal of the first day, counts of 512 days) of the whole brand before `until`."""
        return self._series.daily_stars(brand_id, until)

    def probabilities(
        self, brand_id: int, model: str, scope: str, until: date | None = None
    ) -> list[CellSeries] | None:
        """Return how the mentions of each group of a scope spread over class probabilities, by week.

        None where that is not kept: `keep_probabilities` has yet to count them.
        """
        name = None if scope in WHOLES else self._series.names(brand_id, Scope(scope))
        return self._probabilities.read(brand_id, (model, RATING), scope, until, name)

    def keep_probabilities(self, brand_id: int) -> None:
        """Count class probabilities anew where they are not kept, as after a change of schema or of weights."""
        if not self._probabilities.is_kept(brand_id):
            self._probabilities.recompute(brand_id)

    @contextmanager
    def following(self, mention_ids: Collection[int]) -> Iterator[None]:
        """Keep the counts in step with what the block changes about these mentions.

        What they counted for before is taken off and what they count for afterwards is added, so the
        cost goes with the number of mentions that change and not with the size of their days.
        """
        kept = (self._classes, self._aspects, self._segments, self._stars)
        before, likely = [each.count(mention_ids) for each in kept], self._probabilities.count(mention_ids)
        yield
        after = [each.count(mention_ids) for each in kept]
        self._probabilities.move(likely, self._probabilities.count(mention_ids))
        for changes, counted in zip(after, before, strict=True):
            changes.subtract(counted)
        self._add_judged(after[0], after[1], after[2])
        self._add_starred(after[3])

    @contextmanager
    def following_customers(self, brand_id: int, customer_ids: Collection[str]) -> Iterator[None]:
        """Keep the counts by segment in step with what the block changes about these customers."""
        mention_ids = {
            mention_id
            for batch in in_batches(customer_ids)
            for mention_id in self._connection.scalars(
                select(MentionTable.id).where(MentionTable.brand_id == brand_id, MentionTable.customer_id.in_(batch))
            )
        }
        before, likely = self._segments.count(mention_ids), self._probabilities.count(mention_ids)
        yield
        after = self._segments.count(mention_ids)
        after.subtract(before)
        self._add_segments(after)
        self._probabilities.move(likely, self._probabilities.count(mention_ids))

    def add_judged(self, mention_ids: Collection[int]) -> None:
        """Count by class, probability, aspect and segment mentions that were not there before."""
        self._probabilities.move({}, self._probabilities.count(mention_ids))
        self._add_judged(*(each.count(mention_ids) for each in (self._classes, self._aspects, self._segments)))

    def add_starred(self, brand_id: int, starred: Iterable[tuple[date, int, str | None, str | None, float]]) -> None:
        """Count by stars mentions that were not there before.

        Args:
            starred: Local date, number of the source, subject, language and stars of each.
        """
        counted: Counter[Key] = Counter()
        for (day, source, subject, language, stars), n in Counter(starred).items():
            for key in _star_key((brand_id, day, source, subject or "", language or "", stars)):
                counted[key] += n
        self._add_starred(counted)

    def _add_judged(self, classes: Mapping[Key, int], aspects: Mapping[Key, int], segments: Mapping[Key, int]) -> None:
        self._classes.add(classes)
        self._series.add_classes(classes)
        self._aspects.add(aspects)
        self._series.add_aspects(aspects)
        self._add_segments(segments)

    def _add_segments(self, segments: Mapping[Key, int]) -> None:
        self._segments.add(segments)
        self._series.add_segments(segments)

    def _add_starred(self, stars: Mapping[Key, int]) -> None:
        self._stars.add(stars)
        self._series.add_stars(stars)

    def recompute(self, brand_id: int, tell: Callable[[], None] = lambda: None) -> None:
        """Count this brand's mentions anew; `tell` is called after each of the `KINDS` of counts."""
        counted = []
        for each in (self._classes, self._aspects, self._segments):
            counted.append(each.recompute(brand_id))
            tell()
        self._series.replace_classes(brand_id, *counted)
        self._series.replace_stars(brand_id, self._stars.recompute(brand_id))
        tell()
        self._probabilities.recompute(brand_id)
        tell()

    def weigh_anew(self, brand_id: int) -> None:
        """Follow sources of this brand that weigh something else; probabilities wait for the next night."""
        self._probabilities.drop(brand_id)
        kept = (each.kept(brand_id) for each in (self._classes, self._aspects, self._segments))
        self._series.replace_classes(brand_id, *kept)

    def check(self, brand_id: int, model: str) -> list[str]:
        """Return one sentence for each count of this model, or of stars, that differs from the mentions themselves."""
        models = (model, RATING)
        classes, aspects, segments = (
            each.of_brand(brand_id, JudgementTable.model.in_(models))
            for each in (self._classes, self._aspects, self._segments)
        )
        stars = self._stars.of_brand(brand_id)
        return [
            *self._classes.differences(brand_id, classes, [RollupTable.model.in_(models)]),
            *self._aspects.differences(brand_id, aspects, [AspectTable.model.in_(models)]),
            *self._segments.differences(brand_id, segments, [SegmentTable.model.in_(models)]),
            *self._stars.differences(brand_id, stars),
            *self._series.differences(brand_id, models, classes, aspects, segments, stars),
            *self._probabilities.differences(brand_id, models),
        ]


# Written out, as PostgreSQL takes the same expression with another parameter for another group.
_NOTHING: ColumnElement[str] = literal_column("''")
_RESOLVED: ColumnElement[str] = literal_column(f"'{CaseState.RESOLVED.value}'")
_SUBJECT = func.coalesce(SubjectTable.name, _NOTHING)
_LANGUAGE = func.coalesce(MentionTable.language, _NOTHING)


@cache
def _counting_classes() -> Select[*tuple[Any, ...]]:
    """Return the query that counts mentions by class."""
    key = (
        MentionTable.brand_id,
        JudgementTable.model,
        MentionTable.local_date,
        MentionTable.source_id,
        _SUBJECT,
        _LANGUAGE,
        JudgementTable.label,
        func.coalesce(CaseTable.state == _RESOLVED, false()),
    )
    return (
        select(*key, func.count())
        .select_from(MentionTable)
        .join(JudgementTable, judged_by())
        .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
        .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
        .where(counts())
        .group_by(*key)
    )


@cache
def _counting_stars() -> Select[*tuple[Any, ...]]:
    """Return the query that counts mentions by their stars, as yet unrounded."""
    key = (
        MentionTable.brand_id,
        MentionTable.local_date,
        MentionTable.source_id,
        _SUBJECT,
        _LANGUAGE,
        MentionTable.stars,
    )
    return (
        select(*key, func.count())
        .select_from(MentionTable)
        .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
        .where(counts(), MentionTable.stars.is_not(None))
        .group_by(*key)
    )


@cache
def _telling_aspects() -> Select[*tuple[Any, ...]]:
    """Return the query for the mentions that speak of aspects, one by one, with all that is judged of these."""
    return (
        select(
            MentionTable.brand_id,
            JudgementTable.model,
            MentionTable.local_date,
            MentionTable.source_id,
            func.coalesce(CaseTable.state == _RESOLVED, false()),
            JudgementTable.aspects,
            literal_column("1"),
        )
        .select_from(MentionTable)
        .join(JudgementTable, and_(judged_by(), JudgementTable.aspects.is_not(None)))
        .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
        .where(counts())
    )


def _aspect_keys(row: Sequence[Any]) -> set[Key]:
    """Return a mention's keys: one for each aspect and class that it is spoken of in, however often."""
    *scope, resolved, aspects = row
    return {(*scope, aspect["aspect"], aspect["label"], resolved) for aspect in aspects}


def _star_key(row: Sequence[Any]) -> tuple[Key]:
    """Return a counted row with its stars, the last of it, in tenths; rounded here, as databases differ on halves."""
    return ((*row[:-1], round(row[-1] * 10)),)
