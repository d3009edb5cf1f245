"""Labels from the command to the figures: drawn by chance, answered by hand or by sheet, shown by `health`."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from tests.fakes.fake_classifier import drawn
from tests.integration.test_corrected_balance import (
    BRAND,
    CALIBRATION,
    CONFIGURATION,
    MODEL,
    NEWEST,
    WEIGHTS,
    Told,
    ask,
    stored,
)
from twelvefold.cli import twelvefold
from twelvefold.models.scorer import model_id
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.figures.labelled import post_stratify
from twelvefold.pipeline.labelling import Labelling
from twelvefold.records import Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database, open_database

MENTIONS = 450
CLASSES = tuple(Sentiment)
TRUTH = [CLASSES[n] for n in drawn(np.random.default_rng(3), (0.09, 0.13, 0.78), MENTIONS)[1].tolist()]


def label(database: Database, brand: int, count: int) -> dict[int, Sentiment]:
    """Let somebody who is never wrong label so many mentions; return the labels by the mention's own number."""
    said = {}
    with database.begin() as work:
        for draw in Labelling.of(work, brand, MODEL, 90).ask(count, NEWEST):
            number = int(draw.text.split()[-1].rstrip("."))
            said[number] = TRUTH[number]
            work.labels.answer(draw.draw_id, "ana", TRUTH[number], NEWEST)
    return said


def balance_of(document: dict[str, Any]) -> dict[str, Any]:
    balance: dict[str, Any] = document["satisfaction"]["balance"]
    return balance


def by_hand(told: list[Told], said: dict[int, Sentiment]) -> tuple[float, float, float]:
    """Return the share of praise and its interval, from the mentions and labels themselves."""
    weights, squares = Counter[Sentiment](), 0.0
    for each in told:
        weight = WEIGHTS[each.source] * 2 ** (-each.age / 90)
        weights[each.label] += weight  # type: ignore[assignment]
        squares += weight**2
    seen = Counter((each.label, said[each.number]) for each in told if each.number in said)
    table = [[seen[named, true] for true in CLASSES] for named in CLASSES]
    negative, neutral, positive = (weights[each] for each in CLASSES)
    found = post_stratify((negative, neutral, positive), weights.total() ** 2 / squares, table)
    assert found.positive_share is not None
    return found.positive_share, found.low, found.high


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, list[Told]]:
    """A closed database of a brand with 450 mentions, judged alike by two models."""
    path = tmp_path_factory.mktemp("seed") / "acme.db"
    database = open_database(f"sqlite:///{path}")
    brand, told = stored(database, MENTIONS)
    packaged = model_id("default", path.parent)
    with database.begin() as work:
        work.judgements.save([replace(each.judgement(), model=packaged) for each in told])
    database.close()
    return path, brand, told


@contextmanager
def copied(seed: Path, folder: Path) -> Iterator[Database]:
    shutil.copy(seed, folder / "acme.db")
    database = open_database(f"sqlite:///{folder / 'acme.db'}")
    yield database
    database.close()


@pytest.fixture
def acme(seed: tuple[Path, int, list[Told]], tmp_path: Path) -> Iterator[tuple[Database, int, list[Told]]]:
    """The brand, for tests that label of it what they need."""
    with copied(seed[0], tmp_path) as database:
        yield database, seed[1], seed[2]


@pytest.fixture(scope="module")
def labelled(
    seed: tuple[Path, int, list[Told]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, int, list[Told], dict[int, Sentiment]]]:
    """The brand with 130 of its mentions labelled, that the tests only read."""
    with copied(seed[0], tmp_path_factory.mktemp("labelled")) as database:
        yield database, seed[1], seed[2], label(database, seed[1], 130)


def test_the_standing_balance_is_corrected_by_labels(labelled: Any) -> None:
    database, brand, told, said = labelled
    balance = balance_of(ask(database, brand))
    assert (balance["correction"]["method"], balance["correction"]["labels"]) == ("labels", len(said))
    assert "by 130 labels that people gave" in balance["correction"]["note"]
    share = balance["positive_share"]
    assert (share["value"], share["low"], share["high"]) == pytest.approx(by_hand(told, said), abs=1e-9)
    truth = Counter(TRUTH)
    assert share["low"] < truth[Sentiment.POSITIVE] / (truth[Sentiment.POSITIVE] + truth[Sentiment.NEGATIVE])
    assert share["high"] > truth[Sentiment.POSITIVE] / (truth[Sentiment.POSITIVE] + truth[Sentiment.NEGATIVE])
    cost = 12 * balance["N_open"] + balance["N_resolved"]
    assert balance["index"]["value"] == pytest.approx(100 * (balance["P"] - cost) / (balance["P"] + cost))
    assert balance["N_resolved"] > 0
    assert "posterior interval" in balance["index"]["definition"]
    assert balance["index_raw"]["value"] != balance["index"]["value"]
    # What the model tells of its own probabilities is not needed.
    assert balance_of(ask(database, brand, calibration=None)) == balance


def test_no_group_borrows_the_labels_of_another(labelled: Any) -> None:
    database, brand, _, _ = labelled
    document = ask(database, brand, week="2026-W46", by="source")
    groups = [balance_of(group)["correction"] for group in document["by"]]
    assert [each["method"] for each in groups] == ["probabilities", "probabilities"]
    assert 100 < sum(each["labels"] for each in groups) <= 130
    assert all("labels of its own mentions do not suffice" in each["note"] for each in groups)
    assert document["satisfaction"]["balance_week"]["correction"]["method"] == "probabilities"
    aspects = ask(database, brand, by="week")["by"]
    assert {balance_of(week)["correction"]["method"] for week in aspects} == {"probabilities"}


def test_a_group_with_enough_labels_of_its_own_is_corrected_by_them(acme: Any) -> None:
    database, brand, told = acme
    said = label(database, brand, 350)
    for group in ask(database, brand, by="source")["by"]:
        balance = balance_of(group)
        assert balance["correction"]["method"] == "labels"
        theirs = [each for each in told if each.source == group["key"]]
        share = balance["positive_share"]
        assert (share["value"], share["low"], share["high"]) == pytest.approx(by_hand(theirs, said), abs=1e-9)


def test_a_segment_is_corrected_by_the_labels_of_its_customers_and_an_aspect_by_none(acme: Any) -> None:
    database, brand, told = acme
    said = label(database, brand, MENTIONS)
    groups = ask(database, brand, by="segment")["by"]
    assert len(groups) == 2
    for group in groups:
        theirs = [each for each in told if each.plan and f"plan: {each.plan}" == group["key"]]
        correction, share = balance_of(group)["correction"], balance_of(group)["positive_share"]
        assert (correction["method"], correction["labels"]) == ("labels", len(theirs))
        assert (share["value"], share["low"], share["high"]) == pytest.approx(by_hand(theirs, said), abs=1e-9)
    (delivery,) = ask(database, brand, by="aspect")["by"]
    assert (balance_of(delivery)["correction"]["method"], balance_of(delivery)["correction"]["labels"]) == (
        "probabilities",
        0,
    )


def test_ratings_without_words_count_as_their_stars_say(acme: Any) -> None:
    database, brand, told = acme
    label(database, brand, 170)
    before = balance_of(ask(database, brand))
    rated = [
        replace(
            each.mention(),
            external_id=f"r{each.number}",
            text="",
            stars=5.0,
            content_hash=f"r{each.number}",
            revision_hash=f"r{each.number}",
            collected_at=NEWEST,
            published_at=NEWEST,
        )
        for each in told[:200]
    ]
    with database.begin() as work:
        work.mentions.save(brand, rated, zone=BRAND.time_zone)
        sure = [replace(each.judgement(), model="rating", label=Sentiment.POSITIVE) for each in told[:200]]
        work.judgements.save(
            [replace(one, content_hash=f"r{each.number}") for one, each in zip(sure, told, strict=False)]
        )
    after = balance_of(ask(database, brand))
    assert after["correction"] == before["correction"]
    assert after["P"] - before["P"] == pytest.approx(sum(WEIGHTS[each.source] for each in rated))
    assert after["N_open"] == pytest.approx(before["N_open"])


def test_the_digest_says_the_same_and_draws_its_curve_by_probabilities(labelled: Any) -> None:
    database, brand, _, said = labelled
    shown = balance_of(ask(database, brand, week="2026-W46"))
    with database.read() as work:
        digest = build_digest(
            work, BRAND, CONFIGURATION, brand_id=brand, model=MODEL, week="2026-W46", calibration=CALIBRATION
        )
    index = digest.standing.index.estimate
    assert index is not None
    assert (index.value, index.low, index.high) == tuple(shown["index"][part] for part in ("value", "low", "high"))
    assert digest.standing.correction is not None
    assert digest.standing.correction.labels == shown["correction"]["labels"] < len(said)
    assert digest.trend[-1].index.estimate != index


def test_labels_of_another_time_correct_nothing(acme: Any) -> None:
    database, brand, told = acme
    label(database, brand, 130)
    late = [
        replace(each.mention(), external_id=f"l{each.number}", collected_at=at, published_at=at)
        for each in told[:200]
        for at in [NEWEST + timedelta(days=150)]
    ]
    with database.begin() as work:
        work.mentions.save(brand, late, zone=BRAND.time_zone)
        status = Labelling.of(work, brand, MODEL, 90).status(BRAND)
    correction = balance_of(ask(database, brand))["correction"]
    assert correction["method"] == "probabilities"
    assert 0 < correction["labels"] == status["labels"] < 100
    assert sum(each["wanted"] for each in status["classes"]) > 20
    # Of the time at which they were given the figures stay as they were.
    then = ask(database, brand, until=(NEWEST + timedelta(days=1)).date())
    assert balance_of(then)["correction"]["method"] == "labels"


def test_a_draw_is_the_same_again_and_does_not_tell_the_class(acme: Any) -> None:
    database, brand, told = acme
    with database.begin() as work:
        labelling = Labelling.of(work, brand, MODEL, 90)
        first = labelling.ask(60, NEWEST)
        assert labelling.ask(60, NEWEST) == first
        assert work.labels.drawn(brand, MODEL, labelling.since) == dict.fromkeys(CLASSES, 20)
        assert labelling.ask(30, NEWEST) == first[:30]
    named = {f"Opinion number {each.number}.": each.label for each in told}
    order = [named[each.text] for each in first]
    assert 20 < sum(one is not other for one, other in pairwise(order)) < 59


@pytest.fixture
def shop(acme: Any, tmp_path: Path) -> Path:
    """The configuration of the brand, judged by the packaged model."""
    config = tmp_path / "config.yaml"
    config.write_text(
        "database: sqlite:///acme.db\nbrands: [{name: Acme, zone: UTC, sources: ["
        "{name: shop, kind: files, paths: [a.csv]}, {name: forum, kind: files, paths: [a.csv], weight: 0.5}]}]"
    )
    return config


def run(config: Path, *arguments: str, code: int = 0, stdin: str | None = None) -> str:
    done = CliRunner().invoke(twelvefold, [*arguments, "--config", str(config)], input=stdin, standalone_mode=False)
    assert done.exception is None, done.output
    assert (done.return_value or 0) == code, done.output
    return done.stdout


def status(config: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(config, "triage", "label", "--json", *arguments, code=code))
    jsonschema.validate(document, schema("labels"))
    return document


def filled(sheet: Path, answer: str = "p") -> list[dict[str, str]]:
    """Fill in every row of a sheet with the truth, or with one answer."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = answer or TRUTH[int(row["text"].split()[-1].rstrip("."))].value
    return written(sheet, rows)


def written(sheet: Path, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_a_sheet_goes_out_comes_back_and_corrects_the_balance(shop: Path) -> None:
    sheet = shop.with_name("labels.csv")
    assert status(shop, "--out", str(sheet))["out"] == {"file": str(sheet), "mentions": 120}
    filled(sheet, "")
    found = status(shop, "--file", str(sheet))
    assert found["file"] == {"new": 120, "unchanged": 0, "empty": 0, "rejected": []}
    assert (found["labels"], found["enough"]) == (120, True)
    assert [each["labelled"] for each in found["classes"]] == [40, 40, 40]
    assert status(shop, "--file", str(sheet))["file"] == {"new": 0, "unchanged": 120, "empty": 0, "rejected": []}
    balance = balance_of(json.loads(run(shop, "health", "--json")))
    assert balance["correction"]["method"] == "labels"
    assert "120 labels" in run(shop, "health")
    digest = run(shop, "digest", "--week", "2026-W47", "--format", "text")
    assert "120 labels" in " ".join(digest.split())


def test_a_workbook_goes_out_and_comes_back(shop: Path) -> None:
    sheet = shop.with_name("labels.xlsx")
    status(shop, "--out", str(sheet), "--count", "9")
    workbook = load_workbook(sheet)
    page = workbook.active
    assert page is not None
    for row in range(2, page.max_row + 1):
        page.cell(row, 2).value = 0
    workbook.save(sheet)
    found = status(shop, "--file", str(sheet))
    assert found["file"] == {"new": 9, "unchanged": 0, "empty": 0, "rejected": []}
    assert found["enough"] is False


def test_every_row_that_cannot_be_used_is_named_and_the_rest_goes_in(shop: Path) -> None:
    sheet = shop.with_name("labels.csv")
    status(shop, "--out", str(sheet), "--count", "9")
    rows = filled(sheet)
    not_drawn = next(n for n in range(1, 20) if str(n) not in {row["mention"] for row in rows})
    rows[0]["label"] = ""
    rows[1]["label"] = "good"
    rows[2]["mention"] = "99999999"
    rows[3]["mention"] = str(not_drawn)
    rows[4]["mention"] = "=1+1"
    rows[5]["model"] = "other/1"
    rows.append({**rows[6], "label": "n"})
    rows.append({**rows[7]})
    written(sheet, rows)
    found = status(shop, "--file", str(sheet), code=1)["file"]
    assert (found["new"], found["unchanged"], found["empty"]) == (2, 0, 1)
    reasons = {each["row"]: each["reason"] for each in found["rejected"]}
    for row, word in (
        (3, "'good' is no class"),
        (4, "no mention 99999999"),
        (5, "was not drawn"),
        (6, "no number of a mention"),
        (7, "drawn for the model other/1"),
        (8, "answered differently in rows 8, 11"),
        (11, "answered differently in rows 8, 11"),
    ):
        assert word in reasons.pop(row)
    assert reasons == {}


@pytest.mark.parametrize(
    ("content", "word"), [("mention,answer\n1,p\n", "'label'"), ("%PDF-1.7", "a PDF document"), (None, "cannot read")]
)
def test_a_file_that_is_no_sheet_is_refused(shop: Path, content: str | None, word: str) -> None:
    sheet = shop.with_name("labels.csv")
    if content is not None:
        sheet.write_text(content)
    done = CliRunner().invoke(twelvefold, ["triage", "label", "--file", str(sheet), "--config", str(shop)])
    assert word in str(done.exception)


def test_answers_at_the_terminal_are_kept_one_by_one(shop: Path) -> None:
    said = run(shop, "triage", "label", "--count", "6", "--as", "ana", stdin="n\nwhat?\n0\np\ns\nq\n")
    assert "3 labels of the 100" in said
    assert sum(each["skipped"] for each in status(shop)["classes"]) == 1
    # Those that were not answered come again first, and the end of the input is the end.
    run(shop, "triage", "label", "--count", "2", stdin="p\np")
    found = status(shop)
    assert (found["labels"], sum(each["drawn"] for each in found["classes"])) == (5, 6)


def test_a_killed_session_keeps_what_was_answered(shop: Path) -> None:
    command = [sys.executable, "-m", "twelvefold", "triage", "label", "--count", "5", "--config", str(shop)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"n\np\n")
        process.stdin.flush()
        shown = b""
        while b"3 of 5" not in shown:
            shown += process.stderr.read(1)
        process.kill()
    found = status(shop)
    assert (found["labels"], sum(each["drawn"] for each in found["classes"])) == (2, 5)
    run(shop, "triage", "label", "--count", "5", stdin="n\nn\nn\n")
    assert status(shop)["labels"] == 5
