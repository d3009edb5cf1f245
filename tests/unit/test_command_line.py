import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "scrapy", "sqlalchemy", "pydantic", "numpy", "twisted")


def twelvefold(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "twelvefold", *arguments], capture_output=True, text=True, cwd=cwd, timeout=120
    )


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom twelvefold.cli import main\nsys.argv = ['twelvefold', '--help']\n"
        "try:\n    main()\nfinally:\n    print([name for name in sys.modules if '.' not in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    loaded = done.stdout.splitlines()[-1]
    assert "click" in loaded
    assert not [name for name in HEAVY if f"'{name}'" in loaded]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "--config", "nowhere.yaml"], "nowhere.yaml"),
        (["health", "--week", "2026-W99", "--config", "config.yaml"], "week 99"),
        (["crawl", "sohp", "--config", "config.yaml"], "sohp"),
        (["import", "surveys", "absent.csv", "--config", "config.yaml"], "absent.csv"),
        (["triage", "show", "77", "--config", "config.yaml"], "77"),
        (["frobnicate"], "frobnicate"),
        (["health", "--week", "2026-W01", "--since", "2026-01-01", "--config", "config.yaml"], "--week"),
        (["evaluate", "absent.jsonl", "--config", "config.yaml"], "absent.jsonl"),
    ],
)
def test_a_mistake_exits_with_2_and_one_sentence(tmp_path: Path, arguments: list[str], word: str) -> None:
    (tmp_path / "config.yaml").write_text("brands: [{name: Acme}]")
    done = twelvefold(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_night_without_sources_is_complete(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("brands: [{name: Acme}, {name: Beta}]")
    done = twelvefold("run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    documents = json.loads(done.stdout)
    assert [document["state"] for document in documents["brands"]] == ["complete", "complete"]
    assert (tmp_path / "twelvefold.db").exists()


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("brands: [{name: Acme, zoen: UTC}]")
    done = twelvefold("run", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == "twelvefold: config.yaml: unknown key 'brands.0.zoen'; did you mean 'zone'?"


@pytest.mark.parametrize("ruin", ["missing", "corrupt"])
def test_a_ruined_model_is_said_and_the_night_goes_on(tmp_path: Path, ruin: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    if ruin == "corrupt":
        (folder / "model.json").write_text('{"format": 1, "name": ')
    (tmp_path / "drop.csv").write_text("id,text\n1,It broke on the first day\n")
    (tmp_path / "config.yaml").write_text(
        "model: model\nbrands: [{name: Acme, sources: [{name: drop, kind: files, paths: [drop.csv]}]}]"
    )
    done = twelvefold("score", "--config", "config.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "model" in done.stderr
    assert "Traceback" not in done.stderr
    night = twelvefold("run", "--json", cwd=tmp_path)
    assert night.returncode == 1
    report = json.loads(night.stdout)
    assert (report["state"], report["sources"][0]["new"], report["judged"]) == ("partial", 1, 0)
    assert "model" in report["problems"][0]
