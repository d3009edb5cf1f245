"""Penalty-reward contrasts: against refitting without each mention in turn, and against known truths."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from twelvefold.pipeline.figures.kano import Kano, Rated, contrasts

ASPECTS = ("delivery", "price_value", "support")


def mentions(n: int, seed: int, effects: dict[str, tuple[float, float]], noise: float = 0.7) -> list[Rated]:
    """Return made-up ratings: 4 stars, less a penalty and plus a reward for each aspect, noisier where bad."""
    dice = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        said = {aspect: dice.choice(["badly", "well", ""], p=[0.2, 0.3, 0.5]) for aspect in effects}
        badly = frozenset(aspect for aspect, how in said.items() if how == "badly")
        well = frozenset(aspect for aspect, how in said.items() if how == "well")
        mean = 4 + sum(effects[a][0] for a in badly) + sum(effects[a][1] for a in well)
        made.append(Rated(float(mean + dice.normal(0, noise * (1 + len(badly)))), badly, well))
    return made


def test_the_errors_are_those_of_leaving_each_mention_out() -> None:
    # MacKinnon and White (1985): HC3 is the sum of the squared moves when one observation after another is left out.
    given = mentions(120, 3, dict.fromkeys(ASPECTS, (-0.5, 0.2)))
    design = np.array([[1.0] + [float(a in s) for a in ASPECTS for s in (m.badly, m.well)] for m in given])
    overall = np.array([mention.overall for mention in given])
    whole = linalg.lstsq(design, overall)[0]
    moves = [linalg.lstsq(np.delete(design, at, 0), np.delete(overall, at))[0] - whole for at in range(len(given))]
    errors = np.sqrt(np.sum(np.square(moves), axis=0))
    found = contrasts(given, ASPECTS)
    for place, aspect in enumerate(ASPECTS):
        for column, estimate in ((1 + 2 * place, found[aspect].penalty), (2 + 2 * place, found[aspect].reward)):
            assert estimate.value == pytest.approx(whole[column])
            assert (estimate.high - estimate.low) / 2 == pytest.approx(1.959964 * errors[column], rel=1e-6)


def test_each_class_is_found_and_one_that_does_nothing_has_none() -> None:
    effects = {"delivery": (-1.5, 0.0), "support": (0.0, 1.2), "price_value": (-1.2, 1.2), "ease": (0.0, 0.0)}
    found = contrasts(mentions(3_000, 12, effects, noise=0.3), tuple(effects))
    assert {aspect: contrast.kind for aspect, contrast in found.items()} == {
        "delivery": Kano.BASIC,
        "support": Kano.DELIGHTER,
        "price_value": Kano.PERFORMANCE,
        "ease": None,
    }
    assert found["delivery"].penalty.n + found["delivery"].reward.n < 3_000


def test_the_intervals_hold_the_truth_where_bad_ratings_scatter_more() -> None:
    held = 0
    for seed in range(300):
        penalty = contrasts(mentions(250, seed, {"delivery": (-0.8, 0.3)}), ("delivery",))["delivery"].penalty
        held += penalty.low <= -0.8 <= penalty.high
    assert held / 300 == pytest.approx(0.95, abs=0.035)


def test_aspects_that_cannot_be_told_apart_are_refused() -> None:
    both = [Rated(1.0, frozenset({"delivery", "support"})), Rated(5.0), Rated(4.0, well=frozenset(ASPECTS))] * 40
    with pytest.raises(ValueError, match="cannot tell 2 aspects apart"):
        contrasts(both, ("delivery", "support"))
    with pytest.raises(ValueError, match="0 mentions"):
        contrasts([], ("delivery",))


def test_one_mention_that_alone_tells_two_aspects_apart_is_not_enough() -> None:
    pairs = [Rated(1.0, frozenset({"delivery", "support"})), Rated(5.0)] * 40
    wells = [Rated(4.0, well=frozenset({"delivery"})), Rated(4.5, well=frozenset({"support"}))] * 20
    with pytest.raises(ValueError, match="stands alone"):
        contrasts([*pairs, *wells, Rated(2.0, frozenset({"delivery"}))], ("delivery", "support"))
