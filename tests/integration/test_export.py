"""Figures and cases as records, in JSON lines and in CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from twelvefold.cli import twelvefold
from twelvefold.config import parse_configuration
from twelvefold.models.scorer import calibration_of, model_id
from twelvefold.pipeline.health import health
from twelvefold.records import Judgement, Mention, Sentiment
from twelvefold.storage.engine import open_database

TEXT = """
database: sqlite:///acme.db
brands:
  - {name: Acme, zone: Europe/Paris, sources: [{name: shop, kind: files, paths: [a.csv]}]}
"""


def exported(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(twelvefold, ["export", *arguments, "--config", str(folder / "config.yaml")])
    assert done.exit_code == 0, done.output
    return done.output


def filled(folder: Path) -> dict[str, Any]:
    """Store twenty mentions, four of them complaints, and return the health document of the brand."""
    from datetime import UTC, datetime

    (folder / "config.yaml").write_text(TEXT, "utf-8")
    configuration = parse_configuration(TEXT, folder)
    brand, model = configuration.brands[0], model_id(configuration.model, folder)
    database = open_database(f"sqlite:///{folder / 'acme.db'}")
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    said = [Mention("shop", "files", str(n), "", f"=text {n}", f"hash {n}", f"hash {n}", at) for n in range(20)]
    label = {n: Sentiment.NEGATIVE if n < 4 else Sentiment.POSITIVE for n in range(20)}
    with database.begin() as work:
        number = work.brands.ensure(brand.name, brand.zone)
        work.mentions.save(number, said, zone=brand.time_zone)
        work.judgements.save(
            [Judgement(each.content_hash, model, label[n], 0.1, 0.1, 0.8, 0.8) for n, each in enumerate(said)]
        )
        work.cases.open_for_negatives(number, model, at)
    with database.read() as work:
        calibration = calibration_of(configuration.model, folder)
        document = health(
            work, brand, configuration, brand_id=number, model=model, by="source", calibration=calibration
        )
    database.close()
    return document


def test_figures_are_those_of_health(tmp_path: Path) -> None:
    document = filled(tmp_path)
    records = [json.loads(line) for line in exported(tmp_path, "figures", "--by", "source").splitlines()]
    told = {(record["key"], record["figure"]): record for record in records}
    assert len(told) == len(records)
    index = document["satisfaction"]["balance"]["index"]
    for key in (None, "shop"):
        assert {name: told[key, "satisfaction.balance.index"][name] for name in index} == index
    assert told[None, "loyalty.nps"]["note"] == "no data"
    assert not any("abc" in name for _, name in told)


def test_cases_are_all_there_and_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    filled(tmp_path)
    out = tmp_path / "cases.csv"
    exported(tmp_path, "cases", "--format", "csv", "--out", str(out))
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["state"], row["text"]) for row in rows] == [("open", f"'=text {n}") for n in range(4)]


def test_only_figures_are_grouped(tmp_path: Path) -> None:
    filled(tmp_path)
    done = CliRunner().invoke(
        twelvefold, ["export", "cases", "--by", "source", "--config", str(tmp_path / "config.yaml")]
    )
    assert done.exit_code == 2
    assert "leave it out" in done.output
