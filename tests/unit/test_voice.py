"""Who speaks: where posting rates are from, what they do to the balance, and when they are refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fake_work import FakeWork

from twelvefold.config import Configuration, parse_configuration
from twelvefold.errors import ConfigError
from twelvefold.pipeline.columns import width
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.digest.render import render
from twelvefold.pipeline.digest.voices import voice_sentences
from twelvefold.pipeline.digest.words import LOCALES, words
from twelvefold.pipeline.figures.bias import Classes, posting_ratio
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.records import Measure, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.surveys import ScoreCount

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE
MONDAY = date(2026, 11, 16)
BEFORE = MONDAY - timedelta(days=20)
LONG_AGO = MONDAY - timedelta(days=7 * 12 + 1)
CLASSES = (NEGATIVE, NEUTRAL, POSITIVE)


def configuration(*sources: str) -> Configuration:
    listed = "".join(f"\n      - {source}" for source in sources)
    return parse_configuration(f"brands:\n  - name: Acme\n    sources:{listed or ' []'}\n", Path())


def said(day: date, *counts: int, source: str = "shop") -> list[DayCount]:
    return [DayCount(day, source, None, "en", label, False, n) for label, n in zip(CLASSES, counts, strict=True) if n]


def answered(day: date | None, detractors: int, passives: int, promoters: int) -> list[tuple[date | None, ScoreCount]]:
    return [(day, ScoreCount(s, 0, 10, n)) for s, n in ((2.0, detractors), (8.0, passives), (10.0, promoters))]


def brand() -> FakeWork:
    """A brand that is said to be worse than it is: its unhappy customers post 3.4 times as often."""
    return FakeWork(
        counts=[*said(BEFORE, 120, 40, 200), *said(MONDAY, 20, 5, 80), *said(LONG_AGO, 500, 0, 1)],
        scores={Measure.NPS: [*answered(BEFORE, 50, 80, 282), *answered(MONDAY, 99, 0, 1), *answered(None, 99, 0, 1)]},
    )


def voice_of(work: FakeWork, settings: Configuration | None = None, **period: Any) -> dict[str, Any]:
    settings = settings or configuration()
    document = health(work, settings.brands[0], settings, brand_id=1, model="m", **(period or {"week": "2026-W47"}))
    jsonschema.validate(document, schema("health"))
    json.dumps(document, allow_nan=False)
    found: dict[str, Any] = document["voice"]
    return found


def test_the_twelve_weeks_before_tell_who_speaks_and_the_week_itself_is_corrected() -> None:
    found = voice_of(brand())
    expected = posting_ratio(Classes(120, 40, 200), Classes(50, 80, 282))
    assert expected is not None
    assert (found["value"], found["low"], found["high"]) == (expected.value, expected.low, expected.high)
    assert (found["n"], found["basis"], found["refusal"]) == (412, "estimated", None)
    assert found["known"] == {
        "since": "2026-08-24",
        "until": "2026-11-16",
        "answers": {"negative": 50, "neutral": 80, "positive": 282},
        "reviews": {"negative": 120, "neutral": 40, "positive": 200},
    }
    share = 80 / (80 + 20 / expected.value)
    assert found["raw"]["value"] == 100 * (80 - 12 * 20) / (80 + 12 * 20)
    assert found["corrected"]["value"] == pytest.approx(100 * (share - 12 * (1 - share)) / (share + 12 * (1 - share)))
    assert found["corrected"]["low"] < found["corrected"]["value"] < found["corrected"]["high"]
    at = [80 / (80 + 20 / ratio) for ratio in (0.1887, 5.3)]
    ends = [100 * (share - 12 * (1 - share)) / (share + 12 * (1 - share)) for share in at]
    assert [found["band"]["low"], found["band"]["high"]] == pytest.approx(ends)
    assert found["sources"] == [{"source": "shop", "ratio": pytest.approx(expected.value), "basis": "estimated"}]


def test_the_raw_balance_is_that_of_the_week() -> None:
    settings = configuration()
    document = health(brand(), settings.brands[0], settings, brand_id=1, model="m", week="2026-W47")
    within, raw = document["satisfaction"]["balance_week"]["index_raw"], document["voice"]["raw"]
    assert [within[part] for part in ("value", "low", "high", "n")] == [raw[p] for p in ("value", "low", "high", "n")]


def test_a_source_with_few_reviews_takes_the_rates_of_the_brand_and_others_are_drawn_together() -> None:
    work = brand()
    work.counts += [
        *said(BEFORE, 40, 0, 300, source="ios"),
        *said(BEFORE, 29, 0, 300, source="forum"),
        *(count for source in ("ios", "forum") for count in said(MONDAY, 3, 0, 9, source=source)),
    ]
    found = {row["source"]: row for row in voice_of(work)["sources"]}
    assert {name: row["basis"] for name, row in found.items()} == {
        "shop": "estimated",
        "ios": "estimated",
        "forum": "brand",
    }
    own = {"shop": (120 / 200) / (50 / 282), "ios": (40 / 300) / (50 / 282)}
    assert own["ios"] < found["ios"]["ratio"] < found["shop"]["ratio"] < own["shop"]
    assert found["forum"]["ratio"] == pytest.approx((189 / 800) / (50 / 282))


def test_configured_rates_stand_in_the_place_of_a_survey_even_without_a_period() -> None:
    settings = configuration("{name: shop, kind: files, paths: [a.csv], posting_rates: [0.06, 0.23, 0.32]}")
    work = FakeWork(said(MONDAY, 4, 6, 96))
    for period in ({"week": "2026-W47"}, {"since": MONDAY}, {"until": date(2026, 12, 1)}):
        found = voice_of(work, settings, **period)
        assert (found["basis"], found["value"], found["low"]) == ("configured", pytest.approx(0.06 / 0.32), None)
        share = (96 / 0.32) / (96 / 0.32 + 4 / 0.06)
        assert found["corrected"]["value"] == pytest.approx(
            100 * (share - 12 * (1 - share)) / (share + 12 * (1 - share))
        )
        total = 4 / 0.06 + 6 / 0.23 + 96 / 0.32
        assert found["shares"]["neutral"] == pytest.approx(6 / 0.23 / total)


def test_sources_with_configured_rates_are_no_part_of_the_estimate() -> None:
    settings = configuration("{name: ios, kind: files, paths: [a.csv], posting_rates: [2, 1, 1]}")
    work = brand()
    work.counts += [*said(BEFORE, 900, 0, 900, source="ios"), *said(MONDAY, 10, 0, 10, source="ios")]
    found = voice_of(work, settings)
    assert found["value"] == voice_of(brand())["value"]
    assert found["note"] == "sources with configured rates are left out"
    assert {row["source"]: row["basis"] for row in found["sources"]} == {"ios": "configured", "shop": "estimated"}


def test_rates_configured_otherwise_for_each_source_have_no_ratio_of_their_own() -> None:
    settings = configuration(
        "{name: shop, kind: files, paths: [a.csv], posting_rates: [2, 1, 1]}",
        "{name: ios, kind: files, paths: [b.csv], posting_rates: [3, 1, 1]}",
    )
    found = voice_of(FakeWork([*said(MONDAY, 4, 6, 96), *said(MONDAY, 4, 6, 96, source="ios")]), settings)
    assert (found["value"], found["note"]) == (None, "configured source by source: see `sources`")
    assert found["corrected"]["value"] is not None


@pytest.mark.parametrize(
    ("work", "period", "refusal", "note"),
    [
        (brand(), {"until": MONDAY}, "no_weeks_before", "ask for a week or a first day, or configure posting_rates"),
        (
            replace(brand(), scores={Measure.NPS: answered(BEFORE, 29, 0, 400)}),
            {"week": "2026-W47"},
            "too_few_answers",
            "in the 12 weeks before: 29 detractors and 400 promoters, at least 30 needed of each",
        ),
        (
            replace(brand(), counts=[*said(BEFORE, 90, 0, 29), *said(MONDAY, 9, 9, 9)]),
            {"week": "2026-W47"},
            "too_few_reviews",
            "too few reviews in the 12 weeks before: 90 negative and 29 positive, at least 30 needed of each",
        ),
    ],
)
def test_too_little_to_estimate_is_said_and_no_figure_given(
    work: FakeWork, period: dict[str, Any], refusal: str, note: str
) -> None:
    found = voice_of(work, **period)
    assert (found["value"], found["low"], found["basis"], found["refusal"]) == (None, None, None, refusal)
    assert note in found["note"]
    assert (found["corrected"]["value"], found["corrected"]["note"]) == (None, "no posting rates of shop")
    assert found["raw"]["value"] is not None
    assert found["band"]["low"] < found["raw"]["value"] < found["band"]["high"]


def test_a_week_with_too_few_mentions_is_not_corrected() -> None:
    work = replace(brand(), counts=[*said(BEFORE, 120, 40, 200), *said(MONDAY, 4, 9, 5)])
    found = voice_of(work)
    assert found["value"] is not None
    for part in ("raw", "corrected"):
        assert (found[part]["value"], found[part]["note"]) == (None, "too few mentions: 9, at least 10 needed")
    assert (found["band"]["low"], found["band"]["note"]) == (None, "too few mentions: 9, at least 10 needed")


def test_nothing_heard_is_no_data() -> None:
    for period in ({}, {"week": "2026-W47"}, {"since": MONDAY}):
        found = voice_of(FakeWork(), **period)
        assert (found["value"], found["sources"], found["raw"]["note"]) == (None, [], "no data")


def test_groups_say_where_to_look() -> None:
    settings = configuration()
    document = health(brand(), settings.brands[0], settings, brand_id=1, model="m", week="2026-W47", by="source")
    (group,) = document["by"]
    assert group["voice"]["note"] == "who speaks is told for the brand as a whole, source by source"


@pytest.mark.parametrize(
    ("rates", "problem"),
    [
        ("posting_rates: [0.1, 0, 0.2]", r"posting_rates\.1: input should be greater than 0"),
        ("posting_rates: [0.1, 0.2]", r"posting_rates\.2 is missing"),
        ("posting_rates: [0.1, .inf, 0.2]", r"posting_rates\.1"),
    ],
)
def test_rates_that_are_none_are_refused(rates: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        configuration(f"{{name: shop, kind: files, paths: [a.csv], {rates}}}")


def test_a_range_that_falls_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"rule\.posting_range: a range runs from the lower to the higher"):
        parse_configuration("rule: {posting_range: [5, 1]}\nbrands: [{name: Acme}]", Path())


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Unhappy customers were 3.4 times as likely to post as happy ones "
            "(survey of 412, 95% interval 2.3 to 4.9).",
        ),
        (
            "fr",
            "La probabilité qu’un client mécontent publie valait 3,4 fois celle d’un client satisfait (enquête auprès "
            "de 412, intervalle à 95 % de 2,3 à 4,9).",
        ),
        ("zh-Hant", "不滿意顧客發表評價的機率是滿意顧客的 3.4 倍（問卷回覆 412 份，95% 區間 2.3 至 4.9）。"),
    ],
)
def test_each_language_says_who_speaks(language: str, sentence: str) -> None:
    settings = configuration()
    digest = build_digest(brand(), settings.brands[0], settings, brand_id=1, model="m", week="2026-W47")
    assert voice_sentences(digest.voice, words(language))[0] == sentence
    html, text = (render(digest, language, form).decode() for form in ("html", "text"))
    assert sentence in html
    assert "".join(sentence.split()) in "".join(text.split())
    assert all(width(line) <= 78 for line in text.splitlines())


def test_the_sentence_says_no_more_than_the_interval_allows() -> None:
    def first(detractors: int, promoters: int) -> str:
        found = voice_of(replace(brand(), scores={Measure.NPS: answered(BEFORE, detractors, 0, promoters)}))
        return voice_sentences(found, words("en"))[0]

    assert first(120, 200).startswith("Unhappy and happy customers were as likely to post, as far as can be told: 1.0")
    assert first(400, 200).startswith("Happy customers were 3.3 times as likely to post as unhappy ones (survey of 600")
    assert "95% interval 2.5 to 4.4" in first(400, 200)


@pytest.mark.parametrize("language", LOCALES)
def test_every_refusal_is_said_in_words(language: str) -> None:
    few = replace(brand(), scores={Measure.NPS: answered(BEFORE, 29, 0, 400)})
    settings = configuration("{name: shop, kind: files, paths: [a.csv], posting_rates: [2, 1, 1]}")
    documents = [voice_of(brand(), until=MONDAY), voice_of(few), voice_of(FakeWork()), voice_of(brand(), settings)]
    firsts = {voice_sentences(found, words(language))[0] for found in documents}
    assert len(firsts) == 4
    assert any("29" in said for said in firsts)


def test_the_terminal_says_it_too() -> None:
    settings = configuration()
    document = health(brand(), settings.brands[0], settings, brand_id=1, model="m", week="2026-W47")
    text = " ".join(health_text(document).split())
    assert "Unhappy customers were 3.4 times as likely to post as happy ones (survey of 412, 95% interval" in text
    assert "If all posted alike, the balance of the period would be" in text
