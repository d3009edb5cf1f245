"""From what the heads say of sentences to aspects with their evidence, urgency, and mixed verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twelvefold.models.calibration import Thresholds
from twelvefold.models.reading import Sentence
from twelvefold.models.taxonomy import ASPECTS, URGENCIES
from twelvefold.records import Sentiment

LABELS = tuple(Sentiment)
LONGEST_EVIDENCE = 300  # characters


def aspects_of(sentences: Sequence[Sentence], thresholds: Thresholds) -> tuple[dict[str, Any], ...]:
    """Return the aspects that a text speaks of, each with its own sentiment and the sentence that decided.

    An aspect is there where one sentence says so; its sentiment is the mean over the
    sentences that speak of it, weighed by how surely they do. A sub-id stands for its parent too only
    where the parent itself was found.
    """
    if not sentences:
        return ()
    states = np.stack([sentence.aspects for sentence in sentences])
    presence = 1 - states[:, :, 0]
    found = []
    for number, aspect in enumerate(ASPECTS):
        speaking = np.flatnonzero(presence[:, number] >= thresholds.aspects.get(aspect, 0.5))
        if speaking.size:
            found.append(_aspect(aspect, [sentences[at] for at in speaking.tolist()], states[speaking, number, 1:]))
    return tuple(found)


def _aspect(aspect: str, speaking: Sequence[Sentence], polar: NDArray[np.float64]) -> dict[str, Any]:
    """Return one aspect; `polar` has the probabilities of the three classes, shape (sentences, 3), without absence."""
    shares = polar.sum(axis=0) / polar.sum()
    top = int(shares.argmax())
    decided = speaking[int(polar[:, top].argmax())]
    return {
        "aspect": aspect,
        "label": LABELS[top].value,
        "negative": float(shares[0]),
        "neutral": float(shares[1]),
        "positive": float(shares[2]),
        "evidence": decided.text[:LONGEST_EVIDENCE],
    }


def urgency_of(sentences: Sequence[Sentence], thresholds: Thresholds) -> dict[str, Any]:
    """Return how urgent a text is: its surest kind's probability, and each kind that is there with its sentence."""
    if not sentences:
        return {"level": 0.0, "kinds": []}
    chances = np.stack([sentence.urgency for sentence in sentences])
    kinds = []
    for number, kind in enumerate(URGENCIES):
        at = int(chances[:, number].argmax())
        chance = float(chances[at, number])
        if chance >= thresholds.urgency:
            kinds.append({"kind": kind, "probability": chance, "evidence": sentences[at].text[:LONGEST_EVIDENCE]})
    return {"level": float(chances.max()), "kinds": kinds}
