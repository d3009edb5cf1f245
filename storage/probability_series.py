"""How likely each class is for the mentions, kept by week and cell: corrected figures never scan mentions.

For each group of a scope it is known how its mentions of each week spread over the cells of
`storage.probability_cells`, by their class; for the whole brand also the mean of each cell. What is said of an aspect
has probabilities of its own: they spread over the cells for each aspect, with the means over all aspects. Days within
a week are told apart by the counts by class. The series follow every change of the mentions in its own transaction,
once a night has counted what was there before they were kept. Probabilities are counted as they hold for the model's
one prior (`storage.prior_ratios`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, false, func, literal_column, select, update

from twelvefold.records import CaseState, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.packed_cells import WEEKS, Counts, Grid, PackedCells, RowKey, empty_grid, unpack, week_of
from twelvefold.storage.prior_ratios import ANY_LANGUAGE, PriorRatios, Triple
from twelvefold.storage.probability_cells import CELLS, cell_of
from twelvefold.storage.segment_counts import of_customer
from twelvefold.storage.segments import keys_in
from twelvefold.storage.series_tables import ProbabilitySeriesTable
from twelvefold.storage.tables import (
    BrandTable,
    CaseTable,
    CustomerTable,
    JudgementTable,
    MentionTable,
    SourceTable,
    SubjectTable,
)

BRAND = "brand"
"""The scope of the whole brand, beside those of `storage.series.Scope`."""

ALL_ASPECTS = "aspects"
"""The scope of all that is said of any aspect of a brand."""

WHOLES = (BRAND, ALL_ASPECTS)

UNIT = 10_000
"""What a probability of 1 adds to a sum."""

_LABELS = {label.value: number for number, label in enumerate(Sentiment)}
_PAGE = 20_000
_DAY = timedelta(days=1)
_TRIPLE = slice(9, 12)  # where a row of `_telling` has the probabilities


class SumOf(StrEnum):
    """What a row adds up."""

    MENTIONS = "mentions"
    NEGATIVE = "negative"
    POSITIVE = "positive"


_SUMS = {each.value: each for each in SumOf}


@dataclass(frozen=True, slots=True)
class CellSeries:
    """What the mentions of some weeks of one group add up to in each cell.

    Attributes:
        key: The group; None where a mention has no subject.
        weight: Of the sources that they are of.
        first_week: Number of the first of the weeks.
        labels: The place in `Sentiment` of each cell's class, shape (cells,).
        cells: The numbers of the cells, shape (cells,); a number may come once for each class.
        sums: Shape (cells, weeks).
    """

    sum_of: SumOf
    model: str
    key: str | None
    weight: float
    resolved: bool
    first_week: int
    labels: Counts
    cells: Counts
    sums: npt.NDArray[Any]


class ProbabilitySeries:
    """The series of class probabilities, as a transaction sees them."""

    def __init__(self, connection: Connection, judged: ColumnElement[bool], counted: ColumnElement[bool]) -> None:
        """Take the conditions under which a judgement is a mention's, and a mention is counted."""
        self._connection = connection
        self._packed = PackedCells(connection)
        self._telling = _telling(judged, counted)

    @cached_property
    def _ratios(self) -> Mapping[tuple[str, str], Triple]:
        return PriorRatios(self._connection).all()

    def is_kept(self, brand_id: int) -> bool:
        """Tell whether the series of this brand follow its mentions."""
        query = select(BrandTable.probabilities_kept).where(BrandTable.id == brand_id)
        return bool(self._connection.scalar(query))

    def count(self, mention_ids: Collection[int]) -> dict[RowKey, Grid]:
        """Count some mentions as they are now, those of brands that are not kept left out."""
        counted: dict[RowKey, Grid] = defaultdict(empty_grid)
        for batch in in_batches(mention_ids):
            query = self._telling.where(MentionTable.id.in_(batch), BrandTable.probabilities_kept)
            _count(self._connection.execute(query), counted, self._ratios)
        return counted

    def move(self, before: dict[RowKey, Grid], after: dict[RowKey, Grid]) -> None:
        """Follow mentions that counted for one thing and now count for another."""
        self._packed.add(after, before)

    def recompute(self, brand_id: int) -> None:
        """Count this brand's mentions anew, and keep the series from now on."""
        self._packed.replace(brand_id, self._of_brand(brand_id))
        self._keep(brand_id, is_kept=True)

    def drop(self, brand_id: int) -> None:
        """Keep nothing of this brand until its mentions are counted anew."""
        self._packed.drop(brand_id)
        self._keep(brand_id, is_kept=False)

    def differences(self, brand_id: int, models: Collection[str]) -> list[str]:
        """Return one sentence for each row of these models that is not what the mentions add up to."""
        if not self.is_kept(brand_id):
            return []
        truth = self._of_brand(brand_id, JudgementTable.model.in_(models))
        return self._packed.differences(brand_id, truth, [ProbabilitySeriesTable.model.in_(models)])

    def read(
        self,
        brand_id: int,
        models: Collection[str],
        scope: str,
        until: date | None = None,
        name: Callable[[str], str | None] | None = None,
    ) -> list[CellSeries] | None:
        """Return the series of each group of a scope, of the weeks up to that of the day before `until`.

        None where they are not kept.

        Args:
            name: Makes the name of a group of its key; None: they are the same.
        """
        if not self.is_kept(brand_id):
            return None
        table = ProbabilitySeriesTable
        query = select(
            *(table.sum_of, table.model, table.key, table.weight, table.resolved, table.chunk, table.cells)
        ).where(table.brand_id == brand_id, table.scope == scope, table.model.in_(models))
        weeks = None if until is None else week_of(until - _DAY) + 1
        if weeks is not None:
            query = query.where(table.chunk * WEEKS < weeks)
        found = []
        for sum_of, model, key, weight, resolved, chunk, packed in self._connection.execute(query):
            columns, sums = unpack(packed)
            if weeks is not None:
                sums = sums[:, : weeks - chunk * WEEKS]
            labels, cells = np.divmod(columns, CELLS)
            group = name(key) if name else key
            found.append(CellSeries(_SUMS[sum_of], model, group, weight, resolved, chunk * WEEKS, labels, cells, sums))
        return found

    def _keep(self, brand_id: int, *, is_kept: bool) -> None:
        self._connection.execute(update(BrandTable).where(BrandTable.id == brand_id).values(probabilities_kept=is_kept))

    def _of_brand(self, brand_id: int, *conditions: ColumnElement[bool]) -> dict[RowKey, Grid]:
        counted: dict[RowKey, Grid] = defaultdict(empty_grid)
        query = self._telling.where(MentionTable.brand_id == brand_id, *conditions)
        _count(self._connection.execute(query, execution_options={"yield_per": _PAGE}), counted, self._ratios)
        return counted


@cache
def _telling(judged: ColumnElement[bool], counted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the query for the mentions that count, one by one, with how likely each class is."""
    nothing: ColumnElement[str] = literal_column("''")
    resolved: ColumnElement[str] = literal_column(f"'{CaseState.RESOLVED.value}'")
    return (
        select(
            MentionTable.brand_id,
            JudgementTable.model,
            MentionTable.local_date,
            MentionTable.source_id,
            SourceTable.weight,
            func.coalesce(SubjectTable.name, nothing),
            func.coalesce(MentionTable.language, nothing),
            JudgementTable.label,
            func.coalesce(CaseTable.state == resolved, false()),
            JudgementTable.negative,
            JudgementTable.neutral,
            JudgementTable.positive,
            JudgementTable.language,
            JudgementTable.aspects,
            CustomerTable.segments,
        )
        .select_from(MentionTable)
        .join(JudgementTable, judged)
        .join(BrandTable, BrandTable.id == MentionTable.brand_id)
        .join(SourceTable, SourceTable.id == MentionTable.source_id)
        .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
        .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
        .outerjoin(CustomerTable, of_customer())
        .where(counted)
    )


def _count(
    rows: Iterable[Sequence[Any]], counted: dict[RowKey, Grid], ratios: Mapping[tuple[str, str], Triple]
) -> None:
    """Count mentions into the rows of the table that they belong to.

    Args:
        ratios: By what probabilities are multiplied, by model and language.
    """
    for row in rows:
        brand, model, day, source, weight, subject, language, label, resolved = row[: _TRIPLE.start]
        likely, (judged_in, aspects, segments) = row[_TRIPLE], row[_TRIPLE.stop :]
        ratio = ratios.get((model, judged_in)) or ratios.get((model, ANY_LANGUAGE))
        if ratio is not None:
            likely = _multiplied(likely, ratio)
        chunk, week = divmod(week_of(day), WEEKS)
        groups = [("source", str(source)), ("subject", subject), ("language", language)]
        groups += [("segment", key) for key in keys_in(segments)]
        # An aspect counts once for each class that it is spoken of in, as by day.
        spoken_of = {(aspect["aspect"], aspect["label"]): aspect for aspect in aspects or ()}
        told = [(BRAND, groups, label, likely)] + [
            (ALL_ASPECTS, [("aspect", aspect)], named, [each[part] for part in _LABELS])
            for (aspect, named), each in spoken_of.items()
            if _LABELS.keys() <= each.keys()
        ]
        for whole, parts, named, (negative, neutral, positive) in told:
            column = _LABELS[named] * CELLS + cell_of(negative, neutral, positive)
            rest = (weight, resolved, chunk)
            for scope, key in ((whole, ""), *parts):
                counted[brand, scope, SumOf.MENTIONS.value, model, key, *rest][column][week] += 1
            for sum_of, part in ((SumOf.NEGATIVE, negative), (SumOf.POSITIVE, positive)):
                counted[brand, whole, sum_of.value, model, "", *rest][column][week] += round(part * UNIT)


def _multiplied(said: Sequence[float], ratio: Triple) -> list[float]:
    """Return probabilities multiplied by ratios, scaled to the sum of 1."""
    weighed = [part * by for part, by in zip(said, ratio, strict=True)]
    total = sum(weighed)
    return [part / total for part in weighed] if total > 0 else list(said)
