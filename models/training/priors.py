"""For which shares of the classes a network's probabilities hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from twelvefold.models.calibration import Triple, normalise


def fit_prior(judged: Sequence[Triple], labels: Sequence[int]) -> Triple:
    """Return the prior for which class probabilities hold: that which predicts the labels best once it is exchanged.

    Texts whose classes have the shares pi are judged by p(class) x pi / prior. With pi as counted here, the prior is
    that which makes the labels likeliest. So a constant error of the probabilities of each class ends up in the prior
    and not in what is estimated with it (Alexandari, Kundaje and Shrikumar 2020, arXiv 1901.06852, where
    the same correction is a bias beside the temperature).

    Args:
        judged: Calibrated probabilities of (negative, neutral, positive).
        labels: Class numbers; all three are among them.
    """
    logs = np.log(np.asarray(judged, np.float64).clip(1e-9))
    told = np.asarray(labels, np.int64)
    shares = np.bincount(told, minlength=3) / len(told)

    def loss(free: NDArray[np.float64]) -> float:
        moved = logs + np.append(free, 0.0)
        return float((np.logaddexp.reduce(moved, axis=1) - moved[np.arange(len(told)), told]).mean())

    bias = np.append(minimize(loss, np.zeros(2)).x, 0.0)
    return normalise((shares * np.exp(-bias)).tolist())
