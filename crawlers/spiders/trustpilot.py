"""Reviews of a business on Trustpilot: the Business Units API, one list a business unit.

`GET https://api.trustpilot.com/v1/business-units/<id>/reviews?perPage=100&page=&orderBy=createdat.desc` with the API
key in a header. All languages are told where none is asked for; a page past
the end is empty. The site's own pages forbid automated reading and are never
fetched; one that is kept in a file or on a mirror is read all the same: its
reviews stand in the script `__NEXT_DATA__`, in other words than the API's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, SecretStr

from twelvefold.config import Settings
from twelvefold.crawlers.answers import (
    Item,
    address,
    count_at,
    flag_at,
    items_at,
    json_of,
    number_at,
    read_items,
    value_at,
    without,
    without_list,
    words_at,
)
from twelvefold.crawlers.json_pages import NotAsExpected, not_json, parse_json
from twelvefold.crawlers.markup import scripts
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention

HOST = "https://api.trustpilot.com"
SITE = "https://www.trustpilot.com"
PAGE_SIZE = 100
_NOT_KEPT = ("consumer", "title", "text", "companyReply", "reply", "businessUnit")


class TrustpilotOptions(Settings):
    """The keys of `trustpilot` in config.yaml.

    Attributes:
        business_unit: The business unit's id at Trustpilot, 24 letters and digits.
        api_key: Of an application in Trustpilot's business account.
    """

    business_unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]
    api_key: SecretStr


class Trustpilot(WebSource):
    """Reads a business unit's reviews from the newest back to known ground."""

    kind = "trustpilot"
    statement = Statement(
        id_field="id",
        newest_first=True,
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        terms="A documented API under the business's contract with Trustpilot. Its pages may not be read automatically"
        " and are not. An edit or a reply does not move a review to the front: the deep pass finds it.",
    )
    Options = TrustpilotOptions
    options: TrustpilotOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page."""
        yield self._fetch(1)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page of the API, or of the site."""
        if page.text.lstrip().startswith("<"):
            return _read_site(page)
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        found = items_at({"reviews": document} if isinstance(document, list) else document, "reviews")
        if found is None:
            return without_list(page, document, "reviews")
        number = int(page.context.get("page", 1))
        return replace(
            read_items(page, found, lambda review: _mention(review, None)),
            follow=(self._fetch(number + 1, continues=True),) if found else (),
            reached_end=not found,
        )

    def _fetch(self, number: int, *, continues: bool = False) -> Fetch:
        """Return the request for a page."""
        url = address(
            self.settings.base_url,
            HOST,
            *("v1", "business-units", self.options.business_unit, "reviews"),
            perPage=PAGE_SIZE,
            page=number,
            orderBy="createdat.desc",
        )
        headers = {"apikey": self.options.api_key.get_secret_value()}
        return Fetch(url, headers=headers, context={"page": number}, continues=continues)


def _read_site(page: Page) -> Reading:
    """Return the reviews of a page of the site."""
    written = next((content for attributes, content in scripts(page.text) if "__NEXT_DATA__" in attributes), "")
    try:
        properties = value_at(parse_json(written), "props", "pageProps")
    except NotAsExpected:
        return not_json(page, NotAsExpected("holds no script __NEXT_DATA__ with JSON"))
    found = items_at(properties, "reviews")
    if found is None:
        return without_list(page, properties, "reviews")
    name = words_at(properties, "businessUnit", "displayName")
    pages = count_at(properties, "filters", "pagination", "totalPages")
    return replace(
        read_items(page, found, lambda review: _mention(review, name)),
        total_told=count_at(properties, "filters", "pagination", "totalCount"),
        reached_end=pages is not None and pages <= (count_at(properties, "filters", "pagination", "currentPage") or 1),
    )


def _mention(review: Item, business: str | None) -> RawMention:
    """Return a review, as the API or as the site tells it, as a mention."""
    review_id = words_at(review, "id")
    reply: Any = value_at(review, "companyReply") or value_at(review, "reply")
    rating = number_at(review, "stars")
    verified = flag_at(review, "isVerified")
    return RawMention(
        external_id=review_id,
        author=words_at(review, "consumer", "displayName"),
        title=words_at(review, "title"),
        text=words_at(review, "text"),
        rating=number_at(review, "rating") if rating is None else rating,
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "createdAt") or words_at(review, "dates", "publishedDate"),
        url=f"{SITE}/reviews/{review_id}" if review_id else None,
        language=words_at(review, "language"),
        subject=words_at(review, "businessUnit", "displayName") or business,
        verified=flag_at(review, "labels", "verification", "isVerified") if verified is None else verified,
        reply_text=words_at(reply, "text") or words_at(reply, "message"),
        reply_at=words_at(reply, "createdAt") or words_at(reply, "publishedDate"),
        payload=without(review, *_NOT_KEPT),
    )
