"""Which aspects are taken for granted and which delight: Kano's classes by penalty-reward contrast.

The overall stars (or score) are regressed on two dummies for each aspect, "spoken of badly" and
"spoken of well". Bad words that cost stars where good ones win none mark a basic; good ones that
win where bad ones cost none a delighter; both, a performance aspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from twelvefold.pipeline.figures.intervals import Z95, Estimate

_LONE = 1 - 1e-9
"""A mention of this leverage alone decides what an aspect is worth."""


class Kano(StrEnum):
    """What an aspect is to customers."""

    BASIC = "basic"
    DELIGHTER = "delighter"
    PERFORMANCE = "performance"


@dataclass(frozen=True)
class Rated:
    """One mention with its overall rating, and which aspects it speaks of badly and well."""

    overall: float
    badly: frozenset[str] = frozenset()
    well: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Contrast:
    """What speaking badly or well of an aspect goes with, in points of the overall rating.

    Attributes:
        penalty: Below 0 where bad words cost; n is how many speak badly of it.
        reward: Above 0 where good words win; n is how many speak well of it.
        kind: None where neither interval excludes 0 on its side.
    """

    penalty: Estimate
    reward: Estimate
    kind: Kano | None


def contrasts(mentions: Sequence[Rated], aspects: Sequence[str]) -> dict[str, Contrast]:
    """Return the contrast of each aspect, all of them in one regression.

    Ordinary least squares with HC3 errors, as ratings scatter more where they are bad.
    Source: D. Brandt, "How service marketers can identify value-enhancing service elements",
    Journal of Services Marketing 2:3 (1988) 35-41; J. G. MacKinnon, H. White, "Some
    heteroskedasticity-consistent covariance matrix estimators with improved finite sample
    properties", Journal of Econometrics 29 (1985) 305-325.

    Raises:
        ValueError: The mentions cannot tell the aspects apart (too few, or always spoken of together).
    """
    dummies = [
        [1.0, *(float(aspect in side) for aspect in aspects for side in (mention.badly, mention.well))]
        for mention in mentions
    ]
    design = np.array(dummies, dtype=float).reshape(len(mentions), 1 + 2 * len(aspects))
    if len(mentions) <= design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"{len(mentions)} mentions cannot tell {len(aspects)} aspects apart")
    overall = np.array([mention.overall for mention in mentions], dtype=float)
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ overall
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    if leverage.max() > _LONE:
        raise ValueError(f"{len(mentions)} mentions cannot tell {len(aspects)} aspects apart: one stands alone")
    weighed = design * ((overall - design @ slopes) / (1 - leverage))[:, None]
    errors = np.sqrt(np.diag(inverse @ (weighed.T @ weighed) @ inverse))

    def estimate(column: int) -> Estimate:
        value, half = float(slopes[column]), float(Z95 * errors[column])
        return Estimate(value, value - half, value + half, int(design[:, column].sum()))

    return {aspect: _contrast(estimate(2 * at + 1), estimate(2 * at + 2)) for at, aspect in enumerate(aspects)}


def _contrast(penalty: Estimate, reward: Estimate) -> Contrast:
    costs, wins = penalty.high < 0, reward.low > 0
    kind = Kano.PERFORMANCE if costs and wins else Kano.BASIC if costs else Kano.DELIGHTER if wins else None
    return Contrast(penalty, reward, kind)
