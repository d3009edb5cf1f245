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
from twelvefold.models.outputs import Outputs
from twelvefold.models.sentences import Span, Tokens

TOKEN_BUDGET = 1024  # tokens a batch: the fastest on two cores, as larger ones fall out of the cache
SPECIAL_TOKENS = 2  # what a passage leaves room for: the start and the end of a sequence


class Network(Protocol):
    """What turns token ids into logits: our packaged weights, or a classifier of transformers."""

    model: str
    windows: Windows
    temperatures: Temperatures

    def tokenise(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text as token ids without special tokens."""

    def forward(self, bodies: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]]) -> Outputs:
        """Return what the heads say of texts and of the (start, end) in tokens of their sentences."""


@dataclass(frozen=True)
class Sentence:
    """What the heads say of one sentence.

    Attributes:
        text: As it stands in the cleaned text.
        aspects: Probabilities of `ASPECT_STATES`, shape (aspects, 4).
        urgency: Probabilities, shape (urgencies,).
    """

    text: str
    aspects: NDArray[np.float64]
    urgency: NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What the network says of one text.

    Attributes:
        logits: Of the three classes.
        stars: Expected stars, None where the network has no head for them.
        mixed: Probability that the text praises and complains, None without such a head.
        sentences: None without heads for aspects and urgency.
    """

    logits: NDArray[np.float64]
    stars: float | None
    mixed: float | None = None
    sentences: tuple[Sentence, ...] | None = None


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

    A text that is too long is read once through its head and its tail, where the verdict stands and as the network
    was taught, and once through windows over the whole. Where there are several sentences, each is read once more by
    itself for its aspects and urgency, with no share in the rest: within the text, praise and complaint would colour
    each other.
    """
    size = cut.tokens - SPECIAL_TOKENS
    body = text.ids
    if not body:
        return []
    alone = [
        Passage(owner, body[start : min(end, start + size)], 0.0, (((0, min(end - start, size)), (start, end)),))
        for start, end in text.sentences
    ]
    if len(body) <= size:
        if len(alone) == 1:
            return [Passage(owner, body, 1.0, alone[0].sentences)]
        return [Passage(owner, body, 1.0), *alone]
    head = size // 2
    ends = [*body[:head], *body[head - size :]]
    spans = windows(len(body), size, cut.overlap, cut.most)
    share = (1 - cut.ends_share) / len(spans)
    return [
        Passage(owner, ends, cut.ends_share),
        *(Passage(owner, body[start:end], share) for start, end in spans),
        *alone,
    ]


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
    by_text = {
        distinct[owner]: _reading(distinct[owner], bodies[owner], parts)
        for owner, parts in _by_owner(passages, outputs).items()
    }
    return [by_text.get(text) for text in cleaned]


def _run(network: Network, passages: Sequence[Passage], batch: list[int], outputs: list[Output | None]) -> None:
    """Fill in the outputs of one batch of passages."""

    def compute(places: list[int]) -> Outputs:
        return network.forward(
            [passages[at].tokens for at in places], [[own for own, _ in passages[at].sentences] for at in places]
        )

    try:
        for part, said in halving(batch, compute):
            first = 0
            for row, at in enumerate(part):
                until = first + len(passages[at].sentences)
                outputs[at] = Output(
                    sentiment=said.sentiment[row].astype(np.float64),
                    stars=None if said.stars is None else said.stars[row].astype(np.float64),
                    mixed=None if said.mixed is None else float(said.mixed[row]),
                    aspects=None if said.aspects is None else said.aspects[first:until].astype(np.float64),
                    urgency=None if said.urgency is None else said.urgency[first:until].astype(np.float64),
                )
                first = until
    except MemoryError as exc:
        raise ModelUnusable(
            f"one passage of text does not fit in memory with the model {network.model}; "
            "free some memory or choose a smaller model"
        ) from exc


def _by_owner(passages: Sequence[Passage], outputs: Sequence[Output | None]) -> dict[int, list[tuple[Passage, Output]]]:
    """Return the passages of each text that were read, with what came out."""
    parts: dict[int, list[tuple[Passage, Output]]] = {}
    for passage, output in zip(passages, outputs, strict=True):
        if output is not None:
            parts.setdefault(passage.owner, []).append((passage, output))
    return parts


def _reading(text: str, tokens: Tokens, parts: Sequence[tuple[Passage, Output]]) -> Reading:
    """Return the reading of a text: the mean over its passages by their shares, and its sentences in their order."""
    stars = [passage.share * output.stars for passage, output in parts if output.stars is not None]
    mixed = [passage.share * output.mixed for passage, output in parts if output.mixed is not None]
    return Reading(
        logits=np.sum([passage.share * output.sentiment for passage, output in parts], axis=0),
        stars=expected_stars(np.sum(stars, axis=0)) if stars else None,
        mixed=float(_logistic(np.array(sum(mixed)))) if mixed else None,
        sentences=_sentences(text, tokens, parts),
    )


def _sentences(text: str, tokens: Tokens, parts: Sequence[tuple[Passage, Output]]) -> tuple[Sentence, ...] | None:
    if any(output.aspects is None or output.urgency is None for _, output in parts):
        return None
    found: list[tuple[int, Sentence]] = []
    for passage, output in parts:
        if output.aspects is None or output.urgency is None:
            continue
        shifted = np.exp(output.aspects - output.aspects.max(axis=-1, keepdims=True))
        states = shifted / shifted.sum(axis=-1, keepdims=True)
        for (_, (start, end)), aspects, urgency in zip(
            passage.sentences, states, _logistic(output.urgency), strict=True
        ):
            words = text[tokens.offsets[start][0] : tokens.offsets[end - 1][1]].strip()
            found.append((start, Sentence(words, aspects, urgency)))
    return tuple(sentence for _, sentence in sorted(found, key=lambda pair: pair[0]))


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float64)
