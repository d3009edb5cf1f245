"""Feeds of any make: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed.

What a feed is named says nothing of its format, so the root decides. Read with lxml rather than feedparser: we keep
what was written (feedparser rewrites HTML, addresses and dates), bound what a hostile feed may cost, and need no second
XML reader beside the one that is here. Broken XML is read as far as it goes; entities of its own and endless nesting
are refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.etree

from twelvefold.crawlers.answers import Item, items_at, value_at, words_at
from twelvefold.crawlers.json_pages import NotAsExpected, parse_json

MOST_ENTRIES = 10_000
"""No feed holds more; what does is a trap."""

_ROOTS = frozenset(("rss", "RDF", "feed"))
_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DUBLIN = "http://purl.org/dc/elements/1.1/"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_OWN = ("", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", _ATOM, "http://purl.org/atom/ns#")
_PROLOG = re.compile(r"^\s*<\?xml[^<>]*\?>")
_AMPERSAND = re.compile(r"&(?:#x?[0-9A-Fa-f]{1,8};|([A-Za-z][A-Za-z0-9]{1,30});)?")
_AMPERSANDS = {"ERR_UNDECLARED_ENTITY", "ERR_NAME_REQUIRED", "ERR_ENTITYREF_SEMICOL_MISSING"}
_MARKUP = frozenset(("amp", "lt", "gt", "quot", "apos"))


class FeedError(ValueError):
    """The document is no feed, or one that is not read; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One entry of a feed, as it is written there.

    Attributes:
        text: HTML, mostly.
    """

    id: str | None = None
    title: str | None = None
    text: str | None = None
    author: str | None = None
    published: str | None = None
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Feed:
    """A feed and its entries."""

    title: str | None
    entries: tuple[Entry, ...]


def read_feed(text: str) -> Feed:
    """Return the feed that `text` is.

    Raises:
        FeedError: It is none, or a hostile one.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _json_feed(text)
    root = _root(text)
    if _name(root) not in _ROOTS:
        titles = (found.text or "" for found in root.iter() if _name(found).lower() == "title")
        title = " ".join(next(titles, "").split())[:100]
        raise FeedError(f"its root is {_name(root)!r}, no feed's{f'; it is titled {title!r}' if title else ''}")
    channel = next((one for one in root if _name(one) == "channel"), root)
    beside = () if channel is root else root  # RSS 1.0 has its items beside the channel
    elements = [one for one in (*channel, *beside) if _name(one) in ("item", "entry") and _is_own(one)]
    if len(elements) > MOST_ENTRIES:
        raise FeedError(f"it has {len(elements)} entries, where a feed has at most {MOST_ENTRIES}")
    language = root.get(_XML_LANGUAGE) or _own_words(channel, "language")
    return Feed(_own_words(channel, "title"), tuple(_entry(element, language) for element in elements))


def _root(text: str) -> lxml.etree._Element:
    """Return the root of an XML document, however broken.

    Its charset is settled already, whatever its prolog says.
    """
    text = _PROLOG.sub("", text.lstrip("\ufeff"), count=1).replace("\x00", "")
    root, errors = _parsed(text)
    if errors & _AMPERSANDS:  # a bare &, or a name of HTML (&nbsp;): after it XML loses what is right, too
        root, errors = _parsed(_AMPERSAND.sub(_character, text))
    if root is None:
        raise FeedError("it is neither XML nor JSON")
    if "ERR_RESOURCE_LIMIT" in errors:
        raise FeedError("it is nested without end, or holds a text without end")
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise FeedError("it declares entities of its own, which no feed needs and which can be a trap")
    return root


def _parsed(text: str) -> tuple[lxml.etree._Element | None, set[str]]:
    """Return the root of `text` and the names of what was wrong with it."""
    parser = lxml.etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, encoding="utf-8", remove_comments=False
    )
    try:
        root = lxml.etree.fromstring(text.encode("utf-8", "replace"), parser)
    except lxml.etree.XMLSyntaxError:
        root = None
    return root, {error.type_name for error in parser.error_log}


def _character(match: re.Match[str]) -> str:
    """Return the character that a named entity of HTML stands for, or a bare & as XML wants it."""
    if match.group(0) == "&":
        return "&amp;"
    if match.group(1) is None or match.group(1) in _MARKUP:
        return match.group(0)
    return html.unescape(match.group(0)).replace("&", "&amp;")


def _entry(element: lxml.etree._Element, language: str | None) -> Entry:
    """Return what an item (RSS) or an entry (Atom) says."""
    links = [child for child in element if _name(child) == "link" and _is_own(child)]
    url = next((link.get("href") for link in links if link.get("rel", "alternate") == "alternate"), None)
    guid = next((child for child in element if _name(child) == "guid" and _is_own(child)), None)
    url = (url or "").strip() or _own_words(element, "link")
    if url is None and guid is not None and guid.get("isPermaLink", "true") == "true":
        url = words if (words := _words(guid) or "").startswith(("http://", "https://")) else None
    return Entry(
        id=_own_words(element, "guid") or _own_words(element, "id") or element.get(_RDF_ABOUT) or url,
        title=_own_words(element, "title"),
        text=_found(element, _CONTENT, "encoded")
        or _own_words(element, "content")
        or _own_words(element, "description")
        or _own_words(element, "summary"),
        author=_found(element, _DUBLIN, "creator") or _author(element),
        published=_own_words(element, "pubDate")
        or _own_words(element, "published")
        or _found(element, _DUBLIN, "date")
        or _own_words(element, "issued")
        or _own_words(element, "updated"),
        url=url,
        language=element.get(_XML_LANGUAGE) or _found(element, _DUBLIN, "language") or language,
    )


def _author(element: lxml.etree._Element) -> str | None:
    """Return who wrote an entry: a text in RSS, an element with a name in Atom."""
    for child in element:
        if _name(child) == "author" and _is_own(child):
            names = [part for part in child if _name(part) == "name"]
            return _words(names[0] if names else child)
    return None


def _own_words(element: lxml.etree._Element, name: str) -> str | None:
    """Return the text of the format's own child `name`, not of one that an extension calls the same."""
    return next(
        (words for child in element if _name(child) == name and _is_own(child) and (words := _words(child))), None
    )


def _found(element: lxml.etree._Element, namespace: str, name: str) -> str | None:
    """Return the text of an extension's child, or None."""
    tag = f"{{{namespace}}}{name}"
    return next((words for child in element if child.tag == tag and (words := _words(child))), None)


def _words(element: lxml.etree._Element) -> str | None:
    """Return an element's content, with its markup where it holds some, or None where it is blank."""
    text = element.text or ""
    if len(element):
        text += "".join(lxml.etree.tostring(child, encoding="unicode") for child in element)
    return text if text.strip() else None


def _name(element: lxml.etree._Element) -> str:
    """Return an element's name without its namespace; comments have none."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_own(element: lxml.etree._Element) -> bool:
    """Return whether an element is of RSS or Atom itself, not of an extension."""
    return str(element.tag).rpartition("}")[0].removeprefix("{") in _OWN


def _json_feed(text: str) -> Feed:
    """Return a JSON Feed (jsonfeed.org, versions 1 and 1.1)."""
    try:
        document = parse_json(text)
    except NotAsExpected as exc:
        raise FeedError(f"it {exc}") from exc
    items = items_at(document, "items")
    if items is None or not (words_at(document, "version") or "").startswith("https://jsonfeed.org/"):
        raise FeedError("it is JSON, but no JSON Feed: that has a version and a list of items")
    language = words_at(document, "language")
    return Feed(words_at(document, "title"), tuple(_json_entry(item, language) for item in items))


def _json_entry(item: Item, language: str | None) -> Entry:
    """Return what an item of a JSON Feed says."""
    url = words_at(item, "url") or words_at(item, "external_url")
    authors = value_at(item, "authors", 0) or value_at(item, "author")
    return Entry(
        id=words_at(item, "id") or url,
        title=words_at(item, "title"),
        text=words_at(item, "content_html") or words_at(item, "content_text") or words_at(item, "summary"),
        author=words_at(authors, "name"),
        published=words_at(item, "date_published") or words_at(item, "date_modified"),
        url=url,
        language=words_at(item, "language") or language,
    )


def entries_once(feed: Feed) -> Iterator[Entry]:
    """Yield each entry of a feed once: some repeat one under the same id."""
    seen: set[str] = set()
    for entry in feed.entries:
        if entry.id is None or entry.id not in seen:
            yield entry
        if entry.id is not None:
            seen.add(entry.id)
