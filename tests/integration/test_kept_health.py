"""What is kept of a brand's health is what would be computed, whatever was written or configured meanwhile."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from twelvefold.cli import twelvefold
from twelvefold.config import Configuration, parse_configuration
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline import kept_health
from twelvefold.pipeline.brand import brand_number
from twelvefold.pipeline.brand_health import Question, brand_health
from twelvefold.pipeline.health import GROUPINGS
from twelvefold.pipeline.health_text import health_text
from twelvefold.pipeline.kept_health import health_answer, keep_standing_answers
from twelvefold.pipeline.night import NightRun
from twelvefold.records import Customer, Judgement, Measure, Mention, Order, Precision, Sentiment, SurveyAnswer
from twelvefold.storage.engine import Database, open_database
from twelvefold.storage.repository import Work

MODEL = "reader/1"
CALIBRATION = Calibration((0.1, 0.1, 0.8), (0.1, 0.1, 0.8), (500, 500, 500))
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXT = """
database: sqlite:///acme.db
brands:
  - name: Acme
    zone: Europe/Paris
    customers: {weight_by: region}
    sources:
      - {name: shop, kind: files, paths: [a.csv]}
      - {name: forum, kind: files, paths: [b.csv]}
  - {name: Rival, zone: UTC, sources: [{name: shop, kind: files, paths: [c.csv]}]}
"""
CONFIGURATION = parse_configuration(TEXT, Path())
QUESTIONS = (Question(date(2026, 11, 1), date(2026, 12, 1)), Question(week="2026-W47", by="source"))


def mention(number: int, source: str = "shop", **changes: Any) -> Mention:
    facts: dict[str, Any] = {
        "title": "",
        "text": f"Reader {number} has an opinion.",
        "content_hash": f"hash {number}",
        "revision_hash": f"hash {number}",
        "collected_at": SUNDAY,
        "published_at": SUNDAY - timedelta(days=number % 20),
        "published_precision": Precision.SECOND,
        "author_hash": f"author {number}",
        "customer_id": f"c{number}",
        "stars": 1.0 + number % 5,
    }
    return Mention(source=source, kind="files", external_id=str(number), **facts | changes)


def judgement(number: int, label: Sentiment) -> Judgement:
    shares = {each.value: 0.9 if each is label else 0.05 for each in Sentiment}
    return Judgement(f"hash {number}", MODEL, label, confidence=0.9, language="en", **shares)


def answer(number: int, score: float) -> SurveyAnswer:
    return SurveyAnswer(str(number), Measure.NPS, score, 0, 10, answered_at=SUNDAY, customer_id=f"c{number}")


@pytest.fixture
def brand(database: Database) -> int:
    """Acme with sixty mentions, ten of them complaints, thirty answers and thirty customers; Rival with twenty."""
    labels = [Sentiment.NEGATIVE if n % 6 == 0 else Sentiment.POSITIVE for n in range(60)]
    acme, rival = (brand_number(database, each) for each in CONFIGURATION.brands)
    with database.begin() as work:
        zone = CONFIGURATION.brands[0].time_zone
        work.mentions.save(acme, [mention(n, ("shop", "forum")[n % 2]) for n in range(60)], zone=zone)
        work.mentions.save(rival, [mention(n) for n in range(20)], zone=zone)
        work.judgements.save([judgement(n, label) for n, label in enumerate(labels)])
        work.cases.open_for_negatives(acme, MODEL, SUNDAY)
        work.cases.resolve(work.cases.find(acme)[0].case_id, "ana", SUNDAY)
        work.customers.save(acme, [Customer(f"c{n}", segments={"region": "north"}) for n in range(30)])
        work.surveys.save(acme, [answer(n, 9.0 if n % 3 else 2.0) for n in range(30)])
        undrawn = [each.mention_id for each in work.labels.undrawn(acme, MODEL, date(2026, 1, 1))]
        work.labels.draw(acme, MODEL, sorted(undrawn), SUNDAY)
    return acme


def kept(database: Database, configuration: Configuration, question: Question) -> dict[str, Any] | None:
    key = kept_health._key(configuration, configuration.brands[0], question, MODEL, CALIBRATION)
    with database.read() as work:
        return work.answers.find(key)


def asked(database: Database, configuration: Configuration, question: Question) -> dict[str, Any]:
    acme = configuration.brands[0]
    return health_answer(database, configuration, acme, question, model=MODEL, calibration=CALIBRATION)


def computed(database: Database, configuration: Configuration, question: Question) -> dict[str, Any]:
    acme = configuration.brands[0]
    number = brand_number(database, acme)
    with database.read() as work:
        return brand_health(work, acme, configuration, question, brand_id=number, model=MODEL, calibration=CALIBRATION)


def written(documents: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(document) for document in documents]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_kept_is_what_is_computed(database: Database, brand: int) -> None:
    for question in (Question(week=week, by=by) for week in (None, "2026-W47") for by in (None, *GROUPINGS)):
        first, second = (asked(database, CONFIGURATION, question) for _ in range(2))
        found = kept(database, CONFIGURATION, question)
        assert found is not None
        assert written([first, second, found]) == [json.dumps(computed(database, CONFIGURATION, question))] * 3
        assert health_text(first) == health_text(second)


def test_what_is_kept_is_what_is_shown(database: Database, brand: int) -> None:
    key = kept_health._key(CONFIGURATION, CONFIGURATION.brands[0], Question(), MODEL, CALIBRATION)
    with database.read() as work:
        change = work.answers.change()
    assert database.keep_answer(key, change, {"kept": True})
    assert asked(database, CONFIGURATION, Question()) == {"kept": True}
    assert asked(database, CONFIGURATION, Question(by="source")) != {"kept": True}


def number_of(work: Work, brand: int, external_id: str) -> int:
    return work.mentions.unjudged(brand, "nobody", limit=100)[int(external_id)].mention_id


ZONE = CONFIGURATION.brands[0].time_zone
CHANGES: dict[str, Callable[[Work, int], object]] = {
    "mentions": lambda work, brand: work.mentions.save(brand, [mention(99)], zone=ZONE),
    "an edit": lambda work, brand: work.mentions.save(brand, [mention(2, stars=1.0, raw_revision="2")], zone=ZONE),
    "a reply": lambda work, brand: work.mentions.save(
        brand, [mention(2, reply_text="Sorry!", revision_hash="2")], zone=ZONE
    ),
    "a removal": lambda work, brand: work.mentions.mark_removed(brand, "shop", ["2"], SUNDAY, "it is gone"),
    "retention": lambda work, brand: work.mentions.erase_texts(
        work.brands.ensure_source(brand, "shop", "files"), SUNDAY
    ),
    "forgetting a mention": lambda work, brand: work.tombstones.forget_mention(number_of(work, brand, "2"), SUNDAY),
    "forgetting an author": lambda work, brand: work.tombstones.forget_author(brand, "author 2", SUNDAY),
    "forgetting a customer": lambda work, brand: work.tombstones.forget_customer(brand, "c2", SUNDAY),
    "judgements": lambda work, brand: work.judgements.save([judgement(77, Sentiment.NEUTRAL)]),
    "links of copies": lambda work, brand: work.mentions.link_duplicates(
        brand, [(number_of(work, brand, "2"), number_of(work, brand, "3"))]
    ),
    "opened cases": lambda work, brand: (
        work.judgements.save([judgement(99, Sentiment.NEGATIVE)]),
        work.mentions.save(brand, [mention(99)], zone=ZONE),
        work.cases.open_for_negatives(brand, MODEL, SUNDAY),
    ),
    "a resolved case": lambda work, brand: work.cases.resolve(work.cases.find(brand)[1].case_id, "ana", SUNDAY),
    "a reopened case": lambda work, brand: work.cases.reopen(work.cases.find(brand)[0].case_id, "ana", SUNDAY),
    "a note": lambda work, brand: work.cases.note(work.cases.find(brand)[0].case_id, "ana", "called", SUNDAY),
    "a label": lambda work, brand: work.labels.answer(
        work.labels.pending(brand, MODEL, date(2026, 1, 1))[0].draw_id, "ana", Sentiment.NEUTRAL, SUNDAY
    ),
    "survey answers": lambda work, brand: work.surveys.save(brand, [answer(99, 0.0)]),
    "customers": lambda work, brand: work.customers.save(brand, [Customer("c1", cancelled=SUNDAY.date())]),
    "orders": lambda work, brand: work.customers.save_orders(brand, [Order("o1", "c1", SUNDAY.date(), 12.0)]),
    "why a week moved": lambda work, brand: work.reasons.save(brand, MODEL, "2026-W47", {"week": "2026-W47"}),
    "a look for bursts": lambda work, brand: work.bursts.replace(
        brand, MODEL, date(2026, 11, 1), date(2026, 11, 23), []
    ),
    "a weight": lambda work, brand: work.brands.weigh(brand, {"shop": 3.0}),
    "a zone": lambda work, brand: work.brands.ensure("Acme", "Pacific/Auckland"),
    "counting anew": lambda work, brand: work.rollups.recompute(brand),
    "the other brand's mentions": lambda work, brand: work.mentions.save(
        work.brands.ensure("Rival", "UTC"), [mention(3), mention(99)], zone=ZONE
    ),
}


def test_nothing_is_kept_over_a_change(database: Database, brand: int) -> None:
    for question in QUESTIONS:
        asked(database, CONFIGURATION, question)
    for number, (name, change) in enumerate(CHANGES.items()):
        assert all(kept(database, CONFIGURATION, question) for question in QUESTIONS), name
        with database.begin() as work:
            change(work, brand)
        assert not any(kept(database, CONFIGURATION, question) for question in QUESTIONS), name
        shown = [asked(database, CONFIGURATION, question) for question in QUESTIONS][number % 2]
        assert json.dumps(shown) == json.dumps(computed(database, CONFIGURATION, QUESTIONS[number % 2])), name


CONFIGURED = (
    ("brands:", "rule: {k: 5}\nbrands:"),
    ("brands:", "rule: {resolved_weight: 3}\nbrands:"),
    ("brands:", "rule: {half_life_days: 10}\nbrands:"),
    ("brands:", "rule: {posting_range: [0.5, 2]}\nbrands:"),
    ("name: forum", "name: board"),
    ("name: forum, kind", "name: forum, posting_rates: [5, 1, 1], kind"),
    ("weight_by: region", "weight_by: plan"),
    ("weight_by: region", "lost_after_days: 3"),
    ("weight_by: region", "abc: [50, 60]"),
    ("weight_by: region", "acquisition_cost: 90"),
    ("name: Rival", "name: Other"),
    # These are stored too.
    ("name: forum, kind", "name: forum, weight: 7, kind"),
    ("zone: Europe/Paris", "zone: Pacific/Auckland"),
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_is_kept_over_another_configuration(database: Database, brand: int) -> None:
    first = [asked(database, CONFIGURATION, question) for question in QUESTIONS]
    for old, new in CONFIGURED:
        assert old in TEXT
        other = parse_configuration(TEXT.replace(old, new), Path())
        assert not any(kept(database, other, question) for question in QUESTIONS), new
        shown = [asked(database, other, question) for question in QUESTIONS]
        assert written(shown) == written([computed(database, other, question) for question in QUESTIONS]), new
        if "weight: 7" not in new and "Auckland" not in new:
            assert all(kept(database, CONFIGURATION, question) for question in QUESTIONS), new
    assert written([asked(database, CONFIGURATION, question) for question in QUESTIONS]) == written(first)


SECRETS = """
database: postgresql://acme:hunter2@host/acme
brands:
  - name: Acme
    zone: Europe/Paris
    digest: {day: friday, to: [ana@example.org], notify: ["mailto://ana:hunter2@example.org"]}
    customers: {weight_by: region, sql: {url: "postgresql://acme:hunter2@host/shop", customers: SELECT 1}}
    sources:
      - {name: shop, kind: files, paths: [other.csv], token: hunter2, base_url: "https://acme:hunter2@example.org"}
      - {name: forum, kind: files, paths: [b.csv]}
  - {name: Rival, zone: UTC, sources: [{name: shop, kind: files, paths: [c.csv]}]}
"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_secrets_and_places_are_in_no_key_and_change_no_figure(database: Database, brand: int) -> None:
    other = parse_configuration(SECRETS, Path("elsewhere"))
    acme = CONFIGURATION.brands[0]
    for question in (*QUESTIONS, Question(by="subject")):
        keys = {kept_health._key(each, acme, question, MODEL, CALIBRATION) for each in (CONFIGURATION, other)}
        assert len(keys) == 1
        assert computed(database, other, question) == computed(database, CONFIGURATION, question)


def test_another_model_brand_or_calibration_is_another_answer() -> None:
    acme, rival = CONFIGURATION.brands
    other = Calibration((0.2, 0.1, 0.7), (0.1, 0.1, 0.8), (500, 500, 500))
    keys = [
        kept_health._key(CONFIGURATION, brand, question, model, calibration)
        for brand in (acme, rival)
        for question in QUESTIONS
        for model in (MODEL, "reader/2")
        for calibration in (CALIBRATION, other, None)
    ]
    assert len(set(keys)) == len(keys)


def test_other_code_is_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        return kept_health._key(CONFIGURATION, CONFIGURATION.brands[0], Question(), MODEL, CALIBRATION)

    before = key()
    assert ("twelvefold.pipeline", "health.py") in {known[:2] for known in kept_health._program()}
    assert {known[0] for known in kept_health._program()} >= {"twelvefold", "twelvefold.models", "twelvefold.storage"}
    monkeypatch.setattr(kept_health, "_program", lambda: [("twelvefold.pipeline", "health.py", 1, 1)])
    assert key() != before


def test_a_reader_beside_a_writer_computes_and_waits_for_nobody(database_url: str) -> None:
    # Who waited here for the writer would wait for ever.
    database = open_database(database_url, busy_timeout_s=100_000)
    for each in CONFIGURATION.brands:
        brand_number(database, each)
    with database.begin() as night:
        night.brands.ensure("Other", "Asia/Taipei")
        shown = asked(database, CONFIGURATION, Question())
    assert shown == computed(database, CONFIGURATION, Question())
    database.close()


def test_who_asks_while_others_write_never_sees_less_than_was_written_before(database: Database, brand: int) -> None:
    written_so_far, seen = [60], []

    def read() -> None:
        while written_so_far[0] < 70:
            before = written_so_far[0]
            told = asked(database, CONFIGURATION, Question())["compared"]["brands"][0]["mentions"]
            seen.append((before, told))

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for n in range(100, 110):
            with database.begin() as work:
                work.mentions.save(brand, [mention(n)], zone=ZONE)
                work.judgements.save([judgement(n, Sentiment.POSITIVE)])
            written_so_far[0] += 1
        for reader in readers:
            reader.result()
    assert seen
    assert all(told >= before for before, told in seen)
    assert asked(database, CONFIGURATION, Question()) == computed(database, CONFIGURATION, Question())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_night_keeps_the_standing_answers_of_all_large_brands(
    database: Database, brand: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_health, "SMALLEST", 20)
    quiet = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}, {name: Rival}, {name: New}]", tmp_path)
    night = NightRun(database, quiet, quiet.brands[0], clock=lambda: SUNDAY + timedelta(days=1))
    with database.begin() as work:
        work.judgements.save([replace(judgement(n, Sentiment.POSITIVE), model=night.model) for n in range(60)])
    assert night.run() is not None
    engine = create_engine(database._engine.url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept_answers")) == 2 * 2 * (1 + len(GROUPINGS))
    engine.dispose()


def test_a_night_whose_answers_cannot_be_kept_is_complete(
    database: Database, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    nowhere = parse_configuration("model: nowhere\nbrands: [{name: Acme}]", tmp_path)
    keep_standing_answers(database, nowhere, nowhere.brands[0], SUNDAY)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["Acme"]
    assert "nowhere does not exist" in caplog.text


def test_the_command_shows_what_is_kept_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(TEXT, "utf-8")
    arguments = ["health", "--brand", "Acme", "--by", "source", "--json", "--config", str(tmp_path / "config.yaml")]
    first = CliRunner().invoke(twelvefold, arguments)
    assert first.exit_code == 0, first.output
    with sqlite3.connect(tmp_path / "acme.db") as connection:
        assert connection.execute("SELECT count(*) FROM kept_answers").fetchone() == (1,)
    connection.close()
    second = subprocess.run(
        [sys.executable, "-m", "twelvefold", *arguments], capture_output=True, text=True, timeout=120, check=True
    )
    assert second.stdout == first.output
    with sqlite3.connect(tmp_path / "acme.db") as connection:
        connection.execute("UPDATE kept_answers SET document = substr(document, 1, 100)")
    connection.close()
    third = CliRunner().invoke(twelvefold, arguments)
    assert (third.exit_code, third.output) == (0, first.output)
