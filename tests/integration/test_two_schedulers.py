"""Two schedulers on one database offer the same night; it is run once."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tiny_model import write_tiny_model

from twelvefold.pipeline.schedule import due_date
from twelvefold.storage.engine import open_database

PARIS = "Europe/Paris"


def start_scheduler(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "twelvefold", "schedule", "--config", str(folder / "config.yaml")]
    log = (folder / "schedule.log").open("ab")
    with log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)


def configure(folder: Path, database: str) -> None:
    (folder / "drop.csv").write_text("id,text,rating\n1,It works well,5\n2,It broke,1\n", "utf-8")
    (folder / "config.yaml").write_text(
        f"database: {database}\n"
        f"model: {write_tiny_model(folder / 'tiny')}\n"
        f"brands: [{{name: Acme, zone: {PARIS}, sources: [{{name: drop, kind: files, paths: [drop.csv]}}]}}]\n",
        "utf-8",
    )


def finished_attempt(url: str) -> int | None:
    """Return which attempt at the due night has finished, or None."""
    database = open_database(url)
    try:
        with database.begin() as work:
            brand = work.brands.ensure("Acme", PARIS)
            report = work.runs.latest(brand, "night")
            is_done = report is not None and work.runs.finished(brand, "night", report.local_date)
            return report.attempt if report is not None and is_done else None
    finally:
        database.close()


def wait_for_night(url: str, seconds: float = 120) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if attempt := finished_attempt(url):
            return attempt
        time.sleep(0.5)
    pytest.fail("no scheduler finished the night")


def test_one_night_is_run_once_by_two_schedulers_and_caught_up_once(tmp_path: Path, database_url: str) -> None:
    configure(tmp_path, database_url)
    open_database(database_url).close()
    schedulers = [start_scheduler(tmp_path) for _ in range(2)]
    try:
        assert wait_for_night(database_url) == 1
        time.sleep(1)  # time enough for the other one to make the mistake
        assert finished_attempt(database_url) == 1
    finally:
        for scheduler in schedulers:
            scheduler.send_signal(signal.SIGTERM)
        codes = [scheduler.wait(60) for scheduler in schedulers]
    log = (tmp_path / "schedule.log").read_text("utf-8")
    assert codes == [0, 0], log
    assert "Traceback" not in log
    assert log.count("night of") == 1
    today = datetime.now(UTC)
    assert f"night of {due_date(today, '03:00', ZoneInfo(PARIS))}" in log


def test_the_night_of_a_killed_scheduler_is_taken_over_at_once(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path / 'twelvefold.db'}"
    configure(tmp_path, database_url)
    open_database(database_url).close()
    doomed = start_scheduler(tmp_path)
    database = open_database(database_url)
    until = time.monotonic() + 60
    running = None
    while running is None and time.monotonic() < until:
        with database.begin() as work:
            running = work.runs.latest(work.brands.ensure("Acme", PARIS), "night")
    os.killpg(doomed.pid, signal.SIGKILL)
    doomed.wait()
    database.close()
    assert running is not None
    if finished_attempt(database_url):
        pytest.skip("the night was over before it could be killed")
    heir = start_scheduler(tmp_path)
    try:
        assert wait_for_night(database_url) == 2
    finally:
        heir.send_signal(signal.SIGTERM)
        assert heir.wait(60) == 0
