"""BBCode undone: what a person would have read of a text with [b] and [list] in it.

The tags are those of Steam's "Text Formatting" page; forums know most of them. A tag counts only in a
pair, and [*] in a list, as the services show any other as it was written: "a[i] = 3" stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict

_INLINE = frozenset({"b", "i", "u", "s", "strike", "spoiler", "color", "size", "font", "url", "noparse"})
_BLOCKS = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "quote", "code", "list", "olist", "ul", "ol", "li", "table", "tr", "hr"}
)
_CELLS = frozenset({"th", "td"})
_LITERAL = frozenset({"noparse", "code"})
_PICTURES = frozenset({"img", "previewyoutube", "video", "youtube"})
_LISTS = frozenset({"list", "olist", "ul", "ol"})
_NAMES = "|".join(sorted(_INLINE | _BLOCKS | _CELLS | _PICTURES, key=len, reverse=True))
_TAG = re.compile(
    rf"\[(?P<close>/?)(?P<name>{_NAMES})(?:=(?P<value>[^\[\]\n]{{0,2000}})|[ \t][^\[\]\n]{{0,200}})?\]"
    r"|(?P<item>\[\*\])",
    re.IGNORECASE,
)


def without_bbcode(written: str) -> str:
    """Return `written` without BBCode: blocks, items and rows on lines of their own, links by their label.

    What is hidden as a spoiler or quoted stays; pictures go; what stands in [noparse] or [code] stays
    as it is.
    """
    if "[" not in written:
        return written
    tags = list(_TAG.finditer(written))
    partners = _partners(tags)
    pieces: list[str] = []
    at = depth = 0
    for place, tag in enumerate(tags):
        if tag.start() < at or not (depth if tag["item"] else place in partners):
            continue
        pieces += [written[at : tag.start()], _stand_in(tag)]
        at = tag.end()
        if tag["item"]:
            continue
        name, closing = tag["name"].lower(), tags[partners[place]]
        if name in _LISTS:
            depth += -1 if tag["close"] else 1
        if tag["close"]:
            continue
        inside = written[at : closing.start()]
        if name in _PICTURES:
            at = closing.start()
        elif name in _LITERAL:
            pieces.append(inside)
            at = closing.start()
        elif name == "url" and tag["value"] and not inside.strip():
            pieces.append(tag["value"].strip("\"' "))
    pieces.append(written[at:])
    return "".join(pieces)


def _partners(tags: list[re.Match[str]]) -> dict[int, int]:
    """Return the place of each tag's partner, in both directions; within [noparse] and [code] there is none."""
    closings: dict[str, list[int]] = defaultdict(list)
    for place, tag in enumerate(tags):
        if tag["close"]:
            closings[tag["name"].lower()].append(place)
    partners: dict[int, int] = {}
    opened: dict[str, list[int]] = defaultdict(list)
    skipped_to = -1
    for place, tag in enumerate(tags):
        if place < skipped_to or tag["item"]:
            continue
        name = tag["name"].lower()
        if tag["close"]:
            if opened[name]:
                start = opened[name].pop()
                partners[start], partners[place] = place, start
            continue
        opened[name].append(place)
        if name in _LITERAL:
            later = bisect_right(closings[name], place)
            skipped_to = closings[name][later] if later < len(closings[name]) else skipped_to
    return partners


def _stand_in(tag: re.Match[str]) -> str:
    """Return what takes the place of a tag: a line break, a blank, or nothing."""
    if tag["item"]:
        return "\n"
    name = tag["name"].lower()
    if name in _CELLS:
        return " "
    return "\n" if name in _BLOCKS else ""
