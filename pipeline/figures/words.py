"""Which words are new this week: log-odds against the weeks before, with a prior that knows how people talk.

A word counts once for each mention that has it, as one who repeats himself is still one voice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

LEAST_MENTIONS = 5
"""A word in fewer mentions than this is not looked at: it is somebody's, not the week's."""

PRIOR_WEIGHT = 500.0
"""How many words the prior counts as: it draws rare words to how often all weeks together have them."""

ERROR_RATE = 0.05
"""How often a week in which nothing is new may name any word."""


@dataclass(frozen=True)
class FreshWord:
    """A word that the week has more often than the weeks before.

    Attributes:
        now, before: Mentions that have it.
        log_odds: By how much its odds rose, as a natural logarithm.
        z: `log_odds` in standard errors.
    """

    word: str
    now: int
    before: int
    log_odds: float
    z: float


def fresh_words(now: Mapping[str, int], before: Mapping[str, int]) -> list[FreshWord]:
    """Return the words that rose beyond noise, those with the highest z first.

    `now` and `before` map every word of the week and of the weeks before it to how many mentions
    have it. The prior is informative: each word's share of both together, counting as
    PRIOR_WEIGHT words. z ranks; it does not decide, as it takes counts of five for normal: in
    simulated quiet weeks it alone named a word in 44 of 100. A word is named where the exact test
    of its mentions, given how many the weeks together have, rejects at ERROR_RATE divided by the
    number of words so tested (Bonferroni).
    Source: B. L. Monroe, M. P. Colaresi, K. M. Quinn, "Fightin' words: lexical feature selection
    and evaluation for identifying the content of political conflict", Political Analysis 16
    (2008) 372-403, equations 15, 16, 20 and 22; J. Przyborowski, H. Wilenski, "Homogeneity of
    results in testing samples from Poisson series", Biometrika 31 (1940) 313-323.
    """
    total_now, total_before = sum(now.values()), sum(before.values())
    if not total_now or not total_before:
        return []
    tested = [word for word in now.keys() | before.keys() if now.get(word, 0) + before.get(word, 0) >= LEAST_MENTIONS]
    found = []
    for word in tested:
        has, had = now.get(word, 0), before.get(word, 0)
        share = total_now / (total_now + total_before)
        if has < LEAST_MENTIONS or has <= share * (has + had) or len(tested) < 2:
            continue
        if _at_least(has, has + had, share) * len(tested) > ERROR_RATE:
            continue
        prior = PRIOR_WEIGHT * (has + had) / (total_now + total_before)
        log_odds = _log_odds(has + prior, total_now + PRIOR_WEIGHT) - _log_odds(
            had + prior, total_before + PRIOR_WEIGHT
        )
        found.append(FreshWord(word, has, had, log_odds, log_odds / math.sqrt(1 / (has + prior) + 1 / (had + prior))))
    return sorted(found, key=lambda fresh: (-fresh.z, fresh.word))


def _log_odds(count: float, total: float) -> float:
    return math.log(count / (total - count))


def _at_least(successes: int, trials: int, share: float) -> float:
    """Return the chance of at least so many successes, more than expected, among so many trials."""
    failures = trials - successes
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(failures + 1)
        + successes * math.log(share)
        + failures * math.log1p(-share)
    )
    total = 0.0
    for reached in range(successes, trials + 1):
        total += term
        if term <= total * 1e-12:
            break
        term *= (trials - reached) / (reached + 1) * share / (1 - share)
    return total
