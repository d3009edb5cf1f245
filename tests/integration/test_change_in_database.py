"""A week against the week before, over a real database: from stored mentions to the verdict."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold.config import parse_configuration
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.digest.render import FORMATS, render
from twelvefold.pipeline.digest.words import LOCALES
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.records import Judgement, Measure, Mention, Precision, Sentiment, SurveyAnswer
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database

MODEL = "reader/1"
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=7)
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, zone: Europe/Paris, sources: [{name: shop, kind: files, paths: [a.csv]},"
    " {name: ios, kind: files, paths: [b.csv]}]}]",
    Path(),
)
BRAND = CONFIGURATION.brands[0]


def mentions(source: str, label: Sentiment, at: datetime, n: int) -> list[tuple[Mention, Judgement]]:
    """Return `n` mentions of one source, judged alike."""
    made = []
    for number in range(n):
        name = f"{source} {label.value} {at:%d} {number}"
        text = f"Reader {name} has an opinion."
        key = sha256(text.encode()).hexdigest()
        negative, neutral, positive = (0.9 if known is label else 0.05 for known in Sentiment)
        mention = Mention(
            source=source,
            kind="files",
            external_id=name,
            title="",
            text=text,
            content_hash=key,
            revision_hash=key,
            collected_at=at,
            published_at=at,
            published_precision=Precision.SECOND,
            language="en",
            author_hash=name,
        )
        made.append((mention, Judgement(key, MODEL, label, negative, neutral, positive, 0.9, language="en")))
    return made


@pytest.fixture
def brand_id(database: Database) -> int:
    """A brand whose unhappy source said more this week, one old complaint resolved, and whose NPS rose."""
    pairs = [
        *mentions("shop", Sentiment.POSITIVE, BEFORE, 60),
        *mentions("ios", Sentiment.POSITIVE, BEFORE, 5),
        *mentions("ios", Sentiment.NEGATIVE, BEFORE, 5),
        *mentions("shop", Sentiment.POSITIVE, NOW, 60),
        *mentions("ios", Sentiment.POSITIVE, NOW, 30),
        *mentions("ios", Sentiment.NEGATIVE, NOW, 30),
    ]
    told, judged = zip(*pairs, strict=True)
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        for source in BRAND.sources:
            work.brands.ensure_source(brand, source.name, source.kind, None, 1.0)
        work.mentions.save(brand, told, zone=BRAND.time_zone)
        work.judgements.save(judged)
        work.cases.open_for_negatives(brand, MODEL, NOW)
        work.surveys.save(
            brand,
            [
                SurveyAnswer(f"{at:%d}-{number}", Measure.NPS, score, 0, 10, answered_at=at)
                for at, promoters in ((BEFORE, 20), (NOW, 38))
                for number, score in enumerate([9.0] * promoters + [3.0] * (40 - promoters))
            ],
        )
    return brand


def ask(database: Database, brand_id: int, **asked: Any) -> dict[str, Any]:
    with database.read() as work:
        document = health(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, **asked)
    jsonschema.validate(document, schema("health"))
    return document


def test_a_week_is_compared_with_the_one_before_it(database: Database, brand_id: int) -> None:
    document = ask(database, brand_id, week="2026-W47")
    change = document["change"]
    assert (change["week"], change["against"], change["note"]) == ("2026-W47", "2026-W46", None)
    balance = change["balance_week"]
    assert (balance["verdict"], balance["n_before"], balance["n_now"]) == ("fell", 70, 120)
    week = document["satisfaction"]["balance_week"]["index"]["value"]
    before = ask(database, brand_id, week="2026-W46")["satisfaction"]["balance_week"]["index"]["value"]
    assert balance["delta"]["value"] == pytest.approx(week - before)
    assert (balance["parts"]["real"], balance["parts"]["mix"]) == (0, pytest.approx(week - before))
    assert [part["key"] for part in balance["parts"]["by"]] == ["ios", "shop"]
    assert (change["nps"]["verdict"], change["nps"]["delta"]["value"]) == ("rose", 90)
    assert change["csat"]["delta"]["note"].startswith("too few answers: 0 the week before and 0 this week")
    text = " ".join(health_text(document).split())
    assert "Against the week before (2026-W46): balance fell (-" in text
    assert "; NPS rose (+90.0, 95 % " in text


def test_a_complaint_resolved_since_moves_the_index_but_not_the_verdict(database: Database, brand_id: int) -> None:
    untouched = ask(database, brand_id, week="2026-W47")["change"]["balance_week"]
    with database.begin() as work:
        negatives = work.cases.find(brand_id)
        work.cases.resolve(min(case.case_id for case in negatives), "agent", NOW, "refunded")
    entry = ask(database, brand_id, week="2026-W47")["change"]["balance_week"]
    assert entry["verdict"] == "fell"
    assert entry["parts"]["resolved"] != 0
    assert entry["delta"]["value"] != pytest.approx(untouched["delta"]["value"])
    parts = entry["parts"]
    assert parts["real"] + parts["mix"] + parts["resolved"] == pytest.approx(entry["delta"]["value"])


def test_each_source_is_compared_for_itself_and_other_periods_are_not(database: Database, brand_id: int) -> None:
    groups = ask(database, brand_id, week="2026-W47", by="source")["by"]
    assert {group["key"]: group["change"]["balance_week"]["verdict"] for group in groups} == {
        "ios": "no change beyond noise",
        "shop": "no change beyond noise",
    }
    assert groups[0]["change"]["nps"]["delta"]["note"] == "survey answers are not split this way"
    for period in ({}, {"since": BEFORE.date()}):
        change = ask(database, brand_id, **period)["change"]
        assert (change["week"], change["balance_week"]) == (None, None)
        assert "ask for a week" in change["note"]


def test_the_digest_says_it_the_same_each_time(database: Database, brand_id: int) -> None:
    def rendered() -> dict[tuple[str, str], bytes]:
        with database.read() as work:
            built = build_digest(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, week="2026-W47")
        return {(language, form): render(built, language, form) for language in LOCALES for form in FORMATS}

    first = rendered()
    assert rendered() == first
    for language, words in (
        ("en", "balance of the week fell against"),
        ("fr", "a baissé face à la semaine"),
        ("zh-Hant", "較前一週下降"),
    ):
        assert words in " ".join(first[language, "text"].decode().split())
        assert words in first[language, "html"].decode()
