"""ISO weeks of local days: [Monday, next Monday) in the brand's zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from twelvefold.errors import UnknownName

_WRITTEN = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_SPAN = timedelta(days=7)


@dataclass(frozen=True, order=True)
class Week:
    """One ISO week; `since` is its Monday, `until` the Monday after."""

    since: date

    @classmethod
    def of(cls, day: date) -> Week:
        """Return the week in which `day` lies."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, written: str) -> Week:
        """Return the week that "2026-W47" stands for.

        Raises:
            UnknownName: It is not written so, or the year has no such week.
        """
        match = _WRITTEN.fullmatch(written.strip())
        if match is None:
            raise UnknownName(f"{written!r} is not a week: write year and ISO week, as 2026-W47")
        year, number = int(match.group(1)), int(match.group(2))
        try:
            return cls(date.fromisocalendar(year, number, 1))
        except ValueError as exc:
            raise UnknownName(f"the year {year} has no week {number}: weeks go from W01 to W52 or W53") from exc

    @property
    def until(self) -> date:
        """The first day that is no longer in the week."""
        return self.since + _SPAN

    @property
    def last_day(self) -> date:
        """The Sunday."""
        return self.until - timedelta(days=1)

    def back(self, weeks: int) -> Week:
        """Return the week so many weeks earlier."""
        return Week(self.since - weeks * _SPAN)

    def __str__(self) -> str:
        """Return the week as the contract writes it: 2026-W47."""
        year, number, _ = self.since.isocalendar()
        return f"{year:04d}-W{number:02d}"


def weeks_between(first: date, until: date) -> list[Week]:
    """Return the weeks that have a day in [first, until), in order."""
    weeks = []
    week = Week.of(first)
    while week.since < until:
        weeks.append(week)
        week = Week(week.until)
    return weeks
