"""Days and months told apart by the whole column: 3/4/2026 alone does not say which is which.

A spreadsheet writes dates in its owner's order. If one value of the column has a first number
over 12, the day stands first everywhere; if one has a second number over 12, the month does.
A column that shows neither is read in the order of the language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})\s*(?P<mark>[/.\-])\s*(?P<then>\d{1,2})\s*(?P=mark)\s*(?P<year>\d{4}|\d{2})(?!\d)(?P<rest>.*)",
    re.DOTALL,
)
_MONTH_FIRST_LANGUAGES = ("en", "en-us", "en-ph")


@dataclass
class DateColumn:
    """What one column of dates has shown.

    Attributes:
        day_first, month_first: How many values can only be read in that order.
        either: How many can be read in both.
    """

    day_first: int = 0
    month_first: int = 0
    either: int = 0

    def look(self, value: str) -> None:
        """Take one value into account."""
        found = _YEAR_LAST.match(value.strip())
        if found is None:
            return
        first, then = int(found["first"]), int(found["then"])
        if found["mark"] == "." or (first > 12 >= then):
            self.day_first += 1
        elif then > 12 >= first:
            self.month_first += 1
        elif first != then:
            self.either += 1

    def is_month_first(self, language: str | None) -> bool:
        """Return whether the month stands first; `language` decides where the column does not."""
        if self.day_first != self.month_first:
            return self.month_first > self.day_first
        return (language or "").lower() in _MONTH_FIRST_LANGUAGES

    def note(self, header: str, language: str | None) -> str:
        """Return how the column is read, in a sentence; nothing where there was no choice."""
        if not (self.day_first or self.month_first or self.either):
            return ""
        order = "month/day" if self.is_month_first(language) else "day/month"
        if not self.day_first and not self.month_first:
            return f"dates in {header!r} fit both ways; read as {order}/year for the brand's language"
        if self.day_first and self.month_first:
            return f"dates in {header!r} are mostly {order}/year; those that cannot be are rejected"
        return f"dates in {header!r} are {order}/year"

    def iso(self, value: str, language: str | None) -> str:
        """Return `value` with its year first where its order was in doubt, else as it is.

        The result may be no date at all (2026-02-31): who reads it finds out.
        """
        found = _YEAR_LAST.match(value.strip())
        if found is None:
            return value
        first, _, then, year, rest = found.groups()
        day, month = (then, first) if self.is_month_first(language) else (first, then)
        if len(year) == 2:
            year = ("19" if int(year) >= 70 else "20") + year
        return f"{year}-{month:0>2}-{day:0>2}{rest.replace(',', ' ')}"
