"""Stories and comments on Hacker News that speak of a brand: the public search of Algolia.

`GET https://hn.algolia.com/api/v1/search_by_date?query=&tags=(story,comment)`, newest first. A query shows 1,000 hits
at most, however many pages it is asked for (algolia/hn-search issue 230): the next page is another query, for what is
no younger than the last hit, so that a search has no such end. What is absent was null in 2019 and is left out since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    flag_at,
    items_at,
    json_of,
    read_items,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

HOST = "https://hn.algolia.com"
PAGE_SIZE = 200
_ITEM = "https://news.ycombinator.com/item?id="
_NOT_KEPT = ("author", "title", "story_text", "comment_text", "_highlightResult", "_tags", "children")


class HackerNewsOptions(Settings):
    """The keys of `hacker_news` in config.yaml.

    Attributes:
        query: The words to look for, as in the search field of hn.algolia.com.
    """

    query: Annotated[str, Field(min_length=1)]


class HackerNews(WebSource):
    """Reads stories and comments from the newest back to known ground, window by window."""

    kind = "hacker_news"
    statement = Statement(
        id_field="objectID",
        newest_first=True,
        incremental="cursor",
        total_available=True,
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented public API without a key, 10,000 requests an hour. An edit, possible for two hours, does"
        " not move a comment to the front: it is seen on the newest page, and else by the deep pass.",
    )
    Options = HackerNewsOptions
    options: HackerNewsOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the newest window."""
        yield self._fetch(None)

    def read(self, page: Page) -> Reading:
        """Return the hits of one window."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at(document, "hits")
        if found is None:
            return without_list(page, document, "hits")
        reading = read_items(page, found, _mention)
        matching = count_at(document, "nbHits")
        is_first = page.context.get("until") is None
        told = matching if is_first and flag_at(document, "exhaustiveNbHits") is not False else None
        if not found or (matching is not None and matching <= len(found)):
            return replace(reading, total_told=told, reached_end=True)
        oldest = min((at for hit in found if (at := count_at(hit, "created_at_i")) is not None), default=None)
        if oldest is None or oldest == page.context.get("until"):  # a whole window within one second
            return replace(reading, total_told=told, overflow=True)
        return replace(reading, follow=(self._fetch(oldest),), total_told=told)

    def _fetch(self, until: int | None) -> Fetch:
        """Return the request for the hits that are no younger than `until`, in seconds since 1970."""
        url = address(
            self.settings.base_url,
            HOST,
            *("api", "v1", "search_by_date"),
            query=self.options.query,
            tags="(story,comment)",
            hitsPerPage=PAGE_SIZE,
            numericFilters=None if until is None else f"created_at_i<={until}",
        )
        return Fetch(url, context={"until": until}, continues=until is not None)


def _mention(hit: Item) -> RawMention:
    """Return a story or a comment as a mention."""
    number = words_at(hit, "objectID")
    return RawMention(
        external_id=number,
        author=words_at(hit, "author"),
        title=words_at(hit, "title"),
        text=words_at(hit, "comment_text") or words_at(hit, "story_text"),
        published=words_at(hit, "created_at"),
        url=f"{_ITEM}{number}" if number else None,
        payload=without(hit, *_NOT_KEPT),
    )
