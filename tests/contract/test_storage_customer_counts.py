"""What is counted of customers and orders in SQL, against a count by hand."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from twelvefold.records import Customer, Measure, Order, SurveyAnswer
from twelvefold.storage.customers import Extent, Kept, Trade

NEW_YEAR = date(2026, 1, 1)


def day(number: int) -> date:
    return NEW_YEAR + timedelta(days=number)


def keep(acme: Any, customers: list[Customer], orders: list[Order]) -> None:
    with acme.database.begin() as work:
        other = work.brands.ensure("Other", "UTC")
        for brand in (acme.brand, other):
            work.customers.save(brand, customers)
            work.customers.save_orders(brand, orders)
        work.customers.save_orders(other, [Order("only there", "z", day(3), 1.0, 1.0)])


def order(number: int, who: str, at: int, amount: float = 10.0, margin: float | None = None) -> Order:
    return Order(f"o{number}", who, day(at), amount, margin)


def is_there(who: str, at: date, customers: dict[str, Customer], orders: list[Order], lost_after: int | None) -> bool:
    """Whether a customer is one at the start of a day: one sign of life after the other."""
    signs = [each.ordered for each in orders if each.customer_id == who and each.amount >= 0]
    known = customers.get(who)
    if known and known.since:
        signs.append(known.since)
    signs = [sign for sign in signs if sign < at]
    if not signs:
        return False
    if known and known.cancelled and max(signs) <= known.cancelled < at:
        return False
    return lost_after is None or (at - max(signs)).days <= lost_after


@pytest.mark.parametrize("lost_after", [14, 60, None, 10**9])
@pytest.mark.parametrize("seed", range(3))
def test_customers_are_kept_as_a_count_by_hand_has_it(acme: Any, seed: int, lost_after: int | None) -> None:
    dice = random.Random(seed)
    customers = []
    for number in range(30):
        since = day(dice.randrange(200)) if dice.random() < 0.7 else None
        cancelled = day(dice.randrange(200, 320)) if dice.random() < 0.4 else None
        customers.append(Customer(f"c{number}", since, cancelled))
    orders = [
        order(number, f"c{dice.randrange(40)}", dice.randrange(330), dice.choice([10.0, 0.0, -10.0]))
        for number in range(150)
    ]
    keep(acme, customers, orders)
    periods = [(day(0), day(30)), (day(150), day(240)), (day(240), day(270)), (day(300), day(300)), (date.min, day(9))]
    by_id = {each.customer_id: each for each in customers}
    everybody = by_id.keys() | {each.customer_id for each in orders}
    expected = []
    for start, end in periods:
        first = {who for who in everybody if is_there(who, start, by_id, orders, lost_after)}
        stayed = {who for who in first if is_there(who, end, by_id, orders, lost_after)}
        expected.append(Kept(len(first), len(stayed)))
    assert any(kept.at_start for kept in expected)
    with acme.database.read() as work:
        assert work.customers.kept(acme.brand, periods, lost_after) == expected


def test_the_day_on_which_a_customer_is_lost(acme: Any) -> None:
    keep(acme, [Customer("gone", day(0), day(20))], [order(1, "bought", 0), order(2, "back", 0), order(3, "back", 40)])
    starts = [day(number) for number in (0, 1, 20, 21, 30, 31, 41)]
    with acme.database.read() as work:
        found = work.customers.kept(acme.brand, [(start, start) for start in starts], 30)
        whole = work.customers.kept(acme.brand, [(day(1), day(41))], 30)
        assert work.customers.kept(acme.brand, [], 30) == []
    assert [kept.at_start for kept in found] == [0, 3, 3, 2, 2, 0, 1]
    assert whole == [Kept(3, 1)]


def test_the_days_that_orders_span(acme: Any) -> None:
    with acme.database.read() as work:
        assert work.customers.extent(acme.brand) == Extent(0, None, 0, None, None)
    keep(
        acme,
        [Customer("a", day(5), day(9)), Customer("b")],
        [order(1, "a", 7), order(2, "c", 3), order(3, "c", 90, -1.0)],
    )
    with acme.database.read() as work:
        assert work.customers.extent(acme.brand) == Extent(2, day(5), 1, day(3), day(7))


def test_trade_counts_purchases_and_their_margins_in_the_period(acme: Any) -> None:
    orders = [
        order(1, "a", 0, 10, 4.5),
        order(2, "a", 9, 10, None),
        order(3, "b", 5, 10, -1.0),
        order(4, "b", 6, -10, -9.0),
        order(5, "b", 10, 10, 7.0),
    ]
    keep(acme, [], orders)
    with acme.database.read() as work:
        assert work.customers.trade(acme.brand, day(0), day(10)) == Trade(2, 1, 3, 2, 3.5)
        assert work.customers.trade(acme.brand, day(100), day(110)) == Trade(0, 0, 0, 0, 0.0)
        assert work.customers.revenues(acme.brand, day(0), day(10)) == [20.0, 0.0]
        assert work.customers.revenues(acme.brand, day(100), day(110)) == []


def test_contacts_are_purchases_and_surveys_answered_by_customers(acme: Any) -> None:
    keep(acme, [], [order(1, "a", 0), order(2, "a", 3), order(3, "b", 7), order(4, "b", 7, -5.0)])
    at = datetime(2026, 1, 2, 12, tzinfo=UTC)
    answers = [
        SurveyAnswer("r1", Measure.NPS, 9.0, 0, 10, answered_at=at, survey="s", customer_id="a"),
        SurveyAnswer("r1", Measure.CSAT, 4.0, 1, 5, answered_at=at, survey="s", customer_id="a"),
        SurveyAnswer("r2", Measure.NPS, 9.0, 0, 10, answered_at=at + timedelta(days=6), survey="s", customer_id="c"),
        SurveyAnswer("r3", Measure.NPS, 9.0, 0, 10, answered_at=at, survey="s"),
        SurveyAnswer("r4", Measure.NPS, 9.0, 0, 10, survey="s", customer_id="a"),
    ]
    with acme.database.begin() as work:
        work.surveys.save(acme.brand, answers)
    with acme.database.read() as work:
        assert work.customers.contacts(acme.brand, [(day(5), day(8)), (day(0), day(5)), (day(20), day(25))]) == [
            2,
            3,
            0,
        ]
        assert work.customers.contacts(acme.brand, []) == []
