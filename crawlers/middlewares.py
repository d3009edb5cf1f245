"""What Scrapy lacks for us: robots.txt by RFC 9309, pauses that servers ask for, redirects that take no key along."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.misc import load_object

from twelvefold.crawlers.pace import Pace, host_of, retry_after_s, spent_quota_s
from twelvefold.crawlers.source import Statement

ROBOTS_BYTES = 500 * 1024
"""How much of a robots.txt is read (RFC 9309, 2.5)."""

BUSY = (429, 503)


class DisallowedError(IgnoreRequest):
    """robots.txt forbids this page."""


class RobotsUnreachableError(IgnoreRequest):
    """robots.txt could not be had, so nothing of the host may be fetched."""


class RestingError(IgnoreRequest):
    """The server wants to be left alone for longer than this crawl lasts."""


class RobotsMiddleware(RobotsTxtMiddleware):
    """robots.txt by RFC 9309: 4xx allows all, 5xx and silence forbid all; Crawl-delay is kept."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._reasons: dict[str, str] = {}

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Raise where robots.txt forbids `request`, could not be had, or asks for more time than there is."""
        host = host_of(request.url)
        if rp is None:
            raise RobotsUnreachableError(self._reasons.get(host, f"robots.txt of {host} could not be had"))
        agent = self.crawler.settings["USER_AGENT"]
        if not rp.allowed(request.url, agent):
            raise DisallowedError(
                f"robots.txt of {host} forbids {request.url} to {agent.partition('/')[0]}:"
                " ask the site for access, or take the address out"
            )
        delay_s = rp.crawl_delay(agent)
        if delay_s is not None:
            pace = _pace_of(self.crawler)
            if delay_s > pace.left_s():
                raise RestingError(
                    f"robots.txt of {host} asks for {delay_s:g} s between two pages: raise budget.minutes"
                )
            _set_delay(self.crawler, request, pace.keep(request.url, delay_s))

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


class PatientRetryMiddleware:
    """Tries again after the pause that the server asks for, or a growing one; asks a busy server less often.

    A server that still refuses after the last try, or wants a longer pause than
    this crawl can make, is left alone from then on.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._codes = {int(code) for code in crawler.settings.getlist("RETRY_HTTP_CODES")}
        self._exceptions = tuple(load_object(name) for name in crawler.settings.getlist("RETRY_EXCEPTIONS"))
        self._delay_s = crawler.settings.getfloat("DOWNLOAD_DELAY")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware of one crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait as long as the server wants to be left alone.

        Raises:
            RestingError: That is longer than this crawl can wait.
        """
        pace = _pace_of(self._crawler)
        while (wait_s := pace.rest_s(request.url)) > 0:
            if not pace.has_time_for(wait_s):
                raise RestingError(
                    f"{host_of(request.url)} asks to be left alone for longer than this crawl may wait:"
                    " it is asked again the next night; raise network.delay_s if that happens often"
                )
            await asyncio.sleep(wait_s)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request again after a pause, or the answer where trying again is no use."""
        pace = _pace_of(self._crawler)
        latency_s = request.meta.get("download_latency", 0.0)
        _set_delay(self._crawler, request, pace.delay_after(request.url, latency_s, refused=response.status in BUSY))
        quota_s = self._spent_quota_s(response)
        if quota_s is not None:
            pace.rest(request.url, quota_s)
        if response.status not in self._codes:
            return response
        asked_s = retry_after_s(_header(response, "Retry-After"), datetime.now(UTC))
        if asked_s is None:
            asked_s = quota_s
        again = await self._again(request, f"status {response.status}", asked_s)
        if again is None and (response.status == 429 or asked_s is not None):
            pace.rest(request.url, max(asked_s or 0.0, pace.left_s() + 1))
        return again or response

    def _spent_quota_s(self, response: Response) -> float | None:
        """Return the pause that the service's own headers ask for, or None."""
        names = _statement_of(self._crawler).quota_headers
        if names is None:
            return None
        return spent_quota_s(_header(response, names[0]), _header(response, names[1]), datetime.now(UTC))

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
        if not _pace_of(self._crawler).has_time_for(asked_s):
            return None
        await asyncio.sleep(asked_s)
        return again


class KeylessRedirectMiddleware(RedirectMiddleware):
    """Follows redirects; an adapter's own headers, which may hold its key, go to no other server."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        """Return the request for the new place, or the answer where there is none.

        Raises:
            IgnoreRequest: It redirects without end, or would carry what was sent to another server.
        """
        onward = super().process_response(request, response)
        if not isinstance(onward, Request) or _server_of(onward.url) == _server_of(request.url):
            return onward
        if onward.body:
            raise IgnoreRequest(f"it redirects what was sent to another server, {host_of(onward.url)}")
        for name in request.meta.get("own_headers", ()):
            onward.headers.pop(name, None)
        return onward


def _server_of(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, host_of(url)


def _pace_of(crawler: Crawler) -> Pace:
    """Return the pauses of this crawl, which its spider keeps."""
    pace: Pace = getattr(crawler.spider, "pace")  # noqa: B009 - Scrapy's type knows no spider of ours
    return pace


def _statement_of(crawler: Crawler) -> Statement:
    """Return what the crawled source says of itself."""
    statement: Statement = getattr(crawler.spider, "adapter").statement  # noqa: B009 - see above
    return statement


def _header(response: Response, name: str) -> str:
    """Return a header as text, "" where it is not there."""
    return (response.headers.get(name) or b"").decode("latin-1")


def _set_delay(crawler: Crawler, request: Request, delay_s: float) -> None:
    """Keep a pause between any two requests to the host of `request` from now on."""
    downloader = crawler.engine.downloader
    key = downloader.get_slot_key(request)
    settings = downloader.per_slot_settings.setdefault(key, {})
    settings["delay"] = delay_s
    if key in downloader.slots:
        downloader.slots[key].delay = delay_s
