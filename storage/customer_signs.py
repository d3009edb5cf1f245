"""What tells of each customer whether they stay: scores, complaints, contacts, purchases, cancellations.

Mentions and answers count only where their source told the customer's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    and_,
    case,
    extract,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from twelvefold.records import CaseState, Measure, Sentiment
from twelvefold.storage.rollups import counts, judged_by
from twelvefold.storage.tables import AnswerTable, CaseTable, CustomerTable, JudgementTable, MentionTable, OrderTable

_IS_PURCHASE = OrderTable.amount >= 0
_ON_NPS_SCALE = and_(
    AnswerTable.score >= 0, AnswerTable.score <= 10, or_(AnswerTable.scale_high.is_(None), AnswerTable.scale_high == 10)
)


@dataclass(frozen=True)
class LastScore:
    """The last NPS answer of a customer."""

    customer_id: str
    score: float
    local_date: date


@dataclass(frozen=True)
class Complaint:
    """A mention judged negative that a known customer wrote.

    Attributes:
        negative: Its probability of being one.
        is_urgent: Whether the model heard a threat to leave, danger, law or money at stake.
    """

    customer_id: str
    local_date: date
    negative: float
    stars: float | None
    is_urgent: bool
    resolved: bool


@dataclass(frozen=True)
class Contacts:
    """How often a customer bought or answered lately, and before."""

    customer_id: str
    recent: int
    before: int


@dataclass(frozen=True)
class Account:
    """One customer as far as known.

    Attributes:
        last_sign: The last day on which they bought or began.
        is_there: Whether they still are a customer.
        revenue: What their purchases brought, less what they gave back.
    """

    customer_id: str
    first_sign: date
    last_sign: date
    cancelled: date | None
    is_there: bool
    revenue: float


@dataclass(frozen=True)
class Cohort:
    """The customers who joined in one month, and how many of them still are customers."""

    year: int
    month: int
    joined: int
    there: int


class CustomerSigns:
    """The signs, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_scores(self, brand_id: int, since: date, until: date) -> list[LastScore]:
        """Return the last NPS answer of each known customer in [since, until)."""
        place = (
            func.row_number()
            .over(
                partition_by=AnswerTable.customer_id,
                order_by=(AnswerTable.local_date.desc(), AnswerTable.id.desc()),
            )
            .label("place")
        )
        ranked = (
            select(AnswerTable.customer_id, AnswerTable.score, AnswerTable.local_date, place)
            .where(AnswerTable.brand_id == brand_id, AnswerTable.measure == Measure.NPS.value, _ON_NPS_SCALE)
            .where(AnswerTable.local_date >= since, AnswerTable.local_date < until)
            .where(AnswerTable.customer_id.is_not(None))
            .subquery()
        )
        query = (
            select(ranked.c.customer_id, ranked.c.score, ranked.c.local_date)
            .where(ranked.c.place == 1)
            .order_by(ranked.c.customer_id)
        )
        return [LastScore(*row) for row in self._connection.execute(query)]

    def complaints(self, brand_id: int, model: str, since: date, until: date) -> list[Complaint]:
        """Return what known customers complained of in [since, until), the newest first."""
        query = (
            select(
                MentionTable.customer_id,
                MentionTable.local_date,
                JudgementTable.negative,
                MentionTable.stars,
                JudgementTable.urgency,
                CaseTable.state,
            )
            .join(JudgementTable, judged_by(model))
            .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
            .where(MentionTable.brand_id == brand_id, MentionTable.customer_id.is_not(None), counts())
            .where(MentionTable.local_date >= since, MentionTable.local_date < until)
            .where(JudgementTable.label == Sentiment.NEGATIVE.value)
            .order_by(MentionTable.local_date.desc(), MentionTable.id)
        )
        return [
            Complaint(customer, day, negative, stars, _is_urgent(urgency), state == CaseState.RESOLVED.value)
            for customer, day, negative, stars, urgency, state in self._connection.execute(query)
        ]

    def contacts(self, brand_id: int, before: date, recent: date, until: date, least_before: int) -> list[Contacts]:
        """Return how often each customer bought or answered in [recent, until) and in [before, recent).

        Only those with at least `least_before` contacts in the earlier span.
        """
        purchases = select(OrderTable.customer_id, OrderTable.ordered.label("day")).where(
            OrderTable.brand_id == brand_id, OrderTable.ordered >= before, OrderTable.ordered < until, _IS_PURCHASE
        )
        responses = (
            select(AnswerTable.customer_id, func.min(AnswerTable.local_date).label("day"))
            .where(AnswerTable.brand_id == brand_id, AnswerTable.customer_id.is_not(None))
            .where(AnswerTable.local_date >= before, AnswerTable.local_date < until)
            .group_by(AnswerTable.customer_id, AnswerTable.survey, AnswerTable.response_id)
        )
        days = union_all(purchases, responses).subquery()
        lately = func.count(case((days.c.day >= recent, 1)))
        earlier = func.count(case((days.c.day < recent, 1)))
        query = (
            select(days.c.customer_id, lately, earlier)
            .group_by(days.c.customer_id)
            .having(earlier >= least_before)
            .order_by(days.c.customer_id)
        )
        return [Contacts(*row) for row in self._connection.execute(query)]

    def accounts(self, brand_id: int, until: date, lost_since: date | None) -> list[Account]:
        """Return every customer as known on the day before `until`, sorted by id.

        Args:
            lost_since: The last day on which a purchase is too long ago; None: none is.
        """
        signs = _signs(brand_id, until)
        there = _is_there(signs, until, lost_since)
        query = (
            select(signs.c.customer_id, signs.c.first, signs.c.last, CustomerTable.cancelled, there, signs.c.revenue)
            .select_from(signs.outerjoin(CustomerTable, _same_customer(signs, brand_id)))
            .order_by(signs.c.customer_id)
        )
        return [
            Account(customer, first, last, cancelled, bool(is_there), revenue or 0.0)
            for customer, first, last, cancelled, is_there, revenue in self._connection.execute(query)
        ]

    def cohorts(self, brand_id: int, until: date, lost_since: date | None) -> list[Cohort]:
        """Return the customers by the month in which they joined, and how many are there on the day before `until`."""
        signs = _signs(brand_id, until)
        year, month = extract("year", signs.c.first), extract("month", signs.c.first)
        query = (
            select(year, month, func.count(), func.count(case((_is_there(signs, until, lost_since), 1))))
            .select_from(signs.outerjoin(CustomerTable, _same_customer(signs, brand_id)))
            .group_by(year, month)
            .order_by(year, month)
        )
        return [Cohort(*map(int, row)) for row in self._connection.execute(query)]


def _signs(brand_id: int, until: date) -> Subquery:
    """Return each customer's first and last sign before `until`, and what they brought."""
    purchases = select(
        OrderTable.customer_id,
        case((_IS_PURCHASE, OrderTable.ordered)).label("day"),
        OrderTable.amount.label("amount"),
    ).where(OrderTable.brand_id == brand_id, OrderTable.ordered < until)
    beginnings = select(CustomerTable.customer_id, CustomerTable.since, literal(0.0)).where(
        CustomerTable.brand_id == brand_id, CustomerTable.since < until
    )
    each = union_all(purchases, beginnings).subquery()
    return (
        select(
            each.c.customer_id,
            func.min(each.c.day).label("first"),
            func.max(each.c.day).label("last"),
            func.sum(each.c.amount).label("revenue"),
        )
        .group_by(each.c.customer_id)
        .having(func.max(each.c.day).is_not(None))
        .subquery()
    )


def _is_there(signs: Subquery, until: date, lost_since: date | None) -> ColumnElement[bool]:
    """Return the condition of `Customers.kept`: a recent sign, and no cancellation since."""
    cancelled = CustomerTable.cancelled
    stays = or_(cancelled.is_(None), cancelled >= until, cancelled < signs.c.last)
    return and_(stays, signs.c.last > lost_since if lost_since is not None else true())


def _same_customer(signs: Subquery, brand_id: int) -> ColumnElement[bool]:
    return and_(CustomerTable.brand_id == brand_id, CustomerTable.customer_id == signs.c.customer_id)


def _is_urgent(urgency: Any) -> bool:
    """Return whether a judgement says so of any kind of urgency, or gives it an even chance or more."""
    if not isinstance(urgency, dict):
        return False
    return any(isinstance(value, (bool, int, float)) and value >= 0.5 for value in urgency.values())
