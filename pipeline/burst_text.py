"""Bursts as a person reads them at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOOKS = {
    ("campaign", "negative"): "looks like a review bomb",
    ("campaign", "positive"): "looks like organised praise",
    ("campaign", None): "looks organised",
    ("turn", "negative"): "opinions turned against the brand: an event or a campaign, which cannot be told from here",
    ("turn", "positive"): "opinions turned in its favour: an event or a campaign, which cannot be told from here",
    ("interest", None): "looks like real interest",
}
SIGNS = {
    "negative": "complaints among praises and complaints",
    "copies": "copies of one another",
    "new_authors": "by authors new to the place",
    "without_text": "ratings without a word",
}


def burst_sentence(burst: Mapping[str, Any]) -> str:
    """Return one burst as a sentence: which source, which days, how many, and what it looks like."""
    where = burst["source"] or f"about {burst['subject']}"
    days = burst["first_day"]
    if burst["last_day"] != days:
        days += f" to {burst['last_day']}"
    shares = [
        f"{sign['now']:.0%} {SIGNS[name]} ({sign['before']:.0%} before)"
        for name, sign in burst["signs"].items()
        if sign["rose"] or (name == "negative" and burst["turned"])
    ]
    looks = LOOKS[burst["kind"], burst["turned"]]
    return f"{where}, {days}: {burst['n']} mentions where {burst['expected']:.0f} are usual; " + "; ".join(
        [*shares, looks]
    )


def bursts_text(entry: Mapping[str, Any] | None) -> list[str]:
    """Return the `bursts` entry as sentences; none where nothing was found, and nothing is to be said of where."""
    if not entry:
        return []
    unknown = [f"Bursts: {entry['note']}."] if entry["note"] else []
    if not entry["found"]:
        return unknown
    lines = unknown + [
        f"Burst: {burst_sentence(burst)}."
        + _without(burst["balance_without"], " Without it the uncorrected balance is {:+.1f}.")
        for burst in entry["found"]
    ]
    told = (("balance", "The uncorrected balance"), ("balance_week", "The week alone, uncorrected"))
    for key, name in told:
        pair = entry[key]
        if pair and pair["with"]["value"] is not None:
            rest = _without(pair["without"], "{:+.1f} without these bursts") or "too few mentions without these bursts"
            lines.append(f"{name}: {pair['with']['value'] + 0.0:+.1f} with, {rest}. No figure leaves them out.")
    return lines


def _without(figure: Mapping[str, Any], form: str) -> str:
    return form.format(figure["value"] + 0.0) if figure["value"] is not None else ""
