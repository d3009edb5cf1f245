"""Comments on a WordPress site: its public REST API.

`GET <site>/wp-json/wp/v2/comments?per_page=100&page=&orderby=date_gmt&order=desc`, approved comments only; the headers
X-WP-Total and X-WP-TotalPages tell how many there are. Dates ending in _gmt are UTC. Known from documentation only; the
shape is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    ids_of,
    items_at,
    json_of,
    read_items,
    value_at,
    web_address,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

PAGE_SIZE = 100
_LINKS_BACK = ("pingback", "trackback")


class WordPressOptions(Settings):
    """The keys of `wordpress` in config.yaml.

    Attributes:
        site_url: The site's address, with its folder if WordPress lies in one.
    """

    site_url: Annotated[str, AfterValidator(web_address)]


class WordPress(WebSource):
    """Reads a site's approved comments from the newest back to known ground."""

    kind = "wordpress"
    statement = Statement(
        id_field="id",
        newest_first=True,
        total_available=True,
        time_zone="UTC",
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented API of the site itself, public where the site leaves it on. An edit does not move a comment"
        " to the front, and one that waited for approval stands where it was written: the deep pass finds both.",
    )
    Options = WordPressOptions
    options: WordPressOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch(1)

    def read(self, page: Page) -> Reading:
        """Return the comments of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at({"comments": document}, "comments")
        if found is None:
            return without_list(page, document, "comments")
        number = int(page.context.get("page", 1))
        pages = count_at(dict(page.headers), "x-wp-totalpages")
        ends = not found or (number >= pages if pages is not None else len(found) < PAGE_SIZE)
        return replace(
            read_items(page, [comment for comment in found if not _links_back(comment)], _mention),
            passed_over=ids_of(comment for comment in found if _links_back(comment)),
            follow=() if ends else (self._fetch(number + 1, continues=True),),
            total_told=count_at(dict(page.headers), "x-wp-total"),
            reached_end=ends,
        )

    def _fetch(self, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page; `_embed` brings the title of what was commented on."""
        url = address(
            self.settings.base_url,
            self.options.site_url,
            *("wp-json", "wp", "v2", "comments"),
            per_page=PAGE_SIZE,
            page=number,
            orderby="date_gmt",
            order="desc",
            _embed="up",
        )
        return Fetch(url, context={"page": number}, continues=continues)


def _links_back(comment: Item) -> bool:
    """Return whether this is another site's notice that it links here."""
    return words_at(comment, "type") in _LINKS_BACK


def _mention(comment: Item) -> RawMention:
    """Return a comment as a mention; its subject is the page that it stands under."""
    return RawMention(
        external_id=words_at(comment, "id"),
        author=words_at(comment, "author_name"),
        text=words_at(comment, "content", "rendered"),
        published=words_at(comment, "date_gmt") or words_at(comment, "date"),
        published_zone="UTC" if words_at(comment, "date_gmt") else None,
        url=words_at(comment, "link"),
        subject=words_at(comment, "_embedded", "up", 0, "title", "rendered"),
        payload={name: value_at(comment, name) for name in ("post", "parent", "type")},
    )
