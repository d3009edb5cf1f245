"""What single cells mean: missing values, numbers and scores in the spelling of any country."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# What R, pandas, spreadsheets and survey tools write where there is nothing.
_MISSING = frozenset({"", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "null", "\\n", "-", "--", "—"})
_MISSING_NUMBER = _MISSING | {"none", "aucun", "aucune", "無", "无", "keine", ".", "?"}
_SCORE = re.compile(
    r"(?P<value>[-+]?\d+(?:[.,]\d+)?)(?:\s*(?:/|out of|sur|von|de)\s*(?P<best>\d+))?"
    r"(?:\s*[-–—:=(]\s*\D.*|\s+\D.*|[^\W\d]\D*)?",
    re.IGNORECASE | re.DOTALL,
)
_SCORE_LAST = re.compile(r"\D+[-–—:=(]\s*(?P<value>\d+)\)?")
_STARS = re.compile(r"([★⭐]+)(☆*)\ufe0f?")
_SHORT = 40  # characters of a cell that is worth remembering, as the same scores come again and again
_AMOUNT_CHARACTERS = re.compile(r"[^\d.,\-+]")


def is_missing(cell: str) -> bool:
    """Return whether a cell says that there is nothing: empty, NA, N/A, NULL ..."""
    return len(cell) < 6 and cell.strip().lower() in _MISSING


@dataclass(frozen=True)
class Score:
    """A score as a cell tells it; `best` is the end of its scale where the cell tells that too ("4/5")."""

    value: float
    best: float | None = None


def read_score(cell: str) -> Score | None:
    """Return the score in a cell, or None where there is none.

    Read are "9", "9,0", "8/10", "9 - Extremely likely", "10 = très satisfait", "Very likely (10)", "★★★★☆",
    full-width figures.

    Raises:
        ValueError: Something else stands there; one sentence.
    """
    return _read_again(cell) if len(cell) <= _SHORT else _read(cell)


def _read(cell: str) -> Score | None:
    text = cell.strip()
    if text.isdecimal() and text.isascii():
        return Score(float(text))
    if text.lower() in _MISSING_NUMBER:
        return None
    text = unicodedata.normalize("NFKC", text).strip("'\" ")
    if drawn := _STARS.fullmatch(text):
        return Score(float(len(drawn[1])), float(len(drawn[1]) + len(drawn[2])) if drawn[2] else None)
    if last := _SCORE_LAST.fullmatch(text):
        return Score(float(last["value"]))
    found = _SCORE.fullmatch(text)
    if found is None:
        if text.endswith("%"):
            raise ValueError(f"{_shown(cell)} is a percentage and no score: scales are not mixed")
        raise ValueError(f"{_shown(cell)} is not a score: a number is needed")
    best = float(found["best"]) if found["best"] else None
    return Score(float(found["value"].replace(",", ".")), best)


_read_again = lru_cache(maxsize=4096)(_read)


@dataclass
class NumberColumn:
    """Tells a decimal comma from a comma between thousands by the whole column.

    Attributes:
        comma_decimal, comma_thousands: How many values can only be read so.
    """

    comma_decimal: int = 0
    comma_thousands: int = 0

    def look(self, cell: str) -> None:
        """Take one value into account."""
        digits = _AMOUNT_CHARACTERS.sub("", cell)
        comma, point = digits.rfind(","), digits.rfind(".")
        if comma < 0 and point < 0:
            return
        tail = len(digits) - max(comma, point) - 1
        if comma >= 0 and point >= 0:
            is_comma = comma > point
        elif comma >= 0:
            if tail == 3 and digits.count(",") == 1:
                return
            is_comma = digits.count(",") == 1
        else:
            if tail == 3 and digits.count(".") == 1:
                return
            is_comma = digits.count(".") > 1
        if is_comma:
            self.comma_decimal += 1
        else:
            self.comma_thousands += 1

    def read(self, cell: str) -> float | None:
        """Return the amount in a cell ("1.234,56 €", "$1,234.56", "1 234,56"), or None where there is none.

        Raises:
            ValueError: Something else stands there; one sentence.
        """
        text = unicodedata.normalize("NFKC", cell).strip()
        if text.lower() in _MISSING_NUMBER:
            return None
        negative = text.startswith("(") and text.endswith(")")
        digits = _AMOUNT_CHARACTERS.sub("", text).rstrip("-.,")
        if self.comma_decimal > self.comma_thousands:
            digits = digits.replace(".", "").replace(",", ".")
        else:
            digits = digits.replace(",", "")
        if len(re.findall(r"[^\W\d_]", text)) > 4 or not re.fullmatch(r"[-+]?\d+(\.\d+)?", digits):
            raise ValueError(f"{_shown(cell)} is not an amount: a number is needed")
        return -float(digits) if negative else float(digits)


def _shown(cell: str) -> str:
    """Return a cell as a message quotes it."""
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")
