"""What customers did, as figures: churn, retention, repurchase, engagement, and what one is worth.

All is counted from the customers, orders and linked survey answers that were imported, in local
days, and no clock enters: the reference day is the period's last, or the newest purchase where
the period is open. What the data cannot carry is refused in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from twelvefold.config import CustomerSettings
from twelvefold.pipeline.figures.churn import (
    MONTH,
    QUARTER,
    YEAR,
    churn,
    last_whole,
    months_before,
    repurchase,
    retention,
)
from twelvefold.pipeline.figures.customers import BASELINE_PERIODS, abc_classes, engagement, roe2, value_of_saved
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.records import Figure
from twelvefold.storage.customers import Extent, Kept, Span, Trade
from twelvefold.storage.segments import Segment

SMALLEST_CUSTOMERS = 30
"""Fewer customers than this carry no share of customers."""

SMALLEST_CLASS = 5
"""A class of fewer persons than this is not told."""

OPEN_ENGAGEMENT_DAYS = 28
"""The period of the engagement where none is asked for: whole weeks, so that each has the same weekdays."""

CALENDAR: Mapping[str, int] = {"month": MONTH, "quarter": QUARTER, "year": YEAR}
NO_ORDERS = "no orders imported"
NOT_SPLIT = "customers are not split this way"
_WILSON = "Wilson interval"


class Customers(Protocol):
    """Where customers and their orders are counted."""

    def extent(self, brand_id: int) -> Extent:
        """Return how many customers there are, and which days their orders span."""

    def kept(self, brand_id: int, periods: Sequence[Span], lost_after_days: int | None) -> Sequence[Kept]:
        """Return how many customers each period began with, and how many of those it ended with."""

    def trade(self, brand_id: int, since: date, until: date) -> Trade:
        """Return who bought in [since, until), how often, and at which margin."""

    def revenues(self, brand_id: int, since: date, until: date) -> Sequence[float]:
        """Return what each customer brought in [since, until)."""

    def contacts(self, brand_id: int, periods: Sequence[Span]) -> Sequence[int]:
        """Return for each period how often customers bought or answered."""

    def segments(self, brand_id: int) -> Mapping[Segment, int]:
        """Return how many customers each segment has."""


@dataclass(frozen=True)
class CustomerFigures:
    """The customer figures of one period.

    Attributes:
        calendar: The churn of the last whole month, quarter and year, by these names.
        engaged: The engagement as an estimate, for ROE2; None where it is refused.
        abc: The `abc` entry of the health document.
    """

    repurchase: Figure
    retention: Figure
    engagement: Figure
    churn: Figure
    calendar: Mapping[str, Figure]
    value_of_saved: Figure
    engaged: Estimate | None
    abc: Mapping[str, Any]

    def loyalty(self) -> dict[str, Any]:
        """Return the entries of the `loyalty` block that customers fill."""
        return {
            "repurchase": self.repurchase.document(),
            "retention": self.retention.document(),
            "engagement": self.engagement.document(),
        }

    def entries(self, experience: Estimate | None, experience_name: str) -> dict[str, Any]:
        """Return the entries beside the blocks; ROE2 takes the `experience` (0..1) and says which it is."""
        calendar = {name: figure.document() for name, figure in self.calendar.items()}
        return {
            "churn": self.churn.document() | {"by": calendar},
            "value_of_saved": self.value_of_saved.document(),
            "roe2": self._roe2(experience, experience_name).document(),
        }

    def _roe2(self, experience: Estimate | None, name: str) -> Figure:
        definition = (
            f"ROE2 by a house definition (no public formula exists): E x G, E = {name} in 0..1, G = engagement; "
            "interval from those of both factors"
        )
        if self.engaged is None:
            return Figure(None, self.engagement.n, definition, note=f"no engagement: {self.engagement.note}")
        if experience is None:
            return Figure(None, 0, definition, note=f"no {name} that could be shown")
        product = roe2(experience, self.engaged)
        return _shown(product, definition, f"E = {experience.value:.2f}, G = {self.engaged.value:.2f}")


def customer_figures(
    customers: Customers,
    brand_id: int,
    settings: CustomerSettings,
    *,
    since: date | None,
    until: date | None,
    last_day: date,
) -> CustomerFigures:
    """Return the customer figures of [since, until), local days.

    Where `until` is None the period ends with the newest purchase (`last_day` where orders are
    none); where `since` is None churn, retention and the value take the 12 months before the end,
    and engagement the last four weeks.
    """
    extent = customers.extent(brand_id)
    end = until if until is not None else _day_after(_newest_day(extent, last_day))
    if since is not None and since >= end:
        return refused(f"nothing is known of customers from {since} on")
    count = _Counter(customers, brand_id, settings, extent, end)
    period = (since if since is not None else months_before(end, YEAR), end)
    calendar = {name: last_whole(months, end) for name, months in CALENDAR.items()}
    if extent.customers or extent.last_order:
        # All that is asked of the orders below, in one pass over them.
        count.kept([period, *calendar.values(), *count.spans_of_year(), *count.spans_of_engagement(since)])
    figure, complement = count.churn_and_retention(period)
    engaged, engagement_figure = count.engagement(since)
    return CustomerFigures(
        repurchase=count.repurchase(),
        retention=complement,
        engagement=engagement_figure,
        churn=figure,
        calendar={name: count.churn_and_retention(whole)[0] for name, whole in calendar.items()},
        value_of_saved=count.value_of_saved(),
        engaged=engaged,
        abc=count.abc(),
    )


def week_churns(
    customers: Customers, brand_id: int, settings: CustomerSettings, before: Span, now: Span
) -> tuple[Figure, Figure]:
    """Return the churn of two weeks, each refused in words where it cannot be told."""
    count = _Counter(customers, brand_id, settings, customers.extent(brand_id), now[1])
    return count.churn_and_retention(before)[0], count.churn_and_retention(now)[0]


def class_sentence(abc: Mapping[str, Any]) -> str:
    """Return the classes of a health document in one sentence."""
    told = ", ".join(
        f"{row['class']} = {row['customers']} customers with {100 * row['revenue_share']:.0f} %"
        for row in abc["classes"]
    )
    return f"{abc['definition']}: {told}."


def refused(note: str) -> CustomerFigures:
    """Return figures that are all refused for one reason."""

    def no(definition: str) -> Figure:
        return Figure(None, 0, definition, note=note)

    gone = no("customers lost in the period / customers at its start")
    return CustomerFigures(
        repurchase=no("customers with 2 orders or more in 12 months / with 1 or more"),
        retention=no("1 - churn"),
        engagement=no("contacts per active customer and period, against the brand's own mean"),
        churn=gone,
        calendar=dict.fromkeys(CALENDAR, gone),
        value_of_saved=no("mean yearly margin per active customer x expected years"),
        engaged=None,
        abc={"classes": [], "n": 0, "definition": "customers by the revenue that they brought", "note": note},
    )


def _newest_day(extent: Extent, last_day: date) -> date:
    """Return the day with which an open period ends."""
    return extent.last_order or max(last_day, extent.newest_customer or date.min)


def _day_after(day: date) -> date:
    return date.fromordinal(min(day.toordinal() + 1, date.max.toordinal()))


@dataclass(frozen=True)
class _Counter:
    """Counts one brand's customers up to `end`, the first day that does not count."""

    customers: Customers
    brand_id: int
    settings: CustomerSettings
    extent: Extent
    end: date

    @property
    def lost_after_days(self) -> int | None:
        """After how many days without a purchase a customer is lost; None where no order is known."""
        return self.settings.lost_after_days if self.extent.last_order else None

    def kept(self, periods: Sequence[Span]) -> Sequence[Kept]:
        unknown = [period for period in dict.fromkeys(periods) if period not in self._known]
        found = self.customers.kept(self.brand_id, unknown, self.lost_after_days) if unknown else ()
        self._known.update(zip(unknown, found, strict=True))
        return [self._known[period] for period in periods]

    @cached_property
    def _known(self) -> dict[Span, Kept]:
        return {}

    @cached_property
    def _trade(self) -> Trade:
        """Who bought in the year before the end, and how often."""
        return self.customers.trade(self.brand_id, months_before(self.end, YEAR), self.end)

    def churn_and_retention(self, period: Span) -> tuple[Figure, Figure]:
        """Return both for one period, or both refused for the same reason."""
        scope = f"{_written(period)}; {self._rule()}; those won in it are left out; {_WILSON}"
        gone, stayed = f"customers lost in the period / customers at its start, {scope}", f"1 - churn, {scope}"
        n, lost = 0, 0
        note = self._why_not(period[0])
        if note is None:
            (kept,) = self.kept([period])
            n, lost = kept.at_start, kept.at_start - kept.at_end
            note = _too_few(n, "at the start") if n < SMALLEST_CUSTOMERS else None
        if note is not None:
            return Figure(None, n, gone, note=note), Figure(None, n, stayed, note=note)
        caution = self._caution(period[0])
        return _shown(churn(lost, n), gone, caution), _shown(retention(lost, n), stayed, caution)

    def repurchase(self) -> Figure:
        year = (months_before(self.end, YEAR), self.end)
        definition = f"customers with 2 orders or more in 12 months / with 1 or more, {_written(year)}; {_WILSON}"
        if self.extent.last_order is None:
            return Figure(None, 0, definition, note=NO_ORDERS)
        trade = self._trade
        if trade.buyers < SMALLEST_CUSTOMERS:
            return Figure(None, trade.buyers, definition, note=_too_few(trade.buyers, "who bought"))
        return _shown(repurchase(trade.repeat_buyers, trade.buyers), definition)

    def engagement(self, since: date | None) -> tuple[Estimate | None, Figure]:
        """Return the engagement of [since, end), of four weeks where `since` is None, and how it is shown."""
        days = self._days_of_engagement(since)
        periods = _periods_back(self.end, days)
        definition = (
            f"contacts (orders, survey answers of known customers) per customer active on the last day, "
            f"{_written(periods[0])}, against the mean of the {BASELINE_PERIODS} periods of {days} days before; "
            "1 = as ever; prediction interval from the spread of those"
        )
        earliest = periods[-1][0]
        if self.extent.first_order is None:
            return None, Figure(None, 0, definition, note=NO_ORDERS)
        if days < 1 or self.extent.first_order > earliest:
            note = (
                f"orders are known from {self.extent.first_order} on, but {BASELINE_PERIODS} periods before are needed"
            )
            return None, Figure(None, 0, definition, note=note)
        if note_stale := self._why_not(periods[0][0]):
            return None, Figure(None, 0, definition, note=note_stale)
        active = [kept.at_start for kept in self.kept(self.spans_of_engagement(since))]
        contacts = self.customers.contacts(self.brand_id, periods)
        if min(active) < SMALLEST_CUSTOMERS:
            note = _too_few(min(active), "active in one of the periods")
            return None, Figure(None, active[0], definition, note=note)
        if not any(contacts[1:]):
            return None, Figure(None, active[0], definition, note="no contact in the periods before")
        found = engagement(contacts[0], active[0], list(zip(contacts[1:], active[1:], strict=True)))
        return found, _shown(found, definition)

    def _days_of_engagement(self, since: date | None) -> int:
        return (self.end - since).days if since is not None else OPEN_ENGAGEMENT_DAYS

    def spans_of_engagement(self, since: date | None) -> list[Span]:
        """Return the last day of each of the periods that engagement compares, as periods."""
        return [(until, until) for _, until in _periods_back(self.end, self._days_of_engagement(since))]

    def spans_of_year(self) -> list[Span]:
        """Return the year before the end, and the end, as periods."""
        return [(months_before(self.end, YEAR), self.end), (self.end, self.end)]

    def value_of_saved(self) -> Figure:
        year = (months_before(self.end, YEAR), self.end)
        definition = (
            f"mean yearly margin per active customer x expected years (1 / yearly churn), {_written(year)}, in the "
            f"shop's currency, undiscounted; {self._rule()}; the interval is that of the churn"
        )
        if self.extent.last_order is None:
            return Figure(None, 0, definition, note=NO_ORDERS)
        trade = self._trade
        if not trade.with_margin:
            return Figure(None, 0, definition, note="no margin given: import orders with a margin column")
        at_start, at_end = self.kept(self.spans_of_year())
        n = at_start.at_start
        if n < SMALLEST_CUSTOMERS:
            return Figure(None, n, definition, note=_too_few(n, "at the start"))
        gone = churn(n - at_start.at_end, n)
        if gone.value <= 0:
            return Figure(None, n, definition, note="nobody was lost: the expected years have no end")
        purchases_each = trade.purchases / ((n + at_end.at_start) / 2)
        found = value_of_saved(trade.margin / trade.with_margin * purchases_each, gone)
        cost = self.settings.acquisition_cost
        notes = [f"winning a customer costs {cost:g}" if cost is not None else "no acquisition_cost configured"]
        if missing := trade.purchases - trade.with_margin:
            notes.append(
                f"{missing} of {trade.purchases} orders give no margin and are taken at the mean of the others"
            )
        return _shown(found, definition, "; ".join(notes))

    def abc(self) -> dict[str, Any]:
        """Return how many customers bring which share of the 12 months' revenue."""
        year = (months_before(self.end, YEAR), self.end)
        first, second = self.settings.abc
        definition = (
            f"Customers by revenue, {_written(year)}, largest first: A bring the first {first:g} %, "
            f"B up to {second:g} %, C the rest"
        )
        revenues = self.customers.revenues(self.brand_id, *year)
        classes = abc_classes(revenues, self.settings.abc)
        brought = dict.fromkeys("ABC", 0.0)
        for name, revenue in zip(classes, revenues, strict=True):
            brought[name] += revenue
        sizes = {name: classes.count(name) for name in "ABC"}
        note = self._why_no_classes(sizes)
        classes_shown = [
            {"class": name, "customers": sizes[name], "revenue_share": revenue / sum(revenues)}
            for name, revenue in brought.items()
            if note is None
        ]
        return {"classes": classes_shown, "n": len(revenues), "definition": definition, "note": note}

    def _why_no_classes(self, sizes: Mapping[str, int]) -> str | None:
        """Return why classes of these sizes are not told, or None; an empty class tells of nobody."""
        if self.extent.last_order is None:
            return NO_ORDERS
        if (n := sum(sizes.values())) < SMALLEST_CUSTOMERS:
            return _too_few(n, "who bought")
        for name, size in sizes.items():
            if 0 < size < SMALLEST_CLASS:
                return f"too few customers in class {name}: {size}, at least {SMALLEST_CLASS} needed"
        if not sizes["A"]:
            return "no class A: no customer brought revenue"
        return None

    def _rule(self) -> str:
        """Return in words when a customer is lost."""
        days = self.lost_after_days
        return "lost = cancelled" + (f", or no purchase for {days} days" if days is not None else " (no orders known)")

    def _why_not(self, since: date) -> str | None:
        """Return why nothing can be said of customers from `since` on, or None."""
        if self.extent.last_order is None:
            return None if self.extent.cancelled else f"{NO_ORDERS}, nor customers who cancelled"
        if self.extent.last_order < since:
            return f"no orders after {self.extent.last_order} are imported"
        return None

    def _caution(self, since: date) -> str | None:
        """Return what makes the count of customers at the start too low, or None."""
        first, days = self.extent.first_order, self.lost_after_days
        if first is not None and days is not None and (since - first).days < days:
            return f"orders are known from {first} on: who last bought before it is missing at the start"
        return None


def _periods_back(end: date, days: int) -> list[Span]:
    """Return the period of so many days up to `end`, then the 12 before it, newest first."""
    back = [date.fromordinal(max(1, end.toordinal() - n * days)) for n in range(BASELINE_PERIODS + 2)]
    return [(back[n + 1], back[n]) for n in range(BASELINE_PERIODS + 1)]


def _written(period: Span) -> str:
    return f"{period[0]} to {date.fromordinal(max(1, period[1].toordinal() - 1))}"


def _too_few(n: int, which: str) -> str:
    return f"too few customers {which}: {n}, at least {SMALLEST_CUSTOMERS} needed"


def _shown(found: Estimate, definition: str, note: str | None = None) -> Figure:
    return Figure(found.value, found.n, definition, found.low, found.high, note)
