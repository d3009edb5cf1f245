"""How what was heard of many groups spreads over the cells of class probabilities: one pass over what is kept.

The same sums as those of `weekly_cells`, all weeks of a group taken together; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from twelvefold.pipeline.chronicle import Groups
from twelvefold.pipeline.line_sums import Line
from twelvefold.pipeline.weekly_cells import COLUMNS, shared_weeks, weeks_of
from twelvefold.records import Sentiment
from twelvefold.storage.probability_cells import CELLS
from twelvefold.storage.probability_series import CellSeries
from twelvefold.storage.rollups import RATING

Key = TypeVar("Key", bound=Hashable)
Floats = npt.NDArray[np.float64]
_LABELS = tuple(Sentiment)
_PLACES = np.arange(len(_LABELS))[:, None]
_ANGRY = _LABELS.index(Sentiment.NEGATIVE)


@dataclass(frozen=True)
class Blamed:
    """Open complaints of one kept series.

    Attributes:
        weeks: Their places.
        each: What one of them weighs in each of the weeks.
        columns: Of the cells.
        sums: How many there are, shape (cells, weeks).
    """

    weeks: slice
    each: Floats
    columns: npt.NDArray[np.int64]
    sums: Floats

    @cached_property
    def numbers(self) -> Floats:
        """How many there are in each week."""
        numbers: Floats = self.sums.sum(axis=0)
        return numbers


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
    shared = cache(partial(shared_weeks, told))
    for key, rows in heard.rows.items():
        cells = _spread(whole.lines[rows], told, numbers[rows], sums[rows], squares[rows], kept.get(key, ()), shared)
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
    shared_with: Callable[[int, int], tuple[slice, slice | npt.NDArray[np.int64]]],
) -> GroupCells | None:
    """Spread what was heard of one group, given by line and week; None where less is kept than was counted."""
    rows = {line: row for row, line in enumerate(lines)}
    # One row more than there are lines: for mentions that are kept, but were not counted.
    totals = np.zeros((len(lines) + 1, len(told)))
    series = []
    for one in kept:
        weeks, theirs = shared_with(one.first_week, one.sums.shape[1])
        if weeks.start < weeks.stop:
            counted = one.sums[:, theirs].astype(np.float64)
            its_rows = [rows.get(Line(one.weight, label, one.resolved), len(lines)) for label in _LABELS]
            totals[its_rows, weeks] += (one.labels == _PLACES) @ counted
            series.append((one, weeks, its_rows, counted))
    if (totals[:-1] < numbers).any():
        return None
    one_weighs = np.array([line.weight for line in lines])[:, None]
    each = np.zeros((2, *totals.shape))
    np.divide(
        np.stack([one_weighs * sums, one_weighs**2 * squares]), totals[:-1], out=each[:, :-1], where=totals[:-1] > 0
    )
    columns, weighed, complaints = [], [], []
    for one, weeks, its_rows, counted in series:
        # What the mentions of each cell weigh, and the squares of it, were they of each of the classes.
        as_each = counted @ each[:, its_rows, weeks].reshape(2 * len(_LABELS), -1).T
        cells = one.cells + CELLS if one.model == RATING else one.cells
        columns.append(cells + COLUMNS if one.resolved else cells)
        weighed.append(as_each.reshape(-1, 2, len(_LABELS))[np.arange(len(counted)), :, one.labels])
        if not one.resolved:
            angry = slice(*np.searchsorted(one.labels, (_ANGRY, _ANGRY + 1)).tolist())
            blamed = counted[angry]
            complaints.append(Blamed(weeks, each[0, its_rows[_ANGRY], weeks], cells[angry], blamed))
    if not series:
        nothing = np.zeros(COLUMNS)
        return GroupCells(nothing, nothing, nothing, told, ())
    at, (own, squared) = np.concatenate(columns), np.concatenate(weighed).T
    open_and_resolved = np.bincount(at, own, 2 * COLUMNS).reshape(2, COLUMNS)
    all_squared = np.bincount(at, squared, 2 * COLUMNS).reshape(2, COLUMNS)
    return GroupCells(open_and_resolved.sum(axis=0), open_and_resolved[1], all_squared.sum(axis=0), told, complaints)
