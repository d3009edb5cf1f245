"""What segments of customers say: from imported files to `health --by segment`, over a real database."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold.config import parse_configuration
from twelvefold.pipeline.figure_records import figure_records
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.pipeline.imports import What, import_files
from twelvefold.records import Judgement, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database

MODEL = "reader/1"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
CONFIGURATION = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", Path())
BRAND = CONFIGURATION.brands[0]
Cells = Sequence[object]


def load(database: Database, folder: Path, what: What, header: Cells, rows: Sequence[Cells]) -> None:
    file = folder / f"{what}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    (report,) = import_files(database, BRAND, what, [file], CONFIGURATION, NOW).files
    assert report.rejected == 0, report.notes


def judge(database: Database, brand_id: int) -> None:
    """Call a text negative where it says so."""
    with database.begin() as work:
        waiting = work.mentions.unjudged(brand_id, MODEL, limit=1000)
        work.judgements.save(
            [
                Judgement(row.content_hash, MODEL, Sentiment.NEGATIVE, 0.9, 0.05, 0.05, 0.9)
                if "bad" in row.text
                else Judgement(row.content_hash, MODEL, Sentiment.POSITIVE, 0.05, 0.05, 0.9, 0.9)
                for row in waiting
            ]
        )


@pytest.fixture
def brand_id(database: Database, tmp_path: Path) -> int:
    """20 customers in the north, 20 in the south, and one in a plan of her own; half of the letters name nobody."""
    customers = [(f"k{n}", "north" if n < 20 else "south", "gold" if n == 0 else "") for n in range(40)]
    load(database, tmp_path, "customers", ("customer_id", "région", "plan"), customers)
    days = [MONDAY - timedelta(days=7), MONDAY + timedelta(days=1)]
    letters = [
        (f"{week} {n}", f"Letter {week} {n} is {'bad' if n >= 20 or n % 10 == 0 else 'good'}.", day, f"k{n}")
        for week, day in enumerate(days)
        for n in range(40)
    ]
    letters += [(f"x{n}", f"Nobody's letter {n} is bad.", MONDAY, "") for n in range(40)]
    load(database, tmp_path, "mentions", ("id", "text", "date", "customer id"), letters)
    answers = [(f"r{n}", 10 if n < 20 else 0, MONDAY, f"k{n}") for n in range(40)]
    load(database, tmp_path, "surveys", ("response id", "nps score", "date", "customer id"), answers)
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
    judge(database, brand)
    return brand


def ask(database: Database, brand_id: int, **period: Any) -> dict[str, Any]:
    with database.read() as work:
        assert work.rollups.check(brand_id, MODEL) == []
        document = health(work, BRAND, CONFIGURATION, brand_id=brand_id, model=MODEL, by="segment", **period)
    jsonschema.validate(document, schema("health"))
    return document


def test_segments_are_told_by_the_customers_whom_mentions_and_answers_name(database: Database, brand_id: int) -> None:
    document = ask(database, brand_id, week="2026-W47")
    groups = {group["key"]: group for group in document["by"]}
    assert list(groups) == ["région: north", "région: south"]
    north, south = groups.values()
    within = [group["satisfaction"]["balance_week"] for group in (north, south)]
    assert [(each["P"], each["N_open"], each["index"]["n"]) for each in within] == [(18, 2, 20), (0, 20, 20)]
    assert [group["loyalty"]["nps"]["value"] for group in (north, south)] == [100, -100]
    assert north["change"]["balance_week"]["verdict"] == "no change beyond noise"
    assert (north["change"]["nps"]["n_now"], north["change"]["nps"]["n_before"]) == (20, 0)
    assert document["satisfaction"]["balance_week"]["N_open"] == 2 + 20 + 40
    assert north["satisfaction"]["stars"]["note"] == "stars are not split this way"


def test_a_segment_of_one_person_is_refused_in_words_and_never_shown(database: Database, brand_id: int) -> None:
    for period in ({}, {"week": "2026-W47"}, {"since": MONDAY}):
        document = ask(database, brand_id, **period)
        assert document["by_note"] == "segments of fewer than 5 persons are not shown: 1 of plan"
        assert "gold" not in str(document)
        text = health_text(document)
        assert "segments of fewer than 5 persons are not shown: 1 of plan" in text
        assert "gold" not in text
        assert not any("gold" in str(record) for record in figure_records(document, "segment"))


def test_who_moves_is_counted_where_they_live_now(database: Database, brand_id: int, tmp_path: Path) -> None:
    moved = [(f"k{n}", "south", "") for n in range(16)]
    load(database, tmp_path, "customers", ("customer_id", "région", "plan"), moved)
    document = ask(database, brand_id)
    (south,) = document["by"]
    assert (south["key"], south["satisfaction"]["balance"]["index"]["n"]) == ("région: south", 72)
    assert document["by_note"] == "segments of fewer than 5 persons are not shown: 1 of région"


def test_without_customers_there_are_no_segments(database: Database) -> None:
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
    document = ask(database, brand, week="2026-W47")
    assert (document["by"], document["by_note"]) == (
        [],
        "no customer has a segment: import customers with a column for each, as region or plan",
    )
