"""For which shares of the classes a network's probabilities hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twelvefold.models.calibration import Triple, normalise

NEWTON_STEPS = 50


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
    shares = np.bincount(np.asarray(labels, np.int64), minlength=3) / len(labels)
    bias = np.zeros(3)  # of the positive class it stays 0
    for _ in range(NEWTON_STEPS):  # the loss is convex
        moved = np.exp(logs + bias)
        moved /= moved.sum(axis=1, keepdims=True)
        gradient = (moved.mean(axis=0) - shares)[:2]
        curvature = (np.diag(moved.mean(axis=0)) - moved.T @ moved / len(moved))[:2, :2]
        bias[:2] -= np.clip(np.linalg.solve(curvature, gradient), -1, 1)
    return normalise((shares * np.exp(-bias)).tolist())
