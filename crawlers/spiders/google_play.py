"""Reviews of an Android app as Google Play's own pages fetch them: undocumented, one list a language.

`POST https://play.google.com/_/PlayStoreUi/data/batchexecute?hl=<language>` with the procedure UsvDTd (or oCPfdb) in
the form field f.req. The answer is `)]}'`, perhaps the lengths of its parts, and
JSON in which the reviews stand as JSON once more, by position: id, author,
stars, text, time, thumbs up, reply, version. The list ends where no token
stands behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import address, changed, count_at, list_at, number_at, read_items, value_at, words_at
from twelvefold.crawlers.json_pages import NotAsExpected, parse_json, whole_number
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://play.google.com"
PAGE_SIZE = 150
_NEWEST = 2
_PROCEDURES = ("UsvDTd", "oCPfdb")
_FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
_PARTS = 20
"""An answer has a handful of parts; the reviews stand in the first."""

_MOST_LISTS = 400_000
"""A page of 150 reviews holds some thousand lists; far more are a trap."""


class GooglePlayOptions(Settings):
    """The keys of `google_play` in config.yaml.

    Attributes:
        app_id: The package name, as "org.example.app".
        languages: Codes of the languages whose reviews are asked for, as fr or zh-TW.
    """

    app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]
    languages: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Za-z-]{2,10}$")], ...], Field(min_length=1)] = ("en",)


class GooglePlay(WebSource):
    """Reads each language's list from the review last written or edited back to known ground."""

    kind = "google_play"
    statement = Statement(
        id_field="first field of a review",
        newest_first=True,
        incremental="cursor",
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        terms="robots.txt of play.google.com forbids the path that the reviews are fetched from, so this kind answers"
        " `disallowed` and is off unless base_url names a mirror that you may read. For your own app use"
        " google_play_console.",
    )
    Options = GooglePlayOptions
    options: GooglePlayOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of each language."""
        for language in dict.fromkeys(self.options.languages):
            yield self._fetch(language, None)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        language = str(page.context.get("language", self.options.languages[0]))
        row = _row(page.text)
        if row is None:
            return changed(page, f"it holds no answer of {' or '.join(_PROCEDURES)}")
        if value_at(row, 5):
            return Reading(
                status=SourceStatus.FAILED,
                message=f"Google Play answers with error {str(row[5])[:50]}: check app_id",
            )
        inner = _decoded(value_at(row, 2))
        if not inner:
            return Reading(reached_end=True)
        reviews = [] if value_at(inner, 0) is None else list_at(inner, 0)
        if not isinstance(inner, list) or reviews is None:
            return changed(page, "its reviews stand elsewhere")
        reading = read_items(page, reviews, lambda review: self._mention(review, language))
        token = _token(inner) if reviews else None
        follow = (self._fetch(language, token, continues=True),) if token else ()
        return replace(reading, follow=follow, reached_end=not follow)

    def _fetch(self, language: str, token: str | None, *, continues: bool = False) -> Fetch:
        """Return the request for the page behind `token`."""
        asked = [None, None, [2, _NEWEST, [PAGE_SIZE, None, token], None, []], [self.options.app_id, 7]]
        call = [[[_PROCEDURES[0], json.dumps(asked, separators=(",", ":")), None, "generic"]]]
        url = address(
            self.settings.base_url,
            HOST,
            *("_", "PlayStoreUi", "data", "batchexecute"),
            rpcids=_PROCEDURES[0],
            hl=language,
        )
        body = urlencode({"f.req": json.dumps(call, separators=(",", ":"))}).encode()
        return Fetch(url, "POST", _FORM, body, context={"language": language}, continues=continues)

    def _mention(self, review: Any, language: str) -> RawMention:
        """Return a review as a mention."""
        review_id = words_at(review, 0)
        app = self.options.app_id
        return RawMention(
            external_id=review_id,
            author=words_at(review, 1, 0),
            text=words_at(review, 4),
            rating=number_at(review, 2),
            rating_best=5,
            rating_worst=1,
            published=words_at(review, 5, 0),
            url=address(None, HOST, "store", "apps", "details", id=app, reviewId=review_id) if review_id else None,
            language=language,
            reply_text=words_at(review, 7, 1),
            reply_at=words_at(review, 7, 2, 0),
            payload={"thumbs_up": count_at(review, 6), "version": words_at(review, 10)},
        )


def _row(text: str) -> list[Any] | None:
    """Return the row of an answer that holds the reviews, or None where there is none."""
    position = text.find("[") if text.count("[") < _MOST_LISTS else -1
    for _ in range(_PARTS):
        if position < 0:
            return None
        try:
            part, position = json.JSONDecoder(strict=False, parse_int=whole_number).raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        for row in part if isinstance(part, list) else ():
            if isinstance(row, list) and row[:1] == ["wrb.fr"] and value_at(row, 1) in _PROCEDURES:
                return row
        position = text.find("[", position)
    return None


def _decoded(written: Any) -> Any:
    """Return the JSON that stands within the answer as text, or None."""
    try:
        return parse_json(written) if isinstance(written, str) else None
    except NotAsExpected:
        return None


def _token(inner: list[Any]) -> str | None:
    """Return what the next page is asked for with: the text at the end of a list behind the reviews."""
    for part in reversed(inner[1:]):
        token = value_at(part, -1)
        if isinstance(token, str) and token:
            return token
    return None
