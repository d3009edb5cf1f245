"""Whatever happens in whatever order, the daily counts are those of the mentions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from twelvefold.records import CaseState, Sentiment

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
TEXTS = ["", "Good.", "Bad.", *(f"The same long text, told in full by several places: number {n}." for n in range(4))]


def any_mention(acme: Any, dice: random.Random) -> Any:
    return acme.mention(
        str(dice.randrange(20)),
        dice.choice(TEXTS),
        source=dice.choice(["shop", "ios", "feed"]),
        stars=dice.choice([1.0, 5.0]),
        subject=dice.choice([None, "Kettle", "Toaster"]),
        language=dice.choice([None, "fr"]),
        author_hash=dice.choice([None, "h1", "h2"]),
        published_at=NIGHT - timedelta(hours=dice.randrange(100)),
    )


def one_step(acme: Any, work: Any, dice: random.Random) -> None:
    """Do one thing that may change what is counted."""
    brand = acme.brand
    pages = [any_mention(acme, dice) for _ in range(dice.randrange(1, 8))]
    match dice.randrange(9):
        case 0 | 1:
            work.mentions.save(brand, pages, zone=work.brands.zone(brand))
        case 2:
            work.judgements.save(
                [
                    acme.judgement(page, dice.choice(list(Sentiment)), model=model)
                    for page in pages
                    for model in dice.sample([MODEL, "other/1", "rating"], 2)
                ]
            )
        case 3:
            work.mentions.mark_removed(brand, pages[0].source, [page.external_id for page in pages], NIGHT, "404")
        case 4:
            work.mentions.link_duplicates(brand)
        case 5:
            work.cases.open_for_negatives(brand, MODEL, NIGHT)
            for case in work.cases.find(brand, limit=2):
                step = work.cases.resolve if case.state is CaseState.OPEN else work.cases.reopen
                step(case.case_id, "ana", NIGHT, "")
        case 6:
            waiting = work.mentions.unjudged(brand, MODEL, limit=3)
            work.mentions.set_languages({row.mention_id: dice.choice(["en", "zh-Hant"]) for row in waiting})
        case 7:
            for row in work.mentions.unjudged(brand, "nobody", limit=9)[dice.randrange(8) :][:1]:
                work.tombstones.forget_mention(row.mention_id, NIGHT)
        case 8:
            work.brands.ensure("Acme", dice.choice(["Europe/Paris", "Asia/Taipei", "America/New_York"]))


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_follow_every_change(acme: Any, seed: int) -> None:
    dice = random.Random(seed)
    counted = 0
    for _ in range(60):
        with acme.database.begin() as work:
            one_step(acme, work, dice)
            for model in (MODEL, "other/1"):
                assert work.rollups.check(acme.brand, model) == []
            counted = max(counted, sum(row.n for row in work.rollups.daily(acme.brand, MODEL)))
    assert counted > 3
