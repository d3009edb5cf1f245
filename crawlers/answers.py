"""What web APIs answer with: JSON lists, each item of which is a mention.

Nothing in an answer is taken on trust: a field of another type than the
service documents counts as missing, an item without what a mention needs is
named, and a list of which nothing can be read is a changed layout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from twelvefold.crawlers.json_pages import NotAsExpected, not_json, parse_json
from twelvefold.crawlers.source import Page, Reading
from twelvefold.records import RawMention, SourceStatus

Item = dict[str, Any]

MOST_ITEMS = 10_000
"""No service puts more into a page; what does is a trap."""

_KEYS_NAMED = 8
_LONGEST_SENTENCE = 200


def address(base_url: str | None, host: str, *path: str | int, **query: str | int | None) -> str:
    """Return the URL of `path` on `host`, or on the server that `base_url` puts in its place.

    Args:
        path: One segment each; slashes within a segment are escaped.
        query: What is None is left out.
    """
    # What services send may hold halves of characters, which no URL can.
    segments = "/".join(quote(str(segment), safe="~@:", errors="replace") for segment in path)
    given = {name: value for name, value in query.items() if value is not None}
    return f"{(base_url or host).rstrip('/')}/{segments}" + (f"?{urlencode(given, errors='replace')}" if given else "")


def web_address(url: str) -> str:
    """Return `url` if it is one that can be fetched.

    Raises:
        ValueError: It is none; the message says how to write it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no web address; write it as https://host/path")
    return url


def json_of(page: Page) -> Any | Reading:
    """Return the JSON document of an answer, or the reading of an answer that is none."""
    try:
        return parse_json(page.text)
    except NotAsExpected as exc:
        return not_json(page, exc)


def value_at(item: Any, *path: str | int) -> Any:
    """Return what stands at `path` in nested objects and lists, or None."""
    for step in path:
        if isinstance(step, int):
            item = item[step] if isinstance(item, list) and -len(item) <= step < len(item) else None
        else:
            item = item.get(step) if isinstance(item, dict) else None
    return item


def words_at(item: Any, *path: str | int) -> str | None:
    """Return the text or number at `path` as text, or None where there is none or it is blank."""
    value = value_at(item, *path)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value) if str(value).strip() else None


def sentence_at(item: Any, *path: str | int) -> str | None:
    """Return what a service says at `path`, on one line that is fit to be shown, or None."""
    words = words_at(item, *path)
    return _one_line(words) if words is not None else None


def number_at(item: Any, *path: str | int) -> float | None:
    """Return the number at `path`, also where it is written as text, or None."""
    value = value_at(item, *path)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def count_at(item: Any, *path: str | int) -> int | None:
    """Return the whole number at `path`, also where it is written as text, or None."""
    number = number_at(item, *path)
    return int(number) if number is not None and 0 <= number < 1e12 else None


def flag_at(item: Any, *path: str | int) -> bool | None:
    """Return the yes or no at `path`, or None."""
    value = value_at(item, *path)
    return value if isinstance(value, bool) else None


def list_at(document: Any, *path: str | int) -> list[Any] | None:
    """Return the list at `path`, or None where there is none, or one longer than any page."""
    value = value_at(document, *path)
    return value if isinstance(value, list) and len(value) <= MOST_ITEMS else None


def items_at(document: Any, *path: str | int) -> list[Item] | None:
    """Return the objects of the list at `path`, or None where `list_at` finds none."""
    found = list_at(document, *path)
    return None if found is None else [one for one in found if isinstance(one, dict)]


def ids_of(items: Iterable[Item], key: str = "id") -> tuple[str, ...]:
    """Return the ids of items, those without one left out."""
    return tuple(found for item in items if (found := words_at(item, key)) is not None)


def without(item: Item, *keys: str) -> Item:
    """Return an item without fields that are kept elsewhere, or not at all because they name a person."""
    return {key: value for key, value in item.items() if key not in keys}


def read_items(page: Page, items: Iterable[Any], read: Callable[[Any], RawMention]) -> Reading:
    """Return the mentions of a list, with a sentence for each item that cannot be read.

    A list of which nothing can be read is a changed layout, with what was found.
    """
    mentions: list[RawMention] = []
    rejected: list[str] = []
    first = ""
    for number, item in enumerate(items, 1):
        mention = read(item)
        if missing := _missing(mention):
            first = first or f"the first has no {missing}, but {_keys_of(item)}"
            rejected.append(f"{page.url}: item {number} has no {missing} and was left out")
        else:
            mentions.append(mention)
    if rejected and not mentions:
        return changed(page, f"none of its {len(rejected)} items can be read; {first}", rejected)
    return Reading(tuple(mentions), rejected=tuple(rejected))


def changed(page: Page, found: str, rejected: Iterable[str] = ()) -> Reading:
    """Return the reading of an answer in another shape than the service documents."""
    return Reading(
        rejected=tuple(rejected), status=SourceStatus.LAYOUT_CHANGED, message=f"{page.url} has changed: {found}"
    )


def without_list(page: Page, document: Any, name: str) -> Reading:
    """Return the reading of an answer that holds no list `name`, or one that is too long."""
    if isinstance(found := value_at(document, name), list):
        return changed(page, f"its list {name!r} has {len(found)} items, where a page has at most {MOST_ITEMS}")
    return changed(page, f"it holds no list {name!r}, but {_keys_of(document)}")


def _missing(mention: RawMention) -> str | None:
    """Return what a mention cannot do without and this one lacks, or None."""
    if mention.external_id is None and not any(mention.identity):
        return "id"
    if mention.text is None and mention.title is None and mention.rating is None:
        return "text and no rating"
    return None


def _one_line(text: str) -> str:
    """Return the first words of `text`, without line breaks and control characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 2 * _LONGEST_SENTENCE])
    return " ".join(printable.split())[:_LONGEST_SENTENCE]


def _keys_of(found: Any) -> str:
    """Return what an answer or an item is, in a few words."""
    if isinstance(found, Mapping):
        names = sorted(_one_line(str(name))[:40] for name in found)
        more = " ..." if len(names) > _KEYS_NAMED else ""
        return f"the keys {', '.join(names[:_KEYS_NAMED])}{more}" if names else "nothing"
    if isinstance(found, list):
        return f"a list of {len(found)}"
    return f"{type(found).__name__} {str(found)[:60]!r}" if found is not None else "null"
