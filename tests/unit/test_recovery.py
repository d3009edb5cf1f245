"""Reviews edited after a reply: what counts as risen, and how soon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.recovery import Edited, Wording, median_days, outcome, recovery_share

START = datetime(2026, 11, 1, tzinfo=UTC)


def wording(day: int, stars: float | None, content: str = "", replied: bool = False) -> Wording:
    return Wording(START + timedelta(days=day), stars, content or f"{stars}", replied)


BAD, REPLY = wording(0, 1), wording(2, 1, replied=True)


@pytest.mark.parametrize(
    ("wordings", "found"),
    [
        ([BAD], None),
        ([BAD, wording(3, 5)], None),  # risen, but nobody had replied
        ([BAD, REPLY], None),  # the reply is no edit
        ([BAD, REPLY, wording(9, 4, replied=True)], Edited(True, 7.0)),
        ([BAD, REPLY, wording(9, 1, "other words", replied=True)], Edited(False, None)),
        ([BAD, REPLY, wording(5, 4, replied=True), wording(8, 1, "again", replied=True)], Edited(False, None)),
        ([BAD, REPLY, wording(5, 1, "more", replied=True), wording(12, 3, replied=True)], Edited(True, 10.0)),
        ([BAD, wording(2, 4, replied=True)], Edited(True, 0.0)),  # both came between two visits
        ([REPLY, wording(5, 3, replied=True)], Edited(True, 3.0)),  # first seen with the reply under it
        ([wording(0, None, "a"), wording(1, None, "a", True), wording(2, None, "b", True)], None),
    ],
)
def test_what_became_of_a_review(wordings: list[Wording], found: Edited | None) -> None:
    assert outcome(wordings, None) == found


def test_the_source_tells_when_the_reply_came() -> None:
    wordings = [BAD, REPLY, wording(9, 4, replied=True)]
    assert outcome(wordings, START + timedelta(days=1)) == Edited(True, 8.0)
    assert outcome(wordings, START + timedelta(days=5)) == Edited(True, 7.0)  # a later change of the reply


def test_the_share_has_wilsons_interval() -> None:
    share = recovery_share(12, 30)
    theirs = stats.binomtest(12, 30).proportion_ci(method="wilson")
    assert (share.low, share.high) == pytest.approx((theirs.low, theirs.high))
    with pytest.raises(ValueError, match="not 3 of 2"):
        recovery_share(3, 2)


@given(st.integers(1, 400))
def test_the_ends_of_the_median_are_the_ranks_that_the_binomial_gives(n: int) -> None:
    found = median_days([float(day) for day in range(n)])
    rank = int(found.low)
    assert found.high == n - 1 - rank
    assert found.value == (n - 1) / 2
    assert rank == 0 or stats.binom.cdf(rank, n, 0.5) <= 0.025 + 1e-12
    assert stats.binom.cdf(rank + 1, n, 0.5) > 0.025 - 1e-12


def test_the_interval_of_the_median_holds_it() -> None:
    dice = np.random.default_rng(5)
    found = [median_days(list(dice.exponential(10, 25))) for _ in range(1_000)]
    held = sum(each.low <= 10 * np.log(2) <= each.high for each in found)
    assert 940 <= held <= 975  # exactly 95.7 % at 25


def test_no_times_have_no_median() -> None:
    with pytest.raises(ValueError, match="at least one"):
        median_days([])
