"""Services that page, simulated in memory: reviews arrive, are edited and taken away, night after night.

`SERVICES` holds them by kind: what each answers, how it is configured, and how
much of what it has it shows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from signing_keys import with_keys

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import Fetch, Page, WebSource, source_class

FIRST_NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Review:
    number: int
    text: str
    created: datetime
    changed: datetime

    @property
    def id(self):
        return str(self.number)

    @property
    def stars(self):
        return self.number % 5 + 1


class Service:
    """The reviews that a service has tonight; `first` of them it has when the first night comes."""

    def __init__(self, seed, first):
        self.random = random.Random(seed)
        self.first = first
        self.reviews = {}
        self.now = FIRST_NIGHT
        self.arrive(first)

    def arrive(self, count):
        for _ in range(count):
            number = max(self.reviews, default=0) + 1
            at = self.now - timedelta(minutes=30) + timedelta(milliseconds=number)
            self.reviews[number] = Review(number, f"Opinion {number}", at, at)

    def day(self, arriving, edited, removed):
        self.now += timedelta(days=1)
        for number in self.random.sample(sorted(self.reviews), removed):
            del self.reviews[number]
        for place, number in enumerate(self.random.sample(sorted(self.reviews), edited)):
            at = self.now - timedelta(hours=1) + timedelta(milliseconds=place)
            self.reviews[number] = replace(self.reviews[number], text=f"Edited on {self.now:%d}", changed=at)
        self.arrive(arriving)

    def newest(self):
        return sorted(self.reviews.values(), key=lambda review: review.created, reverse=True)

    def last_changed(self):
        return sorted(self.reviews.values(), key=lambda review: review.changed, reverse=True)


def part(reviews, start, size):
    """Return a page of a list, and where the next one starts."""
    return reviews[start : start + size], (start + size if start + size < len(reviews) else None)


def steam(service, query, headers):
    start = 0 if query["cursor"] == "*" else int(query["cursor"])
    found, _ = part(service.last_changed(), start, int(query["num_per_page"]))
    reviews = [
        {
            "recommendationid": one.id,
            "author": {"steamid": "7"},
            "review": one.text,
            "voted_up": one.stars > 3,
            "timestamp_created": int(one.created.timestamp()),
        }
        for one in found
    ]
    summary = {"total_reviews": len(service.reviews)} if start == 0 else {}
    return {"success": 1, "query_summary": summary, "reviews": reviews, "cursor": str(start + len(found))}


def woocommerce(service, query, headers):
    size = int(query["per_page"])
    found, _ = part(service.newest(), (int(query["page"]) - 1) * size, size)
    headers["x-wp-total"] = str(len(service.reviews))
    headers["x-wp-totalpages"] = str(-(-len(service.reviews) // size))
    return [
        {
            "id": one.id,
            "reviewer": "A",
            "review": one.text,
            "rating": one.stars,
            "date_created_gmt": "2026-03-01T10:00:00",
        }
        for one in found
    ]


def bazaarvoice(service, query, headers):
    assert query["Sort"] == "LastModificationTime:desc"
    found, _ = part(service.last_changed(), int(query["Offset"]), int(query["Limit"]))
    results = [{"Id": one.id, "ReviewText": one.text, "Rating": one.stars, "RatingRange": 5} for one in found]
    return {"HasErrors": False, "TotalResults": len(service.reviews), "Results": results, "Includes": {}}


def yotpo(service, query, headers):
    size, page = int(query["per_page"]), int(query["page"])
    found, _ = part(service.newest(), (page - 1) * size, size)
    reviews = [{"id": one.id, "content": one.text, "score": one.stars} for one in found]
    pagination = {"page": page, "per_page": size, "total": len(service.reviews)}
    return {"status": {"code": 200}, "response": {"reviews": reviews, "pagination": pagination}}


def judge_me(service, query, headers):
    size = int(query["per_page"])
    unsorted = sorted(service.reviews.values(), key=lambda one: hash(one.number * 7919 % 1009))
    found, _ = part(unsorted, (int(query["page"]) - 1) * size, size)
    return {"reviews": [{"id": one.id, "body": one.text, "rating": one.stars, "published": True} for one in found]}


def trustpilot(service, query, headers):
    size = int(query["perPage"])
    found, _ = part(service.newest(), (int(query["page"]) - 1) * size, size)
    return {"reviews": [{"id": one.id, "text": one.text, "stars": one.stars, "language": "en"} for one in found]}


def trusted_shops(service, query, headers):
    reviews = service.newest()
    if after := query.get("after"):
        reviews = [one for one in reviews if one.number < int(after)]
    found, _ = part(reviews, 0, int(query["count"]))
    return {"items": [{"id": one.id, "comment": one.text, "rating": one.stars, "status": "APPROVED"} for one in found]}


def app_store_connect(service, query, headers):
    found, following = part(service.newest(), int(query.get("cursor", 0)), int(query["limit"]))
    data = [{"id": one.id, "attributes": {"body": one.text, "rating": one.stars}} for one in found]
    links = {} if following is None else {"next": f"https://api.appstoreconnect.apple.com/v1/x?cursor={following}"}
    return {"data": data, "links": links, "meta": {"paging": {"total": len(service.reviews)}}}


def google_business(service, query, headers):
    found, following = part(service.last_changed(), int(query.get("pageToken", 0)), int(query["pageSize"]))
    reviews = [{"reviewId": one.id, "comment": one.text, "starRating": "FOUR"} for one in found]
    more = {} if following is None else {"nextPageToken": str(following)}
    return {"reviews": reviews, "totalReviewCount": len(service.reviews), **more}


def of_a_week(service):
    return [one for one in service.last_changed() if one.changed > service.now - timedelta(days=7)]


def google_play_console(service, query, headers):
    found, following = part(of_a_week(service), int(query.get("token", 0)), int(query["maxResults"]))
    reviews = [
        {"reviewId": one.id, "comments": [{"userComment": {"text": one.text, "starRating": one.stars}}]}
        for one in found
    ]
    return {"reviews": reviews, "tokenPagination": {} if following is None else {"nextPageToken": str(following)}}


def google_play(service, query, headers):
    asked = json.loads(json.loads(query["f.req"])[0][0][1])
    found, following = part(service.last_changed(), int(asked[2][2][2] or 0), asked[2][2][0])
    reviews = [[one.id, ["A"], one.stars, None, one.text, [int(one.created.timestamp())]] for one in found]
    inner = [reviews] if following is None else [reviews, [None, str(following)]]
    return [["wrb.fr", "UsvDTd", json.dumps(inner)]]


def minute_of(review):
    """Return a time in seconds by which reviews can be told apart, as on services that show whole seconds."""
    return 1_700_000_000 + 60 * review.number


def link_to(parameters):
    return f'<https://elsewhere.example/x?{parameters}>; rel="next", <https://elsewhere.example/x>; rel="prev"'


def hacker_news(service, query, headers):
    until = int(query.get("numericFilters", "created_at_i<=9999999999").partition("<=")[2])
    matching = [one for one in service.newest() if minute_of(one) <= until]
    found, _ = part(matching, 0, min(int(query["hitsPerPage"]), 1000))
    hits = [{"objectID": one.id, "comment_text": one.text, "created_at_i": minute_of(one)} for one in found]
    return {"hits": hits, "nbHits": len(matching), "exhaustiveNbHits": True}


def stack_exchange(service, query, headers):
    matching = [one for one in service.newest() if minute_of(one) <= int(query.get("todate", 9999999999))]
    found, following = part(matching, 0, int(query["pagesize"]))
    items = [{"question_id": one.id, "body": one.text, "creation_date": minute_of(one)} for one in found]
    return {"items": items, "has_more": following is not None, "quota_remaining": 100}


def bluesky(service, query, headers):
    until = datetime.fromisoformat(query["until"]) if "until" in query else service.now
    matching = [one for one in service.newest() if one.created < until]
    found, following = part(matching, 0, int(query["limit"]))
    posts = [
        {
            "uri": one.id,
            "record": {"text": one.text, "createdAt": one.created.isoformat()},
            "indexedAt": (one.created + timedelta(seconds=2)).isoformat(),
        }
        for one in found
    ]
    return {"posts": posts, **({} if following is None else {"cursor": str(following)})}


def mastodon(service, query, headers):
    older = [one for one in service.newest() if one.number < int(query.get("max_id", "9999999"))]
    found, following = part(older, 0, int(query["limit"]))
    if following is not None:
        headers["link"] = link_to(f"max_id={found[-1].id}&limit=40")
    return [{"id": one.id, "content": one.text, "reblog": None} for one in found]


def lemmy(service, query, headers):
    size, posts = int(query["limit"]), service.newest() if query["type_"] == "Posts" else []
    found, _ = part(posts, (int(query["page"]) - 1) * size, size)
    return {"posts": [{"post": {"ap_id": one.id, "body": one.text}} for one in found], "comments": []}


def newest_thousand(service):
    return service.newest()[:1_000]


def reddit(service, query, headers):
    older = [one for one in newest_thousand(service) if one.number < int(query.get("after", "9999999"))]
    found, following = part(older, 0, int(query["limit"]))
    children = [{"kind": "t3", "data": {"name": one.id, "selftext": one.text}} for one in found]
    return {"kind": "Listing", "data": {"children": children, "after": found[-1].id if following else None}}


def youtube(service, query, headers):
    found, following = part(service.newest(), int(query.get("pageToken", 0)), int(query["maxResults"]))
    comments = [{"id": one.id, "snippet": {"textOriginal": one.text}} for one in found]
    items = [{"id": one["id"], "snippet": {"topLevelComment": one}} for one in comments]
    return {"items": items, **({} if following is None else {"nextPageToken": str(following)})}


def github(service, query, headers):
    issues = service.last_changed() if "state" in query else []
    size, page = int(query["per_page"]), int(query.get("page", 1))
    found, following = part(issues, (page - 1) * size, size)
    if following is not None:
        headers["link"] = link_to(f"state=all&page={page + 1}")
    return [{"node_id": one.id, "body": one.text} for one in found]


def wordpress(service, query, headers):
    return [{**one, "content": {"rendered": one["review"]}} for one in woocommerce(service, query, headers)]


def newest_entries(service):
    return service.newest()[:50]


def feed(service, query, headers):
    headers["content-type"] = "application/rss+xml"
    entries = "".join(
        f"<item><guid>{one.id}</guid><title>A kettle</title><description>{one.text}</description>"
        f"<pubDate>{format_datetime(one.created)}</pubDate></item>"
        for one in newest_entries(service)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Kettles</title>{entries}</channel></rss>'


def most_relevant(service):
    return sorted(service.reviews.values(), key=lambda one: one.number * 7919 % 1009)[:5]


def google_places(service, query, headers):
    reviews = [
        {
            "name": one.id,
            "rating": one.stars,
            "originalText": {"text": one.text, "languageCode": "en"},
            "publishTime": one.created.isoformat(),
        }
        for one in most_relevant(service)
    ]
    return {"id": "p", "displayName": {"text": "Shop"}, "userRatingCount": len(service.reviews), "reviews": reviews}


def discourse(service, query, headers):
    """Return a page of a search, of which there are ten, or one post; the first posts were written over many days.

    Each topic has three posts; an edit of the last one moves it up.
    """

    def written(one):
        return one.created - timedelta(minutes=4) * max(0, service.first - one.number)

    if query["path"].startswith("/posts/"):
        one = service.reviews[int(query["path"].removeprefix("/posts/").removesuffix(".json"))]
        return {"id": one.number, "cooked": one.text, "created_at": written(one).isoformat()}
    page, (_, _, before) = int(query["page"]), query["q"].partition("before:")
    assert page <= 10
    posts = [one for one in service.newest() if not before or written(one).date().isoformat() < before]
    found, following = part(posts, 50 * page - 50, 50)
    last = {one.number // 3: one for one in sorted(service.reviews.values(), key=lambda one: one.number)}
    topics = {number: last[number] for number in {one.number // 3 for one in found}}
    return {
        "posts": [
            {
                "id": one.number,
                "created_at": written(one).isoformat(),
                "topic_id": one.number // 3,
                "post_number": one.number % 3 + 1,
            }
            for one in found
        ],
        "topics": [
            {
                "id": number,
                "highest_post_number": one.number % 3 + 1,
                "last_posted_at": written(one).isoformat(),
                "bumped_at": (written(one) if one.changed == one.created else one.changed).isoformat(),
            }
            for number, one in topics.items()
        ],
        "grouped_search_result": {"more_full_page_results": following is not None},
    }


@dataclass(frozen=True)
class Kind:
    """One kind's service.

    Attributes:
        answer: What it answers to a request: service, query and headers in, a document out.
        tells_edits: An edit is seen the same night: its list is sorted by the last change, or read whole each night.
        sorted: Its list has an order that lets a crawl stop at what it knows.
        shows: The part of its reviews that it shows at all; all of them where this is None.
    """

    answer: Callable[[Service, Mapping[str, str], dict[str, str]], Any]
    options: Mapping[str, Any]
    tells_edits: bool = False
    sorted: bool = True
    shows: Callable[[Service], Sequence[Review]] | None = None

    def shown(self, service: Service) -> dict[str, str]:
        """Return id and text of what the service shows tonight."""
        reviews = service.reviews.values() if self.shows is None else self.shows(service)
        return {one.id: one.text for one in reviews}


SERVICES = {
    "app_store_connect": Kind(app_store_connect, {"app_id": 1, "key_id": "k", "issuer_id": "i"}),
    "bluesky": Kind(bluesky, {"query": "kettle"}),
    "discourse": Kind(discourse, {"forum_url": "https://forum.example", "query": "kettle"}),
    "feed": Kind(feed, {"urls": ["https://blog.example/feed"]}, tells_edits=True, shows=newest_entries),
    "github": Kind(github, {"repository": "acme/kettle"}, tells_edits=True),
    "hacker_news": Kind(hacker_news, {"query": "kettle"}),
    "lemmy": Kind(lemmy, {"instance": "lemmy.example", "query": "kettle"}),
    "mastodon": Kind(mastodon, {"instance": "social.example", "hashtag": "kettle"}),
    "reddit": Kind(reddit, {"query": "kettle", "client_id": "a", "client_secret": "secret"}, shows=newest_thousand),
    "stack_exchange": Kind(stack_exchange, {"site": "diy", "query": "kettle"}),
    "wordpress": Kind(wordpress, {"site_url": "https://blog.example"}),
    "youtube": Kind(youtube, {"video": "kettle12345", "api_key": "k"}),
    "bazaarvoice": Kind(bazaarvoice, {"passkey": "k", "products": ["p"]}, tells_edits=True),
    "google_business": Kind(
        google_business,
        {"account": "1", "location": "2", "client_id": "c", "client_secret": "s", "refresh_token": "t"},
        tells_edits=True,
    ),
    "google_places": Kind(google_places, {"place_id": "p", "api_key": "k"}, tells_edits=True, shows=most_relevant),
    "google_play": Kind(google_play, {"app_id": "org.example"}, tells_edits=True),
    "google_play_console": Kind(google_play_console, {"app_id": "org.example"}, tells_edits=True, shows=of_a_week),
    "judge_me": Kind(judge_me, {"shop_domain": "kettles.example", "token": "t"}, tells_edits=True, sorted=False),
    "steam": Kind(steam, {"app_id": 1}, tells_edits=True),
    "trusted_shops": Kind(trusted_shops, {"shop_id": "chl-1", "token": "t"}),
    "trustpilot": Kind(trustpilot, {"business_unit": "u", "api_key": "k"}),
    "woocommerce": Kind(woocommerce, {"shop_url": "https://shop.example"}),
    "yotpo": Kind(yotpo, {"app_key": "k", "products": ["p"]}),
}
PRIVATE_KEYS = {
    "app_store_connect": {"key": "made for the test"},
    "google_play_console": {"service_account": "made for the test"},
}


def adapter_of(kind: str) -> WebSource:
    """Return the adapter of a kind, configured for its service."""
    options = with_keys({**SERVICES[kind].options, **PRIVATE_KEYS.get(kind, {})})
    return source_class(kind)(SourceSettings(name="s", kind=kind, options=options))


def answer(kind: str, service: Service, fetch: Fetch) -> Page:
    """Return the page that the service answers `fetch` with."""
    headers = {"content-type": "application/json"}
    if fetch.context.get("token"):
        document = {"access_token": "t", "expires_in": 3600}
    else:
        url = urlsplit(fetch.url)
        asked = parse_qs(url.query) | parse_qs(fetch.body.decode()) | {"path": [url.path]}
        document = SERVICES[kind].answer(service, {name: values[0] for name, values in asked.items()}, headers)
    text = document if isinstance(document, str) else json.dumps(document)
    return Page(fetch.url, 200, headers, text.encode(), text, fetch.context, service.now)
