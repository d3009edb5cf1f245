"""kill -9 of the whole process group at random moments: nothing is lost, doubled or judged twice.

TWELVEFOLD_KILLS is how often, TWELVEFOLD_SEED when.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tiny_model import write_tiny_model

from twelvefold.models.scorer import model_id
from twelvefold.storage.engine import open_database

SITES = ("alpha", "beta")
REVIEWS = 40
PER_PAGE = 10
KILLS = int(os.environ.get("TWELVEFOLD_KILLS", "4"))
SEED = int(os.environ.get("TWELVEFOLD_SEED", "12"))
WORDS = {
    "alpha": ("The kettle number {n} boils fast and looks good.", "Kettle number {n} leaked and nobody answers me."),
    "beta": ("第{n}號水壺很好用，很滿意。", "第{n}號水壺壞了，客服都不回覆。"),
}


def review(site: str, number: int) -> dict[str, Any]:
    is_bad = number % 9 == 0
    return {
        "@type": "Review",
        "author": {"@type": "Person", "name": f"Reader {number}"},
        "reviewBody": WORDS[site][is_bad].format(n=number),
        "datePublished": f"2026-11-{number % 28 + 1:02d}",
        "reviewRating": {"@type": "Rating", "ratingValue": 1 if is_bad else 5},
    }


class Shop(BaseHTTPRequestHandler):
    """Two sites of 40 reviews each, ten to a page."""

    def do_GET(self) -> None:
        site, _, page = self.path.strip("/").partition("/")
        if site not in SITES:
            self.send_error(404)
            return
        number = int(page or 1)
        start = (number - 1) * PER_PAGE + 1
        product = {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": f"Kettle {site}",
            "review": [review(site, n) for n in range(start, start + PER_PAGE)],
        }
        more = f'<link rel="next" href="/{site}/{number + 1}">' if start + PER_PAGE <= REVIEWS else ""
        data = json.dumps(product).replace("<", "\\u003c")
        body = (
            f'<html><head><meta charset="utf-8">{more}<title>{escape(site)}</title>'
            f'<script type="application/ld+json">{data}</script></head><body>Reviews</body></html>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    sources = [{"name": site, "kind": "schema_org", "urls": [f"{base}/{site}/1"], "follow": "next"} for site in SITES]
    brand = {"name": "Kettles", "zone": "Europe/Paris", "sources": sources}
    model = write_tiny_model(tmp_path / "tiny")
    settings = {"model": str(model), "network": {"allow_private": True, "delay_s": 0}, "brands": [brand]}
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps(settings), "utf-8")
    yield file
    server.shutdown()
    server.server_close()


def start_night(config: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "twelvefold", "run", "--config", str(config), "--json"]
    log = (config.parent / "night.log").open("ab")
    with log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd=config.parent)


def undisturbed_night(config: Path) -> tuple[dict[str, Any], float]:
    started = time.monotonic()
    night = start_night(config)
    out, _ = night.communicate(timeout=240)
    assert night.returncode == 0, (out, (config.parent / "night.log").read_text())
    document: dict[str, Any] = json.loads(out)
    return document, time.monotonic() - started


def counts(database: Path) -> dict[str, int]:
    connection = sqlite3.connect(database)
    try:
        queries = {
            "mentions": "select count(*) from mentions",
            "identities": "select count(*) from (select distinct brand_id, source_id, external_id from mentions)",
            "judgements": "select count(*) from judgements",
            "judged contents": "select count(*) from (select distinct content_hash, model from judgements)",
            "unjudged": "select count(*) from mentions where content_hash not in (select content_hash from judgements)",
            "cases": "select count(*) from cases",
            "cases doubled": "select count(*) - count(distinct mention_id) from cases",
        }
        return {name: connection.execute(query).fetchone()[0] for name, query in queries.items()}
    finally:
        connection.close()


@pytest.mark.timeout(840)
def test_a_night_killed_at_random_moments_loses_and_doubles_nothing(config: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    (quiet / "config.yaml").write_text(config.read_text())
    reference, duration = undisturbed_night(quiet / "config.yaml")
    assert reference["judged"] == REVIEWS * len(SITES)

    chance = random.Random(SEED)
    killed_while_running = 0
    for _ in range(KILLS):
        night = start_night(config)
        try:
            night.wait(chance.uniform(0.3, duration))
        except subprocess.TimeoutExpired:
            killed_while_running += 1
        os.killpg(night.pid, signal.SIGKILL) if night.poll() is None else None
        night.communicate()
    assert killed_while_running >= KILLS // 4

    final, _ = undisturbed_night(config)
    assert final["state"] == "complete"
    assert [source["seen_again"] + source["new"] for source in final["sources"]] == [REVIEWS] * len(SITES)
    killed, unkilled = counts(tmp_path / "twelvefold.db"), counts(quiet / "twelvefold.db")
    assert killed == unkilled
    assert killed["mentions"] == killed["identities"] == REVIEWS * len(SITES)
    assert killed["judgements"] == killed["judged contents"] == REVIEWS * len(SITES)
    assert killed["unjudged"] == killed["cases doubled"] == 0
    model = model_id(str(tmp_path / "tiny"), Path())
    assert exported(tmp_path, model) == exported(quiet, model)


def exported(folder: Path, model: str) -> list[tuple[Any, ...]]:
    fields = ("source", "external_id", "text", "stars", "label", "negative", "revision")
    database = open_database(f"sqlite:///{folder / 'twelvefold.db'}")
    try:
        with database.read() as work:
            brand = work.brands.find("Kettles", "Europe/Paris")
            assert brand is not None
            return sorted(tuple(record[name] for name in fields) for record in work.mentions.export(brand, model))
    finally:
        database.close()
