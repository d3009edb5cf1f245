"""A newcomer's first minutes: a whole night over the sample sites, then the commands on what it left."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold import schemas


def twelvefold(*arguments: str, cwd: Path, code: int = 0, stdin: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "twelvefold", *arguments],
        input=None if stdin is None else stdin.encode(),
        capture_output=True,
        cwd=cwd,
        timeout=240,
    )
    assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
    assert b"Traceback" not in done.stderr
    return done.stdout.decode()


def check(document: dict[str, Any]) -> dict[str, Any]:
    name = document["schema"].split("/")[1]
    schema = json.loads(Path(str(schemas.__path__[0]), f"{name}.json").read_text("utf-8"))
    jsonschema.validate(document, schema)
    return document


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    document = json.loads(twelvefold("demo", "--folder", str(folder), "--json", cwd=folder, code=0))
    return folder, check(document)


def test_the_demo_ends_in_a_digest(night: tuple[Path, dict[str, Any]]) -> None:
    folder, document = night
    assert document["state"] == "complete"
    assert {source["status"] for source in document["sources"]} == {"ok"}
    assert {source["kind"] for source in document["sources"]} == {"schema_org", "app_store", "files"}
    assert document["judged"] > 100
    assert document["cases_opened"] > 0
    digest = Path(document["digest"])
    assert digest.is_relative_to(folder)
    page = digest.read_text("utf-8")
    assert "Kettle" in page
    assert "<script" not in page


def test_a_second_night_asks_every_source_and_finds_nothing_new(night: tuple[Path, dict[str, Any]]) -> None:
    folder, first = night
    again = check(json.loads(twelvefold("demo", "--again", "--folder", str(folder), "--json", cwd=folder)))
    assert [source["source"] for source in again["sources"]] == [source["source"] for source in first["sources"]]
    assert sum(source["new"] + source["edited"] for source in again["sources"]) == 0
    assert all(source["seen_again"] > 0 for source in again["sources"])
    assert again["judged"] == 0
    assert again["from_cache"] > 0
    assert again["cases_opened"] == 0


def test_health_shows_both_families_side_by_side(night: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = night
    config = str(folder / "config.yaml")
    document = check(json.loads(twelvefold("health", "--config", config, "--week", "2026-W47", "--json", cwd=folder)))
    balance = document["satisfaction"]["balance"]
    assert balance["correction"]["method"] == "probabilities"
    assert balance["index_raw"]["low"] < balance["index_raw"]["value"] < balance["index_raw"]["high"]
    assert balance["index"]["low"] <= balance["index"]["value"] <= balance["index"]["high"]
    assert document["loyalty"]["nps"]["n"] >= 10
    assert "nps" not in document["satisfaction"]
    assert document["churn"]["value"] is None
    text = twelvefold("health", "--config", config, cwd=folder)
    assert "NPS" in text


def test_resolving_a_case_lightens_the_balance_and_leaves_a_trail(night: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = night
    config = ("--config", str(folder / "config.yaml"))
    before = json.loads(twelvefold("health", *config, "--json", cwd=folder))["satisfaction"]["balance"]
    cases = check(json.loads(twelvefold("triage", "list", *config, "--json", cwd=folder)))["cases"]
    case = str(cases[0]["case"])
    twelvefold("triage", "assign", case, "sam", *config, cwd=folder)
    twelvefold("triage", "resolve", case, "--note", "sent a new one", "--as", "sam", *config, cwd=folder)
    resolved = json.loads(twelvefold("health", *config, "--json", cwd=folder))["satisfaction"]["balance"]
    assert resolved["N_resolved"] > before["N_resolved"]
    assert resolved["debt"]["value"] < before["debt"]["value"]
    twelvefold("triage", "resolve", case, *config, cwd=folder, code=2)
    twelvefold("triage", "reopen", case, *config, cwd=folder)
    shown = check(json.loads(twelvefold("triage", "show", case, *config, "--json", cwd=folder)))
    assert [event["action"] for event in shown["history"]] == ["opened", "assigned", "resolved", "reopened"]
    assert json.loads(twelvefold("health", *config, "--json", cwd=folder))["satisfaction"]["balance"] == before


@pytest.mark.parametrize("language", ["en", "fr", "zh-Hant"])
def test_the_digest_renders_the_same_twice(night: tuple[Path, dict[str, Any]], language: str) -> None:
    folder, _ = night
    ask = ("digest", "--config", str(folder / "config.yaml"), "--week", "2026-W47", "--language", language)
    for form in ("html", "text", "json"):
        once, twice = (twelvefold(*ask, "--format", form, cwd=folder) for _ in range(2))
        assert once == twice
        assert once.strip()


def test_exported_mentions_are_there_once(night: tuple[Path, dict[str, Any]]) -> None:
    folder, document = night
    config = str(folder / "config.yaml")
    records = [
        json.loads(line) for line in twelvefold("export", "mentions", "--config", config, cwd=folder).splitlines()
    ]
    assert len({(record["source"], record["external_id"]) for record in records}) == len(records)
    assert len(records) == sum(source["new"] for source in document["sources"])
    assert all(record["label"] for record in records)
    header, *_ = twelvefold("export", "mentions", "--format", "csv", "--config", config, cwd=folder).splitlines()
    assert header.startswith("source,external_id,kind")


def test_score_answers_each_line_in_order(tmp_path: Path) -> None:
    lines = (
        '{"text": "Colis jamais reçu, je suis furieux", "id": "a"}\nnonsense\n{"text": "很好用，很滿意"}\n{"text": 5}\n'
    )
    answers = [json.loads(line) for line in twelvefold("score", cwd=tmp_path, stdin=lines, code=1).splitlines()]
    assert [answer["id"] for answer in answers] == ["a", 2, 3, 4]
    assert [answer.get("label") for answer in answers] == ["negative", None, "positive", None]
    assert "line 2" in answers[1]["error"]
    schema = json.loads(Path(str(schemas.__path__[0]), "score.json").read_text("utf-8"))
    for answer in answers:
        jsonschema.validate(answer, schema)


def test_labels_of_a_sheet_correct_the_balance(night: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(night[0], folder)
    label = ("triage", "label", "--config", "config.yaml", "--json")
    out = check(json.loads(twelvefold(*label, "--out", "labels.csv", cwd=folder)))
    sheet = folder / "labels.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == out["out"]["mentions"] >= out["needed"]
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "label": "nn0pp"[int(float(row["stars"] or 3)) - 1]} for row in rows)
    found = check(json.loads(twelvefold(*label, "--file", "labels.csv", cwd=folder)))
    assert (found["file"]["new"], found["file"]["rejected"], found["enough"]) == (len(rows), [], True)
    health = check(json.loads(twelvefold("health", "--config", "config.yaml", "--json", cwd=folder)))
    correction = health["satisfaction"]["balance"]["correction"]
    assert (correction["method"], correction["labels"]) == ("labels", len(rows))
