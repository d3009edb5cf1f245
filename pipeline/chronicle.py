"""What was heard of groups, day by day, as arrays: years of all of them are weighed in a few sums.

The sums are those of `weighing.standing`; a test holds them together. Days are added up in stretches that
begin on the same days of the calendar for ever, so a past week comes out the same to the last bit whatever
came later, and whatever was heard of other groups.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from math import fsum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.figures.balance import Tally, balance
from twelvefold.pipeline.line_sums import Cases, Line, Sums, tally_of, undecayed_tally
from twelvefold.pipeline.weighing import Rollups, Standing, as_shown
from twelvefold.records import Sentiment
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope, Series

Key = TypeVar("Key", bound=Hashable)
Days = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LONGEST_FADING = 400  # in half-lives; a square of what is older would be no number any more
_SURELY = 1e-6  # of the heaviest case: what is so much less than enough is too little however sums are rounded
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Chronicle:
    """Daily counts of one group.

    Attributes:
        days: Ordinals of the days, rising, the same for all lines; some may hold nothing.
        counts: How many mentions each line has on each day.
    """

    lines: Sequence[Line]
    days: Days
    counts: Floats

    @classmethod
    def of(cls, series: Iterable[Series]) -> Chronicle:
        """Add up series, whatever groups they are of."""
        return by_group(series, lambda _: None).get(None, NOTHING)

    def changed_by(self, series: Iterable[Series]) -> Chronicle:
        """Return this with series added to it, which are of its lines and of days around its own."""
        counts = self.counts.copy()
        for each in series:
            row = self.lines.index(Line(each.weight, each.label, each.resolved))
            first = int(np.searchsorted(self.days, each.first_day))
            counts[row, first : first + len(each.counts)] += each.counts
        return Chronicle(self.lines, self.days, counts)

    def alone(self) -> Groups[str | None]:
        """Return the one group without a name that this is."""
        return Groups(self, {None: slice(0, len(self.lines))})

    @property
    def first_day(self) -> date | None:
        """The day of the oldest mention."""
        return date.fromordinal(int(self._told[0])) if len(self._told) else None

    @property
    def last_day(self) -> date | None:
        """The day of the newest mention."""
        return date.fromordinal(int(self._told[-1])) if len(self._told) else None

    @cached_property
    def _told(self) -> Days:
        """The days on which anything was heard."""
        return self.days[self.counts.any(axis=0)]

    def mentions(self, since: date | None = None, until: date | None = None) -> int:
        """Return how many mentions there are in [since, until)."""
        return sum(self.numbers(since, until))

    def numbers(self, since: date | None = None, until: date | None = None) -> list[int]:
        """Return how many mentions of each line there are in [since, until)."""
        return [int(n) for n in self.counts[:, self.within(since, until)].sum(axis=1).tolist()]

    def open_complaints(self) -> int:
        """Return how many complaints stand open."""
        return sum(n for line, n in zip(self.lines, self.numbers(), strict=True) if line.is_open_complaint)

    def undecayed(self, rule: Rule, since: date, until: date) -> Standing:
        """Weigh the mentions of [since, until) alone, whatever their age."""
        return weighed(self.undecayed_tally(since, until), rule)

    def undecayed_tally(self, since: date | None = None, until: date | None = None) -> Tally:
        """Return the weighted sums of [since, until), whatever the age of the mentions."""
        return undecayed_tally(self.lines, self.numbers(since, until))

    def standing(self, rule: Rule, last_day: date) -> Standing:
        """Weigh all mentions up to `last_day`, each halved for every half-life of its age."""
        return weighed(self.tally(rule, last_day), rule)

    def tally(self, rule: Rule, last_day: date, sums: Sums | None = None) -> Tally:
        """Return the weighted sums; of the cases, as many as could pay the debt.

        Args:
            sums: Those of the days up to `last_day`, where they are known.
        """
        known = sums or self.sums(rule, last_day)
        half_life = rule.half_life_days
        return tally_of(
            self.lines,
            known,
            partial(self._cases, rule, last_day),
            lambda: self._effective_n(half_life, last_day),
        )

    def sums(self, rule: Rule, last_day: date) -> Sums:
        """Sum up the days up to `last_day`, each halved for every half-life of its age."""
        ages = last_day.toordinal() - self.days
        heard = (ages >= 0).astype(float)
        fading = heard * np.exp2(-np.maximum(ages, 0) / rule.half_life_days)
        return Sums(*(np.einsum("ld,d->l", self.counts, each).tolist() for each in (heard, fading, fading**2)))

    def _effective_n(self, half_life_days: float, last_day: date) -> float:
        """Return how many equal mentions would tell as much, as seen from the newest that is in the rule."""
        rows = [n for n, line in enumerate(self.lines) if line.label is not Sentiment.NEUTRAL and line.weight > 0]
        counts = self.counts[rows] * (self.days <= last_day.toordinal())
        voiced = np.flatnonzero(counts.any(axis=0))
        if not len(voiced):
            return 0.0
        ages = (self.days[voiced[-1]] - self.days) / half_life_days
        fading = np.exp2(-np.clip(ages, 0, _LONGEST_FADING))
        weights = [self.lines[n].weight for n in rows]
        left, squares = (np.einsum("ld,d->l", counts, each).tolist() for each in (fading, fading**2))
        total = fsum(weight * each for weight, each in zip(weights, left, strict=True))
        return total**2 / fsum(weight**2 * each for weight, each in zip(weights, squares, strict=True))

    def _cases(self, rule: Rule, last_day: date, praise: float, unresolved: float, resolved: float) -> Cases:
        """Return the heaviest open cases, as many as could pay the debt."""
        debt = rule.k * unresolved + rule.resolved_weight * resolved - praise
        relief = rule.k - rule.resolved_weight
        return self._heaviest(rule.half_life_days, last_day, debt / relief) if debt > 0 and relief > 0 else ()

    def _heaviest(self, half_life_days: float, last_day: date, enough: float) -> Cases:
        """Return the heaviest open cases, as many as weigh enough together."""
        rows = [n for n, line in enumerate(self.lines) if line.is_open_complaint]
        end = int(np.searchsorted(self.days, last_day.toordinal(), "right"))
        fading = np.exp2((self.days[:end] - last_day.toordinal()) / half_life_days)
        weights = [self.lines[n].weight * fading for n in rows]
        return heaviest(np.concatenate(weights or [fading[:0]]), self.counts[rows, :end].ravel(), enough)

    def within(self, since: date | None, until: date | None) -> slice:
        """Return where the days of [since, until) stand."""
        first = int(np.searchsorted(self.days, since.toordinal())) if since else 0
        end = int(np.searchsorted(self.days, until.toordinal())) if until else len(self.days)
        return slice(first, end)


class Groups(Mapping[Key, Chronicle]):
    """What was heard of each of some groups, side by side in one array.

    Attributes:
        whole: The lines of all groups, one group after the other.
        rows: Which of the lines are whose.
    """

    def __init__(self, whole: Chronicle, rows: Mapping[Key, slice]) -> None:
        self.whole = whole
        self.rows = rows
        self._groups = {
            key: Chronicle(whole.lines[theirs], whole.days, whole.counts[theirs]) for key, theirs in rows.items()
        }

    @cached_property
    def together(self) -> Chronicle:
        """What was heard of all groups."""
        lines = sorted(set(self.whole.lines))
        counts = np.zeros((len(lines), len(self.whole.days)))
        for n, line in enumerate(self.whole.lines):
            counts[lines.index(line)] += self.whole.counts[n]
        return Chronicle(lines, self.whole.days, counts)

    def and_also(self, keys: Iterable[Key]) -> Groups[Key]:
        """Return these groups and those of the keys that are not among them, of which nothing was heard."""
        return Groups(self.whole, {**dict.fromkeys(keys, slice(0, 0)), **self.rows})

    def __getitem__(self, key: Key) -> Chronicle:
        return self._groups[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    def tallies(self, rule: Rule, last_day: date) -> dict[Key, Tally]:
        """Return the weighted sums of each group, as a chronicle does."""
        sums = self.whole.sums(rule, last_day)
        return {key: self._groups[key].tally(rule, last_day, sums.of(rows)) for key, rows in self.rows.items()}

    def undecayed_tallies(self, since: date | None = None, until: date | None = None) -> dict[Key, Tally]:
        """Return the weighted sums of [since, until) of each group, whatever the age of the mentions."""
        numbers = self.whole.numbers(since, until)
        return {key: undecayed_tally(self._groups[key].lines, numbers[rows]) for key, rows in self.rows.items()}

    def standings(self, rule: Rule, last_day: date) -> dict[Key, Standing]:
        """Weigh all mentions of each group up to `last_day`, as a chronicle does."""
        return {key: weighed(tally, rule) for key, tally in self.tallies(rule, last_day).items()}

    def undecayed(self, rule: Rule, since: date, until: date) -> dict[Key, Standing]:
        """Weigh the mentions of [since, until) of each group, whatever their age."""
        return {key: weighed(tally, rule) for key, tally in self.undecayed_tallies(since, until).items()}


def by_group(series: Iterable[Series], key: Callable[[Series], Key]) -> Groups[Key]:
    """Return what was heard of each group."""
    found = [(key(each), Line(each.weight, each.label, each.resolved), each) for each in series]
    lines_of: dict[Key, set[Line]] = {}
    for group, line, _ in found:
        lines_of.setdefault(group, set()).add(line)
    lines: list[Line] = []
    rows: dict[Key, slice] = {}
    for group, theirs in lines_of.items():
        rows[group] = slice(len(lines), len(lines) + len(theirs))
        lines += sorted(theirs)
    places = {(group, line): n for group, theirs in rows.items() for n, line in enumerate(lines[theirs], theirs.start)}
    width = len(found[0][2].counts) if found else 0
    firsts = sorted({each.first_day for _, _, each in found})
    column = {first: n * width for n, first in enumerate(firsts)}
    counts = np.zeros((len(lines), width * len(firsts)))
    for group, line, each in found:
        at = column[each.first_day]
        counts[places[group, line], at : at + width] += each.counts
    days = (np.array(firsts, np.int64)[:, None] + np.arange(width)).ravel()
    return Groups(Chronicle(lines, days, counts), rows)


NOTHING = Chronicle((), np.arange(0), np.zeros((0, 0)))


def heaviest(weights: Floats, numbers: Floats, enough: float) -> Cases:
    """Return the heaviest of some cases, as (weight of one, how many), until they weigh enough together.

    Those that are needed in any case are told as one, with the weight that they have on average.
    """
    there = (numbers > 0) & (weights > 0)
    weights, numbers = weights[there], numbers[there]
    if not len(weights):
        return ()
    order = np.argsort(-weights, kind="stable")
    weights, numbers = weights[order], numbers[order]
    together = np.cumsum(weights * numbers)
    needed = int(np.searchsorted(together, enough - _SURELY * weights[0]))
    # One more than is enough, as the sums are rounded.
    rest = slice(needed, int(np.searchsorted(together, enough)) + 2)
    cases = tuple(zip(weights[rest].tolist(), numbers[rest].astype(int).tolist(), strict=True))
    if needed == 0:
        return cases
    n = int(numbers[:needed].sum())
    return (float(together[needed - 1]) / n, n), *cases


def weighed(tally: Tally, rule: Rule) -> Standing:
    """Return the balance of some mentions, as far as it may be shown."""
    return as_shown(balance(tally, rule.k, rule.resolved_weight))


def weighed_as_configured(series: Iterable[Series], brand: Brand) -> list[Series]:
    """Return series of sources with the weights that the configuration gives them, 1 where it names none."""
    weights = {source.name: source.weight for source in brand.sources}
    return [
        Series(each.key, weights.get(each.key or "", 1.0), each.label, each.resolved, each.first_day, each.counts)
        for each in series
    ]


def sources_heard(
    rollups: Rollups, brand: Brand, brand_id: int, model: str, until: date | None = None
) -> Groups[str | None]:
    """Return what each source said before `until`, with the weights that the configuration gives them."""
    series = rollups.series(brand_id, model, Scope.SOURCE, until=until)
    return by_group(weighed_as_configured(series, brand), lambda each: each.key)


def counts_of_sources(heard: Mapping[str | None, Chronicle], since: date, until: date) -> list[DayCount]:
    """Return what each source said in [since, until), seven days by seven days, each under the first of them."""
    found = []
    while since < until:
        end = min(since + _WEEK, until)
        found += [
            DayCount(since, source or "", None, "und", line.label, line.resolved, n)
            for source, theirs in heard.items()
            for line, n in zip(theirs.lines, theirs.numbers(since, end), strict=True)
            if n
        ]
        since = end
    return found
