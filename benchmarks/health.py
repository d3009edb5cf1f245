"""How long health queries take over the counts of 10 million mentions: `python benchmarks/health.py`.

Two brands, of ten million mentions and of one, are written as a night would have counted them (`counted_brand.py`) into
a SQLite file or, with `--postgresql`, onto a server of its own. Each query is what `twelvefold health --json` builds,
corrected for the classifier's error, bursts, voice and the other brand included. It is asked twice over: computed, as
by the first who asks after anything has changed, and kept, as by all others and by the first after a night. Told are
the time by the clock and that of the processors, PostgreSQL's part of it too, and how many times as long a scan of all
mentions takes, going by one of the few that are written beside the counts. Target: p95 below 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from counted_brand import LAST, MODEL, source_names, write_brand
from own_postgres import own_postgres
from sqlalchemy import create_engine, text

from twelvefold.config import Brand, parse_configuration
from twelvefold.models.scorer import calibration_of
from twelvefold.pipeline.brand_health import Question, brand_health
from twelvefold.pipeline.health import GROUPINGS
from twelvefold.pipeline.kept_health import health_answer
from twelvefold.storage.engine import Database, open_database

WEEK = "2026-W46"
QUESTIONS = {
    "all": Question(),
    **{f"by {by}": Question(by=by) for by in GROUPINGS},
    "week": Question(week=WEEK),
    **{f"week by {by}": Question(week=WEEK, by=by) for by in GROUPINGS},
    "quarter": Question(LAST.replace(month=7, day=1), LAST.replace(month=10, day=1)),
}
SCAN = """
    SELECT m.local_date, m.source_id, j.label, count(*), avg(m.stars) FROM mentions m
    JOIN judgements j ON j.content_hash = m.content_hash AND j.model = :model
    WHERE m.brand_id = :brand AND m.removed_at IS NULL AND m.duplicate_of IS NULL GROUP BY 1, 2, 3
"""


@contextmanager
def kept_server(folder: Path, on_postgres: bool) -> Iterator[str]:
    """Yield the URL of the database that lies in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if on_postgres:
        with own_postgres(folder) as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'health.db'}"


def prepared(url: str, brands: Sequence[Brand], mentions: int, scanned: int) -> Database:
    """Open the database, and write the brands where it holds none."""

    def refuse(_done: int, _steps: int) -> None:
        raise SystemExit("its schema is older, and there are no mentions to count anew: remove the folder")

    database = open_database(url, counting=refuse)
    with database.read() as work:
        if work.brands.find(brands[-1].name, brands[-1].zone) is not None:
            return database
    started = time.perf_counter()
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
            connection.commit()
        for n, brand in enumerate(brands):
            write_brand(database, connection, brand.name, mentions // 10**n, 0 if n else scanned, seed=n)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = engine.dialect.name == "sqlite"
        for statement in ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)") if is_sqlite else ("VACUUM ANALYZE",):
            connection.execute(text(statement))
    engine.dispose()
    print(f"written in {time.perf_counter() - started:.0f} s", flush=True)
    return database


class Processors:
    """The milliseconds that this process, and PostgreSQL's on this connection, have been at work."""

    def __init__(self, server: int | None) -> None:
        self._server = Path(f"/proc/{server}/schedstat") if server else None

    def spent(self) -> float:
        """Return them."""
        own = time.process_time() * 1000
        return own + (int(self._server.read_text().split()[0]) / 1e6 if self._server else 0)


def timed(ask: Callable[[], object], times: int, processors: Processors) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each of some calls by the clock, and those of the processors, each sorted."""
    took, worked = [], []
    for _ in range(times):
        busy, started = processors.spent(), time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
        worked.append(processors.spent() - busy)
    return sorted(took), sorted(worked)


def scanned(url: str, brand: int) -> float:
    """Return how many milliseconds a scan of the brand's mentions takes."""
    engine = create_engine(url)
    with engine.connect() as connection:
        started = time.perf_counter()
        connection.execute(text(SCAN), {"brand": brand, "model": MODEL}).all()
        took = time.perf_counter() - started
    engine.dispose()
    return took * 1000


def told(took: Sequence[float], worked: Sequence[float]) -> str:
    """Return p50 and p95 of sorted milliseconds of the clock, and those of the processors in brackets."""
    last = max(0, -(-95 * len(took) // 100) - 1)
    return (
        f"p50 {statistics.median(took):7,.1f} ({statistics.median(worked):7,.1f})  "
        f"p95 {took[last]:7,.1f} ({worked[last]:7,.1f})"
    )


def main() -> None:
    """Write the database and print p50 and p95 of each query, and the ratio to the scan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=10_000_000, help="behind the roll-ups")
    parser.add_argument("--scanned", type=int, default=300_000, help="mentions that are scanned, 0 for none")
    parser.add_argument("--times", type=int, default=20, help="how often each query is asked")
    parser.add_argument("--only", default="", help="only the queries with this in their name")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server of its own")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the database, to be asked again")
    wish = parser.parse_args()
    listed = ", ".join(f"{{name: {name}, kind: files, paths: [a.csv]}}" for name in source_names())
    brands = ", ".join(f"{{name: {name}, zone: UTC, sources: [{listed}]}}" for name in ("Bench", "Rival"))
    configuration = parse_configuration(f"brands: [{brands}]", Path())
    with tempfile.TemporaryDirectory() as folder, kept_server(wish.keep or Path(folder), wish.postgresql) as url:
        database = prepared(url, configuration.brands, wish.mentions, wish.scanned)
        with database.read() as work:
            number = work.brands.find("Bench", "UTC")
            assert number is not None
        scan = scanned(url, number) * wish.mentions / wish.scanned if wish.scanned else None
        with database._engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()")) if wish.postgresql else None
        where = "PostgreSQL" if wish.postgresql else "SQLite"
        scans = f", which a scan takes {scan / 1000:,.0f} s for" if scan else ""
        print(f"{where}: {wish.mentions:,} mentions{scans}; milliseconds of the clock (of the processors)")
        brand, judge = configuration.brands[0], {"model": MODEL, "calibration": calibration_of("default", Path())}
        for name, question in QUESTIONS.items():
            if wish.only not in name:
                continue

            def compute(question: Question = question) -> dict[str, Any]:
                with database.read() as work:
                    return brand_health(work, brand, configuration, question, brand_id=number, **judge)

            def ask(question: Question = question) -> dict[str, Any]:
                return health_answer(database, configuration, brand, question, **judge)

            ask()
            if json.dumps(ask()) != json.dumps(compute()):
                raise SystemExit(f"{name}: what is kept is not what is computed")
            computed, kept = (timed(each, wish.times, Processors(backend)) for each in (compute, ask))
            print(f"  {name:<16} computed {told(*computed)}   kept {told(*kept)}   load {os.getloadavg()[0]:4.1f}")
            if scan:
                ratios = (scan / statistics.median(took) for took, _ in (computed, kept))
                print("  {:<16} scan / p50 = {:,.0f}, kept {:,.0f}".format("", *ratios))
            sys.stdout.flush()
        database.close()


if __name__ == "__main__":
    main()
