"""The two blocks of the `health` document: balances and figures as the contract shapes them.

Every figure carries its n, its interval and its definition; what the data cannot carry is null with the reason.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from twelvefold.config import Rule
from twelvefold.pipeline.customer_health import NOT_SPLIT, CustomerFigures, refused
from twelvefold.pipeline.figures.balance import NoWayOut
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.voice_document import voice_document
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import SMALLEST_N, Answers, Correction, Method, Refusal, Scale, Shown, Standing
from twelvefold.records import Figure

STARS = (
    "mean of the stars that reviewers gave in the period, rescaled to 1-5, each counting one; adjusted Wald interval"
)
UNCORRECTED = {
    Method.NOT_CALIBRATED: "the model does not say for which shares of classes its probabilities hold",
    Method.NOT_KEPT: "the next night counts how likely each class is",
}
CORRECTED = {
    Method.PROBABILITIES: "classifier error corrected by the probabilities of its classes",
    Method.LABELS: "classifier error corrected by {labels} labels that people gave to mentions drawn by chance",
}
WILSON = "classes as counted; Wilson interval on the positive share"
INTERVALS = {
    Method.PROBABILITIES: "classifier error corrected; profile-likelihood interval on the positive share, widened by "
    "how the classifier's error differs from source to source",
    Method.LABELS: "classifier error corrected; posterior interval on the positive share",
}
NO_WAY_OUT = {
    NoWayOut.RULE: "resolving complaints does not lower the debt, as k is not above the resolved weight",
    NoWayOut.TOO_FEW_CASES: "resolving every open complaint would not be enough by itself",
}
UNSPLIT_CUSTOMERS = refused(NOT_SPLIT)


def blocks(
    standing_now: Standing,
    within: Standing | None,
    asked: Answers,
    stars: Shown,
    rule: Rule,
    week: Week | None,
    last_day: date | None,
    customers: CustomerFigures = UNSPLIT_CUSTOMERS,
) -> dict[str, Any]:
    """Return the two blocks, and what is not built yet, as the contract shapes them.

    Ages are counted to `last_day`, which is None where nothing was ever heard.
    """
    before = "all mentions" + (f" up to {last_day}, halved every {rule.half_life_days:g} days" if last_day else "")
    return {
        "satisfaction": {
            "balance": balance_document(standing_now, rule, before),
            "balance_week": balance_document(within, rule, f"mentions of {week} alone, undecayed") if within else None,
            "csat": figure(asked.csat, f"CSAT: share of the two best answers{_on(asked.csat.scale)}; Wilson interval"),
            "ces": figure(asked.ces, f"customer effort: mean{_on(asked.ces.scale)}, high = easy"),
            "stars": figure(stars, STARS),
        },
        "loyalty": {
            "nps": figure(
                asked.nps, "NPS from surveys: 100 x (promoters 9-10 - detractors 0-6) / n; adjusted Wald interval"
            ),
            **customers.loyalty(),
        },
        **customers.entries(*_experience(asked, within or standing_now)),
        "voice": voice_document(None, rule),
    }


def _experience(asked: Answers, weighed: Standing) -> tuple[Estimate | None, str]:
    """Return what was felt, in 0..1, and its name: CSAT, or the positive share where no survey asked."""
    if asked.csat.estimate is not None:
        return asked.csat.estimate, "CSAT"
    return weighed.positive_share.estimate, "positive share"


def balance_document(shown: Standing, rule: Rule, scope: str) -> dict[str, Any]:
    """Return a balance as the contract shapes it; `scope` says which mentions it weighs."""
    weighed, correction = shown.balance, shown.correction
    interval = interval_words(correction)

    def index_at(k: float, interval: str = interval) -> str:
        return (
            f"review balance, {scope}: 100 (P - C) / (P + C) with C = {k:g} x open + {rule.resolved_weight:g} x "
            f"resolved complaints; 0 = break-even; {k:g} is a rule of thumb; {interval}"
        )

    debt = figure(shown.debt, f"praises of full weight still to earn, {scope}: max(0, C - P)")
    if debt["value"] is not None and weighed.no_way_out is not None:
        debt["note"] = NO_WAY_OUT[weighed.no_way_out]
    return {
        "index": index_figure(shown, index_at(rule.k)),
        "index_raw": figure(correction.raw_index if correction else shown.index, index_at(rule.k, WILSON)),
        "correction": {
            "method": correction.method.value if correction and correction.is_made else None,
            "labels": correction.labels if correction else 0,
            "note": correction_sentence(correction),
        },
        "positive_share": figure(shown.positive_share, f"P / (P + N), {scope}; {interval}"),
        "P": weighed.tally.praise,
        "N_open": weighed.tally.open,
        "N_resolved": weighed.tally.resolved,
        "neutral": weighed.tally.neutral,
        "debt": debt,
        "resolve_instead": weighed.resolve_instead if shown.debt.estimate else None,
        "k": weighed.k,
        "sensitivity": {str(k): figure(at, index_at(k)) for k, at in shown.sensitivity.items()},
    }


def index_figure(weighed: Standing, definition: str) -> dict[str, Any]:
    """Return the index of a balance, with a note where the classifier's error is still in it."""
    index, correction = figure(weighed.index, definition), weighed.correction
    if correction is None or not correction.is_made:
        index["note"] = index["note"] or correction_sentence(correction)
    return index


def interval_words(correction: Correction | None) -> str:
    """Return in words which interval goes with a correction."""
    return INTERVALS.get(correction.method, WILSON) if correction else WILSON


def correction_sentence(correction: Correction | None) -> str:
    """Return in words what was done about the classifier's error."""
    if correction is None:
        return "uncorrected"
    said = CORRECTED.get(correction.method) or f"uncorrected: {UNCORRECTED[correction.method]}"
    if correction.labels and correction.method is not Method.LABELS:
        said += ", as the {labels} labels of its own mentions do not suffice"
    return said.format(labels=correction.labels)


def figure(shown: Shown, definition: str) -> dict[str, Any]:
    """Return a figure as the contract shapes it; a refused one has a null value and the reason."""
    estimate = shown.estimate
    notes = [reason] if (reason := refusal_note(shown)) else []
    if shown.left_out:
        notes.append(f"left out, as on another scale: {shown.left_out}")
    return Figure(
        value=estimate.value if estimate else None,
        n=shown.n,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        definition=definition,
        note="; ".join(notes) or None,
    ).document()


def refusal_note(shown: Shown) -> str | None:
    """Return in words why a figure is not shown, or None where it is."""
    match shown.refusal:
        case Refusal.TOO_FEW:
            what = "answers" if shown.scale else "mentions"
            return f"too few {what}: {shown.n}, at least {SMALLEST_N} needed"
        case Refusal.NO_DATA:
            return "no data"
        case Refusal.STARS_NOT_SPLIT:
            return "stars are not split this way"
        case Refusal.NOT_SPLIT:
            return "survey answers are not split this way"
        case None:
            return None


def _on(scale: Scale | None) -> str:
    return f" on the scale {scale[0]:g}-{scale[1]:g}" if scale else ""
