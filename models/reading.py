"""What the network itself says of texts: each is read once, and sentences that leave something open once more alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twelvefold.models.calibration import expected_stars
from twelvefold.models.cleaning import says_something
from twelvefold.models.passages import Network, Output, Passage, by_itself, outputs_of, passages_of
from twelvefold.models.sentences import Span, Tokens

AHEAD = 256  # texts that are tokenised while as many are read
SPEAKS = 0.3
SETTLED = 0.6


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


def read(
    network: Network, cleaned: Sequence[str], progress: Callable[[int], None] | None = None
) -> list[Reading | None]:
    """Return a reading a cleaned text, None where there is nothing to judge; equal texts are read once.

    Args:
        progress: Called with the number of texts that are done.

    Raises:
        ModelUnusable: Not even one passage fits in memory.
    """
    copies = Counter(cleaned)
    distinct = [text for text in copies if says_something(text)]
    done = len(cleaned) - sum(copies[text] for text in distinct)
    if progress:
        progress(done)
    readings: dict[str, Reading | None] = {}
    for texts, bodies in _tokenised(network, distinct):
        for text, reading in _read_some(network, texts, bodies):
            readings[text] = reading
            done += copies[text]
            if progress:
                progress(done)
    return [readings.get(text) for text in cleaned]


def leaves_open(aspects: NDArray[np.float64]) -> bool:
    """Tell whether a sentence speaks of an aspect without saying what it thinks of it.

    Praise and complaint in one text colour each other, and it shows in such doubt. Measured on 839 texts of several
    sentences, reading those that leave something open once more is as right about aspects and their sentiment as
    reading every sentence alone, for a third of the further work.

    Args:
        aspects: Probabilities of `ASPECT_STATES`, shape (aspects, 4).
    """
    presence = 1 - aspects[:, 0]
    return bool(np.any((presence >= SPEAKS) & (aspects[:, 1:].max(axis=1) < SETTLED * presence)))


def _tokenised(network: Network, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], list[Tokens]]]:
    """Yield some texts and their tokens at a time; the next ones are tokenised while these are read."""
    parts = [texts[start : start + AHEAD] for start in range(0, len(texts), AHEAD)]
    with ThreadPoolExecutor(1, "tokenise") as thread:
        coming = [thread.submit(network.tokenise, part) for part in parts[:1]]
        for number, part in enumerate(parts):
            bodies = coming.pop().result()
            coming += [thread.submit(network.tokenise, following) for following in parts[number + 1 : number + 2]]
            yield part, bodies


class _Heard:
    """What the network has said of one text so far.

    Attributes:
        waits_for: Passages that are still to be read.
    """

    def __init__(self, text: str, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        self._parts: list[tuple[float, Output]] = []
        self._sentences: dict[Span, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self.waits_for = 0

    def hear(self, passage: Passage, output: Output) -> None:
        """Take in what was said of a passage; of a sentence the last word counts."""
        self.waits_for -= 1
        if passage.share:
            self._parts.append((passage.share, output))
        if output.aspects is not None and output.urgency is not None:
            said = zip(_softmax(output.aspects), _logistic(output.urgency), strict=True)
            self._sentences |= {span: both for (_, span), both in zip(passage.sentences, said, strict=True)}

    def open_sentences(self) -> list[Span]:
        """Return the sentences that should be read by themselves; where there is only one, it was."""
        if len(self._sentences) < 2:
            return []
        return [span for span, (aspects, _) in self._sentences.items() if leaves_open(aspects)]

    def reading(self) -> Reading | None:
        """Return the mean over the passages by their shares, and the sentences in their order."""
        if not self._parts:
            return None
        stars = [share * output.stars for share, output in self._parts if output.stars is not None]
        mixed = [share * output.mixed for share, output in self._parts if output.mixed is not None]
        tells_sentences = all(output.aspects is not None for _, output in self._parts)
        return Reading(
            logits=np.sum([share * output.sentiment for share, output in self._parts], axis=0),
            stars=expected_stars(np.sum(stars, axis=0)) if stars else None,
            mixed=float(_logistic(np.array(sum(mixed)))) if mixed else None,
            sentences=tuple(self._sentence(span) for span in sorted(self._sentences)) if tells_sentences else None,
        )

    def _sentence(self, span: Span) -> Sentence:
        first, last = self._tokens.offsets[span[0]], self._tokens.offsets[span[1] - 1]
        return Sentence(self._text[first[0] : last[1]].strip(), *self._sentences[span])


def _read_some(
    network: Network, texts: Sequence[str], bodies: Sequence[Tokens]
) -> Iterator[tuple[str, Reading | None]]:
    """Yield each text with its reading as soon as nothing is open."""
    heard = [_Heard(text, body) for text, body in zip(texts, bodies, strict=True)]
    once = [passage for owner, body in enumerate(bodies) for passage in passages_of(owner, body, network.windows)]
    for owner, passages in Counter(passage.owner for passage in once).items():
        heard[owner].waits_for = passages
    for text, one in zip(texts, heard, strict=True):
        if not one.waits_for:
            yield text, None
    again: list[Passage] = []
    for passage, output in outputs_of(network, once):
        one = heard[passage.owner]
        one.hear(passage, output)
        if not one.waits_for:
            alone = [
                by_itself(passage.owner, bodies[passage.owner], span, network.windows) for span in one.open_sentences()
            ]
            one.waits_for = len(alone)
            again += alone
            if not alone:
                yield texts[passage.owner], one.reading()
    for passage, output in outputs_of(network, again):
        one = heard[passage.owner]
        one.hear(passage, output)
        if not one.waits_for:
            yield texts[passage.owner], one.reading()


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float64)


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float64)
