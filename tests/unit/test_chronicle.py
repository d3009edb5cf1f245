"""Arrays weigh what was heard as weighing it one day after the other does."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import Rule
from twelvefold.pipeline.chronicle import Chronicle, by_group, counts_of_sources
from twelvefold.pipeline.weighing import Day, Shown, Standing, standing, undecayed
from twelvefold.records import Sentiment
from twelvefold.storage.packed_counts import DAYS
from twelvefold.storage.series import Series

MONDAY = date(2026, 11, 16)
days = st.builds(
    Day,
    local_date=st.one_of(st.integers(-1100, 40), st.just(-20_000)).map(lambda offset: MONDAY + timedelta(days=offset)),
    weight=st.sampled_from([0.0, 0.3, 1.0, 2.5]),
    label=st.sampled_from([*Sentiment, Sentiment.POSITIVE]),
    resolved=st.booleans(),
    n=st.integers(1, 400),
)
rules = st.builds(
    Rule,
    k=st.sampled_from([0.5, 1, 12]),
    resolved_weight=st.sampled_from([0, 1, 12]),
    half_life_days=st.sampled_from([0.5, 7.0, 90.0, 3650.0]),
)


def series(told: list[Day], key: str | None = "shop") -> list[Series]:
    """Return days as they are read from the database: one series for each class and 512 days."""
    found: dict[tuple[float, Sentiment, bool, int], Any] = {}
    for day in told:
        chunk, place = divmod(day.local_date.toordinal(), DAYS)
        line = found.setdefault((day.weight, day.label, day.resolved, chunk), np.zeros(DAYS, np.int64))
        line[place] += day.n
    return [Series(key, *line, chunk * DAYS, counts) for (*line, chunk), counts in found.items()]


def numbers(weighed: Standing) -> list[Any]:
    def written(shown: Shown) -> list[Any]:
        found = shown.estimate
        return [shown.n, shown.refusal, *((found.value, found.low, found.high) if found else ())]

    shown = (weighed.index, weighed.positive_share, weighed.debt, *weighed.sensitivity.values())
    return [number for each in shown for number in written(each)]


def alike(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if isinstance(a, float) and b is not None else a == b
        for a, b in zip(one, other, strict=True)
    )


@given(st.lists(days, max_size=40), rules, st.integers(-1200, 60))
def test_arrays_give_the_same_figures(told: list[Day], rule: Rule, offset: int) -> None:
    last_day = MONDAY + timedelta(days=offset)
    heard, anew = Chronicle.of(series(told)), standing(told, rule, last_day)
    found = heard.standing(rule, last_day)
    assert alike(numbers(found), numbers(anew))
    assert (found.balance.resolve_instead, found.balance.no_way_out) == (
        anew.balance.resolve_instead,
        anew.balance.no_way_out,
    )
    for name in ("praise", "open", "resolved", "neutral", "n_eff"):
        mine, theirs = getattr(found.balance.tally, name), getattr(anew.balance.tally, name)
        # What has faded to nothing shows no index, whatever stands behind it.
        assert math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-300) or (name == "n_eff" and not anew.balance.index)
    since = last_day - timedelta(days=7)
    assert alike(
        numbers(heard.undecayed(rule, since, last_day)),
        numbers(undecayed(told, rule, since, last_day)),
    )
    assert heard.mentions(since, last_day) == sum(day.n for day in told if since <= day.local_date < last_day)


@given(st.lists(days, max_size=20), st.lists(days, max_size=20), rules, st.integers(-1200, 60))
def test_groups_weighed_side_by_side_are_as_each_alone(
    some: list[Day], others: list[Day], rule: Rule, offset: int
) -> None:
    last_day = MONDAY + timedelta(days=offset)
    groups = by_group(series(some, "a") + series(others, None), lambda each: each.key)
    alone = {key: Chronicle.of(series(told, key)) for key, told in (("a", some), (None, others)) if told}
    since = last_day - timedelta(days=7)
    assert groups.standings(rule, last_day) == {key: each.standing(rule, last_day) for key, each in alone.items()}
    assert groups.undecayed(rule, since, last_day) == {
        key: each.undecayed(rule, since, last_day) for key, each in alone.items()
    }


@given(st.lists(days, max_size=20), st.integers(-1200, 60))
def test_two_weeks_of_sources_are_counted_under_their_first_days(told: list[Day], offset: int) -> None:
    since = MONDAY + timedelta(days=offset)
    found: Counter[Any] = Counter()
    for count in counts_of_sources(by_group(series(told), lambda each: each.key), since, since + timedelta(days=14)):
        found[count.local_date, count.source, count.label, count.resolved] += count.n
    expected: Counter[Any] = Counter()
    for day in told:
        weeks, _ = divmod((day.local_date - since).days, 7)
        if weeks in (0, 1):
            expected[since + timedelta(days=7 * weeks), "shop", day.label, day.resolved] += day.n
    assert found == expected


@given(st.lists(days, max_size=20), st.lists(days, max_size=20), rules)
def test_groups_add_up_to_the_whole(some: list[Day], others: list[Day], rule: Rule) -> None:
    told = series(some, "a") + series(others, "b")
    groups = by_group(told, lambda each: each.key)
    whole = Chronicle.of(told).tally(rule, MONDAY)
    parts = [group.tally(rule, MONDAY) for group in groups.values()]
    for name in ("praise", "open", "resolved", "neutral", "n"):
        assert math.isclose(getattr(whole, name), sum(getattr(part, name) for part in parts), rel_tol=1e-9)


def test_what_comes_later_changes_no_bit_of_a_past_week() -> None:
    rule = Rule(k=12, resolved_weight=1, half_life_days=90)
    told = [Day(MONDAY - timedelta(days=n * 3), 0.3, list(Sentiment)[n % 3], False, n % 7 + 1) for n in range(300)]
    later = [Day(MONDAY + timedelta(days=n + 1), 1.0, list(Sentiment)[n % 3], n % 2 == 0, 5) for n in range(900)]
    assert Chronicle.of(series(told + later)).standing(rule, MONDAY) == Chronicle.of(series(told)).standing(
        rule, MONDAY
    )


@pytest.mark.parametrize("size", [1, 127, 128, 40_000, 2**40])
def test_packed_counts_hold_any_number(size: int) -> None:
    from twelvefold.storage.packed_counts import pack, unpack, unpack_all

    counts = np.zeros(DAYS, np.int64)
    counts[3], counts[-1] = size, -1
    packed = pack(counts)
    assert np.array_equal(unpack(packed), counts)
    ones = np.ones(DAYS, np.int64)
    assert np.array_equal(unpack_all([packed, pack(ones), packed]), [counts, ones, counts])
    assert len(packed) < DAYS * 8 or size > 2**31
