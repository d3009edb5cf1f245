"""What Scrapy lacks for us: robots.txt by RFC 9309 with its Crawl-delay, and retries that wait."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.misc import load_object

ROBOTS_BYTES = 500 * 1024
"""How much of a robots.txt is read (RFC 9309, 2.5)."""

LONGEST_WAIT_S = 120.0
"""A server that asks for a longer pause is left alone until the next night."""


class DisallowedError(IgnoreRequest):
    """robots.txt forbids this page."""


class RobotsUnreachableError(IgnoreRequest):
    """robots.txt could not be had, so nothing of the host may be fetched."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """robots.txt by RFC 9309: 4xx allows all, 5xx and silence forbid all; Crawl-delay is kept."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._reasons: dict[str, str] = {}

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Raise where robots.txt forbids `request` or could not be had."""
        host = _host(request.url)
        if rp is None:
            raise RobotsUnreachableError(self._reasons.get(host, f"robots.txt of {host} could not be had"))
        agent = self.crawler.settings["USER_AGENT"]
        if not rp.allowed(request.url, agent):
            raise DisallowedError(f"robots.txt of {host} forbids {request.url} to {agent.partition('/')[0]}")
        delay = rp.crawl_delay(agent)
        if delay is not None:
            self._slow_down(request, delay)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._reasons[netloc] = (
                f"robots.txt of {netloc} answered {response.status}, so nothing was fetched there (RFC 9309)"
            )
            raise IgnoreRequest(self._reasons[netloc])
        body = response.body[:ROBOTS_BYTES] if response.status == 200 else b""
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._reasons.setdefault(netloc, f"robots.txt of {netloc} could not be had: {str(exc) or type(exc).__name__}")
        super()._robots_error(exc, netloc)

    def _slow_down(self, request: Request, delay_s: float) -> None:
        """Keep the host's Crawl-delay, where it is longer than ours."""
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        delay_s = max(delay_s, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings.setdefault(key, {})["delay"] = delay_s
        if key in downloader.slots:
            downloader.slots[key].delay = delay_s


class PatientRetryMiddleware:
    """Tries again after the pause that the server asks for, or a growing one."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._codes = {int(code) for code in crawler.settings.getlist("RETRY_HTTP_CODES")}
        self._exceptions = tuple(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS"))
        self._delay_s = crawler.settings.getfloat("DOWNLOAD_DELAY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware of one crawl."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request again after a pause, or the answer where trying again is no use."""
        if response.status not in self._codes:
            return response
        asked_s = retry_after_s((response.headers.get("Retry-After") or b"").decode("latin-1"), datetime.now(UTC))
        return await self._again(request, f"status {response.status}", asked_s) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return the request again after a pause, or None where it failed often enough."""
        if not isinstance(exception, self._exceptions):
            return None
        return await self._again(request, type(exception).__name__, None)

    async def _again(self, request: Request, reason: str, asked_s: float | None) -> Request | None:
        """Wait and return the request, unless it was tried often enough or the crawl has not the time."""
        spider = self._crawler.spider
        again = get_retry_request(request, reason=reason, spider=spider) if spider else None
        if again is None:
            return None
        if asked_s is None:
            asked_s = self._delay_s * 2.0 ** again.meta["retry_times"]
        if asked_s > min(LONGEST_WAIT_S, getattr(spider, "deadline", float("inf")) - monotonic()):
            return None
        await asyncio.sleep(asked_s)
        return again


def retry_after_s(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None (RFC 9110, 10.2.3: seconds or a date)."""
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _host(url: str) -> str:
    """Return host and port of `url`, as Scrapy keys its robots.txt parsers."""
    return url.partition("://")[2].partition("/")[0]
