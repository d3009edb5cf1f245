"""Why a week moved: which aspects drag, which are taken for granted, who was won back, which words are new.

A night finds this out for the week before it and keeps the document; `health` and the digest only
read it. All reads are bounded; where more was said than the bound, a sample is taken and said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from twelvefold.config import Brand, Configuration, Rule
from twelvefold.pipeline.aspect_impact import aspects_told, balance_impacts, csat_impacts, nps_impacts
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.figures.kano import Rated, contrasts
from twelvefold.pipeline.figures.recovery import Wording, median_days, outcome, recovery_share
from twelvefold.pipeline.figures.words import fresh_words
from twelvefold.pipeline.spoken_words import words_in
from twelvefold.pipeline.week import Week
from twelvefold.records import Figure, Measure, Sentiment
from twelvefold.storage.engine import Database
from twelvefold.storage.evidence import Evidence, History, Said, Spoken
from twelvefold.storage.repository import Work

WEEKS = 13
"""Aspects are weighed over a quarter, the week and the 12 before it: a week alone seldom says enough of one."""

YEAR_WEEKS = 52
MOST_MENTIONS = 20_000
"""More than this are sampled, in a quarter or a year, and in one week's words."""

SMALLEST_KANO = 200
SMALLEST_DUMMY = 30
SMALLEST_EDITED = 10
MOST_WORDS = 10
NO_ASPECTS = "no aspects: the model that judged these texts does not know them"
NOT_LOOKED = "no night has looked at this week: one does when the week is over"
_SAMPLED = f"from a sample of {MOST_MENTIONS}"


def find_reasons(
    database: Database,
    configuration: Configuration,
    brand: Brand,
    brand_id: int,
    *,
    model: str,
    weeks: Sequence[Week],
    renew: Callable[[], None] = lambda: None,
) -> None:
    """Find out why each of these weeks moved, and keep it in the place of what was found before.

    Args:
        renew: Keeps the lease of the night between two weeks.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    for week in weeks:
        with database.read() as work:
            document = reasons_document(work, configuration.rule, brand, brand_id, model, week)
        with database.begin() as work:
            work.reasons.save(brand_id, model, str(week), document)
        renew()


class Reasoning(Protocol):
    """Where kept weeks come from."""

    def find(self, brand_id: int, model: str, week: str) -> dict[str, Any] | None:
        """Return what a week was found to have moved by, or None where no night looked."""


def kept_reasons(reasons: Reasoning, brand_id: int, model: str, week: Week | None) -> dict[str, Any]:
    """Return the `why` entry of a week: what a night found, or null with the reason why none did."""
    found = reasons.find(brand_id, model, str(week)) if week else None
    if found is not None:
        return found
    empty: dict[str, Any] = {"impact": [], "kano": [], "recovery": None, "words": []}
    note = NOT_LOOKED if week else "only a week is looked into: ask for a week"
    return {"week": str(week) if week else None, "note": note} | empty | _notes(None, None, None)


def _notes(impact: str | None, kano: str | None, words: str | None) -> dict[str, str | None]:
    return {"impact_note": impact, "kano_note": kano, "words_note": words}


def reasons_document(work: Work, rule: Rule, brand: Brand, brand_id: int, model: str, week: Week) -> dict[str, Any]:
    """Return why one week moved, as `why` in the health document has it."""
    evidence = work.evidence
    quarter, year = week.back(WEEKS - 1).since, week.back(YEAR_WEEKS - 1).since
    spoken = evidence.spoken(brand_id, model, quarter, week.until, MOST_MENTIONS)
    rated = evidence.spoken(brand_id, model, year, week.until, MOST_MENTIONS)
    answers = {
        measure: evidence.answered(brand_id, model, measure, quarter, week.until, MOST_MENTIONS)
        for measure in (Measure.NPS, Measure.CSAT)
    }
    weights = {source.name: source.weight for source in brand.sources}
    balances = balance_impacts(spoken, weights, rule)
    scores, shares = nps_impacts(answers[Measure.NPS]), csat_impacts(answers[Measure.CSAT])
    impacts = [
        {"aspect": aspect, "balance": balances[aspect], "nps": scores[aspect], "csat": shares[aspect]}
        for aspect in balances
        if any(found[aspect]["n"] for found in (balances, scores, shares))
    ]
    kano, kano_note = _kano(rated)
    words, words_note = _words(evidence, brand_id, model, week)
    start, end = (datetime.combine(day, time(), brand.time_zone).astimezone(UTC) for day in (year, week.until))
    return {
        "week": str(week),
        "note": None,
        "impact": impacts,
        "kano": kano,
        "recovery": _recovery(evidence.edited(brand_id, start, end, MOST_MENTIONS)),
        "words": words,
        **_notes(_told(bool(impacts), spoken), kano_note, words_note),
    }


def _told(has_aspects: bool, heard: Sequence[Any]) -> str | None:
    if not has_aspects:
        return NO_ASPECTS if heard else "nothing was said"
    return _SAMPLED if len(heard) == MOST_MENTIONS else None


def _kano(heard: Sequence[Spoken]) -> tuple[list[dict[str, Any]], str | None]:
    """Return the contrasts of the aspects that enough speak of, and why not those of others."""
    mentions = [
        Rated(
            mention.stars,
            aspects_told(mention.aspects, Sentiment.NEGATIVE),
            aspects_told(mention.aspects, Sentiment.POSITIVE),
        )
        for mention in heard
        if mention.stars is not None
    ]
    if not any(mention.aspects for mention in heard):
        return [], _told(False, heard)
    if len(mentions) < SMALLEST_KANO:
        return [], f"too few rated mentions: {len(mentions)}, at least {SMALLEST_KANO} needed"
    badly, well = (Counter(aspect for one in mentions for aspect in getattr(one, side)) for side in ("badly", "well"))
    aspects = sorted(aspect for aspect in badly if min(badly[aspect], well[aspect]) >= SMALLEST_DUMMY)
    if not aspects:
        return [], f"no aspect is spoken of both badly and well by at least {SMALLEST_DUMMY}"
    try:
        found = contrasts(mentions, aspects)
    except ValueError as problem:
        return [], str(problem)
    definition = (
        f"stars that {{}} words of the aspect go with, others held equal, over {YEAR_WEEKS} weeks; least squares, "
        "HC3 interval"
    )
    rows = [
        {
            "aspect": aspect,
            "class": contrast.kind.value if contrast.kind else None,
            "penalty": shown(contrast.penalty, definition.format("bad")),
            "reward": shown(contrast.reward, definition.format("good")),
        }
        for aspect, contrast in found.items()
    ]
    return rows, _told(True, heard)


def _recovery(histories: Sequence[History]) -> dict[str, Any]:
    outcomes = [
        edited
        for history in histories
        if (
            edited := outcome(
                [Wording(each.seen_at, each.stars, each.content_hash, each.replied) for each in history.versions],
                history.reply_at,
            )
        )
    ]
    days = [edited.days for edited in outcomes if edited.days is not None]
    share = f"reviews whose stars rose / reviews edited after our reply, over {YEAR_WEEKS} weeks; Wilson interval"
    until = "days from our reply to the edit that raised the stars: median, interval from the order statistics"
    return {
        "share": _enough(
            recovery_share(len(days), len(outcomes)) if outcomes else None, len(outcomes), share, "reviews edited"
        ),
        "days": _enough(median_days(days) if days else None, len(days), until, "reviews that rose"),
    }


def _words(evidence: Evidence, brand_id: int, model: str, week: Week) -> tuple[list[dict[str, Any]], str | None]:
    """Return the words of the week that the 12 before it have less, language by language, the surest first."""
    said = evidence.said(brand_id, model, week.since, week.until, MOST_MENTIONS)
    before: dict[str, Counter[str]] = {}
    for back in range(1, WEEKS):
        each = week.back(back)
        for language, counted in _counted(
            evidence.said(brand_id, model, each.since, each.until, MOST_MENTIONS)
        ).items():
            before.setdefault(language, Counter()).update(counted)
    complaints = _counted([one for one in said if one.label is Sentiment.NEGATIVE])
    found = [
        asdict(word) | {"language": language, "complaints": complaints.get(language, Counter())[word.word]}
        for language, counted in _counted(said).items()
        for word in fresh_words(counted, before.get(language, Counter()))
    ]
    found.sort(key=lambda word: (-word["z"], word["word"]))
    if not before:
        return [], f"nothing was said in the {WEEKS - 1} weeks before"
    return found[:MOST_WORDS], _SAMPLED if len(said) == MOST_MENTIONS else None


def _counted(said: Sequence[Said]) -> dict[str, Counter[str]]:
    """Return for each language how many mentions have each word."""
    counted: dict[str, Counter[str]] = {}
    for one in said:
        counted.setdefault(one.language, Counter()).update(words_in(one.text, one.language))
    return counted


def _enough(estimate: Estimate | None, n: int, definition: str, what: str) -> dict[str, Any]:
    if estimate is None or n < SMALLEST_EDITED:
        return refused(n, definition, f"too few {what}: {n}, at least {SMALLEST_EDITED} needed")
    return shown(estimate, definition)


def shown(estimate: Estimate, definition: str) -> dict[str, Any]:
    """Return a figure as the contract shapes it."""
    return Figure(estimate.value, estimate.n, definition, estimate.low, estimate.high).document()


def refused(n: int, definition: str, note: str) -> dict[str, Any]:
    """Return a figure that the data cannot carry, with the reason."""
    return Figure(None, n, definition, note=note).document()


def weeks_to_look_into(newest_due: Week, now: datetime, brand: Brand) -> list[Week]:
    """Return the week that ended last and the one whose digest is due, which may be one earlier."""
    last = Week.of(now.astimezone(brand.time_zone).date() - timedelta(days=7))
    return sorted({newest_due, last})
