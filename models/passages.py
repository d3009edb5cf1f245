"""Passages of texts: how long ones are cut, and what the network says of each, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twelvefold.errors import ModelUnusable
from twelvefold.models.batching import halving, plan_batches, windows
from twelvefold.models.calibration import Temperatures
from twelvefold.models.manifest import Windows
from twelvefold.models.outputs import Outputs
from twelvefold.models.sentences import Span, Tokens

SPECIAL_TOKENS = 2  # what a passage leaves room for: the start and the end of a sequence


class Network(Protocol):
    """What turns token ids into logits: our packaged weights, or a classifier of transformers."""

    model: str
    windows: Windows
    temperatures: Temperatures
    token_budget: int

    def tokenise(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text as token ids without special tokens."""

    def forward(self, bodies: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]]) -> Outputs:
        """Return what the heads say of texts and of the (start, end) in tokens of their sentences."""


@dataclass(frozen=True)
class Passage:
    """Tokens of text number `owner` that are read at once, their share in its reading, and its sentences in them."""

    owner: int
    tokens: Sequence[int]
    share: float
    sentences: tuple[tuple[Span, Span], ...] = ()
    """Each as (span in these tokens, span in the whole text)."""


@dataclass(frozen=True)
class Output:
    """What the heads say of one passage: a row of each of `Outputs`."""

    sentiment: NDArray[np.float64]
    stars: NDArray[np.float64] | None
    mixed: float | None
    aspects: NDArray[np.float64] | None
    urgency: NDArray[np.float64] | None


def passages_of(owner: int, text: Tokens, cut: Windows) -> list[Passage]:
    """Return the passages that a text is read in; their shares sum to 1.

    A text that is too long is read through windows over the whole, of which the last counts more, as the verdict
    stands there; each sentence is judged in the window that holds most of it.
    """
    size = cut.tokens - SPECIAL_TOKENS
    body = text.ids
    if not body:
        return []
    spans = windows(len(body), size, cut.overlap, cut.most)
    weights = [*(1.0 for _ in spans[1:]), cut.last_weight]
    held: list[list[tuple[Span, Span]]] = [[] for _ in spans]
    for start, end in text.sentences:
        common = [min(end, until) - max(start, since) for since, until in spans]
        best = common.index(max(common))
        since, until = spans[best]
        if common[best] > 0:
            held[best].append(((max(start, since) - since, min(end, until) - since), (start, end)))
    return [
        Passage(owner, body[since:until], weight / sum(weights), tuple(own))
        for (since, until), weight, own in zip(spans, weights, held, strict=True)
    ]


def by_itself(owner: int, text: Tokens, sentence: Span, cut: Windows) -> Passage:
    """Return a passage of one sentence alone; it has no share in what is said of the whole text."""
    start, end = sentence
    tokens = text.ids[start : min(end, start + cut.tokens - SPECIAL_TOKENS)]
    return Passage(owner, tokens, 0.0, (((0, len(tokens)), sentence),))


def outputs_of(network: Network, passages: Sequence[Passage]) -> Iterator[tuple[Passage, Output]]:
    """Yield what the network says of each passage, the short ones first.

    Raises:
        ModelUnusable: Not even one passage fits in memory.
    """

    def compute(places: list[int]) -> Outputs:
        return network.forward(
            [passages[at].tokens for at in places], [[own for own, _ in passages[at].sentences] for at in places]
        )

    try:
        for batch in plan_batches([len(passage.tokens) + SPECIAL_TOKENS for passage in passages], network.token_budget):
            for part, said in halving(batch, compute):
                yield from _rows([passages[at] for at in part], said)
    except MemoryError as exc:
        raise ModelUnusable(
            f"one passage of text does not fit in memory with the model {network.model}; "
            "free some memory or choose a smaller model"
        ) from exc


def _rows(passages: Sequence[Passage], said: Outputs) -> Iterator[tuple[Passage, Output]]:
    first = 0
    for row, passage in enumerate(passages):
        until = first + len(passage.sentences)
        yield (
            passage,
            Output(
                sentiment=said.sentiment[row].astype(np.float64),
                stars=None if said.stars is None else said.stars[row].astype(np.float64),
                mixed=None if said.mixed is None else float(said.mixed[row]),
                aspects=None if said.aspects is None else said.aspects[first:until].astype(np.float64),
                urgency=None if said.urgency is None else said.urgency[first:until].astype(np.float64),
            ),
        )
        first = until
