"""Customers and orders out of a shop's own database: read only, bounded, its password never shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest
import yaml

from twelvefold.config import Configuration, parse_configuration
from twelvefold.errors import CallerMistake, ConfigError, StorageUnavailable, TwelvefoldError
from twelvefold.pipeline.sql_import import import_configured_queries, import_query
from twelvefold.storage.engine import Database, open_database
from twelvefold.storage.outside import write_query

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SHOP = (
    "CREATE TABLE clients (id TEXT, joined DATE, plan TEXT, email TEXT)",
    "INSERT INTO clients VALUES ('k1', '2025-02-03', 'gold', 'a@b.example'), ('k2', '2025-03-04', NULL, NULL)",
    "CREATE TABLE sales (no INTEGER, client TEXT, day DATE, total NUMERIC(10, 3))",
    "INSERT INTO sales VALUES (1, 'k1', '2026-01-02', 10.5), (2, 'k2', '2026-01-03', 1234.125), (3, 'k2', NULL, 5)",
)
CUSTOMERS = "SELECT id AS customer_id, joined AS since, plan FROM clients -- all; of them"
ORDERS = (
    "SELECT no AS order_id, client AS customer_id, day AS ordered, total AS amount FROM sales "
    "WHERE client LIKE 'k%' AND ':x' <> ';' ORDER BY no;"
)


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'ours.db'}")
    yield database
    database.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        for statement in SHOP:
            connection.execute(statement)
    connection.close()
    return file


def configured(folder: Path, url: str, customers: str = CUSTOMERS, orders: str = ORDERS) -> Configuration:
    sql = {"url": url, "customers": customers, "orders": orders}
    return parse_configuration(yaml.safe_dump({"brands": [{"name": "Acme", "customers": {"sql": sql}}]}), folder)


def check_both(ours: Database, folder: Path, url: str) -> None:
    configuration = configured(folder, url)
    brand = configuration.brands[0]
    (report,) = import_query(ours, brand, "customers", configuration, NOW).files
    assert (report.read, report.new, report.rejected) == (2, 2, 0)
    (report,) = import_query(ours, brand, "orders", configuration, NOW).files
    assert (report.read, report.new, report.rejected) == (3, 2, 1)
    assert "row 3 rejected: the row has nothing in 'ordered'" in " ".join(report.notes)
    with ours.read() as work:
        brand_id = work.brands.find("Acme", "UTC")
        assert brand_id is not None
        assert [(one.customer_id, one.since, dict(one.segments)) for one in work.customers.all(brand_id)] == [
            ("k1", date(2025, 2, 3), {"plan": "gold"}),
            ("k2", date(2025, 3, 4), {}),
        ]
        assert [one.amount for one in work.customers.orders(brand_id)] == [10.5, 1234.125]
    again = import_configured_queries(ours, brand, configuration, NOW)
    assert [problem.split(":")[0] for problem in again] == ["1 rows of customers.sql.orders were rejected"]
    assert sorted(path.name for path in (folder / "imports").iterdir()) == ["acme-orders.sql.jsonl.rejected.csv"]


def test_customers_and_orders_come_out_of_sqlite_twice_with_nothing_new(
    ours: Database, shop: Path, tmp_path: Path
) -> None:
    check_both(ours, tmp_path, "sqlite:///shop.db")


def test_customers_and_orders_come_out_of_postgresql(ours: Database, postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in SHOP:
            connection.execute(statement)  # type: ignore[arg-type]
    check_both(ours, tmp_path, postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE numbers")
    for query in ("SELECT nextval('numbers')", "WITH gone AS (DELETE FROM sales RETURNING no) SELECT no FROM gone"):
        with pytest.raises(ConfigError, match=r"read-only transaction|must not contain data-modifying"):
            write_query(postgres_url, query, tmp_path, tmp_path / "x")
    with pytest.raises(StorageUnavailable, match="too long"):
        write_query(postgres_url, "SELECT pg_sleep(30)", tmp_path, tmp_path / "x", longest_s=0.2)
    assert write_query(postgres_url, "SELECT no::text FROM sales", tmp_path, tmp_path / "x") == 3


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("DELETE FROM clients", "must be one SELECT, and begins with 'DELETE FROM clients'"),
        ("/* SELECT */ DROP TABLE clients", "must be one SELECT"),
        ("SELECT 1; DELETE FROM clients", "single statement"),
        ("", "must be one SELECT"),
        ("SELECT id, id FROM clients", "two columns called 'id'"),
        ("SELECT gender FROM clients", "refuses the query .no such column: gender"),
        ("SELECT id, joined FROM clients", "the query customers.sql.orders has no column for customer_id"),
    ],
)
def test_a_query_that_cannot_be_used_is_told_in_one_sentence(
    ours: Database, shop: Path, tmp_path: Path, query: str, told: str
) -> None:
    configuration = configured(tmp_path, "sqlite:///shop.db", orders=query)
    with pytest.raises(CallerMistake, match=told) as caught:
        import_query(ours, configuration.brands[0], "orders", configuration, NOW)
    assert "\n" not in str(caught.value)
    with sqlite3.connect(shop) as connection:
        assert connection.execute("SELECT count(*) FROM clients").fetchone() == (2,)
    connection.close()


def test_a_query_that_never_ends_is_stopped(shop: Path, tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(StorageUnavailable, match="too long"):
        write_query("sqlite:///shop.db", endless, tmp_path, tmp_path / "x", longest_s=0.2)


def test_a_file_that_does_not_exist_is_not_made(ours: Database, tmp_path: Path) -> None:
    configuration = configured(tmp_path, "sqlite:///none.db")
    problems = import_configured_queries(ours, configuration.brands[0], configuration, NOW)
    assert [problem.split(":")[0] for problem in problems] == ["customers.sql.url names no file that exists"] * 2
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    "url", ["postgresql://reader:s3cretword@127.0.0.1:1/shop", "nosuch://reader:s3cretword@host/x", "s3cretword"]
)
def test_no_password_is_ever_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(TwelvefoldError) as caught:
        write_query(url, "SELECT 1", tmp_path, tmp_path / "x")
    assert "s3cretword" not in str(caught.value)


def test_a_brand_without_a_query_says_where_to_write_one(ours: Database, tmp_path: Path) -> None:
    configuration = parse_configuration("brands: [{name: Acme}]", tmp_path)
    with pytest.raises(ConfigError, match=r"write one under customers\.sql\.orders"):
        import_query(ours, configuration.brands[0], "orders", configuration, NOW)
    assert import_configured_queries(ours, configuration.brands[0], configuration, NOW) == []
