"""Mentions that weigh the same and are judged the same, summed up, and the balance of such sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

from twelvefold.pipeline.figures.balance import Tally
from twelvefold.records import Sentiment

Cases = tuple[tuple[float, int], ...]
_FAINT = 2.0**-200  # of a sum: the squares of what is behind it may be no numbers any more


class Line(NamedTuple):
    """The mentions that weigh the same and are judged the same."""

    weight: float
    label: Sentiment
    resolved: bool

    @property
    def is_open_complaint(self) -> bool:
        """Whether these are complaints that nobody has resolved."""
        return self.label is Sentiment.NEGATIVE and not self.resolved


@dataclass(frozen=True, slots=True)
class Sums:
    """Of each line: how many mentions there are, what is left of them, and what of their squares."""

    numbers: Sequence[float]
    left: Sequence[float]
    squares: Sequence[float]

    def of(self, lines: slice) -> Sums:
        """Return the sums of some of the lines."""
        return Sums(self.numbers[lines], self.left[lines], self.squares[lines])


def tally_of(
    lines: Iterable[Line],
    sums: Sums,
    cases: Callable[[float, float, float], Cases],
    effective_n: Callable[[], float],
) -> Tally:
    """Weigh sums.

    Args:
        cases: Returns of the open cases as many as could pay what praise, open and resolved complaints leave to earn.
        effective_n: Returns the effective n where so little is left that sums of squares do not tell it.
    """
    praise, unresolved, settled, neutral, voice, squares = ([0.0] for _ in range(6))
    n = 0.0
    for line, number, left, square in zip(lines, sums.numbers, sums.left, sums.squares, strict=True):
        amount = line.weight * left
        if line.label is Sentiment.NEUTRAL:
            neutral.append(amount)
            continue
        n += number
        voice.append(amount)
        squares.append(line.weight**2 * square)
        (praise if line.label is Sentiment.POSITIVE else settled if line.resolved else unresolved).append(amount)
    heard, earned, owed, paid = fsum(voice), fsum(praise), fsum(unresolved), fsum(settled)
    return Tally(
        praise=earned,
        open=owed,
        resolved=paid,
        neutral=fsum(neutral),
        n=int(n),
        n_eff=heard**2 / fsum(squares) if heard > _FAINT else effective_n(),
        cases=cases(earned, owed, paid),
    )


def undecayed_tally(lines: Sequence[Line], numbers: Sequence[int]) -> Tally:
    """Weigh so many mentions of each line, whatever their age."""

    def cases(*_: float) -> Cases:
        each = ((line.weight, n) for line, n in zip(lines, numbers, strict=True) if line.is_open_complaint)
        return tuple((weight, n) for weight, n in each if weight > 0 and n)

    return tally_of(lines, Sums(numbers, numbers, numbers), cases, lambda: 0.0)
