"""Why a week moved, over a real database: found by one look, kept, and shown by health and digest."""

from __future__ import annotations

from dataclasses import replace
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
from twelvefold.pipeline.reasons import NO_ASPECTS, NOT_LOOKED, find_reasons, kept_reasons, weeks_to_look_into
from twelvefold.pipeline.reasons_text import why_text
from twelvefold.pipeline.week import Week
from twelvefold.records import Judgement, Measure, Mention, Precision, Sentiment, SurveyAnswer
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database

MODEL = "reader/1"
WEEK = Week.parse("2026-W47")
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
CONFIGURATION = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", Path())
BRAND = CONFIGURATION.brands[0]
POSITIVE, NEGATIVE = Sentiment.POSITIVE, Sentiment.NEGATIVE


def pair(
    name: str, text: str, label: Sentiment, at: datetime, stars: float | None = None, *aspects: tuple[str, str]
) -> tuple[Mention, Judgement]:
    key = sha256(f"{name} {text}".encode()).hexdigest()
    chances = [0.9 if known is label else 0.05 for known in Sentiment]
    mention = Mention(
        "shop", "files", name, "", text, key, key, at, stars=stars, published_at=at,
        published_precision=Precision.SECOND, language="en",
    )  # fmt: skip
    told = tuple({"aspect": aspect, "label": said} for aspect, said in aspects)
    return mention, Judgement(key, MODEL, label, *chances, 0.9, aspects=told)


def reviews(with_aspects: bool) -> list[tuple[Mention, Judgement]]:
    """Return a quarter of reviews: delivery is blamed and costs stars, support is praised and wins them."""
    made = []
    for number in range(400):
        at = NOW - timedelta(days=number % 80)
        kind = number % 8
        label, stars, aspects = {
            0: (NEGATIVE, 1.0 + number % 3 // 2, [("delivery", "negative")]),
            1: (POSITIVE, 4.0 + number // 8 % 2, [("delivery", "positive")]),
            2: (POSITIVE, 5.0, [("support", "positive"), ("fashion", "positive")]),
            3: (NEGATIVE, 3.0 + number % 3, [("support", "negative")]),
        }.get(kind, (POSITIVE, 4.0 + (number // 8) % 2, []))
        text = f"Customer number {chr(97 + number % 26)}{chr(97 + number // 26)} has an opinion."
        made.append(pair(f"r{number}", text, label, at, stars, *(aspects if with_aspects else [])))
    made += [
        pair(f"w{number}", "My battery died again.", NEGATIVE, NOW - timedelta(days=number % 3)) for number in range(12)
    ]
    return made


def keep(database: Database, pairs: list[tuple[Mention, Judgement]]) -> int:
    told, judged = zip(*pairs, strict=True)
    with database.begin() as work:
        brand_id = work.brands.ensure(BRAND.name, BRAND.zone)
        work.mentions.save(brand_id, told, zone=BRAND.time_zone)
        work.judgements.save(judged)
    return brand_id


def look(database: Database, brand_id: int) -> dict[str, Any]:
    find_reasons(database, CONFIGURATION, BRAND, brand_id, model=MODEL, weeks=[WEEK])
    with database.read() as work:
        found = kept_reasons(work.reasons, brand_id, MODEL, WEEK)
    jsonschema.validate(found, schema("health")["$defs"]["why"] | {"$defs": schema("health")["$defs"]})
    return found


def test_what_moved_a_week_is_found_and_kept(database: Database) -> None:
    brand_id = keep(database, reviews(with_aspects=True))
    found = look(database, brand_id)
    impacts = {row["aspect"]: row["balance"] for row in found["impact"]}
    assert impacts["delivery"]["n"] == 100
    assert impacts["delivery"]["high"] < 0
    assert "fashion" not in impacts
    assert {row["aspect"]: row["class"] for row in found["kano"]}["delivery"] == "basic"
    (word, *_) = found["words"]
    assert (word["word"], word["now"], word["before"], word["complaints"]) == ("battery", 12, 0, 12)
    assert found["recovery"]["share"]["note"] == "too few reviews edited: 0, at least 10 needed"
    assert look(database, brand_id) == found  # another look finds the same
    said = " ".join(why_text(found))
    assert "delivery: balance -" in said
    assert "New this week: battery (12)" in said


def test_without_aspects_nothing_is_made_up(database: Database) -> None:
    found = look(database, keep(database, reviews(with_aspects=False)))
    assert (found["impact"], found["impact_note"]) == ([], NO_ASPECTS)
    assert (found["kano"], found["kano_note"]) == ([], NO_ASPECTS)


def test_a_week_that_nobody_looked_into_says_so(database: Database) -> None:
    brand_id = keep(database, reviews(with_aspects=False))
    with database.read() as work:
        found = kept_reasons(work.reasons, brand_id, MODEL, WEEK)
    assert (found["note"], found["words"], why_text(found)) == (NOT_LOOKED, [], [])


def test_aspects_in_comments_move_nps_and_csat(database: Database) -> None:
    brand_id = keep(database, reviews(with_aspects=False))
    answers, judged = [], []
    for number in range(60):
        blames = number % 2 == 0
        comment = f"The parcel of {number} came late." if blames else ""
        score = 2.0 if blames else 9.0
        first = SurveyAnswer(f"a{number}", Measure.NPS, score, 0, 10, comment=comment, answered_at=NOW)
        csat = replace(first, measure=Measure.CSAT, score=1.0 if blames else 5.0, scale_low=1, scale_high=5, comment="")
        answers += [first, csat]
    with database.begin() as work:
        work.surveys.save(brand_id, answers)
        waiting = work.surveys.unjudged(brand_id, MODEL, limit=100)
        aspects = ({"aspect": "delivery", "label": "negative"},)
        judged = [
            Judgement(one.content_hash, MODEL, NEGATIVE, 0.9, 0.05, 0.05, 0.9, aspects=aspects) for one in waiting
        ]
        work.judgements.save(judged)
    (row,) = look(database, brand_id)["impact"]
    assert (row["aspect"], row["nps"]["n"], row["nps"]["value"]) == ("delivery", 30, -100)
    assert (row["csat"]["value"], row["csat"]["n"]) == (-0.5, 30)
    assert row["balance"]["note"] == "too few mentions speak of it: 0, at least 20 needed"


def test_a_review_that_rose_after_our_reply_is_won_back(database: Database) -> None:
    seen = NOW - timedelta(days=30)
    first = [pair(f"e{number}", f"Bad kettle {number}.", NEGATIVE, seen, 1.0)[0] for number in range(12)]
    replied = [
        replace(one, reply_text="We are sorry.", revision_hash=f"{one.revision_hash}r", raw_revision="2",
                collected_at=seen + timedelta(days=2))
        for one in first
    ]  # fmt: skip
    risen = [
        replace(pair(f"e{at}", f"They mended kettle {at}.", POSITIVE, seen, 5.0)[0], reply_text="We are sorry.",
                raw_revision="3", collected_at=seen + timedelta(days=9))
        for at in range(9)
    ] + [
        replace(one, text="Still bad.", content_hash=f"{one.content_hash}s", revision_hash=f"{one.revision_hash}s",
                raw_revision="3", collected_at=seen + timedelta(days=9))
        for one in replied[9:]
    ]  # fmt: skip
    with database.begin() as work:
        brand_id = work.brands.ensure(BRAND.name, BRAND.zone)
        for wave in (first, replied, risen):
            work.mentions.save(brand_id, wave, zone=BRAND.time_zone)
    recovery = look(database, brand_id)["recovery"]
    assert (recovery["share"]["value"], recovery["share"]["n"]) == (0.75, 12)
    assert recovery["days"]["note"] == "too few reviews that rose: 9, at least 10 needed"


@pytest.mark.parametrize("language", LOCALES)
def test_the_digest_says_why_in_each_language(database: Database, language: str) -> None:
    brand_id = keep(database, reviews(with_aspects=True))
    look(database, brand_id)
    with database.read() as work:
        digest = build_digest(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, week=str(WEEK))
    name = {
        "en": "Delivery drags the balance",
        "fr": "Livraison : tire la balance vers le bas",
        "zh-Hant": "「配送」拉低",
    }
    told = {form: render(digest, language, form).decode() for form in FORMATS}
    for form in ("html", "text"):
        assert name[language] in " ".join(told[form].split())
        assert "battery" in told[form]
    assert '"why"' in told["json"]


def test_the_last_whole_week_and_the_one_that_is_due_are_looked_into() -> None:
    monday = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert weeks_to_look_into(WEEK.back(1), monday, BRAND) == [WEEK.back(1), WEEK]
    assert weeks_to_look_into(WEEK, monday, BRAND) == [WEEK]
