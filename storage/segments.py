"""Segments of customers: a column of the customer file and one of its values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Segment(NamedTuple):
    """The customers who have one value in one column, as region: north."""

    column: str
    value: str

    def __str__(self) -> str:
        """Return the segment as it is shown."""
        return f"{self.column}: {self.value}"


def segment_key(segment: Segment) -> str:
    """Return the text under which a segment's counts are kept."""
    return json.dumps(segment, ensure_ascii=False)


def segment_of(key: str) -> Segment:
    """Return the segment that is kept under this text."""
    return Segment(*json.loads(key))


def keys_in(told: dict[str, Any] | str | None) -> tuple[str, ...]:
    """Return the texts under which the counts of the segments in such a column are kept."""
    return tuple(map(segment_key, segments_in(told)))


def segments_in(told: dict[str, Any] | str | None) -> Iterator[Segment]:
    """Yield the segments in a customer's or an answer's column of them, given as it is or as the JSON it is kept as.

    The JSON is read here, as SQLite finds no name that JSON writes with escapes ("région").
    """
    segments = json.loads(told) if isinstance(told, str) else told
    for column, value in (segments or {}).items():
        yield Segment(column, value)
