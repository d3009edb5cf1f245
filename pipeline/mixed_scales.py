"""Answers on two scales in one column of scores, as far as the column shows it: they are refused, never averaged.

A row that tells its own scale ("4/5") is refused by itself. Bare numbers show two scales by a hollow
where the shorter one ends; one that is not there, as where nobody on the longer scale is content, goes unseen.
`benchmarks/mixed_scales.py` says how often it is seen, and how often wrongly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from twelvefold.crawlers.answer_words import read_answer_word

_ENOUGH = 30
_BESIDE_A_HOLLOW = 15
_LABELLED = re.compile(r"(\d+)\s*[-–—:=.(]?\s*(\D+?)\)?")
_MEND = "and scales are not mixed: split the file, or write the one scale in the configuration, as surveys: scale: "


def why_mixed(seen: Counter[float], end: float, texts: Mapping[str, int]) -> str | None:
    """Return why the scores of a column seem to be of two scales, with the mend, or None.

    Args:
        seen: How often each score stands in the column.
        end: Of the shortest usual scale that holds them.
        texts: The answers that are no bare numbers.
    """
    if label := _twice_labelled(texts):
        return f"{label!r} stands beside scores of two scales, {_MEND}[1, {end:g}]"
    if end == 10 and _lacks_six_and_seven(seen):
        return (
            "many of its scores are 4 or 5 and hardly any 6 or 7, so answers on 1 to 5 seem to stand among answers "
            f"on 0 to 10, {_MEND}[0, 10]"
        )
    if end == 7 and _lacks_six(seen):
        return (
            "its 5 and 7 are each chosen twice as often as its 6 or more, so answers on 1 to 5 seem to stand among "
            f"answers on 1 to 7, {_MEND}[1, 7]"
        )
    return None


def _lacks_six_and_seven(seen: Counter[float]) -> bool:
    """Return whether many a 4 and 5, and hardly a 6 or 7, stand in scores of up to 10.

    On a scale of 10 few choose just below or at its middle and pass over what is just above it.
    """
    top_of_five, above = seen[4.0] + seen[5.0], seen[6.0] + seen[7.0]
    total = seen.total()
    return total >= _ENOUGH and top_of_five >= total / 5 and top_of_five >= 3 * above


def _lacks_six(seen: Counter[float]) -> bool:
    """Return whether scores of up to 7 have a hollow at 6: on one scale who chooses 5 or 7 does not pass over it."""
    beside = min(seen[5.0], seen[7.0])
    return beside >= _BESIDE_A_HOLLOW and beside >= 2 * seen[6.0]


def _twice_labelled(texts: Mapping[str, int]) -> str | None:
    """Return an answer in words that stands beside two scores that are no neighbours ("5 - Very easy", "7 - ...")."""
    beside: dict[str, set[int]] = {}
    for text in texts:
        if (found := _LABELLED.fullmatch(text)) and read_answer_word(found[2]):
            beside.setdefault(found[2].strip().casefold(), set()).add(int(found[1]))
    return next((label for label, scores in beside.items() if max(scores) - min(scores) > 1), None)
