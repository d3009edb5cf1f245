"""Posts on Bluesky that speak of a brand: the network's search.

`GET https://api.bsky.app/xrpc/app.bsky.feed.searchPosts?q=&sort=latest&limit=100&until=`; with an account, after
`com.atproto.server.createSession`, on https://bsky.social. The cursor leads to no second page without an account, so
the next page is another query in both cases, for what was before the last post. The service sorts by the earlier of
what the writer's clock said (`createdAt`) and when it saw the post (`indexedAt`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import bearer
from twelvefold.crawlers.answers import (
    Item,
    address,
    ids_of,
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

HOST = "https://api.bsky.app"
HOST_WITH_ACCOUNT = "https://bsky.social"
PAGE_SIZE = 100
_KEPT = ("cid", "indexedAt", "likeCount", "replyCount", "repostCount", "quoteCount")
_TICK = timedelta(milliseconds=1)


class BlueskyOptions(Settings):
    """The keys of `bluesky` in config.yaml.

    Attributes:
        query: The words to look for.
        handle, app_password: Of an account, where the public search lets nobody in.
    """

    query: Annotated[str, Field(min_length=1)]
    handle: str | None = None
    app_password: SecretStr | None = None

    @model_validator(mode="after")
    def _handle_and_password(self) -> Self:
        if (self.handle is None) != (self.app_password is None):
            raise ValueError("handle and app_password belong together: give both, or neither for the public search")
        return self


class Bluesky(WebSource):
    """Reads posts from the newest back to known ground, window by window."""

    kind = "bluesky"
    statement = Statement(
        id_field="uri",
        newest_first=True,
        incremental="cursor",
        edits_visible=False,
        precision=Precision.SECOND,
        governed_by_robots=False,
        quota_headers=("RateLimit-Remaining", "RateLimit-Reset"),
        terms="A documented API, public or with an account's app password; 3,000 requests in 5 minutes. Posts cannot be"
        " edited, but taken away: the deep pass finds that, and posts that were dated back.",
    )
    Options = BlueskyOptions
    options: BlueskyOptions
    _token: str = ""

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the request for a session, or the newest window where there is no account."""
        password = self.options.app_password
        if password is None:
            yield self._fetch(None)
            return
        account = {"identifier": self.options.handle, "password": password.get_secret_value()}
        url = address(self.settings.base_url, HOST_WITH_ACCOUNT, "xrpc", "com.atproto.server.createSession")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        body = json.dumps(account).encode()
        yield Fetch(url, "POST", headers, body, context={"token": True}, reads_statuses=(400, 401, 403))

    def read(self, page: Page) -> Reading:
        """Return the posts of one window."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            return _refusal(page, document)
        if page.context.get("token"):
            token = words_at(document, "accessJwt")
            if token is None:
                return _refusal(page, document)
            self._token = token
            return Reading(follow=(self._fetch(None),))
        found = items_at(document, "posts")
        if found is None:
            return without_list(page, document, "posts")
        silent = [post for post in found if value_at(post, "record", "text") == ""]  # a picture alone
        reading = replace(
            read_items(page, [post for post in found if post not in silent], _mention),
            passed_over=ids_of(silent, "uri"),
        )
        if not found or words_at(document, "cursor") is None:
            return replace(reading, reached_end=True)
        until = _next_until(found, _time(page.context.get("until")))
        if until is None:  # nothing but what stood last before; a full page may hide more
            return replace(reading, reached_end=len(found) < PAGE_SIZE, overflow=len(found) >= PAGE_SIZE)
        written = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return replace(reading, follow=(self._fetch(written),))

    def _fetch(self, until: str | None) -> Fetch:
        """Return the request for the posts before `until`."""
        url = address(
            self.settings.base_url,
            HOST_WITH_ACCOUNT if self._token else HOST,
            *("xrpc", "app.bsky.feed.searchPosts"),
            q=self.options.query,
            sort="latest",
            limit=PAGE_SIZE,
            until=until,
        )
        headers = bearer(self._token) if self._token else {"Accept": "application/json"}
        return Fetch(
            url,
            headers=headers,
            context={"until": until},
            continues=until is not None,
            reads_statuses=(400, 401, 403),
        )


def _refusal(page: Page, document: object) -> Reading:
    """Return the reading of an answer that tells an error."""
    told = sentence_at(document, "message") or sentence_at(document, "error") or f"status {page.status}"
    mend = "check handle and app_password" if page.context.get("token") else "give handle and app_password"
    return Reading(status=SourceStatus.BLOCKED, message=f"Bluesky lets nobody in: {told}; {mend} in config.yaml")


def _next_until(found: list[Item], before: datetime | None) -> datetime | None:
    """Return where the next window ends, or None where these posts lead no further back than `before`.

    The service's own clock decides first: a post that was dated back by years must not take the window with it.
    """
    seen = [at for post in found if (at := _time(value_at(post, "indexedAt"))) is not None]
    told = [at for post in found if (at := _time(value_at(post, "record", "createdAt"))) is not None]
    for times in (seen, seen + told):
        if times and (before is None or min(times) + _TICK < before):
            return min(times) + _TICK
    return None


def _time(written: object) -> datetime | None:
    """Return a time to the millisecond, or None where there is none."""
    try:
        at = datetime.fromisoformat(str(written))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        return at.replace(microsecond=at.microsecond // 1000 * 1000) + _TICK - _TICK  # within a calendar's bounds
    except (ValueError, OverflowError):
        return None


def _mention(post: Item) -> RawMention:
    """Return a post as a mention."""
    uri = words_at(post, "uri")
    handle = words_at(post, "author", "handle")
    return RawMention(
        external_id=uri,
        author=handle or words_at(post, "author", "did"),
        text=words_at(post, "record", "text"),
        published=words_at(post, "record", "createdAt") or words_at(post, "indexedAt"),
        url=f"https://bsky.app/profile/{handle}/post/{uri.rpartition('/')[2]}" if uri and handle else None,
        language=words_at(post, "record", "langs", 0),
        payload={
            **{name: post[name] for name in _KEPT if name in post},
            "answers": value_at(post, "record", "reply", "parent", "uri"),
        },
    )
