"""Submissions on Reddit that speak of a brand: the API with keys, the search feed without.

`GET https://oauth.reddit.com/[r/<subreddit>/]search?q=&sort=new&limit=100&raw_json=1&after=` with a token for client
credentials; `GET https://www.reddit.com/[r/<subreddit>/]search.rss?q=&sort=new` without keys, one page only, and where
robots.txt allows it. A list ends after about 1,000 items, however many there are.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import access_token, bearer, token_fetch, token_refused
from twelvefold.crawlers.answers import (
    Item,
    address,
    changed,
    items_at,
    json_of,
    read_items,
    sentence_at,
    value_at,
    without_list,
    words_at,
)
from twelvefold.crawlers.feeds import Entry, FeedError, entries_once, read_feed
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.crawlers.walls import wall_in
from twelvefold.records import Precision, RawMention, SourceStatus

API = "https://oauth.reddit.com"
SITE = "https://www.reddit.com"
PAGE_SIZE = 100
FEED_PAGE_SIZE = 25
WINDOW = 950
"""From here on a list that ends may have been cut: about 1,000 items are shown, less those that were taken away."""

_GONE = frozenset(("[deleted]", "[removed]"))
_KEPT = ("subreddit", "score", "num_comments", "over_18", "edited", "url", "parent_id", "link_id", "link_title")
_WRITTEN_FROM, _WRITTEN_TO = "<!-- SC_OFF -->", "<!-- SC_ON -->"
_DEEPEST = 20


class RedditOptions(Settings):
    """The keys of `reddit` in config.yaml.

    Attributes:
        query: The words to look for.
        subreddit: Where to look, without "r/"; everywhere if not given.
        client_id, client_secret: Of an application registered at reddit.com/prefs/apps.
    """

    query: Annotated[str, Field(min_length=1)]
    subreddit: Annotated[str, Field(pattern=r"^\w+$")] | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None

    @model_validator(mode="after")
    def _id_and_secret(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("client_id and client_secret belong together: give both, or neither for the search feed")
        return self


class Reddit(WebSource):
    """Reads submissions from the newest back to known ground."""

    kind = "reddit"
    statement = Statement(
        id_field="name",
        newest_first=True,
        window="about 1,000 submissions with keys, one page without",
        incremental="cursor",
        precision=Precision.SECOND,
        reply_limit=10_000,
        quota_headers=("X-RateLimit-Remaining", "X-RateLimit-Reset"),
        terms="The Data API under Reddit's developer terms: what its writer takes away must go, which the deep pass"
        " sees to. Without keys the public search feed, which robots.txt mostly forbids. Submissions, no comments.",
    )
    Options = RedditOptions
    options: RedditOptions
    _token: str = ""

    @property
    def is_governed_by_robots(self) -> bool:
        """Whether robots.txt decides: for the public feed, not for the API."""
        return self.options.client_secret is None

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the request for a token, or the search feed where there are no keys."""
        secret = self.options.client_secret
        if secret is None:
            yield Fetch(self._address(SITE, "search.rss", limit=PAGE_SIZE), context={"feed": True}, conditional=True)
            return
        pair = b64encode(f"{self.options.client_id}:{secret.get_secret_value()}".encode()).decode()
        asked_for = token_fetch(
            address(self.settings.base_url, SITE, "api", "v1", "access_token"), {"grant_type": "client_credentials"}
        )
        yield replace(asked_for, headers={**asked_for.headers, "Authorization": f"Basic {pair}"})

    def read(self, page: Page) -> Reading:
        """Return the submissions of one page."""
        if page.context.get("token"):
            token = access_token(page)
            if token is None:
                return token_refused(page, "Reddit", "client_id and client_secret")
            self._token = token
            return Reading(follow=(self._fetch(None, 0),))
        return _read_search_feed(page) if page.context.get("feed") else self._read_listing(page)

    def _read_listing(self, page: Page) -> Reading:
        """Return what the API lists."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if value_at(document, "error") is not None:
            told = sentence_at(document, "message") or sentence_at(document, "error") or "no reason"
            return Reading(status=SourceStatus.BLOCKED, message=f"Reddit lets nobody in: {told}; check its keys")
        things = list(_things(document))
        if not things and items_at(document, "data", "children") is None:
            return without_list(page, value_at(document, "data") or document, "children")
        here = [thing for thing in things if not _is_gone(thing)]
        after = words_at(document, "data", "after")
        read = int(page.context.get("read", 0)) + len(things)
        return replace(
            read_items(page, here, _mention),
            removed=tuple(name for thing in things if _is_gone(thing) and (name := words_at(thing, "name"))),
            follow=(self._fetch(after, read),) if after else (),
            reached_end=after is None and read < WINDOW,
            overflow=after is None and read >= WINDOW,
        )

    def _fetch(self, after: str | None, read: int) -> Fetch:
        """Return the request for the page after the item `after`."""
        url = self._address(API, "search", limit=PAGE_SIZE, type="link", raw_json=1, after=after)
        return Fetch(url, headers=bearer(self._token), context={"read": read}, continues=after is not None)

    def _address(self, host: str, name: str, **query: str | int | None) -> str:
        """Return the address of a search, within a subreddit if one is given."""
        place = ("r", self.options.subreddit) if self.options.subreddit else ()
        inside = {"restrict_sr": 1} if place else {}
        return address(self.settings.base_url, host, *place, name, q=self.options.query, sort="new", **inside, **query)


def _things(document: Any, depth: int = 0) -> Iterator[Item]:
    """Yield the submissions and comments of a listing, or of several, replies after what they answer."""
    if isinstance(document, list):
        for listing in document:
            yield from _things(listing, depth)
        return
    for child in items_at(document, "data", "children") or ():
        thing = value_at(child, "data")
        if value_at(child, "kind") in ("t1", "t3") and isinstance(thing, dict):
            yield thing
            if depth < _DEEPEST:
                yield from _things(thing.get("replies"), depth + 1)


def _is_gone(thing: Item) -> bool:
    """Return whether its writer or a moderator has taken it away."""
    return words_at(thing, "selftext") in _GONE or words_at(thing, "body") in _GONE


def _mention(thing: Item) -> RawMention:
    """Return a submission or a comment as a mention; its subject is the subreddit."""
    link, subreddit = words_at(thing, "permalink"), words_at(thing, "subreddit")
    return RawMention(
        external_id=words_at(thing, "name"),
        author=words_at(thing, "author"),
        title=words_at(thing, "title"),
        text=words_at(thing, "selftext") or words_at(thing, "body"),
        published=words_at(thing, "created_utc"),
        url=f"{SITE}{link}" if link else None,
        subject=f"r/{subreddit}" if subreddit else None,
        payload={name: thing[name] for name in _KEPT if name in thing},
    )


def _read_search_feed(page: Page) -> Reading:
    """Return the entries of the public search feed."""
    try:
        feed = read_feed(page.text)
    except FeedError as exc:
        if sign := wall_in(page.text):
            return Reading(status=SourceStatus.BLOCKED, message=f"{page.url} is a wall, not a feed: {sign}")
        return changed(page, f"it is no feed: {exc}")
    entries = list(entries_once(feed))
    is_full = bool(entries) and len(entries) % FEED_PAGE_SIZE == 0
    return replace(read_items(page, entries, _mention_of_entry), reached_end=not is_full, overflow=is_full)


def _mention_of_entry(entry: Entry) -> RawMention:
    """Return an entry as a mention, without the line in which Reddit names its writer."""
    written = (entry.text or "").partition(_WRITTEN_FROM)[2].rpartition(_WRITTEN_TO)[0]
    return RawMention(
        external_id=entry.id,
        author=(entry.author or "").removeprefix("/u/") or None,
        title=entry.title,
        text=written or None,
        published=entry.published,
        url=entry.url,
    )
