"""Where sentences end, told from tokens: aspects and urgency are judged sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HARD_ENDS = frozenset("。！？；!?\n")  # the tokenizer writes full-width marks as ASCII ones
SOFT_ENDS = frozenset(".…;")  # end a sentence only before a space: "3.5" goes on
CLOSERS = frozenset("\"'”’»)]）」』")
WORD_MARK = "▁"
SHORTEST = 3  # tokens; a shorter piece ("Ok.") goes with what follows
LONGEST = 60  # tokens; a longer piece is cut at a comma, for texts without full stops
PAUSES = frozenset(",，、")

Span = tuple[int, int]


@dataclass(frozen=True)
class Tokens:
    """A text as the network reads it.

    Attributes:
        ids: Token ids without special tokens.
        sentences: (start, end) in tokens; together they cover the text.
        offsets: (start, end) in characters of each token.
    """

    ids: Sequence[int]
    sentences: Sequence[Span] = ()
    offsets: Sequence[Span] = ()


class SentenceEnds:
    """Finds the ends of sentences in token ids of one vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """Take pieces as SentencePiece writes them: "▁" stands for the space before a word."""
        self._hard, self._soft, self._pause, self._opens_word = set[int](), set[int](), set[int](), set[int]()
        for piece, number in vocabulary.items():
            if piece.startswith(WORD_MARK):
                self._opens_word.add(number)
            last = piece.rstrip("".join(CLOSERS))[-1:] or piece[-1:]
            if last in HARD_ENDS:
                self._hard.add(number)
            elif last in SOFT_ENDS:
                self._soft.add(number)
            elif last in PAUSES:
                self._pause.add(number)

    def spans(self, ids: Sequence[int]) -> list[Span]:
        """Return (start, end) of each sentence in tokens; none for no tokens."""
        spans: list[Span] = []
        start = 0
        for at, number in enumerate(ids):
            length = at + 1 - start
            ends = number in self._hard or (number in self._soft and self._before_space(ids, at))
            if (ends and length >= SHORTEST) or (length >= LONGEST and number in self._pause):
                spans.append((start, at + 1))
                start = at + 1
        if start < len(ids):
            if spans and len(ids) - start < SHORTEST:
                spans[-1] = (spans[-1][0], len(ids))
            else:
                spans.append((start, len(ids)))
        return spans

    def _before_space(self, ids: Sequence[int], at: int) -> bool:
        return at + 1 == len(ids) or ids[at + 1] in self._opens_word
