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
from twelvefold.models.calibration import Triple, normalise
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.compared import compared_document
from twelvefold.pipeline.daily_counts import mend_daily_counts
from twelvefold.pipeline.figures.correction import Corrected, Read, correct, soften
from twelvefold.pipeline.health import health
from twelvefold.pipeline.week import Week
from twelvefold.records import Customer, Judgement, Mention, Precision, Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database, open_database

MODEL = "reader/1"
NEWEST = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
ASPECT_PRIOR = (0.45, 0.15, 0.40)
OF_ASPECTS = Calibration(ASPECT_PRIOR, ASPECT_PRIOR, (300, 200, 300), 0.3)
CALIBRATION = Calibration(PRIOR, PRIOR, (400, 300, 500), 0.1, OF_ASPECTS)
LEANING = "leaning/1"
PLANS = ("basic", "pro")
WEIGHTS = {"shop": 1.0, "forum": 0.5}
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme, zone: UTC, sources: [{name: shop, kind: files, paths: [a.csv]},"
    " {name: forum, kind: files, paths: [a.csv], weight: 0.5}]}]",
    Path(),
)
BRAND = CONFIGURATION.brands[0]


class Told:
    """A mention, what the classifier says of it and of the delivery in it, and whether its case is resolved."""

    def __init__(self, number: int, answer: Triple, of_delivery: Triple, dice: random.Random) -> None:
        self.age = dice.randrange(150)
        self.source = dice.choice(["shop", "forum"])
        self.subject = dice.choice([None, "Kettle"])
        self.answer = answer
        # Of aspects the probabilities hold for another prior.
        self.of_delivery = normalise(
            [p * then / now for p, then, now in zip(of_delivery, ASPECT_PRIOR, PRIOR, strict=True)]
        )
        self.customer = f"c{dice.randrange(40)}" if dice.randrange(2) else None
        self.label = list(Sentiment)[answer.index(max(answer))]
        self.key = sha256(str(number).encode()).hexdigest()
        self.number = number
        self.is_resolved = False

    @property
    def plan(self) -> str | None:
        """The segment of the customer."""
        return PLANS[int(self.customer[1:]) % 2] if self.customer else None

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
            customer_id=self.customer,
        )

    def judgement(self) -> Judgement:
        classes = dict(zip(("negative", "neutral", "positive"), self.of_delivery, strict=True))
        delivery = {"aspect": "delivery", "label": max(classes, key=lambda each: classes[each]), **classes}
        aspects = (delivery, delivery) if self.number % 2 else ()
        return Judgement(self.key, MODEL, self.label, *self.answer, confidence=max(self.answer), aspects=aspects)

    def read(self, weight: float) -> Read:
        return Read(*self.answer, weight=weight * WEIGHTS[self.source])

    def read_delivery(self, weight: float) -> Read:
        return Read(*self.of_delivery, weight=weight * WEIGHTS[self.source])


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
    of_delivery, _ = drawn(chance, (0.25, 0.05, 0.70), n)
    told = [Told(n, *each, dice) for n, each in enumerate(zip(answers.tolist(), of_delivery.tolist(), strict=True))]
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        for name, weight in WEIGHTS.items():
            work.brands.ensure_source(brand, name, "files", None, weight)
        plans = [Customer(f"c{n}", segments={"plan": PLANS[n % 2]}) for n in range(40)]
        work.customers.save(brand, plans)
        work.mentions.save(brand, [each.mention() for each in told], zone=BRAND.time_zone)
        work.judgements.save([each.judgement() for each in told])
        work.cases.open_for_negatives(brand, MODEL, NEWEST)
        by_text = {f"Opinion number {each.number}.": each for each in told}
        for case in work.cases.find(brand, limit=1000)[::3]:
            work.cases.resolve(case.case_id, "ana", NEWEST)
            by_text[case.text].is_resolved = True
    return brand, told


def ask(database: Database, brand: int, **asked: Any) -> dict[str, Any]:
    asked = {"model": MODEL, "calibration": CALIBRATION, **asked}
    with database.read() as work:
        document = health(work, BRAND, CONFIGURATION, brand_id=brand, **asked)
    jsonschema.validate(document, schema("health"))
    return document


def expected(told: list[Told], reads: list[Read], calibration: Calibration) -> tuple[Corrected, dict[str, float]]:
    """Return the correction of the mentions themselves, and the sums of the rule."""
    found = correct(reads, calibration.prior, calibration.validated, calibration.spread)
    sums = dict.fromkeys(("P", "N_open", "N_resolved", "neutral"), 0.0)
    for each, read in zip(told, reads, strict=True):
        negative, neutral, positive = soften(read, calibration.prior, found.shares)
        sums["P"] += read.weight * positive
        sums["neutral"] += read.weight * neutral
        sums["N_resolved" if each.is_resolved else "N_open"] += read.weight * negative
    return found, sums


def same(
    balance: dict[str, Any], told: list[Told], weights: list[float], points: float = 0.05, of_sums: float = 0.006
) -> None:
    reads = [each.read(weight) for each, weight in zip(told, weights, strict=True)]
    agree(balance, *expected(told, reads, CALIBRATION), points, of_sums)


def agree(
    balance: dict[str, Any], exact: Corrected, sums: dict[str, float], points: float, of_sums: float = 0.006
) -> None:
    share = balance["positive_share"]
    ends = (share["value"], share["low"], share["high"])
    assert ends == pytest.approx((exact.positive_share, exact.low, exact.high), abs=points / 100)
    for name, total in sums.items():
        assert balance[name] == pytest.approx(total, abs=of_sums * sum(sums.values())), name
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


def test_aspects_are_corrected_by_their_own_probabilities(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    spoken = [each for each in told if each.number % 2]
    assert CALIBRATION.aspects is not None
    document = ask(database, brand, by="aspect", week="2026-W46")
    (group,) = document["by"]
    assert group["key"] == "delivery"
    heard = [each for each in spoken if each.age >= 3]
    reads = [each.read_delivery(2 ** (-(each.age - 3) / 90)) for each in heard]
    agree(group["satisfaction"]["balance"], *expected(heard, reads, CALIBRATION.aspects), points=0.2)
    within = [each for each in spoken if 3 <= each.age <= 9]
    reads = [each.read_delivery(1.0) for each in within]
    agree(group["satisfaction"]["balance_week"], *expected(within, reads, CALIBRATION.aspects), points=0.5)


def test_aspects_of_a_model_that_does_not_tell_stay_uncorrected(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, _ = acme
    groups = ask(database, brand, by="aspect", calibration=replace(CALIBRATION, aspects=None))["by"]
    assert "for which shares of classes" in groups[0]["satisfaction"]["balance"]["index"]["note"]


def test_segments_are_corrected(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, told = acme
    groups = ask(database, brand, by="segment")["by"]
    assert [group["key"] for group in groups] == [f"plan: {plan}" for plan in sorted(PLANS)]
    for group in groups:
        theirs = [each for each in told if each.plan and f"plan: {each.plan}" == group["key"]]
        # So few are not in every cell as the brand is.
        same(group["satisfaction"]["balance"], theirs, [2 ** (-each.age / 90) for each in theirs], 1.0, 0.015)


def test_segments_follow_their_customers(database: Database) -> None:
    brand, told = stored(database, 200)
    with database.begin() as work:
        work.customers.save(brand, [Customer(f"c{n}", segments={"plan": "gold"}) for n in range(40)])
        assert work.rollups.check(brand, MODEL) == []
    (group,) = ask(database, brand, by="segment")["by"]
    theirs = [each for each in told if each.customer]
    same(group["satisfaction"]["balance"], theirs, [2 ** (-each.age / 90) for each in theirs], 1.0, 0.015)


def test_beside_other_brands_the_balance_is_corrected_too(acme: tuple[Database, int, list[Told]]) -> None:
    database, brand, _ = acme
    rivals = CONFIGURATION.model_copy(update={"brands": [BRAND, BRAND.model_copy(update={"name": "Rival"})]})
    shown = ask(database, brand, week="2026-W46")["satisfaction"]
    with database.read() as work:
        week = Week.parse("2026-W46")
        rows = compared_document(work, rivals, BRAND, MODEL, week=week, calibration=CALIBRATION)["brands"]
    for name in ("balance", "balance_week"):
        parts = ("value", "low", "high", "n", "note")
        assert [rows[0][name][part] for part in parts] == pytest.approx([shown[name]["index"][part] for part in parts])
        assert "classifier error corrected" in rows[0][name]["definition"]
        assert (rows[1][name]["value"], rows[1][name]["note"]) == (None, "no data")


def test_probabilities_that_hold_for_another_prior_in_a_language_are_moved(database: Database) -> None:
    """A language in which praise is always thought too likely comes out as the language in which it is not."""
    brand, _ = stored(database, 300)
    expected_balance = ask(database, brand)["satisfaction"]["balance"]
    leaning = (1.0, 1.0, 4.0)
    with database.begin() as work:
        judgements = list(
            work.judgements.cached([sha256(str(n).encode()).hexdigest() for n in range(300)], MODEL).values()
        )
        leant = [
            replace(each, model=LEANING, language="fr", negative=triple[0], neutral=triple[1], positive=triple[2])
            for each in judgements
            for triple in [normalise([each.negative, each.neutral, leaning[2] * each.positive])]
        ]
        work.judgements.hold_for(LEANING, {"fr": (1.0, 1.0, 1 / leaning[2]), "": (9.0, 1.0, 1.0)})
        work.judgements.save(leant)
        assert work.rollups.check(brand, LEANING) == []
    found = ask(database, brand, model=LEANING)["satisfaction"]["balance"]
    for name in ("P", "N_open", "neutral"):
        assert found[name] == pytest.approx(expected_balance[name], rel=1e-3, abs=1e-3)


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
