"""The balance carried on from week to week is the one weighed anew for each."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import Rule
from twelvefold.pipeline.chronicle import Chronicle
from twelvefold.pipeline.running import WeekWeighed, weigh_weeks
from twelvefold.pipeline.week import Week, weeks_between
from twelvefold.pipeline.weighing import Day, Shown, Standing, standing, undecayed
from twelvefold.records import Sentiment
from twelvefold.storage.packed_counts import DAYS
from twelvefold.storage.series import Series

MONDAY = date(2016, 1, 4)
days = st.builds(
    Day,
    local_date=st.integers(0, 400).map(lambda offset: MONDAY + timedelta(days=offset)),
    weight=st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    label=st.sampled_from([*Sentiment, Sentiment.POSITIVE]),
    resolved=st.booleans(),
    n=st.integers(1, 40),
)
rules = st.builds(
    Rule,
    k=st.sampled_from([0.5, 1, 12]),
    resolved_weight=st.sampled_from([0, 1, 12]),
    half_life_days=st.sampled_from([0.5, 7.0, 90.0, 3650.0]),
)


def weeks_of(told: list[Day], rule: Rule, weeks: list[Week]) -> list[WeekWeighed]:
    found: dict[Any, Any] = {}
    for day in told:
        chunk, place = divmod(day.local_date.toordinal(), DAYS)
        line = found.setdefault((day.weight, day.label, day.resolved, chunk), np.zeros(DAYS, np.int64))
        line[place] += day.n
    series = [Series("shop", *line, chunk * DAYS, counts) for (*line, chunk), counts in found.items()]
    return list(weigh_weeks(Chronicle.of(series), rule, weeks))


def numbers(shown: Shown) -> list[Any]:
    ends = [shown.estimate.value, shown.estimate.low, shown.estimate.high] if shown.estimate else []
    return [shown.n, shown.refusal, *(pytest.approx(end, rel=1e-9, abs=1e-9) for end in ends)]


def written(weighed: Standing) -> list[Any]:
    estimates = (weighed.index, weighed.positive_share, weighed.debt, *weighed.sensitivity.values())
    return [
        [shown.n, shown.refusal, *((e.value, e.low, e.high) if (e := shown.estimate) else ())] for shown in estimates
    ]


def expected(weighed: Standing) -> list[Any]:
    return [
        numbers(shown) for shown in (weighed.index, weighed.positive_share, weighed.debt, *weighed.sensitivity.values())
    ]


@given(st.lists(days, min_size=1, max_size=60), rules)
def test_every_week_is_as_if_weighed_anew(told: list[Day], rule: Rule) -> None:
    told = sorted(told, key=lambda day: (day.local_date, day.weight, day.label, day.resolved))
    weeks = weeks_between(told[0].local_date, told[-1].local_date + timedelta(days=20))
    weighed = weeks_of(told, rule, weeks)
    assert [each.week for each in weighed] == weeks
    for each in weighed:
        anew = standing(told, rule, each.week.last_day)
        assert written(each.standing) == expected(anew)
        kept, sums = each.standing.balance, anew.balance
        for name in ("praise", "open", "resolved", "neutral"):
            assert math.isclose(getattr(kept.tally, name), getattr(sums.tally, name), rel_tol=1e-9, abs_tol=1e-300)
        assert kept.tally.n_eff == pytest.approx(sums.tally.n_eff, rel=1e-9) or sums.index is None
        assert (kept.resolve_instead, kept.no_way_out) == (sums.resolve_instead, sums.no_way_out)
        assert written(each.within) == expected(undecayed(told, rule, each.week.since, each.week.until))


def test_what_was_heard_ages_ago_still_has_its_share() -> None:
    told = [Day(MONDAY, 1.0, label, False, 20) for label in (Sentiment.NEGATIVE, Sentiment.POSITIVE)]
    rule = Rule(k=12, resolved_weight=1, half_life_days=1)
    weeks = weeks_between(MONDAY, MONDAY + timedelta(days=1000))
    last = weeks_of(told, rule, weeks)[-1].standing
    assert last.positive_share.estimate is not None
    assert last.positive_share.estimate.value == pytest.approx(0.5)
    assert last.balance.tally.n_eff == pytest.approx(40)


def test_cases_of_several_sources_are_resolved_heaviest_first() -> None:
    told = [
        Day(MONDAY, 4.0, Sentiment.NEGATIVE, False, 3),
        Day(MONDAY, 1.0, Sentiment.POSITIVE, False, 100),
        Day(MONDAY + timedelta(days=7), 1.0, Sentiment.NEGATIVE, False, 30),
    ]
    rule = Rule(k=12, resolved_weight=1, half_life_days=7)
    weighed = weeks_of(told, rule, weeks_between(MONDAY, MONDAY + timedelta(days=14)))
    # The week after, the old praises weigh 50 and the old complaints 2 each: 12 x (30 + 6) - 50 = 382 are owed,
    # three old cases pay 66, and of the 30 new ones 29 the rest.
    last = weighed[-1].standing.balance
    assert last.tally.praise == pytest.approx(50 * 2 ** (-6 / 7))
    assert (last.resolve_instead, last.no_way_out) == (3 + 29, None)
