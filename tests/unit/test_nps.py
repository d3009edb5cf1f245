"""Net promoter score: printed check figures, its interval, and where the classes part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.figures.nps import nps, nps_of_scores


def test_50_30_20_is_30_from_14_1_to_44_2() -> None:
    score = nps(50, 30, 20)
    assert (f"{score.value:.0f}", f"{score.low:.1f}", f"{score.high:.1f}") == ("30", "14.1", "44.2")
    assert score.n == 100


def test_three_promoters_reach_from_minus_6_6_to_100() -> None:
    score = nps(3, 0, 0)
    assert (score.value, f"{score.low:.1f}", score.high) == (100, "-6.6", 100)


@pytest.mark.parametrize(
    ("score", "expected"), [(0, -100), (6, -100), (6.5, -100), (7, 0), (8, 0), (8.9, 0), (9, 100), (10, 100)]
)
def test_where_promoters_and_detractors_part(score: float, expected: float) -> None:
    assert nps_of_scores({score: 4}).value == expected


def test_scores_are_counted_by_how_many_gave_them() -> None:
    assert nps_of_scores({10: 30, 9: 20, 8: 10, 7: 20, 6: 15, 0: 5}) == nps(50, 30, 20)


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_the_interval_stays_on_the_scale_and_mirrors(promoters: int, passives: int, detractors: int) -> None:
    if promoters + passives + detractors == 0:
        return
    score, mirror = nps(promoters, passives, detractors), nps(detractors, passives, promoters)
    assert -100 <= score.low < score.high <= 100
    assert score.low == pytest.approx(-mirror.high)
    assert score.value == -mirror.value


@pytest.mark.parametrize("counts", [(0, 0, 0), (5, -1, 0)])
def test_no_answers_are_no_score(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="needs answers"):
        nps(*counts)
