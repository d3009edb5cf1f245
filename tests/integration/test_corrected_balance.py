"""The corrected balance over a real database is that of the mentions themselves, though none is read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from tests.fakes.fake_classifier import PRIOR, drawn
from twelvefold.config import parse_configuration
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.daily_counts import mend_daily_counts
from twelvefold.pipeline.figures.correction import Corrected, Read, correct, soften
from twelvefold.pipeline.health import health
from twelvefold.records import Judgement, Mention, Precision, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database, open_database

MODEL = "reader/1"
NEWEST = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
CALIBRATION = Calibration(PRIOR, PRIOR, (400, 300, 500))
WEIGHTS = {"shop": 1.0, "forum": 0.5}
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, zone: UTC, sources: [{name: shop, kind: files, paths: [a.csv]},"
    " {name: forum, kind: files, paths: [a.csv], weight: 0.5}]}]",
    Path(),
)
BRAND = CONFIGURATION.brands[0]


class Told:
    """A mention, what the classifier says of it, and whether its case is resolved."""

    def __init__(self, number: int, answer: tuple[float, float, float], dice: random.Random) -> None:
        self.age = dice.randrange(150)
        self.source = dice.choice(["shop", "forum"])
        self.subject = dice.choice([None, "Kettle"])
        self.answer = answer
        self.label = list(Sentiment)[answer.index(max(answer))]
        self.key = sha256(str(number).encode()).hexdigest()
        self.number = number
        self.is_resolved = False

    def mention(self) -> Mention:
        at = NEWEST - timedelta(days=self.age)
        return Mention(
            source=self.source,
            kind="files",
            external_id=str(self.number),
            title="",
            text=f"Opinion number {self.number}.",
            content_hash=self.key,
            revision_hash=self.key,
            collected_at=at,
            published_at=at,
            published_precision=Precision.SECOND,
            subject=self.subject,
        )

    def judgement(self) -> Judgement:
        return Judgement(self.key, MODEL, self.label, *self.answer, confidence=max(self.answer))

    def read(self, weight: float) -> Read:
        return Read(*self.answer, weight=weight * WEIGHTS[self.source])


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, int, list[Told]]]:
    """A brand that the tests only read."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('corrected') / 'acme.db'}")
    yield database, *stored(database)
    database.close()


def stored(database: Database, n: int = 900) -> tuple[int, list[Told]]:
    """Store a brand of so many mentions over five months; every third complaint is resolved."""
    chance, dice = np.random.default_rng(3), random.Random(3)
    answers, _ = drawn(chance, (0.09, 0.13, 0.78), n)
    told = [Told(n, (a, b, c), dice) for n, (a, b, c) in enumerate(answers.tolist())]
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        for name, weight in WEIGHTS.items():
            work.brands.ensure_source(brand, name, "files", None, weight)
        work.mentions.save(brand, [each.mention() for each in told], zone=BRAND.time_zone)
        work.judgements.save([each.judgement() for each in told])
        work.cases.open_for_negatives(brand, MODEL, NEWEST)
        by_text = {f"Opinion number {each.number}.": each for each in told}
        for case in work.cases.find(brand, limit=1000)[::3]:
            work.cases.resolve(case.case_id, "ana", NEWEST)
            by_text[case.text].is_resolved = True
    return brand, told


def ask(database: Database, brand: int, **asked: Any) -> dict[str, Any]:
    with database.read() as work:
        document = health(
            work, BRAND, CONFIGURATION, brand_id=brand, model=MODEL, **{"calibration": CALIBRATION, **asked}
        )
    jsonschema.validate(document, schema("health"))
    return document


def expected(told: list[Told], weights: list[float]) -> tuple[Corrected, dict[str, float]]:
    """Return the correction of the mentions themselves, and the sums of the rule."""
    reads = [each.read(weight) for each, weight in zip(told, weights, strict=True)]
    found = correct(reads, PRIOR, CALIBRATION.validated)
    sums = dict.fromkeys(("P", "N_open", "N_resolved", "neutral"), 0.0)
    for each, read in zip(told, reads, strict=True):
        negative, neutral, positive = soften(read, PRIOR, found.shares)
        sums["P"] += read.weight * positive
        sums["neutral"] += read.weight * neutral
        sums["N_resolved" if each.is_resolved else "N_open"] += read.weight * negative
    return found, sums


def same(balance: dict[str, Any], told: list[Told], weights: list[float], points: float = 0.05) -> None:
    exact, sums = expected(told, weights)
    share = balance["positive_share"]
    ends = (share["value"], share["low"], share["high"])
    assert ends == pytest.approx((exact.positive_share, exact.low, exact.high), abs=points / 100)
    for name, total in sums.items():
        assert balance[name] == pytest.approx(total, abs=0.006 * sum(sums.values())), name
    cost = 12 * balance["N_open"] + balance["N_resolved"]
    assert balance["index"]["value"] == pytest.approx(100 * (balance["P"] - cost) / (balance["P"] + cost))
    assert balance["index"]["low"] <= balance["index"]["value"] <= balance["index"]["high"]
    assert balance["correction"]["method"] == "probabilities"
    assert balance["index"]["note"] is None
    assert balance["index_raw"]["value"] < balance["index"]["value"]


def test_the_standing_balance_is_corrected(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    balance = ask(database, brand)["satisfaction"]["balance"]
    same(balance, told, [2 ** (-each.age / 90) for each in told])
    raw = ask(database, brand, calibration=None)["satisfaction"]["balance"]
    assert raw["index_raw"]["value"] == raw["index"]["value"] == balance["index_raw"]["value"]
    assert raw["index"]["note"].startswith("uncorrected")


def test_a_period_that_ends_in_the_middle_of_a_week_is_corrected(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    until = (NEWEST - timedelta(days=29)).date()
    heard = [each for each in told if each.age > 29]
    balance = ask(database, brand, until=until)["satisfaction"]["balance"]
    # Of the last, broken week its days are told apart by their classes alone.
    same(balance, heard, [2 ** (-(each.age - 30) / 90) for each in heard], points=0.5)


def test_a_week_and_every_group_are_corrected(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    document = ask(database, brand, week="2026-W46", by="source")
    within = [each for each in told if 3 <= each.age <= 9]
    same(document["satisfaction"]["balance_week"], within, [1.0] * len(within), points=0.3)
    for group in document["by"]:
        theirs = [each for each in told if each.source == group["key"] and each.age >= 3]
        same(group["satisfaction"]["balance"], theirs, [2 ** (-(each.age - 3) / 90) for each in theirs], points=0.2)
    for group in ask(database, brand, by="subject")["by"]:
        theirs = [each for each in told if each.subject == group["key"]]
        same(group["satisfaction"]["balance"], theirs, [2 ** (-each.age / 90) for each in theirs], points=0.2)


def test_every_week_is_corrected_as_it_is_alone(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, _ = acme
    weeks = ask(database, brand, by="week")["by"]
    assert len(weeks) > 20
    alone = ask(database, brand, week="2026-W40")["satisfaction"]
    found = next(each for each in weeks if each["key"] == "2026-W40")["satisfaction"]
    for name in ("balance", "balance_week"):
        for part in ("value", "low", "high"):
            assert found[name]["index"][part] == pytest.approx(alone[name]["index"][part], abs=1e-6)
        assert found[name]["resolve_instead"] == alone[name]["resolve_instead"]


def test_aspects_stay_uncorrected_and_say_so(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    with database.begin() as work:
        spoken = ({"aspect": "delivery", "label": "positive"},)
        work.judgements.save([replace(each.judgement(), model="other/1", aspects=spoken) for each in told[:20]])
    with database.read() as work:
        asked = {"brand_id": brand, "model": "other/1", "by": "aspect", "calibration": CALIBRATION}
        groups = health(work, BRAND, CONFIGURATION, **asked)["by"]
    assert "about an aspect" in groups[0]["satisfaction"]["balance"]["index"]["note"]


def test_what_a_change_of_weights_undoes_the_next_night_makes_good(database: Database) -> None:
    brand, _ = stored(database)
    before = ask(database, brand)
    with database.begin() as work:
        work.brands.weigh(brand, {"forum": 2.0})
        work.brands.weigh(brand, WEIGHTS)
    waiting = ask(database, brand)["satisfaction"]["balance"]
    assert waiting["index"]["note"] == "uncorrected: the next night counts how likely each class is"
    assert waiting["index"]["value"] == waiting["index_raw"]["value"]
    assert mend_daily_counts(database, brand, MODEL) == []
    assert ask(database, brand) == before
