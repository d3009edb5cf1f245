"""Customers to look after, each with the reasons: at risk, to win back, promoters, and churn by cohort.

Customers go by the ids of the customer file (an e-mail address by its keyed hash); nothing else
that is personal is shown. The day is the newest purchase's, as in `health`, so that an old file is
not taken for a customer base that has left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

from twelvefold.config import Brand
from twelvefold.pipeline.customer_health import SMALLEST_CUSTOMERS
from twelvefold.pipeline.figures.churn import churn
from twelvefold.pipeline.figures.loyalty import is_falling_silent
from twelvefold.pipeline.figures.nps import PASSIVE_FROM, PROMOTER_FROM
from twelvefold.records import Figure
from twelvefold.storage.customer_signs import Account, Complaint, LastScore
from twelvefold.storage.repository import Work

Joined = Literal["month", "quarter", "year"]

SCORE_DAYS = 365
"""An NPS answer that is older tells nothing of today."""

COMPLAINT_DAYS = 90
RECENT_DAYS = 90
BEFORE_DAYS = 360
LEAST_BEFORE = 12
"""With fewer contacts in the 360 days before, even none in 90 days may be chance."""

WIN_BACK_DAYS = 365
FURIOUS = 0.95
"""A complaint that the model is this sure of is furious, as is one with a single star or urgency."""


@dataclass(frozen=True)
class Listed:
    """A customer on a list.

    Attributes:
        reasons: What put them there, a clause each.
        revenue: What their purchases brought so far, in the shop's currency.
    """

    customer: str
    reasons: tuple[str, ...]
    revenue: float
    last_sign: date


@dataclass(frozen=True)
class _Known:
    """What is known of a brand's customers on one day; `silent` says of some how their contacts fell."""

    day: date
    accounts: Mapping[str, Account]
    scores: Mapping[str, LastScore]
    complaints: Mapping[str, Sequence[Complaint]]
    lost_after_days: int | None
    silent: Mapping[str, str]


def customer_list(work: Work, brand: Brand, brand_id: int, model: str, which: str, limit: int) -> dict[str, Any]:
    """Return one list as a JSON document: `which` is a key of LISTS.

    Raises:
        KeyError: There is no such list.
    """
    about, pick = LISTS[which]
    known = _known(work, brand, brand_id, model)
    found = pick(known) if known else []
    return {
        "schema": "twelvefold/customers/1",
        "brand": brand.name,
        "list": which,
        "day": known.day.isoformat() if known else None,
        "definition": about,
        "total": len(found),
        "customers": [
            asdict(one) | {"reasons": list(one.reasons), "last_sign": one.last_sign.isoformat()}
            for one in found[:limit]
        ],
        "cohorts": [],
        "note": None if known else "no customers or orders imported",
    }


def cohort_list(work: Work, brand: Brand, brand_id: int, by: Joined = "month") -> dict[str, Any]:
    """Return churn by the month, quarter or year of joining as a JSON document, each with its interval."""
    day = _day(work, brand_id)
    definition = (
        f"share of the customers who joined in a {by} (first purchase, or the date in the customer file) who are lost "
        "by the day; Wilson interval"
    )
    document: dict[str, Any] = {
        "schema": "twelvefold/customers/1",
        "brand": brand.name,
        "list": "cohorts",
        "day": day.isoformat() if day else None,
        "definition": definition,
        "customers": [],
    }
    if day is None:
        return document | {"total": 0, "cohorts": [], "note": "no customers or orders imported"}
    lost_since = _lost_since(work, brand, brand_id, day)
    joined, there = Counter[str](), Counter[str]()
    for cohort in work.customer_signs.cohorts(brand_id, day + timedelta(days=1), lost_since):
        period = _period(cohort.year, cohort.month, by)
        joined[period] += cohort.joined
        there[period] += cohort.there
    rows: list[dict[str, Any]] = []
    for period, n in joined.items():
        note = f"too few customers: {n}, at least {SMALLEST_CUSTOMERS} needed"
        figure = Figure(None, n, definition, note=note)
        if n >= SMALLEST_CUSTOMERS:
            gone = churn(n - there[period], n)
            figure = Figure(gone.value, gone.n, definition, gone.low, gone.high)
        rows.append({"joined": period, "churn": figure.document()})
    return document | {"total": sum(row["churn"]["n"] for row in rows), "cohorts": rows, "note": None}


def _period(year: int, month: int, by: Joined) -> str:
    """Return what a month, or the quarter or year that it is in, is called: 2026-01, 2026-Q1, 2026."""
    return f"{year:04d}" + {"month": f"-{month:02d}", "quarter": f"-Q{(month + 2) // 3}", "year": ""}[by]


def _day(work: Work, brand_id: int) -> date | None:
    """Return the last day that is known: of the newest purchase, else the newest customer's first."""
    extent = work.customers.extent(brand_id)
    return extent.last_order or extent.newest_customer


def _lost_since(work: Work, brand: Brand, brand_id: int, day: date) -> date | None:
    """Return the last day on which a purchase is too long ago; None where no order is known."""
    if work.customers.extent(brand_id).last_order is None:
        return None
    return day - timedelta(days=brand.customers.lost_after_days)


def _known(work: Work, brand: Brand, brand_id: int, model: str) -> _Known | None:
    day = _day(work, brand_id)
    if day is None:
        return None
    until, lost_since = day + timedelta(days=1), _lost_since(work, brand, brand_id, day)
    signs = work.customer_signs
    complaints: dict[str, list[Complaint]] = {}
    for complaint in signs.complaints(brand_id, model, until - timedelta(days=COMPLAINT_DAYS), until):
        complaints.setdefault(complaint.customer_id, []).append(complaint)
    return _Known(
        day,
        {account.customer_id: account for account in signs.accounts(brand_id, until, lost_since)},
        {score.customer_id: score for score in signs.last_scores(brand_id, until - timedelta(days=SCORE_DAYS), until)},
        complaints,
        brand.customers.lost_after_days if lost_since else None,
        _silent(work, brand_id, until),
    )


def _silent(work: Work, brand_id: int, until: date) -> dict[str, str]:
    """Return by customer how contacts fell, where they did so beyond chance."""
    recent = until - timedelta(days=RECENT_DAYS)
    before = recent - timedelta(days=BEFORE_DAYS)
    return {
        contacts.customer_id: f"{contacts.recent} contacts in {RECENT_DAYS} days, {contacts.before} in the "
        f"{BEFORE_DAYS} before"
        for contacts in work.customer_signs.contacts(brand_id, before, recent, until, LEAST_BEFORE)
        if is_falling_silent(contacts.recent, contacts.before, RECENT_DAYS, BEFORE_DAYS)
    }


def _at_risk(known: _Known) -> list[Listed]:
    found = []
    for account in known.accounts.values():
        if not account.is_there:
            continue
        reasons = []
        score = known.scores.get(account.customer_id)
        if score is not None and score.score < PASSIVE_FROM:
            reasons.append(f"detractor: gave {score.score:g} of 10 on {score.local_date}")
        for complaint in known.complaints.get(account.customer_id, ()):
            if not complaint.resolved and _is_furious(complaint):
                reasons.append(f"furious on {complaint.local_date}")
                break
        if account.customer_id in known.silent:
            reasons.append(f"engagement falls: {known.silent[account.customer_id]}")
        if reasons:
            found.append(_listed(account, reasons))
    return sorted(found, key=lambda one: (-len(one.reasons), -one.revenue, one.customer))


def _win_back(known: _Known) -> list[Listed]:
    found = []
    for account in known.accounts.values():
        if account.is_there:
            continue
        left = account.cancelled is not None and account.last_sign <= account.cancelled <= known.day
        lost_on = account.cancelled if left and account.cancelled else account.last_sign
        if (known.day - lost_on).days > WIN_BACK_DAYS + (0 if left else known.lost_after_days or 0):
            continue
        reasons = [f"cancelled on {lost_on}" if left else f"no purchase since {lost_on}"]
        score = known.scores.get(account.customer_id)
        if score is not None:
            reasons.append(f"gave {score.score:g} of 10 on {score.local_date}")
        if any(not complaint.resolved for complaint in known.complaints.get(account.customer_id, ())):
            reasons.append("an open complaint")
        found.append(_listed(account, reasons))
    return sorted(found, key=lambda one: (-one.revenue, one.customer))


def _promoters(known: _Known) -> list[Listed]:
    found = []
    for account in known.accounts.values():
        score = known.scores.get(account.customer_id)
        complains = any(not complaint.resolved for complaint in known.complaints.get(account.customer_id, ()))
        if account.is_there and score is not None and score.score >= PROMOTER_FROM and not complains:
            found.append(_listed(account, [f"promoter: gave {score.score:g} of 10 on {score.local_date}"]))
    return sorted(found, key=lambda one: (-one.revenue, one.customer))


def _is_furious(complaint: Complaint) -> bool:
    return complaint.is_urgent or complaint.negative >= FURIOUS or complaint.stars == 1


def _listed(account: Account, reasons: Sequence[str]) -> Listed:
    return Listed(account.customer_id, tuple(reasons), round(account.revenue, 2), account.last_sign)


LISTS: Mapping[str, tuple[str, Callable[[_Known], list[Listed]]]] = {
    "at-risk": (
        f"active customers whose last NPS answer in {SCORE_DAYS} days was 0-6, who wrote an unresolved furious mention "
        f"in {COMPLAINT_DAYS} days, or whose contacts in {RECENT_DAYS} days are fewer than chance explains (exact "
        f"test at 5 %, {LEAST_BEFORE} or more in the {BEFORE_DAYS} days before)",
        _at_risk,
    ),
    "win-back": (f"customers lost in the last {WIN_BACK_DAYS} days, by what they brought", _win_back),
    "promoters": (
        f"active customers whose last NPS answer in {SCORE_DAYS} days was 9-10, without an open complaint, for the "
        "reward programme",
        _promoters,
    ),
}
