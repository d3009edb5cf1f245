"""Customer reviews of an app: Apple's public review feed, one a country.

The feed is
`https://itunes.apple.com/<country>/rss/customerreviews/page=<n>/id=<app>/sortby=mostrecent/json`
(or `/xml`), 50 reviews a page and 10 pages at most. Its `rel=next` points at
the XML form even in JSON and is not followed: pages are counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import lxml.etree
from pydantic import AfterValidator, Field

from twelvefold.config import Settings
from twelvefold.crawlers.answers import words_at
from twelvefold.crawlers.json_pages import whole_number
from twelvefold.crawlers.source import Asked, Fetch, Page, Reading, Statement, WebSource
from twelvefold.records import Precision, RawMention, SourceStatus

HOST = "https://itunes.apple.com"
PAGES = 10
"""The feed ends here, however many reviews there are."""

PAGE_SIZE = 50
_ATOM = "{http://www.w3.org/2005/Atom}"
_APPLE = "{http://itunes.apple.com/rss}"
_LAST_PAGE = re.compile(r"/page=(\d+)/")
_NOT_KEPT = frozenset(("author", "content", "title"))

Entry = dict[str, Any]


def _country(code: str) -> str:
    """Return a store's country code in lower case."""
    if not re.fullmatch(r"[A-Za-z]{2}", code):
        raise ValueError(f"{code!r} is no country code; write two letters, as fr")
    return code.lower()


class AppStoreOptions(Settings):
    """The keys of `app_store` in config.yaml.

    Attributes:
        app_id: The number in the app's address, after "id".
        countries: Two-letter codes of the stores to ask: each has its own reviews.
    """

    app_id: Annotated[int, Field(gt=0)]
    countries: Annotated[tuple[Annotated[str, AfterValidator(_country)], ...], Field(min_length=1)] = ("us",)


class AppStore(WebSource):
    """Reads each country's feed from its newest review back to known ground."""

    kind = "app_store"
    statement = Statement(
        id_field="id",
        newest_first=True,
        window="500 reviews a country",
        rating_scale=(1, 5),
        precision=Precision.SECOND,
        terms="A public feed without a key; robots.txt of the host is obeyed. It tells the store's country,"
        " no language and no replies of the developer.",
    )
    Options = AppStoreOptions
    options: AppStoreOptions

    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first page of each country."""
        for country in dict.fromkeys(self.options.countries):
            yield self._fetch({"country": country, "page": 1, "format": "json", "empty": 0}, continues=False)

    def read(self, page: Page) -> Reading:
        """Return the reviews of one page of a feed."""
        try:
            entries, last = _xml_entries(page.body) if _is_xml(page.text) else _json_entries(page.text)
        except ValueError as exc:
            return self._without_feed(page, str(exc))
        reviews = [(number, entry) for number, entry in enumerate(entries, 1) if not _is_app(entry)]
        app = next((_label(entry, "im:name") for entry in entries if _is_app(entry)), None)
        mentions: list[RawMention] = []
        rejected: list[str] = []
        for number, entry in reviews:
            missing = _missing(entry)
            if missing:
                rejected.append(f"{page.url}: entry {number} has no {missing} and was left out")
            else:
                mentions.append(_mention(entry, str(page.context["country"]), app))
        if reviews and not mentions:
            return Reading(
                rejected=tuple(rejected),
                status=SourceStatus.LAYOUT_CHANGED,
                message=f"{page.url}: none of its {len(reviews)} entries can be read; the first has no"
                f" {_missing(reviews[0][1])}, but {', '.join(sorted(reviews[0][1])[:8])}",
            )
        reading = self._further(page, tuple(mentions), tuple(rejected), last)
        if page.context["format"] == "json" and mentions and not any(mention.published for mention in mentions):
            # The JSON form of 2020 left the dates out while the XML form had them.
            return Reading(follow=(self._fetch({**page.context, "format": "xml"}, otherwise=reading),))
        return reading

    def _further(
        self, page: Page, mentions: tuple[RawMention, ...], rejected: tuple[str, ...], last: int | None
    ) -> Reading:
        """Return the reading of a page, with the page to ask for after it.

        The feed is empty now and then for a page that exists, so an empty page
        is asked for once more before it counts as the end.
        """
        number = int(page.context["page"])
        if not mentions:
            if not page.context["empty"]:
                return Reading(follow=(self._fetch({**page.context, "empty": 1}),))
            return Reading(reached_end=True)
        full = len(mentions) >= PAGE_SIZE
        if number >= PAGES:
            return Reading(mentions, rejected=rejected, overflow=full, reached_end=not full)
        if last is not None and number >= last and not full:
            return Reading(mentions, rejected=rejected, reached_end=True)
        return Reading(mentions, (self._fetch({**page.context, "page": number + 1, "empty": 0}),), rejected)

    def _without_feed(self, page: Page, reason: str) -> Reading:
        """Return the reading of an answer that is no feed: the XML form is tried before giving up."""
        reading = Reading(status=SourceStatus.LAYOUT_CHANGED, message=f"{page.url} is no review feed: {reason}")
        if page.context["format"] == "xml":
            return reading
        return Reading(follow=(self._fetch({**page.context, "format": "xml"}, otherwise=reading),))

    def _fetch(self, context: dict[str, Any], *, continues: bool = True, otherwise: Reading | None = None) -> Fetch:
        """Return the request for the page that `context` names."""
        host = (self.settings.base_url or HOST).rstrip("/")
        url = (
            f"{host}/{context['country']}/rss/customerreviews/page={context['page']}"
            f"/id={self.options.app_id}/sortby=mostrecent/{context['format']}"
        )
        return Fetch(url, context=context, continues=continues, otherwise=otherwise)


def _is_xml(text: str) -> bool:
    """Return whether a feed came in its XML form."""
    return text[:200].lstrip("\ufeff \t\r\n").startswith("<")


def _json_entries(text: str) -> tuple[list[Entry], int | None]:
    """Return the entries of a JSON feed, and how many pages it says it has.

    `entry` is missing where there is no review, and an object where there is one.

    Raises:
        ValueError: It is no feed.
    """
    try:
        document = json.loads(text, strict=False, parse_int=whole_number)
    except RecursionError as exc:
        raise ValueError("its JSON is nested without end") from exc
    except ValueError as exc:
        raise ValueError(f"it is neither JSON nor XML ({exc})") from exc
    feed = document.get("feed") if isinstance(document, dict) else None
    if not isinstance(feed, dict):
        raise ValueError("it has no key 'feed'")
    entries = feed.get("entry", [])
    entries = entries if isinstance(entries, list) else [entries]
    links = feed.get("link", [])
    links = links if isinstance(links, list) else [links]
    named = [link.get("attributes") for link in links if isinstance(link, dict)]
    last = [link.get("href") for link in named if isinstance(link, dict) and link.get("rel") == "last"]
    return [entry for entry in entries if isinstance(entry, dict)], _page_count(last)


def _xml_entries(body: bytes) -> tuple[list[Entry], int | None]:
    """Return the entries of an XML feed in the shape of the JSON one.

    Each entry has two contents: the text, and an HTML table that holds it
    again. Some copies of the feed carry a bare `&`, so broken XML is read as
    far as it goes.

    Raises:
        ValueError: It is no feed.
    """
    parser = lxml.etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = lxml.etree.fromstring(body, parser)
    if root is None or root.tag != f"{_ATOM}feed":
        raise ValueError("its root is no Atom feed")
    last = [link.get("href") for link in root.findall(f"{_ATOM}link") if link.get("rel") == "last"]
    return [_entry(element) for element in root.findall(f"{_ATOM}entry")], _page_count(last)


def _entry(element: lxml.etree._Element) -> Entry:
    """Return an Atom entry as the JSON feed would write it."""
    entry: Entry = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.replace(_ATOM, "").replace(_APPLE, "im:")
        if name == "content" and child.get("type") == "html" and "content" in entry:
            continue
        if name == "author":
            entry["author"] = {"name": {"label": child.findtext(f"{_ATOM}name")}}
        elif name == "content" and entry.get("content", {}).get("attributes", {}).get("type") == "text":
            continue
        else:
            entry[name] = {"label": child.text or ""}
            if child.attrib:
                entry[name]["attributes"] = dict(child.attrib)
    return entry


def _page_count(last_links: list[Any]) -> int | None:
    """Return the page that the feed names as its last, or None where it names none."""
    match = _LAST_PAGE.search(str(last_links[0])) if last_links else None
    return int(match.group(1)) if match else None


def _is_app(entry: Entry) -> bool:
    """Return whether an entry is the app itself, which old feeds put first."""
    return "im:name" in entry and "im:rating" not in entry


def _label(entry: Entry, key: str) -> str | None:
    """Return the label of a field, or None."""
    value = entry.get(key)
    label = value.get("label") if isinstance(value, dict) else value
    return str(label) if isinstance(label, (str, int, float)) and str(label).strip() else None


def _missing(entry: Entry) -> str | None:
    """Return what a review cannot do without and this one lacks, or None."""
    if _label(entry, "id") is None:
        return "id"
    if _label(entry, "im:rating") is None and _label(entry, "content") is None:
        return "im:rating and no content"
    return None


def _mention(entry: Entry, country: str, app: str | None) -> RawMention:
    """Return an entry as a mention."""
    author = entry.get("author")
    link = entry.get("link")
    links = link if isinstance(link, list) else [link]
    addresses = [words_at(one, "attributes", "href") for one in links]
    kept = {key: value for key, value in entry.items() if key not in _NOT_KEPT}
    return RawMention(
        external_id=_label(entry, "id"),
        author=_label(author, "name") if isinstance(author, dict) else None,
        title=_label(entry, "title"),
        text=_label(entry, "content"),
        rating=_label(entry, "im:rating"),
        rating_best=5,
        rating_worst=1,
        published=_label(entry, "updated"),
        url=next((address for address in addresses if address), None),
        subject=app,
        payload={"country": country, **kept},
    )
