"""How web APIs say where the next page is."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from twelvefold.crawlers.source import Page

_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_NEXT = re.compile(r"""rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|'[^']*\bnext\b[^']*'|next\b)""", re.IGNORECASE)


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
