"""Net promoter score: printed check figures, its interval, and where the classes part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.figures.nps import nps, nps_of_scores, weighted_nps


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


@given(st.tuples(*[st.integers(0, 200)] * 3).filter(any))
def test_one_segment_that_is_all_is_the_plain_score(counts: tuple[int, int, int]) -> None:
    weighted, plain = weighted_nps({"all": counts}, {"all": 7}), nps(*counts)
    assert (weighted.value, weighted.n) == (pytest.approx(plain.value), plain.n)
    assert (weighted.low, weighted.high) == pytest.approx(
        (min(plain.low, plain.value), max(plain.high, plain.value)), abs=1e-9
    )


def test_segments_weigh_as_their_customers_and_not_as_their_answers() -> None:
    groups = {"north": (90, 0, 10), "south": (1, 0, 9), "unknown": (50, 0, 0)}
    found = weighted_nps(groups, {"north": 100, "south": 300, "nobody": 0})
    assert found.value == pytest.approx(0.25 * 80 + 0.75 * -80)
    assert found.n == 110
    assert found.low <= found.value <= found.high


def test_a_segment_without_answers_cannot_be_weighted() -> None:
    with pytest.raises(ValueError, match="answers of every segment"):
        weighted_nps({"north": (3, 0, 0)}, {"north": 5, "south": 5})
    with pytest.raises(ValueError, match="answers of every segment"):
        weighted_nps({"north": (3, 0, 0)}, {})


def test_the_weighted_interval_holds_the_score_of_all_customers() -> None:
    dice = np.random.default_rng(4)
    sizes, shares = {"a": 70, "b": 25, "c": 5}, {"a": (0.5, 0.3, 0.2), "b": (0.2, 0.3, 0.5), "c": (0.8, 0.1, 0.1)}
    truth = sum(sizes[name] * (shares[name][0] - shares[name][2]) for name in sizes)
    held = 0
    for _ in range(2_000):
        groups = {
            name: tuple(map(int, dice.multinomial(n, shares[name]))) for name, n in (("a", 30), ("b", 60), ("c", 20))
        }
        found = weighted_nps(groups, sizes)
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 2_000 <= 0.97
