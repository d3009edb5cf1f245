"""Reviews of one's own app in all App Stores: Apple's App Store Connect API.

`GET https://api.appstoreconnect.apple.com/v1/apps/<id>/customerReviews?sort=-createdDate&include=response` answers in
JSON:API form; `links.next` leads on, and the developer's replies stand in
`included`. Each request is signed for itself (ES256), as Apple takes tokens of
20 minutes at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import bearer, key_file, page_refused, private_key, signed_token
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    items_at,
    json_of,
    number_at,
    read_items,
    sentence_at,
    value_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

HOST = "https://api.appstoreconnect.apple.com"
PAGE_SIZE = 200
_AUDIENCE = "appstoreconnect-v1"
_LIFE = timedelta(minutes=15)
_RIGHTS = "check key_id, issuer_id and key, and that the key's role may read reviews"
_NOT_KEPT = ("title", "body", "reviewerNickname")


def _key(written: SecretStr, info: ValidationInfo) -> SecretStr:
    """Return a private key that Apple's tokens can be signed with."""
    return SecretStr(private_key(key_file(written, info, "-----BEGIN"), "ES256"))


class AppStoreConnectOptions(Settings):
    """The keys of `app_store_connect` in config.yaml.

    Attributes:
        app_id: The number in the app's address, after "id".
        key_id, issuer_id: Of the API key, as App Store Connect shows them.
        key: The key's file (AuthKey_....p8), or its content from the environment.
    """

    app_id: Annotated[int, Field(gt=0)]
    key_id: Annotated[str, Field(min_length=1)]
    issuer_id: Annotated[str, Field(min_length=1)]
    key: Annotated[SecretStr, AfterValidator(_key)]


class AppStoreConnect(WebSource):
    """Reads the reviews of all stores from the newest back to known ground."""

    kind = "app_store_connect"
    statement = Statement(
        id_field="id",
        newest_first=True,
        incremental="cursor",
        total_available=True,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        reply_limit=5970,
        terms="A documented API for the app's own developer (Apple Developer Program License Agreement). It tells the"
        " store's territory and no language. An edit or a reply does not move a review to the front: the deep pass"
        " finds it.",
    )
    Options = AppStoreConnectOptions
    options: AppStoreConnectOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch(None, asked.now)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            error = value_at(document, "errors", 0)
            told = sentence_at(error, "detail") or sentence_at(error, "title")
            return page_refused(page, "App Store Connect", told, missing="app_id", rights=_RIGHTS)
        found = items_at(document, "data")
        if found is None:
            return without_list(page, document, "data")
        replies = {words_at(one, "id"): one for one in items_at(document, "included") or []}
        link = words_at(document, "links", "next")
        cursor = parse_qs(urlsplit(link).query).get("cursor") if link else None
        follow = (self._fetch(cursor[0], page.retrieved_at, continues=True),) if cursor else ()
        return replace(
            read_items(page, found, lambda review: _mention(review, replies)),
            follow=follow,
            total_told=count_at(document, "meta", "paging", "total"),
            reached_end=link is None,
        )

    def _fetch(self, cursor: str | None, now: datetime, *, continues: bool = False) -> Fetch:
        """Return the request for the page at `cursor`, signed."""
        url = address(
            self.settings.base_url,
            HOST,
            *("v1", "apps", self.options.app_id, "customerReviews"),
            sort="-createdDate",
            include="response",
            limit=PAGE_SIZE,
            cursor=cursor,
        )
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.options.issuer_id,
            "iat": issued_at,
            "exp": issued_at + int(_LIFE.total_seconds()),
            "aud": _AUDIENCE,
        }
        token = signed_token(claims, self.options.key.get_secret_value(), "ES256", kid=self.options.key_id)
        return Fetch(url, headers=bearer(token), continues=continues, reads_statuses=(401, 403, 404))


def _mention(review: Item, replies: dict[str | None, Item]) -> RawMention:
    """Return a review as a mention, with the reply that is published or about to be."""
    attributes = value_at(review, "attributes")
    reply = replies.get(words_at(review, "relationships", "response", "data", "id"))
    return RawMention(
        external_id=words_at(review, "id"),
        author=words_at(attributes, "reviewerNickname"),
        title=words_at(attributes, "title"),
        text=words_at(attributes, "body"),
        rating=number_at(attributes, "rating"),
        rating_best=5,
        rating_worst=1,
        published=words_at(attributes, "createdDate"),
        reply_text=words_at(reply, "attributes", "responseBody"),
        reply_at=words_at(reply, "attributes", "lastModifiedDate"),
        payload=without(attributes, *_NOT_KEPT) if isinstance(attributes, dict) else {},
    )
