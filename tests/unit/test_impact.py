"""What an aspect does to a figure: leave-one-out, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.figures.balance import Weighed, balance, tally
from twelvefold.pipeline.figures.csat import csat
from twelvefold.pipeline.figures.impact import Side, balance_impact, csat_impact, nps_impact
from twelvefold.pipeline.figures.intervals import Estimate, wilson
from twelvefold.pipeline.figures.nps import nps
from twelvefold.records import Sentiment

SIDES = st.tuples(*[st.integers(0, 300)] * 3).filter(any)


def side(praises: int, complaints: int, k: float = 12) -> Side:
    n = praises + complaints
    return Side(n, Estimate(praises / n, *wilson(praises / n, n), n), k)


@given(SIDES, SIDES)
def test_the_impact_on_nps_is_the_score_with_minus_the_score_without(
    spoken: tuple[int, int, int], rest: tuple[int, int, int]
) -> None:
    whole = nps(*(s + r for s, r in zip(spoken, rest, strict=True)))
    found = nps_impact(spoken, rest)
    assert found.value == pytest.approx(whole.value - nps(*rest).value, abs=1e-9)
    assert found.low <= found.value <= found.high
    assert found.n == sum(spoken)


@given(st.tuples(st.integers(0, 90), st.integers(1, 90)), st.tuples(st.integers(0, 90), st.integers(1, 90)))
def test_the_impact_on_csat_is_the_share_with_minus_the_share_without(
    spoken: tuple[int, int], rest: tuple[int, int]
) -> None:
    found = csat_impact(csat(spoken[0], sum(spoken)), csat(rest[0], sum(rest)))
    whole = (spoken[0] + rest[0]) / (sum(spoken) + sum(rest))
    assert found.value == pytest.approx(whole - rest[0] / sum(rest), abs=1e-12)
    assert found.low <= found.value <= found.high


@given(st.integers(0, 80), st.integers(1, 80), st.integers(0, 300), st.integers(1, 80))
def test_the_impact_on_the_balance_is_the_index_with_minus_the_index_without(
    praised: int, blamed: int, other_praise: int, other_blame: int
) -> None:
    def index(praise: int, blame: int) -> float:
        groups = [Weighed.counted(Sentiment.POSITIVE, count=praise), Weighed.counted(Sentiment.NEGATIVE, count=blame)]
        found = balance(tally(groups)).index
        assert found is not None
        return found.value

    found = balance_impact(side(praised, blamed), side(other_praise, other_blame))
    expected = index(praised + other_praise, blamed + other_blame) - index(other_praise, other_blame)
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low <= found.value <= found.high


def test_an_aspect_that_is_spoken_of_as_all_others_has_no_impact() -> None:
    assert nps_impact((5, 3, 2), (50, 30, 20)).value == pytest.approx(0)
    assert balance_impact(side(18, 2), side(180, 20)).value == pytest.approx(0)


def test_resolved_complaints_of_an_aspect_weigh_as_resolved() -> None:
    assert balance_impact(side(10, 10, k=1), side(180, 20)).value > balance_impact(side(10, 10), side(180, 20)).value


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(ValueError, match="NPS needs answers"):
        nps_impact((0, 0, 0), (5, 3, 2))
    with pytest.raises(ValueError, match="both who speaks"):
        balance_impact(Side(0, Estimate(0, 0, 1, 0), 12), side(9, 1))


@pytest.mark.parametrize(("spoken", "rest", "shares"), [(40, 200, (0.7, 0.9)), (200, 150, (0.9, 0.9))])
def test_the_interval_on_the_balance_holds_the_true_impact(spoken: int, rest: int, shares: tuple[float, float]) -> None:
    dice = np.random.default_rng(7)

    def index(share: float) -> float:
        return 100 * (share - 12 * (1 - share)) / (share + 12 * (1 - share))

    mixed = (spoken * shares[0] + rest * shares[1]) / (spoken + rest)
    truth = index(mixed) - index(shares[1])
    held = 0
    for praised, other in zip(
        dice.binomial(spoken, shares[0], 1_000), dice.binomial(rest, shares[1], 1_000), strict=True
    ):
        found = balance_impact(side(int(praised), int(spoken - praised)), side(int(other), int(rest - other)))
        held += found.low <= truth <= found.high
    assert 920 <= held <= 990
