"""Cheap looks at a page's markup, in one pass and linear time, whatever the page does.

A full parse costs ten times more; most pages need none. No pattern here may
look from every tag to the end of the page: a hostile page would make that
quadratic. Patterns begin with a literal `<` and spell out upper and lower case,
as `re.IGNORECASE` is several times slower over a long page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_SCRIPT, _STYLE, _NOSCRIPT = (
    "".join(f"[{letter}{letter.upper()}]" for letter in name) for name in ("script", "style", "noscript")
)
_OPENING = re.compile(rf"<(?:!--|({_SCRIPT}|{_STYLE}|{_NOSCRIPT})\b([^<>]*)>)")
_OPENING_ELEMENT = re.compile(rf"<({_SCRIPT}|{_STYLE}|{_NOSCRIPT})\b([^<>]*)>")
_CLOSING = {
    "script": re.compile(f"</{_SCRIPT}"),
    "style": re.compile(f"</{_STYLE}"),
    "noscript": re.compile(f"</{_NOSCRIPT}"),
}
_LINK = re.compile(r"<(?:[lL][iI][nN][kK]|[aA])\s[^<>]*>")
_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z:_-])([a-zA-Z:_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


class Hidden(NamedTuple):
    """A part of the markup that nobody sees: a comment ("!--"), a script, a style sheet."""

    name: str
    attributes: str
    content: str
    start: int
    end: int


def hidden_parts(text: str) -> Iterator[Hidden]:
    """Yield the comments, scripts and style sheets of a page in order; a script in a comment is none."""
    position = 0
    pattern = _OPENING
    while (opening := pattern.search(text, position)) is not None:
        start = opening.start()
        if opening.group(1) is None:
            end = text.find("-->", opening.end())
            if end < 0:  # no comment ends from here on, so none begins
                pattern, position = _OPENING_ELEMENT, opening.end()
                continue
            position = end + 3
            yield Hidden("!--", "", text[opening.end() : end], start, position)
            continue
        name = opening.group(1).lower()
        closing = _CLOSING[name].search(text, opening.end())
        stop = closing.start() if closing else len(text)
        position = closing.end() if closing else len(text)
        yield Hidden(name, opening.group(2), text[opening.end() : stop], start, position)


def scripts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the attributes and the content of each script that is not commented out."""
    for part in hidden_parts(text):
        if part.name == "script":
            yield part.attributes, part.content


def visible_words(text: str) -> str:
    """Return roughly what a reader of the page sees, in one line."""
    seen: list[str] = []
    position = 0
    for part in hidden_parts(text):
        seen.append(text[position : part.start])
        position = part.end
    seen.append(text[position:])
    return " ".join(_TAG.sub(" ", " ".join(seen)).split())


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of one tag, names in lower case, values as written."""
    return {
        match.group(1).lower(): next(value for value in match.groups()[1:] if value is not None)
        for match in _ATTRIBUTE.finditer(tag)
    }


def next_links(text: str) -> list[str]:
    """Return the addresses that the page names as its next page, as written."""
    found = (attributes(match.group(0)) for match in _LINK.finditer(text) if "next" in match.group(0).lower())
    return [tag["href"] for tag in found if "next" in tag.get("rel", "").lower().split() and tag.get("href")]
