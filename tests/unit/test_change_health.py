"""A week against the week before: what is compared, what is refused, and what each source brings to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import parse_configuration
from twelvefold.pipeline.change_health import (
    ONLY_WEEKS,
    Ask,
    Further,
    change_document,
    change_entry,
    change_text,
    week_change,
)
from twelvefold.pipeline.figures.churn import churn
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import days_of, undecayed
from twelvefold.records import Figure, Measure, Sentiment
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import StarTotal
from twelvefold.storage.surveys import ScoreCount

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE
WEEK = Week.parse("2026-W47")
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, sources: [{name: shop, kind: files, paths: [a.csv]},"
    " {name: quiet, kind: files, paths: [b.csv], weight: 0.5}]}]",
    Path(),
)
BRAND, RULE = CONFIGURATION.brands[0], CONFIGURATION.rule
BEFORE, NOW = WEEK.back(1).since, WEEK.since
HEARD = st.lists(
    st.builds(
        DayCount,
        st.sampled_from([BEFORE, BEFORE + timedelta(days=6), NOW, NOW + timedelta(days=6)]),
        st.sampled_from(["shop", "quiet", "upload"]),
        st.none(),
        st.just("en"),
        st.sampled_from(Sentiment),
        st.booleans(),
        st.integers(1, 200),
    ),
    max_size=16,
)


def heard(n: int, label: Sentiment, day: date, source: str = "shop", *, resolved: bool = False) -> DayCount:
    return DayCount(day, source, None, "en", label, resolved, n)


def asking(scores: dict[tuple[Measure, date], list[ScoreCount]]) -> Ask:
    def ask(measure: Measure, since: date | None, until: date | None) -> Sequence[ScoreCount]:
        assert since is not None
        assert until == since + timedelta(days=7)
        return scores.get((measure, since), [])

    return ask


def compare(counts: Sequence[DayCount], ask: Ask | None = None, further: Further = Further()) -> dict[str, Any]:
    return change_document(week_change(counts, BRAND, RULE, WEEK, ask, further))


def nps(promoters: int, detractors: int) -> list[ScoreCount]:
    return [ScoreCount(10, 0, 10, promoters), ScoreCount(2, 0, 10, detractors)]


def test_a_fall_is_told_with_its_interval_and_its_parts() -> None:
    entry = compare(
        [
            heard(190, POSITIVE, BEFORE),
            heard(10, NEGATIVE, BEFORE),
            heard(150, POSITIVE, NOW),
            heard(50, NEGATIVE, NOW),
            heard(99, NEUTRAL, NOW),
        ]
    )["balance_week"]
    delta = entry["delta"]
    assert delta["value"] == pytest.approx(100 * (150 - 600) / 750 - 100 * (190 - 120) / 310)
    assert delta["low"] < delta["value"] < delta["high"] < 0
    assert (entry["verdict"], entry["n_before"], entry["n_now"], delta["n"]) == ("fell", 200, 200, 400)
    assert entry["parts"]["real"] == pytest.approx(delta["value"])
    assert (entry["parts"]["mix"], entry["parts"]["resolved"]) == (0, 0)


def test_a_small_move_is_no_change_beyond_noise() -> None:
    entry = compare(
        [heard(92, POSITIVE, BEFORE), heard(8, NEGATIVE, BEFORE), heard(90, POSITIVE, NOW), heard(9, NEGATIVE, NOW)]
    )["balance_week"]
    assert entry["verdict"] == "no change beyond noise"
    assert entry["delta"]["low"] < 0 < entry["delta"]["high"]


def test_more_of_the_unhappy_source_is_mix() -> None:
    entry = compare(
        [
            heard(100, POSITIVE, BEFORE),
            heard(5, POSITIVE, BEFORE, "upload"),
            heard(5, NEGATIVE, BEFORE, "upload"),
            heard(100, POSITIVE, NOW),
            heard(50, POSITIVE, NOW, "upload"),
            heard(50, NEGATIVE, NOW, "upload"),
        ]
    )["balance_week"]
    assert entry["verdict"] == "fell"
    assert entry["parts"]["real"] == 0
    assert entry["parts"]["mix"] == pytest.approx(entry["delta"]["value"])
    assert [(part["key"], part["n_before"], part["n_now"]) for part in entry["parts"]["by"]] == [
        ("shop", 100, 100),
        ("upload", 10, 100),
    ]


@given(HEARD)
def test_the_parts_add_up_to_the_difference_of_the_two_balances(counts: list[DayCount]) -> None:
    entry = compare(counts)["balance_week"]
    days = days_of(counts, BRAND)
    before, now = (undecayed(days, RULE, week.since, week.until).index for week in (WEEK.back(1), WEEK))
    assert (entry["n_before"], entry["n_now"]) == (before.n, now.n)
    if before.estimate is None or now.estimate is None:
        assert (entry["delta"]["value"], entry["verdict"], entry["parts"]) == (None, None, None)
        return
    parts = entry["parts"]
    delta = now.estimate.value - before.estimate.value
    assert entry["delta"]["value"] == pytest.approx(delta, abs=1e-9)
    assert parts["real"] + parts["mix"] + parts["resolved"] == pytest.approx(delta, abs=1e-9)
    for name in ("real", "mix"):
        assert parts[name] == pytest.approx(sum(part[name] for part in parts["by"]), abs=1e-9)


@pytest.mark.parametrize(("before", "now"), [(9, 40), (40, 9), (0, 0)])
def test_fewer_than_ten_on_either_side_are_refused_in_words(before: int, now: int) -> None:
    ask = asking({(Measure.NPS, BEFORE): nps(before, 0), (Measure.NPS, NOW): nps(now, 0)})
    document = compare([heard(before, POSITIVE, BEFORE), heard(now, POSITIVE, NOW), heard(50, NEUTRAL, NOW)], ask)
    for name, what in (("balance_week", "mentions"), ("nps", "answers")):
        entry = document[name]
        assert (entry["delta"]["value"], entry["verdict"], entry["parts"]) == (None, None, None)
        assert entry["delta"]["note"] == (
            f"too few {what}: {before} the week before and {now} this week, at least 10 needed in each"
        )


def test_ten_on_both_sides_are_enough() -> None:
    assert compare([heard(10, POSITIVE, BEFORE), heard(10, POSITIVE, NOW)])["balance_week"]["verdict"] is not None


def test_survey_scores_are_compared_between_the_same_two_weeks() -> None:
    five = [ScoreCount(5, 1, 5, 80), ScoreCount(1, 1, 5, 20)]
    ask = asking(
        {
            (Measure.NPS, BEFORE): nps(100, 100),
            (Measure.NPS, NOW): nps(160, 40),
            (Measure.CSAT, BEFORE): five,
            (Measure.CSAT, NOW): five,
        }
    )
    document = compare([], ask)
    assert (document["nps"]["verdict"], document["nps"]["delta"]["value"]) == ("rose", 60)
    assert (document["csat"]["verdict"], document["csat"]["delta"]["value"]) == ("no change beyond noise", 0)
    assert document["nps"]["parts_note"] == "survey answers are not split by source"
    assert document["balance_week"]["parts_note"] is None


def test_weeks_that_asked_on_different_scales_are_not_compared() -> None:
    ask = asking({(Measure.CSAT, BEFORE): [ScoreCount(5, 1, 5, 80)], (Measure.CSAT, NOW): [ScoreCount(7, 1, 7, 80)]})
    csat = compare([], ask)["csat"]
    assert (csat["delta"]["value"], csat["delta"]["note"]) == (None, "the two weeks asked on different scales")


def test_effort_is_compared_on_one_scale() -> None:
    easy, hard = [ScoreCount(7, 1, 7, 80), ScoreCount(3, 1, 5, 20)], [ScoreCount(2, 1, 7, 60)]
    ces = compare([], asking({(Measure.CES, BEFORE): easy, (Measure.CES, NOW): hard}))["ces"]
    assert (ces["verdict"], ces["delta"]["value"], ces["n_before"], ces["n_now"]) == ("fell", -5, 80, 60)
    other = asking({(Measure.CES, BEFORE): easy, (Measure.CES, NOW): [ScoreCount(4, 1, 5, 60)]})
    assert compare([], other)["ces"]["delta"]["note"] == "the two weeks asked on different scales"
    few = asking({(Measure.CES, BEFORE): easy, (Measure.CES, NOW): [ScoreCount(4, 1, 7, 9)]})
    assert compare([], few)["ces"]["delta"]["note"] == (
        "too few answers: 80 the week before and 9 this week, at least 10 needed in each"
    )


def test_stars_are_compared() -> None:
    before, now = [StarTotal("shop", 5.0, 40), StarTotal("ios", 3.0, 20)], [StarTotal("shop", 2.0, 40)]
    stars = compare([], further=Further(stars=(before, now)))["stars"]
    assert (stars["verdict"], stars["n_before"], stars["n_now"]) == ("fell", 60, 40)
    assert stars["delta"]["value"] == pytest.approx(2 - 260 / 60)
    assert stars["parts_note"] == "stars are not split by source"
    few = compare([], further=Further(stars=(before, now[:0])))["stars"]
    assert few["delta"]["note"] == "too few mentions: 60 the week before and 0 this week, at least 10 needed in each"


def test_churn_is_compared_where_both_weeks_can_be_told() -> None:
    def lost(n: int) -> Figure:
        gone = churn(n, 400)
        return Figure(gone.value, gone.n, "churn", gone.low, gone.high)

    found = compare([], further=Further(churn=(lost(4), lost(40))))["churn"]
    assert (found["verdict"], found["n_now"]) == ("rose", 400)
    assert (found["delta"]["value"], found["delta"]["note"]) == (pytest.approx(0.09), None)
    assert compare([], further=Further(churn=(lost(4), lost(6))))["churn"]["verdict"] == "no change beyond noise"
    refused = compare([], further=Further(churn=(Figure(None, 9, "churn", note="too few customers"), lost(4))))
    assert (refused["churn"]["delta"]["value"], refused["churn"]["delta"]["note"]) == (None, "too few customers")


def test_a_scope_that_answers_do_not_know_says_so() -> None:
    document = compare([])
    assert document["nps"]["delta"]["note"] == "survey answers are not split this way"
    assert document["stars"]["delta"]["note"] == "stars are not split this way"
    assert document["churn"]["delta"]["note"] == "customers are not split this way"


def test_the_line_for_a_terminal_tells_effort_stars_and_churn_too() -> None:
    stars = ([StarTotal("shop", 4.0, 40)], [StarTotal("shop", 4.0, 30), StarTotal("shop", 5.0, 20)])
    gone = churn(4, 400)
    lost = Figure(gone.value, gone.n, "churn", gone.low, gone.high)
    said = change_text(compare([], asking({}), Further(stars, (lost, lost))))
    assert "; stars rose (+0.40, 95 % " in said
    assert "; churn no change beyond noise (+0.0, 95 % " in said
    assert "effort" not in said


def test_without_a_week_nothing_is_compared() -> None:
    entry = change_entry([], brand=BRAND, rule=RULE, week=None, ask=None)
    figures = ("balance_week", "nps", "csat", "ces", "stars", "churn")
    assert entry == {"week": None, "against": None, "note": ONLY_WEEKS} | dict.fromkeys(figures)
    assert change_text(entry) == ""


def test_the_line_for_a_terminal_says_what_was_felt_apart_from_what_was_resolved() -> None:
    counts = [heard(90, POSITIVE, BEFORE), heard(10, NEGATIVE, BEFORE, resolved=True)]
    counts += [heard(90, POSITIVE, NOW), heard(10, NEGATIVE, NOW)]
    ask = asking({(Measure.NPS, NOW): nps(6, 0)})
    assert change_text(compare(counts, ask)) == (
        "Against the week before (2026-W46): balance no change beyond noise (+0.0, 95 % -30.0 to +30.0, real +0.0, "
        "mix +0.0) and -94.3 from resolved complaints; NPS not compared, too few answers: 0 the week before and 6 "
        "this week, at least 10 needed in each."
    )
