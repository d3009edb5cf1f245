"""All weeks of many groups at once come out as each group's weeks one by one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.chronicle import by_group
from twelvefold.pipeline.group_cells import cells_of_groups
from twelvefold.pipeline.weekly_cells import spread
from twelvefold.records import Sentiment
from twelvefold.storage.packed_cells import WEEKS, week_of
from twelvefold.storage.packed_counts import DAYS
from twelvefold.storage.probability_series import CellSeries, SumOf
from twelvefold.storage.series import Series

MODEL = "reader/1"
MONDAY = date(2026, 11, 16)
_LABELS = tuple(Sentiment)

told = st.tuples(
    st.sampled_from(["a", "b", None]),
    st.sampled_from([1.0, 0.5]),
    st.sampled_from(_LABELS),
    st.booleans(),
    st.integers(-900, 6).map(lambda n: MONDAY + timedelta(days=n)),
    st.integers(0, 6),  # the cell
    st.sampled_from([MODEL, "rating"]),
    st.integers(1, 3),
)


def counted(mentions: list[Any]) -> list[Series]:
    found: dict[Any, Any] = {}
    for key, weight, label, resolved, day, _, _, n in mentions:
        chunk, place = divmod(day.toordinal(), DAYS)
        found.setdefault((key, weight, label, resolved, chunk), np.zeros(DAYS, np.int64))[place] += n
    return [Series(*line, chunk * DAYS, counts) for (*line, chunk), counts in found.items()]


def kept(mentions: list[Any]) -> dict[Any, list[CellSeries]]:
    grids: dict[Any, dict[tuple[int, int], Any]] = {}
    for key, weight, label, resolved, day, cell, model, n in mentions:
        chunk, week = divmod(week_of(day), WEEKS)
        grid = grids.setdefault((key, model, weight, resolved, chunk), {})
        grid.setdefault((_LABELS.index(label), cell), np.zeros(WEEKS, np.int64))[week] += n
    series: dict[Any, list[CellSeries]] = {}
    for (key, model, weight, resolved, chunk), grid in grids.items():
        labels, cells = np.array(sorted(grid)).T
        sums = np.array([grid[each] for each in sorted(grid)])
        series.setdefault(key, []).append(
            CellSeries(SumOf.MENTIONS, model, key, weight, resolved, chunk * WEEKS, labels, cells, sums)
        )
    return series


@given(st.lists(told, max_size=25), st.one_of(st.none(), st.integers(1, 900)), st.one_of(st.none(), st.just(30.0)))
def test_groups_are_spread_as_each_by_itself(mentions: list[Any], back: int | None, half_life: float | None) -> None:
    until = MONDAY + timedelta(days=5)
    since = None if back is None else until - timedelta(days=back)
    groups, series = by_group(counted(mentions), lambda each: each.key), kept(mentions)
    found = cells_of_groups(groups, series, since, until, half_life)
    assert found.keys() == groups.keys()
    for key, heard in groups.items():
        alone = spread(heard, series[key], since, until, half_life)
        assert alone is not None
        ages = until.toordinal() - 1 - 7 * (alone.weeks + 1)
        left = np.exp2(-ages / half_life) if half_life else np.ones(len(alone.weeks))
        for name, weighing in (("weights", left), ("resolved", left), ("squares", left**2)):
            np.testing.assert_allclose(getattr(found[key], name), weighing @ getattr(alone, name), atol=1e-12)
        blame = np.linspace(0, 1, alone.complaints.shape[1])
        total = alone.complaints.sum(axis=1)
        expected = alone.complaints @ blame / np.where(total > 0, total, 1)
        np.testing.assert_allclose(found[key].mean_blame(blame), expected, atol=1e-12)


@given(st.lists(told, min_size=2, max_size=25))
def test_a_group_of_which_less_is_kept_than_was_counted_is_left_out(mentions: list[Any]) -> None:
    groups, series = by_group(counted(mentions), lambda each: each.key), kept(mentions[1:])
    found = cells_of_groups(groups, series, None, MONDAY + timedelta(days=7), None)
    assert found.keys() == groups.keys() - {mentions[0][0]}
