"""Reviews that pages mark up for search engines: schema.org in JSON-LD, microdata or RDFa."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from twelvefold.config import Settings, SourceSettings
from twelvefold.crawlers.answers import web_address
from twelvefold.crawlers.json_pages import whole_number
from twelvefold.crawlers.markup import next_links
from twelvefold.crawlers.reviews import PageReviews, Review, page_reviews, plain
from twelvefold.crawlers.sitemaps import SitemapError, read_sitemap
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.crawlers.structured_data import StructuredData, json_ld_document, structured_data
from twelvefold.records import Precision, RawMention, SourceStatus

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NAMELESS = frozenset(
    (
        "anonymous",
        "anonymously",
        "anonym",
        "anonyme",
        "anonimo",
        "anónimo",
        "anônimo",
        "guest",
        "gast",
        "invité",
        "invitado",
        "client",
        "cliente",
        "kunde",
        "customer",
        "user",
        "utilisateur",
        "unknown",
        "inconnu",
        "unbekannt",
        "n/a",
        "-",
        "匿名",
        "匿名用戶",
        "匿名用户",
        "匿名さん",
        "名無しさん",
    )
)
_AUTHOR_KEYS = frozenset(("author", "creator", "itemReviewed", "publisher"))
_DEEPEST_INDEX = 2
"""A sitemap index may name indexes, and no deeper."""


class SchemaOrgOptions(Settings):
    """The keys of `schema_org` in config.yaml.

    Attributes:
        urls: Pages; with `follow: sitemap` sitemaps or sites.
        follow: Which further pages are read: none, each page's rel=next, or those of the sitemap.
    """

    urls: Annotated[tuple[Annotated[str, AfterValidator(web_address)], ...], Field(min_length=1)]
    follow: Literal["none", "next", "sitemap"] = "none"


class SchemaOrg(WebSource):
    """Reads the reviews of pages in whatever order the site shows them.

    A review that the site gives an identifier keeps it. Others are told apart
    by item (its article number, else its name), author and date: so a review is
    the same through whichever address its page was reached, and a changed text
    or rating is an edit. Where that is not enough - no author worth the name,
    no date with a year in it, a second review by the same author on the same
    day - title, text and rating tell it apart as well.
    """

    kind = "schema_org"
    statement = Statement(
        id_field="@id or identifier of the review; else item, author, date, and the words where these are not enough",
        newest_first=False,
        window="what the pages show",
        total_available=True,
        precision=Precision.DAY,
        terms="robots.txt of each site is obeyed; some sites' terms forbid automated reading: check before adding one.",
    )
    Options = SchemaOrgOptions
    options: SchemaOrgOptions

    def __init__(self, settings: SourceSettings, folder: Any = None) -> None:
        super().__init__(settings, *(() if folder is None else (folder,)))
        self._first_with: dict[tuple[str, ...], tuple[str, ...]] = {}

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the configured pages, or the sitemaps."""
        for url in self.options.urls:
            if self.options.follow == "sitemap":
                path = urlsplit(url).path
                sitemap = url if path.endswith((".xml", ".xml.gz", ".txt")) else urljoin(url, "/sitemap.xml")
                yield Fetch(self._placed(sitemap), context={"sitemap": 0})
            else:
                yield Fetch(self._placed(url), conditional=self.options.follow == "none")

    def read(self, page: Page) -> Reading:
        """Return the reviews of a page, or the pages of a sitemap."""
        if "sitemap" in page.context:
            return self._read_sitemap(page)
        data = _data_of(page)
        if data is None:
            return Reading(
                status=SourceStatus.LAYOUT_CHANGED,
                message=f"{page.url} is neither HTML nor JSON-LD ({page.headers.get('content-type', 'no type')}):"
                " check the address",
            )
        found = page_reviews(data)
        mentions = tuple(self._mention(review, page) for review in found.reviews)
        follow = self._next_pages(page) if self.options.follow == "next" else ()
        status, message = _verdict(found, data, page.url)
        rejected = [f"{page.url}: {problem}" for problem in data.problems]
        if found.empty_nodes and mentions:
            rejected.append(f"{page.url}: {found.empty_nodes} reviews have neither text nor rating and were left out")
        told = found.review_count
        return Reading(
            mentions=mentions,
            follow=follow,
            rejected=tuple(rejected),
            total_told=told,
            status=status,
            message=message,
            reached_end=not follow and (self.options.follow == "next" or (told is not None and told <= len(mentions))),
        )

    def _mention(self, review: Review, page: Page) -> RawMention:
        """Return a review as a mention."""
        payload = {key: value for key, value in review.node.items() if key not in _AUTHOR_KEYS}
        return RawMention(
            external_id=_own_id(review, page),
            identity=self._identity(review),
            author=review.author,
            title=review.title,
            text=review.text,
            rating=review.rating,
            rating_best=review.best,
            rating_worst=review.worst,
            published=review.published,
            url=urljoin(page.url, review.url) if review.url else page.url,
            language=review.language,
            subject=review.item,
            payload={**_without_cycles(payload), "syntax": review.syntax},
        )

    def _identity(self, review: Review) -> tuple[str, ...]:
        """Return the raw fields that tell the review from others of its source."""
        item = review.item_id or plain(review.item)
        author = plain(review.author)
        published = review.published if review.published and _YEAR.search(review.published) else ""
        words = (plain(review.title), plain(review.text), str(review.rating if review.rating is not None else ""))
        short = (item, author, published)
        if not published or not author or author in _NAMELESS:
            return (*short, *words)
        return short if self._first_with.setdefault(short, words) == words else (*short, *words)

    def _next_pages(self, page: Page) -> tuple[Fetch, ...]:
        """Return the page's next page, if it names one on its own site."""
        for link in next_links(page.text):
            address = self._placed(urldefrag(urljoin(page.url, link)).url)
            if urlsplit(address).hostname == urlsplit(page.url).hostname and address != page.url:
                return (Fetch(address, continues=True),)
        return ()

    def _read_sitemap(self, page: Page) -> Reading:
        """Return the pages that a sitemap names, newest first, as many as the budget allows."""
        depth = int(page.context["sitemap"])
        try:
            sitemap = read_sitemap(page.body)
        except SitemapError as exc:
            return Reading(status=SourceStatus.LAYOUT_CHANGED, message=f"{page.url} is no sitemap: {exc}")
        host = urlsplit(page.url).hostname
        pages, indexes = ([self._placed(url) for url in urls] for urls in (sitemap.pages, sitemap.indexes))
        most = self.settings.budget.pages
        follow = [Fetch(url) for url in pages if urlsplit(url).hostname == host][:most]
        if depth < _DEEPEST_INDEX:
            further = [url for url in indexes if urlsplit(url).hostname == host][:most]
            follow += [Fetch(url, context={"sitemap": depth + 1}) for url in further]
        return Reading(follow=tuple(follow), reached_end=True)

    def _placed(self, url: str) -> str:
        """Return `url` on the server that `base_url` puts in the place of the real one."""
        base = self.settings.base_url
        if base is None or url.startswith(base):
            return url
        parts, ours = urlsplit(url), urlsplit(base)
        if parts.netloc == ours.netloc:
            return url
        return urlunsplit((ours.scheme, ours.netloc, ours.path.rstrip("/") + (parts.path or "/"), parts.query, ""))


def _verdict(found: PageReviews, data: StructuredData, url: str) -> tuple[SourceStatus | None, str]:
    """Return whether the page speaks of reviews that nobody can read."""
    if found.reviews:
        return None, ""
    if found.empty_nodes:
        reason = f"marks up {found.empty_nodes} reviews, but none has text or rating"
    elif data.lost_reviews:
        reason = "speaks of reviews in markup that cannot be read"
    elif found.review_count:
        reason = f"says that it has {found.review_count} reviews, but marks up none of them"
    else:
        return None, ""
    return SourceStatus.LAYOUT_CHANGED, f"{url} {reason}: look at the page, and take it out if it shows none"


def _data_of(page: Page) -> StructuredData | None:
    """Return the structured data of a page, or None where it is neither HTML nor JSON."""
    start = page.text.lstrip("\ufeff \t\r\n")[:2000].lower()
    if start[:1] in ("{", "["):
        try:
            return json_ld_document(json.loads(page.text, parse_int=whole_number))
        except (ValueError, RecursionError):
            return None
    if "<" not in start or ("\x00" in start and not start.startswith("<")):
        return None
    return structured_data(page.text, page.url)


def _own_id(review: Review, page: Page) -> str | None:
    """Return the id that the site gives the review, if it is one.

    A name with a fragment ("#review-1") counts places on the page, and one that
    is the page's own names the page.
    """
    identifier = review.node.get("identifier")
    if isinstance(identifier, (str, int)) and not isinstance(identifier, bool) and str(identifier).strip():
        return str(identifier).strip()
    name = review.node.get("@id")
    if not isinstance(name, str) or "#" in name or not name.startswith(("http://", "https://")):
        return None
    return None if name.partition("?")[0] == page.url.partition("?")[0] else name


def _without_cycles(node: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a node that can be written as JSON: a node that holds itself is cut there."""

    def copied(value: Any, above: tuple[int, ...]) -> Any:
        if isinstance(value, (dict, list)) and (id(value) in above or len(above) > 8):
            return None
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if key not in _AUTHOR_KEYS}
            return {key: copied(item, (*above, id(value))) for key, item in kept.items()}
        if isinstance(value, list):
            return [copied(item, (*above, id(value))) for item in value]
        return value

    result: dict[str, Any] = copied(node, ())
    return result
