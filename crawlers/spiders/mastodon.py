"""Public posts on a Mastodon server: a hashtag's timeline, or the full-text search with a token.

`GET https://<instance>/api/v1/timelines/tag/<hashtag>?limit=40` needs no key on most servers; the next page stands in
the Link header. `GET https://<instance>/api/v2/search?type=statuses&q=` finds nothing without a token, and on servers
without full-text search. Both are sorted by id, which is the time of writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import bearer
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
from twelvefold.crawlers.paging import next_query
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

PAGE_SIZE = 40
_KEPT = ("uri", "visibility", "sensitive", "in_reply_to_id", "edited_at", "replies_count", "favourites_count")


def _instance(written: str) -> str:
    """Return the address of a server that may be written as its name alone."""
    return web_address(written if "://" in written else f"https://{written}")


class MastodonOptions(Settings):
    """The keys of `mastodon` in config.yaml.

    Attributes:
        instance: The server, as "mastodon.social".
        hashtag: Whose posts to read, without "#".
        query: Or the words to look for; this needs a token.
        token: An access token with the right read:search, or read:statuses where the server shows nothing without.
    """

    instance: Annotated[str, AfterValidator(_instance)]
    hashtag: Annotated[str, Field(pattern=r"^#?[\w·]+$")] | None = None
    query: Annotated[str, Field(min_length=1)] | None = None
    token: SecretStr | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.hashtag is None) == (self.query is None):
            raise ValueError("give either hashtag or query")
        if self.query is not None and self.token is None:
            raise ValueError(
                "query needs a token: Mastodon searches the words of posts for accounts only; or use hashtag"
            )
        return self


class Mastodon(WebSource):
    """Reads posts from the newest back to known ground."""

    kind = "mastodon"
    statement = Statement(
        id_field="id",
        newest_first=True,
        incremental="cursor",
        precision=Precision.SECOND,
        governed_by_robots=False,
        quota_headers=("X-RateLimit-Remaining", "X-RateLimit-Reset"),
        terms="A documented API; the server's own rules hold, 300 requests in 5 minutes. Public posts only, and only"
        " those that the server knows of. Posts that come late from other servers stand below newer ones, and edits do"
        " not move a post to the front: the deep pass finds both.",
    )
    Options = MastodonOptions
    options: MastodonOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch({})

    def read(self, page: Page) -> Reading:
        """Return the posts of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            told = sentence_at(document, "error") or f"status {page.status}"
            mend = "give a token of an account there, or another instance"
            return Reading(status=SourceStatus.BLOCKED, message=f"{self.options.instance} says: {told}; {mend}")
        found = items_at(document, "statuses") if self.options.query else items_at({"posts": document}, "posts")
        if found is None:
            return without_list(page, document, "statuses")
        posts = [post for post in found if _is_opinion(post)]
        following = self._following(page, found)
        return replace(
            read_items(page, posts, _mention),
            passed_over=ids_of(post for post in found if not _is_opinion(post)),
            follow=(self._fetch(following, continues=True),) if following else (),
            reached_end=not following,
        )

    def _following(self, page: Page, found: list[Item]) -> dict[str, str | int] | None:
        """Return what the query of the next page has of its own, or None where there is none."""
        if not found:
            return None
        if self.options.query:
            return {"offset": int(page.context.get("offset", 0)) + len(found)}
        named = next_query(page)
        return {"max_id": named["max_id"]} if named and "max_id" in named else None

    def _fetch(self, following: dict[str, str | int], *, continues: bool = False) -> Fetch:
        """Return the request for a page."""
        if self.options.query:
            path: tuple[str, ...] = ("api", "v2", "search")
            query: dict[str, str | int] = {"type": "statuses", "q": self.options.query}
        else:
            path = ("api", "v1", "timelines", "tag", (self.options.hashtag or "").lstrip("#"))
            query = {}
        url = address(self.settings.base_url, self.options.instance, *path, **query, limit=PAGE_SIZE, **following)
        token = self.options.token
        headers = bearer(token.get_secret_value()) if token is not None else {}
        return Fetch(url, headers=headers, context=following, continues=continues, reads_statuses=(401, 403, 422))


def _is_opinion(post: Item) -> bool:
    """Return whether somebody says something: no boost of another's post, no picture without words."""
    return value_at(post, "reblog") is None and bool(words_at(post, "content") or words_at(post, "spoiler_text"))


def _mention(post: Item) -> RawMention:
    """Return a post as a mention; what it warns of stands as its title."""
    return RawMention(
        external_id=words_at(post, "id"),
        author=words_at(post, "account", "acct"),
        title=words_at(post, "spoiler_text"),
        text=words_at(post, "content"),
        published=words_at(post, "created_at"),
        url=words_at(post, "url") or words_at(post, "uri"),
        language=words_at(post, "language"),
        payload={**{name: value_at(post, name) for name in _KEPT}, "bot": flag_at(post, "account", "bot")},
    )
