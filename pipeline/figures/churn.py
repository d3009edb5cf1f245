"""Churn, retention and repurchase: shares of customers, each with its Wilson interval."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from twelvefold.pipeline.figures.intervals import Estimate, wilson

MONTH, QUARTER, YEAR = 1, 3, 12
"""The lengths of the periods by which churn is told, in calendar months."""


def churn(lost: int, at_start: int) -> Estimate:
    """Return the share (0..1) of the customers at the start of a period who were lost in it.

    Customers won in the period are in neither number.
    Source: F. Reichheld, W. E. Sasser, "Zero defections", HBR (September 1990).

    Raises:
        ValueError: Nobody was there at the start, or more were lost than there were.
    """
    return _share(lost, at_start)


def retention(lost: int, at_start: int) -> Estimate:
    """Return 1 - churn, with the ends of its interval.

    Raises:
        ValueError: See `churn`.
    """
    gone = churn(lost, at_start)
    return Estimate(1 - gone.value, 1 - gone.high, 1 - gone.low, gone.n)


def repurchase(repeat_buyers: int, buyers: int) -> Estimate:
    """Return the share (0..1) of those who bought at all who bought twice or more.

    Raises:
        ValueError: Nobody bought, or more bought twice than bought.
    """
    return _share(repeat_buyers, buyers)


def _share(part: int, whole: int) -> Estimate:
    if whole < 1 or not 0 <= part <= whole:
        raise ValueError(f"a share of customers needs 0 <= part <= whole and somebody there, not {part} of {whole}")
    low, high = wilson(part / whole, whole)
    return Estimate(part / whole, low, high, whole)


def months_before(day: date, months: int) -> date:
    """Return the same day of the month so many months earlier, or the last of that month where it is shorter.

    Before the first year of the calendar it is the calendar's first day.
    """
    month = day.year * 12 + day.month - 1 - months
    if month < 12:
        return date.min
    year, number = month // 12, month % 12 + 1
    return date(year, number, min(day.day, monthrange(year, number)[1]))


def last_whole(months: int, until: date) -> tuple[date, date]:
    """Return [since, until) of the last calendar month, quarter or year that ended by `until`.

    `months` is MONTH, QUARTER or YEAR; `until` is the first day that is not known any more.
    """
    first_of_month = until.replace(day=1)
    end = months_before(first_of_month, (until.month - 1) % months)
    return months_before(end, months), end
