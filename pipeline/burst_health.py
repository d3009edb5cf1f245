"""The bursts of a period as `health` and the digest show them: each with the balance as it is and without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.burst_counts import of_bursts, said_in_bursts, taken_away
from twelvefold.pipeline.chronicle import Chronicle, Groups, sources_heard, weighed_as_configured
from twelvefold.pipeline.health_blocks import figure
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import Rollups

WEEKS = 13
"""Where no period is asked for, bursts of the last quarter are shown."""

NOT_LOOKED = "no night has looked for bursts yet"


class Bursts(Protocol):
    """Where kept bursts come from."""

    def touching(self, brand_id: int, model: str, since: date, until: date) -> Sequence[dict[str, Any]]:
        """Return the bursts with a day in [since, until), in order of time."""

    def looked_at(self, brand_id: int, model: str) -> tuple[date, date] | None:
        """Return the first and the last of the days that nights have looked at, or None where no night has."""


class Heard(Protocol):
    """What bursts need of a unit of work."""

    @property
    def rollups(self) -> Rollups:
        """The daily counts."""

    @property
    def bursts(self) -> Bursts:
        """The kept bursts."""


def bursts_entry(
    work: Heard,
    brand: Brand,
    rule: Rule,
    brand_id: int,
    model: str,
    *,
    since: date | None = None,
    until: date | None = None,
    week: Week | None = None,
    sources: Groups[str | None] | None = None,
) -> dict[str, Any]:
    """Return the `bursts` entry of a period: what was found, and the balance with and without it.

    Nothing is left out of any other figure: a burst may be as true as all else that is said.

    Args:
        week: Stands in the place of `since` and `until`, and adds the balance of the week alone.
        sources: What `sources_heard` tells, where it has been asked already.
    """
    if week is not None:
        since, until = week.since, week.until
    if until is None:
        sources = sources or sources_heard(work.rollups, brand, brand_id, model)
        newest = sources.together.last_day
        until = newest + timedelta(days=1) if newest else date.min
    first = since or (until - timedelta(weeks=WEEKS) if until > date.min else until)
    note = _not_looked_at(work.bursts.looked_at(brand_id, model), first, until)
    found = work.bursts.touching(brand_id, model, first, until)
    if not found:
        return {"found": [], "note": note, "balance": None, "balance_week": None}
    heard = (sources or sources_heard(work.rollups, brand, brand_id, model, until)).together
    said = said_in_bursts(work.rollups, brand_id, model, found, until)
    last_day = until - timedelta(days=1)

    def without(*left_out: dict[str, Any]) -> Chronicle:
        return heard.changed_by(weighed_as_configured(taken_away(of_bursts(said, left_out)), brand))

    def index(heard: Chronicle, what: str) -> dict[str, Any]:
        return figure(heard.standing(rule, last_day).index, f"standing review balance, uncorrected, {what}")

    rest = without(*found)
    return {
        "found": [one | {"balance_without": index(without(one), "without this burst")} for one in found],
        "note": note,
        "balance": {
            "with": index(heard, "all mentions"),
            "without": index(rest, "without the mentions of these bursts"),
        },
        "balance_week": {
            name: figure(theirs.undecayed(rule, week.since, week.until).index, f"uncorrected balance of {week}, {what}")
            for name, theirs, what in (
                ("with", heard, "all mentions"),
                ("without", rest, "without the mentions of these bursts"),
            )
        }
        if week
        else None,
    }


def _not_looked_at(looked_at: tuple[date, date] | None, since: date, until: date) -> str | None:
    """Return in words which days of [since, until) no night has looked at, or None where all have been."""
    if until <= since:
        return None
    if looked_at is None:
        return NOT_LOOKED
    first, last = looked_at
    if first <= since and until - timedelta(days=1) <= last:
        return None
    return f"nights have looked for bursts from {first} to {last} only"
