"""What the network itself says of texts: passages of long ones, batches of alike length, one reading a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twelvefold.errors import ModelUnusable
from twelvefold.models.batching import halving, plan_batches, windows
from twelvefold.models.calibration import Temperatures, expected_stars
from twelvefold.models.cleaning import says_something
from twelvefold.models.manifest import Windows

TOKEN_BUDGET = 1024  # tokens a batch: the fastest on two cores, as larger ones fall out of the cache
SPECIAL_TOKENS = 2  # what a passage leaves room for: the start and the end of a sequence


class Network(Protocol):
    """What turns token ids into logits: our packaged weights, or a classifier of transformers."""

    model: str
    windows: Windows
    temperatures: Temperatures

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text without special tokens."""

    def forward(self, bodies: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return sentiment logits (texts, 3) and star-step logits (texts, 4) or None."""


@dataclass(frozen=True)
class Reading:
    """What the network says of one text: three logits, and expected stars where it has a head for them."""

    logits: NDArray[np.float64]
    stars: float | None


@dataclass(frozen=True)
class Passage:
    """Tokens of text number `owner` that are read at once, and their share in its reading."""

    owner: int
    tokens: Sequence[int]
    share: float


Output = tuple[NDArray[np.float64], NDArray[np.float64] | None]


def passages_of(owner: int, body: Sequence[int], cut: Windows) -> list[Passage]:
    """Return the passages that a text is read in; their shares sum to 1.

    A text that is too long is read once through its head and its tail, where the verdict stands and as the network
    was taught, and once through windows over the whole.
    """
    size = cut.tokens - SPECIAL_TOKENS
    if not body:
        return []
    if len(body) <= size:
        return [Passage(owner, body, 1.0)]
    head = size // 2
    ends = [*body[:head], *body[head - size :]]
    spans = windows(len(body), size, cut.overlap, cut.most)
    share = (1 - cut.ends_share) / len(spans)
    return [Passage(owner, ends, cut.ends_share), *(Passage(owner, body[start:end], share) for start, end in spans)]


def read(
    network: Network, cleaned: Sequence[str], progress: Callable[[int], None] | None = None
) -> list[Reading | None]:
    """Return a reading a cleaned text, None where there is nothing to judge; equal texts are read once.

    Args:
        progress: Called with the number of texts that are done.

    Raises:
        ModelUnusable: Not even one passage fits in memory.
    """
    distinct = list(dict.fromkeys(text for text in cleaned if says_something(text)))
    bodies = network.tokenise(distinct) if distinct else []
    passages = [passage for owner, body in enumerate(bodies) for passage in passages_of(owner, body, network.windows)]
    left = Counter(passage.owner for passage in passages)
    copies = Counter(cleaned)
    done = len(cleaned) - sum(copies[distinct[owner]] for owner in left)
    if progress:
        progress(done)
    outputs: list[Output | None] = [None] * len(passages)
    for batch in plan_batches([len(passage.tokens) + SPECIAL_TOKENS for passage in passages], TOKEN_BUDGET):
        _run(network, passages, batch, outputs)
        for at in batch:
            owner = passages[at].owner
            left[owner] -= 1
            done += 0 if left[owner] else copies[distinct[owner]]
        if progress:
            progress(done)
    by_text = {distinct[owner]: reading for owner, reading in _gather(passages, outputs).items()}
    return [by_text.get(text) for text in cleaned]


def _run(network: Network, passages: Sequence[Passage], batch: list[int], outputs: list[Output | None]) -> None:
    """Fill in the outputs of one batch of passages."""

    def compute(places: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        return network.forward([passages[at].tokens for at in places])

    try:
        for part, (sentiment, steps) in halving(batch, compute):
            for row, at in enumerate(part):
                own = None if steps is None else steps[row].astype(np.float64)
                outputs[at] = (sentiment[row].astype(np.float64), own)
    except MemoryError as exc:
        raise ModelUnusable(
            f"one passage of text does not fit in memory with the model {network.model}; "
            "free some memory or choose a smaller model"
        ) from exc


def _gather(passages: Sequence[Passage], outputs: Sequence[Output | None]) -> dict[int, Reading]:
    """Return a reading a text: the mean over its passages by their shares."""
    by_owner: dict[int, list[tuple[float, Output]]] = {}
    for passage, output in zip(passages, outputs, strict=True):
        if output is not None:
            by_owner.setdefault(passage.owner, []).append((passage.share, output))
    readings = {}
    for owner, parts in by_owner.items():
        logits = np.sum([share * logits for share, (logits, _) in parts], axis=0)
        steps = [share * own for share, (_, own) in parts if own is not None]
        readings[owner] = Reading(logits, expected_stars(np.sum(steps, axis=0)) if steps else None)
    return readings
