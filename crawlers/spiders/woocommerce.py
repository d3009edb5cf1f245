"""Product reviews of a WooCommerce shop: the public Store API, or REST v3 with a key.

`GET <shop>/wp-json/wc/store/v1/products/reviews` needs no key, shows approved
reviews only and names the product; `GET <shop>/wp-json/wc/v3/products/reviews`
is for the shop's owner. Both are asked newest first; the headers X-WP-Total
and X-WP-TotalPages tell how many there are. Dates ending in _gmt are UTC,
those without are the shop's. A rating of 0 is none.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    flag_at,
    ids_of,
    items_at,
    json_of,
    number_at,
    read_items,
    web_address,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

PAGE_SIZE = 100
_STORE = ("wp-json", "wc", "store", "v1", "products", "reviews")
_REST = ("wp-json", "wc", "v3", "products", "reviews")
_NOT_KEPT = ("reviewer", "reviewer_email", "reviewer_avatar_urls", "review", "product_image", "_links")


class WooCommerceOptions(Settings):
    """The keys of `woocommerce` in config.yaml.

    Attributes:
        shop_url: The shop's address, with its folder if WordPress lies in one.
        key, secret: Of REST v3, with read rights; without them the public Store API is asked.
    """

    shop_url: Annotated[str, AfterValidator(web_address)]
    key: SecretStr | None = None
    secret: SecretStr | None = None

    @model_validator(mode="after")
    def _key_and_secret(self) -> Self:
        if (self.key is None) != (self.secret is None):
            raise ValueError("key and secret belong together: give both, or neither for the public Store API")
        return self


class WooCommerce(WebSource):
    """Reads a shop's approved reviews from the newest back to known ground."""

    kind = "woocommerce"
    statement = Statement(
        id_field="id",
        newest_first=True,
        total_available=True,
        rating_scale=(1, 5),
        time_zone="UTC",
        precision=Precision.SECOND,
        governed_by_robots=False,
        terms="A documented API of the shop itself: the Store API is public where the shop leaves it on, REST v3 is the"
        " owner's. E-mail addresses of reviewers are never kept. An edit does not move a review to the front: the deep"
        " pass finds it.",
    )
    Options = WooCommerceOptions
    options: WooCommerceOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch(1)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at({"reviews": document} if isinstance(document, list) else document, "reviews")
        if found is None:
            found = items_at(document, "data")  # as Jetpack passes it on
        if found is None:
            return without_list(page, document, "reviews")
        reading = read_items(page, filter(_is_approved, found), _mention)
        number = count_at(dict(page.context), "page") or 1
        pages = count_at(dict(page.headers), "x-wp-totalpages")
        ends = number >= pages if pages is not None else len(found) < PAGE_SIZE
        return replace(
            reading,
            follow=() if ends or not found else (self._fetch(number + 1, continues=True),),
            passed_over=ids_of(review for review in found if not _is_approved(review)),
            total_told=count_at(dict(page.headers), "x-wp-total"),
            reached_end=ends or not found,
        )

    def _fetch(self, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page."""
        headers = {}
        query: dict[str, str | int] = {"per_page": PAGE_SIZE, "page": number, "order": "desc"}
        path: tuple[str, ...] = _STORE
        if self.options.key is not None and self.options.secret is not None:
            pair = f"{self.options.key.get_secret_value()}:{self.options.secret.get_secret_value()}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            query |= {"orderby": "date_gmt", "status": "approved"}
            path = _REST
        else:
            query |= {"orderby": "date"}
        url = address(self.settings.base_url, self.options.shop_url, *path, **query)
        return Fetch(url, headers=headers, context={"page": number}, continues=continues)


def _is_approved(review: Item) -> bool:
    """Return whether the shop shows a review; the Store API shows no others and says nothing of it."""
    return words_at(review, "status") in (None, "approved")


def _mention(review: Item) -> RawMention:
    """Return a review as a mention."""
    return RawMention(
        external_id=words_at(review, "id"),
        author=words_at(review, "reviewer"),
        text=words_at(review, "review"),
        rating=number_at(review, "rating") or None,
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "date_created_gmt") or words_at(review, "date_created"),
        published_zone="UTC" if words_at(review, "date_created_gmt") else None,
        url=words_at(review, "product_permalink"),
        subject=words_at(review, "product_name"),
        verified=flag_at(review, "verified"),
        payload=without(review, *_NOT_KEPT),
    )
