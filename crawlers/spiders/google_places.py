"""The few reviews of a place that Google's Places API shows: five, chosen by relevance.

`GET https://places.googleapis.com/v1/places/<id>` (Places API, "Place Details (New)"), or with `api: legacy`
`GET https://maps.googleapis.com/maps/api/place/details/json`, which can be asked for the newest five as well. The two
answers are told apart by their shape. Only the new one gives a review an id;
in the old one author and time tell it from others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

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
    without_list,
    words_at,
)
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

NEW_HOST = "https://places.googleapis.com"
LEGACY_HOST = "https://maps.googleapis.com"
WINDOW = 5
_FIELDS = "id,displayName,userRatingCount,reviews"
_STATUSES = {
    "OVER_QUERY_LIMIT": (SourceStatus.RATE_LIMITED, "the key's quota is used up"),
    "REQUEST_DENIED": (SourceStatus.BLOCKED, "check api_key, and that the Places API is enabled for it"),
    "NOT_FOUND": (SourceStatus.FAILED, "check place_id: places get new ids"),
    "INVALID_REQUEST": (SourceStatus.FAILED, "check place_id"),
    "UNKNOWN_ERROR": (SourceStatus.FAILED, "try again later"),
}


class GooglePlacesOptions(Settings):
    """The keys of `google_places` in config.yaml.

    Attributes:
        place_id: As the Places API names the place ("ChIJ...").
        api_key: Of a project in which the Places API is enabled.
        api: Which generation of the API the key is for; new keys have no access to the legacy one.
    """

    place_id: Annotated[str, Field(min_length=1)]
    api_key: SecretStr
    api: Literal["new", "legacy"] = "new"


class GooglePlaces(WebSource):
    """Reads what is shown; of a place with more than five reviews that is never all."""

    kind = "google_places"
    statement = Statement(
        id_field="name; in the legacy API author_url and time",
        newest_first=False,
        window="5 reviews",
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        storage_policy="id_only",
        needs_key=True,
        governed_by_robots=False,
        terms="Google Maps Platform Terms: content may not be stored, place ids may. The owner can read all reviews,"
        " and keep them, through google_business.",
    )
    Options = GooglePlacesOptions
    options: GooglePlacesOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the one request of the new API, or the two orders of the legacy one."""
        key = self.options.api_key.get_secret_value()
        if self.options.api == "new":
            url = address(self.settings.base_url, NEW_HOST, "v1", "places", self.options.place_id)
            yield Fetch(url, headers={"X-Goog-Api-Key": key, "X-Goog-FieldMask": _FIELDS})
            return
        for order in ("newest", "most_relevant"):
            yield Fetch(
                address(
                    self.settings.base_url,
                    LEGACY_HOST,
                    *("maps", "api", "place", "details", "json"),
                    place_id=self.options.place_id,
                    fields="name,rating,user_ratings_total,url,review",
                    reviews_sort=order,
                    reviews_no_translations="true",
                    key=key,
                )
            )

    def read(self, page: Page) -> Reading:
        """Return the reviews that the place shows."""
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        status = words_at(document, "status")
        if status in _STATUSES:
            verdict, mend = _STATUSES[status]
            told = sentence_at(document, "error_message")
            reason = f"{status} ({told})" if told else status
            return Reading(status=verdict, message=f"Google answers {reason}: {mend}")
        legacy = status is not None
        place = (value_at(document, "result") or {}) if legacy else document
        if not isinstance(place, dict) or not (legacy or {"id", "displayName", "reviews"} & place.keys()):
            return without_list(page, document, "reviews")
        found = items_at(place, "reviews") or []
        name = words_at(place, "name") if legacy else words_at(place, "displayName", "text")
        reading = read_items(page, found, lambda review: _mention(review, name))
        rated = count_at(place, "user_ratings_total" if legacy else "userRatingCount")
        more = len(found) >= WINDOW and rated != len(found)
        return replace(reading, reached_end=not more, overflow=more)


def _mention(review: Item, place: str | None) -> RawMention:
    """Return a review of either API as a mention, in the language it was written in."""
    author_url = words_at(review, "authorAttribution", "uri") or words_at(review, "author_url")
    time = words_at(review, "time")
    return RawMention(
        external_id=words_at(review, "name"),
        identity=tuple(part for part in (author_url, time) if part) if author_url and time else (),
        author=words_at(review, "authorAttribution", "displayName") or words_at(review, "author_name"),
        text=words_at(review, "originalText", "text") or words_at(review, "text", "text") or words_at(review, "text"),
        rating=number_at(review, "rating"),
        rating_best=5,
        rating_worst=1,
        published=words_at(review, "publishTime") or time,
        url=words_at(review, "googleMapsUri") or author_url,
        language=words_at(review, "originalText", "languageCode")
        or words_at(review, "text", "languageCode")
        or words_at(review, "original_language")
        or words_at(review, "language"),
        subject=place,
    )
