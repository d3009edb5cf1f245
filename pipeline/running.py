"""The standing balance at the end of each of many weeks, in one walk over the weeks.

Decay halves all that was heard by the same factor from week to week, so sums are carried on instead of
weighing ten years anew for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from twelvefold.config import Rule
from twelvefold.pipeline.chronicle import Chronicle, weighed
from twelvefold.pipeline.line_sums import Sums, undecayed_tally
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import Standing

_DAYS = 7


@dataclass(frozen=True)
class WeekWeighed:
    """One week: where the brand stood at its end, and what it said itself."""

    week: Week
    standing: Standing
    within: Standing


def weigh_weeks(heard: Chronicle, rule: Rule, weeks: Sequence[Week]) -> Iterator[WeekWeighed]:
    """Yield what `standing` and `undecayed` of a chronicle give for each of weeks that follow each other."""
    if not weeks:
        return
    first, end = weeks[0].since.toordinal(), weeks[-1].until.toordinal()
    within = (first <= heard.days) & (heard.days < end)
    daily = np.zeros((len(heard.lines), end - first))
    daily[:, heard.days[within] - first] = heard.counts[:, within]
    by_week = daily.reshape(len(heard.lines), len(weeks), _DAYS)
    numbers = by_week.sum(axis=2).astype(int)
    fading = np.exp2(np.arange(1 - _DAYS, 1) / rule.half_life_days)
    a_week = 2.0 ** (-_DAYS / rule.half_life_days)
    added = [np.einsum("lwd,d->wl", by_week, each) for each in (fading, fading**2)]
    before = heard.sums(rule, weeks[0].since - timedelta(days=1))
    n, left, squares = (np.array(each) for each in (before.numbers, before.left, before.squares))
    for week, its_numbers, its_own, its_squares in zip(weeks, numbers.T, *added, strict=True):
        n, left, squares = n + its_numbers, left * a_week + its_own, squares * a_week**2 + its_squares
        standing = heard.tally(rule, week.last_day, Sums(n.tolist(), left.tolist(), squares.tolist()))
        yield WeekWeighed(
            week, weighed(standing, rule), weighed(undecayed_tally(heard.lines, its_numbers.tolist()), rule)
        )
