"""The `health` document as records: one figure a line, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_FIGURE = ("value", "n", "low", "high", "definition", "note")
_APART = frozenset({"by", "abc"})  # at the top: the groups, which follow with their own key, and a table


def figure_records(document: Mapping[str, Any], by: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield each figure of a brand, then those of its groups.

    `figure` is its path in the document, as "satisfaction.balance.index"; `by` and `key` are empty for the brand
    as a whole.
    """
    period = {name: document[name] for name in ("brand", "since", "until")}
    for scope, key, part in ((None, None, document), *((by, group["key"], group) for group in document["by"])):
        whole = {name: value for name, value in part.items() if name not in _APART}
        for path, shown in _figures(whole, ()):
            yield {
                **period,
                "by": scope,
                "key": key,
                "figure": ".".join(path),
                **{name: shown[name] for name in _FIGURE},
            }


def _figures(part: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield each figure within a part of the document, with its path."""
    if part.keys() >= set(_FIGURE):
        yield path, part
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from _figures(value, (*path, name))
