"""How fast one crawl may ask each server, as the server itself shows and says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from urllib.parse import urlsplit

LONGEST_WAIT_S = 120.0
"""A server that asks for a longer pause is left alone until the next night."""

LONGEST_DELAY_S = 30.0
"""The longest pause between two pages that a slow or busy server gets without asking for it."""

_FIRST_EPOCH = 1_000_000_000
"""A figure from here on is seconds since 1970; a smaller one counts from now."""


@dataclass
class Pace:
    """The pauses of one crawl.

    Attributes:
        delay_s: The configured pause between two requests; 0 for tests and mirrors, which then show no mercy.
        deadline: When the crawl's minutes are spent, on the clock.
    """

    delay_s: float
    deadline: float
    clock: Callable[[], float] = monotonic
    _rests_until: dict[str, float] = field(default_factory=dict)
    _delays: dict[str, float] = field(default_factory=dict)
    _crawl_delays: dict[str, float] = field(default_factory=dict)

    def left_s(self) -> float:
        """Return how much time the crawl has left."""
        return self.deadline - self.clock()

    def rest(self, url: str, seconds: float) -> None:
        """Leave the server of `url` alone for so long."""
        host = host_of(url)
        self._rests_until[host] = max(self._rests_until.get(host, 0), self.clock() + seconds)

    def rest_s(self, url: str) -> float:
        """Return how long the server of `url` is to be left alone from now on."""
        return max(0.0, self._rests_until.get(host_of(url), 0) - self.clock())

    def has_time_for(self, seconds: float) -> bool:
        """Return whether a pause is one that this crawl can make."""
        return seconds <= min(LONGEST_WAIT_S, self.left_s())

    def keep(self, url: str, crawl_delay_s: float) -> float:
        """Return the pause between two requests to the server of `url`, whose robots.txt asks for `crawl_delay_s`."""
        host = host_of(url)
        self._crawl_delays[host] = crawl_delay_s
        return max(crawl_delay_s, self._delays.get(host, self.delay_s))

    def delay_after(self, url: str, latency_s: float, *, refused: bool) -> float:
        """Return the pause to keep from now on between two requests to the server of `url`.

        A server that takes long is asked less often, by half the way at a time;
        one that refuses ("too many", "busy") half as often as before.
        """
        host = host_of(url)
        delay = self._delays.get(host, self.delay_s)
        wanted = delay * 2 if refused else (delay + latency_s) / 2
        self._delays[host] = max(self.delay_s, min(wanted, LONGEST_DELAY_S)) if self.delay_s else 0.0
        return max(self._delays[host], self._crawl_delays.get(host, 0.0))


def host_of(url: str) -> str:
    """Return host and port of `url`."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def retry_after_s(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None (RFC 9110, 10.2.3: seconds or a date)."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def spent_quota_s(left: str, renewed: str, now: datetime) -> float | None:
    """Return the pause that a spent quota asks for, or None while there is some left.

    Args:
        left: How many requests are left, as its header tells.
        renewed: When there will be more: seconds from now, seconds since 1970, or an ISO time.
    """
    requests = _number(left)
    if requests is None or requests >= 1:
        return None
    seconds = _number(renewed)
    if seconds is None:
        try:
            at = datetime.fromisoformat(renewed.strip())
        except ValueError:
            return None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if seconds >= _FIRST_EPOCH:
        seconds -= now.timestamp()
    return max(0.0, seconds)


def _number(written: str) -> float | None:
    """Return a header's figure, or None."""
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
