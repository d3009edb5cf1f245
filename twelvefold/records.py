"""The words that all folders share: frozen records, no input or output.

Times end in `_at` and are aware UTC. Probabilities are in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class Sentiment(StrEnum):
    """The three classes, in the order of every probability triple."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Precision(StrEnum):
    """How exactly a source told a date."""

    SECOND = "second"
    DAY = "day"
    RELATIVE = "relative"  # "two weeks ago"
    NONE = "none"


class SourceStatus(StrEnum):
    """What became of one source in one run."""

    OK = "ok"
    EMPTY = "empty"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    LAYOUT_CHANGED = "layout_changed"
    RATE_LIMITED = "rate_limited"
    DISALLOWED = "disallowed"
    FAILED = "failed"


class Completeness(StrEnum):
    """How far back a crawl can vouch that nothing is missing."""

    REACHED_KNOWN = "reached_known"
    REACHED_END = "reached_end"
    WINDOW_OVERFLOW = "window_overflow"
    GAP = "gap"
    UNKNOWN = "unknown"


class RunState(StrEnum):
    """Where a night stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class CaseState(StrEnum):
    """Where a complaint stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class Measure(StrEnum):
    """What a survey question measures."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    COMMENT = "comment"  # a verbatim without a score


@dataclass(frozen=True)
class RawMention:
    """What an adapter read, as the source wrote it; nothing computed.

    Attributes:
        external_id: The source's own id, or None where it has none.
        identity: Raw source fields that identify the mention where it has no id.
        rating: As written ("4,5", 5, "FIVE"), with the scale's ends where told.
        published: As written; `published_zone` is the zone that the format implies, if any.
        text, title: May hold HTML or entities: normalising undoes them.
        payload: The source's own record, kept as evidence where the storage policy allows.
    """

    external_id: str | None
    identity: tuple[str, ...] = ()
    author: str | None = None
    title: str | None = None
    text: str | None = None
    rating: float | str | None = None
    rating_best: float | str | None = None
    rating_worst: float | str | None = None
    published: str | None = None
    published_zone: str | None = None
    url: str | None = None
    language: str | None = None
    subject: str | None = None
    verified: bool | None = None
    incentivised: bool | None = None
    reply_text: str | None = None
    reply_at: str | None = None
    customer_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mention:
    """One normalised mention: plain text, rating on its own scale and on 1-5, UTC time.

    Attributes:
        source: The configured name of the source.
        kind: The kind of the source (`schema_org`, `app_store` ...).
        external_id: The source's id, or a hash of raw fields where it has none.
        author_hash: Keyed hash of the author, never the name.
        stars: The rating rescaled to 1-5, or None.
        content_hash: Hash of what is judged, title, text and stars: the key of the judgement cache.
        revision_hash: Hash of all that a person would see change (text, title, rating, reply).
        raw_revision: Hash of the raw record, by which the next crawl knows that nothing changed.
    """

    source: str
    kind: str
    external_id: str
    title: str
    text: str
    content_hash: str
    revision_hash: str
    collected_at: datetime
    subject: str | None = None
    author_hash: str | None = None
    rating: float | None = None
    rating_best: float | None = None
    rating_worst: float | None = None
    stars: float | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.NONE
    url: str | None = None
    language: str | None = None
    verified: bool | None = None
    incentivised: bool | None = None
    reply_text: str | None = None
    reply_at: datetime | None = None
    customer_id: str | None = None
    raw_revision: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What the model thinks of one text.

    Attributes:
        content_hash: Of the text that was judged.
        model: Name and revision, as `twelvefold-first/3f2a...`; "rating" where only stars were there.
        stars: Expected stars, 1-5, as the text alone suggests; None where the model has no such head.
        confidence: Calibrated probability of `label`.
        aspects, urgency, mixed: None or empty until the model knows them.
    """

    content_hash: str
    model: str
    label: Sentiment
    negative: float
    neutral: float
    positive: float
    confidence: float
    stars: float | None = None
    mixed: bool | None = None
    language: str = "und"
    aspects: tuple[Mapping[str, Any], ...] = ()
    urgency: Mapping[str, Any] | None = None
    contradiction: bool = False


@dataclass(frozen=True)
class SurveyAnswer:
    """One measure of one survey response.

    Attributes:
        response_id: The survey tool's id, or a hash of the row's content.
        score: On its own scale, whose ends are `scale_low` and `scale_high`; None for a bare comment.
        high_is_good: For CES: whether a high score means easy; figures turn the others round.
    """

    response_id: str
    measure: Measure
    score: float | None
    scale_low: float | None = None
    scale_high: float | None = None
    high_is_good: bool = True
    comment: str = ""
    answered_at: datetime | None = None
    survey: str = ""
    language: str | None = None
    customer_id: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Customer:
    """One customer as the customer file has it."""

    customer_id: str
    since: date | None = None
    cancelled: date | None = None
    segments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """One purchase; `amount` and `margin` in the shop's own currency."""

    order_id: str
    customer_id: str
    ordered: date
    amount: float
    margin: float | None = None


@dataclass(frozen=True)
class SourceResult:
    """What one source gave in one run: a row of the run report.

    Attributes:
        removed: Mentions that are marked as gone from the source since this run.
        missing: Known mentions that a pass to the source's end did not find.
        pages: Pages (of local sources: files) that were answered.
        deep: Everything was read again, for edits and removals.
        stored: How many mentions of the source are stored and still there, where it tells a total.
        total_told: How many the source says there are.
        texts, ratings, dates, authors: How many of the mentions that were fetched have one.
        silent: Fewer mentions are new than the source's own history lets expect.
    """

    source: str
    kind: str
    status: SourceStatus
    completeness: Completeness = Completeness.UNKNOWN
    fetched: int = 0
    new: int = 0
    edited: int = 0
    seen_again: int = 0
    rejected: int = 0
    message: str = ""
    removed: int = 0
    missing: int = 0
    pages: int = 0
    deep: bool = False
    stored: int | None = None
    total_told: int | None = None
    texts: int = 0
    ratings: int = 0
    dates: int = 0
    authors: int = 0
    silent: bool = False


@dataclass(frozen=True)
class Figure:
    """A number that a person is shown, with what it takes to trust it.

    Attributes:
        value: None where the data cannot carry it; then `note` says why.
        n: How many mentions, answers or customers stand behind it.
        low, high: Ends of the 95 % interval.
    """

    value: float | None
    n: int
    definition: str
    low: float | None = None
    high: float | None = None
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the figure as documents have it."""
        return dict(vars(self))


def local_date_of(published_at: datetime | None, precision: Precision, collected_at: datetime, zone: ZoneInfo) -> date:
    """Return the mention's local date: the one day, week and age by which it is counted.

    A date told to the day only is that day in every zone; a mention without a
    date counts on the day it was collected (FIGURES.md, "Review balance").
    """
    if published_at is None or precision is Precision.NONE:
        return collected_at.astimezone(zone).date()
    if precision is Precision.DAY:
        return published_at.date()
    return published_at.astimezone(zone).date()
