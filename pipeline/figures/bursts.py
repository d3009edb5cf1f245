"""Days on which far more was said than a source's own past lets expect, and what kind of a burst it looks like.

A burst is flagged and never left out: a person decides what it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from twelvefold.pipeline.figures.exact import chance_of_so_few_with

WINDOW = 91
"""The past of a day: the days before it, those of other bursts left out."""

LEAST_DAYS = 28
SPANS = (1, 3, 7)
LEAST_SPREAD = 1.5
"""Variance over mean: people post in clumps, also where a short past does not show it."""

LASTING = 14
"""Once so many days of three weeks were above the past before them, that is how much is said now: no burst goes on."""

LASTING_WITHIN = 21
STEP = 1.2
"""They were above it by at least this factor."""

LEAST_MENTIONS = 10
LEAST_RATIO = 2.0
"""The days of a burst have this many times the mentions that their past lets expect."""

ABOVE_PEAK = 1.5
"""And this many times the most of any such days of their past: a source that always came in clumps still does."""

FALSE_ALARMS_A_YEAR = 1.0
"""Over all series of a brand together."""

SIGN_CHANCE = 0.01
SIGN_DIFFERENCE = 0.2
Counts = npt.NDArray[np.int64]
_NO_DAYS: Counts = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Burst:
    """Days, as places in the series, on which far more was said than expected.

    Attributes:
        first, last: Both ends counted.
        n: Mentions on these days.
        expected: As many as the past lets expect on so many days.
    """

    first: int
    last: int
    n: int
    expected: float


class Kind(StrEnum):
    """What a burst looks like, from what can be known of it."""

    INTEREST = "interest"  # opinions are what they always were, or no sign tells otherwise
    TURN = "turn"  # opinions turned: an event or a campaign, which nobody can tell from here
    CAMPAIGN = "campaign"  # copies; or opinions turned, and a further sign speaks of organised posting


@dataclass(frozen=True)
class Shares:
    """How many of the mentions of a burst have a mark, and how many of those before it."""

    has: int
    of: int
    had: int
    before: int

    @property
    def rose(self) -> bool:
        """Whether the share is higher by more than noise and by enough to speak of."""
        if not self.of or not self.before or self.has / self.of - self.had / self.before < SIGN_DIFFERENCE:
            return False
        return chance_of_so_few_with(self.of - self.has, self.of, self.before - self.had, self.before) < SIGN_CHANCE

    @property
    def opposite(self) -> Shares:
        """The shares of those without the mark."""
        return Shares(self.of - self.has, self.of, self.before - self.had, self.before)


@dataclass(frozen=True)
class Signs:
    """What is known of a burst beside what was said before it.

    Attributes:
        negative: Complaints among praises and complaints.
        copies: Texts that are all but the same as another of the same days.
        new_authors: Mentions whose author had not posted in the four weeks before.
        without_text: Ratings without a word.
    """

    negative: Shares
    copies: Shares
    new_authors: Shares
    without_text: Shares

    @property
    def turned(self) -> str | None:
        """To which end opinions turned, if they did."""
        if self.negative.rose:
            return "negative"
        return "positive" if self.negative.opposite.rose else None

    @property
    def kind(self) -> Kind:
        """What the burst looks like."""
        organised = self.copies.rose or self.new_authors.rose or self.without_text.rose
        if self.copies.rose or (self.turned and organised):
            return Kind.CAMPAIGN
        return Kind.TURN if self.turned else Kind.INTEREST


def level_for(series: int) -> float:
    """Return how unlikely a day must be, so that so many series give a false alarm a year together."""
    return FALSE_ALARMS_A_YEAR / 365 / max(1, series)


class _Past:
    """The days before a day, those of bursts left out, since the level at which much is said last changed.

    Attributes:
        flagged: The days of bursts, as they are found.
    """

    def __init__(self, series: Counts, first: int) -> None:
        self.flagged = np.zeros(len(series), dtype=bool)
        self._series = series
        self._left_out = self.flagged.copy()
        self._since = first
        self._is_raised = False

    def before(self, day: int) -> Counts:
        """Return the usual days before a day, or all of them where bursts are most of them."""
        past = slice(max(self._since, day - WINDOW), day)
        apart = self._series[past][~self._left_out[past]]
        return apart if len(apart) >= LASTING else self._series[past]

    def flag(self, days: slice, which: npt.NDArray[np.bool_]) -> None:
        """Take these days for such of a burst."""
        self.flagged[days] = self._left_out[days] = which

    def learn(self, day: int) -> None:
        """Begin the past anew where a burst has lasted so long that it is the level now, or has ended after all."""
        start = day - LASTING_WITHIN
        is_burst = start >= self._since and bool(self.flagged[start:day].any())
        usual = self.before(start) if is_burst or self._is_raised else _NO_DAYS
        if len(usual) < LASTING:
            return
        days, mean = self._series[start:day], usual.mean()
        rises = is_burst and np.count_nonzero(days >= STEP * mean) >= LASTING
        if rises or (self._is_raised and np.count_nonzero(STEP * days <= mean) >= LASTING):
            self._since, self._is_raised = day - LASTING, bool(rises)
            self._left_out[self._since :] = False


def bursts(counts: Sequence[int] | Counts, level: float) -> list[Burst]:
    """Return the bursts of a series of daily counts, in order of time; its first four weeks can have none.

    Each day, and the three and seven days that end with it, are set against the days of their past
    that belong to no burst. How likely are so many mentions? The answer is a negative binomial tail,
    see `chance_of_so_many`. A burst begins with the days of such a span that stand out, the last of
    them among these, and goes on while days do; after two or three weeks that is what is usual. Days
    with one day between them are one burst.

    Args:
        level: How unlikely a day must be; see `level_for`.
    """
    series = np.asarray(counts, dtype=np.int64)
    told = np.flatnonzero(series).tolist()
    first = told[0] if told else 0
    past, expected = _Past(series, first), np.zeros(len(series))
    for day in told:
        if day - first < LEAST_DAYS:
            continue
        past.learn(day)
        usual = past.before(day)
        if len(usual) < LASTING or not _stands_out(series[day : day + 1], usual).all():
            continue
        if past.flagged[day - 2 : day].any():
            past.flag(slice(day, day + 1), np.array([True]))
            expected[day] = usual.mean()
            continue
        for span in SPANS:
            days = slice(day + 1 - span, day + 1)
            n = int(series[days].sum())
            if days.start - first < LEAST_DAYS or past.flagged[days.start : day].any():
                break
            usual = past.before(days.start)
            if n < LEAST_MENTIONS or len(usual) < LASTING:
                continue
            if n >= LEAST_RATIO * span * usual.mean() and _is_far_above(n, usual, span, level / len(SPANS)):
                past.flag(days, _stands_out(series[days], usual))
                expected[days] = usual.mean()
                break
    return _joined(series, np.flatnonzero(past.flagged).tolist(), expected)


def _stands_out(days: Counts, usual: Counts) -> npt.NDArray[np.bool_]:
    """Return which days are well above the usual ones: twice their mean, and above nine of ten."""
    found: npt.NDArray[np.bool_] = days >= max(1, LEAST_RATIO * usual.mean())
    return found & (days > np.quantile(usual, 0.9)) if found.any() else found


def _is_far_above(n: int, usual: Counts, span: int, level: float) -> bool:
    most = int(_sums(usual, span).max())
    return n >= ABOVE_PEAK * most and chance_of_so_many(n, usual, span) < level


def chance_of_so_many(count: int, past: Counts, span: int = 1) -> float:
    """Return the chance of at least `count` mentions in `span` days after the days of the past.

    A negative binomial with half a mention added to what was heard, so that a past of nothing does
    not make one mention impossible. Variance over mean is that of the past's own spans, two standard
    errors higher than estimated: in simulated years of quiet but uneven series the plain estimate gave
    several alarms where one was allowed. That the mean is estimated too is added.
    """
    days = len(past)
    mean = (float(past.sum()) + 0.5) / days * span
    sums = _sums(past, span)
    spread = max(LEAST_SPREAD, float(sums.var(ddof=1)) / float(sums.mean())) if sums.any() else LEAST_SPREAD
    spread *= 1 + 2 * math.sqrt((2 + 1 / mean) * span / days)
    variance = spread * mean * (1 + span / days)
    size, success = mean * mean / (variance - mean), mean / variance
    term = math.exp(
        math.lgamma(count + size)
        - math.lgamma(size)
        - math.lgamma(count + 1)
        + size * math.log(success)
        + count * math.log1p(-success)
    )
    total, reached = 0.0, count
    while term > total * 1e-12:
        total += term
        term *= (reached + size) / (reached + 1) * (1 - success)
        reached += 1
    return min(1.0, total)


def _sums(days: Counts, span: int) -> Counts:
    """Return the sums of each `span` days in a row."""
    along = np.concatenate([[0], np.cumsum(days)])
    sums: Counts = along[span:] - along[:-span]
    return sums


def _joined(series: Counts, days: Sequence[int], expected: npt.NDArray[np.float64]) -> list[Burst]:
    """Return the bursts that flagged days make up; of a day between two, what the day before lets expect."""
    groups: list[list[int]] = []
    for day in days:
        if groups and day - groups[-1][-1] <= 2:
            groups[-1].append(day)
        else:
            groups.append([day])
    found = []
    for group in groups:
        first, last = group[0], group[-1]
        usual = float(expected[group].mean()) * (last - first + 1)
        found.append(Burst(first, last, int(series[first : last + 1].sum()), usual))
    return found
