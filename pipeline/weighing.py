"""From daily counts and survey answers to estimates, or to the reason why none may be shown.

The formulas stand in `figures`; here is decided what goes into them (period,
decay, source weights, which scale) and what is too little to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.customer_health import Customers
from twelvefold.pipeline.figures.balance import Balance, Weighed, balance, decay, tally
from twelvefold.pipeline.figures.csat import ces, csat_of_scores, stars
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.figures.nps import nps_of_scores
from twelvefold.pipeline.week import Week
from twelvefold.records import Measure, Sentiment
from twelvefold.storage.labels import Label
from twelvefold.storage.packed_counts import Counts
from twelvefold.storage.probability_series import CellSeries
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.segments import Segment
from twelvefold.storage.series import Scope, Series, StarTotal
from twelvefold.storage.surveys import ScoreCount

SMALLEST_N = 10
"""Fewer mentions or answers than this carry no balance, NPS, CSAT or CES."""

NPS_SCALE = (0.0, 10.0)
Scale = tuple[float, float]


class Rollups(Protocol):
    """Where daily counts come from."""

    def series(self, brand_id: int, model: str, scope: Scope, until: date | None = None) -> Sequence[Series]:
        """Return the counts by class of each group of a scope, of the days before `until`."""

    def star_totals(
        self, brand_id: int, scope: Scope, since: date | None = None, until: date | None = None
    ) -> Sequence[StarTotal]:
        """Return how many of each group have how many stars, of the days in [since, until)."""

    def probabilities(
        self, brand_id: int, model: str, scope: str, until: date | None = None
    ) -> Sequence[CellSeries] | None:
        """Return how the mentions of each group of a scope spread over class probabilities; None: not kept."""

    def daily_stars(self, brand_id: int, until: date | None = None) -> Sequence[tuple[float, int, Counts]]:
        """Return (stars, ordinal of the first day, counts of the days from there on) of the whole brand."""

    def daily(
        self, brand_id: int, model: str, *, since: date | None = None, until: date | None = None
    ) -> Sequence[DayCount]:
        """Return the counts of the days in [since, until), by all that tells mentions apart."""

    def spoken(self, brand_id: int, model: str, scope: Scope, since: date, until: date) -> Sequence[DayCount]:
        """Return the counts of [since, until) by source and group, under its first day, the group as their subject."""


class Surveys(Protocol):
    """Where survey answers come from."""

    def histogram(
        self, brand_id: int, measure: Measure, since: date | None = None, until: date | None = None
    ) -> Sequence[ScoreCount]:
        """Return how many gave which score in [since, until); all answers without ends."""

    def scores_of_segments(
        self, brand_id: int, measure: Measure, since: date | None = None, until: date | None = None
    ) -> Mapping[Segment, Sequence[ScoreCount]]:
        """Return for each segment how many gave which score in [since, until)."""

    def daily_scores(
        self, brand_id: int, since: date, until: date
    ) -> Mapping[tuple[Measure, date], Sequence[ScoreCount]]:
        """Return for each measure and day of [since, until) how many gave which score."""


class GivenLabels(Protocol):
    """Where labels come from."""

    def given(self, brand_id: int, model: str, until: date | None = None) -> Sequence[Label]:
        """Return what people said of mentions of the days before `until` that this model had named."""


class Counted(Protocol):
    """What figures need of a unit of work."""

    @property
    def rollups(self) -> Rollups:
        """The daily counts."""

    @property
    def surveys(self) -> Surveys:
        """The survey answers."""

    @property
    def customers(self) -> Customers:
        """The customers and their orders."""

    @property
    def labels(self) -> GivenLabels:
        """What people said of mentions drawn by chance."""


class Refusal(StrEnum):
    """Why a figure is not shown."""

    TOO_FEW = "too_few"
    NO_DATA = "no_data"
    NOT_SPLIT = "not_split"  # survey answers do not know the source or subject of a review
    STARS_NOT_SPLIT = "stars_not_split"  # stars are counted neither by aspect nor by segment


@dataclass(frozen=True)
class Shown:
    """An estimate that may be shown, or why there is none.

    Attributes:
        n: How many mentions or answers there are, also where that is too few.
        scale: The ends of the scale on which a survey asked.
        left_out: Answers on another scale, which are never mixed in.
    """

    estimate: Estimate | None
    n: int
    refusal: Refusal | None = None
    scale: Scale | None = None
    left_out: int = 0


class Method(StrEnum):
    """By which a balance is corrected for the classifier's error, or why it is not."""

    LABELS = "labels"
    PROBABILITIES = "probabilities"
    NOT_CALIBRATED = "not_calibrated"  # the model does not say for which shares its probabilities hold
    NOT_KEPT = "not_kept"  # the next night counts how likely each class is


@dataclass(frozen=True)
class Correction:
    """What was done about the classifier's error.

    Attributes:
        raw_index: The balance as the classes were counted.
        labels: How many labels of people there are of its mentions; it rests on them where they were enough.
    """

    method: Method
    raw_index: Shown
    labels: int = 0

    @property
    def is_made(self) -> bool:
        """Whether the balance is corrected."""
        return self.method in (Method.LABELS, Method.PROBABILITIES)


@dataclass(frozen=True)
class Standing:
    """A balance and its figures as far as they may be shown; without a `correction` as the classes were counted."""

    balance: Balance
    index: Shown
    positive_share: Shown
    debt: Shown
    sensitivity: Mapping[int, Shown]
    correction: Correction | None = None


@dataclass(frozen=True)
class Answers:
    """The survey figures of one period."""

    csat: Shown
    ces: Shown
    nps: Shown


@dataclass(frozen=True)
class Day:
    """`n` mentions of one day that weigh the same and are judged the same."""

    local_date: date
    weight: float
    label: Sentiment
    resolved: bool
    n: int


def days_of(counts: Iterable[DayCount], brand: Brand) -> list[Day]:
    """Return daily counts with the weights of their sources, merged where nothing else tells them apart.

    A source that is no longer configured weighs 1.
    """
    weights = {source.name: source.weight for source in brand.sources}
    merged: Counter[tuple[date, float, Sentiment, bool]] = Counter()
    for count in counts:
        merged[count.local_date, weights.get(count.source, 1.0), count.label, count.resolved] += count.n
    return [Day(*key, n) for key, n in sorted(merged.items())]


def standing(days: Iterable[Day], rule: Rule, last_day: date) -> Standing:
    """Weigh all mentions up to `last_day`, each halved for every half-life of its age."""
    weighed = (
        Weighed.counted(
            day.label,
            day.weight * decay((last_day - day.local_date).days, rule.half_life_days),
            resolved=day.resolved,
            count=day.n,
        )
        for day in days
        if day.local_date <= last_day
    )
    return as_shown(balance(tally(weighed), rule.k, rule.resolved_weight))


def undecayed(days: Iterable[Day], rule: Rule, since: date, until: date) -> Standing:
    """Weigh the mentions of [since, until) alone, whatever their age."""
    weighed = (
        Weighed.counted(day.label, day.weight, resolved=day.resolved, count=day.n)
        for day in days
        if since <= day.local_date < until
    )
    return as_shown(balance(tally(weighed), rule.k, rule.resolved_weight))


def as_shown(weighed: Balance) -> Standing:
    """Return a balance with its figures, refused where there are too few mentions."""
    n = weighed.tally.n
    return Standing(
        balance=weighed,
        index=if_enough(weighed.index, n),
        positive_share=if_enough(weighed.positive_share, n),
        debt=if_enough(weighed.debt, n),
        sensitivity={k: if_enough(index, n) for k, index in weighed.sensitivity.items()},
    )


def if_enough(estimate: Estimate | None, n: int) -> Shown:
    """Return a figure of `n` mentions, refused where they are too few."""
    if n == 0 or (estimate is None and n >= SMALLEST_N):
        return Shown(None, n, Refusal.NO_DATA)
    if n < SMALLEST_N:
        return Shown(None, n, Refusal.TOO_FEW)
    return Shown(estimate, n)


def star_mean(totals: Iterable[StarTotal]) -> Shown:
    """Return the mean of the stars that reviewers gave, each counting one."""
    given = star_counts(totals)
    return _of_answers(given, None, 0, lambda: stars(given))


def star_counts(totals: Iterable[StarTotal]) -> Counter[float]:
    """Return how often each number of stars was given."""
    given: Counter[float] = Counter()
    for total in totals:
        given[total.stars] += total.n
    return given


def answers(surveys: Surveys, brand_id: int, since: date | None, until: date | None) -> Answers:
    """Return the survey figures of [since, until), undecayed; of all answers where both are None."""

    def ask(measure: Measure) -> Sequence[ScoreCount]:
        return surveys.histogram(brand_id, measure, since, until)

    return Answers(csat=satisfaction(ask(Measure.CSAT)), ces=effort(ask(Measure.CES)), nps=promotion(ask(Measure.NPS)))


def weekly_answers(surveys: Surveys, brand_id: int, weeks: Sequence[Week]) -> list[Answers]:
    """Return the survey figures of each of some weeks in order of time, as `answers` gives them."""
    by_week: dict[tuple[Measure, Week], list[ScoreCount]] = {}
    if weeks:
        for (measure, day), scores in surveys.daily_scores(brand_id, weeks[0].since, weeks[-1].until).items():
            by_week.setdefault((measure, Week.of(day)), []).extend(scores)
    return [
        Answers(
            csat=satisfaction(by_week.get((Measure.CSAT, week), ())),
            ces=effort(by_week.get((Measure.CES, week), ())),
            nps=promotion(by_week.get((Measure.NPS, week), ())),
        )
        for week in weeks
    ]


def promotion(scores: Sequence[ScoreCount]) -> Shown:
    """Return the NPS of the answers on 0-10."""
    counts, left_out = promotion_counts(scores)
    return _of_answers(counts, NPS_SCALE, left_out, lambda: nps_of_scores(counts))


def promotion_counts(scores: Sequence[ScoreCount]) -> tuple[Counter[float], int]:
    """Return the answers on 0-10 by score, and how many are left out; one without a scale counts if it lies there."""
    low, high = NPS_SCALE
    counts: Counter[float] = Counter()
    left_out = 0
    for row in scores:
        if low <= row.score <= high and row.scale_low in (None, 0, 1) and row.scale_high in (None, high):
            counts[row.score] += row.n
        else:
            left_out += row.n
    return counts, left_out


def satisfaction(scores: Sequence[ScoreCount]) -> Shown:
    """Return the top-2-box share on the scale that most answers used."""
    scale, counts, left_out = main_scale(scores)
    return _of_answers(counts, scale, left_out, lambda: csat_of_scores(counts, scale[1] if scale else 0))


def effort(scores: Sequence[ScoreCount]) -> Shown:
    """Return the mean effort score on the scale that most answers used, high = easy."""
    scale, counts, left_out = main_scale(scores)
    return _of_answers(counts, scale, left_out, lambda: ces(counts, *(scale or (0, 1))))


def _of_answers(
    counts: Mapping[float, int], scale: Scale | None, left_out: int, figure: Callable[[], Estimate]
) -> Shown:
    n = sum(counts.values())
    if n < SMALLEST_N:
        return Shown(None, n, Refusal.TOO_FEW if n else Refusal.NO_DATA, scale, left_out)
    return Shown(figure(), n, None, scale, left_out)


def main_scale(scores: Sequence[ScoreCount]) -> tuple[Scale | None, Counter[float], int]:
    """Return the scale that most answers used, their counts by score, and how many used another.

    Scales are never mixed. One without told ends, or with fewer than three
    points (where the top two would be all), cannot be used.
    """
    by_scale: dict[Scale, Counter[float]] = {}
    total = 0
    for row in scores:
        total += row.n
        low, high = row.scale_low, row.scale_high
        if low is not None and high is not None and high - low >= 2 and low <= row.score <= high:
            by_scale.setdefault((low, high), Counter())[row.score] += row.n
    if not by_scale:
        return None, Counter(), total
    scale = max(by_scale, key=lambda ends: (by_scale[ends].total(), ends))
    return scale, by_scale[scale], total - by_scale[scale].total()
