"""Product reviews collected by Bazaarvoice: the Conversations API, one list a product.

`GET https://api.bazaarvoice.com/data/reviews.json?passkey=&Filter=ProductId:eq:<product>&Offset=&Limit=100`,
paged by offset up to TotalResults, sorted by the last modification. A syndicated review is one that another
shop collected; it has an id of its own.
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
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://api.bazaarvoice.com"
PAGE_SIZE = 100
_OF_PERSONS = ("UserNickname", "AuthorId", "UserLocation", "ContextDataValues", "ContextDataValuesOrder")
_NOT_KEPT = (*_OF_PERSONS, "ReviewText", "Title", "ClientResponses", "Photos", "Videos")
_INCENTIVE = ("ContextDataValues", "IncentivizedReview", "Value")
_INCENTIVISED = {"true": True, "yes": True, "false": False, "no": False}
_LIMIT_CODES = frozenset(("ERROR_REQUEST_LIMIT_REACHED", "ERROR_RATE_LIMIT_EXCEEDED"))
_KEY_CODES = frozenset(("ERROR_PARAM_INVALID_API_KEY", "ERROR_ACCESS_DENIED", "ERROR_FORBIDDEN"))


class BazaarvoiceOptions(Settings):
    """The keys of `bazaarvoice` in config.yaml.

    Attributes:
        passkey: Of the Conversations API, for production.
        products: Product ids as the shop gave them to Bazaarvoice.
    """

    passkey: SecretStr
    products: Annotated[tuple[str | int, ...], Field(min_length=1)]


class Bazaarvoice(WebSource):
    """Reads each product's reviews from the one last modified back to known ground."""

    kind = "bazaarvoice"
    statement = Statement(
        id_field="Id",
        newest_first=True,
        total_available=True,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the client's own contract with Bazaarvoice.",
    )
    Options = BazaarvoiceOptions
    options: BazaarvoiceOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of each product."""
        for product in dict.fromkeys(map(str, self.options.products)):
            yield self._fetch(product, 0)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        product = str(page.context.get("product", self.options.products[0]))
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if value_at(document, "HasErrors") is True:
            return _refusal(product, document)
        found = items_at(document, "Results")
        if found is None:
            return without_list(page, document, "Results")
        products = value_at(document, "Includes", "Products")
        reading = read_items(page, found, lambda review: _mention(review, products))
        told = count_at(document, "TotalResults")
        offset = int(page.context.get("offset", 0)) + len(found)
        ends = not found or (told is not None and offset >= told)
        follow = () if ends else (self._fetch(product, offset, continues=True),)
        return replace(reading, follow=follow, total_told=told, reached_end=ends)

    def _fetch(self, product: str, offset: int, *, continues: bool = False) -> Fetch:
        """Return the request for the reviews of `product` from `offset` on."""
        url = address(
            self.settings.base_url,
            HOST,
            "data",
            "reviews.json",
            apiversion="5.4",
            passkey=self.options.passkey.get_secret_value(),
            Filter=f"ProductId:eq:{product}",
            Include="Products",
            Sort="LastModificationTime:desc",
            Limit=PAGE_SIZE,
            Offset=offset,
        )
        return Fetch(url, context={"product": product, "offset": offset}, continues=continues)


def _mention(review: Item, products: object) -> RawMention:
    """Return a review as a mention; the shop's last answer is its reply."""
    product = value_at(products, words_at(review, "ProductId") or "")
    return RawMention(
        external_id=words_at(review, "Id"),
        author=words_at(review, "UserNickname"),
        title=words_at(review, "Title"),
        text=words_at(review, "ReviewText"),
        rating=number_at(review, "Rating"),
        rating_best=number_at(review, "RatingRange"),
        rating_worst=1,
        published=words_at(review, "SubmissionTime"),
        url=words_at(product, "ProductPageUrl"),
        language=words_at(review, "ContentLocale"),
        subject=words_at(product, "Name") or words_at(review, "OriginalProductName"),
        verified=True if "verifiedpurchaser" in _badges(review) else None,
        reply_text=words_at(review, "ClientResponses", -1, "Response"),
        reply_at=words_at(review, "ClientResponses", -1, "Date"),
        incentivised=_INCENTIVISED.get(str(words_at(review, *_INCENTIVE)).lower()),
        payload=without(review, *_NOT_KEPT),
    )


def _badges(review: Item) -> set[str]:
    """Return the names of a review's badges, in lower case."""
    badges = value_at(review, "Badges")
    return {str(name).lower() for name in badges} if isinstance(badges, dict) else set()


def _refusal(product: str, document: object) -> Reading:
    """Return the reading of an answer that tells errors instead of reviews."""
    errors = items_at(document, "Errors") or [{}]
    codes = {sentence_at(error, "Code") or "" for error in errors}
    told = sentence_at(errors[0], "Message") or ", ".join(sorted(codes)) or "no reason"
    status, mend = SourceStatus.FAILED, "check products"
    if codes & _LIMIT_CODES:
        status, mend = SourceStatus.RATE_LIMITED, "raise network.delay_s"
    elif codes & _KEY_CODES:
        status, mend = SourceStatus.BLOCKED, "check passkey"
    return Reading(status=status, message=f"Bazaarvoice refuses product {product}: {told}; {mend}")
