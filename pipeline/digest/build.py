"""The weekly digest as facts: what one week says, before it is put in any language.

Everything is counted up to the end of the week and no clock enters, so the same
week over the same data is built the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any, Protocol

from twelvefold.config import Brand, Configuration, Rule
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.burst_health import Bursts, bursts_entry
from twelvefold.pipeline.change_health import WeekChange, change_document, two_weeks, week_change
from twelvefold.pipeline.chronicle import Chronicle, counts_of_sources, sources_heard
from twelvefold.pipeline.compared import BrandNumbers, compared_document
from twelvefold.pipeline.corrected_balance import Corrections
from twelvefold.pipeline.customer_health import CustomerFigures, customer_figures
from twelvefold.pipeline.digest.quotation import link, plain, quotation
from twelvefold.pipeline.health_blocks import blocks, figure
from twelvefold.pipeline.reasons import Reasoning, kept_reasons
from twelvefold.pipeline.running import WeekWeighed
from twelvefold.pipeline.voice import voices
from twelvefold.pipeline.voice_document import voice_document
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import (
    Answers,
    Counted,
    Shown,
    Standing,
    answers,
    star_mean,
)
from twelvefold.records import Completeness, Sentiment, SourceResult, SourceStatus
from twelvefold.storage.mentions import Quote
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope

TREND_WEEKS = 12
QUOTES = 3
_HOLES = frozenset({Completeness.GAP, Completeness.WINDOW_OVERFLOW})
_WHOLE = frozenset({SourceStatus.OK, SourceStatus.EMPTY})


class Quoting(Protocol):
    """Where quotes come from."""

    def quotes(
        self, brand_id: int, model: str, label: Sentiment, since: date | None, until: date | None, limit: int
    ) -> Sequence[Quote]:
        """Return mentions of one class in [since, until), the surest first."""


class Reporting(Protocol):
    """Where the results of the nights come from."""

    def last_results(self, brand_id: int) -> Sequence[SourceResult]:
        """Return what each source gave when it was last asked."""


class Told(Counted, Protocol):
    """What a digest needs of a unit of work."""

    @property
    def bursts(self) -> Bursts:
        """Days on which far more was said than usual."""

    @property
    def mentions(self) -> Quoting:
        """The mentions."""

    @property
    def runs(self) -> Reporting:
        """The nights."""

    @property
    def reasons(self) -> Reasoning:
        """Why weeks moved."""

    @property
    def brands(self) -> BrandNumbers:
        """The brands."""


@dataclass(frozen=True)
class Heard:
    """Mentions of the week by class and case: each counts one, whatever its source weighs."""

    positive: int
    open: int
    resolved: int
    neutral: int


@dataclass(frozen=True)
class TrendWeek:
    """Where the standing balance was at the end of one week.

    Attributes:
        hole: Something is missing: nothing was heard (though something had been before), or a source was not
            read to its end.
    """

    week: Week
    mentions: int
    index: Shown
    hole: bool


@dataclass(frozen=True)
class SourceLine:
    """One source: what it gave when last asked (None: never), and what it said this week."""

    source: str
    kind: str | None
    subject: str | None
    result: SourceResult | None
    mentions: int

    @property
    def hole(self) -> bool:
        """Whether something of this source may be missing; what was imported by hand has no holes."""
        if self.result is None:
            return self.kind is not None
        return self.result.completeness in _HOLES or self.result.status not in _WHOLE


@dataclass(frozen=True)
class Quotation:
    """A mention as it is quoted: cut, without direction controls, its link safe to follow."""

    text: str
    title: str
    cut: bool
    url: str | None
    source: str
    subject: str | None
    stars: float | None
    language: str | None
    local_date: date
    confidence: float


@dataclass(frozen=True)
class Digest:
    """One brand's week.

    Attributes:
        standing: The balance over all mentions up to the end of the week, with decay.
        within: The balance of the week's mentions alone.
        change: The week against the one before it.
        answers, all_answers: Survey figures of the week, and of all answers ever.
        stars: The mean of the stars that were given in the week.
        customers: What customers did in the week.
        open_cases: Complaints that stand open, of all time up to the end of the week.
        bursts: Those of the week, with the balance with and without them, as `health` shows them.
        trend: The last twelve weeks, this one last.
        why: What a night found out about why the week moved, as `health` shows it.
        voice: Who speaks, as `health` shows it.
        compared: The brand beside the others, as `health` shows it.
    """

    brand: str
    zone: str
    week: Week
    rule: Rule
    standing: Standing
    within: Standing
    change: WeekChange
    answers: Answers
    all_answers: Answers
    stars: Shown
    customers: CustomerFigures
    heard: Heard
    open_cases: int
    bursts: Mapping[str, Any]
    trend: tuple[TrendWeek, ...]
    sources: tuple[SourceLine, ...]
    worst: tuple[Quotation, ...]
    best: tuple[Quotation, ...]
    why: Mapping[str, Any]
    voice: Mapping[str, Any]
    compared: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return the digest as a JSON document."""
        shown = blocks(
            self.standing,
            self.within,
            self.answers,
            self.stars,
            self.rule,
            self.week,
            self.week.last_day,
            self.customers,
        )
        return {
            "schema": "twelvefold/digest/1",
            "brand": self.brand,
            "zone": self.zone,
            "week": str(self.week),
            "since": self.week.since.isoformat(),
            "until": self.week.until.isoformat(),
            "rule": {
                "k": self.rule.k,
                "resolved_weight": self.rule.resolved_weight,
                "half_life_days": self.rule.half_life_days,
            },
            "satisfaction": shown["satisfaction"],
            "loyalty": shown["loyalty"],
            "change": change_document(self.change),
            "why": dict(self.why),
            "voice": dict(self.voice),
            "compared": dict(self.compared),
            "all_answers": {
                name: figure(getattr(self.all_answers, name), f"{name}: all answers, also those without a date")
                for name in ("csat", "ces", "nps")
            },
            "heard": asdict(self.heard),
            "open_cases": self.open_cases,
            "bursts": dict(self.bursts),
            "trend": [
                {
                    "week": str(point.week),
                    "mentions": point.mentions,
                    "index": figure(point.index, "standing review balance at the end of the week"),
                    "hole": point.hole,
                }
                for point in self.trend
            ],
            "sources": [_source_document(line) for line in self.sources],
            "worst": [asdict(quote) | {"local_date": quote.local_date.isoformat()} for quote in self.worst],
            "best": [asdict(quote) | {"local_date": quote.local_date.isoformat()} for quote in self.best],
        }


def _source_document(line: SourceLine) -> dict[str, Any]:
    result = None
    if line.result is not None:
        result = {key: value for key, value in asdict(line.result).items() if key not in ("source", "kind")}
    return {
        "source": line.source,
        "kind": line.kind,
        "subject": line.subject,
        "result": result,
        "hole": line.hole,
        "mentions": line.mentions,
    }


def build_digest(
    work: Told,
    brand: Brand,
    configuration: Configuration,
    *,
    brand_id: int,
    model: str,
    week: str,
    calibration: Calibration | None = None,
) -> Digest:
    """Gather one ISO week ("2026-W47", counted in the brand's zone) of one brand.

    Args:
        calibration: What is known of the model's probabilities; without it the balance stays uncorrected.

    Raises:
        UnknownName: `week` is no ISO week.
    """
    asked = Week.parse(week)
    rule = configuration.rule
    each_source = sources_heard(work.rollups, brand, brand_id, model, asked.until)
    heard = each_source.together
    counts = counts_of_sources(each_source, asked.back(1).since, asked.until)
    scores = partial(work.surveys.histogram, brand_id)
    spoken = voices(
        heard, each_source, brand, rule, scores, since=asked.since, until=asked.until, last_day=asked.last_day
    )
    labels = work.labels.given(brand_id, model, asked.until)
    corrections = Corrections(work.rollups, brand_id, model, calibration, rule, heard, until=asked.until, labels=labels)
    now = corrections.balances(None, heard.alone(), asked.last_day, asked)[None]
    weighed = corrections.weeks(
        [
            WeekWeighed(each, heard.standing(rule, each.last_day), heard.undecayed(rule, each.since, each.until))
            for each in map(asked.back, reversed(range(TREND_WEEKS)))
        ]
    )
    sources = _sources(brand, work.runs.last_results(brand_id), counts, asked)
    return Digest(
        brand=brand.name,
        zone=brand.zone,
        week=asked,
        rule=rule,
        standing=now.standing,
        within=now.within or weighed[-1].within,
        change=week_change(counts, brand, rule, asked, scores, two_weeks(work, brand_id, brand, asked)),
        answers=answers(work.surveys, brand_id, asked.since, asked.until),
        all_answers=answers(work.surveys, brand_id, None, None),
        stars=star_mean(work.rollups.star_totals(brand_id, Scope.SOURCE, asked.since, asked.until)),
        customers=customer_figures(
            work.customers, brand_id, brand.customers, since=asked.since, until=asked.until, last_day=asked.last_day
        ),
        heard=_heard(counts, asked),
        open_cases=heard.open_complaints(),
        bursts=bursts_entry(work, brand, rule, brand_id, model, week=asked, sources=each_source),
        trend=_trend(heard, weighed, any(line.hole for line in sources)),
        sources=sources,
        worst=_quotes(work.mentions, brand_id, model, Sentiment.NEGATIVE, asked),
        best=_quotes(work.mentions, brand_id, model, Sentiment.POSITIVE, asked),
        why=kept_reasons(work.reasons, brand_id, model, asked),
        voice=voice_document(spoken, rule),
        compared=compared_document(
            work, configuration, brand, model, week=asked, calibration=calibration, sources=each_source
        ),
    )


def _heard(counts: Sequence[DayCount], week: Week) -> Heard:
    def number(label: Sentiment, resolved: bool | None = None) -> int:
        return sum(
            count.n
            for count in counts
            if count.local_date >= week.since and count.label is label and resolved in (None, count.resolved)
        )

    return Heard(
        positive=number(Sentiment.POSITIVE),
        open=number(Sentiment.NEGATIVE, resolved=False),
        resolved=number(Sentiment.NEGATIVE, resolved=True),
        neutral=number(Sentiment.NEUTRAL),
    )


def _trend(heard: Chronicle, weighed: Sequence[WeekWeighed], has_hole_now: bool) -> tuple[TrendWeek, ...]:
    points = []
    for each in weighed:
        mentions = heard.mentions(each.week.since, each.week.until)
        fell_silent = mentions == 0 and heard.first_day is not None and heard.first_day < each.week.since
        hole = fell_silent or (each is weighed[-1] and has_hole_now)
        points.append(TrendWeek(each.week, mentions, each.standing.index, hole))
    return tuple(points)


def _sources(
    brand: Brand, results: Sequence[SourceResult], counts: Sequence[DayCount], week: Week
) -> tuple[SourceLine, ...]:
    """Return the configured sources in their order, then those that only spoke this week (an import)."""
    last = {result.source: result for result in results}
    spoken: dict[str, int] = {}
    for count in counts:
        if count.local_date >= week.since:
            spoken[count.source] = spoken.get(count.source, 0) + count.n
    configured = {source.name for source in brand.sources}
    lines = [
        SourceLine(source.name, source.kind, source.subject, last.get(source.name), spoken.get(source.name, 0))
        for source in brand.sources
    ]
    lines += [
        SourceLine(name, None, None, last.get(name), n) for name, n in sorted(spoken.items()) if name not in configured
    ]
    return tuple(lines)


def _quotes(mentions: Quoting, brand_id: int, model: str, label: Sentiment, week: Week) -> tuple[Quotation, ...]:
    quoted = []
    for quote in mentions.quotes(brand_id, model, label, week.since, week.until, QUOTES):
        text, cut = quotation(quote.text)
        quoted.append(
            Quotation(
                text=text,
                title=plain(quote.title),
                cut=cut,
                url=link(quote.url),
                source=quote.source,
                subject=plain(quote.subject) if quote.subject else None,
                stars=quote.stars,
                language=quote.language,
                local_date=quote.local_date,
                confidence=quote.confidence,
            )
        )
    return tuple(quoted)
