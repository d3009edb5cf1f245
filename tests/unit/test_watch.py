"""A source that falls silent is noticed, one that is as it always was gives no alarm; so with the fields of a page."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from twelvefold.pipeline.advice import advice
from twelvefold.pipeline.figures.exact import chance_of_so_few_with
from twelvefold.pipeline.watch import WEEKS, chance_of_so_few, faded_fields, silence, watched
from twelvefold.records import Completeness, SourceResult, SourceStatus

FIRST = date(2026, 1, 1)
OK = SourceResult("shop", "schema_org", SourceStatus.OK, Completeness.REACHED_END)
EMPTY = replace(OK, status=SourceStatus.EMPTY)
FULL = replace(OK, fetched=100, texts=98, ratings=100, dates=100, authors=90)


def nights(counts: list[int], result: SourceResult = OK) -> list[tuple[date, SourceResult]]:
    """Return a first night that brings everything, then one night for each count."""
    days = [FIRST + timedelta(days=day) for day in range(len(counts) + 1)]
    return list(zip(days, [replace(result, new=count) for count in (5_000, *counts)], strict=True))


def tonight(history: list[tuple[date, SourceResult]]) -> date:
    return history[-1][0] + timedelta(days=1)


@pytest.mark.parametrize(("few", "span", "total", "days"), [(0, 1, 400, 20), (3, 7, 12, 30), (50, 14, 900, 42)])
def test_the_tail_is_that_of_a_poisson_whose_rate_is_learnt(few: int, span: int, total: int, days: int) -> None:
    expected = stats.nbinom.cdf(few, total + 0.5, days / (days + span))
    assert chance_of_so_few(few, span, total, days, 1.0) == pytest.approx(expected, rel=1e-9)


def test_empty_where_there_were_four_hundred_every_night_is_silent() -> None:
    history = nights([400 + day % 7 for day in range(30)])
    result = watched(EMPTY, tonight(history), history)
    assert (result.status, result.silent) == (SourceStatus.EMPTY, True)
    assert "0 new mentions tonight where its history lets expect 40" in result.message
    assert "browser" in advice(result)


def test_a_few_where_there_were_four_hundred_is_silent() -> None:
    history = nights([400] * 30)
    assert watched(replace(OK, new=12), tonight(history), history).silent


def test_a_slow_source_is_silent_only_after_some_nights() -> None:
    usual = [2, 3, 1, 2, 4, 0, 2] * 5
    for quiet, silent in ((1, False), (2, False), (9, True)):
        history = nights([*usual, *[0] * (quiet - 1)])
        assert watched(EMPTY, tonight(history), history).silent is silent


def test_a_source_that_is_closed_at_weekends_is_not_silent_on_a_sunday() -> None:
    history = nights([60, 55, 70, 58, 64, 0, 0] * 6 + [60, 55, 70, 58, 64, 0])
    assert not watched(EMPTY, tonight(history), history).silent


def test_a_young_history_says_nothing() -> None:
    history = nights([400] * 5)
    assert not watched(EMPTY, tonight(history), history).silent
    assert not watched(EMPTY, FIRST, []).silent


def test_a_night_that_is_run_again_is_not_silent() -> None:
    history = nights([400] * 30)
    assert not watched(EMPTY, history[-1][0], history).silent


def test_nights_with_trouble_are_no_history() -> None:
    history = nights([0] * 30, replace(OK, status=SourceStatus.BLOCKED))
    assert watched(FULL, tonight(history), history) == FULL


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, None), (3, None), (40, None), (8, 1.5), (100, 3.0)])
def test_a_source_gives_at_most_one_false_alarm_a_year(mean: float, dispersion: float | None) -> None:
    draw = np.random.default_rng(7)
    years, alarms = 4, 0
    for _ in range(years):
        days = 365 + 7 * WEEKS
        rates = mean if dispersion is None else draw.gamma(dispersion, mean / dispersion, days)
        drawn = draw.poisson(rates, days)
        was_silent = False
        for day in range(7 * WEEKS, days):
            before = {FIRST + timedelta(days=past): int(drawn[past]) for past in range(day - 7 * WEEKS, day)}
            is_silent = bool(silence(before, FIRST + timedelta(days=day), int(drawn[day])))
            alarms += is_silent and not was_silent
            was_silent = is_silent
    assert alarms <= years


def test_a_field_that_is_gone_is_a_changed_layout() -> None:
    history = [(FIRST, FULL)]
    result = watched(replace(FULL, ratings=3), FIRST + timedelta(days=1), history)
    assert result.status is SourceStatus.LAYOUT_CHANGED
    assert "a rating (100% before, 3% now)" in result.message
    assert "Twelvefold" in advice(result)


def test_what_may_be_chance_or_was_never_there_is_no_changed_layout() -> None:
    assert faded_fields(replace(FULL, fetched=3, texts=1, ratings=3, dates=3, authors=3), [FULL]) == {}
    assert faded_fields(replace(FULL, texts=80), [FULL]) == {}
    assert faded_fields(replace(FULL, authors=0), [replace(FULL, authors=0)]) == {}
    assert faded_fields(EMPTY, [FULL]) == {}


def test_the_chance_of_a_faded_field_is_fisher_s() -> None:
    for has, of, had, before in ((2, 10, 90, 100), (0, 5, 40, 50), (30, 60, 500, 800)):
        table = [[has, of - has], [had, before - had]]
        assert chance_of_so_few_with(has, of, had, before) == pytest.approx(
            stats.fisher_exact(table, "less").pvalue, rel=1e-7
        )


@pytest.mark.parametrize("status", list(SourceStatus))
def test_there_is_advice_for_whatever_is_not_well(status: SourceStatus) -> None:
    assert bool(advice(replace(OK, status=status))) is (status is not SourceStatus.OK)
