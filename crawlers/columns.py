"""Which column of a file is which of our fields: from the configuration, else guessed from the headers.

A guess is always shown to the user, who overrides it with `mapping` in config.yaml. Columns that
name a person (e-mail, telephone, IP address, position ...) are never guessed and never kept.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from twelvefold.crawlers.column_names import FIELDS, PERSONAL
from twelvefold.errors import ConfigError, UnreadableFile

_SEPARATORS = re.compile(r"[\s_:./\-]+")


def is_personal(header: str) -> bool:
    """Return whether a column names or locates a person."""
    return bool(PERSONAL.search(normalised(header)))


@cache
def normalised(header: str) -> str:
    """Return a header as the patterns expect it: NFKC, small letters, words parted by single spaces."""
    text = unicodedata.normalize("NFKC", header)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold()
    return _SEPARATORS.sub(" ", text).strip(" ?!*")


def guess_columns(
    what: str,
    headers: Sequence[str],
    labels: Mapping[str, str] | None = None,
    suits: Callable[[str, str], bool] = lambda field, header: True,
    taken: Sequence[str] = (),
) -> dict[str, str]:
    """Return our fields to the columns whose header, or question, says so.

    Args:
        what: "mentions", "surveys", "customers" or "orders".
        suits: Whether a column's content can be that field.
        taken: Columns that are spoken for.
    """
    found: dict[str, str] = {}
    used = set(taken)
    told = {
        header: tuple(filter(None, {normalised(header), normalised((labels or {}).get(header, ""))}))
        for header in headers
    }
    for field, patterns in FIELDS[what].items():
        if field == "segments":
            columns = [h for h in headers if h not in used and any(re.search(patterns[0], name) for name in told[h])]
            if columns:
                found[field] = ", ".join(columns)
            continue
        for pattern in patterns:
            fits = (
                header
                for header in headers
                if header not in used
                and any(re.search(pattern, name) for name in told[header])
                and (field == "author" or not is_personal(header))
                and suits(field, header)
            )
            column = next(fits, None)
            if column is not None:
                found[field] = column
                used.add(column)
                break
    return found


def configured_columns(
    what: str, configured: Mapping[str, str], headers: Sequence[str], labels: Mapping[str, str] | None, file: str
) -> dict[str, str]:
    """Return the columns that the configuration names, as the file spells them; "" switches a guess off.

    Raises:
        ConfigError: A field of the mapping does not exist.
        UnreadableFile: The file has no such column; those that it has are named.
    """
    known = FIELDS[what]
    found = {}
    by_name = {normalised(label): header for header, label in (labels or {}).items()}
    by_name |= {normalised(header): header for header in headers}
    for field, column in configured.items():
        if field not in known:
            near = difflib.get_close_matches(field, known, 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else f"known fields: {', '.join(known)}"
            raise ConfigError(f"mapping: there is no field {field!r} for {what}; {mend}")
        parts = [part.strip() for part in column.split(",")] if field == "segments" else [column]
        spelled = []
        for part in parts:
            header = part if part in headers else by_name.get(normalised(part))
            if part and header is None:
                near = difflib.get_close_matches(part, headers, 1, 0.6)
                mend = f"; did you mean {near[0]!r}?" if near else ""
                shown = ", ".join(repr(header) for header in headers[:20]) + (" ..." if len(headers) > 20 else "")
                raise UnreadableFile(f"{file} has no column {part!r} for {field!r}{mend}; it has: {shown}")
            spelled.append(header or "")
        found[field] = ", ".join(spelled)
    return found
