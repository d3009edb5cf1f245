"""Posts and comments on a Lemmy server that speak of a brand: its public search.

`GET https://<instance>/api/v3/search?q=&type_=Posts|Comments&sort=New&page=&limit=50`. Dates have no zone before
version 0.19: they are UTC. Ids are those of ActivityPub, the same on every server. Known from documentation and clients
only; the shape is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    flag_at,
    ids_of,
    items_at,
    json_of,
    read_items,
    sentence_at,
    value_at,
    web_address,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

PAGE_SIZE = 50
_LISTS = {"Posts": ("posts", "post"), "Comments": ("comments", "comment")}


def _instance(written: str) -> str:
    """Return the address of a server that may be written as its name alone."""
    return web_address(written if "://" in written else f"https://{written}")


class LemmyOptions(Settings):
    """The keys of `lemmy` in config.yaml.

    Attributes:
        instance: The server, as "lemmy.world".
        query: The words to look for.
    """

    instance: Annotated[str, AfterValidator(_instance)]
    query: Annotated[str, Field(min_length=1)]


class Lemmy(WebSource):
    """Reads posts and comments, each from the newest back to known ground."""

    kind = "lemmy"
    statement = Statement(
        id_field="ap_id",
        newest_first=True,
        time_zone="UTC",
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented API without a key; the server's own rules hold, often 100 searches in 10 minutes. Only what"
        " the server knows of. Edits do not move a post to the front: the deep pass finds them.",
    )
    Options = LemmyOptions
    options: LemmyOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of posts and that of comments."""
        for type_ in _LISTS:
            yield self._fetch(type_, 1)

    def read(self, page: Page) -> Reading:
        """Return the posts or the comments of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if problem := sentence_at(document, "error"):
            is_busy = "rate_limit" in problem
            status = SourceStatus.RATE_LIMITED if is_busy else SourceStatus.FAILED
            mend = "the next night asks again" if is_busy else "check instance and query"
            return Reading(status=status, message=f"{self.options.instance} says {problem}: {mend}")
        type_ = str(page.context.get("type", "Posts"))
        name, part = _LISTS[type_]
        found = items_at(document, name)
        if found is None:
            return without_list(page, document, name)
        shown = [view for view in found if not _is_gone(view, part)]
        following = int(page.context.get("page", 1)) + 1
        ends = len(found) < PAGE_SIZE
        return replace(
            read_items(page, shown, partial(_mention, part=part)),
            removed=_ids([view for view in found if _is_gone(view, part)], part),
            follow=() if ends else (self._fetch(type_, following, continues=True),),
            reached_end=ends,
        )

    def _fetch(self, type_: str, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page."""
        url = address(
            self.settings.base_url,
            self.options.instance,
            *("api", "v3", "search"),
            q=self.options.query,
            type_=type_,
            sort="New",
            limit=PAGE_SIZE,
            page=number,
        )
        return Fetch(url, context={"type": type_, "page": number}, continues=continues, reads_statuses=(400,))


def _is_gone(view: Item, part: str) -> bool:
    """Return whether its writer or a moderator has taken it away."""
    return bool(flag_at(view, part, "deleted") or flag_at(view, part, "removed"))


def _ids(views: list[Item], part: str) -> tuple[str, ...]:
    """Return the ids of posts or comments."""
    return ids_of([inner for view in views if isinstance(inner := value_at(view, part), dict)], "ap_id")


def _mention(view: Item, part: str) -> RawMention:
    """Return a post or a comment as a mention."""
    community = words_at(view, "community", "name")
    return RawMention(
        external_id=words_at(view, part, "ap_id"),
        author=words_at(view, "creator", "actor_id") or words_at(view, "creator", "name"),
        title=words_at(view, "post", "name") if part == "post" else None,
        text=words_at(view, part, "body" if part == "post" else "content"),
        published=words_at(view, part, "published"),
        published_zone="UTC",
        url=words_at(view, part, "ap_id"),
        payload={
            "community": community,
            "updated": words_at(view, part, "updated"),
            "link": words_at(view, "post", "url"),
            "score": value_at(view, "counts", "score"),
            "comments": value_at(view, "counts", "comments" if part == "post" else "child_count"),
        },
    )
