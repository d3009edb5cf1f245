"""Ratings as sources write them, and the same opinion on the scale of one to five."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

DEFAULT_SCALE = (1.0, 5.0)
THUMBS = (0.0, 1.0)

_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0}
_UP = frozenset({"up", "thumbs up", "thumbs_up", "recommended", "true", "👍"})
_DOWN = frozenset({"down", "thumbs down", "thumbs_down", "not recommended", "not_recommended", "false", "👎"})
_CHINESE = {"零": 0.0, "一": 1.0, "二": 2.0, "兩": 2.0, "两": 2.0, "三": 3.0, "四": 4.0, "五": 5.0, "十": 10.0}
_CHINESE_STARS = re.compile(r"([零一二兩两三四五十])(半)?\s*[顆颗個个]?\s*[星分](半)?")
_FULL_STARS = "★⭐🌟"
_DRAWN_STARS = re.compile(f"([{_FULL_STARS}]*)([½⯨⯪]?)(☆*)")
_NUMBER = r"[-+]?\d{1,6}(?:[.,]\d{1,9})?"
_OUT_OF = re.compile(
    rf"({_NUMBER})(?:\s*[^\W\d]+)?\s*(?:[/⁄]|out of|of|sur|von|de|di|su|van|av|af|sobre|點滿分|滿分)\s*({_NUMBER})",
    re.IGNORECASE,
)
_ANY_NUMBER = re.compile(rf"(?<![\d.,])({_NUMBER})(\s*%)?(?![\d]|[.,]\d)")


@dataclass(frozen=True)
class Rating:
    """One rating as told, and `stars`: the same on 1-5, or None where its scale makes no sense.

    Attributes:
        worst, best: The scale's ends where they are told, else None.
    """

    value: float | None = None
    worst: float | None = None
    best: float | None = None
    stars: float | None = None


def read_rating(
    value: float | str | None,
    worst: float | str | None = None,
    best: float | str | None = None,
    scale: tuple[float, float] | None = None,
) -> Rating:
    """Return the rating that a source told, whatever its spelling.

    The scale is the one written with the value ("4/5"), else the one told beside it,
    else the source's own `scale` (worst, best), else 1 to 5 as schema.org has it
    (schema.org/Rating: bestRating and worstRating). The last is taken only if the
    rating fits, and is not recorded. A thumb, up or down, is 1 or 0 and gives no stars:
    it does not say how much somebody liked a thing.
    """
    number, own_worst, own_best = _read(value)
    if number is None:
        return Rating()
    low = own_worst if own_worst is not None else _read(worst)[0]
    high = own_best if own_best is not None else _read(best)[0]
    if scale is not None and own_best is None:
        low, high = (scale[0] if low is None else low), (scale[1] if high is None else high)
    return Rating(number, low, high, _stars(number, low, high))


def _stars(number: float, worst: float | None, best: float | None) -> float | None:
    """Return `number` moved linearly from worst..best to 1..5, or None where that cannot be."""
    low = DEFAULT_SCALE[0] if worst is None else worst
    high = DEFAULT_SCALE[1] if best is None else best
    if low >= high or not low <= number <= high or (low, high) == THUMBS:
        return None
    return round(1 + 4 * (number - low) / (high - low), 6)


def _read(written: float | str | None) -> tuple[float | None, float | None, float | None]:
    """Return the number, and the worst and best where the same words tell them."""
    if written is None:
        return None, None, None
    if isinstance(written, bool):
        return float(written), *THUMBS
    if isinstance(written, (int, float)):
        return (float(written) if math.isfinite(written) else None), None, None
    # NFKC would turn a half into "1⁄2", so that is written out first.
    words = " ".join(unicodedata.normalize("NFKC", written[:100].replace("½", ".5")).split()).casefold()
    if words in _UP or words in _DOWN:
        return float(words in _UP), *THUMBS
    return _drawn(written[:100]) or _counted(words)


def _drawn(written: str) -> tuple[float, None, float | None] | None:
    """Return what stars drawn in a row say: "★★★★☆" is four of five."""
    stars = _DRAWN_STARS.fullmatch("".join(written.replace("\ufe0f", "").split()))
    if not stars or not stars[0]:
        return None
    half = 0.5 if stars[2] else 0.0
    total = len(stars[1]) + (1 if half else 0) + len(stars[3])
    return len(stars[1]) + half, None, float(total) if stars[3] or total > DEFAULT_SCALE[1] else None


def _counted(words: str) -> tuple[float | None, float | None, float | None]:
    """Return what numerals or number words say: "4,5", "four", "4 out of 5", "87 %", "五顆星"."""
    if pair := _OUT_OF.search(words):
        return _number(pair[1]), None, _number(pair[2])
    if stars := _CHINESE_STARS.search(words):
        return _CHINESE[stars[1]] + (0.5 if stars[2] or stars[3] else 0.0), None, None
    numbers = _ANY_NUMBER.findall(words)
    if len(numbers) == 1:
        number, percent = numbers[0]
        return (_number(number), 0.0, 100.0) if percent else (_number(number), None, None)
    named = [_WORDS[word] for word in re.findall(r"[a-z]+", words) if word in _WORDS]
    return (named[0] if len(named) == 1 and not numbers else None), None, None


def _number(written: str) -> float:
    return float(written.replace(",", "."))
