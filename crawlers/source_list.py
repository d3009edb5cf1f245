"""What docs/sources.md tells of each kind of source, taken from what the adapters say of themselves.

`python -m twelvefold.crawlers.source_list > docs/sources.md` writes it anew.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator

from twelvefold.config import Settings
from twelvefold.crawlers.source import LocalSource, Source, Statement, kinds, source_class
from twelvefold.records import Precision

_ATTRIBUTE = re.compile(r"^(\w+(?:, \w+)*): (.*(?:\n {4,}.*)*)", re.MULTILINE)

_HEAD = """# Sources

What each `kind` of source in config.yaml reads, which keys it has, what it asks of us, and what its completeness means.
Written by `python -m twelvefold.crawlers.source_list` from the adapters' own statements; a test keeps it up to date.

Every source also takes `name`, `kind`, `subject`, `weight`, `language`, `posting_rates`, `every`, `budget` and
`base_url`. Keys and passwords belong into the environment (`"${NAME}"`) and are never written into logs or messages.

Each night tells for each source how far back it vouches that nothing is missing: `reached_known` (back to what was
stored before), `reached_end` (all that the source has), `window_overflow` (the source shows no more, although there is
more), `gap` (a page could not be had or a budget was spent: the next night reads further back), `unknown`. Once a week
a deep pass reads everything again, for edits and removals."""

_PRECISIONS = {
    Precision.SECOND: "to the second",
    Precision.DAY: "to the day",
    Precision.RELATIVE: 'relative ("two weeks ago")',
    Precision.NONE: "none",
}
_ASKING = {
    "after": "by date",
    "since-id": "by the last known id",
    "cursor": "by a cursor, page after page",
    "none": "not at all: pages are read from the first",
}


def source_list() -> str:
    """Return docs/sources.md."""
    return "\n\n".join((_HEAD, *(section(source_class(kind)) for kind in kinds()))) + "\n"


def section(adapter: type[Source]) -> str:
    """Return what there is to know of one kind."""
    about = inspect.getdoc(sys.modules[adapter.__module__]) or ""
    keys = [
        f"| `{name}` | {'yes' if needed else 'no'} | {meaning} |" for name, needed, meaning in keys_of(adapter.Options)
    ]
    facts = [f"- {name}: {told}" for name, told in _facts(adapter)]
    return "\n".join(
        (f"## `{adapter.kind}`", "", about, "", "| key | needed | meaning |", "|---|---|---|", *keys, "", *facts)
    )


def keys_of(options: type[Settings]) -> Iterator[tuple[str, bool, str]]:
    """Yield each key of a kind's own, whether it must be given, and what its docstring says of it."""
    written = (inspect.getdoc(options) or "").partition("Attributes:\n")[2]
    meanings = {
        name: " ".join(match.group(2).split())
        for match in _ATTRIBUTE.finditer(inspect.cleandoc(written))
        for name in match.group(1).split(", ")
    }
    for name, field in options.model_fields.items():
        yield name, field.is_required(), meanings.get(name, "").replace("|", "\\|")


def _facts(adapter: type[Source]) -> Iterator[tuple[str, str]]:
    """Yield what a kind states, in words."""
    statement = adapter.statement
    yield "An item is told from others by", statement.id_field
    yield "Shows at most", statement.window or "everything"
    yield "Asks for what is new", _ASKING.get(statement.incremental, statement.incremental)
    yield "Edits", "can be seen" if statement.edits_visible else "cannot be seen"
    yield "Ratings", _scale(statement)
    yield "Dates", _PRECISIONS[statement.precision] + (f", in {statement.time_zone}" if statement.time_zone else "")
    yield "Needs a key or account", "yes" if statement.needs_key else "no"
    if not issubclass(adapter, LocalSource):
        yield "Governed by", "robots.txt" if statement.governed_by_robots else "the terms of its API"
    if statement.quota_headers is not None:
        yield "Pauses are made as asked in", " and ".join(f"`{name}`" for name in statement.quota_headers)
    yield "May be stored", _storage(statement.storage_policy)
    if statement.reply_limit is not None:
        yield "Longest reply", f"{statement.reply_limit} characters"
    yield "Terms", statement.terms
    yield "Completeness", " ".join(_completeness(statement))


def _scale(statement: Statement) -> str:
    """Return the scale of a kind's ratings in words."""
    if statement.rating_scale is None:
        return "none, or each item tells its own scale"
    worst, best = statement.rating_scale
    return "thumbs, up or down" if (worst, best) == (0, 1) else f"{worst:g} to {best:g}"


def _storage(policy: str) -> str:
    """Return a storage policy in words."""
    name, _, hours = policy.partition(":")
    return {"keep": "yes", "id_only": "the id alone"}.get(name, f"for {hours.strip()} hours")


def _completeness(statement: Statement) -> Iterator[str]:
    """Yield the sentences on what a night without a hole means."""
    if statement.newest_first:
        yield "a night reads from the newest item back to the first page that ends on a known one."
    else:
        yield "the order is not guaranteed, so a night, however quiet, reads to the end of the list."
    if statement.window is not None:
        yield "What leaves the window between two nights is lost, and the night says `window_overflow`."
    if statement.total_available:
        yield "The source tells a total, with which what is stored is compared."


if __name__ == "__main__":
    sys.stdout.write(source_list())
