"""Reviews of one's own place on Google: the Business Profile API.

`GET https://mybusiness.googleapis.com/v4/accounts/<account>/locations/<location>/reviews?orderBy=updateTime desc`, for
verified locations. Sorted by the last change of the review, so that edits
stand in front. Stars are words ("FIVE"); a comment may hold a translation
beside the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import (
    GOOGLE_TOKENS,
    access_token,
    bearer,
    page_refused,
    token_fetch,
    token_refused,
)
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    items_at,
    json_of,
    read_items,
    sentence_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

HOST = "https://mybusiness.googleapis.com"
PAGE_SIZE = 50
_RIGHTS = "the account must manage the location, and its project needs access to the Business Profile API"
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED_FIRST = re.compile(r"^\(Translated by Google\).*?\(Original\)\s*(.*)$", re.DOTALL)
_TRANSLATED_AFTER = re.compile(r"\s*\(Translated by Google\).*$", re.DOTALL)


def _number_of(collection: str) -> AfterValidator:
    """Return what takes a resource's number out of its name ("accounts/123")."""

    def number(name: str) -> str:
        found = re.fullmatch(rf"(?:.*{collection}/)?([^/\s]+)", name)
        if found is None:
            raise ValueError(f"{name!r} names none of the {collection}; write its number, or {collection}/<number>")
        return found.group(1)

    return AfterValidator(number)


class GoogleBusinessOptions(Settings):
    """The keys of `google_business` in config.yaml.

    Attributes:
        account, location: Their numbers, or their names as the API has them ("accounts/123", "locations/456").
        client_id, client_secret: Of the OAuth client that was granted access to the API.
        refresh_token: What its owner's consent (scope business.manage) brought.
    """

    account: Annotated[str, Field(coerce_numbers_to_str=True), _number_of("accounts")]
    location: Annotated[str, Field(coerce_numbers_to_str=True), _number_of("locations")]
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    refresh_token: SecretStr


class GoogleBusiness(WebSource):
    """Reads a location's reviews from the one last changed back to known ground."""

    kind = "google_business"
    statement = Statement(
        id_field="reviewId",
        newest_first=True,
        incremental="cursor",
        total_available=True,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        reply_limit=4096,
        terms="A documented API for the owners of verified locations; Google grants access to it on application"
        " (Business Profile API policies).",
    )
    Options = GoogleBusinessOptions
    options: GoogleBusinessOptions
    _token: str = ""

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the request for an access token."""
        form = {
            "grant_type": "refresh_token",
            "client_id": self.options.client_id,
            "client_secret": self.options.client_secret.get_secret_value(),
            "refresh_token": self.options.refresh_token.get_secret_value(),
        }
        yield token_fetch(address(self.settings.base_url, GOOGLE_TOKENS, "token"), form)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        if page.context.get("token"):
            token = access_token(page)
            if token is None:
                return token_refused(page, "Google", "client_id, client_secret and refresh_token")
            self._token = token
            return Reading(follow=(self._fetch(None),))
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            told = sentence_at(document, "error", "message")
            return page_refused(page, "Google", told, missing="account and location", rights=_RIGHTS)
        total = count_at(document, "totalReviewCount")
        found = items_at(document, "reviews")
        if found is None:
            if document == {} or total == 0:  # a location without reviews
                return Reading(total_told=total, reached_end=True)
            return without_list(page, document, "reviews")
        following = words_at(document, "nextPageToken")
        return replace(
            read_items(page, found, _mention),
            follow=(self._fetch(following, continues=True),) if following else (),
            total_told=total,
            reached_end=not following,
        )

    def _fetch(self, token: str | None, *, continues: bool = False) -> Fetch:
        """Return the request for the page at `token`."""
        url = address(
            self.settings.base_url,
            HOST,
            *("v4", "accounts", self.options.account, "locations", self.options.location, "reviews"),
            pageSize=PAGE_SIZE,
            orderBy="updateTime desc",
            pageToken=token,
        )
        return Fetch(url, headers=bearer(self._token), continues=continues, reads_statuses=(401, 403, 404))


def _mention(review: Item) -> RawMention:
    """Return a review as a mention, in the words of its writer."""
    return RawMention(
        external_id=words_at(review, "reviewId"),
        author=words_at(review, "reviewer", "displayName"),
        text=_original(words_at(review, "comment")),
        rating=_STARS.get(words_at(review, "starRating") or ""),
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "createTime"),
        reply_text=_original(words_at(review, "reviewReply", "comment")),
        reply_at=words_at(review, "reviewReply", "updateTime"),
        payload=without(review, "reviewer", "comment", "reviewReply"),
    )


def _original(comment: str | None) -> str | None:
    """Return a comment without the translation that Google puts before or behind it."""
    if comment is None:
        return None
    if translated := _TRANSLATED_FIRST.match(comment):
        return translated.group(1) or None
    return _TRANSLATED_AFTER.sub("", comment) or None
