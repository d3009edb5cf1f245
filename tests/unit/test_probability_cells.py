"""Cells of class probabilities lose next to nothing of what the mentions themselves tell."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.fake_classifier import PRIOR, drawn
from twelvefold.pipeline.figures.correction import Read, correct
from twelvefold.storage.packed_cells import WEEKS, pack, unpack
from twelvefold.storage.probability_cells import CELLS, cell_of


@pytest.mark.parametrize("sharpness", [1.2, 1.5, 2.5])
def test_shares_from_cells_are_those_from_mentions(sharpness: float) -> None:
    """Of the positive share, at most 0.05 points off for brands of 80 to 99 % as the issue draws them."""
    chance = np.random.default_rng(12)
    for _ in range(5):
        share, neutral = chance.uniform(0.80, 0.99), chance.uniform(0.05, 0.20)
        told, _ = drawn(chance, ((1 - neutral) * (1 - share), neutral, (1 - neutral) * share), 4000, sharpness)
        cells = defaultdict(list)
        for answer in told.tolist():
            cells[cell_of(*answer)].append(answer)
        kept = [
            Read(*np.round(np.mean(answers, axis=0), 12).tolist(), count=len(answers)) for answers in cells.values()
        ]
        exact, found = correct([Read(*answer) for answer in told.tolist()], PRIOR), correct(kept, PRIOR)
        assert found.positive_share == pytest.approx(exact.positive_share, abs=0.0005)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.001)


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any))
def test_every_answer_has_a_cell(parts: list[int]) -> None:
    negative, neutral, positive = (part / sum(parts) for part in parts)
    assert 0 <= cell_of(negative, neutral, positive) < CELLS


def test_cells_at_the_corners_are_apart() -> None:
    corners = {cell_of(1, 0, 0), cell_of(0, 1, 0), cell_of(0, 0, 1), cell_of(1 / 3, 1 / 3, 1 / 3)}
    assert len(corners) == 4


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.integers(0, 3 * CELLS - 1),
        st.lists(st.integers(-(2**40), 2**40), min_size=WEEKS, max_size=WEEKS).filter(any),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_packed_comes_out_again(grid: dict[int, list[int]]) -> None:
    cells, sums = unpack(pack(grid))
    assert dict(zip(cells.tolist(), sums.tolist(), strict=True)) == grid


def test_small_counts_take_a_byte_a_week_and_nothing_takes_none() -> None:
    assert len(pack({7: [100] * WEEKS, 9: [0] * WEEKS})) == 2 + 2 + WEEKS
    assert pack({7: [0] * WEEKS}) == b""
