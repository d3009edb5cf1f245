"""A classifier whose probabilities are calibrated by construction: it sees two noisy signs of each text's class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.figures.correction import Triple

PRIOR: Triple = (0.32, 0.28, 0.40)


def drawn(
    chance: np.random.Generator, shares: Triple, n: int, sharpness: float = 1.5
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what it says of `n` texts of a brand with these shares, shape (n, 3), and their true classes.

    Args:
        sharpness: How far apart the classes look: with 1.2 it tells praise from complaint in 88 %, with 2 in 98 %.
    """
    middles = sharpness * np.array([[-1, 0], [0, 0.8], [1, 0]])
    truth = chance.choice(3, n, p=shares)
    signs = middles[truth] + chance.normal(size=(n, 2))
    likelihood = signs @ middles.T - (middles**2).sum(axis=1) / 2 + np.log(PRIOR)
    odds = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True), truth
