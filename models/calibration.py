"""From logits to probabilities that can be trusted: temperature, stars beside text, calibration error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Triple = tuple[float, float, float]
CONTRADICTION = 0.8
NOTHING_TO_JUDGE: Triple = (0.3, 0.4, 0.3)  # an answer that nobody can mistake for a verdict


@dataclass(frozen=True)
class StarTable:
    """How stars go with classes in what the model was trained on.

    Attributes:
        prior: pi0, the share of (negative, neutral, positive) in the three-class training texts.
        given_class: P(stars | class): for each class five shares, of 1 to 5 stars.
    """

    prior: Triple
    given_class: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]

    def likelihood(self, stars: float) -> Triple:
        """Return P(stars | class) for each class; between whole stars the table is read on a straight line."""
        place = min(max(stars, 1.0), 5.0) - 1
        low = min(int(place), 3)
        part = place - low
        return _triple([row[low] * (1 - part) + row[low + 1] * part for row in self.given_class])

    def of_rating(self, stars: float) -> Triple:
        """Return the class probabilities of a rating without text: prior x table (FIGURES.md, "Stars and text")."""
        return normalise([share * given for share, given in zip(self.prior, self.likelihood(stars), strict=True)])


@dataclass(frozen=True)
class Thresholds:
    """From which probability on a thing is said to be there, as fitted on held-out texts.

    Attributes:
        aspects: By aspect; .5 where none is given.
    """

    aspects: Mapping[str, float] = field(default_factory=dict)
    mixed: float = 0.5
    urgency: float = 0.5


def normalise(weights: Sequence[float]) -> Triple:
    """Return weights scaled to the sum of 1."""
    total = sum(weights)
    return _triple([weight / total for weight in weights])


def ratio_in(language: str, ratios: Mapping[str, Triple]) -> Triple:
    """Return by what probabilities are multiplied in a language, where `ratios` has "" for every other one."""
    return ratios.get(language) or ratios.get("", (1.0, 1.0, 1.0))


def probabilities(logits: NDArray[np.float64], temperature: float) -> Triple:
    """Return softmax(logits / temperature) of three logits."""
    scaled = (logits - logits.max()) / temperature
    return normalise([math.exp(value) for value in scaled.tolist()])


def expected_stars(steps: NDArray[np.float64]) -> float:
    """Return the expected stars, 1 to 5, of the logits of P(stars > 1) ... P(stars > 4)."""
    return 1.0 + sum(1.0 / (1.0 + math.exp(-min(max(value, -60.0), 60.0))) for value in steps.tolist())


def weigh_stars(text: Triple, stars: float, table: StarTable) -> tuple[Triple, bool]:
    """Return text and stars combined, and whether they contradict each other.

    p is proportional to p_text x p(stars | class) / mean over classes. Where the two
    name different classes, both with at least .8, they are not averaged: the text
    alone counts (FIGURES.md, "Stars and text").
    """
    likelihood = table.likelihood(stars)
    alone = normalise(likelihood)
    if alone.index(max(alone)) != text.index(max(text)) and min(max(alone), max(text)) >= CONTRADICTION:
        return text, True
    return normalise([own * given for own, given in zip(text, likelihood, strict=True)]), False


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the temperature in 0.25 .. 4 with the least negative log-likelihood (Guo et al. 2017, arXiv 1706.04599).

    Args:
        logits: Shape (texts, 3).
        labels: Class numbers, shape (texts,).
    """

    def loss(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(labels)), labels]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    # The loss has one valley in the inverse temperature, so golden-section search finds it.
    low, high, golden = math.log(0.25), math.log(4.0), (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def fit_star_table(judged: Sequence[Triple], stars: Sequence[int], rounds: int = 200) -> tuple[tuple[float, ...], ...]:
    """Return the P(stars | class) under which the stars seen are likeliest, given the texts' class probabilities.

    Expectation-maximisation (Dempster, Laird and Rubin 1977) of P(stars | text) = sum over classes of
    p(class | text) P(stars | class), which is what `weigh_stars` assumes; half a text is added to each
    cell. Labels cannot be counted instead: most sets derive them from the stars, and the table would be
    certain of itself.
    """
    shares = np.asarray(judged, np.float64)
    places = np.asarray(stars, np.int64) - 1
    table = np.full((3, 5), 0.2)
    for _ in range(rounds):
        owned = shares * table[:, places].T
        owned /= owned.sum(axis=1, keepdims=True)
        counts = np.full((3, 5), 0.5)
        for star in range(5):
            counts[:, star] += owned[places == star].sum(axis=0)
        table = counts / counts.sum(axis=1, keepdims=True)
    return tuple(tuple(round(float(share), 5) for share in row) for row in table)


def calibration_error(confidence: Sequence[float], is_right: Sequence[bool], bins: int = 15) -> tuple[float, float]:
    """Return the expected calibration error over equal bins, and what perfect calibration would show.

    The second number is the error that chance alone leaves in a sample of this size: per bin
    the mean absolute deviation of a sum of independent answers, by the normal approximation.
    Source: Guo et al. 2017, arXiv 1706.04599.
    """
    if not confidence:
        return 0.0, 0.0
    sure, right = np.asarray(confidence, np.float64), np.asarray(is_right, np.float64)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    gap = by_chance = 0.0
    for place in range(bins):
        chosen = places == place
        if chosen.any():
            gap += abs(float(right[chosen].sum() - sure[chosen].sum()))
            spread = float((sure[chosen] * (1 - sure[chosen])).sum())
            by_chance += math.sqrt(2 / math.pi * spread)
    return gap / len(sure), by_chance / len(sure)


@dataclass(frozen=True)
class Temperatures:
    """One temperature a language where the validation texts sufficed, one for all others."""

    default: float
    by_language: Mapping[str, float]

    def of(self, language: str) -> float:
        """Return the temperature for a language code as `detect_language` gives it."""
        return self.by_language.get(language, self.default)


def _triple(values: Sequence[float]) -> Triple:
    negative, neutral, positive = values
    return (float(negative), float(neutral), float(positive))
