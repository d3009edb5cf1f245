"""Who speaks: whether the unhappy post more often than the happy, source by source, and what follows for the balance.

Posting rates are configured, or estimated from what was posted and what a survey heard in the 12 weeks
before the period; never from the period itself, as that would only give the survey back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.chronicle import Chronicle, Groups
from twelvefold.pipeline.figures.balance import Tally, average_k, balance
from twelvefold.pipeline.figures.bias import (
    SMALLEST_END_CLASS,
    Classes,
    Corrected,
    Posted,
    corrected,
    index_band,
    pooled,
    posting_rates,
    posting_ratio,
)
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.figures.nps import sides
from twelvefold.pipeline.weighing import SMALLEST_N, promotion_counts
from twelvefold.records import Measure, Sentiment
from twelvefold.storage.surveys import ScoreCount

Ask = Callable[[Measure, date | None, date | None], Sequence[ScoreCount]]
"""Returns how many gave which score in [since, until)."""

WEEKS_BEFORE = 12
_OTHERS = None
_CLASSES = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)


class Basis(StrEnum):
    """Where a source's posting rates are from."""

    CONFIGURED = "configured"
    ESTIMATED = "estimated"  # from its own reviews, drawn towards those of the other sources
    BRAND = "brand"  # too few reviews of its own: those of the brand


class Unknown(StrEnum):
    """Why posting rates are not estimated."""

    NO_WEEKS_BEFORE = "no_weeks_before"
    TOO_FEW_ANSWERS = "too_few_answers"
    TOO_FEW_REVIEWS = "too_few_reviews"


@dataclass(frozen=True)
class Known:
    """What the weeks before a period tell: the survey's answers, and the reviews of sources without configured rates.

    Attributes:
        since, until: The weeks; both None where the period is open at its start.
    """

    since: date | None
    until: date | None
    answers: Classes
    reviews: Mapping[str, Classes]

    @property
    def together(self) -> Classes:
        """The reviews of all sources."""
        each = self.reviews.values()
        return Classes(*(sum(getattr(one, label.value) for one in each) for label in _CLASSES))

    @property
    def unknown(self) -> Unknown | None:
        """Why no rates can be estimated from this, or None where they can."""
        if self.since is None:
            return Unknown.NO_WEEKS_BEFORE
        if min(self.answers.negative, self.answers.positive) < SMALLEST_END_CLASS:
            return Unknown.TOO_FEW_ANSWERS
        reviews = self.together
        if min(reviews.negative, reviews.positive) < SMALLEST_END_CLASS:
            return Unknown.TOO_FEW_REVIEWS
        return None


@dataclass(frozen=True)
class Rates:
    """How often each class of one source posts, up to a factor, and how far the ratio of the ends is known."""

    basis: Basis
    rates: Classes
    error: float = 0.0

    @property
    def ratio(self) -> float:
        """How many times as likely to post the unhappy are."""
        return self.rates.negative / self.rates.positive


@dataclass(frozen=True)
class Voices:
    """Who speaks in one period.

    Attributes:
        sources: The posting rates of each source that speaks in it, None where they are not known.
        n: How many mentions of the period are not neutral.
        raw: The balance of the period as it is; None where too little was said, as `corrected` and `band`.
        corrected: None, too, where a source has no rates.
        band: The lowest and the highest balance over the configured range of posting rates.
    """

    known: Known
    ratio: Estimate | None
    sources: Mapping[str, Rates | None]
    n: int
    raw: Estimate | None
    corrected: Corrected | None
    band: tuple[float, float] | None


def voices(
    heard: Chronicle,
    sources: Groups[str | None],
    brand: Brand,
    rule: Rule,
    ask: Ask,
    *,
    since: date | None,
    until: date | None,
    last_day: date,
) -> Voices:
    """Find out who speaks in [since, until).

    Where `since` is None the whole standing balance is corrected, its mentions halved with age to
    `last_day`; there are no weeks before it, so that only configured rates help.

    Args:
        heard, sources: What all sources said together, and each of them.
    """
    named = {source: theirs for source, theirs in sources.items() if source is not None}
    given = {one.name: one.posting_rates for one in brand.sources if one.posting_rates is not None}
    known = _known({source: theirs for source, theirs in named.items() if source not in given}, ask, since)
    estimated = _estimated(known)
    tallies = sources.tallies(rule, last_day) if since is None else sources.undecayed_tallies(since, until)
    said = {source: tallies[source] for source in sorted(named)}
    rates = {
        source: Rates(Basis.CONFIGURED, Classes(*given[source]))
        if source in given
        else estimated.get(source, estimated.get(_OTHERS))
        for source, theirs in said.items()
        if _classes(theirs).total > 0
    }
    posted = [_posted(said[source], each, rule) for source, each in rates.items() if each is not None]
    together = heard.tally(rule, last_day) if since is None else heard.undecayed_tally(since, until)
    enough = together.n >= SMALLEST_N
    return Voices(
        known=known,
        ratio=posting_ratio(known.together, known.answers) if estimated else None,
        sources=rates,
        n=together.n,
        raw=balance(together, rule.k, rule.resolved_weight).index if enough else None,
        corrected=corrected(posted) if enough and len(posted) == len(rates) else None,
        band=index_band(_classes(together), _mean_k(together, rule), rule.posting_range) if enough else None,
    )


def _posted(said: Tally, known: Rates, rule: Rule) -> Posted:
    return Posted(_classes(said), said.n, said.n_eff, _mean_k(said, rule), known.rates, known.error)


def _mean_k(said: Tally, rule: Rule) -> float:
    return average_k(said, rule.k, rule.resolved_weight)


def _known(heard: Mapping[str, Chronicle], ask: Ask, since: date | None) -> Known:
    if since is None:
        return Known(None, None, Classes(0, 0, 0), {})
    first = date.fromordinal(max(1, since.toordinal() - 7 * WEEKS_BEFORE))
    promoters, passives, detractors = sides(promotion_counts(ask(Measure.NPS, first, since))[0])
    reviews = {source: _counted(theirs, first, since) for source, theirs in heard.items()}
    return Known(first, since, Classes(detractors, passives, promoters), reviews)


def _estimated(known: Known) -> dict[str | None, Rates]:
    """Return the rates of each source with enough reviews, and those of all others; none where too little is known."""
    together = known.together
    brands = posting_rates(together, known.answers) if known.unknown is None else None
    if brands is None:
        return {}
    answers = known.answers
    survey_odds = math.log(answers.negative / answers.positive)
    survey_variance = 1 / answers.negative + 1 / answers.positive

    def rates(basis: Basis, log_ratio: float, reviews: Classes) -> Rates:
        error = math.sqrt(1 / reviews.negative + 1 / reviews.positive + survey_variance)
        return Rates(basis, Classes(math.exp(log_ratio), brands.neutral / brands.positive, 1.0), error)

    own = {
        source: reviews
        for source, reviews in known.reviews.items()
        if min(reviews.negative, reviews.positive) >= SMALLEST_END_CLASS
    }
    # The survey's error is the same for all, so that only that of the reviews tells how far sources differ.
    odds = pooled(
        [
            (math.log(reviews.negative / reviews.positive), 1 / reviews.negative + 1 / reviews.positive)
            for reviews in own.values()
        ]
    )
    found: dict[str | None, Rates] = {
        source: rates(Basis.ESTIMATED, each - survey_odds, reviews)
        for (source, reviews), each in zip(own.items(), odds, strict=True)
    }
    found[_OTHERS] = rates(Basis.BRAND, math.log(brands.negative / brands.positive), together)
    return found


def _counted(heard: Chronicle, since: date, until: date) -> Classes:
    """Return how many mentions of each class there are in [since, until), each counting one."""
    numbers = heard.numbers(since, until)
    negative, neutral, positive = (
        sum(n for line, n in zip(heard.lines, numbers, strict=True) if line.label is label) for label in _CLASSES
    )
    return Classes(negative, neutral, positive)


def _classes(tally: Tally) -> Classes:
    return Classes(tally.open + tally.resolved, tally.neutral, tally.praise)
