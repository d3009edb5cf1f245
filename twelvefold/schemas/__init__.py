"""JSON Schemas of every document that Twelvefold prints, so that programs can rely on their shapes."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from twelvefold.errors import UnknownName


def names() -> tuple[str, ...]:
    """Return the names of the documents that have a schema, sorted."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the document called `name`, as "health" or "run".

    Raises:
        UnknownName: There is none; the message lists those that exist.
    """
    if name not in names():
        raise UnknownName(f"no schema is called {name!r}; there are: {', '.join(names())}")
    found: dict[str, Any] = json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
    return found
