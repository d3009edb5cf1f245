"""Reviews of a game or program on Steam: the store's public review API.

`GET https://store.steampowered.com/appreviews/<app>?json=1` (Steamworks documentation, "User Reviews - Get List").
The list is paged by a cursor and ends with an empty page, often under the same
cursor; the total stands in the first page only. A review has a thumb, up or
down, and no stars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

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
    value_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://store.steampowered.com"
PAGE_SIZE = 100
_PLAYTIMES = ("playtime_at_review", "playtime_forever")


class SteamOptions(Settings):
    """The keys of `steam` in config.yaml.

    Attributes:
        app_id: The number in the store's address, after "/app/".
    """

    app_id: Annotated[int, Field(gt=0)]


class Steam(WebSource):
    """Reads the reviews last written or edited first, back to known ground."""

    kind = "steam"
    statement = Statement(
        id_field="recommendationid",
        newest_first=True,
        incremental="cursor",
        total_available=True,
        rating_scale=(0, 1),
        precision=Precision.SECOND,
        governed_by_robots=False,
        bbcode=True,
        terms="A documented public API without a key, under the Steam Subscriber Agreement. All languages and purchase"
        " types are asked for, and reviews that Steam filters as off-topic. A reply of the developer does not move a"
        " review to the front: the deep pass finds it.",
    )
    Options = SteamOptions
    options: SteamOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch("*")

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if isinstance(document, dict) and document.get("success", 1) != 1:
            problem = f"{page.url}: Steam answers success = {document.get('success')!r:.20}, not 1: check app_id"
            return Reading(status=SourceStatus.FAILED, message=problem)
        reviews = value_at(document, "reviews")
        found = items_at({"reviews": list(reviews.values())} if isinstance(reviews, dict) else document, "reviews")
        if found is None:
            return without_list(page, document, "reviews")
        reading = read_items(page, found, self._mention)
        told = count_at(document, "query_summary", "total_reviews")
        cursor = words_at(document, "cursor")
        follow = (self._fetch(cursor, continues=True),) if found and cursor else ()
        return replace(reading, follow=follow, total_told=told, reached_end=not found)

    def _fetch(self, cursor: str, *, continues: bool = False) -> Fetch:
        """Return the request for the page at `cursor`."""
        url = address(
            self.settings.base_url,
            HOST,
            "appreviews",
            self.options.app_id,
            json=1,
            filter="updated",
            language="all",
            purchase_type="all",
            filter_offtopic_activity=0,
            num_per_page=PAGE_SIZE,
            cursor=cursor,
        )
        return Fetch(url, continues=continues)

    def _mention(self, review: Item) -> RawMention:
        """Return a review as a mention."""
        steam_id = words_at(review, "author", "steamid")
        played: dict[str, Any] = {key: count_at(review, "author", key) for key in _PLAYTIMES}
        return RawMention(
            external_id=words_at(review, "recommendationid"),
            author=words_at(review, "author", "personaname") or steam_id,
            text=words_at(review, "review"),
            rating=flag_at(review, "voted_up"),
            published=words_at(review, "timestamp_created"),
            url=f"https://steamcommunity.com/profiles/{steam_id}/recommended/{self.options.app_id}/"
            if steam_id
            else None,
            language=words_at(review, "language"),
            verified=flag_at(review, "steam_purchase"),
            incentivised=flag_at(review, "received_for_free"),
            reply_text=words_at(review, "developer_response"),
            reply_at=words_at(review, "timestamp_dev_responded"),
            payload={**without(review, "author", "review", "developer_response"), **played},
        )
