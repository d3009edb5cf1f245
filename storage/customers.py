"""The customers and their orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    union_all,
)

from twelvefold.records import Customer, Order
from twelvefold.storage.imports import Imported, save_columns
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.segments import Segment, segments_in
from twelvefold.storage.tables import AnswerTable, CustomerTable, OrderTable
from twelvefold.storage.tombstones import Tombstones

Span = tuple[date, date]
"""[since, until) in local days."""

_IS_PURCHASE = OrderTable.amount >= 0
"""What was given back is an order with an amount below 0, and no sign that a customer stays."""


@dataclass(frozen=True)
class Extent:
    """What is known of a brand's customers, and from when to when.

    Attributes:
        first_order, last_order: The days of the first and the last purchase.
        newest_customer: The last day on which a customer began.
        cancelled: How many customers have cancelled.
    """

    customers: int
    newest_customer: date | None
    cancelled: int
    first_order: date | None
    last_order: date | None


@dataclass(frozen=True)
class Kept:
    """How many customers a period began with, and how many of those it ended with."""

    at_start: int
    at_end: int


@dataclass(frozen=True)
class Trade:
    """The purchases of a period.

    Attributes:
        margin: The sum of the margins that are told.
        with_margin: How many of the purchases tell theirs.
    """

    buyers: int
    repeat_buyers: int
    purchases: int
    with_margin: int
    margin: float


class Customers:
    """The customers, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, brand_id: int, customers: Sequence[Customer]) -> Imported:
        """Keep customers by their id; a later import of the same one replaces it."""
        tombstones = Tombstones(self._connection).keys(brand_id)
        kept = [customer for customer in customers if not tombstones.cover_customer(customer.customer_id)]
        columns: dict[str, Sequence[Any]] = {
            "customer_id": [customer.customer_id for customer in kept],
            "since": [customer.since for customer in kept],
            "cancelled": [customer.cancelled for customer in kept],
            "segments": [customer.segments or None for customer in kept],
        }
        ids = [customer.customer_id for customer in customers]
        with Rollups(self._connection).following_customers(brand_id, ids):
            return save_columns(self._connection, CustomerTable, brand_id, ("customer_id",), columns)

    def save_orders(self, brand_id: int, orders: Sequence[Order]) -> Imported:
        """Keep orders by their id; a later import of the same one replaces it."""
        tombstones = Tombstones(self._connection).keys(brand_id)
        kept = [order for order in orders if not tombstones.cover_customer(order.customer_id)]
        columns: dict[str, Sequence[Any]] = {
            "order_id": [order.order_id for order in kept],
            "customer_id": [order.customer_id for order in kept],
            "ordered": [order.ordered for order in kept],
            "amount": [order.amount for order in kept],
            "margin": [order.margin for order in kept],
        }
        return save_columns(self._connection, OrderTable, brand_id, ("order_id",), columns)

    def all(self, brand_id: int) -> list[Customer]:
        """Return the brand's customers, sorted by id."""
        query = (
            select(CustomerTable.customer_id, CustomerTable.since, CustomerTable.cancelled, CustomerTable.segments)
            .where(CustomerTable.brand_id == brand_id)
            .order_by(CustomerTable.customer_id)
        )
        return [
            Customer(row.customer_id, row.since, row.cancelled, row.segments or {})
            for row in self._connection.execute(query)
        ]

    def orders(self, brand_id: int) -> list[Order]:
        """Return the brand's orders, by day and id."""
        query = (
            select(
                OrderTable.order_id, OrderTable.customer_id, OrderTable.ordered, OrderTable.amount, OrderTable.margin
            )
            .where(OrderTable.brand_id == brand_id)
            .order_by(OrderTable.ordered, OrderTable.order_id)
        )
        return [Order(*row) for row in self._connection.execute(query)]

    def segment_sizes(self, brand_id: int, column: str) -> dict[str, int]:
        """Return how many customers who have not cancelled each value of a segment column has."""
        sizes = self._sizes(CustomerTable.brand_id == brand_id, CustomerTable.cancelled.is_(None))
        return {segment.value: n for segment, n in sizes.items() if segment.column == column}

    def segments(self, brand_id: int) -> dict[Segment, int]:
        """Return how many customers each segment has, those who cancelled too, sorted."""
        return self._sizes(CustomerTable.brand_id == brand_id)

    def _sizes(self, *conditions: ColumnElement[bool]) -> dict[Segment, int]:
        told = cast(CustomerTable.segments, Text)
        query = select(told, func.count()).where(*conditions, CustomerTable.segments.is_not(None)).group_by(told)
        sizes: Counter[Segment] = Counter()
        for segments, n in self._connection.execute(query):
            for segment in segments_in(segments):
                sizes[segment] += n
        return dict(sorted(sizes.items()))

    def extent(self, brand_id: int) -> Extent:
        """Return how many customers there are, and which days their orders span."""
        customers = select(func.count(), func.max(CustomerTable.since), func.count(CustomerTable.cancelled)).where(
            CustomerTable.brand_id == brand_id
        )
        purchases = select(func.min(OrderTable.ordered), func.max(OrderTable.ordered)).where(
            OrderTable.brand_id == brand_id, _IS_PURCHASE
        )
        return Extent(*self._connection.execute(customers).one(), *self._connection.execute(purchases).one())

    def kept(self, brand_id: int, periods: Sequence[Span], lost_after_days: int | None) -> list[Kept]:
        """Return for each period how many customers it began with, and how many of those it ended with.

        A customer is there on a day who began or bought before it, at most `lost_after_days` days
        before (None: however long ago), and has not cancelled since. One who lapsed and came back
        within the period was kept. All periods are read in one pass over the orders.
        """
        if not periods:
            return []
        ends = sorted({day for period in periods for day in period})
        places = {day: n for n, day in enumerate(ends)}
        asked: dict[str, Any] = {"brand": brand_id, "last": ends[-1]}
        for n, day in enumerate(ends):
            asked[f"end{n}"] = day
            asked[f"since{n}"] = date.min if lost_after_days is None else _days_before(day, lost_after_days)
        query = _keeping(len(ends), tuple((places[start], places[end]) for start, end in periods))
        found = self._connection.execute(query, asked).one()
        return [Kept(found[2 * n], found[2 * n + 1]) for n in range(len(periods))]

    def trade(self, brand_id: int, since: date, until: date) -> Trade:
        """Return who bought in [since, until), how often, and at which margin."""
        each = (
            select(
                func.count().label("purchases"),
                func.count(OrderTable.margin).label("with_margin"),
                func.sum(OrderTable.margin).label("margin"),
            )
            .where(OrderTable.brand_id == brand_id, OrderTable.ordered >= since, OrderTable.ordered < until)
            .where(_IS_PURCHASE)
            .group_by(OrderTable.customer_id)
            .subquery()
        )
        query = select(
            func.count(),
            func.count(case((each.c.purchases >= 2, 1))),
            func.coalesce(func.sum(each.c.purchases), 0),
            func.coalesce(func.sum(each.c.with_margin), 0),
            func.coalesce(func.sum(each.c.margin), 0.0),
        ).select_from(each)
        buyers, repeat_buyers, purchases, with_margin, margin = self._connection.execute(query).one()
        return Trade(buyers, repeat_buyers, int(purchases), int(with_margin), float(margin))

    def revenues(self, brand_id: int, since: date, until: date) -> list[float]:
        """Return what each customer brought in [since, until), less what was given back, largest first."""
        revenue = func.sum(OrderTable.amount)
        query = (
            select(revenue)
            .where(OrderTable.brand_id == brand_id, OrderTable.ordered >= since, OrderTable.ordered < until)
            .group_by(OrderTable.customer_id)
            .order_by(revenue.desc())
        )
        return [float(each) for each in self._connection.scalars(query)]

    def contacts(self, brand_id: int, periods: Sequence[Span]) -> list[int]:
        """Return for each period how often customers bought or answered; a survey answered is one contact."""
        if not periods:
            return []
        asked: dict[str, Any] = {"brand": brand_id}
        asked |= {"first": min(since for since, _ in periods), "last": max(until for _, until in periods)}
        for n, (since, until) in enumerate(periods):
            asked |= {f"since{n}": since, f"until{n}": until}
        return list(self._connection.execute(_contacting(len(periods)), asked).one())


@cache  # building such a query takes longer than asking it
def _keeping(ends: int, periods: tuple[tuple[int, int], ...]) -> Select[*tuple[Any, ...]]:
    """Return the query for who was there at the ends of periods: as many days, each period given by two of them."""
    brand, last = bindparam("brand", type_=BigInteger()), bindparam("last", type_=Date())
    purchases = select(OrderTable.customer_id, OrderTable.ordered.label("day")).where(
        OrderTable.brand_id == brand, OrderTable.ordered < last, _IS_PURCHASE
    )
    beginnings = select(CustomerTable.customer_id, CustomerTable.since.label("day")).where(
        CustomerTable.brand_id == brand, CustomerTable.since < last
    )
    signs = union_all(purchases, beginnings).subquery("signs")
    days = [bindparam(f"end{n}", type_=Date()) for n in range(ends)]
    lasts = (
        select(
            signs.c.customer_id,
            *[func.max(case((signs.c.day < day, signs.c.day))).label(f"last{n}") for n, day in enumerate(days)],
        )
        .group_by(signs.c.customer_id)
        .subquery("lasts")
    )
    is_there = []
    for n, day in enumerate(days):
        seen: ColumnElement[Any] = lasts.c[f"last{n}"]
        stays = or_(CustomerTable.cancelled.is_(None), CustomerTable.cancelled >= day, CustomerTable.cancelled < seen)
        is_there.append(and_(seen >= bindparam(f"since{n}", type_=Date()), stays))
    counted = [
        func.count(case((condition, 1)))
        for start, end in periods
        for condition in (is_there[start], and_(is_there[start], is_there[end]))
    ]
    its_customer = and_(CustomerTable.brand_id == brand, CustomerTable.customer_id == lasts.c.customer_id)
    return select(*counted).select_from(lasts.outerjoin(CustomerTable, its_customer))


@cache
def _contacting(periods: int) -> Select[*tuple[Any, ...]]:
    """Return the query for the contacts of so many periods."""
    brand, first, last = (
        bindparam("brand", type_=BigInteger()),
        bindparam("first", type_=Date()),
        bindparam("last", type_=Date()),
    )
    purchases = select(OrderTable.ordered.label("day")).where(
        OrderTable.brand_id == brand, OrderTable.ordered >= first, OrderTable.ordered < last, _IS_PURCHASE
    )
    responses = (
        select(AnswerTable.survey, AnswerTable.response_id, func.min(AnswerTable.local_date).label("day"))
        .where(AnswerTable.brand_id == brand, AnswerTable.customer_id.is_not(None))
        .where(AnswerTable.local_date >= first, AnswerTable.local_date < last)
        .group_by(AnswerTable.survey, AnswerTable.response_id)
        .subquery()
    )
    days = union_all(purchases, select(responses.c.day)).subquery()
    counted = [
        func.count(
            case(
                (
                    and_(
                        days.c.day >= bindparam(f"since{n}", type_=Date()),
                        days.c.day < bindparam(f"until{n}", type_=Date()),
                    ),
                    1,
                )
            )
        )
        for n in range(periods)
    ]
    return select(*counted).select_from(days)


def _days_before(day: date, days: int) -> date:
    """Return the day so many days earlier, at the earliest the calendar's first."""
    return date.fromordinal(max(1, day.toordinal() - days))
