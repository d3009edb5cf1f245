"""The sample App Store: customer reviews in the JSON shape of Apple's feed.

Apple's feed wraps every value in a `label`, has 50 entries a page, no `entry` at all on
an empty page, and an object in place of the list where there is one review only.
"""

from __future__ import annotations

from typing import Any

from twelvefold.pipeline.demo.catalogue import App, SampleReview

PER_PAGE = 50
STORE_ZONE = "America/Los_Angeles"
VERSION = "4.2.0"


def customer_reviews(app: App, country: str, page: int, store_url: str) -> dict[str, Any]:
    """Return one page, from 1, of the reviews of `country`, newest first."""
    reviews = app.reviews.get(country, ())
    own_path = f"{store_url}/{country}/rss/customerreviews/page={{}}/id={app.app_id}/sortby=mostrecent/json"
    last = max(1, -(-len(reviews) // PER_PAGE))
    feed: dict[str, Any] = {
        "author": {"name": _label("iTunes Store"), "uri": _label("http://www.apple.com/itunes/")},
        "title": _label("iTunes Store: Customer Reviews"),
        "id": _label(own_path.format(page)),
        "link": [
            _link("self", own_path.format(page)),
            _link("first", own_path.format(1)),
            _link("last", own_path.format(last)),
            _link("next", own_path.format(min(page + 1, last))),
        ],
    }
    entries = [_entry(review, app, country, store_url) for review in reviews[(page - 1) * PER_PAGE : page * PER_PAGE]]
    if entries:
        feed["entry"] = entries if len(entries) > 1 else entries[0]
    return {"feed": feed}


def _entry(review: SampleReview, app: App, country: str, store_url: str) -> dict[str, Any]:
    number = f"{sorted(app.reviews).index(country) + 1}{review.number:06d}"
    return {
        "author": {
            "uri": _label(f"{store_url}/{country}/reviews/id{number}"),
            "name": _label(review.author),
            "label": "",
        },
        "updated": _label(review.written_at(STORE_ZONE).isoformat()),
        "im:rating": _label(str(review.stars)),
        "im:version": _label(VERSION),
        "id": _label(f"77{number}"),
        "title": _label(review.title),
        "content": {"label": review.text, "attributes": {"type": "text"}},
        "link": {
            "attributes": {
                "rel": "related",
                "href": f"{store_url}/{country}/review?id={app.app_id}&type=Purple%20Software",
            }
        },
        "im:voteSum": _label("0"),
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "im:voteCount": _label("0"),
    }


def _label(value: str) -> dict[str, str]:
    return {"label": value}


def _link(relation: str, address: str) -> dict[str, Any]:
    return {"attributes": {"rel": relation, "href": address}}
