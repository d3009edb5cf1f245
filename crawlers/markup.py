"""Cheap looks at a page's markup, in one pass and linear time, whatever the page does.

A full parse costs ten times more; most pages need none. No pattern here may
look from every tag to the end of the page: a hostile page would make that
quadratic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_OPENING = re.compile(r"<!--|<script\b([^<>]*)>", re.IGNORECASE)
_CLOSING = re.compile(r"</script", re.IGNORECASE)
_LINK = re.compile(r"<(?:link|a)\b[^<>]*\brel\s*=[^<>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z:_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def scripts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes and the content of each script that is not commented out."""
    position = 0
    comments_end = True
    while (opening := _OPENING.search(text, position)) is not None:
        if opening.group(0) == "<!--":
            end = text.find("-->", opening.end()) if comments_end else -1
            comments_end = end >= 0
            position = end + 3 if comments_end else opening.end()
            continue
        closing = _CLOSING.search(text, opening.end())
        stop = closing.start() if closing else len(text)
        yield opening.group(1), text[opening.end() : stop]
        position = closing.end() if closing else len(text)


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of one tag, names in lower case, values as written."""
    return {
        match.group(1).lower(): next(value for value in match.groups()[1:] if value is not None)
        for match in _ATTRIBUTE.finditer(tag)
    }


def next_links(text: str) -> list[str]:
    """Return the addresses that the page names as its next page, as written."""
    found = (attributes(match.group(0)) for match in _LINK.finditer(text))
    return [tag["href"] for tag in found if "next" in tag.get("rel", "").lower().split() and tag.get("href")]
