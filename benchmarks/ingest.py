"""Rows a second through the upsert path: `python benchmarks/ingest.py [ROWS]`. Target: 60,000 rows a second.

Mentions of 200 characters, as normalising makes them, are saved in pages of 5,000 into a fresh SQLite file, each page
a transaction: all of them new, then all of them again, then a tenth of them edited. The second figure is what a machine
with nothing else to do could reach at best. Beside them stands Scrapy's own benchmark (`scrapy bench`), which tells how
many pages a second this machine can fetch from itself at all.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from twelvefold.records import Mention, Precision
from twelvefold.storage.engine import Database, open_database

PAGE = 5_000
TARGET = 60_000
NIGHT = datetime(2026, 11, 20, 3, tzinfo=UTC)
WORDS = "The kettle works well and arrived on time, but the lid is loose and nobody answers my letters. "


def mentions(count: int) -> list[Mention]:
    """Return so many mentions, no two alike."""
    return [_mention(number) for number in range(count)]


def _mention(number: int) -> Mention:
    text = (f"{number}: " + WORDS * 3)[:200]
    written = hashlib.sha256(text.encode()).hexdigest()
    return Mention(
        source="shop",
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


def rows_a_second(database: Database, brand: int, given: Sequence[Mention]) -> tuple[float, float]:
    """Save the mentions page by page, and return how many a second by the clock and of the processor's time."""
    started, busy = time.perf_counter(), time.process_time()
    for first in range(0, len(given), PAGE):
        with database.begin() as work:
            work.mentions.save(brand, given[first : first + PAGE], zone=ZoneInfo("Europe/Paris"))
    return len(given) / (time.perf_counter() - started), len(given) / (time.process_time() - busy)


def scrapy_bench() -> str:
    """Return what Scrapy's own benchmark says of this machine."""
    command = [sys.executable, "-m", "scrapy", "bench", "-s", "CLOSESPIDER_TIMEOUT=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    rates = [int(rate) for rate in re.findall(r"\(at (\d+) pages/min\)", done.stderr)]
    return f"{max(rates) / 60:,.0f} pages/s at best" if rates else "it gave no figures"


def main() -> None:
    """Measure, and print one line a figure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    given = mentions(count)
    edited = [replace(mention, title="Edited", revision_hash=mention.content_hash) for mention in given]
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'ingest.db'}")
        with database.begin() as work:
            brand = work.brands.ensure("Acme", "Europe/Paris")
        for what, page in (("new", given), ("seen again", given), ("edited", edited[: count // 10])):
            rate, unshared = rows_a_second(database, brand, page)
            told = f"{rate:>9,.0f} rows/s, {unshared:>9,.0f} a second of processor time"
            print(f"{what:<12} {len(page):>9,} rows  {told} (target {TARGET:,})", flush=True)
        database.close()
    print(f"scrapy bench {scrapy_bench()}")


if __name__ == "__main__":
    main()
