"""How long health queries take over the counts of 10 million mentions: `python benchmarks/health.py`.

Three years of 40 sources with five subjects each are written as daily counts straight into a fresh SQLite file, or into
a database of its own on the server that TWELVEFOLD_TEST_POSTGRES names, and packed as a night packs them. A million
mentions are written beside them, for the scan that counts save. Target: p95 below 50 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from twelvefold.config import parse_configuration
from twelvefold.pipeline.health import health
from twelvefold.storage.batches import in_batches, insert_rows
from twelvefold.storage.engine import open_database
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.series import AllSeries
from twelvefold.storage.tables import AspectTable, Base, JudgementTable, MentionTable, RollupTable, StarTable

DAYS, SOURCES, SUBJECTS = 1096, 40, 200
LAST = date(2026, 11, 22)
MODEL = "bench/1"
SHARES = (("positive", False, 0.82), ("neutral", False, 0.08), ("negative", False, 0.06), ("negative", True, 0.04))
ASPECTS = ("product_quality", "price_value", "delivery", "staff_service", "support", "ease", "place", "website_app")
STARS = ((50, 0.6), (40, 0.2), (30, 0.08), (20, 0.05), (10, 0.07))
QUERIES: dict[str, dict[str, Any]] = {
    "all": {},
    "one week": {"week": "2026-W46"},
    "by source": {"by": "source"},
    "by subject": {"by": "subject"},
    "by language": {"by": "language"},
    "by aspect": {"by": "aspect"},
    "by week": {"by": "week"},
}
SCAN = """
    SELECT m.local_date, m.source_id, j.label, count(*), avg(m.stars) FROM mentions m
    JOIN judgements j ON j.content_hash = m.content_hash AND j.model = :model
    WHERE m.brand_id = :brand AND m.removed_at IS NULL AND m.duplicate_of IS NULL GROUP BY 1, 2, 3
"""


def write(connection: Any, table: type[Base], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows and return how many."""
    written = 0
    for batch in in_batches(rows, 50_000):
        insert_rows(connection, table, names, batch)
        written += len(batch)
    return written


def cells(brand: int, sources: Sequence[int], mentions: int) -> Iterator[tuple[int, date, int, str, int]]:
    """Yield brand, day, source, subject and how many mentions, spread a little unevenly."""
    each = mentions / (DAYS * SUBJECTS)
    for back in range(DAYS):
        day = LAST - timedelta(days=back)
        for number in range(SUBJECTS):
            source = sources[number % SOURCES]
            yield (
                brand,
                day,
                source,
                f"Subject {number:03d}",
                round(each * (0.5 + (back * 7 + number * 13) % 101 / 100)),
            )


def class_rows(brand: int, sources: Sequence[int], mentions: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the counts by class."""
    for _, day, source, subject, n in cells(brand, sources, mentions):
        for label, resolved, share in SHARES:
            if part := round(n * share):
                yield brand, MODEL, day, source, subject, "en" if source % 3 else "fr", label, resolved, part


def star_rows(brand: int, sources: Sequence[int], mentions: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the counts by stars."""
    for _, day, source, subject, n in cells(brand, sources, mentions):
        for tenths, share in STARS:
            if part := round(n * share):
                yield brand, day, source, subject, "en" if source % 3 else "fr", tenths, part


def aspect_rows(brand: int, sources: Sequence[int], mentions: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the counts by aspect: every second mention speaks of one."""
    each = mentions / (DAYS * SOURCES * len(ASPECTS) * 2)
    for back in range(DAYS):
        for source in sources:
            for aspect in ASPECTS:
                for label, resolved, share in SHARES:
                    if part := round(each * share):
                        yield brand, MODEL, LAST - timedelta(days=back), source, aspect, label, resolved, part


def write_mentions(connection: Any, brand: int, sources: Sequence[int], count: int) -> None:
    """Write that many judged mentions, for the scan."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    told = "It works as it should, and came on the day that was told."
    names = (
        *("brand_id", "source_id", "external_id", "local_date", "content_hash", "revision_hash", "raw_revision"),
        *("revision", "stars", "collected_at", "published_precision", "title", "text"),
    )
    rows = (
        (
            *(brand, sources[n % SOURCES], str(n), LAST - timedelta(days=n % DAYS), f"{n:064x}", "", "", 1),
            *(5.0 - n % 10 // 8, at, "day", "", told),
        )
        for n in range(count)
    )
    write(connection, MentionTable, names, rows)
    names = ("content_hash", "model", "label", "negative", "neutral", "positive", "confidence", "language")
    judged = (
        (f"{n:064x}", MODEL, "negative" if n % 10 == 0 else "positive", 0.1, 0.1, 0.8, 0.8, "en", False)
        for n in range(count)
    )
    write(connection, JudgementTable, (*names, "contradiction"), judged)


@contextmanager
def fresh_database() -> Iterator[str]:
    """Yield the URL of an empty database, gone afterwards."""
    server = os.environ.get("TWELVEFOLD_TEST_POSTGRES")
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'bench.db'}"
        return
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"bench_{os.getpid()}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def timed(ask: Callable[[], object], times: int) -> list[float]:
    """Return how many milliseconds each of some calls took."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)


def main() -> None:
    """Write the database and print p50 and p95 of each query, and the ratio to the scan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=10_000_000, help="behind the roll-ups")
    parser.add_argument("--scanned", type=int, default=1_000_000, help="mentions that are scanned")
    parser.add_argument("--times", type=int, default=20, help="how often each query is asked")
    wish = parser.parse_args()
    names = [f"source {number:02d}" for number in range(SOURCES)]
    listed = ", ".join(f"{{name: {name}, kind: files, paths: [a.csv]}}" for name in names)
    configuration = parse_configuration(f"brands: [{{name: Bench, sources: [{listed}]}}]", Path())
    brand = configuration.brands[0]
    with fresh_database() as url:
        database = open_database(url)
        with database.begin() as work:
            number = work.brands.ensure(brand.name, brand.zone)
            sources = [work.brands.ensure_source(number, name, "files") for name in names]
        engine = create_engine(url)
        with engine.begin() as connection:
            kept = [
                write(connection, table, [column.name for column in table.__table__.columns], rows)
                for table, rows in (
                    (RollupTable, class_rows(number, sources, wish.mentions)),
                    (StarTable, star_rows(number, sources, wish.mentions)),
                    (AspectTable, aspect_rows(number, sources, wish.mentions)),
                )
            ]
            Rollups(connection).weigh_anew(number)
            AllSeries(connection).replace_stars(
                number, {row[:-1]: row[-1] for row in star_rows(number, sources, wish.mentions)}
            )
            write_mentions(connection, number, sources, wish.scanned)
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        print(f"{engine.dialect.name}: {wish.mentions:,} mentions in {kept[0]:,} counts by class, {kept[1]:,} by stars")
        with engine.connect() as connection:
            asked = {"brand": number, "model": MODEL}
            scan = statistics.median(timed(lambda: connection.execute(text(SCAN), asked).all(), 2))
        print(f"scan of {wish.scanned:,} mentions: {scan:,.0f} ms")
        for name, query in QUERIES.items():

            def ask(query: dict[str, Any] = query) -> None:
                with database.read() as work:
                    health(work, brand, configuration, brand_id=number, model=MODEL, **query)

            took = timed(ask, wish.times)
            p50, p95 = statistics.median(took), took[max(0, -(-95 * len(took) // 100) - 1)]
            ratio = scan * wish.mentions / wish.scanned / p50
            print(
                f"  {name:<12} p50 {p50:8,.0f} ms   p95 {p95:8,.0f} ms   a scan of all takes {ratio:.1f} times as long"
            )
        engine.dispose()
        database.close()


if __name__ == "__main__":
    main()
