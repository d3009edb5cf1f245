"""A brand beside its competitors: share of voice and balance, in the document, at the terminal and in the digest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fake_work import FakeWork

from twelvefold.config import Configuration, parse_configuration
from twelvefold.pipeline.columns import width
from twelvefold.pipeline.compared import ONE_BRAND, compared_document
from twelvefold.pipeline.digest.beside import compared_sentences
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.digest.render import FORMATS, render
from twelvefold.pipeline.digest.words import LOCALES, words
from twelvefold.pipeline.figures.intervals import wilson
from twelvefold.pipeline.health import health
from twelvefold.pipeline.health_text import health_text
from twelvefold.pipeline.week import Week
from twelvefold.records import Sentiment
from twelvefold.schemas import schema
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope, Series

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE
WEEK = Week.parse("2026-W47")
MONDAY = date(2026, 11, 16)
CONFIGURATION = parse_configuration(
    "brands: [{name: Acme}, {name: Rival & <Sons>, zone: Asia/Taipei}, {name: Unheard}]", Path()
)


@dataclass
class FakeBrands(FakeWork):
    """Several brands, by their numbers; the brand's own lists are those of number 1."""

    others: dict[int, FakeWork] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(
        default_factory=lambda: {("Acme", "UTC"): 1, ("Rival & <Sons>", "Asia/Taipei"): 2}
    )

    @property
    def brands(self) -> Numbers:
        return Numbers(self.numbers)

    def series(self, brand_id: int, model: str, scope: Scope, until: date | None = None) -> list[Series]:
        of_brand = self.others.get(brand_id)
        found = of_brand.series(brand_id, model, scope, until) if of_brand else super().series(1, model, scope, until)
        return list(found)


@dataclass
class Numbers:
    """The numbers of the brands that are stored."""

    known: dict[tuple[str, str], int]

    def find(self, name: str, zone: str) -> int | None:
        return self.known.get((name, zone))


def said(day: date, negative: int, neutral: int, positive: int) -> list[DayCount]:
    return [
        DayCount(day, "shop", None, "en", label, False, n)
        for label, n in ((NEGATIVE, negative), (NEUTRAL, neutral), (POSITIVE, positive))
        if n
    ]


def two_brands() -> FakeBrands:
    ours = [*said(MONDAY, 8, 20, 92), *said(MONDAY - timedelta(days=90), 4, 0, 0)]
    return FakeBrands(ours, others={2: FakeWork(said(MONDAY, 20, 40, 20))})


def compared(work: FakeBrands, settings: Configuration = CONFIGURATION, **period: Any) -> dict[str, Any]:
    found = compared_document(work, settings, settings.brands[0], "m", **period)
    known = schema("health")["$defs"]
    jsonschema.validate(found, known["brands_beside"] | {"$defs": known})
    json.dumps(found, allow_nan=False)
    return found


def test_brands_stand_side_by_side_with_their_share_of_voice() -> None:
    found = compared(two_brands(), week=WEEK)
    ours, theirs, unheard = found["brands"]
    assert [(row["brand"], row["own"], row["mentions"]) for row in found["brands"]] == [
        ("Acme", True, 120),
        ("Rival & <Sons>", False, 80),
        ("Unheard", False, 0),
    ]
    share = ours["share_of_voice"]
    assert (share["value"], share["low"], share["high"], share["n"]) == (0.6, *wilson(0.6, 200), 200)
    assert sum(row["share_of_voice"]["value"] for row in found["brands"]) == pytest.approx(1)
    assert ours["balance_week"]["value"] == pytest.approx(-2.127, abs=0.001)
    assert ours["balance"]["value"] == pytest.approx(100 * (92 - 12 * 10) / (92 + 12 * 10))
    assert theirs["balance_week"]["value"] == pytest.approx(100 * (20 - 240) / 260)
    assert (unheard["balance"]["value"], unheard["balance"]["note"]) == (None, "no data")
    assert (unheard["share_of_voice"]["value"], unheard["share_of_voice"]["low"]) == (0, 0)


def test_the_balance_is_the_one_that_health_shows() -> None:
    work = two_brands()
    for period in ({"until": date(2026, 11, 20)}, {}):
        shown = health(work, CONFIGURATION.brands[0], CONFIGURATION, brand_id=1, model="m", **period)
        balance = compared(work, **period)["brands"][0]["balance"]
        raw = shown["satisfaction"]["balance"]["index_raw"]
        assert [balance[part] for part in ("value", "low", "high", "n")] == pytest.approx(
            [raw[part] for part in ("value", "low", "high", "n")]
        )


def test_only_the_period_counts_for_the_share() -> None:
    (ours, *_) = compared(two_brands(), since=MONDAY - timedelta(days=100), until=MONDAY)["brands"]
    assert (ours["mentions"], ours["balance_week"]) == (4, None)
    assert ours["share_of_voice"]["note"] == "too few mentions: 4, at least 10 needed"


def test_a_brand_alone_is_compared_with_nobody() -> None:
    alone = parse_configuration("brands: [{name: Acme}]", Path())
    assert compared(two_brands(), alone) == {"brands": [], "note": ONE_BRAND}
    assert compared_sentences({"brands": [], "note": ONE_BRAND}, words("en")) == ()
    assert compared_sentences(None, words("en")) == ()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Acme: 120 mentions; share of voice 60.0% (95% interval 53.1% to 66.5%); balance"),
        ("fr", "Acme : 120 avis ; part de voix 60,0 % (intervalle à 95 % de 53,1 % à 66,5 %) ; balance"),
        ("zh-Hant", "Acme：120 則評價；聲量占比 60.0%（95% 區間 53.1% 至 66.5%）；平衡指數"),
    ],
)
def test_the_digest_shows_them_in_each_language(language: str, sentence: str) -> None:
    digest = build_digest(two_brands(), CONFIGURATION.brands[0], CONFIGURATION, brand_id=1, model="m", week="2026-W47")
    html, text = (render(digest, language, form).decode() for form in ("html", "text"))

    def bare(written: str) -> str:
        return "".join(written.split())

    assert bare(sentence) in bare(text)
    assert bare(sentence) in bare(html)
    assert "Rival &amp; &lt;Sons&gt;" in html
    assert "<Sons>" not in html
    assert all(width(line) <= 78 for line in text.splitlines())
    jsonschema.validate(json.loads(render(digest, language, "json")), schema("digest"))


@pytest.mark.parametrize("language", LOCALES)
def test_a_digest_of_one_brand_says_nothing_of_others(language: str) -> None:
    alone = parse_configuration("brands: [{name: Acme}]", Path())
    digest = build_digest(two_brands(), alone.brands[0], alone, brand_id=1, model="m", week="2026-W47")
    heading = words(language).gettext("Beside the other brands")
    assert all(heading not in render(digest, language, form).decode() for form in FORMATS)


def test_the_terminal_shows_them_too() -> None:
    document = health(two_brands(), CONFIGURATION.brands[0], CONFIGURATION, brand_id=1, model="m", week="2026-W47")
    text = " ".join(health_text(document | {"compared": compared(two_brands(), week=WEEK)}).split())
    assert "Rival & <Sons>: 80 mentions; share of voice 40.0% (95% interval 33.5% to 46.9%); balance -84.6" in text
    assert "Unheard: 0 mentions; share of voice 0.0% (95% interval 0.0% to 1.9%); balance no data." in text
