"""The `voice` entry of `health` and the digest: who speaks, and the balance raw, corrected and as a band."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from twelvefold.config import Rule
from twelvefold.pipeline.figures.bias import SMALLEST_END_CLASS
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.voice import WEEKS_BEFORE, Basis, Known, Unknown, Voices
from twelvefold.pipeline.weighing import SMALLEST_N
from twelvefold.records import Figure

NOT_BY_GROUP = "who speaks is told for the brand as a whole, source by source"
_ESTIMATED = (
    "how many times as likely to post unhappy customers (detractors) are as happy ones (promoters): odds of negative "
    f"against positive reviews over those of the survey, {WEEKS_BEFORE} weeks before the period; Woolf's interval"
)
_CONFIGURED = "how many times as likely to post unhappy customers are as happy ones, by the configured posting rates"
_RAW = "review balance of the period's mentions as they are, classes as counted; Wilson interval"
_CORRECTED = (
    "review balance if all customers posted alike: each mention weighted by 1 / posting rate of its class, each source "
    "keeping its weight, classes as counted for the rates and here; Wilson interval, with the error of the rates"
)
_BAND = "lowest and highest balance over the range of posting rates, unhappy over happy, that is configured"


def voice_document(found: Voices | None, rule: Rule) -> dict[str, Any]:
    """Return the `voice` entry: the posting ratio as a figure, and what follows from it.

    `found` is None for a group, of which it is not told.
    """
    if found is None:
        empty = Figure(None, 0, _ESTIMATED, note=NOT_BY_GROUP)
        return (
            empty.document()
            | dict.fromkeys(("basis", "refusal", "known", "raw", "corrected", "band", "shares"))
            | {"sources": []}
        )
    basis, ratio, why_not = _headline(found)
    few = None if found.raw else f"too few mentions: {found.n}, at least {SMALLEST_N} needed" if found.n else "no data"
    lacking = sorted(source for source, rates in found.sources.items() if rates is None)
    unknown = f"no posting rates of {', '.join(lacking)}" if lacking else None
    return {
        **ratio.document(),
        "basis": basis.value if basis else None,
        "refusal": why_not.value if why_not else None,
        "known": _known(found.known),
        "raw": _figure(found.raw, found.n, _RAW, few),
        "corrected": _figure(found.corrected.index if found.corrected else None, found.n, _CORRECTED, few or unknown),
        "band": {
            "low": found.band[0] if found.band else None,
            "high": found.band[1] if found.band else None,
            "from": rule.posting_range[0],
            "to": rule.posting_range[1],
            "definition": _BAND,
            "note": few,
        },
        "shares": asdict(found.corrected.shares) if found.corrected else None,
        "sources": [
            {
                "source": source,
                "ratio": rates.ratio if rates else None,
                "basis": rates.basis.value if rates else None,
            }
            for source, rates in found.sources.items()
        ],
    }


def _headline(found: Voices) -> tuple[Basis | None, Figure, Unknown | None]:
    """Return the posting ratio of the brand, where it is from, and why it is refused if it is."""
    configured = {
        rates.ratio for rates in found.sources.values() if rates is not None and rates.basis is Basis.CONFIGURED
    }
    if found.ratio is not None:
        note = "sources with configured rates are left out" if configured else None
        return Basis.ESTIMATED, _written(found.ratio, _ESTIMATED, note), None
    if configured and None not in found.sources.values():
        several = "configured source by source: see `sources`" if len(configured) > 1 else None
        value = None if several else next(iter(configured))
        return Basis.CONFIGURED, Figure(value, 0, _CONFIGURED, note=several), None
    why_not = found.known.unknown or Unknown.NO_WEEKS_BEFORE
    answers = round(found.known.answers.total)
    return None, Figure(None, answers, _ESTIMATED, note=_refusal(found.known, why_not)), why_not


def _refusal(known: Known, why_not: Unknown) -> str:
    match why_not:
        case Unknown.NO_WEEKS_BEFORE:
            return (
                f"posting rates are estimated from the {WEEKS_BEFORE} weeks before a period: ask for a week or a first "
                "day, or configure posting_rates"
            )
        case Unknown.TOO_FEW_ANSWERS:
            return _too_few("survey answers", known.answers.negative, "detractors", known.answers.positive, "promoters")
        case Unknown.TOO_FEW_REVIEWS:
            heard = known.together
            return _too_few("reviews", heard.negative, "negative", heard.positive, "positive")


def _too_few(what: str, unhappy: float, bad: str, happy: float, good: str) -> str:
    return (
        f"too few {what} in the {WEEKS_BEFORE} weeks before: {unhappy:g} {bad} and {happy:g} {good}, "
        f"at least {SMALLEST_END_CLASS} needed of each"
    )


def _known(known: Known) -> dict[str, Any] | None:
    if known.since is None or known.until is None:
        return None
    return {
        "since": known.since.isoformat(),
        "until": known.until.isoformat(),
        "answers": asdict(known.answers),
        "reviews": asdict(known.together),
    }


def _figure(shown: Estimate | None, n: int, definition: str, note: str | None) -> dict[str, Any]:
    return (_written(shown, definition) if shown else Figure(None, n, definition, note=note)).document()


def _written(shown: Estimate, definition: str, note: str | None = None) -> Figure:
    return Figure(shown.value, shown.n, definition, shown.low, shown.high, note)
