"""Bursts over a real database: found by a night, kept, shown with and without, and nothing left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold.config import parse_configuration
from twelvefold.pipeline.burst_health import bursts_entry
from twelvefold.pipeline.burst_text import burst_sentence, bursts_text
from twelvefold.pipeline.bursts import find_bursts, fresh_bursts
from twelvefold.pipeline.chronicle import Chronicle
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.digest.render import FORMATS, render
from twelvefold.pipeline.digest.words import LOCALES
from twelvefold.pipeline.week import Week
from twelvefold.records import Judgement, Mention, Precision, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database
from twelvefold.storage.series import Scope

MODEL = "reader/1"
WEEK = Week.parse("2026-W47")
TONIGHT = WEEK.last_day
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, zone: UTC, sources: [{name: shop, kind: files, paths: [a.csv]}]}]", Path()
)
BRAND = CONFIGURATION.brands[0]
POSITIVE, NEGATIVE = Sentiment.POSITIVE, Sentiment.NEGATIVE
ANGER = "Never again, this company cheats everyone who trusts it, stay away from this shop number {}"


def told(
    name: str, text: str, label: Sentiment, days_ago: int, *, author: str | None = None, subject: str | None = None
) -> tuple[Mention, Judgement]:
    key = sha256(f"{name} {text}".encode()).hexdigest()
    at = NOON - timedelta(days=days_ago)
    mention = Mention(
        "shop", "files", name, "", text, key, key, at, subject=subject, stars=5.0 if label is POSITIVE else 1.0,
        published_at=at, published_precision=Precision.SECOND, language="en", author_hash=author,
    )  # fmt: skip
    chances = [0.9 if known is label else 0.05 for known in Sentiment]
    return mention, Judgement(key, MODEL if text else "rating", label, *chances, 0.9)


def usual() -> list[tuple[Mention, Judgement]]:
    """Return eleven weeks of two or three reviews a day by a few regulars, one in ten a complaint."""
    made = []
    for days_ago in range(3, 80):
        for number in range(2 + days_ago % 2):
            n = 3 * days_ago + number
            text = f"The {sha256(str(n).encode()).hexdigest()} kettle is what I think of it, really, and so it is."
            label = NEGATIVE if n % 10 == 0 else POSITIVE
            made.append(told(f"u{n}", text, label, days_ago, author=f"regular {n % 30}"))
    return made


def bomb(**changes: Any) -> list[tuple[Mention, Judgement]]:
    return [
        told(f"b{number}", ANGER.format(number), NEGATIVE, 1 + number % 2, author=f"stranger {number}", **changes)
        for number in range(50)
    ]


def keep(database: Database, pairs: list[tuple[Mention, Judgement]]) -> int:
    mentions, judged = zip(*pairs, strict=True)
    with database.begin() as work:
        brand_id = work.brands.ensure(BRAND.name, BRAND.zone)
        work.mentions.save(brand_id, mentions, zone=BRAND.time_zone)
        work.judgements.save(judged)
    return brand_id


def shown(database: Database, brand_id: int, **period: Any) -> dict[str, Any]:
    with database.read() as work:
        entry = bursts_entry(work, BRAND, CONFIGURATION.rule, brand_id, MODEL, **period)
    defs = schema("health")["$defs"]
    jsonschema.validate(entry, defs["bursts"] | {"$defs": defs})
    return entry


def test_a_review_bomb_is_flagged_with_its_days_and_the_balance_with_and_without(database: Database) -> None:
    brand_id = keep(database, [*usual(), *bomb()])
    (found,) = find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    assert (found["source"], found["subject"]) == ("shop", None)
    assert (found["first_day"], found["last_day"], found["n"]) == ("2026-11-20", "2026-11-21", 50)
    assert found["expected"] == pytest.approx(5, abs=0.2)
    assert (found["kind"], found["turned"]) == ("campaign", "negative")
    assert {name for name, sign in found["signs"].items() if sign["rose"]} == {"negative", "copies", "new_authors"}
    assert find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT) == [found]  # another night finds the same
    assert fresh_bursts([found], TONIGHT) == [found]
    assert fresh_bursts([found], TONIGHT + timedelta(days=10)) == []
    assert burst_sentence(found).startswith("shop, 2026-11-20 to 2026-11-21: 50 mentions where 5 are usual; 100% ")

    entry = shown(database, brand_id, week=WEEK)
    assert entry["balance"]["with"]["n"] - entry["balance"]["without"]["n"] == 50
    assert entry["balance"]["with"]["value"] < entry["balance"]["without"]["value"]
    assert entry["found"][0]["balance_without"]["value"] == entry["balance"]["without"]["value"]
    quiet = keep_only_usual(database)
    assert shown(database, quiet["brand_id"], week=WEEK) == {
        "found": [],
        "note": None,
        "balance": None,
        "balance_week": None,
    }
    assert entry["balance"]["without"]["value"] == pytest.approx(quiet["balance"])
    assert "looks like a review bomb" in bursts_text(entry)[0]
    assert shown(database, brand_id)["found"][0]["first_day"] == "2026-11-20"
    assert shown(database, brand_id, until=WEEK.since)["found"] == []


def keep_only_usual(database: Database) -> dict[str, Any]:
    """Return a second brand that heard all but the bomb, and its balance."""
    mentions, judged = zip(*usual(), strict=True)
    with database.begin() as work:
        brand_id = work.brands.ensure("Calm", BRAND.zone)
        work.mentions.save(brand_id, mentions, zone=BRAND.time_zone)
        work.judgements.save(judged)
    assert find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT) == []
    with database.read() as work:
        series = work.rollups.series(brand_id, MODEL, Scope.SOURCE)
    return {
        "brand_id": brand_id,
        "balance": Chronicle.of(series).standing(CONFIGURATION.rule, TONIGHT).index.estimate.value,  # type: ignore[union-attr]
    }


def test_days_at_which_no_night_has_looked_are_not_shown_as_quiet(database: Database) -> None:
    brand_id = keep(database, usual())
    assert bursts_text(shown(database, brand_id, week=WEEK)) == ["Bursts: no night has looked for bursts yet."]
    for night, until in ((TONIGHT - timedelta(days=2), "2026-11-20"), (TONIGHT, None)):
        find_bursts(database, brand_id, model=MODEL, tonight=night)
        note = until and f"nights have looked for bursts from 2025-11-21 to {until} only"
        assert shown(database, brand_id, week=WEEK)["note"] == note
        assert shown(database, brand_id, week=WEEK.back(1))["note"] is None
    year_before = shown(database, brand_id, week=WEEK.back(60))
    assert year_before["note"] == "nights have looked for bursts from 2025-11-21 to 2026-11-22 only"


@pytest.mark.parametrize("language", LOCALES)
def test_the_digest_says_that_no_night_has_looked(database: Database, language: str) -> None:
    brand_id = keep(database, usual())
    told = {
        "en": "No night has looked at all of this week for bursts yet.",
        "fr": "Aucune nuit n’a encore cherché d’afflux inhabituels sur toute cette semaine.",
        "zh-Hant": "尚未有夜間作業檢查過本週所有日子的異常湧現。",
    }[language]
    for _ in range(2):
        with database.read() as work:
            digest = build_digest(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, week=str(WEEK))
        text = " ".join(render(digest, language, "text").decode().split())
        assert (told in text) is (digest.bursts["note"] is not None)
        find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    assert digest.bursts["note"] is None


def test_praise_by_many_as_ever_looks_like_interest(database: Database) -> None:
    launch = [
        told(f"l{n}", f"Wonderful {sha256(f'l{n}'.encode()).hexdigest()} kettle, worth every cent to me.",
             NEGATIVE if n % 10 == 0 else POSITIVE, 1, author=f"new {n}")
        for n in range(50)
    ]  # fmt: skip
    brand_id = keep(database, [*usual(), *launch])
    (found,) = find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    assert (found["kind"], found["turned"]) == ("interest", None)
    assert found["signs"]["new_authors"]["rose"]


def test_ratings_without_a_word_speak_of_a_campaign(database: Database) -> None:
    ratings = [told(f"r{number}", "", NEGATIVE, 1) for number in range(50)]
    brand_id = keep(database, [*usual(), *ratings])
    (found,) = find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    assert (found["kind"], found["turned"]) == ("campaign", "negative")
    assert found["signs"]["without_text"]["now"] > 0.9


def test_what_was_only_read_together_is_no_burst(database: Database) -> None:
    undated = [(replace(one, published_at=None, published_precision=Precision.NONE), said) for one, said in bomb()]
    brand_id = keep(database, [*usual(), *undated])
    assert find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT) == []


def test_a_burst_about_one_subject_of_a_busy_source_is_found(database: Database) -> None:
    busy = [
        told(f"m{n}", f"All of {sha256(f'm{n}'.encode()).hexdigest()} is good, I would buy it again at any time.",
             POSITIVE, 1 + n % 50, subject="Mug")
        for n in range(1_500)
    ]  # fmt: skip
    few = [
        told(f"k{n}", f"About {sha256(f'k{n}'.encode()).hexdigest()} there is nothing at all that I could blame.",
             POSITIVE, 3 + n, subject="Kettle")
        for n in range(40)
    ]  # fmt: skip
    brand_id = keep(database, [*busy, *few, *bomb(subject="Kettle")[:24]])
    (found,) = find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    assert (found["source"], found["subject"], found["n"]) == (None, "Kettle", 24)
    entry = shown(database, brand_id)
    assert entry["balance"]["with"]["n"] - entry["balance"]["without"]["n"] == 24
    assert burst_sentence(found).startswith("about Kettle, ")


@pytest.mark.parametrize("language", LOCALES)
def test_the_digest_tells_of_it_in_each_language(database: Database, language: str) -> None:
    brand_id = keep(database, [*usual(), *bomb()])
    find_bursts(database, brand_id, model=MODEL, tonight=TONIGHT)
    with database.read() as work:
        digest = build_digest(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, week=str(WEEK))
    name = {
        "en": "looks like a review bomb",
        "fr": "cela ressemble à un bombardement d’avis",
        "zh-Hant": "看起來像負評轟炸",
    }
    said = {form: render(digest, language, form).decode() for form in FORMATS}
    for form in ("html", "text"):
        assert name[language] in " ".join(said[form].split()).replace("\n", "")
    assert '"balance_without"' in said["json"]
