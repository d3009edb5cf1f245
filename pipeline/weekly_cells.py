"""How what was heard of one group spreads over the cells of class probabilities, week by week, as arrays.

The mentions of a week, class and case state are spread over the cells as the series of probabilities say; what they
weigh is told to the day by the counts by class. So decay is exact, and only within one week are a class's
probabilities taken to be alike on all days.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from twelvefold.pipeline.chronicle import Chronicle
from twelvefold.pipeline.line_sums import Line
from twelvefold.records import Sentiment
from twelvefold.storage.packed_cells import DAYS_IN_WEEK
from twelvefold.storage.probability_cells import CELLS
from twelvefold.storage.probability_series import CellSeries, SumOf
from twelvefold.storage.rollups import RATING

Floats = npt.NDArray[np.float64]
COLUMNS = 2 * CELLS
"""The cells of judged texts, then those of bare ratings: the two were calibrated on other texts."""

_LABELS = tuple(Sentiment)


@dataclass(frozen=True)
class WeeklyCells:
    """What one group's mentions weigh in each week and cell.

    Attributes:
        weeks: Their numbers, rising.
        weights: Of all mentions, as seen from the last day of each week; shape (weeks, COLUMNS).
        resolved: The part of them whose cases are resolved.
        complaints: The part that is classed negative and open.
        squares: The sums of the squares of the weights.
        negative, positive: The sums of weight times probability; none but for the whole brand.
    """

    weeks: npt.NDArray[np.int64]
    weights: Floats
    resolved: Floats
    complaints: Floats
    squares: Floats
    negative: Floats
    positive: Floats


def spread(
    heard: Chronicle, kept: Iterable[CellSeries], since: date | None, until: date | None, half_life_days: float | None
) -> WeeklyCells | None:
    """Spread the mentions of [since, until) over the cells; None where less is kept of them than was counted.

    Args:
        half_life_days: Within each week, mentions fade towards its last day; None: they do not.
    """
    within = heard.within(since, until)
    days, counts = heard.days[within], heard.counts[:, within]
    told, firsts = weeks_of(days)
    width = len(told)
    zeros = np.zeros((6, width, COLUMNS))
    if not width:
        return WeeklyCells(told, *zeros)
    ages = (told.repeat(np.diff([*firsts, len(days)])) + 1) * DAYS_IN_WEEK - days
    fading = np.ones(len(days)) if half_life_days is None else np.exp2(-ages / half_life_days)
    numbers, sums, squares = (
        np.add.reduceat(counts * weighing, firsts, axis=1) for weighing in (np.ones(len(days)), fading, fading**2)
    )
    series = list(kept)
    spread_over = _totals(heard.lines, series, told)
    if (spread_over < numbers).any():
        return None
    one = np.array([line.weight for line in heard.lines])[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(spread_over > 0, one * sums / spread_over, 0)
        each_squared = np.where(spread_over > 0, one**2 * squares / spread_over, 0)
    weights, resolved, complaints, squared, negative, positive = zeros
    for row, one_series, cells in _lines_in(heard.lines, series):
        here, theirs = shared_weeks(told, one_series.first_week, one_series.sums.shape[1])
        columns = one_series.cells[cells] + (CELLS if one_series.model == RATING else 0)
        held = one_series.sums[cells, theirs].T
        weighed = held * each[row, here, None]
        match one_series.sum_of:
            case SumOf.NEGATIVE:
                negative[here, columns] += weighed
            case SumOf.POSITIVE:
                positive[here, columns] += weighed
            case SumOf.MENTIONS:
                weights[here, columns] += weighed
                squared[here, columns] += held * each_squared[row, here, None]
                if one_series.resolved:
                    resolved[here, columns] += weighed
                elif heard.lines[row].is_open_complaint:
                    complaints[here, columns] += weighed
    return WeeklyCells(told, weights, resolved, complaints, squared, negative, positive)


def _totals(lines: Sequence[Line], series: Sequence[CellSeries], told: npt.NDArray[np.int64]) -> Floats:
    """Return how many mentions of each line and week are spread over cells."""
    totals = np.zeros((len(lines), len(told)))
    for row, one, cells in _lines_in(lines, series):
        if one.sum_of is SumOf.MENTIONS:
            here, theirs = shared_weeks(told, one.first_week, one.sums.shape[1])
            totals[row, here] += one.sums[cells, theirs].sum(axis=0, dtype=np.int64)
    return totals


def _lines_in(lines: Sequence[Line], series: Iterable[CellSeries]) -> Iterator[tuple[int, CellSeries, slice]]:
    """Yield the lines that a series tells of: the place of the line, the series, and where its cells stand in it."""
    rows = {line: row for row, line in enumerate(lines)}
    for one in series:
        for place, label in enumerate(_LABELS):
            row = rows.get(Line(one.weight, label, one.resolved))
            if row is not None:
                yield row, one, slice(*np.searchsorted(one.labels, (place, place + 1)).tolist())


def shared_weeks(
    told: npt.NDArray[np.int64], first_week: int, width: int
) -> tuple[slice, slice | npt.NDArray[np.int64]]:
    """Return the places, in `told` and in a series of so many weeks, of the weeks that both have."""
    theirs = told - first_week
    here = slice(*np.searchsorted(theirs, (0, width)).tolist())
    theirs = theirs[here]
    has_gap = not len(theirs) or theirs[-1] - theirs[0] >= len(theirs)
    return here, theirs if has_gap else slice(theirs[0], theirs[-1] + 1)


def weeks_of(days: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the numbers of the weeks that days fall into, rising, and the place of the first day of each."""
    numbers = (days - 1) // DAYS_IN_WEEK
    firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[firsts], firsts
