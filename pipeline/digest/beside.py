"""The brand beside the others, in one language: a line each, with share of voice and balance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twelvefold.pipeline.digest.words import Words
from twelvefold.pipeline.weighing import SMALLEST_N


def compared_sentences(compared: Mapping[str, Any] | None, words: Words) -> tuple[str, ...]:
    """Return the `compared` entry of a health document as a sentence for each brand; none where there is but one."""
    return tuple(_brand(row, words) for row in (compared["brands"] if compared else ()))


def _brand(row: Mapping[str, Any], words: Words) -> str:
    return words.gettext("{brand}: {mentions}; share of voice {share}; balance {balance}.").format(
        brand=row["brand"],
        mentions=words.ngettext("{n} mention", "{n} mentions", row["mentions"]),
        share=_figure(row["share_of_voice"], words.percent, words),
        balance=_figure(row["balance"], words.decimal, words),
    )


def _figure(shown: Mapping[str, Any], written: Callable[[float], str], words: Words) -> str:
    if shown["value"] is not None:
        return words.gettext("{value} (95% interval {low} to {high})").format(
            value=written(shown["value"]), low=written(shown["low"]), high=written(shown["high"])
        )
    if not shown["n"]:
        return words.gettext("no data")
    return words.gettext("too few mentions: {n}, at least {least} needed").format(
        n=words.whole(shown["n"]), least=words.whole(SMALLEST_N)
    )
