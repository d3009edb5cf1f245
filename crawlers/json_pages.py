"""Answers that should be JSON: the document, or the reading that says what came instead."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from twelvefold.crawlers.source import Page, Reading
from twelvefold.crawlers.walls import wall_in
from twelvefold.records import SourceStatus

Shape = type | tuple[type, ...]

_DEEPEST = 60
"""No service nests its answers deeper; what does is a trap."""

_MOST_NODES = 400_000
"""Lists and objects in one answer: ten megabytes of brackets would unpack to a gigabyte."""

_MOST_DIGITS = 100
"""No service writes longer whole numbers; those beyond 300 digits are no float, those beyond 4,300 no text."""

_TITLE = re.compile(r"<title[^<>]*>([^<]{0,200})", re.IGNORECASE)
_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number", float: "a number", bool: "a truth"}


class NotAsExpected(ValueError):
    """An answer is not the JSON that it should be; the message says what it is."""


def json_object(page: Page, shape: Mapping[str, Shape] | None = None) -> dict[str, Any] | Reading:
    """Return the object that `page` holds, or the reading of an answer that is none.

    Args:
        shape: What must be there: a key, or keys joined by dots ("meta.total"), and its type. A float may be
            written as a whole number; a number is never a truth.
    """
    try:
        document = parse_json(page.text)
        if not isinstance(document, dict):
            raise NotAsExpected(f"is {_kind_of(document)}, not an object")
        for path, kinds in (shape or {}).items():
            _check(document, path, kinds)
    except NotAsExpected as exc:
        return not_json(page, exc)
    return document


def json_list(page: Page) -> list[Any] | Reading:
    """Return the list that `page` holds, or the reading of an answer that is none."""
    try:
        document = parse_json(page.text)
        if not isinstance(document, list):
            raise NotAsExpected(f"is {_kind_of(document)}, not a list")
    except NotAsExpected as exc:
        return not_json(page, exc)
    return document


def parse_json(text: str) -> Any:
    """Return the document that `text` writes, within bounds on depth and number of nodes.

    Raises:
        NotAsExpected: It is no JSON, or out of bounds.
    """
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        raise NotAsExpected("is empty, where JSON should be")
    if text.count("[") + text.count("{") > _MOST_NODES:
        raise NotAsExpected(f"holds more than {_MOST_NODES} lists and objects")
    try:
        document = json.loads(text, strict=False, parse_int=whole_number, parse_constant=lambda name: None)
    except RecursionError:
        raise NotAsExpected("is JSON nested without end") from None
    except ValueError as exc:
        raise NotAsExpected(f"is no JSON ({exc})") from exc
    if _depth_beyond(document, _DEEPEST):
        raise NotAsExpected(f"is JSON nested deeper than {_DEEPEST} levels")
    return document


def whole_number(digits: str) -> int | None:
    """Return the whole number that JSON writes, or None where it is longer than any that means something."""
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def not_json(page: Page, problem: NotAsExpected) -> Reading:
    """Return the reading of a page that is not what was expected: a wall, or a changed layout."""
    if page.text.lstrip("\ufeff \t\r\n").startswith("<"):
        if sign := wall_in(page.text):
            told = f"{page.url} is a wall, not data: {sign}; ask the site for access or use its API"
            return Reading(status=SourceStatus.BLOCKED, message=told)
        title = _TITLE.search(page.text[:20_000])
        named = f" titled {' '.join(title.group(1).split())!r}" if title else ""
        problem = NotAsExpected(f"is a page in HTML or XML{named}, where JSON should be")
    told = f"{page.url} {problem}: check the source's keys in config.yaml; if they are right, its format has changed"
    return Reading(status=SourceStatus.LAYOUT_CHANGED, message=told)


def _check(document: dict[str, Any], path: str, kinds: Shape) -> None:
    """Raise where `path` is missing or of another type."""
    value: Any = document
    done: list[str] = []
    for key in path.split("."):
        if not isinstance(value, dict):
            raise NotAsExpected(f"has {_kind_of(value)} at {'.'.join(done)!r}, not an object")
        if key not in value:
            where = f" in {'.'.join(done)!r}" if done else ""
            raise NotAsExpected(f"has no key {key!r}{where}; it has {_some(value)}")
        value = value[key]
        done.append(key)
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    allowed = (*wanted, int) if float in wanted else wanted
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in wanted):
        names = " or ".join(_NAMES.get(kind, kind.__name__) for kind in wanted)
        raise NotAsExpected(f"has {_kind_of(value)} at {path!r}, not {names}")


def _kind_of(value: Any) -> str:
    """Return what a JSON value is, in words."""
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)


def _some(document: dict[str, Any]) -> str:
    """Return the first keys of an object."""
    return ", ".join(repr(key[:40]) for key in list(document)[:8]) or "no keys at all"


def _depth_beyond(document: Any, most: int) -> bool:
    """Return whether `document` nests deeper than `most` levels."""
    level = [document] if isinstance(document, (dict, list)) else []
    for _ in range(most):
        parts = (part for node in level for part in (node.values() if isinstance(node, dict) else node))
        level = [part for part in parts if isinstance(part, (dict, list))]
        if not level:
            return False
    return True
