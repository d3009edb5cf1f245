"""Reviews of one's own Android app: the Google Play Developer API.

`GET https://androidpublisher.googleapis.com/androidpublisher/v3/applications/<package>/reviews` (Google, "Reply to
Reviews") shows what was written or edited in the last week, newest first, and
no bare ratings. A text is "title<TAB>body". Older reviews are in the monthly
CSV exports of the Play Console, which the kind `files` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from twelvefold.config import Settings
from twelvefold.crawlers.access_tokens import (
    ServiceAccount,
    access_token,
    bearer,
    key_file,
    page_refused,
    token_refused,
)
from twelvefold.crawlers.answers import (
    Item,
    address,
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

HOST = "https://androidpublisher.googleapis.com"
PAGE_SIZE = 100
_RIGHTS = "give the service account the permission to reply to reviews in the Play Console"
_SCOPE = "https://www.googleapis.com/auth/androidpublisher"


def _account(written: SecretStr, info: ValidationInfo) -> SecretStr:
    """Return the content of a service account's key file."""
    content = key_file(written, info, "{")
    ServiceAccount.from_json(content)
    return SecretStr(content)


class GooglePlayConsoleOptions(Settings):
    """The keys of `google_play_console` in config.yaml.

    Attributes:
        app_id: The package name, as "org.example.app".
        service_account: The JSON key file, or its content from the environment; the account needs the Play
            Console's permission "Reply to reviews".
    """

    app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]
    service_account: Annotated[SecretStr, AfterValidator(_account)]


class GooglePlayConsole(WebSource):
    """Reads the last week from the review last written or edited back to known ground."""

    kind = "google_play_console"
    statement = Statement(
        id_field="reviewId",
        newest_first=True,
        window="the last 7 days",
        incremental="cursor",
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        needs_key=True,
        governed_by_robots=False,
        reply_limit=350,
        terms="A documented API for the app's own developer: 200 requests an hour and app. Crawl at least once a week,"
        " or reviews are missed. The date is that of the last edit.",
    )
    Options = GooglePlayConsoleOptions
    options: GooglePlayConsoleOptions
    _token: str = ""

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the request for an access token."""
        account = ServiceAccount.from_json(self.options.service_account.get_secret_value())
        yield account.token_fetch(self.settings.base_url, _SCOPE, asked.now)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page."""
        if page.context.get("token"):
            token = access_token(page)
            if token is None:
                return token_refused(page, "Google", "service_account")
            self._token = token
            return Reading(follow=(self._fetch(None),))
        document = json_of(page)
        if isinstance(document, Reading):
            return document
        if page.status >= 400:
            told = sentence_at(document, "error", "message")
            return page_refused(page, "Google Play", told, missing="app_id", rights=_RIGHTS)
        found = items_at(document, "reviews")
        if found is None:
            if document == {}:  # nobody wrote anything for a week
                return Reading(reached_end=True)
            return without_list(page, document, "reviews")
        following = words_at(document, "tokenPagination", "nextPageToken")
        return replace(
            read_items(page, found, _mention),
            follow=(self._fetch(following, continues=True),) if following else (),
            overflow=bool(found) and not following,
            reached_end=not found and not following,
        )

    def _fetch(self, token: str | None, *, continues: bool = False) -> Fetch:
        """Return the request for the page at `token`."""
        url = address(
            self.settings.base_url,
            HOST,
            *("androidpublisher", "v3", "applications", self.options.app_id, "reviews"),
            maxResults=PAGE_SIZE,
            token=token,
        )
        return Fetch(url, headers=bearer(self._token), continues=continues, reads_statuses=(401, 403, 404))


def _mention(review: Item) -> RawMention:
    """Return a review as a mention: its last words of the user, and the developer's."""
    comments = items_at(review, "comments") or []
    user = next((found for one in reversed(comments) if (found := value_at(one, "userComment"))), None)
    reply = next((found for one in reversed(comments) if (found := value_at(one, "developerComment"))), None)
    written = value_at(user, "text")
    title, tab, body = written.partition("\t") if isinstance(written, str) else ("", "", "")
    return RawMention(
        external_id=words_at(review, "reviewId"),
        author=words_at(review, "authorName"),
        title=(title.strip() or None) if tab else None,
        text=(body if tab else title).strip() or None,
        rating=number_at(user, "starRating"),
        rating_best=5,
        rating_worst=1,
        published=words_at(user, "lastModified", "seconds"),
        language=words_at(user, "reviewerLanguage"),
        reply_text=words_at(reply, "text"),
        reply_at=words_at(reply, "lastModified", "seconds"),
        payload=without(user, "text", "originalText") if isinstance(user, dict) else {},
    )
