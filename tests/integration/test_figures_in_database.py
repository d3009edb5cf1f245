"""Health and digest over a real database: what was stored comes out weighed, to the printed digit."""

from __future__ import annotations

import json
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
from twelvefold.pipeline.health import GROUPINGS, health
from twelvefold.pipeline.health_text import health_text
from twelvefold.records import (
    Completeness,
    Judgement,
    Measure,
    Mention,
    Precision,
    RunState,
    Sentiment,
    SourceResult,
    SourceStatus,
    SurveyAnswer,
)
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database
from twelvefold.storage.runs import Owner

MODEL = "reader/1"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, zone: Europe/Paris, sources: [{name: shop, kind: files, paths: [a.csv]}]}]", Path()
)
BRAND = CONFIGURATION.brands[0]


def mention(number: int, label: Sentiment, at: datetime = SUNDAY) -> tuple[Mention, Judgement]:
    text = f"Reader {number} has an opinion that is {label.value}."
    key = sha256(text.encode()).hexdigest()
    negative, neutral, positive = (0.9 if known is label else 0.05 for known in Sentiment)
    judged = Judgement(key, MODEL, label, negative, neutral, positive, confidence=0.9, language="en")
    told = Mention(
        source="shop",
        kind="files",
        external_id=str(number),
        title="",
        text=text,
        content_hash=key,
        revision_hash=key,
        collected_at=at,
        published_at=at,
        published_precision=Precision.SECOND,
        url=f"https://shop.example/{number}",
        language="en",
        author_hash=f"author {number}",
    )
    return told, judged


def answer(number: int, score: float) -> SurveyAnswer:
    return SurveyAnswer(str(number), Measure.NPS, score, 0, 10, answered_at=SUNDAY if number else None)


@pytest.fixture
def brand_id(database: Database) -> int:
    """A brand with 92 praises and 8 complaints on a Sunday, an NPS of 30, and one night's result."""
    labels = [Sentiment.POSITIVE] * 92 + [Sentiment.NEGATIVE] * 8 + [Sentiment.NEUTRAL] * 5
    told, judged = zip(*(mention(number, label) for number, label in enumerate(labels)), strict=True)
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        work.brands.ensure_source(brand, "shop", "files", None, 1.0)
        work.mentions.save(brand, told, zone=BRAND.time_zone)
        work.judgements.save(judged)
        work.cases.open_for_negatives(brand, MODEL, SUNDAY)
        scores = [9.0] * 50 + [8.0] * 30 + [3.0] * 20
        work.surveys.save(brand, [answer(number, score) for number, score in enumerate(scores)])
        lease = work.runs.claim(
            brand, "night", SUNDAY.date(), Owner("boot", 1, "0", "host"), SUNDAY, lambda *_: False, again=False
        )
        assert lease is not None
        work.runs.record(
            lease, SourceResult("shop", "files", SourceStatus.OK, Completeness.REACHED_END, 105, 105, message="read")
        )
        work.runs.finish(lease, RunState.COMPLETE, SUNDAY, {})
    return brand


def ask(database: Database, brand_id: int, **asked: Any) -> dict[str, Any]:
    with database.read() as work:
        document = health(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, **asked)
    jsonschema.validate(document, schema("health"))
    return document


def test_stored_mentions_and_answers_come_out_to_the_printed_digit(database: Database, brand_id: int) -> None:
    document = ask(database, brand_id)
    balance = document["satisfaction"]["balance"]
    assert [round(balance["index"][part], 1) for part in ("value", "low", "high", "n")] == [-2.1, -35.8, 32.1, 100]
    assert balance["neutral"] == 5
    nps = document["loyalty"]["nps"]
    assert [round(nps[part], 1) for part in ("value", "low", "high", "n")] == [30, 14.1, 44.2, 100]
    assert "Resolve 1 complaint or earn 4 praises to break even." in health_text(document)


def test_an_undated_answer_counts_in_all_time_figures_only(database: Database, brand_id: int) -> None:
    assert ask(database, brand_id, week="2026-W47")["loyalty"]["nps"]["n"] == 99


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_keeps_the_schema(database: Database, brand_id: int, by: str) -> None:
    groups = ask(database, brand_id, by=by)["by"]
    expected = {"source": ["shop"], "subject": [None], "language": ["en"], "week": ["2026-W47"]}
    assert [group["key"] for group in groups] == expected.get(by, [])


def test_resolving_cases_pays_the_debt(database: Database, brand_id: int) -> None:
    with database.begin() as work:
        work.cases.resolve(work.cases.find(brand_id)[0].case_id, "agent", SUNDAY, "refunded")
    balance = ask(database, brand_id)["satisfaction"]["balance"]
    assert (balance["N_open"], balance["N_resolved"], balance["debt"]["value"]) == (7, 1, 0)


def test_the_digest_is_the_same_bytes_each_time_and_after_later_mentions(database: Database, brand_id: int) -> None:
    def rendered() -> dict[tuple[str, str], bytes]:
        with database.read() as work:
            built = build_digest(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, week="2026-W47")
        return {(language, form): render(built, language, form) for language in LOCALES for form in FORMATS}

    before = rendered()
    text = before["en", "text"].decode()
    assert "Resolve 1 complaint or earn 4 praises to break even." in text
    assert text.count("https://shop.example/") == 6
    assert "105 new" in text
    jsonschema.validate(json.loads(before["en", "json"]), schema("digest"))

    told, judged = mention(999, Sentiment.NEGATIVE, SUNDAY + timedelta(days=1))
    with database.begin() as work:
        work.mentions.save(brand_id, [told], zone=BRAND.time_zone)
        work.judgements.save([judged])
    assert rendered() == before
