"""Reviews that we answered and their authors edited, through whole nights, into `health --json` and the digest."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from twelvefold.config import load_configuration
from twelvefold.pipeline.night import NightReport, NightRun
from twelvefold.storage.engine import Database, open_database

FIRST = datetime(2026, 11, 9, 2, tzinfo=UTC)
WEEK = "2026-W47"
REPLY, REPLIED_AT = "We are sorry; a new lid is on its way.", "2026-11-11T08:00:00Z"
REVIEWS, WON, STILL_ANGRY, TAKEN_WORSE = 24, 12, 3, 1
"""Of so many reviews, all answered but the last four, so many are edited for the better, in vain, for the worse."""


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "config.yaml").write_text(
        "database: sqlite:///acme.db\n"
        f"model: {write_tiny_model(tmp_path / 'tiny')}\n"
        "brands: [{name: Acme, zone: Europe/Paris, sources: [{name: shop, kind: files, paths: [reviews.csv]}]}]\n",
        "utf-8",
    )
    database = open_database(f"sqlite:///{tmp_path}/acme.db")
    yield database
    database.close()


def write_reviews(folder: Path, *, answered: bool, edited: bool) -> None:
    """Write the shop's export as it is before we answer, after it, or once the authors have edited."""
    with (folder / "reviews.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(("id", "date", "rating", "text", "reply", "reply at"))
        for number in range(REVIEWS):
            stars, text = 2, f"The lid of kettle {number} broke."
            if edited and number < WON:
                stars, text = 4, f"They sent a new lid for kettle {number}."
            elif edited and number < WON + STILL_ANGRY:
                text = f"The lid of kettle {number} broke, and nobody came."
            elif edited and number < WON + STILL_ANGRY + TAKEN_WORSE:
                stars, text = 1, f"The new lid of kettle {number} broke too."
            elif edited and number >= REVIEWS - 2:  # edited for the better, but nobody had answered
                stars, text = 5, f"I mended the lid of kettle {number} myself."
            reply = (REPLY, REPLIED_AT) if answered and number < REVIEWS - 4 else ("", "")
            rows.writerow((f"r{number}", "2026-11-08T10:00:00Z", stars, text, *reply))


def run_night(folder: Path, database: Database, days: int) -> NightReport:
    configuration = load_configuration(folder / "config.yaml")
    now = FIRST + timedelta(days=days)
    report = NightRun(database, configuration, configuration.brands[0], clock=lambda: now).run()
    assert report.document()["state"] == "complete"
    return report


def twelvefold(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "twelvefold", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True, encoding="utf-8").stdout


def test_a_reply_that_wins_a_review_back_is_seen_in_health_and_in_the_digest(tmp_path: Path, nights: Database) -> None:
    edited = []
    for days, answered, is_edited in ((0, False, False), (3, True, False), (9, True, True), (14, True, True)):
        write_reviews(tmp_path, answered=answered, edited=is_edited)
        (source,) = run_night(tmp_path, nights, days).document()["sources"]
        edited.append(source["edited"])
    assert edited == [0, REVIEWS - 4, WON + STILL_ANGRY + TAKEN_WORSE + 2, 0]
    why = json.loads(twelvefold(tmp_path, "health", "--week", WEEK, "--json"))["why"]
    share, days = why["recovery"]["share"], why["recovery"]["days"]
    assert (share["value"], share["n"]) == (WON / (WON + STILL_ANGRY + TAKEN_WORSE), WON + STILL_ANGRY + TAKEN_WORSE)
    # From the reply on the 11th at 8:00 to the night of the 18th at 2:00, when the edit is first seen.
    assert (days["value"], days["n"]) == (6.75, WON)
    digest = twelvefold(tmp_path, "digest", "--week", WEEK, "--language", "fr", "--format", "text")
    said = "Avis modifiés après notre réponse : 16, dont 75,0 % sont remontés (intervalle à 95 %"
    assert said in " ".join(digest.split())
    assert "La moitié de ceux qui sont remontés" in " ".join(digest.split())
