"""Scrapy at work: one generic spider that drives any adapter, inside the crawl process only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from twelvefold.crawlers.addresses import PrivateAddressError, refuse_private
from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.json_pages import NotAsExpected, parse_json
from twelvefold.crawlers.middlewares import DisallowedError, RestingError, RobotsUnreachableError
from twelvefold.crawlers.pace import Pace
from twelvefold.crawlers.process import CrawlJob, PageRead
from twelvefold.crawlers.settings import MEGABYTE, PAGE_MEGABYTES, scrapy_settings
from twelvefold.crawlers.source import Fetch, Page, Reading, WebSource
from twelvefold.crawlers.tally import Strand, Tally
from twelvefold.crawlers.walls import wall_in
from twelvefold.records import SourceStatus

_TOO_LARGE = f"the answer is larger than a page may be ({PAGE_MEGABYTES} MB, unpacked, or the budget's megabytes)"

_LONGEST_VALIDATOR = 500
_LONGEST_REFUSAL = 20_000
_REASON_KEYS = ("message", "error_description", "detail", "error", "errors", "title", "description")

Write = Callable[[PageRead], None]
logger = logging.getLogger(__name__)


def crawl_web(job: CrawlJob, adapter: WebSource, tally: Tally, write: Write) -> None:
    """Crawl until the adapter asks for nothing more or a budget is spent."""
    settings = scrapy_settings(job.network, job.settings.budget, obey_robots=adapter.is_governed_by_robots)
    process = AsyncCrawlerProcess(settings)
    if not job.network.allow_private:
        from twisted.internet import reactor

        refuse_private(reactor)
    process.crawl(SourceSpider, job=job, adapter=adapter, tally=tally, write=write)
    process.start()


class SourceSpider(Spider):
    """Fetches what an adapter asks for and hands it what came back."""

    name = "twelvefold"

    def __init__(self, *, job: CrawlJob, adapter: WebSource, tally: Tally, write: Write) -> None:
        super().__init__()
        self.job = job
        self.adapter = adapter
        self.tally = tally
        self.write = write
        self.asked: set[str] = set()
        self.bytes_read = 0
        self.pace = Pace(job.network.delay_s, monotonic() + job.settings.budget.minutes * 60)

    async def start(self) -> AsyncIterator[Request]:
        """Yield the adapter's first requests."""
        asyncio.get_running_loop().call_later(self.job.settings.budget.minutes * 60, self._out_of_time)
        for fetch in self.adapter.start(replace(self.job.asked, known=self.tally.known.keys())):
            if (request := self._request(fetch, self.tally.strand())) is not None:
                yield request

    def parse(self, response: Response, strand: Strand, fetch: Fetch) -> Iterator[Request]:
        """Let the adapter read an answer; yield what it asks for next."""
        self.tally.fetched += 1
        self.bytes_read += len(response.body)
        if response.status == 304 and self._conditions(fetch):
            self.tally.unchanged(fetch.url, self.job.validators[fetch.url])
            return
        reading = self._reading(response, fetch)
        if fetch.conditional and reading.status is None and not reading.rejected:
            self.tally.learn(fetch.url, *(_header(response, name) for name in ("ETag", "Last-Modified")))
        if fetch.otherwise is not None and reading.status not in (None, SourceStatus.OK, SourceStatus.EMPTY):
            reading = fetch.otherwise
        yield from self._take(reading, response.url, strand)

    def _reading(self, response: Response, fetch: Fetch) -> Reading:
        """Return what to make of an answer; a refusal that the adapter cannot make out is what its status says."""
        by_status = self._verdict_by_status(response)
        if by_status is None:
            return self._read(response, fetch)
        if response.status in fetch.reads_statuses:
            reading = self._read(response, fetch)
            if reading.status is not SourceStatus.LAYOUT_CHANGED:
                return reading
        return by_status

    def failed(self, failure: Any) -> Iterator[Request]:
        """Note a page that gave no answer."""
        strand, fetch = failure.request.cb_kwargs["strand"], failure.request.cb_kwargs["fetch"]
        if fetch.otherwise is not None:
            yield from self._take(fetch.otherwise, fetch.url, strand)
            return
        self.tally.trouble(*explain_failure(failure.value, failure.request.url))

    def _take(self, reading: Reading, url: str, strand: Strand) -> Iterator[Request]:
        """Send what was read, and yield what is worth fetching after it."""
        if reading.mentions or reading.rejected or reading.removed or reading.status is None:
            self.write(PageRead(url, reading.mentions, reading.rejected, reading.removed))
        if reading.wait_s is not None:
            self.pace.rest(url, reading.wait_s)
        for wanted in self.tally.take(reading, strand):
            follower = strand if wanted.continues else self.tally.strand()
            if (request := self._request(wanted, follower)) is not None:
                yield request

    def _request(self, fetch: Fetch, strand: Strand) -> Request | None:
        """Return `fetch` as Scrapy's request, or None where it was asked before or the budget is spent."""
        key = repr((fetch.method, fetch.url, fetch.body, sorted(fetch.context.items())))
        if key in self.asked or self._is_spent():
            return None
        self.asked.add(key)
        try:
            if urlsplit(fetch.url).scheme not in ("http", "https"):
                raise ValueError("it is neither http nor https")
            return Request(
                fetch.url,
                method=fetch.method,
                headers={**self._conditions(fetch), **fetch.headers},
                meta={"own_headers": tuple(fetch.headers)},
                body=fetch.body,
                callback=self.parse,
                errback=self.failed,
                cb_kwargs={"strand": strand, "fetch": fetch},
                dont_filter=True,
            )
        except ValueError as exc:
            self.tally.trouble(SourceStatus.FAILED, f"{fetch.url} is no web address: {exc}")
            return None

    def _conditions(self, fetch: Fetch) -> dict[str, str]:
        """Return the headers that ask for a page only if it has changed since the last crawl."""
        if not fetch.conditional or self.job.asked.deep:
            return {}
        etag, modified = self.job.validators.get(fetch.url, (None, None))
        given = {"If-None-Match": etag, "If-Modified-Since": modified}
        return {name: value for name, value in given.items() if value is not None}

    def _is_spent(self) -> bool:
        """Return whether a budget is spent, and note which."""
        budget = self.job.settings.budget
        if not self.tally.budget:
            if len(self.asked) >= budget.pages:
                self.tally.budget = f"stopped after {budget.pages} pages: raise budget.pages"
            elif self.bytes_read >= budget.megabytes * MEGABYTE:
                self.tally.budget = f"stopped after {budget.megabytes:g} MB: raise budget.megabytes"
            elif self.pace.left_s() <= 0:
                self.tally.budget = f"stopped after {budget.minutes:g} minutes: raise budget.minutes"
        return bool(self.tally.budget)

    def _out_of_time(self) -> None:
        """End the crawl, whatever is under way."""
        self.tally.budget = f"stopped after {self.job.settings.budget.minutes:g} minutes: raise budget.minutes"
        self._stopping = asyncio.ensure_future(self.crawler.stop_async())

    def _read(self, response: Response, fetch: Fetch) -> Reading:
        """Return the adapter's reading; its own failure is a reading too."""
        headers = {
            name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in response.headers.items()
        }
        page = Page(
            url=response.url,
            status=response.status,
            headers=headers,
            body=response.body,
            text=decode(response.body, headers.get("content-type")),
            context=fetch.context,
            retrieved_at=datetime.now(UTC),
        )
        try:
            reading = self.adapter.read(page)
        except Exception as exc:
            logger.warning("reading %s failed", response.url, exc_info=True)
            return Reading(
                status=SourceStatus.FAILED, message=f"{response.url} could not be read: {type(exc).__name__}: {exc}"
            )
        if not reading.mentions and (sign := wall_in(page.text)):
            return Reading(
                status=SourceStatus.BLOCKED,
                message=f"{response.url} is a wall, not the page: {sign}; ask the site for access or use its API",
            )
        return reading

    def _verdict_by_status(self, response: Response) -> Reading | None:
        """Return the reading of an answer whose HTTP status says it all, or None."""
        code, url = response.status, response.url
        if code in (401, 403, 407, 451) or "cf-mitigated" in response.headers:
            mend = "check its keys" if self.adapter.statement.needs_key else "ask for access or use its API"
            told = f"{url} answered {code}: the site does not let us in; {mend}{_said(response)}"
            return Reading(status=SourceStatus.BLOCKED, message=told)
        if code == 429 or (code == 503 and "Retry-After" in response.headers):
            told = f"{url} answered {code} after {response.meta.get('retry_times', 0)} retries: raise network.delay_s"
            return Reading(status=SourceStatus.RATE_LIMITED, message=told)
        if 200 <= code < 300:
            return None
        mend = "the server has trouble, the next night asks again" if code >= 500 else "check the address and the keys"
        return Reading(status=SourceStatus.FAILED, message=f"{url} answered {code}: {mend}{_said(response)}")


def _header(response: Response, name: str) -> str | None:
    """Return a header of a length that is worth keeping, or None."""
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    return value if 0 < len(value) <= _LONGEST_VALIDATOR else None


def _said(response: Response) -> str:
    """Return what a service that answers in JSON says of its refusal, for the end of a sentence."""
    try:
        document = parse_json(response.body[:_LONGEST_REFUSAL].decode("utf-8", "replace"))
    except NotAsExpected:
        return ""
    pending, words = [document], ""
    while pending and not words:
        part = pending.pop(0)
        if isinstance(part, list):
            pending += part[:3]
        elif isinstance(part, dict):
            pending += [part[key] for key in _REASON_KEYS if key in part]
        elif isinstance(part, str):
            words = " ".join(part.split())[:200]
    return f" (it says: {words})" if words else ""


def explain_failure(error: BaseException, url: str) -> tuple[SourceStatus, str]:
    """Return the status and the sentence for a page that gave no answer."""
    if isinstance(error, DisallowedError):
        return SourceStatus.DISALLOWED, str(error)
    if isinstance(error, RestingError):
        return SourceStatus.RATE_LIMITED, str(error)
    if isinstance(error, (RobotsUnreachableError, PrivateAddressError)):
        return SourceStatus.FAILED, f"{url}: {error}"
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (CannotResolveHostError, "its host name is not known: check the address"),
        (DownloadConnectionRefusedError, "the server refuses connections"),
        (DownloadTimeoutError, "the answer took too long"),
        (DownloadCancelledError, _TOO_LARGE),
        (ResponseDataLossError, "the connection broke in mid-answer"),
    )
    for kind, reason in reasons:
        if isinstance(error, kind):
            return SourceStatus.FAILED, f"{url}: {reason}"
    if isinstance(error, IgnoreRequest):
        if "redirection" in str(error):
            return SourceStatus.FAILED, f"{url}: it redirects without end"
        if "DOWNLOAD_MAXSIZE" in str(error):
            return SourceStatus.FAILED, f"{url}: {_TOO_LARGE}"
        return SourceStatus.FAILED, f"{url}: {error}"
    return SourceStatus.FAILED, f"{url}: {type(error).__name__}: {error}"
