"""Feeds: RSS, Atom and JSON Feed, of a blog, a forum, a news search or an alert.

A feed shows its newest entries and nothing of what was before. Addresses of Google Alerts lead through Google and name
the page they lead to, which is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import read_items, web_address
from twelvefold.crawlers.feeds import Entry, FeedError, entries_once, read_feed
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.crawlers.walls import wall_in
from twelvefold.records import Precision, RawMention, SourceStatus


class FeedOptions(Settings):
    """The keys of `feed` in config.yaml.

    Attributes:
        urls: The feeds' addresses.
    """

    urls: Annotated[tuple[Annotated[str, AfterValidator(web_address)], ...], Field(min_length=1)]


class FeedSource(WebSource):
    """Reads what each feed holds; one that has not changed is not sent again."""

    kind = "feed"
    statement = Statement(
        id_field="guid (RSS), id (Atom, JSON Feed), else the link, else title and date",
        newest_first=True,
        window="what the feed holds, often 10 to 50 entries",
        precision=Precision.SECOND,
        terms="robots.txt of the site is obeyed; ETag and Last-Modified are used. A feed may hold excerpts only.",
    )
    Options = FeedOptions
    options: FeedOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield each feed."""
        for url in dict.fromkeys(self.options.urls):
            yield Fetch(self._placed(url), conditional=True)

    def read(self, page: Page) -> Reading:
        """Return the entries of one feed."""
        try:
            feed = read_feed(page.text)
        except FeedError as exc:
            if sign := wall_in(page.text):
                return Reading(status=SourceStatus.BLOCKED, message=f"{page.url} is a wall, not a feed: {sign}")
            problem = f"{page.url} is no feed: {exc}; check urls in config.yaml"
            return Reading(status=SourceStatus.LAYOUT_CHANGED, message=problem)
        entries = list(entries_once(feed))
        reading = read_items(page, entries, lambda entry: mention_of(entry, feed.title))
        # What left the feed before it was read is lost: only entries that are known vouch for the rest.
        return Reading(
            reading.mentions,
            rejected=reading.rejected,
            status=reading.status,
            message=reading.message,
            overflow=bool(entries),
            reached_end=not entries,
        )

    def _placed(self, url: str) -> str:
        """Return a feed's address on the server that `base_url` puts in place of its own."""
        if self.settings.base_url is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self.settings.base_url.rstrip('/')}{parts.path or '/'}{query}"


def mention_of(entry: Entry, feed: str | None) -> RawMention:
    """Return an entry as a mention."""
    return RawMention(
        external_id=entry.id,
        identity=(entry.title or "", entry.published or "") if entry.title else (),
        author=entry.author,
        title=entry.title,
        text=entry.text,
        published=entry.published,
        url=_target(entry.url),
        language=entry.language,
        payload={"feed": feed},
    )


def _target(url: str | None) -> str | None:
    """Return the page that an address of Google Alerts leads to; any other is left as it is."""
    try:
        parts = urlsplit(url or "")
        if parts.hostname == "www.google.com" and parts.path == "/url":
            return parse_qs(parts.query).get("url", [url])[0]
    except ValueError:
        return None
    return url
