"""What people write in the issues of a GitHub repository: its REST API.

`GET https://api.github.com/repos/<owner>/<name>/issues?state=all&sort=updated&direction=desc` and
`.../issues/comments?sort=updated&direction=desc`. Both are sorted by the last change, so that edits stand in front; the
next page stands in the Link header. Pull requests come in the same lists and are no opinions. Known from documentation
only; the shape is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field, SecretStr

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
    without_list,
    words_at,
)
from twelvefold.crawlers.paging import next_query
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://api.github.com"
PAGE_SIZE = 100
_LISTS = {"issues": ("issues",), "comments": ("issues", "comments")}
_KEPT = ("number", "state", "state_reason", "comments", "updated_at", "closed_at")


class GitHubOptions(Settings):
    """The keys of `github` in config.yaml.

    Attributes:
        repository: As "owner/name".
        token: A token that may read issues: needed for private repositories, and 5,000 requests an hour in place of 60.
    """

    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    token: SecretStr | None = None


class GitHub(WebSource):
    """Reads issues and their comments, each from the one last changed back to known ground."""

    kind = "github"
    statement = Statement(
        id_field="node_id",
        newest_first=True,
        incremental="cursor",
        precision=Precision.SECOND,
        governed_by_robots=False,
        quota_headers=("X-RateLimit-Remaining", "X-RateLimit-Reset"),
        terms="A documented API under GitHub's Terms of Service: 60 requests an hour without a token. Issues and their"
        " comments, no pull requests and no discussions.",
    )
    Options = GitHubOptions
    options: GitHubOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of issues and that of comments."""
        for name in _LISTS:
            yield self._fetch(name, {})

    def read(self, page: Page) -> Reading:
        """Return the issues or the comments of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            return self._refusal(page, document)
        found = items_at({"issues": document}, "issues")
        if found is None:
            return without_list(page, document, "issues")
        following = next_query(page) if found else None
        name = str(page.context.get("list", "issues"))
        return replace(
            read_items(page, [item for item in found if _is_opinion(item)], _mention),
            passed_over=ids_of((item for item in found if not _is_opinion(item)), "node_id"),
            follow=(self._fetch(name, following, continues=True),) if following else (),
            reached_end=not following,
        )

    def _refusal(self, page: Page, document: object) -> Reading:
        """Return the reading of an answer that tells an error instead of items."""
        told = sentence_at(document, "message") or f"status {page.status}"
        if page.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in told:
            problem = f"GitHub answers no more for now: {told}; give a token in config.yaml"
            return Reading(status=SourceStatus.RATE_LIMITED, message=problem)
        if page.status in (404, 410):
            problem = f"GitHub shows no issues of {self.options.repository}: {told}; check repository, or give a token"
            return Reading(status=SourceStatus.FAILED, message=problem)
        return Reading(status=SourceStatus.BLOCKED, message=f"GitHub lets nobody in: {told}; check token")

    def _fetch(self, name: str, following: dict[str, str], *, continues: bool = False) -> Fetch:
        """Return the request for a page; `following` is the query of the one that the service named."""
        own = {"sort": "updated", "direction": "desc", "per_page": str(PAGE_SIZE)}
        own |= {"state": "all"} if name == "issues" else {}
        owner, repository = self.options.repository.split("/")
        path = ("repos", owner, repository, *_LISTS[name])
        url = address(self.settings.base_url, HOST, *path, **{**own, **following})
        token = self.options.token
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if token is not None:
            headers = {**bearer(token.get_secret_value()), **headers}
        return Fetch(
            url, headers=headers, context={"list": name}, continues=continues, reads_statuses=(401, 403, 404, 410)
        )


def _is_opinion(item: Item) -> bool:
    """Return whether this is an issue or a comment on one: pull requests are work, not opinions."""
    return "pull_request" not in item and "/pull/" not in (words_at(item, "html_url") or "")


def _mention(item: Item) -> RawMention:
    """Return an issue or a comment as a mention."""
    return RawMention(
        external_id=words_at(item, "node_id"),
        author=words_at(item, "user", "login"),
        title=words_at(item, "title"),
        text=words_at(item, "body"),
        published=words_at(item, "created_at"),
        url=words_at(item, "html_url"),
        payload={name: item[name] for name in _KEPT if name in item},
    )
