"""Exact tests of counts: plain numbers in, a chance out."""

from __future__ import annotations

import math


def chance_of_so_few_with(has: int, of: int, had: int, before: int) -> float:
    """Return the chance that at most `has` of the `of` newer ones have a mark, if it were all one population.

    Fisher's exact test, one-sided; `had` of the `before` older ones have the mark.
    """
    having = has + had
    whole = _log_choose(of + before, of)
    lowest = max(0, having - before)
    return sum(
        math.exp(_log_choose(having, k) + _log_choose(of + before - having, of - k) - whole)
        for k in range(lowest, has + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
