"""Rows a second through the upsert path: `python benchmarks/ingest.py [ROWS] [URL]`. Target: 60,000 rows a second.

Mentions of 200 characters, as normalising makes them, are saved in pages of 5,000 and of 100 into a fresh SQLite file,
or into the empty PostgreSQL database at URL, each page a transaction: all of them new, then all of them again, then a
tenth of them edited. The second figure is what a machine with nothing else to do could reach at best; a PostgreSQL
server's own work is not in it. Beside them stands Scrapy's own benchmark (`scrapy bench`), which tells how many pages a
second this machine can fetch from itself at all.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from twelvefold.records import Mention, Precision
from twelvefold.storage.engine import Database, open_database

PAGES = (5_000, 100)
TARGET = 60_000
NIGHT = datetime(2026, 11, 20, 3, tzinfo=UTC)
WORDS = "The kettle works well and arrived on time, but the lid is loose and nobody answers my letters. "


Page = list[Mention]


def pages(source: str, count: int, size: int) -> Iterator[Page]:
    """Yield so many mentions of a source, no two alike, in pages: a night holds no more than one of them at a time."""
    for first in range(0, count, size):
        yield [_mention(source, number) for number in range(first, min(first + size, count))]


def _mention(source: str, number: int) -> Mention:
    text = (f"{source} {number}: " + WORDS * 3)[:200]
    written = hashlib.sha256(text.encode()).hexdigest()
    return Mention(
        source=source,
        kind="files",
        external_id=f"r{number}",
        title="Kettle",
        text=text,
        content_hash=written,
        revision_hash=written[::-1],
        collected_at=NIGHT,
        subject=f"Kettle {number // 500 % 50}",
        author_hash=hashlib.sha256(str(number).encode()).hexdigest(),
        rating=float(number % 5 + 1),
        stars=float(number % 5 + 1),
        published_at=NIGHT - timedelta(minutes=7 * number % 500_000),
        published_precision=Precision.SECOND,
        url=f"https://shop.example/kettle/{number}",
        language=("en", "fr", "zh-Hant")[number % 3],
        raw_revision=written,
        payload={"id": number, "text": text},
    )


def rows_a_second(database: Database, brand: int, given: Iterable[Page]) -> tuple[float, float]:
    """Save the mentions page by page, and return how many a second by the clock and of the processor's time."""
    count, spent, busy = 0, 0.0, 0.0
    for page in given:
        started, worked = time.perf_counter(), time.process_time()
        with database.begin() as work:
            work.mentions.save(brand, page, zone=ZoneInfo("Europe/Paris"))
        count += len(page)
        spent += time.perf_counter() - started
        busy += time.process_time() - worked
    return count / spent, count / busy


def edited(page: Page) -> Page:
    """Return the mentions of a page with another title."""
    return [replace(mention, title="Edited", revision_hash=mention.content_hash) for mention in page]


def scrapy_bench() -> str:
    """Return what Scrapy's own benchmark says of this machine."""
    command = [sys.executable, "-m", "scrapy", "bench", "-s", "CLOSESPIDER_TIMEOUT=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    rates = [int(rate) for rate in re.findall(r"\(at (\d+) pages/min\)", done.stderr)]
    return f"{max(rates) / 60:,.0f} pages/s at best" if rates else "it gave no figures"


def main() -> None:
    """Measure, and print one line a figure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'ingest.db'}"
        database = open_database(url)
        with database.begin() as work:
            brand = work.brands.ensure("Acme", "Europe/Paris")
        for size in PAGES:
            source, some = f"pages of {size}", count if size == max(PAGES) else count // 10
            runs = {
                "new": pages(source, some, size),
                "seen again": pages(source, some, size),
                "edited": map(edited, pages(source, some // 10, size)),
            }
            for what, given in runs.items():
                rate, unshared = rows_a_second(database, brand, given)
                told = f"{rate:>9,.0f} rows/s, {unshared:>9,.0f} a second of processor time"
                print(f"{source:<13} {what:<12} {told} (target {TARGET:,})", flush=True)
        database.close()
    print(f"scrapy bench {scrapy_bench()}")


if __name__ == "__main__":
    main()
