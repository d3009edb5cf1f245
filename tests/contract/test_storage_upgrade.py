"""Opening a database that an older Twelvefold left: what its tables of counts did not know is counted at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, insert, select

from twelvefold.records import Customer, Sentiment
from twelvefold.storage.engine import Database, open_database
from twelvefold.storage.migrate import SCRIPTS, schema_revision
from twelvefold.storage.migrations import COUNTED_SINCE, HEAD
from twelvefold.storage.probability_series import WHOLES
from twelvefold.storage.rollups import KINDS
from twelvefold.storage.series import Scope

MODEL = "reader/1"
BEFORE_COUNTED = f"{int(COUNTED_SINCE) - 1:04}"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where the data come from


def build(url: str, revision: str, data: Database) -> None:
    """Make a database as it was at a revision, with as much of the data of another one as it had a place for."""
    engine, source = create_engine(url), create_engine(data.url)
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    tables, known = MetaData(), MetaData()
    known.reflect(source)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    tables.reflect(engine)
    with engine.begin() as connection, source.connect() as reading:
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            columns = [known.tables[table.name].c[column.name] for column in table.c]
            for row in reading.execute(select(*columns)):
                # What is null is left out, as JSON has a null of its own.
                connection.execute(insert(table), {k: v for k, v in row._mapping.items() if v is not None})
    engine.dispose()
    source.dispose()


def counted(database: Database, brand_id: int) -> list[str]:
    """Return all that is counted, after a check that it is what the mentions add up to."""
    with database.read() as work:
        assert work.rollups.check(brand_id, MODEL) == []
        series = [
            (scope, each.key, each.label, each.first_day, each.counts.tolist())
            for scope in Scope
            for each in work.rollups.series(brand_id, MODEL, scope)
        ]
        likely = [work.rollups.probabilities(brand_id, MODEL, scope) for scope in (*WHOLES, *Scope)]
        assert None not in likely
        cells = [(each.sum_of, each.key, each.resolved, each.sums.tolist()) for kept in likely for each in kept or ()]
        stars = [total for scope in Scope for total in work.rollups.star_totals(brand_id, scope)]
        return sorted(map(str, [*series, *cells, *stars]))


@pytest.fixture
def told(acme: Any) -> Any:
    """Mentions with stars, aspects and a customer of known segments, all judged."""
    with acme.database.begin() as work:
        work.customers.save(acme.brand, [Customer("c1", segments={"region": "north"})])
    mentions = [
        acme.mention(str(number), f"Letter {number}.", stars=1.0 + number % 5, customer_id="c1" if number % 2 else None)
        for number in range(10)
    ]
    acme.save(*mentions)
    acme.judge(*(acme.judgement(one, list(Sentiment)[number % 3]) for number, one in enumerate(mentions)))
    return acme


@pytest.mark.parametrize(
    ("empty_url", "revision"),
    [("sqlite", "0001"), ("sqlite", BEFORE_COUNTED), ("postgresql", "0003")],
    indirect=["empty_url"],
)
def test_what_an_older_database_holds_is_counted_when_it_is_opened(told: Any, empty_url: str, revision: str) -> None:
    build(empty_url, revision, told.database)
    steps: list[tuple[int, int]] = []
    database = open_database(empty_url, counting=lambda *step: steps.append(step))
    assert counted(database, told.brand) == counted(told.database, told.brand)
    assert steps == [(done, KINDS) for done in range(KINDS + 1)]
    database.close()
    steps.clear()
    open_database(empty_url, counting=lambda *step: steps.append(step)).close()
    assert steps == []


# Kills itself when some of the counts are made and nothing is committed.
KILLED = """
import os, signal, sys
from twelvefold.storage.engine import open_database
open_database(sys.argv[1], counting=lambda done, steps: os.kill(os.getpid(), signal.SIGKILL) if done == 3 else None)
"""


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_counting_that_is_killed_is_done_by_the_next_who_opens(told: Any, empty_url: str) -> None:
    build(empty_url, "0003", told.database)
    killed = subprocess.run([sys.executable, "-c", KILLED, empty_url], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert schema_revision(connection) == "0003"
    database = open_database(empty_url)
    assert counted(database, told.brand) == counted(told.database, told.brand)
    database.close()
    with engine.connect() as connection:
        assert schema_revision(connection) == HEAD
    engine.dispose()
