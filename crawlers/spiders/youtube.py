"""Comments on a YouTube channel's videos, or on one video: the Data API.

`GET https://www.googleapis.com/youtube/v3/commentThreads?part=snippet,replies&order=time&maxResults=100`. A thread
brings some of its replies; the others stand in `comments?parentId=`. Pages repeat comments. `pageInfo.totalResults` is
the number on the page. Disabled comments are answered with an error, and are none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    changed,
    count_at,
    items_at,
    json_of,
    read_items,
    sentence_at,
    value_at,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://www.googleapis.com"
PAGE_SIZE = 100
_SPENT = frozenset(("quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded"))
_MISSING = frozenset(("videoNotFound", "channelNotFound", "commentThreadNotFound", "commentNotFound"))
_KEPT = ("videoId", "channelId", "parentId", "likeCount", "updatedAt")


class YouTubeOptions(Settings):
    """The keys of `youtube` in config.yaml.

    Attributes:
        channel: The channel's id ("UC..."), for the comments on all its videos.
        video: Or a video's id, as in its address after "v=".
        api_key: Of a project in which the YouTube Data API is enabled.
    """

    channel: Annotated[str, Field(pattern=r"^UC[\w-]{10,40}$")] | None = None
    video: Annotated[str, Field(pattern=r"^[\w-]{5,40}$")] | None = None
    api_key: SecretStr

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.channel is None) == (self.video is None):
            raise ValueError("give either channel or video")
        return self


class YouTube(WebSource):
    """Reads threads from the newest back to known ground, and all replies when everything is read."""

    kind = "youtube"
    statement = Statement(
        id_field="id",
        newest_first=True,
        incremental="cursor",
        precision=Precision.SECOND,
        storage_policy="keep_hours: 720",
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the YouTube API Services terms: 10,000 requests a day, and what is stored must be"
        " read anew or deleted after 30 days (Developer Policies, III.E.4.d): the words go then. Threads come sorted"
        " by their first comment; edits, and late or many replies, are found by the deep pass.",
    )
    Options = YouTubeOptions
    options: YouTubeOptions
    _reads_all_replies: bool = True

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of threads."""
        self._reads_all_replies = asked.deep or asked.newest is None
        yield self._threads(None)

    def read(self, page: Page) -> Reading:
        """Return the comments of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if value_at(document, "error") is not None:
            return _refusal(document)
        found = items_at(document, "items")
        if found is None:
            return without_list(page, document, "items")
        if page.status >= 400:
            return changed(page, f"it answers {page.status} without an error")
        token = words_at(document, "nextPageToken")
        parent = page.context.get("parent")
        further = () if token is None else (self._replies(str(parent), token) if parent else self._threads(token),)
        more = tuple(self._replies(thread, None) for thread in _unfinished(found) if self._reads_all_replies)
        reading = read_items(page, _comments(found), _mention)
        return replace(reading, follow=(*further, *more), reached_end=token is None)

    def _threads(self, token: str | None) -> Fetch:
        """Return the request for a page of threads."""
        options = self.options
        about = {"videoId": options.video} if options.video else {"allThreadsRelatedToChannelId": options.channel}
        return self._fetch("commentThreads", {}, token, **about, part="snippet,replies", order="time")

    def _replies(self, parent: str, token: str | None) -> Fetch:
        """Return the request for a page of the replies to one comment."""
        return self._fetch("comments", {"parent": parent}, token, parentId=parent, part="snippet")

    def _fetch(self, name: str, context: dict[str, str], token: str | None, **query: str | None) -> Fetch:
        url = address(
            self.settings.base_url,
            HOST,
            *("youtube", "v3", name),
            **query,
            textFormat="plainText",
            maxResults=PAGE_SIZE,
            pageToken=token,
        )
        headers = {"X-Goog-Api-Key": self.options.api_key.get_secret_value(), "Accept": "application/json"}
        return Fetch(
            url, headers=headers, context=context, continues=token is not None, reads_statuses=(400, 401, 403, 404)
        )


def _comments(found: list[Item]) -> Iterator[Item]:
    """Yield the comments of threads, or of a list of comments.

    Replies stand before what they answer: the last comment of a page tells how far back it goes.
    """
    for item in found:
        for reply in items_at(item, "replies", "comments") or ():
            yield {**reply, "thread": item}
        top = value_at(item, "snippet", "topLevelComment")
        yield {**top, "thread": item} if isinstance(top, dict) else item


def _unfinished(found: list[Item]) -> Iterator[str]:
    """Yield the ids of threads that have more replies than they brought."""
    for item in found:
        brought = items_at(item, "replies", "comments") or []
        thread = words_at(item, "snippet", "topLevelComment", "id")
        if thread is not None and (count_at(item, "snippet", "totalReplyCount") or 0) > len(brought):
            yield thread


def _mention(comment: Item) -> RawMention:
    """Return a comment as a mention."""
    number = words_at(comment, "id")
    video = words_at(comment, "snippet", "videoId") or words_at(comment, "thread", "snippet", "videoId")
    return RawMention(
        external_id=number,
        author=words_at(comment, "snippet", "authorDisplayName")
        or words_at(comment, "snippet", "authorChannelId", "value"),
        text=words_at(comment, "snippet", "textOriginal") or words_at(comment, "snippet", "textDisplay"),
        published=words_at(comment, "snippet", "publishedAt"),
        url=f"https://www.youtube.com/watch?v={video}&lc={number}" if video and number else None,
        payload={name: value_at(comment, "snippet", name) for name in _KEPT},
    )


def _refusal(document: object) -> Reading:
    """Return the reading of an error that the API tells."""
    reason = words_at(document, "error", "errors", 0, "reason") or ""
    told = sentence_at(document, "error", "message") or reason or "no reason"
    if reason == "commentsDisabled":
        return Reading(reached_end=True, message="comments are disabled there: nothing to read")
    if reason in _SPENT:
        return Reading(status=SourceStatus.RATE_LIMITED, message=f"YouTube answers no more today: {told}")
    if reason in _MISSING:
        return Reading(
            status=SourceStatus.FAILED, message=f"YouTube finds nothing there: {told}; check channel or video"
        )
    problem = f"YouTube lets nobody in ({reason or 'no reason'}): {told}; check api_key"
    return Reading(status=SourceStatus.BLOCKED, message=problem)
