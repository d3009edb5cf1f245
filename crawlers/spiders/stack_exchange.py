"""Questions on a Stack Exchange site that speak of a brand: the network's public API.

`GET https://api.stackexchange.com/2.3/search/advanced?q=&site=&sort=creation&order=desc&filter=withbody`. Pages above
25 need a key, so the next page is another query, for what is no younger than the last question. An answer may ask for
a pause (`backoff`, in seconds) that must be made. Known from documentation only; the shape is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field, SecretStr

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    flag_at,
    items_at,
    json_of,
    number_at,
    read_items,
    sentence_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://api.stackexchange.com"
PAGE_SIZE = 100
_THROTTLED = 502
"""Their own error number for too many requests; it comes with HTTP status 400."""


class StackExchangeOptions(Settings):
    """The keys of `stack_exchange` in config.yaml.

    Attributes:
        site: The site's name in the API, as "stackoverflow" or "diy".
        query: The words to look for, in titles and bodies.
        key: Of an application that is registered at stackapps.com: 10,000 requests a day in place of 300.
    """

    site: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    query: Annotated[str, Field(min_length=1)]
    key: SecretStr | None = None


class StackExchange(WebSource):
    """Reads questions from the newest back to known ground."""

    kind = "stack_exchange"
    statement = Statement(
        id_field="question_id",
        newest_first=True,
        incremental="cursor",
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented public API: 300 requests a day without a key, and the pauses that it asks for are made."
        " Texts are CC BY-SA: show them with their link. Questions only; an edit does not move one to the front: the"
        " deep pass finds it.",
    )
    Options = StackExchangeOptions
    options: StackExchangeOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the newest page."""
        yield self._fetch(None)

    def read(self, page: Page) -> Reading:
        """Return the questions of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if (error := count_at(document, "error_id")) is not None:
            told = sentence_at(document, "error_message") or "no reason"
            if error == _THROTTLED:
                return Reading(status=SourceStatus.RATE_LIMITED, message=f"Stack Exchange asks for a pause: {told}")
            problem = f"Stack Exchange answers error {error} ({told}): check site, query and key"
            return Reading(status=SourceStatus.FAILED, message=problem)
        found = items_at(document, "items")
        if found is None:
            return without_list(page, document, "items")
        reading = replace(read_items(page, found, _mention), wait_s=number_at(document, "backoff"))
        if not found or not flag_at(document, "has_more"):
            return replace(reading, reached_end=True)
        oldest = min((at for one in found if (at := count_at(one, "creation_date")) is not None), default=None)
        if oldest is None or oldest == page.context.get("until"):  # a whole page within one second
            return replace(reading, overflow=True)
        if count_at(document, "quota_remaining") == 0:
            problem = "Stack Exchange answers no more today: its quota is spent; give a key in config.yaml"
            return replace(reading, status=SourceStatus.RATE_LIMITED, message=problem)
        return replace(reading, follow=(self._fetch(oldest),))

    def _fetch(self, until: int | None) -> Fetch:
        """Return the request for the questions that are no younger than `until`, in seconds since 1970."""
        key = self.options.key
        url = address(
            self.settings.base_url,
            HOST,
            *("2.3", "search", "advanced"),
            site=self.options.site,
            q=self.options.query,
            sort="creation",
            order="desc",
            filter="withbody",
            pagesize=PAGE_SIZE,
            todate=until,
            key=key.get_secret_value() if key is not None else None,
        )
        return Fetch(url, context={"until": until}, continues=until is not None, reads_statuses=(400,))


def _mention(question: Item) -> RawMention:
    """Return a question as a mention."""
    return RawMention(
        external_id=words_at(question, "question_id"),
        author=words_at(question, "owner", "link") or words_at(question, "owner", "display_name"),
        title=words_at(question, "title"),
        text=words_at(question, "body"),
        published=words_at(question, "creation_date"),
        url=words_at(question, "link"),
        payload=without(question, "owner", "last_editor", "title", "body", "closed_details", "migrated_from"),
    )
