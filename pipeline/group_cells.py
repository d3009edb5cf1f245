"""How what was heard of many groups spreads over the cells of class probabilities: one pass over what is kept.

The same sums as those of `weekly_cells`, all weeks of a group taken together; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from twelvefold.pipeline.chronicle import Groups
from twelvefold.pipeline.line_sums import Line
from twelvefold.pipeline.weekly_cells import COLUMNS, weeks_of
from twelvefold.records import Sentiment
from twelvefold.storage.probability_cells import CELLS
from twelvefold.storage.probability_series import CellSeries
from twelvefold.storage.rollups import RATING

Key = TypeVar("Key", bound=Hashable)
Floats = npt.NDArray[np.float64]
_LABELS = tuple(Sentiment)
_ANGRY = _LABELS.index(Sentiment.NEGATIVE)


@dataclass(frozen=True)
class Blamed:
    """Open complaints of one kept series.

    Attributes:
        weeks: Places of the weeks.
        each: What one of them weighs in each of the weeks.
        columns: Of the cells.
        sums: How many there are, shape (cells, weeks).
        numbers: Those of all cells.
    """

    weeks: npt.NDArray[np.int64]
    each: Floats
    columns: npt.NDArray[np.int64]
    sums: Floats
    numbers: Floats


@dataclass(frozen=True)
class GroupCells:
    """What one group's mentions weigh in each cell.

    Attributes:
        weights, resolved, squares: Of all mentions, of those whose cases are resolved, and of the squares of the
            weights; shape (COLUMNS,).
        weeks: The numbers of the weeks.
        complaints: The open ones.
    """

    weights: Floats
    resolved: Floats
    squares: Floats
    weeks: npt.NDArray[np.int64]
    complaints: Sequence[Blamed]

    def mean_blame(self, blame: Floats) -> Floats:
        """Return what open complaints are blamed for on average in each week, where a cell's are for `blame`."""
        part, total = np.zeros(len(self.weeks)), np.zeros(len(self.weeks))
        for each in self.complaints:
            part[each.weeks] += each.each * (blame[each.columns] @ each.sums)
            total[each.weeks] += each.each * each.numbers
        mean: Floats = part / np.where(total > 0, total, 1)
        return mean


def cells_of_groups(
    heard: Groups[Key],
    kept: Mapping[Key, Sequence[CellSeries]],
    since: date | None,
    until: date,
    half_life_days: float | None,
) -> dict[Key, GroupCells]:
    """Spread the mentions of [since, until) of each group over the cells; groups of which less is kept are left out.

    Args:
        half_life_days: Mentions fade towards the last day; None: they do not.
    """
    whole = heard.whole
    within = whole.within(since, until)
    days, counts = whole.days[within], whole.counts[:, within]
    told, firsts = weeks_of(days)
    if not len(told):
        nothing = np.zeros(COLUMNS)
        return dict.fromkeys(heard, GroupCells(nothing, nothing, nothing, told, ()))
    numbers = np.add.reduceat(counts, firsts, axis=1)
    if half_life_days is None:
        sums = squares = numbers
    else:
        fading = np.exp2((days - (until.toordinal() - 1)) / half_life_days)
        sums, squares = (np.add.reduceat(counts * each, firsts, axis=1) for each in (fading, fading**2))
    found = {}
    for key, rows in heard.rows.items():
        cells = _spread(whole.lines[rows], told, numbers[rows], sums[rows], squares[rows], kept.get(key, ()))
        if cells is not None:
            found[key] = cells
    return found


def _spread(
    lines: Sequence[Line],
    told: npt.NDArray[np.int64],
    numbers: Floats,
    sums: Floats,
    squares: Floats,
    kept: Sequence[CellSeries],
) -> GroupCells | None:
    """Spread what was heard of one group, given by line and week; None where less is kept than was counted."""
    # One row more than there are lines: for mentions that are kept, but were not counted.
    rows = {line: row for row, line in enumerate(lines)}
    totals = np.zeros((len(lines) + 1, len(told)))
    series = []
    for one in kept:
        theirs = told - one.first_week
        here = np.flatnonzero((theirs >= 0) & (theirs < one.sums.shape[1]))
        if len(here):
            shared = slice(here[0], here[-1] + 1)
            counted = one.sums[:, theirs[shared]].astype(np.float64)
            line_rows = np.array([rows.get(Line(one.weight, label, one.resolved), len(lines)) for label in _LABELS])
            of_class = (one.labels == np.arange(len(_LABELS))[:, None]).astype(np.float64)
            totals[line_rows, shared] += of_class @ counted
            series.append((one, shared, line_rows, counted))
    if (totals[:-1] < numbers).any():
        return None
    one_weighs = np.array([line.weight for line in lines])[:, None]
    each, each_squared = np.zeros_like(totals), np.zeros_like(totals)
    np.divide(one_weighs * sums, totals[:-1], out=each[:-1], where=totals[:-1] > 0)
    np.divide(one_weighs**2 * squares, totals[:-1], out=each_squared[:-1], where=totals[:-1] > 0)
    weights, resolved, squared = np.zeros((3, COLUMNS))
    complaints = []
    for one, shared, line_rows, counted in series:
        both = counted @ np.concatenate([each[line_rows, shared], each_squared[line_rows, shared]]).T
        place, columns = np.arange(len(counted)), one.cells + (CELLS if one.model == RATING else 0)
        own = np.bincount(columns, both[place, one.labels], COLUMNS)
        weights += own
        squared += np.bincount(columns, both[place, one.labels + len(_LABELS)], COLUMNS)
        if one.resolved:
            resolved += own
            continue
        angry = one.labels == _ANGRY
        weeks, theirs = np.arange(len(told))[shared], counted[angry]
        complaints.append(Blamed(weeks, each[line_rows[_ANGRY], shared], columns[angry], theirs, theirs.sum(axis=0)))
    return GroupCells(weights, resolved, squared, told, complaints)
