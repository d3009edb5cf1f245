"""A survey of 100,000 rows imported twice: `python benchmarks/survey_import.py [ROWS]`.

Target: 20 s of processor time, then 0 new.

Each row has an id, a local date whose order of day and month is to be found out, NPS, satisfaction, a comment in every
second one, a segment and a language. The second import reads and compares everything and stores nothing.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twelvefold.config import parse_configuration
from twelvefold.pipeline.imports import import_files
from twelvefold.storage.engine import open_database

HEADER = (
    "Response ID",
    "Submitted at",
    "How likely are you to recommend us?",
    "How satisfied are you?",
    "Why?",
    "Region",
    "Language",
)
WORDS = ("quick", "kind", "slow", "helpful", "expensive", "late", "clear", "broken", "simple", "again", "price")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def write_survey(file: Path, rows: int) -> None:
    """Write a survey export of made-up answers, always the same."""
    dice = random.Random(1)
    first = datetime(2026, 1, 1)
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(HEADER)
        for number in range(rows):
            answered = first + timedelta(minutes=400_000 * number / rows)
            comment = " ".join(dice.choices(WORDS, k=dice.randint(4, 20))) if number % 2 else ""
            writer.writerow(
                [
                    f"R{number}",
                    answered.strftime("%d/%m/%Y %H:%M:%S"),
                    dice.randint(0, 10),
                    dice.randint(1, 5),
                    comment,
                    dice.choice(("North", "South", "East")),
                    dice.choice(("en", "fr", "zh-TW")),
                ]
            )


def main() -> None:
    """Print the seconds of a first and of a second import of the same file."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_survey(folder / "survey.csv", rows)
        configuration = parse_configuration("brands: [{name: Kettles, language: fr, zone: Europe/Paris}]", folder)
        database = open_database(f"sqlite:///{folder / 'survey.db'}")
        for which in ("first", "second"):
            started, worked = time.perf_counter(), time.process_time()
            report = import_files(
                database, configuration.brands[0], "surveys", [folder / "survey.csv"], configuration, NOW
            )
            seconds, processor = time.perf_counter() - started, time.process_time() - worked
            (file,) = report.files
            print(
                f"{which} import: {seconds:.1f} s ({processor:.1f} s of processor), {file.read} rows read, "
                f"answers: {file.new} new, {file.updated} updated, {file.unchanged} unchanged, {file.rejected} rejected"
            )
        database.close()


if __name__ == "__main__":
    main()
