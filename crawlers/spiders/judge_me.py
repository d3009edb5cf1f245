"""Product and shop reviews collected by Judge.me: its REST API, one list a shop.

`GET https://api.judge.me/api/v1/reviews?shop_domain=&api_token=&per_page=100&page=`. The list ends with an empty page;
nothing is said of its order. It holds reviews that are not shown as well: they
are left out. Replies are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field, SecretStr

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    flag_at,
    ids_of,
    items_at,
    json_of,
    number_at,
    read_items,
    sentence_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://api.judge.me"
PAGE_SIZE = 100
_NOT_KEPT = ("reviewer", "title", "body", "ip_address", "pictures")
_BOUGHT = frozenset(("buyer", "verified-purchase", "confirmed-buyer", "true"))
_NOT_BOUGHT = frozenset(("nothing", "not-verified", "false"))


class JudgeMeOptions(Settings):
    """The keys of `judge_me` in config.yaml.

    Attributes:
        shop_domain: As the shop platform names the shop, as kettles.myshopify.com.
        token: The private API token of Judge.me's settings.
    """

    shop_domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]
    token: SecretStr


class JudgeMe(WebSource):
    """Reads all of a shop's reviews every time, as their order is not guaranteed."""

    kind = "judge_me"
    statement = Statement(
        id_field="id",
        newest_first=False,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the shop's contract with Judge.me. E-mail, telephone and IP addresses of people"
        " are never kept. It does not tell replies.",
    )
    Options = JudgeMeOptions
    options: JudgeMeOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch(1)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page that the shop shows, and the ids of those that it hides."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at(document, "reviews")
        if found is None:
            if problem := sentence_at(document, "error") or sentence_at(document, "message"):
                told = f"Judge.me refuses: {problem}; check shop_domain and token"
                return Reading(status=SourceStatus.FAILED, message=told)
            return without_list(page, document, "reviews")
        reading = read_items(page, filter(_is_shown, found), _mention)
        hidden = ids_of(review for review in found if not _is_shown(review))
        number = int(page.context.get("page", 1))
        return replace(
            reading,
            follow=(self._fetch(number + 1, continues=True),) if found else (),
            removed=hidden,
            passed_over=hidden,
            reached_end=not found,
        )

    def _fetch(self, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page."""
        url = address(
            self.settings.base_url,
            HOST,
            *("api", "v1", "reviews"),
            shop_domain=self.options.shop_domain,
            api_token=self.options.token.get_secret_value(),
            per_page=PAGE_SIZE,
            page=number,
        )
        return Fetch(url, context={"page": number}, continues=continues)


def _is_shown(review: Item) -> bool:
    """Return whether the shop shows a review: published, not hidden, no spam."""
    return (
        flag_at(review, "published") is not False and not flag_at(review, "hidden") and review.get("curated") != "spam"
    )


def _mention(review: Item) -> RawMention:
    """Return a review as a mention."""
    verified = str(review.get("verified")).lower()
    return RawMention(
        external_id=words_at(review, "id"),
        author=words_at(review, "reviewer", "name"),
        title=words_at(review, "title"),
        text=words_at(review, "body"),
        rating=number_at(review, "rating"),
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "created_at"),
        subject=words_at(review, "product_title"),
        verified=True if verified in _BOUGHT else False if verified in _NOT_BOUGHT else None,
        payload=without(review, *_NOT_KEPT),
    )
