"""Balances corrected by labels that people gave, where a group has enough of its own.

The shares of the true classes within a named one are those of the mentions that were drawn: of other sources, where
praise is rarer, they would hide most complaints (with the errors of the model card, the labels of a brand of 95 %
praise show a source of 70 % with 90 %). So no group borrows the labels of another, and labels of mentions that have
faded to less than a quarter count no more; without enough of its own a group is left to the probabilities. A rating
without words was read by nobody and counts as its stars say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from twelvefold.config import Rule
from twelvefold.pipeline.chronicle import NOTHING, Chronicle, by_group
from twelvefold.pipeline.corrected_standing import Span, corrected_standing, open_cases
from twelvefold.pipeline.figures.labelled import LEAST, LEAST_OF_CLASS, post_stratify
from twelvefold.pipeline.figures.likelihood import Floats
from twelvefold.pipeline.weighing import Correction, Method, Rollups, Standing
from twelvefold.records import Sentiment
from twelvefold.storage.labels import Label
from twelvefold.storage.rollups import RATING
from twelvefold.storage.series import Scope

HALF_LIVES = 2
"""Labels of mentions that are older than this tell of another time."""

Table = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
"""For each named class, how many labels say (negative, neutral, positive)."""

_CLASSES = tuple(Sentiment)
_GROUPS: Mapping[Scope | None, Callable[[Label], tuple[str | None, ...]]] = {
    None: lambda _: (None,),
    Scope.SOURCE: lambda label: (label.source,),
    Scope.SUBJECT: lambda label: (label.subject,),
    Scope.LANGUAGE: lambda label: (label.language,),
    Scope.ASPECT: lambda _: (),  # a label says nothing of them
    Scope.SEGMENT: lambda label: label.segments,
}


@dataclass(frozen=True)
class LabelledGroups:
    """What corrects balances by labels, `labels` those of the whole brand."""

    rollups: Rollups
    brand_id: int
    labels: Sequence[Label]
    rule: Rule
    until: date | None = None

    def tables(self, scope: Scope | None, keys: Iterable[str | None], span: Span) -> dict[str | None, Table]:
        """Return the labels of each group's mentions of a span."""
        by_key: dict[str | None, list[Label]] = {}
        for label in self.labels:
            for key in _GROUPS[scope](label):
                by_key.setdefault(key, []).append(label)
        return {key: _table(by_key.get(key, ()), span) for key in keys}

    def standings(
        self,
        scope: Scope | None,
        heard: Mapping[str | None, Chronicle],
        span: Span,
        counted: Mapping[str | None, Standing],
        tables: Mapping[str | None, Table],
    ) -> dict[str | None, Standing]:
        """Return the corrected balances of the groups that have labels enough.

        Args:
            counted: As the classes were counted.
        """
        if all(number_of(table) < LEAST for table in tables.values()):
            return {}
        series = self.rollups.series(self.brand_id, RATING, scope or Scope.SOURCE, self.until)
        rated = by_group(series, lambda each: each.key if scope else None)
        found = {
            key: self._standing(heard[key], rated.get(key, NOTHING), span, raw, tables[key])
            for key, raw in counted.items()
        }
        return {key: each for key, each in found.items() if each is not None}

    def _standing(self, heard: Chronicle, rated: Chronicle, span: Span, raw: Standing, table: Table) -> Standing | None:
        told, known = _sums(heard, span), _sums(rated, span)
        named = np.maximum(told.weights - known.weights, 0)
        total = float(told.weights.sum())
        first = first_labelled_day(span)
        there = numbers_of(heard, first, span.until) - numbers_of(rated, first, span.until)
        if not is_enough([sum(row) for row in table], there.tolist()) or not told.squares > 0:
            return None
        found = post_stratify(_triple(named), total**2 / told.squares, table, _triple(known.weights))
        blame = np.array([row[0] for row in found.given])
        settled = float(blame @ (told.resolved - known.resolved) + known.resolved[0])
        # A case is as likely to be a complaint as all that is named one, be it told by words or by stars.
        of_case = (blame[0] * named[0] + known.weights[0]) / max(told.weights[0], np.finfo(float).tiny)
        days = len(heard.days[heard.within(span.since, span.until)])
        return corrected_standing(
            raw,
            _triple(np.array(found.shares) * total),
            settled,
            (found.low, found.high),
            self.rule,
            Correction(Method.LABELS, raw.index, number_of(table)),
            lambda enough: open_cases(heard, span, np.full(days, of_case), enough),
        )


def first_labelled_day(span: Span) -> date | None:
    """Return the first day of a span of which labels count."""
    if span.half_life_days is None:
        return span.since
    # There may be no such day in the calendar.
    first = date.fromordinal(max(1, span.until.toordinal() - round(HALF_LIVES * span.half_life_days)))
    return first if span.since is None else max(first, span.since)


def number_of(table: Table) -> int:
    """Return how many labels there are."""
    return sum(map(sum, table))


def is_enough(labels: Sequence[int], there: Sequence[int]) -> bool:
    """Tell whether labels suffice for a correction: in all, and of each named class or half of a small one.

    Args:
        labels: How many there are of each named class.
        there: How many mentions of each named class there are to be labelled.
    """
    return sum(labels) >= LEAST and all(
        n >= min(LEAST_OF_CLASS, mentions // 2) for n, mentions in zip(labels, there, strict=True)
    )


class _Sums(NamedTuple):
    """Of each named class: what its mentions weigh, and the part of that whose cases are resolved.

    Attributes:
        squares: The sum of the squares of all weights.
    """

    weights: Floats
    resolved: Floats
    squares: float


def _sums(heard: Chronicle, span: Span) -> _Sums:
    within = heard.within(span.since, span.until)
    counts = heard.counts[:, within]
    ages = (span.until.toordinal() - 1) - heard.days[within]
    fading = np.ones(len(ages)) if span.half_life_days is None else np.exp2(-ages / span.half_life_days)
    weights, resolved = np.zeros((2, 3))
    squares = 0.0
    for n, line in enumerate(heard.lines):
        place, left = _CLASSES.index(line.label), float(line.weight * (counts[n] @ fading))
        weights[place] += left
        resolved[place] += left if line.resolved else 0
        squares += float(line.weight**2 * (counts[n] @ fading**2))
    return _Sums(weights, resolved, squares)


def numbers_of(heard: Chronicle, since: date | None, until: date | None) -> npt.NDArray[np.int64]:
    """Return how many mentions of each named class there are in [since, until)."""
    numbers = np.zeros(3, np.int64)
    for line, n in zip(heard.lines, heard.numbers(since, until), strict=True):
        numbers[_CLASSES.index(line.label)] += n
    return numbers


def _table(labels: Iterable[Label], span: Span) -> Table:
    counted, first = np.zeros((3, 3), int), first_labelled_day(span)
    for label in labels:
        if label.truth is not None and (first is None or label.local_date >= first) and label.local_date < span.until:
            counted[_CLASSES.index(label.named), _CLASSES.index(label.truth)] += 1
    one, two, three = ((int(a), int(b), int(c)) for a, b, c in counted)
    return (one, two, three)


def _triple(numbers: Floats) -> tuple[float, float, float]:
    negative, neutral, positive = numbers.tolist()
    return (negative, neutral, positive)
