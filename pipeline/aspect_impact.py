"""Each aspect's impact on the balance, NPS and CSAT, refused in words where too few speak of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from twelvefold.config import Rule
from twelvefold.pipeline.figures.balance import Weighed, average_k, balance, tally
from twelvefold.pipeline.figures.csat import csat_of_scores
from twelvefold.pipeline.figures.impact import Side, balance_impact, csat_impact, nps_impact
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.figures.nps import sides
from twelvefold.pipeline.weighing import SMALLEST_N, promotion_counts, satisfaction
from twelvefold.records import Figure, Sentiment
from twelvefold.storage.evidence import Answered, Spoken
from twelvefold.storage.surveys import ScoreCount

ASPECTS = (
    "product_quality",
    "price_value",
    "delivery",
    "staff_service",
    "support",
    "ease",
    "place",
    "place.findability",
    "place.technology",
    "website_app",
    "loyalty_programme",
    "other",
)
"""What a judgement's aspects may be called; anything else is passed over."""

SMALLEST_IMPACT = 20
_LEAVE_ONE_OUT = "with the {what} that speak of the aspect minus without them, over 13 weeks"
BALANCE = f"review balance {_LEAVE_ONE_OUT.format(what='mentions')}, undecayed, as judged; MOVER interval"
NPS = f"NPS {_LEAVE_ONE_OUT.format(what='answers')}; adjusted Wald errors"
CSAT = f"CSAT, as a share, {_LEAVE_ONE_OUT.format(what='answers')}; Newcombe's interval"

Told = TypeVar("Told", Spoken, Answered)


def aspects_told(aspects: Iterable[Mapping[str, Any]], label: Sentiment | None = None) -> frozenset[str]:
    """Return the known aspects that a judgement names, or those with one label."""
    return frozenset(
        str(one.get("aspect"))
        for one in aspects
        if isinstance(one, Mapping) and one.get("aspect") in ASPECTS and label in (None, one.get("label"))
    )


def balance_impacts(spoken: Sequence[Spoken], weights: Mapping[str, float], rule: Rule) -> dict[str, dict[str, Any]]:
    """Return the impact of every aspect on the balance; a source that is not in `weights` weighs 1."""

    def side(mentions: Sequence[Spoken]) -> Side | None:
        counted = tally(
            Weighed.counted(one.label, weights.get(one.source, 1.0), resolved=one.resolved) for one in mentions
        )
        share = balance(counted, rule.k, rule.resolved_weight).positive_share
        heard = counted.praise + counted.open + counted.resolved
        return Side(heard, share, average_k(counted, rule.k, rule.resolved_weight)) if share else None

    def impact(about: Sequence[Spoken], rest: Sequence[Spoken]) -> Estimate | None:
        with_it, without = side(about), side(rest)
        return balance_impact(with_it, without) if with_it and without else None

    felt = [one for one in spoken if one.label is not Sentiment.NEUTRAL]
    return _impacts(felt, impact, BALANCE, "mentions")


def nps_impacts(answers: Sequence[Answered]) -> dict[str, dict[str, Any]]:
    """Return the impact of every aspect on the NPS, of the answers on 0-10."""
    kept = [answer for answer in answers if not promotion_counts([_counted(answer)])[1]]

    def impact(about: Sequence[Answered], rest: Sequence[Answered]) -> Estimate | None:
        with_it, without = (sides(promotion_counts([_counted(one) for one in side])[0]) for side in (about, rest))
        return nps_impact(with_it, without)

    return _impacts(kept, impact, NPS, "answers")


def csat_impacts(answers: Sequence[Answered]) -> dict[str, dict[str, Any]]:
    """Return the impact of every aspect on the CSAT, of the answers on the scale that most used."""
    scale = satisfaction([_counted(answer) for answer in answers]).scale
    kept = [answer for answer in answers if (answer.scale_low, answer.scale_high) == scale]

    def impact(about: Sequence[Answered], rest: Sequence[Answered]) -> Estimate | None:
        if scale is None:
            return None
        with_it, without = (csat_of_scores(Counter(one.score for one in side), scale[1]) for side in (about, rest))
        return csat_impact(with_it, without)

    return _impacts(kept, impact, CSAT, "answers")


def _impacts(
    told: Sequence[Told],
    impact: Callable[[Sequence[Told], Sequence[Told]], Estimate | None],
    definition: str,
    what: str,
) -> dict[str, dict[str, Any]]:
    named = [(one, aspects_told(one.aspects)) for one in told]
    found = {}
    for aspect in ASPECTS:
        about = [one for one, aspects in named if aspect in aspects]
        rest = [one for one, aspects in named if aspect not in aspects]
        found[aspect] = _figure(about, rest, impact, definition, what)
    return found


def _figure(
    about: Sequence[Told],
    rest: Sequence[Told],
    impact: Callable[[Sequence[Told], Sequence[Told]], Estimate | None],
    definition: str,
    what: str,
) -> dict[str, Any]:
    note = None
    if len(about) < SMALLEST_IMPACT:
        note = f"too few {what} speak of it: {len(about)}, at least {SMALLEST_IMPACT} needed"
    elif len(rest) < SMALLEST_N:
        note = f"too few {what} do not speak of it: {len(rest)}, at least {SMALLEST_N} needed"
    estimate = impact(about, rest) if note is None else None
    if estimate is None:
        return Figure(None, len(about), definition, note=note or "no data").document()
    return Figure(estimate.value, estimate.n, definition, estimate.low, estimate.high).document()


def _counted(answer: Answered) -> ScoreCount:
    return ScoreCount(answer.score, answer.scale_low, answer.scale_high, 1)
