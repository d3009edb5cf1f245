"""Product reviews collected by Yotpo: the API behind its widget, one list a product.

`GET https://api-cdn.yotpo.com/v1/widget/<app key>/products/<product>/reviews.json?per_page=&page=`
(Yotpo, "UGC API"). The app key is public; it stands in every shop page that
shows the widget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import Field

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
    sentence_at,
    value_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://api-cdn.yotpo.com"
PAGE_SIZE = 100
_NOT_KEPT = ("user", "name", "email", "title", "content", "comment", "images_data")


class YotpoOptions(Settings):
    """The keys of `yotpo` in config.yaml.

    Attributes:
        app_key: The shop's public key at Yotpo.
        products: Product ids as the shop gave them to Yotpo.
    """

    app_key: Annotated[str, Field(min_length=1)]
    products: Annotated[tuple[str | int, ...], Field(min_length=1)]


class Yotpo(WebSource):
    """Reads each product's reviews from the newest back to known ground."""

    kind = "yotpo"
    statement = Statement(
        id_field="id",
        newest_first=True,
        total_available=True,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the shop's contract with Yotpo; the shop's public app key is enough. An edit or a"
        " reply does not move a review to the front: the deep pass finds it.",
    )
    Options = YotpoOptions
    options: YotpoOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of each product."""
        for product in dict.fromkeys(map(str, self.options.products)):
            yield self._fetch(product, 1)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        product = str(page.context.get("product", self.options.products[0]))
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        code = count_at(document, "status", "code")
        if code not in (None, 200):
            told = sentence_at(document, "status", "message") or "no reason"
            problem = f"Yotpo answers {code} ({told}): check app_key and products"
            return Reading(status=SourceStatus.FAILED, message=problem)
        answer = value_at(document, "response") or document
        found = items_at(answer, "reviews")
        if found is None:
            return without_list(page, answer, "reviews")
        products = {words_at(one, "id"): one for one in items_at(answer, "products") or []}
        gone = ids_of(filter(_is_gone, found))
        shown = (review for review in found if not _is_gone(review))
        reading = read_items(page, shown, lambda review: _mention(review, products))
        total = count_at(answer, "pagination", "total")
        number = int(page.context.get("page", 1))
        size = count_at(answer, "pagination", "per_page") or PAGE_SIZE
        ends = not found or (number * size >= total if total is not None else len(found) < size)
        follow = () if ends else (self._fetch(product, number + 1, continues=True),)
        return replace(
            reading,
            follow=follow,
            removed=gone,
            passed_over=gone,
            total_told=total,
            reached_end=ends,
        )

    def _fetch(self, product: str, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page of a product's reviews."""
        path = ("v1", "widget", self.options.app_key, "products", product, "reviews.json")
        url = address(
            self.settings.base_url, HOST, *path, per_page=PAGE_SIZE, page=number, sort="date", direction="desc"
        )
        return Fetch(url, context={"product": product, "page": number}, continues=continues)


def _is_gone(review: Item) -> bool:
    """Return whether the shop has taken a review away."""
    return bool(flag_at(review, "deleted") or flag_at(review, "archived"))


def _mention(review: Item, products: dict[str | None, Item]) -> RawMention:
    """Return a review as a mention."""
    product = products.get(words_at(review, "product_id"))
    return RawMention(
        external_id=words_at(review, "id"),
        author=words_at(review, "user", "display_name") or words_at(review, "name"),
        title=words_at(review, "title"),
        text=words_at(review, "content"),
        rating=number_at(review, "score"),
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "created_at"),
        url=words_at(product, "product_link"),
        language=words_at(review, "language"),
        subject=words_at(product, "name"),
        verified=flag_at(review, "verified_buyer"),
        incentivised=flag_at(review, "is_incentivized"),
        reply_text=words_at(review, "comment", "content"),
        reply_at=words_at(review, "comment", "created_at"),
        payload=without(review, *_NOT_KEPT),
    )
