"""Shop and product reviews collected by Trusted Shops: the eTrusted API, one list a channel.

`GET https://api.etrusted.com/reviews?channels=<channel>&count=100&after=<id>`: those submitted before the review
`after`, newest first. Access tokens last an hour and come from
`POST https://login.etrusted.com/oauth/token`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import access_token, bearer, token_fetch, token_refused
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    ids_of,
    items_at,
    json_of,
    number_at,
    read_items,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

HOST = "https://api.etrusted.com"
LOGIN_HOST = "https://login.etrusted.com"
PAGE_SIZE = 100
_NOT_KEPT = ("customer", "title", "comment", "reply", "transaction", "questionnaire")


class TrustedShopsOptions(Settings):
    """The keys of `trusted_shops` in config.yaml.

    Attributes:
        shop_id: The channel's id ("chl-...").
        token: An access token that something else renews; or, instead:
        client_id, client_secret: Of the API application, from which a token is fetched each night.
    """

    shop_id: Annotated[str, Field(min_length=1)]
    token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if self.token is None and (self.client_id is None or self.client_secret is None):
            raise ValueError("token is missing; give it, or client_id and client_secret to have one fetched")
        return self


class TrustedShops(WebSource):
    """Reads a channel's reviews from the one last submitted back to known ground."""

    kind = "trusted_shops"
    statement = Statement(
        id_field="id",
        newest_first=True,
        incremental="cursor",
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the shop's contract with Trusted Shops. Names of customers are only hashed, their"
        " e-mail addresses and orders never kept. An edit or a reply does not move a review to the front: the deep pass"
        " finds it.",
    )
    Options = TrustedShopsOptions
    options: TrustedShopsOptions
    _token: str = ""

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the request for a token, or the first page where there is one."""
        if self.options.token is not None:
            self._token = self.options.token.get_secret_value()
            yield self._fetch(None)
        elif self.options.client_id is not None and self.options.client_secret is not None:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.options.client_id,
                "client_secret": self.options.client_secret.get_secret_value(),
                "audience": HOST,
            }
            yield token_fetch(address(self.settings.base_url, LOGIN_HOST, "oauth", "token"), form)

    def read(self, page: Page) -> Reading:
        """Return the approved reviews of one page, and the ids of those that are rejected."""
        if page.context.get("token"):
            token = access_token(page)
            if token is None:
                return token_refused(page, "Trusted Shops", "client_id and client_secret")
            self._token = token
            return Reading(follow=(self._fetch(None),))
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at(document, "items")
        if found is None:
            return without_list(page, document, "items")
        reading = read_items(page, filter(_is_approved, found), _mention)
        last = words_at(found[-1], "id") if found else None
        follow = (self._fetch(last, continues=True),) if last else ()
        return replace(
            reading,
            follow=follow,
            removed=ids_of(review for review in found if words_at(review, "status") == "REJECTED"),
            passed_over=ids_of(review for review in found if not _is_approved(review)),
            total_told=count_at(document, "paging", "totalElements"),
            reached_end=not found,
        )

    def _fetch(self, after: str | None, *, continues: bool = False) -> Fetch:
        """Return the request for the reviews submitted before the review `after`."""
        url = address(
            self.settings.base_url, HOST, "reviews", channels=self.options.shop_id, count=PAGE_SIZE, after=after
        )
        return Fetch(url, headers=bearer(self._token), continues=continues)


def _is_approved(review: Item) -> bool:
    """Return whether a review is shown: it is neither rejected nor still looked at."""
    return words_at(review, "status") in (None, "APPROVED")


def _mention(review: Item) -> RawMention:
    """Return a review as a mention."""
    names = (words_at(review, "customer", "firstName"), words_at(review, "customer", "lastName"))
    return RawMention(
        external_id=words_at(review, "id"),
        author=words_at(review, "customer", "fullName") or " ".join(name for name in names if name) or None,
        title=words_at(review, "title"),
        text=words_at(review, "comment"),
        rating=number_at(review, "rating"),
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "submittedAt") or words_at(review, "createdAt"),
        language=words_at(review, "questionnaire", "locale"),
        subject=words_at(review, "product", "name") or words_at(review, "channel", "name"),
        reply_text=words_at(review, "reply", "comment"),
        reply_at=words_at(review, "reply", "createdAt"),
        payload=without(review, *_NOT_KEPT),
    )
