"""Pages and reviews a second and core: `python benchmarks/parsing.py [SECONDS]`. Target: 60 pages, 500 reviews.

Each kind reads the page of its own fixtures that has most items again and again for SECONDS (1) of one core's time:
decoding, parsing and making of mentions, no network. The last line is of a shop's page of ten reviews in JSON-LD among
100 kB of markup.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from twelvefold.config import SourceSettings
from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.source import Page, WebSource, kinds, source_class

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "server"))
from fixture_service import cases  # noqa: E402
from signing_keys import with_keys  # noqa: E402

PAGES_TARGET, REVIEWS_TARGET = 60, 500
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def rate(source: WebSource, page: Page, seconds: float) -> tuple[float, float]:
    """Return how many pages, and how many mentions, `source` reads in a second."""
    count = mentions = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < seconds:
        text = decode(page.body, page.headers.get("content-type"))
        reading = source.read(Page(page.url, page.status, page.headers, page.body, text, page.context, NOW))
        mentions += len(reading.mentions)
        count += 1
    return count / spent, mentions / spent


def fixture_page(kind: str) -> tuple[WebSource, Page]:
    """Return a kind's adapter, and the page of its fixtures that holds most items."""
    best = max((case for case in cases(kind) if case.is_good), key=lambda case: case.mentions)
    source = source_class(kind)(SourceSettings(name="s", kind=kind, options=with_keys(best.options)))
    if not isinstance(source, WebSource):
        raise TypeError(kind)
    return source, Page(f"https://host.example{best.path}", 200, best.headers, best.body, "", best.context, NOW)


def shop_page() -> tuple[WebSource, Page]:
    """Return the page of a shop with ten reviews, as large as such pages are."""
    reviews = [
        {
            "@type": "Review",
            "author": {"@type": "Person", "name": f"Reader {number}"},
            "datePublished": f"2026-03-{number + 1:02}",
            "reviewBody": f"Opinion {number}: " + "the lid is loose and the handle gets hot. " * 8,
            "reviewRating": {"@type": "Rating", "ratingValue": number % 5 + 1},
        }
        for number in range(10)
    ]
    node = json.dumps({"@context": "https://schema.org", "@type": "Product", "name": "Kettle", "review": reviews})
    filler = '<div class="tile"><a href="/other">Another kettle</a><p>Some words on it.</p></div>\n' * 1_200
    html = f'<html><head><script type="application/ld+json">{node}</script></head><body>{filler}</body></html>'
    url = "https://shop.example/kettle"
    source = source_class("schema_org")(SourceSettings(name="s", kind="schema_org", options={"urls": [url]}))
    if not isinstance(source, WebSource):
        raise TypeError("schema_org")
    return source, Page(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode(), "", {}, NOW)


def main() -> None:
    """Print a line for each kind."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    slow = []
    for kind in (kind for kind in kinds() if issubclass(source_class(kind), WebSource)):
        source, page = fixture_page(kind)
        pages, mentions = rate(source, page, seconds)
        print(f"{kind:22} {pages:10.0f} pages/s {mentions:10.0f} mentions/s of {len(page.body) / 1000:.1f} kB")
        slow += [kind] if pages < PAGES_TARGET else []
    pages, mentions = rate(*shop_page(), seconds)
    print(f"{'ten reviews, 100 kB':22} {pages:10.0f} pages/s {mentions:10.0f} mentions/s")
    slow += ["a shop's page"] if pages < PAGES_TARGET or mentions < REVIEWS_TARGET else []
    missed = f"missed by {', '.join(slow)}" if slow else "met"
    print(f"target {PAGES_TARGET} pages/s and {REVIEWS_TARGET} reviews/s: {missed}")


if __name__ == "__main__":
    main()
