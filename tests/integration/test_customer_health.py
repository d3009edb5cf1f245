"""Customer figures of the health document, from imported files over a real database."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold.config import Configuration, parse_configuration
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.pipeline.imports import What, import_files
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database

NOW = datetime(2026, 11, 25, tzinfo=UTC)
UNTIL = date(2026, 11, 1)
Cells = Sequence[object]


def configured(customers: str = "{}") -> Configuration:
    return parse_configuration(f"brands: [{{name: Acme, zone: Europe/Paris, customers: {customers}}}]", Path())


CONFIGURATION = configured()


def load(database: Database, folder: Path, what: What, header: Cells, rows: Sequence[Cells]) -> None:
    file = folder / f"{what}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    (report,) = import_files(database, CONFIGURATION.brands[0], what, [file], CONFIGURATION, NOW).files
    assert report.rejected == 0, report.notes
    assert report.new == len(rows)


def load_customers(database: Database, folder: Path, rows: Sequence[Cells]) -> None:
    load(database, folder, "customers", ("customer_id", "since", "cancelled"), rows)


def load_orders(database: Database, folder: Path, rows: Sequence[Cells]) -> None:
    numbered = [(f"o{number}", *row) for number, row in enumerate(rows)]
    load(database, folder, "orders", ("order_id", "customer_id", "ordered", "amount", "margin"), numbered)


def ask(database: Database, configuration: Configuration = CONFIGURATION, **asked: Any) -> dict[str, Any]:
    brand = configuration.brands[0]
    with database.begin() as work:
        brand_id = work.brands.ensure(brand.name, brand.zone)
    with database.read() as work:
        document = health(work, brand, configuration, brand_id=brand_id, model="reader/1", **asked)
    jsonschema.validate(document, schema("health"))
    return document


def customer_entries(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: document["loyalty"][name] for name in ("repurchase", "retention", "engagement")} | {
        name: document[name] for name in ("churn", "value_of_saved", "roe2", "abc")
    }


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Database:
    """100 customers who buy each four weeks from 2025 on; 20 stop in the middle of March 2026, 10 cancel in May."""
    customers, orders = [], []
    for number in range(100):
        who = f"customer {number}"
        cancelled = "2026-05-20" if 20 <= number < 30 else ""
        customers.append((who, "2025-01-02", cancelled))
        stops = date(2026, 3, 15) if number < 20 else date(2026, 5, 19) if cancelled else UNTIL
        day = date(2025, 1, 2) + timedelta(days=number % 28)
        while day < stops:
            orders.append((who, day, 1000 if number >= 90 else 10, 4))
            day += timedelta(days=28)
    load_customers(database, tmp_path, customers)
    load_orders(database, tmp_path, orders)
    return database


def test_churn_is_told_for_the_period_with_its_rule(shop: Database) -> None:
    document = ask(shop, since=date(2026, 5, 1), until=date(2026, 6, 1))
    churn, retention = document["churn"], document["loyalty"]["retention"]
    assert (churn["value"], churn["n"], churn["note"]) == (0.1, 100, None)
    assert churn["low"] < 0.1 < churn["high"]
    assert "cancelled, or no purchase for 180 days" in churn["definition"]
    assert "2026-05-01 to 2026-05-31" in churn["definition"]
    assert (retention["value"], retention["low"], retention["high"]) == (0.9, 1 - churn["high"], 1 - churn["low"])


def test_churn_of_the_last_whole_month_quarter_and_year(shop: Database) -> None:
    by = ask(shop, until=UNTIL)["churn"]["by"]
    assert {name: (figure["value"], figure["n"]) for name, figure in by.items()} == {
        "month": (0.0, 70),
        "quarter": (20 / 90, 90),  # those who stopped in March are lost 180 days later
        "year": (None, 0),
    }
    assert "too few customers at the start: 0" in by["year"]["note"]
    assert "2026-07-01 to 2026-09-30" in by["quarter"]["definition"]


def test_the_churn_of_a_week_is_tested_against_the_week_before(shop: Database) -> None:
    churn = ask(shop, week="2026-W21")["change"]["churn"]
    assert (churn["delta"]["value"], churn["n_before"], churn["n_now"]) == (pytest.approx(0.1), 100, 100)
    assert (churn["verdict"], churn["delta"]["note"]) == ("rose", None)
    early = ask(shop, week="2025-W02")["change"]["churn"]
    assert (early["delta"]["value"], early["verdict"]) == (None, None)
    assert "too few customers at the start" in early["delta"]["note"]


def test_an_open_period_ends_with_the_newest_purchase(shop: Database) -> None:
    document = ask(shop)
    assert "2025-10-31 to 2026-10-31" not in document["churn"]["definition"]
    assert "to 2026-10-31" in document["churn"]["definition"]
    assert (document["churn"]["value"], document["churn"]["n"]) == (0.3, 100)
    assert document["loyalty"]["retention"]["value"] == 0.7


def test_the_rule_for_lost_is_the_configured_one(shop: Database) -> None:
    configuration = configured("{lost_after_days: 60}")
    churn = ask(shop, configuration, since=date(2026, 5, 1), until=date(2026, 6, 1))["churn"]
    assert "no purchase for 60 days" in churn["definition"]
    # 7 of the 20 who stopped in March had bought last before 2 March, and were lost before May.
    assert (churn["value"], churn["n"]) == ((10 + 13) / 93, 93)


def test_repurchase_engagement_and_classes(shop: Database) -> None:
    document = ask(shop, until=UNTIL)
    assert document["loyalty"]["repurchase"]["value"] == 1
    assert document["loyalty"]["repurchase"]["n"] == 100
    engagement = document["loyalty"]["engagement"]
    assert engagement["note"] is None
    # 70 still buy once in four weeks; those who have stopped were counted as active for 180 days more.
    assert 1 < engagement["value"] < 100 / 70
    assert engagement["low"] < 1 < engagement["high"]
    assert engagement["n"] == 70
    assert [(row["class"], row["customers"]) for row in document["abc"]["classes"]] == [("A", 9), ("B", 21), ("C", 70)]
    assert sum(row["revenue_share"] for row in document["abc"]["classes"]) == pytest.approx(1)


def test_the_value_of_a_saved_customer(shop: Database) -> None:
    value = ask(shop, until=UNTIL)["value_of_saved"]
    # 1082 purchases at a margin of 4, by 100 customers at the start and 70 at the end, of whom 30 in 100 were lost.
    assert value["value"] == pytest.approx(4 * 1082 / 85 / 0.3)
    assert value["n"] == 100
    assert value["low"] < value["value"] < value["high"]
    assert "no acquisition_cost configured" in value["note"]
    priced = ask(shop, configured("{acquisition_cost: 90}"), until=UNTIL)["value_of_saved"]
    assert priced["note"] == "winning a customer costs 90"


def test_the_text_tells_all_of_them_within_its_width(shop: Database) -> None:
    text = health_text(ask(shop, until=UNTIL))
    for words in ("Churn", "last month", "last quarter", "Retention", "Value of one saved", "ROE2 (house)"):
        assert words in text
    assert "1 - churn" in text
    assert max(map(len, text.splitlines())) <= 78


def test_without_orders_everything_says_so(database: Database) -> None:
    document = ask(database, until=UNTIL)
    for name, figure in customer_entries(document).items():
        assert figure.get("value") is None, name
        assert "no orders imported" in figure["note"], name
    health_text(document)


def test_without_orders_those_who_cancelled_still_count(database: Database, tmp_path: Path) -> None:
    rows = [(f"c{number}", "2020-01-01", "2026-05-20" if number < 10 else "") for number in range(40)]
    load_customers(database, tmp_path, rows)
    document = ask(database, since=date(2026, 5, 1), until=date(2026, 6, 1))
    assert (document["churn"]["value"], document["churn"]["n"]) == (0.25, 40)
    assert "lost = cancelled (no orders known)" in document["churn"]["definition"]
    assert document["loyalty"]["repurchase"]["note"] == "no orders imported"


@pytest.mark.parametrize(("customers", "is_shown"), [(29, False), (30, True)])
def test_fewer_than_thirty_customers_are_too_few(
    database: Database, tmp_path: Path, customers: int, is_shown: bool
) -> None:
    orders = [(f"c{number}", day, 10, "") for number in range(customers) for day in ("2026-01-05", "2026-06-05")]
    load_orders(database, tmp_path, orders)
    document = ask(database, since=date(2026, 6, 1), until=date(2026, 7, 1))
    for figure in (document["churn"], document["loyalty"]["retention"], document["loyalty"]["repurchase"]):
        assert (figure["value"] is not None) == is_shown
        assert figure["n"] == customers
        assert is_shown or "29, at least 30 needed" in figure["note"]
    assert document["value_of_saved"]["note"] == "no margin given: import orders with a margin column"


def test_a_period_after_the_last_order_is_not_called_churn(shop: Database) -> None:
    document = ask(shop, week="2026-W47")
    assert document["churn"]["note"] == "no orders after 2026-10-31 are imported"
    assert document["loyalty"]["engagement"]["note"] == "no orders after 2026-10-31 are imported"
    assert ask(shop, since=date(2026, 11, 20))["churn"]["note"] == "nothing is known of customers from 2026-11-20 on"


def test_orders_that_begin_late_are_pointed_out(shop: Database) -> None:
    churn = ask(shop, since=date(2025, 3, 1), until=date(2025, 4, 1))["churn"]
    assert churn["note"] == "orders are known from 2025-01-02 on: who last bought before it is missing at the start"


def test_engagement_needs_twelve_periods_before(shop: Database) -> None:
    engagement = ask(shop, since=date(2026, 1, 1), until=UNTIL)["loyalty"]["engagement"]
    assert engagement["note"] == "orders are known from 2025-01-02 on, but 12 periods before are needed"


def test_roe2_is_satisfaction_times_engagement(shop: Database, tmp_path: Path) -> None:
    assert "no positive share" in ask(shop, until=UNTIL)["roe2"]["note"]
    rows = [(f"r{number}", "5" if number % 2 else "2", "2026-10-20") for number in range(40)]
    load(shop, tmp_path, "surveys", ("response_id", "csat", "date"), rows)
    document = ask(shop, until=UNTIL)
    csat = document["satisfaction"]["csat"]
    roe2, engagement = document["roe2"], document["loyalty"]["engagement"]
    assert roe2["value"] == pytest.approx(csat["value"] * engagement["value"])
    assert roe2["low"] < roe2["value"] < roe2["high"]
    assert "house definition" in roe2["definition"]
    assert "CSAT" in roe2["definition"]


@pytest.mark.parametrize("by", ["source", "week"])
def test_groups_of_mentions_have_no_customers(shop: Database, by: str) -> None:
    for group in ask(shop, until=UNTIL, by=by)["by"]:
        assert group["churn"]["note"] == "customers are not split this way"


def test_no_clock_enters(shop: Database, tmp_path: Path) -> None:
    before = ask(shop, since=date(2026, 5, 1), until=date(2026, 6, 1))
    later = [(f"new {number}", "2026-06-05", 10, 1) for number in range(50)]
    dice = random.Random(1)
    dice.shuffle(later)
    numbered = [(f"later {number}", *row) for number, row in enumerate(later)]
    load(shop, tmp_path, "orders", ("order_id", "customer_id", "ordered", "amount", "margin"), numbered)
    after = ask(shop, since=date(2026, 5, 1), until=date(2026, 6, 1))
    assert customer_entries(after) == customer_entries(before)


def test_the_digest_carries_the_customers_of_its_week(shop: Database) -> None:
    document = ask(shop, week="2026-W43")
    brand = CONFIGURATION.brands[0]
    with shop.begin() as work:
        brand_id = work.brands.ensure(brand.name, brand.zone)
    with shop.read() as work:
        digest = build_digest(work, brand, CONFIGURATION, brand_id=brand_id, model="reader/1", week="2026-W43")
    built = digest.document()
    jsonschema.validate(built, schema("digest"))
    assert built["loyalty"] == document["loyalty"]
    assert built["loyalty"]["retention"]["value"] == 1
