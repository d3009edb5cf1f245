"""From which probability on an aspect, or a mixed verdict, is said to be there; and how often that is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twelvefold.models.calibration import Thresholds
from twelvefold.models.evaluate import Verdict
from twelvefold.models.reading import Reading
from twelvefold.models.taxonomy import ASPECT_STATES, ASPECTS
from twelvefold.models.training.data import LABELS, Example
from twelvefold.models.verdicts import aspects_of
from twelvefold.records import Judgement, Sentiment

FEWEST = 20  # texts that speak of an aspect, to fit a threshold on or to tell a figure of
GRID = tuple(step / 100 for step in range(20, 85, 5))
Pair = tuple[Example, Reading]


def known_pairs(examples: Sequence[Example], readings: Sequence[Reading | None]) -> list[Pair]:
    """Return the texts whose network tells sentences apart, with their readings."""
    return [
        (example, reading)
        for example, reading in zip(examples, readings, strict=True)
        if reading is not None and reading.sentences
    ]


def fit_thresholds(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return, as `Thresholds` takes them, those with the best F1 where there are texts enough, .5 elsewhere."""
    aspects = {}
    for number, aspect in enumerate(ASPECTS):
        chances, truths = _presence(pairs, number)
        if truths.sum() >= FEWEST:
            aspects[aspect] = max(GRID, key=lambda at: _f1(chances >= at, truths))
    chances, truths = _mixed(pairs)
    mixed = max(GRID, key=lambda at: _f1(chances >= at, truths)) if truths.sum() >= FEWEST else 0.5
    return {"aspects": aspects, "mixed": mixed, "urgency": 0.5}


def aspect_figures(pairs: Sequence[Pair], thresholds: Thresholds) -> dict[str, Any]:
    """Return by aspect the F1 of its being there and the accuracy of its polarity where it is, and F1 of mixed."""
    told: dict[str, Any] = {}
    for number, aspect in enumerate(ASPECTS):
        chances, truths = _presence(pairs, number)
        threshold = thresholds.aspects.get(aspect, 0.5)
        if truths.sum() >= FEWEST:
            told[aspect] = {
                "n": int(truths.sum()),
                "f1": round(_f1(chances >= threshold, truths), 4),
                "polarity_accuracy": round(float(np.mean(_polarities(pairs, number, threshold))), 4),
            }
    chances, truths = _mixed(pairs)
    if truths.sum() >= FEWEST:
        told["mixed"] = {"n": int(truths.sum()), "f1": round(_f1(chances >= thresholds.mixed, truths), 4)}
    return told


def aspect_verdicts(pairs: Sequence[Pair], thresholds: Thresholds) -> list[Verdict]:
    """Return for each aspect that is found where it is how it is spoken of, and what was told of that."""
    found = []
    for example, reading in pairs:
        for told in aspects_of(reading.sentences or (), thresholds):
            state = example.states[ASPECTS.index(told["aspect"])]
            if state:
                shares = {label: told[label] for label in LABELS}
                judgement = Judgement("", "", Sentiment(told["label"]), **shares, confidence=max(shares.values()))
                truth = Sentiment(ASPECT_STATES[state])
                found.append(Verdict(truth, None, example.language, example.source, judgement))
    return found


def _presence(pairs: Sequence[Pair], number: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how surely each text speaks of an aspect, and whether it does, where that is known."""
    rows = [(_states(reading)[:, number], example.states[number]) for example, reading in pairs]
    known = [(1 - float(states[:, 0].min()), state != 0) for states, state in rows if state is not None]
    return _columns(known)


def _mixed(pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return _columns(
        (reading.mixed, example.mixed)
        for example, reading in pairs
        if reading.mixed is not None and example.mixed is not None
    )


def _columns(rows: Iterable[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    listed = list(rows)
    return np.array([chance for chance, _ in listed], float), np.array([truth for _, truth in listed], bool)


def _polarities(pairs: Sequence[Pair], number: int, threshold: float) -> list[bool]:
    """Return for each text that speaks of an aspect whether the sentences that do, or the surest one, say how."""
    found = []
    for example, reading in pairs:
        state = example.states[number]
        if state:
            states = _states(reading)[:, number]
            presence = 1 - states[:, 0]
            speaking = states[presence >= min(threshold, presence.max())]
            found.append(1 + int(speaking[:, 1:].sum(axis=0).argmax()) == state)
    return found


def _states(reading: Reading) -> NDArray[np.float64]:
    """Return the probabilities of each sentence, shape (sentences, aspects, 4)."""
    sentences = reading.sentences or ()
    return np.stack([sentence.aspects for sentence in sentences]).reshape(-1, len(ASPECTS), len(ASPECT_STATES))


def _f1(answers: NDArray[np.bool_], truths: NDArray[np.bool_]) -> float:
    hits = int((answers & truths).sum())
    total = int(answers.sum() + truths.sum())
    return 2 * hits / total if total else 0.0
