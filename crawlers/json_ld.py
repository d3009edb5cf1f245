"""JSON-LD as pages really write it: wrapped, unterminated, with raw control characters.

The ways in which it is broken were met on real pages: `;` after the object,
CDATA and comment wrappers around it, raw line breaks inside strings, trailing
commas, entities in place of quotes.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

import jstyleson  # type: ignore[import-untyped] # extruct's own dependency; ships no types

from twelvefold.crawlers.json_pages import whole_number
from twelvefold.crawlers.markup import attributes, scripts

_DECODER = json.JSONDecoder(strict=False, parse_int=whole_number)
_WRAPPER_BEFORE = re.compile(r"(?:\s|\ufeff|//|/\*|\*/|<!\[CDATA\[|<!--)*")
_BETWEEN = re.compile(r"[\s;,]*")
_REPAIRED_AT_MOST = 200_000
"""Longer broken blocks are given up: the repair goes character by character."""


@dataclass(frozen=True)
class BrokenBlock:
    """A JSON-LD block that is beyond repair."""

    reason: str
    speaks_of_reviews: bool


def json_ld_values(text: str) -> tuple[list[Any], list[BrokenBlock]]:
    """Return the values of all JSON-LD blocks of a page, and the blocks that are beyond repair."""
    values: list[Any] = []
    broken: list[BrokenBlock] = []
    for attribute_text, content in scripts(text):
        if "ld+json" not in attribute_text.lower():
            continue
        kind = attributes(attribute_text).get("type", "").lower().partition(";")[0].strip()
        if kind != "application/ld+json":
            continue
        try:
            values.extend(tolerant_json(content))
        except (ValueError, RecursionError) as exc:
            broken.append(BrokenBlock(str(exc) or type(exc).__name__, "review" in content.lower()))
    return values, broken


def tolerant_json(text: str) -> list[Any]:
    """Return the JSON values that stand in `text`, mostly one.

    Raises:
        ValueError: The first value cannot be read, not even after repair.
    """
    try:
        return _values(text)
    except ValueError:
        if len(text) > _REPAIRED_AT_MOST:
            raise
        unescaped = html.unescape(text) if "&quot;" in text else text
        return _values(str(jstyleson.dispose(_without_wrapper(unescaped))))


def _without_wrapper(text: str) -> str:
    """Return `text` from its first character that is no wrapper."""
    match = _WRAPPER_BEFORE.match(text)
    return text[match.end() :] if match else text


def _values(text: str) -> list[Any]:
    """Return the first value of `text`, and those that follow it directly; the rest is wrapper."""
    text = _without_wrapper(text)
    if not text:
        return []
    value, position = _DECODER.raw_decode(text)
    values = [value]
    while True:
        gap = _BETWEEN.match(text, position)
        position = gap.end() if gap else position
        if text[position : position + 1] not in ("{", "["):
            return values
        try:
            value, position = _DECODER.raw_decode(text, position)
        except ValueError:
            return values
        values.append(value)
