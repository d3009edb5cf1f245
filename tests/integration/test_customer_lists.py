"""Customers to look after and praise to quote, over a real database on each backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from twelvefold.commands.customers_command import _csv as customer_lines
from twelvefold.commands.testimonials_command import _csv as praise_lines
from twelvefold.config import parse_configuration
from twelvefold.errors import ForbiddenStep, UnknownName
from twelvefold.pipeline.customer_lists import cohort_list, customer_list
from twelvefold.pipeline.testimonials import praise_document, take_step, without_personal
from twelvefold.records import Customer, Judgement, Measure, Mention, Order, Precision, Sentiment, SurveyAnswer
from twelvefold.schemas import schema
from twelvefold.storage.engine import Database
from twelvefold.storage.testimonials import Permission

MODEL = "reader/1"
DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 10, 12, tzinfo=UTC)
BRAND = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", Path()).brands[0]
KIND = "The staff were so kind; call me on 01 23 45 67 89 or ann@mail.example!"


def order(customer: str, days_ago: int, amount: float = 10) -> Order:
    return Order(f"{customer}-{days_ago}", customer, DAY - timedelta(days=days_ago), amount)


def answer(customer: str, score: float, days_ago: int = 10, comment: str = "") -> SurveyAnswer:
    at = AT - timedelta(days=days_ago)
    return SurveyAnswer(
        f"{customer}-{days_ago}", Measure.NPS, score, 0, 10, comment=comment, answered_at=at, customer_id=customer
    )


def mention(
    name: str, text: str, label: Sentiment, sure: float, customer: str | None = None, urgency: Any = None
) -> tuple[Mention, Judgement]:
    key = sha256(text.encode()).hexdigest()
    told = Mention(
        "shop", "files", name, "", text, key, key, AT, published_at=AT, published_precision=Precision.SECOND,
        customer_id=customer,
    )  # fmt: skip
    chances = [sure if known is label else (1 - sure) / 2 for known in Sentiment]
    return told, Judgement(key, MODEL, label, *chances, sure, urgency=urgency)


@pytest.fixture
def brand_id(database: Database) -> int:
    """Customers of every kind: content, detractor, furious, silent, lapsed, cancelled, promoter."""
    orders = [
        order(who, days)
        for who in ("content", "detractor", "furious", "threat", "fan", "sulking fan")
        for days in (5, 40)
    ]
    orders += [order("silent", 100 + 12 * number) for number in range(20)] + [order("silent", 95, 900)]
    orders += [order("lapsed", 200, 50), order("lapsed long ago", 700, 5_000), order("=cancelled", 20, 70)]
    pairs = [
        mention("m1", "I am so angry with you.", Sentiment.NEGATIVE, 0.97, "furious"),
        mention("m2", "I will leave you.", Sentiment.NEGATIVE, 0.7, "threat", {"leaving": 0.9}),
        mention("m3", "It is a little late.", Sentiment.NEGATIVE, 0.7, "content", {"leaving": 0.1}),
        mention("m4", "Not so good.", Sentiment.NEGATIVE, 0.7, "sulking fan"),
        mention("m5", KIND, Sentiment.POSITIVE, 0.99),
        mention("m6", "=Lovely, but I am not quite so sure of that.", Sentiment.POSITIVE, 0.6),
    ]
    told, judged = zip(*pairs, strict=True)
    with database.begin() as work:
        brand = work.brands.ensure(BRAND.name, BRAND.zone)
        work.customers.save_orders(brand, orders)
        work.customers.save(brand, [Customer("=cancelled", date(2025, 1, 1), DAY - timedelta(days=10))])
        work.surveys.save(
            brand,
            [
                *(answer("detractor", 9, 90), answer("detractor", 3), answer("content", 2, 90), answer("content", 8)),
                *(answer("fan", 10, comment="=The best kettle that I ever had."), answer("sulking fan", 10)),
                answer("lapsed", 4),
            ],
        )  # fmt: skip
        work.mentions.save(brand, told, zone=BRAND.time_zone)
        work.judgements.save(judged)
        work.cases.open_for_negatives(brand, MODEL, AT)
    return brand


def listed(database: Database, brand_id: int, which: str, limit: int = 50) -> dict[str, Any]:
    with database.read() as work:
        document = customer_list(work, BRAND, brand_id, MODEL, which, limit)
    jsonschema.validate(document, schema("customers"))
    return document


def test_customers_at_risk_come_with_their_reasons(database: Database, brand_id: int) -> None:
    document = listed(database, brand_id, "at-risk")
    assert document["day"] == "2026-11-15"
    assert {one["customer"]: one["reasons"] for one in document["customers"]} == {
        "silent": ["engagement falls: 0 contacts in 90 days, 21 in the 360 before"],
        "detractor": ["detractor: gave 3 of 10 on 2026-10-31"],
        "furious": ["furious on 2026-11-10"],
        "threat": ["furious on 2026-11-10"],
    }
    assert document["customers"][0]["customer"] == "silent"  # the one who brought most


def test_the_list_is_cut_and_says_how_many_there_are(database: Database, brand_id: int) -> None:
    document = listed(database, brand_id, "at-risk", limit=1)
    assert (len(document["customers"]), document["total"]) == (1, 4)


def test_resolved_complaints_put_nobody_at_risk(database: Database, brand_id: int) -> None:
    with database.begin() as work:
        for case in work.cases.find(brand_id):
            work.cases.resolve(case.case_id, "sam", AT)
    assert {one["customer"] for one in listed(database, brand_id, "at-risk")["customers"]} == {"silent", "detractor"}
    assert {one["customer"] for one in listed(database, brand_id, "promoters")["customers"]} == {"fan", "sulking fan"}


def test_lost_customers_of_the_last_year_are_to_be_won_back(database: Database, brand_id: int) -> None:
    found = {one["customer"]: one["reasons"] for one in listed(database, brand_id, "win-back")["customers"]}
    assert found == {
        "=cancelled": ["cancelled on 2026-11-10"],
        "lapsed": ["no purchase since 2026-05-04", "gave 4 of 10 on 2026-10-31"],
    }


def test_promoters_without_an_open_complaint_are_for_the_reward_programme(database: Database, brand_id: int) -> None:
    (one,) = listed(database, brand_id, "promoters")["customers"]
    assert (one["customer"], one["reasons"]) == ("fan", ["promoter: gave 10 of 10 on 2026-10-31"])


def test_no_cell_of_the_lists_is_a_formula(database: Database, brand_id: int) -> None:
    lines = customer_lines(listed(database, brand_id, "win-back")).splitlines()
    assert lines[1].startswith("'=cancelled,")
    with database.read() as work:
        told = praise_lines(praise_document(work, BRAND, brand_id, MODEL, None, 50))
    assert ",'=The best kettle" in told


def test_a_brand_without_customers_says_so(database: Database) -> None:
    with database.begin() as work:
        other = work.brands.ensure("Other", "UTC")
    assert listed(database, other, "at-risk")["note"] == "no customers or orders imported"


def test_cohorts_go_by_the_month_quarter_or_year_of_joining(database: Database) -> None:
    with database.begin() as work:
        brand_id = work.brands.ensure(BRAND.name, BRAND.zone)
        customers = [
            Customer(f"{month}-{number}", date(2026, month, 3), date(2026, 2, 3) if number < lost else None)
            for month, joined, lost in ((1, 40, 10), (2, 12, 3))
            for number in range(joined)
        ]
        work.customers.save(brand_id, customers)
    with database.read() as work:
        document, *wider = (cohort_list(work, BRAND, brand_id, by) for by in ("month", "quarter", "year"))
    for each in (document, *wider):
        jsonschema.validate(each, schema("customers"))
    for each, joined in zip(wider, ("2026-Q1", "2026"), strict=True):
        (cohort,) = each["cohorts"]
        assert (cohort["joined"], cohort["churn"]["value"], cohort["churn"]["n"]) == (joined, 13 / 52, 52)
    first, second = document["cohorts"]
    assert (first["joined"], first["churn"]["value"], first["churn"]["n"]) == ("2026-01", 0.25, 40)
    assert first["churn"]["low"] < 0.25 < first["churn"]["high"]
    assert second["churn"]["note"] == "too few customers: 12, at least 30 needed"


def praise(database: Database, brand_id: int, state: Permission | None = None) -> dict[str, dict[str, Any]]:
    with database.read() as work:
        document = praise_document(work, BRAND, brand_id, MODEL, state, 50)
    jsonschema.validate(document, schema("testimonials"))
    return {one["testimonial"]: one for one in document["testimonials"]}


def step(database: Database, brand_id: int, key: str, to: Permission, note: str = "") -> dict[str, Any]:
    with database.begin() as work:
        document = take_step(work, BRAND, brand_id, MODEL, key, to, "sam", AT, note)
    jsonschema.validate(document, schema("testimonials"))
    return document


def test_praise_is_short_listed_without_what_leads_to_a_person(database: Database, brand_id: int) -> None:
    found = praise(database, brand_id)
    assert sorted(key[0] for key in found) == ["a", "m"]
    (kind,) = (one for key, one in found.items() if key[0] == "m")
    assert kind["text"] == "The staff were so kind; call me on … or …!"
    assert {one["permission"] for one in found.values()} == {"candidate"}


def test_a_permission_is_asked_for_granted_and_taken_back_with_a_trail(database: Database, brand_id: int) -> None:
    key = next(key for key in praise(database, brand_id) if key[0] == "m")
    with pytest.raises(ForbiddenStep, match="is candidate and cannot be granted: ask first"):
        step(database, brand_id, key, Permission.GRANTED)
    step(database, brand_id, key, Permission.ASKED, "by letter")
    step(database, brand_id, key, Permission.GRANTED)
    assert list(praise(database, brand_id, Permission.GRANTED)) == [key]
    document = step(database, brand_id, key, Permission.REFUSED, "changed her mind")
    assert [(event["action"], event["note"]) for event in document["history"]] == [
        *(("asked", "by letter"), ("granted", "")),
        ("refused", "changed her mind"),
    ]
    with pytest.raises(ForbiddenStep, match="not asked again"):
        step(database, brand_id, key, Permission.ASKED)


def test_a_permission_ends_with_the_words_it_was_given_for_but_a_refusal_stays(
    database: Database, brand_id: int
) -> None:
    keys = praise(database, brand_id)
    key = next(key for key in keys if key[0] == "m")

    def edit(text: str, times: int) -> None:
        told, judged = mention("m5", text, Sentiment.POSITIVE, 0.99)
        with database.begin() as work:
            work.mentions.save(brand_id, [replace(told, raw_revision=str(times))], zone=BRAND.time_zone)
            work.judgements.save([judged])

    step(database, brand_id, key, Permission.ASKED)
    step(database, brand_id, key, Permission.GRANTED)
    edit("The staff were kind, most of the time at least.", 2)
    assert praise(database, brand_id)[key]["permission"] == "candidate"
    step(database, brand_id, key, Permission.ASKED)
    step(database, brand_id, key, Permission.REFUSED)
    edit("The staff were kind again, as they always are.", 3)
    assert praise(database, brand_id)[key]["permission"] == "refused"


@pytest.mark.parametrize("key", ["m999999", "x1", "m", "m-1", "a١", "m" + "9" * 30, "'; drop table"])
def test_an_unknown_testimonial_is_said_to_be_so(database: Database, brand_id: int, key: str) -> None:
    with pytest.raises(UnknownName, match="no testimonial is called"):
        step(database, brand_id, key, Permission.ASKED)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write to a.b@c.example now", "Write to … now"),
        ("see https://x.example/p?q=1 and www.y.example", "see … and …"),
        ("thanks @anne_b, 5 stars of 5, since 2019", "thanks …, 5 stars of 5, since 2019"),
        ("call +33 (0)6 12-34-56-78 today", "call … today"),
    ],
)
def test_what_leads_to_a_person_is_masked(text: str, shown: str) -> None:
    assert without_personal(text) == shown
