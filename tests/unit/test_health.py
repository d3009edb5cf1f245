"""The health document: what goes into each figure, what is refused, and that no clock enters."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fake_work import FakeWork, StarCount

from twelvefold.config import Configuration, parse_configuration
from twelvefold.errors import CallerMistake, UnknownName
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.pipeline.weighing import effort, promotion, satisfaction
from twelvefold.records import Measure, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.surveys import ScoreCount

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE
MONDAY = date(2026, 11, 16)
CONFIGURATION = parse_configuration(
    """
rule: {half_life_days: 7}
brands:
  - name: Acme
    zone: Europe/Paris
    sources:
      - {name: shop, kind: files, paths: [a.csv]}
      - {name: quiet, kind: files, paths: [b.csv], weight: 0.5}
""",
    Path(),
)


def day_count(
    n: int,
    label: Sentiment,
    day: date = MONDAY,
    *,
    source: str = "shop",
    subject: str | None = None,
    language: str = "en",
    resolved: bool = False,
) -> DayCount:
    return DayCount(day, source, subject, language, label, resolved, n)


def ask(work: FakeWork, configuration: Configuration = CONFIGURATION, **period: Any) -> dict[str, Any]:
    document = health(work, configuration.brands[0], configuration, brand_id=1, model="m", **period)
    jsonschema.validate(document, schema("health"))
    json.dumps(document, allow_nan=False)
    return document


def promoters(n: int, day: date | None = MONDAY) -> tuple[date | None, ScoreCount]:
    return day, ScoreCount(10, 0, 10, n)


def test_the_printed_balance_and_nps_stand_in_the_document() -> None:
    work = FakeWork(
        [day_count(92, POSITIVE), day_count(8, NEGATIVE), day_count(5, NEUTRAL)],
        {Measure.NPS: [(MONDAY, ScoreCount(s, 0, 10, n)) for s, n in ((9.0, 50), (8.0, 30), (3.0, 20))]},
    )
    document = ask(work)
    balance = document["satisfaction"]["balance"]
    index = balance["index"]
    assert [round(index[part], 1) for part in ("value", "low", "high")] == [-2.1, -35.8, 32.1]
    assert index["n"] == 100
    assert index["note"].startswith("uncorrected: the model does not say")
    assert balance["correction"] == {"method": None, "labels": 0, "note": index["note"]}
    assert balance["index_raw"]["value"] == index["value"]
    assert (balance["P"], balance["N_open"], balance["N_resolved"], balance["neutral"]) == (92, 8, 0, 5)
    assert (balance["debt"]["value"], balance["resolve_instead"], balance["k"]) == (4, 1, 12)
    assert [round(balance["sensitivity"][k]["value"], 1) for k in ("1", "5", "12")] == [84.0, 39.4, -2.1]
    nps = document["loyalty"]["nps"]
    assert [round(nps[part], 1) for part in ("value", "low", "high")] == [30, 14.1, 44.2]
    assert document["satisfaction"]["balance_week"] is None
    assert (document["since"], document["until"], document["by"]) == (None, None, [])


def test_too_few_mentions_are_refused_in_words() -> None:
    balance = ask(FakeWork([day_count(5, POSITIVE), day_count(1, NEGATIVE)]))["satisfaction"]["balance"]
    for name in ("index", "index_raw", "positive_share", "debt"):
        assert balance[name]["value"] is None
        assert balance[name]["note"] == "too few mentions: 6, at least 10 needed"
        assert balance[name]["n"] == 6
    assert balance["resolve_instead"] is None
    assert balance["sensitivity"]["5"]["value"] is None


def test_ten_are_enough_and_neutrals_do_not_count_towards_them() -> None:
    counts = [day_count(9, POSITIVE), day_count(50, NEUTRAL)]
    assert ask(FakeWork(counts))["satisfaction"]["balance"]["index"]["value"] is None
    assert ask(FakeWork([*counts, day_count(1, NEGATIVE)]))["satisfaction"]["balance"]["index"]["value"] is not None


def test_an_empty_database_is_no_data() -> None:
    document = ask(FakeWork())
    assert document["satisfaction"]["balance"]["index"]["note"] == "no data"
    assert document["loyalty"]["nps"] == {
        "value": None,
        "n": 0,
        "low": None,
        "high": None,
        "definition": document["loyalty"]["nps"]["definition"],
        "note": "no data",
    }
    assert ask(FakeWork(), by="week")["by"] == []


def test_mentions_decay_by_whole_days_to_the_last_day_of_the_period() -> None:
    work = FakeWork([day_count(20, POSITIVE), day_count(8, NEGATIVE, MONDAY + timedelta(days=7))])
    newest = ask(work)["satisfaction"]["balance"]
    assert (newest["P"], newest["N_open"]) == (10, 8)
    later = ask(work, until=MONDAY + timedelta(days=15))["satisfaction"]["balance"]
    assert (later["P"], later["N_open"]) == (5, 4)
    assert later["index"]["value"] == pytest.approx(newest["index"]["value"])


def test_the_standing_index_takes_all_before_until_and_the_week_only_its_own_undecayed() -> None:
    work = FakeWork(
        [
            day_count(20, POSITIVE, MONDAY - timedelta(days=1)),
            day_count(30, POSITIVE, MONDAY),
            day_count(2, NEGATIVE, MONDAY + timedelta(days=6)),
            day_count(99, NEGATIVE, MONDAY + timedelta(days=7)),
        ]
    )
    document = ask(work, week="2026-W47")
    week = document["satisfaction"]["balance_week"]
    assert (week["P"], week["N_open"], week["index"]["n"]) == (30, 2, 32)
    assert document["satisfaction"]["balance"]["index"]["n"] == 52
    assert (document["since"], document["until"]) == ("2026-11-16", "2026-11-23")


def test_a_past_week_stays_as_it_was_when_later_mentions_come() -> None:
    work = FakeWork([day_count(30, POSITIVE), day_count(3, NEGATIVE)])
    before = ask(work, week="2026-W47")
    work.counts.append(day_count(50, NEGATIVE, MONDAY + timedelta(days=9)))
    assert ask(work, week="2026-W47") == before


def test_sources_weigh_as_configured_and_n_stays_unweighted() -> None:
    work = FakeWork(
        [day_count(10, POSITIVE), day_count(10, POSITIVE, source="quiet"), day_count(4, POSITIVE, source="x")]
    )
    balance = ask(work)["satisfaction"]["balance"]
    assert balance["P"] == 10 + 5 + 4
    assert balance["index"]["n"] == 24


def test_a_resolved_case_weighs_as_configured() -> None:
    work = FakeWork([day_count(92, POSITIVE), day_count(5, NEGATIVE), day_count(3, NEGATIVE, resolved=True)])
    balance = ask(work)["satisfaction"]["balance"]
    assert (balance["N_open"], balance["N_resolved"], balance["debt"]["value"]) == (5, 3, 0)


def test_a_way_out_that_does_not_exist_says_why() -> None:
    work = FakeWork([day_count(2, POSITIVE), day_count(9, NEGATIVE)])
    balance = ask(work)["satisfaction"]["balance"]
    assert balance["resolve_instead"] is None
    assert "would not be enough" in balance["debt"]["note"]
    text = " ".join(health_text(ask(work)).split())
    assert "Earn 106 praises to break even. Resolving every open complaint would not be enough" in text


def test_by_source_gives_the_same_blocks_for_each_on_the_same_last_day() -> None:
    work = FakeWork(
        [
            day_count(20, POSITIVE, source="shop"),
            day_count(12, POSITIVE, MONDAY + timedelta(days=7), source="quiet"),
        ],
        {Measure.NPS: [promoters(20)]},
    )
    document = ask(work, by="source")
    assert [group["key"] for group in document["by"]] == ["quiet", "shop"]
    shop = document["by"][1]
    assert shop["satisfaction"]["balance"]["P"] == 10
    assert shop["loyalty"]["nps"]["note"] == "survey answers are not split this way"


def test_mentions_without_a_subject_form_the_last_group() -> None:
    work = FakeWork(
        [day_count(1, POSITIVE), day_count(1, POSITIVE, subject="Kettle"), day_count(1, POSITIVE, subject="Iron")]
    )
    assert [group["key"] for group in ask(work, by="subject")["by"]] == ["Iron", "Kettle", None]
    assert "(none)" in health_text(ask(work, by="subject"))


def test_by_week_keeps_the_weeks_without_mentions() -> None:
    work = FakeWork(
        [day_count(20, POSITIVE), day_count(20, NEGATIVE, MONDAY + timedelta(days=15))],
        {Measure.NPS: [promoters(11), promoters(12, MONDAY + timedelta(days=8)), promoters(500, None)]},
    )
    groups = ask(work, by="week")["by"]
    assert [group["key"] for group in groups] == ["2026-W47", "2026-W48", "2026-W49"]
    assert [group["satisfaction"]["balance_week"]["index"]["n"] for group in groups] == [20, 0, 20]
    assert [group["satisfaction"]["balance"]["index"]["n"] for group in groups] == [20, 20, 40]
    assert [group["loyalty"]["nps"]["n"] for group in groups] == [11, 12, 0]


def test_answers_without_a_date_count_in_all_time_figures_only() -> None:
    work = FakeWork(scores={Measure.NPS: [promoters(10), promoters(10, None)]})
    assert ask(work)["loyalty"]["nps"]["n"] == 20
    assert ask(work, week="2026-W47")["loyalty"]["nps"]["n"] == 10


def test_scales_are_never_mixed_and_what_is_left_out_is_said() -> None:
    shown = satisfaction(
        [ScoreCount(5, 1, 5, 20), ScoreCount(1, 1, 5, 10), ScoreCount(10, 0, 10, 7), ScoreCount(3, None, None, 2)]
    )
    assert shown.estimate is not None
    assert shown.estimate.value == pytest.approx(2 / 3)
    assert (shown.n, shown.scale, shown.left_out) == (30, (1, 5), 9)
    work = FakeWork(scores={Measure.CSAT: [(MONDAY, ScoreCount(5, 1, 5, 20)), (MONDAY, ScoreCount(7, 1, 7, 4))]})
    csat = ask(work)["satisfaction"]["csat"]
    assert csat["note"] == "left out, as on another scale: 4"
    assert "1-5" in csat["definition"]


def test_effort_of_two_scales_is_that_of_the_one_most_answers_used() -> None:
    shown = effort([ScoreCount(7, 1, 7, 15), ScoreCount(5, 1, 7, 15), ScoreCount(1, 1, 5, 29), ScoreCount(1, 0, 1, 99)])
    assert shown.estimate is not None
    assert (shown.estimate.value, shown.scale, shown.left_out) == (6, (1, 7), 128)


def test_nps_takes_only_answers_from_0_to_10() -> None:
    shown = promotion(
        [ScoreCount(10, 0, 10, 10), ScoreCount(9, None, None, 2), ScoreCount(5, 1, 5, 3), ScoreCount(11, None, None, 1)]
    )
    assert (shown.n, shown.left_out) == (12, 4)


def test_too_few_answers_are_refused_in_words() -> None:
    work = FakeWork(scores={Measure.NPS: [promoters(6)]})
    nps = ask(work)["loyalty"]["nps"]
    assert (nps["value"], nps["note"]) == (None, "too few answers: 6, at least 10 needed")


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"week": "2026-W99"}, UnknownName, "no week 99"),
        ({"week": "2026-W47", "since": MONDAY}, CallerMistake, "either the week"),
        ({"since": MONDAY, "until": MONDAY}, CallerMistake, "has no day"),
        ({"by": "colour"}, CallerMistake, "choose one of source"),
    ],
)
def test_a_mistaken_question_names_the_mend(asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        ask(FakeWork(), **asked)


def test_the_text_shows_both_blocks_side_by_side_with_the_sentence() -> None:
    work = FakeWork(
        [day_count(87, POSITIVE), day_count(10, NEGATIVE)],
        {Measure.NPS: [promoters(50)], Measure.CSAT: [(MONDAY, ScoreCount(5, 1, 5, 6))]},
    )
    text = health_text(ask(work, week="2026-W47", by="source"))
    lines = text.splitlines()
    assert any("SATISFACTION" in line and "LOYALTY" in line for line in lines)
    assert any("Review balance" in line and "NPS" in line for line in lines)
    assert "Resolve" in text
    assert "praises to break even." in text
    assert "too few answers: 6, at least 10" in text
    assert "rule of thumb" in text
    assert max(map(len, lines)) <= 78


def test_one_complaint_and_one_praise_are_singular() -> None:
    work = FakeWork([day_count(11, POSITIVE), day_count(1, NEGATIVE)])
    assert "Resolve 1 complaint or earn 1 praise to break even." in health_text(ask(work))


def stars_of(
    n: int, stars: float, day: date = MONDAY, *, source: str = "shop", subject: str | None = None
) -> StarCount:
    return StarCount(day, source, subject, "en", stars, n)


def test_the_mean_of_the_stars_has_an_interval_and_counts_each_one() -> None:
    stars = ask(FakeWork(starred=[stars_of(30, 5.0), stars_of(10, 1.0, source="quiet")]))["satisfaction"]["stars"]
    assert (stars["value"], stars["n"], stars["note"]) == (4.0, 40, None)
    assert 1 <= stars["low"] < 4.0 < stars["high"] <= 5
    text = health_text(ask(FakeWork(starred=[stars_of(40, 4.0)])))
    assert any("Stars" in line and "4.00" in line for line in text.splitlines())


def test_fewer_than_ten_stars_are_refused() -> None:
    stars = ask(FakeWork(starred=[stars_of(9, 5.0)]))["satisfaction"]["stars"]
    assert (stars["value"], stars["n"]) == (None, 9)
    assert "at least 10 needed" in stars["note"]
    assert ask(FakeWork())["satisfaction"]["stars"]["note"] == "no data"


def test_stars_are_those_of_the_period_undecayed() -> None:
    work = FakeWork(starred=[stars_of(50, 1.0, MONDAY - timedelta(days=1)), stars_of(20, 5.0)])
    work.starred.append(stars_of(50, 1.0, MONDAY + timedelta(days=7)))
    for period in ({"week": "2026-W47"}, {"since": MONDAY, "until": MONDAY + timedelta(days=3)}):
        stars = ask(work, **period)["satisfaction"]["stars"]
        assert (stars["value"], stars["n"]) == (5.0, 20)
    assert ask(work, since=MONDAY + timedelta(days=2))["satisfaction"]["stars"]["value"] == 1.0


def test_stars_are_split_like_the_balance_and_by_week() -> None:
    work = FakeWork(
        [day_count(20, POSITIVE), day_count(20, POSITIVE, MONDAY + timedelta(days=7))],
        starred=[
            stars_of(12, 4.0, subject="Kettle"),
            stars_of(11, 2.0, MONDAY + timedelta(days=8), source="unjudged"),
        ],
    )

    def split(by: str) -> dict[str | None, tuple[float | None, int]]:
        groups = ask(work, by=by)["by"]
        return {
            group["key"]: tuple(group["satisfaction"]["stars"][part] for part in ("value", "n")) for group in groups
        }

    assert split("source") == {"shop": (4.0, 12), "unjudged": (2.0, 11)}
    assert split("subject") == {"Kettle": (4.0, 12), None: (2.0, 11)}
    assert split("language") == {"en": (pytest.approx((48 + 22) / 23), 23)}
    assert split("week") == {"2026-W47": (4.0, 12), "2026-W48": (2.0, 11)}


def test_the_weeks_that_a_period_touches_are_whole_in_the_stars_too() -> None:
    work = FakeWork(
        [day_count(20, POSITIVE)], starred=[stars_of(12, 4.0), stars_of(13, 2.0, MONDAY + timedelta(days=3))]
    )
    document = ask(work, since=MONDAY + timedelta(days=2), by="week")
    assert document["satisfaction"]["stars"]["n"] == 13
    assert [group["satisfaction"]["stars"]["n"] for group in document["by"]] == [25]


def test_each_week_has_the_answers_of_its_own_days() -> None:
    scores = [ScoreCount(float(score), 0, 10, 3 + score) for score in range(0, 11, 2)]
    told = [(MONDAY + timedelta(days=day), score) for day in (-8, -1, 0, 6, 7) for score in scores]
    work = FakeWork(
        [day_count(1, POSITIVE, MONDAY + timedelta(days=day)) for day in (-8, 7)],
        {Measure.NPS: [*told, (None, scores[0])], Measure.CSAT: [(MONDAY, ScoreCount(5, 1, 5, 12))]},
    )
    groups = {group["key"]: group for group in ask(work, by="week")["by"]}
    assert len(groups) == 4
    for key, group in groups.items():
        alone = ask(work, week=key)
        assert group["loyalty"]["nps"] == alone["loyalty"]["nps"]
        assert group["satisfaction"]["csat"] == alone["satisfaction"]["csat"]
