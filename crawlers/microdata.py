"""Microdata items of a page, by extruct, with three corrections.

`time`, `data` and `meter` without a machine-readable form say their text; the
text of an element is read in one pass, where extruct copies and cleans the tree
of every property; and each element is looked at once for whose property it is,
where extruct compares every pair of them for every item.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lxml.etree
import lxml.html
from extruct.w3cmicrodata import LxmlMicrodataExtractor

_BLOCKS = frozenset(
    (
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    )
)
_UNSEEN = frozenset(("script", "style", "noscript", "template"))


def microdata_items(text: str, base_url: str) -> list[dict[str, Any]]:
    """Return the top-level items of a page as extruct shapes them: type, id, properties."""
    document = _parsed(text)
    if document is None:
        return []
    items = _Extractor(nested=True, strict=True).extract_items(document, base_url)
    return [item for item in items if isinstance(item, dict)]


class _Extractor(LxmlMicrodataExtractor):  # type: ignore[misc] # extruct ships no types
    """extruct's reader with the corrections above."""

    def _extract_properties(self, node: Any, items_seen: Any, base_url: Any, itemids: Any) -> Iterator[Any]:
        """Yield name and value of each property of an item."""
        for element in _properties(node):
            yield from self._extract_property(element, items_seen=items_seen, base_url=base_url, itemids=itemids)

    def _extract_property_value(
        self, node: Any, items_seen: Any, base_url: Any, itemids: Any, force: bool = False
    ) -> Any:
        """Return a property's value."""
        if not force and node.get("itemscope") is None and node.tag in ("time", "data", "meter"):
            return node.get("datetime" if node.tag == "time" else "value") or node.get("content") or _text(node)
        return super()._extract_property_value(node, items_seen, base_url, itemids, force)

    def _extract_textContent(self, node: Any) -> str:  # noqa: N802 - extruct's name
        return _text(node)


def _properties(item: Any) -> Iterator[Any]:
    """Yield the elements that are properties of an item, in their order, and none of the items inside it."""
    pending = list(reversed(item))
    while pending:
        element = pending.pop()
        if element.get("itemprop") is not None:
            yield element
        if element.get("itemscope") is None:
            pending.extend(reversed(element))


def _text(node: Any) -> str:
    """Return the visible text below an element, with a line break where a block begins or ends."""
    parts: list[str] = []
    skipped: Any = None
    for event, element in lxml.etree.iterwalk(node, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if skipped is None and element.tail and element is not node:
                parts.append(element.tail)
            continue
        if event == "start":
            if skipped is None and element.tag in _UNSEEN:
                skipped = element
            if skipped is None:
                if element.tag in _BLOCKS:
                    parts.append("\n")
                parts.append(element.text or "")
            continue
        if skipped is element:
            skipped = None
        if skipped is None and element is not node:
            if element.tag in _BLOCKS:
                parts.append("\n")
            parts.append(element.tail or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _parsed(text: str) -> Any:
    """Return the page as a tree, or None where there is nothing to parse."""
    parser = lxml.html.HTMLParser(encoding="utf-8", recover=True, huge_tree=False)
    try:
        return lxml.html.document_fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        return None
