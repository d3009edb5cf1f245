"""The standing balance at the end of each of many weeks, in one walk over the days.

Decay halves all that was heard by the same factor from day to day, so a sum is carried on from week
to week instead of weighing ten years anew for each of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from twelvefold.config import Rule
from twelvefold.pipeline.figures.balance import Tally, balance, decay
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import Day, Standing, as_shown, undecayed
from twelvefold.records import Sentiment

_ROUNDING = 1e-9


@dataclass(frozen=True)
class WeekWeighed:
    """One week: where the brand stood at its end, and what it said itself."""

    week: Week
    standing: Standing
    within: Standing


def weigh_weeks(days: Sequence[Day], rule: Rule, weeks: Sequence[Week]) -> list[WeekWeighed]:
    """Return what `standing` and `undecayed` give for each week; days and weeks are in order of time."""
    dates = [day.local_date for day in days]
    heard = _Heard(rule)
    weighed, taken = [], 0
    for week in weeks:
        first, end = bisect_left(dates, week.since), bisect_left(dates, week.until)
        for day in days[taken:end]:
            heard.take(day)
        taken = end
        now = as_shown(balance(heard.tally(week.last_day), rule.k, rule.resolved_weight))
        weighed.append(WeekWeighed(week, now, undecayed(days[first:end], rule, week.since, week.until)))
    return weighed


@dataclass
class _Fading:
    """A sum that halves with time, kept as it stood on the newest day that added to it.

    So the sum of what is still heard never vanishes, however long ago the newest of it is.
    """

    half_life_days: float
    total: float = 0.0
    on: date = date.min

    def add(self, day: date, amount: float) -> None:
        """Add what `day` says, which is never earlier than what was added before."""
        if amount > 0:
            self.total = self.at(day) + amount
            self.on = day

    def at(self, day: date) -> float:
        """Return what is left of the sum on a later day."""
        return self.total * decay((day - self.on).days, self.half_life_days) if self.total else 0.0


@dataclass
class _Heard:
    """All that was heard up to some day."""

    rule: Rule
    n: int = 0
    cases: list[tuple[float, date, float, int]] = field(default_factory=list)  # lightest first

    def __post_init__(self) -> None:
        half_life = self.rule.half_life_days
        self.praise, self.open, self.resolved = _Fading(half_life), _Fading(half_life), _Fading(half_life)
        self.neutral, self.voice = _Fading(half_life), _Fading(half_life)
        self.squares = _Fading(half_life / 2)  # of what halves in h days, the square halves in h / 2

    def take(self, day: Day) -> None:
        """Take in the mentions of a day, never earlier than those before."""
        amount = day.weight * day.n
        if day.label is Sentiment.NEUTRAL:
            self.neutral.add(day.local_date, amount)
            return
        self.n += day.n
        self.voice.add(day.local_date, amount)
        self.squares.add(day.local_date, day.weight * amount)
        if day.label is Sentiment.POSITIVE:
            self.praise.add(day.local_date, amount)
        elif day.resolved:
            self.resolved.add(day.local_date, amount)
        else:
            self.open.add(day.local_date, amount)
            if amount > 0:
                # Which of two cases weighs more never changes, as both fade alike.
                heaviness = day.local_date.toordinal() + self.rule.half_life_days * math.log2(day.weight)
                insort(self.cases, (heaviness, day.local_date, day.weight, day.n))

    def tally(self, last_day: date) -> Tally:
        """Return the sums as they stand on `last_day`; of the cases, as many as could pay the debt."""
        praise, unresolved, resolved = (each.at(last_day) for each in (self.praise, self.open, self.resolved))
        debt = self.rule.k * unresolved + self.rule.resolved_weight * resolved - praise
        relief = self.rule.k - self.rule.resolved_weight
        return Tally(
            praise=praise,
            open=unresolved,
            resolved=resolved,
            neutral=self.neutral.at(last_day),
            n=self.n,
            n_eff=self.voice.total**2 / self.squares.total if self.squares.total else 0.0,
            cases=self._heaviest(last_day, debt / relief, unresolved) if debt > 0 and relief > 0 else (),
        )

    def _heaviest(self, last_day: date, enough: float, all_of_them: float) -> tuple[tuple[float, int], ...]:
        """Return the heaviest cases that together weigh enough; none where all would not."""
        if enough > all_of_them * (1 + _ROUNDING):
            return ()
        taken, together = [], 0.0
        for _, day, weight, count in reversed(self.cases):
            left = weight * decay((last_day - day).days, self.rule.half_life_days)
            if left == 0 or together > enough * (1 + _ROUNDING):
                break
            taken.append((left, count))
            together += left * count
        return tuple(taken)
