"""What an operator can do about each way in which a source may have ended."""

from __future__ import annotations

from twelvefold.records import Completeness, SourceResult, SourceStatus

_BY_STATUS = {
    SourceStatus.EMPTY: "if there should be something, look in a browser and check its keys in config.yaml",
    SourceStatus.PARTIAL: "raise its budget if that is what was spent; otherwise the next night reads it again",
    SourceStatus.BLOCKED: "ask the site for access, or use its official API; Twelvefold gets around no wall",
    SourceStatus.LAYOUT_CHANGED: "look for a newer Twelvefold, and report the source if there is none",
    SourceStatus.RATE_LIMITED: "raise network.delay_s, or ask it less often (every: 2)",
    SourceStatus.DISALLOWED: "its robots.txt forbids it: ask the site, use its official API, or take the source out",
    SourceStatus.FAILED: "read the message; the next night asks again",
}
_BY_COMPLETENESS = {
    Completeness.GAP: "the next night reads everything again to close the gap",
    Completeness.WINDOW_OVERFLOW: "the source shows no more than that: ask it more often, or use its official API",
}
_SILENT = "open the source in a browser: if it shows new reviews there, report it; if not, nothing is wrong"


def advice(result: SourceResult) -> str:
    """Return what to do about a source's result, or "" where there is nothing to do."""
    if result.silent:
        return _SILENT
    if result.status is SourceStatus.OK:
        return _BY_COMPLETENESS.get(result.completeness, "")
    return _BY_STATUS[result.status]
