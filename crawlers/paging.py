"""How web APIs say where the next page is, and how long to wait before asking for it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from twelvefold.crawlers.source import Page

_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_NEXT = re.compile(r"""rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|'[^']*\bnext\b[^']*'|next\b)""", re.IGNORECASE)
_FIRST_EPOCH = 1_000_000_000
"""A figure from here on is seconds since 1970; a smaller one counts from now."""


def next_query(page: Page) -> dict[str, str] | None:
    """Return the query of the next page that the Link header names, or None where it names none (RFC 8288).

    Only the query: host and path stay ours, whatever the answer says.
    """
    for address, parameters in _LINK.findall(page.headers.get("link", "")):
        if _NEXT.search(parameters):
            try:
                return dict(parse_qsl(urlsplit(address).query))
            except ValueError:
                return None
    return None


def asked_pause_s(page: Page, remaining: str, reset: str) -> float | None:
    """Return the pause that a spent quota asks for, or None while there is some left.

    Args:
        remaining: The header that tells how many requests are left.
        reset: The header that tells when there will be more: seconds from now, seconds since 1970, or an ISO time.
    """
    left = _number(page.headers.get(remaining, ""))
    if left is None or left >= 1:
        return None
    written = page.headers.get(reset, "").strip()
    seconds = _number(written)
    if seconds is None:
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = at.timestamp()
    if seconds >= _FIRST_EPOCH:
        seconds -= page.retrieved_at.timestamp()
    return max(0.0, seconds)


def _number(written: str) -> float | None:
    """Return a header's figure, or None."""
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
