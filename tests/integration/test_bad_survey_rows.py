"""`twelvefold import surveys` of files with mistakes: named per row, refused in words, never averaged in."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

CONFIGURATION = "database: sqlite:///acme.db\nbrands: [{name: Acme, zone: Europe/Paris, surveys: [%s]}]\n"
GOOD = [(f"g{number}", score, "2026-11-02") for number, score in enumerate([9] * 8 + [3] * 4)]
BAD = {
    "5 of another scale": (("b1", "4/5", "2026-11-02"), "out of 5 here and out of 10 elsewhere: scales are not mixed"),
    "percent": (("b2", "80%", "2026-11-02"), "'80%' is a percentage and no score: scales are not mixed"),
    "too high": (("b3", "11", "2026-11-02"), "the score 11 in 'nps' is out of range: 0 to 10 is possible"),
    "too low": (("b4", "-1", "2026-11-02"), "the score -1 in 'nps' is out of range: 0 to 10 is possible"),
    "between": (("b5", "7.5", "2026-11-02"), "the score 7.5 in 'nps' is no answer to NPS: whole numbers are"),
    "id of another": (
        ("g0", "2", "2026-11-02"),
        "the id 'g0' stands in row 2 too, with other answers: which one counts?",
    ),
    "no such day": (("b7", "10", "2026-02-30"), "'2026-02-30' is no possible date of an answer"),
    "to come": (("b8", "10", "2126-01-01"), "'2126-01-01' is no possible date of an answer"),
}


def twelvefold(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command; return its exit code, its document, and what it said beside it."""
    command = [sys.executable, "-m", "twelvefold", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def write(folder: Path, header: Sequence[str], rows: Sequence[Sequence[object]], surveys: str = "") -> None:
    (folder / "config.yaml").write_text(CONFIGURATION % surveys, "utf-8")
    with (folder / "survey.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])


def test_every_bad_row_is_named_and_none_of_them_counts(tmp_path: Path) -> None:
    write(tmp_path, ("id", "nps", "date"), [*GOOD, *(row for row, _ in BAD.values())])
    for new in (len(GOOD), 0):
        code, document, _ = twelvefold(tmp_path, "import", "surveys", "survey.csv")
        (file,) = document["files"]
        assert (code, file["new"], file["updated"], file["rejected"]) == (1, new, 0, len(BAD))
    with (tmp_path / file["rejected_file"]).open(newline="", encoding="utf-8-sig") as kept:
        rejected = {int(row["row"]): row["reason"] for row in csv.DictReader(kept)}
    assert list(rejected) == list(range(len(GOOD) + 2, len(GOOD) + 2 + len(BAD)))
    for (_, reason), told in zip(BAD.values(), rejected.values(), strict=True):
        assert reason in told
    nps = twelvefold(tmp_path, "health")[1]["loyalty"]["nps"]
    assert (nps["n"], nps["value"]) == (len(GOOD), pytest.approx(100 * (8 - 4) / 12))


def test_two_scales_in_one_column_are_refused_until_the_one_is_named(tmp_path: Path) -> None:
    of_five, of_ten = [5, 4, 5, 3, 4, 5, 1, 4, 5, 5] * 3, [10, 9, 8, 10, 2, 9, 7, 10, 9, 10] * 3
    rows = [(f"r{number}", score) for number, score in enumerate(of_five + of_ten)]
    write(tmp_path, ("id", "Satisfaction"), rows)
    code, document, said = twelvefold(tmp_path, "import", "surveys", "survey.csv")
    assert (code, document) == (2, {})
    assert "survey.csv: 'Satisfaction' cannot be read" in said
    assert "scales are not mixed: split the file" in said
    assert twelvefold(tmp_path, "health")[1]["satisfaction"]["csat"]["n"] == 0
    write(tmp_path, ("id", "Satisfaction"), rows, surveys="{match: survey.csv, scale: [1, 5]}")
    code, document, _ = twelvefold(tmp_path, "import", "surveys", "survey.csv")
    assert (code, document["files"][0]["new"], document["files"][0]["rejected"]) == (1, 33, 27)
