"""A brand held in lists: what figures and the digest read of a unit of work, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from twelvefold.records import Measure, Sentiment, SourceResult
from twelvefold.storage.customers import Extent
from twelvefold.storage.labels import Label
from twelvefold.storage.mentions import Quote
from twelvefold.storage.packed_counts import DAYS
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope, Series, StarTotal
from twelvefold.storage.surveys import ScoreCount


@dataclass(frozen=True)
class StarCount:
    """How many mentions of one day and source have so many stars."""

    local_date: date
    source: str
    subject: str | None
    language: str
    stars: float
    n: int


def _is_within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day < until)


@dataclass
class FakeWork:
    """Counts, answers, quotes and results, held in lists; it is its own repositories. Each source weighs 1.

    Attributes:
        scores: The answers of each measure, with the day of each; None where it has no date.
        told: What may be quoted of each class.
    """

    counts: list[DayCount] = field(default_factory=list)
    scores: dict[Measure, list[tuple[date | None, ScoreCount]]] = field(default_factory=dict)
    told: dict[Sentiment, list[Quote]] = field(default_factory=dict)
    results: list[SourceResult] = field(default_factory=list)
    starred: list[StarCount] = field(default_factory=list)
    why: dict[str, object] | None = None
    labelled: list[Label] = field(default_factory=list)

    @property
    def rollups(self) -> FakeWork:
        return self

    @property
    def surveys(self) -> FakeWork:
        return self

    @property
    def customers(self) -> FakeWork:
        return self

    @property
    def mentions(self) -> FakeWork:
        return self

    @property
    def runs(self) -> FakeWork:
        return self

    @property
    def reasons(self) -> FakeWork:
        return self

    @property
    def bursts(self) -> FakeWork:
        return self

    @property
    def labels(self) -> FakeWork:
        return self

    def given(self, brand_id: int, model: str, until: date | None = None) -> list[Label]:
        return [label for label in self.labelled if _is_within(label.local_date, None, until)]

    def touching(self, brand_id: int, model: str, since: date, until: date) -> list[dict[str, object]]:
        return []

    def looked_at(self, brand_id: int, model: str) -> tuple[date, date]:
        return date.min, date.max

    def find(self, brand_id: int, model: str, week: str) -> dict[str, object] | None:
        return self.why

    def daily(
        self, brand_id: int, model: str, *, since: date | None = None, until: date | None = None
    ) -> Sequence[DayCount]:
        return [count for count in self.counts if _is_within(count.local_date, since, until)]

    def spoken(self, brand_id: int, model: str, scope: Scope, since: date, until: date) -> Sequence[DayCount]:
        named = {"subject": lambda count: count.subject, "language": lambda count: count.language}
        within = self.daily(brand_id, model, since=since, until=until) if scope in named else []
        return [replace(count, local_date=since, subject=named[scope](count)) for count in within]

    def series(self, brand_id: int, model: str, scope: Scope, until: date | None = None) -> Sequence[Series]:
        found = []
        for count in self.daily(brand_id, model, until=until):
            key = {"source": count.source, "subject": count.subject, "language": count.language}.get(scope)
            chunk, place = divmod(count.local_date.toordinal(), DAYS)
            days = np.zeros(DAYS, np.int64)
            days[place] = count.n
            found.append(Series(key, 1.0, count.label, count.resolved, chunk * DAYS, days))
        return found

    def probabilities(self, brand_id: int, model: str, scope: str, until: date | None = None) -> None:
        return None

    def star_totals(
        self, brand_id: int, scope: Scope, since: date | None = None, until: date | None = None
    ) -> Sequence[StarTotal]:
        return [
            StarTotal({"source": each.source, "subject": each.subject}.get(scope, each.language), each.stars, each.n)
            for each in self.starred
            if _is_within(each.local_date, since, until)
        ]

    def daily_stars(self, brand_id: int, until: date | None = None) -> Sequence[tuple[float, int, Any]]:
        return [
            (each.stars, each.local_date.toordinal(), np.array([each.n]))
            for each in self.starred
            if _is_within(each.local_date, None, until)
        ]

    def extent(self, brand_id: int) -> Extent:
        return Extent(0, None, 0, None, None)

    def revenues(self, brand_id: int, since: date, until: date) -> Sequence[float]:
        return []

    def histogram(
        self, brand_id: int, measure: Measure, since: date | None = None, until: date | None = None
    ) -> Sequence[ScoreCount]:
        return [
            score
            for day, score in self.scores.get(measure, [])
            if (since is None and until is None)
            or (day is not None and (since is None or day >= since) and (until is None or day < until))
        ]

    def daily_scores(self, brand_id: int, since: date, until: date) -> dict[tuple[Measure, date], list[ScoreCount]]:
        found: dict[tuple[Measure, date], list[ScoreCount]] = {}
        for measure, scores in self.scores.items():
            for day, score in scores:
                if day is not None and since <= day < until:
                    found.setdefault((measure, day), []).append(score)
        return found

    def quotes(
        self, brand_id: int, model: str, label: Sentiment, since: date | None, until: date | None, limit: int
    ) -> Sequence[Quote]:
        return self.told.get(label, [])[:limit]

    def last_results(self, brand_id: int) -> Sequence[SourceResult]:
        return self.results
