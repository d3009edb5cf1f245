"""Posts in a Discourse forum that speak of a brand: the forum's own search.

`GET <forum>/search.json?q=<words> order:latest&page=`, 50 posts a page and ten pages at most, then another search for
what was before the last day. A search tells the beginning of each post only, so that each post which is new is asked
for as well: `GET <forum>/posts/<id>.json`. A topic that moves up without a new post tells that its last one was edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    changed,
    count_at,
    flag_at,
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

PAGES = 10
"""The search ends here, however many posts there are."""

_OVERLAP = timedelta(days=2)
"""So long before the newest known post one that is not known is looked for, and so long an edit counts as recent."""

_KEPT = ("topic_id", "post_number", "reply_to_post_number", "updated_at", "like_count", "reads", "version")


class DiscourseOptions(Settings):
    """The keys of `discourse` in config.yaml.

    Attributes:
        forum_url: The forum's address, with its folder if it lies in one.
        query: The words to look for; Discourse's own filters ("#category", "tags:") are understood.
    """

    forum_url: Annotated[str, AfterValidator(web_address)]
    query: Annotated[str, Field(min_length=1)]


class Discourse(WebSource):
    """Searches from the newest post back to those that were read before, and reads each post in full."""

    kind = "discourse"
    statement = Statement(
        id_field="id",
        newest_first=True,
        incremental="after",
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented API of the forum, public where the forum is; its own rules hold, often 60 requests a"
        " minute. One request for each new post. A night sees edits of a topic's last post; those of others, and posts"
        " that are gone, are found by the deep pass.",
    )
    Options = DiscourseOptions
    options: DiscourseOptions
    _asked: Asked | None = None

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of the search."""
        self._asked = asked
        yield self._search(1, None)

    def read(self, page: Page) -> Reading:
        """Return one post, or what a page of the search leads to."""
        post = page.context.get("post")
        if post and page.status >= 400:
            return Reading(removed=(str(post),), reached_end=True)
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if post:
            return _read_post(page, document, str(post), page.context)
        if problem := sentence_at(document, "grouped_search_result", "error"):
            told = f"the forum cannot search: {problem}; check query"
            return Reading(status=SourceStatus.FAILED, message=told)
        found = items_at(document, "posts")
        if found is None:
            if isinstance(value_at(document, "grouped_search_result"), dict):  # nothing found
                return Reading(reached_end=True)
            return without_list(page, document, "posts")
        topics = {words_at(topic, "id"): topic for topic in items_at(document, "topics") or ()}
        wanted = [post for post in found if self._is_wanted(post, topics.get(words_at(post, "topic_id")))]
        posts = tuple(fetch for post in wanted if (fetch := self._post(post, topics)) is not None)
        if found and wanted and not posts:
            return changed(page, "its posts have no id")
        further, is_cut = self._further(page, document, found) if wanted else (None, False)
        return Reading(
            follow=(*((further,) if further is not None else ()), *posts),
            passed_over=tuple(number for post in found if (number := words_at(post, "id")) is not None),
            reached_end=further is None and not is_cut,
            overflow=is_cut,
        )

    def _further(self, page: Page, document: object, found: list[Item]) -> tuple[Fetch | None, bool]:
        """Return the request for the search's next page, or None, and whether the search is cut there."""
        if not found or not flag_at(document, "grouped_search_result", "more_full_page_results"):
            return None, False
        number, before = int(page.context.get("page", 1)), page.context.get("before")
        if number < PAGES:
            return self._search(number + 1, before, continues=True), False
        oldest = min((at for post in found if (at := _time_at(post, "created_at")) is not None), default=None)
        day = (oldest + timedelta(days=1)).date().isoformat() if oldest is not None else None
        if day is None or day == before:
            return None, True
        # A list of its own: its first pages repeat the last day, which is no loop.
        return self._search(1, day), False

    def _is_wanted(self, post: Item, topic: Item | None) -> bool:
        """Return whether a post is to be read in full: it is new, or was edited since the last night."""
        asked = self._asked
        if asked is None or asked.deep:
            return True
        recent = asked.now - _OVERLAP
        if words_at(post, "id") in asked.known:
            return _is_edited(post, topic, max(asked.newest or recent, recent))
        at = _time_at(post, "created_at")
        return asked.newest is None or at is None or at >= asked.newest - _OVERLAP

    def _search(self, number: int, before: str | None, *, continues: bool = False) -> Fetch:
        """Return the request for a page of the search."""
        words = f"{self.options.query} order:latest" + (f" before:{before}" if before else "")
        url = address(self.settings.base_url, self.options.forum_url, "search.json", q=words, page=number)
        return Fetch(url, context={"page": number, "before": before}, continues=continues)

    def _post(self, post: Item, topics: dict[str | None, Item]) -> Fetch | None:
        """Return the request for one post in full, or None where it has no id."""
        number = words_at(post, "id")
        if number is None or not number.isdecimal():
            return None
        topic = topics.get(words_at(post, "topic_id"))
        place = (words_at(topic, "slug") or "-", words_at(post, "topic_id"), words_at(post, "post_number"))
        context = {
            "post": number,
            "title": words_at(topic, "title"),
            "url": address(None, self.options.forum_url, "t", *(part or "-" for part in place)),
        }
        url = address(self.settings.base_url, self.options.forum_url, "posts", f"{number}.json")
        return Fetch(url, context=context, reads_statuses=(404, 410))


def _is_edited(post: Item, topic: Item | None, since: datetime) -> bool:
    """Return whether a topic tells that this post of it was edited since.

    An edit of the last post moves its topic up as a new post does, but leaves the time of the last post as it was.
    """
    if topic is None or count_at(post, "post_number") != count_at(topic, "highest_post_number"):
        return False
    moved_at, posted_at = _time_at(topic, "bumped_at"), _time_at(topic, "last_posted_at")
    return moved_at is not None and moved_at > since and moved_at != posted_at


def _time_at(item: Item, name: str) -> datetime | None:
    """Return a time that is told, or None where it cannot be read."""
    try:
        at = datetime.fromisoformat(words_at(item, name) or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _read_post(page: Page, document: object, number: str, context: object) -> Reading:
    """Return one post, or that it is gone."""
    if value_at(document, "deleted_at") is not None or flag_at(document, "user_deleted"):
        return Reading(removed=(number,), reached_end=True)
    return replace(read_items(page, [document], lambda post: mention_of(post, context)), reached_end=True)


def mention_of(post: object, context: object) -> RawMention:
    """Return a post as a mention.

    Args:
        context: What the search told of it: its topic's title, its address.
    """
    return RawMention(
        external_id=words_at(post, "id"),
        author=words_at(post, "username"),
        title=words_at(context, "title") or words_at(post, "topic_title"),
        text=words_at(post, "cooked") or words_at(post, "raw"),
        published=words_at(post, "created_at"),
        url=words_at(context, "url"),
        payload={name: value_at(post, name) for name in _KEPT},
    )
