"""What was heard of one group, day by day, as arrays: years are weighed in a few sums.

The sums are those of `weighing.standing`; a test holds them together. They are added up in an order
that depends on the days alone, so a past week comes out the same to the last bit whatever came later.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.figures.balance import Tally, Weighed, balance, tally
from twelvefold.pipeline.weighing import Day, Standing, as_shown
from twelvefold.records import Sentiment
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Series

Key = TypeVar("Key", bound=Hashable)
Floats = npt.NDArray[np.float64]
_LONGEST_FADING = 400  # in half-lives; a square of what is older would be no number any more


@dataclass(frozen=True)
class Line:
    """The mentions that weigh the same and are judged the same."""

    weight: float
    label: Sentiment
    resolved: bool


@dataclass(frozen=True)
class Chronicle:
    """Daily counts of one group.

    Attributes:
        days: Ordinals of the days, rising, the same for all lines; some may hold nothing.
        counts: How many mentions each line has on each day.
    """

    lines: Sequence[Line]
    days: npt.NDArray[np.int64]
    counts: Floats

    @classmethod
    def of(cls, series: Iterable[Series]) -> Chronicle:
        """Add up series, whatever groups they are of."""
        found = list(series)
        places = {line: n for n, line in enumerate(sorted({_line(each) for each in found}))}
        firsts = sorted({each.first_day for each in found})
        width = len(found[0].counts) if found else 0
        column = {first: n * width for n, first in enumerate(firsts)}
        counts = np.zeros((len(places), width * len(firsts)))
        for each in found:
            at = column[each.first_day]
            counts[places[_line(each)], at : at + width] += each.counts
        days = np.concatenate([np.arange(first, first + width) for first in firsts]) if firsts else np.arange(0)
        told = np.flatnonzero(counts.any(axis=0))
        kept = slice(told[0], told[-1] + 1) if len(told) else slice(0)
        lines = [Line(weight, label, resolved) for weight, label, resolved in places]
        return cls(lines, days[kept], counts[:, kept])

    @property
    def first_day(self) -> date | None:
        """The day of the oldest mention."""
        return date.fromordinal(int(self.days[0])) if len(self.days) else None

    @property
    def last_day(self) -> date | None:
        """The day of the newest mention."""
        return date.fromordinal(int(self.days[-1])) if len(self.days) else None

    def mentions(self, since: date | None = None, until: date | None = None) -> int:
        """Return how many mentions there are in [since, until)."""
        return sum(self.numbers(since, until))

    def numbers(self, since: date | None = None, until: date | None = None) -> list[int]:
        """Return how many mentions each line has in [since, until)."""
        return [int(n) for n in self.counts[:, self.within(since, until)].sum(axis=1)]

    def open_complaints(self) -> int:
        """Return how many complaints stand open."""
        rows = [n for n, line in enumerate(self.lines) if line.label is Sentiment.NEGATIVE and not line.resolved]
        return int(self.counts[rows].sum())

    def each_day(self, since: date | None = None, until: date | None = None) -> list[Day]:
        """Return what was heard in [since, until), day by day."""
        within = self.within(since, until)
        days, counts = self.days[within], self.counts[:, within]
        told = np.argwhere(counts.T)
        return [
            Day(
                date.fromordinal(int(days[at])),
                self.lines[n].weight,
                self.lines[n].label,
                self.lines[n].resolved,
                int(counts[n, at]),
            )
            for at, n in told.tolist()
        ]

    def undecayed(self, rule: Rule, since: date, until: date) -> Standing:
        """Weigh the mentions of [since, until) alone, whatever their age."""
        return as_shown(balance(self.undecayed_tally(since, until), rule.k, rule.resolved_weight))

    def undecayed_tally(self, since: date | None = None, until: date | None = None) -> Tally:
        """Return the weighted sums of [since, until), whatever the age of the mentions."""
        numbers = self.numbers(since, until)
        return tally(
            Weighed.counted(line.label, line.weight, resolved=line.resolved, count=n)
            for line, n in zip(self.lines, numbers, strict=True)
        )

    def standing(self, rule: Rule, last_day: date) -> Standing:
        """Weigh all mentions up to `last_day`, each halved for every half-life of its age."""
        return as_shown(balance(self.tally(rule, last_day), rule.k, rule.resolved_weight))

    def tally(self, rule: Rule, last_day: date) -> Tally:
        """Return the weighted sums; of the cases, as many as could pay the debt."""
        end = int(np.searchsorted(self.days, last_day.toordinal(), "right"))
        counts = self.counts[:, :end]
        fading = np.exp2((self.days[:end] - last_day.toordinal()) / rule.half_life_days)
        left = np.einsum("ld,d->l", counts, fading).tolist()
        numbers = counts.sum(axis=1).tolist()

        def total(label: Sentiment, *resolved: bool) -> float:
            return fsum(
                line.weight * left[n]
                for n, line in enumerate(self.lines)
                if line.label is label and line.resolved in resolved
            )

        praise, unresolved = total(Sentiment.POSITIVE, False, True), total(Sentiment.NEGATIVE, False)
        settled = total(Sentiment.NEGATIVE, True)
        debt = rule.k * unresolved + rule.resolved_weight * settled - praise
        relief = rule.k - rule.resolved_weight
        return Tally(
            praise=praise,
            open=unresolved,
            resolved=settled,
            neutral=total(Sentiment.NEUTRAL, False, True),
            n=int(sum(n for line, n in zip(self.lines, numbers, strict=True) if line.label is not Sentiment.NEUTRAL)),
            n_eff=self._effective_n(counts, rule.half_life_days),
            cases=self._heaviest(counts, fading, debt / relief) if debt > 0 and relief > 0 else (),
        )

    def _effective_n(self, counts: Floats, half_life_days: float) -> float:
        """Return how many equal mentions would tell as much, as seen from the newest that is in the rule."""
        rows = [n for n, line in enumerate(self.lines) if line.label is not Sentiment.NEUTRAL and line.weight > 0]
        voiced = np.flatnonzero(counts[rows].any(axis=0))
        if not len(voiced):
            return 0.0
        days = self.days[: voiced[-1] + 1]
        ages = np.minimum((days[-1] - days) / half_life_days, _LONGEST_FADING)
        fading = np.exp2(-ages)
        counts = counts[:, : len(days)]
        sums, squares = np.einsum("ld,d->l", counts, fading), np.einsum("ld,d->l", counts, fading * fading)
        total = fsum(self.lines[n].weight * float(sums[n]) for n in rows)
        return total**2 / fsum(self.lines[n].weight ** 2 * float(squares[n]) for n in rows)

    def _heaviest(self, counts: Floats, fading: Floats, enough: float) -> tuple[tuple[float, int], ...]:
        """Return the heaviest open cases, as many as weigh enough together."""
        rows = [
            n
            for n, line in enumerate(self.lines)
            if line.label is Sentiment.NEGATIVE and not line.resolved and line.weight > 0
        ]
        weights = np.concatenate([self.lines[n].weight * fading for n in rows] or [fading[:0]])
        numbers = np.concatenate([counts[n] for n in rows] or [fading[:0]])
        return heaviest(weights, numbers, enough)

    def within(self, since: date | None, until: date | None) -> slice:
        """Return where the days of [since, until) stand."""
        first = int(np.searchsorted(self.days, since.toordinal())) if since else 0
        end = int(np.searchsorted(self.days, until.toordinal())) if until else len(self.days)
        return slice(first, end)


NOTHING = Chronicle.of(())


def heaviest(weights: Floats, numbers: Floats, enough: float) -> tuple[tuple[float, int], ...]:
    """Return the heaviest of some cases, as (weight of one, how many), until they weigh enough together."""
    there = (numbers > 0) & (weights > 0)
    weights, numbers = weights[there], numbers[there]
    order = np.argsort(-weights, kind="stable")
    together = np.cumsum(weights[order] * numbers[order])
    # One more than is needed, as the sums are rounded.
    taken = order[: int(np.searchsorted(together, enough)) + 2]
    return tuple(zip(weights[taken].tolist(), numbers[taken].astype(int).tolist(), strict=True))


def by_group(series: Iterable[Series], key: Callable[[Series], Key]) -> dict[Key, Chronicle]:
    """Return what was heard of each group."""
    groups: dict[Key, list[Series]] = {}
    for each in series:
        groups.setdefault(key(each), []).append(each)
    return {name: Chronicle.of(theirs) for name, theirs in groups.items()}


def weighed_as_configured(series: Iterable[Series], brand: Brand) -> list[Series]:
    """Return series of sources with the weights that the configuration gives them, 1 where it names none."""
    weights = {source.name: source.weight for source in brand.sources}
    return [
        Series(each.key, weights.get(each.key or "", 1.0), each.label, each.resolved, each.first_day, each.counts)
        for each in series
    ]


def counts_of_sources(heard: Mapping[str | None, Chronicle], since: date, until: date) -> list[DayCount]:
    """Return what each source said in [since, until), day by day."""
    return [
        DayCount(day.local_date, source or "", None, "und", day.label, day.resolved, day.n)
        for source, theirs in heard.items()
        for day in theirs.each_day(since, until)
    ]


def _line(series: Series) -> tuple[float, Sentiment, bool]:
    return series.weight, series.label, series.resolved
