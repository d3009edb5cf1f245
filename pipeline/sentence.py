"""The sentences that say in words what the balance asks for; English is their source language."""

from __future__ import annotations

import math
from typing import Protocol

from twelvefold.pipeline.figures.balance import NoWayOut

_ROUNDING = 1e-9


class Speaker(Protocol):
    """A language; `gettext.NullTranslations()` speaks English."""

    def gettext(self, message: str, /) -> str:
        """Return the sentence in this language."""

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the plural form that `n` asks for; it may fill in `{n}` as the language writes numbers."""


def praises_for(debt: float) -> int:
    """Return a debt as whole praises to earn."""
    return math.ceil(debt - _ROUNDING)


def break_even(debt: float | None, resolve_instead: int | None, no_way_out: NoWayOut | None, words: Speaker) -> str:
    """Return what it takes to break even, as one or two sentences in the language of `words`.

    A refused balance has no `debt`.
    """
    if debt is None:
        return words.gettext("There is not enough data yet to say what it takes to break even.")
    praises = praises_for(debt)
    if praises == 0:
        return words.gettext("Nothing is owed: praise makes up for every open complaint.")
    earn = words.ngettext("{n} praise", "{n} praises", praises).format(n=praises)
    if resolve_instead is not None:
        resolve = words.ngettext("{n} complaint", "{n} complaints", resolve_instead).format(n=resolve_instead)
        return words.gettext("Resolve {complaints} or earn {praises} to break even.").format(
            complaints=resolve, praises=earn
        )
    alone = words.gettext("Earn {praises} to break even.").format(praises=earn)
    if no_way_out is NoWayOut.RULE:
        return f"{alone} " + words.gettext("By the configured rule, resolving complaints does not lower the debt.")
    return f"{alone} " + words.gettext("Resolving every open complaint would not be enough by itself.")
