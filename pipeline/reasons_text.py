"""Why a week moved, as a person reads it at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twelvefold.pipeline.reasons import WEEKS


def why_text(document: Mapping[str, Any] | None) -> list[str]:
    """Return the `why` entry as sentences for a terminal; none where nothing was found."""
    if document is None:
        return []
    said = [
        f"{row['aspect']}: {_moves(row)}"
        for row in document["impact"]
        if any(row[name]["value"] is not None for name in ("balance", "nps", "csat"))
    ]
    lines = [f"With and without an aspect, over {WEEKS} weeks: {'; '.join(said)}."] if said else []
    classes = [f"{row['aspect']} {row['class']}" for row in document["kano"] if row["class"]]
    lines += [f"By penalty and reward: {', '.join(classes)}."] if classes else []
    share = (document["recovery"] or {}).get("share")
    if share and share["value"] is not None:
        days = document["recovery"]["days"]
        after = f", after {days['value']:.0f} days in the middle" if days["value"] is not None else ""
        lines.append(
            f"Of {share['n']} reviews edited after our reply {100 * share['value']:.0f} % rose "
            f"(95 % {100 * share['low']:.0f} to {100 * share['high']:.0f}){after}."
        )
    if document["words"]:
        words = ", ".join(f"{word['word']} ({word['now']})" for word in document["words"])
        lines.append(f"New this week: {words}.")
    return lines


def _moves(row: Mapping[str, Any]) -> str:
    parts = (("balance", "balance", 1), ("NPS", "nps", 1), ("CSAT", "csat", 100))
    return ", ".join(
        f"{name} {row[key]['value'] * scale + 0.0:+.1f} ({row[key]['low'] * scale:+.1f} to "
        f"{row[key]['high'] * scale:+.1f})"
        for name, key, scale in parts
        if row[key]["value"] is not None
    )
