"""Whatever happens in whatever order, the daily counts are those of the mentions, by class and by stars."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from twelvefold.records import CaseState, Customer, Sentiment
from twelvefold.storage.probability_series import BRAND, SumOf
from twelvefold.storage.segments import segment_of
from twelvefold.storage.series import Scope

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
TEXTS = ["", "Good.", "Bad.", *(f"The same long text, told in full by several places: number {n}." for n in range(4))]


TRIPLES = ((0.9, 0.08, 0.02), (0.2, 0.5, 0.3), (0.01, 0.02, 0.97))


def any_mention(acme: Any, dice: random.Random) -> Any:
    return acme.mention(
        str(dice.randrange(20)),
        dice.choice(TEXTS),
        source=dice.choice(["shop", "ios", "feed"]),
        stars=dice.choice([1.0, 3.25, 3.3, 5.0, None]),
        subject=dice.choice([None, "Kettle", "Toaster"]),
        language=dice.choice([None, "fr"]),
        author_hash=dice.choice([None, "h1", "h2"]),
        customer_id=dice.choice([None, "c1", "c2", "c3"]),
        published_at=NIGHT - timedelta(hours=dice.randrange(100)),
    )


def spoken_of(dice: random.Random) -> tuple[dict[str, Any], ...]:
    classes = [label.value for label in Sentiment]
    return tuple(
        {"aspect": aspect, "label": dice.choice(classes), **dict(zip(classes, dice.choice(TRIPLES), strict=True))}
        for aspect in dice.choices(["delivery", "place", "price_value"], k=dice.randrange(3))
    )


def one_step(acme: Any, work: Any, dice: random.Random) -> None:
    """Do one thing that may change what is counted."""
    brand = acme.brand
    pages = [any_mention(acme, dice) for _ in range(dice.randrange(1, 8))]
    match dice.randrange(12):
        case 0 | 1:
            work.mentions.save(brand, pages, zone=work.brands.zone(brand))
        case 2:
            work.judgements.save(
                [
                    replace(acme.judgement(page, dice.choice(list(Sentiment)), model=model), aspects=spoken_of(dice))
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
        case 10:
            regions = [{}, {"région": "north"}, {"région": "south", "plan": 'pro "x"'}]
            work.customers.save(brand, [Customer(f"c{dice.randrange(4)}", segments=dice.choice(regions))])
        case 11 if dice.random() < 0.1:
            work.tombstones.forget_customer(brand, "c3", NIGHT)
        case 9:
            work.brands.weigh(brand, {"shop": dice.choice([0.5, 1.0, 2.0])})
        case 8:
            work.brands.ensure("Acme", dice.choice(["Europe/Paris", "Asia/Taipei", "America/New_York"]))


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_follow_every_change(acme: Any, seed: int) -> None:
    dice = random.Random(seed)
    counted = starred = spoken = segmented = likely = 0
    for _ in range(60):
        with acme.database.begin() as work:
            one_step(acme, work, dice)
            if dice.randrange(2):  # after a change of weights, the night keeps them again
                work.rollups.keep_probabilities(acme.brand)
            for model in (MODEL, "other/1"):
                assert work.rollups.check(acme.brand, model) == []
            counted = max(counted, sum(row.n for row in work.rollups.daily(acme.brand, MODEL)))
            spoken = max(
                spoken, sum(int(each.counts.sum()) for each in work.rollups.series(acme.brand, MODEL, Scope.ASPECT))
            )
            segmented = max(
                segmented, sum(int(each.counts.sum()) for each in work.rollups.series(acme.brand, MODEL, Scope.SEGMENT))
            )
            starred = max(starred, sum(row.n for row in work.rollups.star_totals(acme.brand, Scope.SOURCE)))
            likely = max(likely, probable(work, acme.brand))
    assert counted > 3
    assert spoken > 3
    assert segmented > 0
    assert starred > 3
    assert likely > 3


def probable(work: Any, brand: int) -> int:
    """Return of how many mentions it is kept how likely each class is, or 0 where that waits for a night."""
    kept = work.rollups.probabilities(brand, MODEL, BRAND)
    if kept is None:
        return 0
    by_source = work.rollups.probabilities(brand, MODEL, Scope.SOURCE)
    by_class = sum(int(each.counts.sum()) for each in work.rollups.series(brand, MODEL, Scope.SOURCE))
    n = sum(int(each.sums.sum()) for each in kept if each.sum_of is SumOf.MENTIONS)
    assert n == sum(int(each.sums.sum()) for each in by_source) == by_class
    for scope in (Scope.ASPECT, Scope.SEGMENT):
        in_cells = sum(int(each.sums.sum()) for each in work.rollups.probabilities(brand, MODEL, scope))
        assert in_cells == sum(int(each.counts.sum()) for each in work.rollups.series(brand, MODEL, scope))
    return n


def starred(acme: Any, **period: date) -> list[tuple[str, float, int]]:
    with acme.database.read() as work:
        assert work.rollups.check(acme.brand, MODEL) == []
        totals = work.rollups.star_totals(acme.brand, Scope.SOURCE, **period)
        return [(row.key or "", row.stars, row.n) for row in totals]


def test_stars_count_unjudged_and_to_the_tenth(acme: Any) -> None:
    stars = (4.0, 4.0, 3.666667, 3.7, 3.25, None)
    acme.save(*(acme.mention(str(n), f"Reader {n} says so.", stars=each) for n, each in enumerate(stars)))
    assert starred(acme) == [("shop", 3.2, 1), ("shop", 3.7, 2), ("shop", 4.0, 2)]
    with acme.database.begin() as work:
        for scope, key in ((Scope.SUBJECT, None), (Scope.LANGUAGE, "und")):
            assert {row.key for row in work.rollups.star_totals(acme.brand, scope)} == {key}
        work.rollups.recompute(acme.brand)
    assert starred(acme) == [("shop", 3.2, 1), ("shop", 3.7, 2), ("shop", 4.0, 2)]


def test_stars_follow_edits_duplicates_and_removals(acme: Any) -> None:
    acme.save(acme.mention("1", stars=1.0), acme.mention("1", source="ios", stars=2.0))
    with acme.database.begin() as work:
        assert work.mentions.link_duplicates(acme.brand) == 1
    assert starred(acme) == [("shop", 1.0, 1)]
    acme.save(acme.mention("1", stars=4.0))
    assert starred(acme) == [("ios", 2.0, 1), ("shop", 4.0, 1)]
    with acme.database.begin() as work:
        work.mentions.mark_removed(acme.brand, "shop", ["1"], NIGHT, "404")
    assert starred(acme) == [("ios", 2.0, 1)]


def test_stars_are_read_by_period(acme: Any) -> None:
    acme.save(
        *(acme.mention(str(n), stars=float(n), published_at=NIGHT - timedelta(days=n)) for n in range(1, 4)),
    )
    assert starred(acme, since=date(2026, 11, 20), until=date(2026, 11, 21)) == [("shop", 2.0, 1)]
    assert len(starred(acme, since=date(2026, 11, 20))) == 2
    assert len(starred(acme, until=date(2026, 11, 21))) == 2


def test_a_wrong_count_is_told_and_mended(acme: Any) -> None:
    told = acme.mention("1", stars=1.0)
    acme.save(told)
    acme.judge(acme.judgement(told))
    with acme.database.begin() as work:
        # As a bug or a hand in the database would leave it.
        work.rollups.add_starred(
            acme.brand,
            [(date(2026, 11, 21), work.brands.ensure_source(acme.brand, "shop", "schema_org"), None, None, 5.0)],
        )
        work.rollups.add_judged([work.mentions.unjudged(acme.brand, "nobody", limit=1)[0].mention_id])
        differences = work.rollups.check(acme.brand, MODEL)
        told = [difference.rpartition(": ")[2] for difference in differences]
        # By class and by stars; then their series, by source, subject and language each; then the
        # probabilities of negative and of positive, and how many mentions the brand and each of those has.
        assert told[:2] == ["kept 2, counted 1", "kept 1, counted 0"]
        assert (
            sorted(told[2:8])
            == ["kept 1, counted 0, or on other days"] * 3 + ["kept 2, counted 1, or on other days"] * 3
        )
        assert sorted(each.removesuffix(", or in other cells or weeks") for each in told[8:]) == [
            "kept 16000, counted 8000",
            *["kept 2, counted 1"] * 4,
            "kept 2000, counted 1000",
        ]
        work.rollups.recompute(acme.brand)
    assert starred(acme) == [("shop", 1.0, 1)]


def by_segment(acme: Any) -> dict[str, int]:
    with acme.database.read() as work:
        assert work.rollups.check(acme.brand, MODEL) == []
        found = work.rollups.series(acme.brand, MODEL, Scope.SEGMENT)
        days = work.rollups.spoken(acme.brand, MODEL, Scope.SEGMENT, date(2026, 11, 1), date(2026, 12, 1))
    counted = {str(segment_of(each.key or "")): int(each.counts.sum()) for each in found}
    assert counted == {str(segment_of(each.subject or "")): each.n for each in days}
    return counted


def test_mentions_count_for_the_segments_of_the_customer_whom_they_name(acme: Any) -> None:
    told = [acme.mention(str(n), f"Letter {n}.", customer_id=who) for n, who in enumerate(("c1", "c2", None))]
    acme.save(*told)
    acme.judge(*map(acme.judgement, told))
    assert by_segment(acme) == {}

    def customer(name: str, **segments: str) -> None:
        with acme.database.begin() as work:
            work.customers.save(acme.brand, [Customer(name, segments=segments)])

    customer("c1", region="north", plan="pro")
    customer("c3", region="north")
    assert by_segment(acme) == {"region: north": 1, "plan: pro": 1}
    customer("c1", region="south")
    assert by_segment(acme) == {"region: south": 1}
    with acme.database.begin() as work:
        work.tombstones.forget_customer(acme.brand, "c1", NIGHT)
    assert by_segment(acme) == {}
    assert acme.counts() == {("shop", "negative", False): 2}
