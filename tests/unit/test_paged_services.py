"""Services that page, simulated in memory: reviews arrive, are edited and taken away, night after night.

What an adapter has told must be what the service has: new reviews the same
night, edits the same night where the list is sorted by the last change and
otherwise with the weekly deep pass, removals with the deep pass.
TWELVEFOLD_SERVICE_REVIEWS and TWELVEFOLD_SERVICE_NIGHTS make it longer.
"""

import json
import os
import random
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import Asked, Page, identity_key, raw_revision, source_class
from twelvefold.crawlers.tally import Tally
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from signing_keys import with_keys

REVIEWS = int(os.environ.get("TWELVEFOLD_SERVICE_REVIEWS", "350"))
NIGHTS = int(os.environ.get("TWELVEFOLD_SERVICE_NIGHTS", "9"))
FIRST_NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
WEEK = 7


@dataclass(frozen=True)
class Review:
    number: int
    text: str
    created: datetime
    changed: datetime

    @property
    def id(self):
        return f"r{self.number}"

    @property
    def stars(self):
        return self.number % 5 + 1


class Service:
    """The reviews that a service has tonight."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.reviews = {}
        self.now = FIRST_NIGHT
        self.arrive(REVIEWS)

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
        reviews = [one for one in reviews if one.number < int(after[1:])]
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


def google_play_console(service, query, headers):
    week = [one for one in service.last_changed() if one.changed > service.now - timedelta(days=WEEK)]
    found, following = part(week, int(query.get("token", 0)), int(query["maxResults"]))
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
    older = [one for one in service.newest() if one.number < int(query.get("max_id", "r9999999")[1:])]
    found, following = part(older, 0, int(query["limit"]))
    if following is not None:
        headers["link"] = link_to(f"max_id={found[-1].id}&limit=40")
    return [{"id": one.id, "content": one.text, "reblog": None} for one in found]


def lemmy(service, query, headers):
    size, posts = int(query["limit"]), service.newest() if query["type_"] == "Posts" else []
    found, _ = part(posts, (int(query["page"]) - 1) * size, size)
    return {"posts": [{"post": {"ap_id": one.id, "body": one.text}} for one in found], "comments": []}


def reddit(service, query, headers):
    older = [one for one in service.newest() if one.number < int(query.get("after", "r9999999")[1:])]
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


# Kind -> its service, its options, whether its list is sorted by the last change.
SERVICES = {
    "app_store_connect": (app_store_connect, {"app_id": 1, "key_id": "k", "issuer_id": "i"}, False),
    "bluesky": (bluesky, {"query": "kettle"}, False),
    "github": (github, {"repository": "acme/kettle"}, True),
    "hacker_news": (hacker_news, {"query": "kettle"}, False),
    "lemmy": (lemmy, {"instance": "lemmy.example", "query": "kettle"}, False),
    "mastodon": (mastodon, {"instance": "social.example", "hashtag": "kettle"}, False),
    "reddit": (reddit, {"query": "kettle", "client_id": "a", "client_secret": "secret"}, False),
    "stack_exchange": (stack_exchange, {"site": "diy", "query": "kettle"}, False),
    "wordpress": (wordpress, {"site_url": "https://blog.example"}, False),
    "youtube": (youtube, {"video": "kettle12345", "api_key": "k"}, False),
    "bazaarvoice": (bazaarvoice, {"passkey": "k", "products": ["p"]}, True),
    "google_business": (
        google_business,
        {"account": "1", "location": "2", "client_id": "c", "client_secret": "s", "refresh_token": "t"},
        True,
    ),
    "google_play": (google_play, {"app_id": "org.example"}, True),
    "google_play_console": (google_play_console, {"app_id": "org.example"}, True),
    "judge_me": (judge_me, {"shop_domain": "kettles.example", "token": "t"}, True),
    "steam": (steam, {"app_id": 1}, True),
    "trusted_shops": (trusted_shops, {"shop_id": "chl-1", "token": "t"}, False),
    "trustpilot": (trustpilot, {"business_unit": "u", "api_key": "k"}, False),
    "woocommerce": (woocommerce, {"shop_url": "https://shop.example"}, False),
    "yotpo": (yotpo, {"app_key": "k", "products": ["p"]}, False),
}
PRIVATE_KEYS = {
    "app_store_connect": {"key": "made for the test"},
    "google_play_console": {"service_account": "made for the test"},
}


def adapter_of(kind):
    options = with_keys({**SERVICES[kind][1], **PRIVATE_KEYS.get(kind, {})})
    return source_class(kind)(SourceSettings(name="s", kind=kind, options=options))


def answer(kind, service, fetch):
    """Return the page that the service answers `fetch` with."""
    headers = {"content-type": "application/json"}
    if fetch.context.get("token"):
        document = {"access_token": "t", "expires_in": 3600}
    else:
        asked = parse_qs(urlsplit(fetch.url).query) | parse_qs(fetch.body.decode())
        document = SERVICES[kind][0](service, {name: values[0] for name, values in asked.items()}, headers)
    text = json.dumps(document)
    return Page(fetch.url, 200, headers, text.encode(), text, fetch.context, service.now)


def crawled(kind, service, known, *, deep):
    """Crawl once: what was told, in how many pages, and how it ended."""
    adapter = adapter_of(kind)
    tally = Tally(adapter.statement, {} if deep else known)
    pending = [(fetch, tally.strand()) for fetch in adapter.start(Asked(service.now, deep=deep))]
    told, pages = {}, 0
    while pending:
        fetch, strand = pending.pop(0)
        pages += 1
        reading = adapter.read(answer(kind, service, fetch))
        assert (reading.status, reading.rejected) == (None, ())
        told |= {identity_key(mention): mention for mention in reading.mentions}
        wanted = tally.take(reading, strand)
        pending += [(one, strand if one.continues else tally.strand()) for one in wanted]
    return told, pages, tally.verdict()


@pytest.mark.parametrize("kind", SERVICES)
def test_what_was_told_is_what_the_service_has(kind):
    service, known, texts = Service(kind), {}, {}
    sorted_by_change = SERVICES[kind][2]
    lists_a_week = kind == "google_play_console"
    for night in range(NIGHTS):
        deep = night % WEEK == WEEK - 1
        if night:
            service.day(arriving=service.random.choice((0, 3, 40)), edited=2, removed=2)
        told, _, ended = crawled(kind, service, known, deep=deep)
        assert ended.status is SourceStatus.OK
        assert ended.completeness in (
            Completeness.REACHED_KNOWN,
            Completeness.REACHED_END,
            Completeness.WINDOW_OVERFLOW,
        )
        texts |= {key: mention.text for key, mention in told.items()}
        known |= {key: raw_revision(mention) for key, mention in told.items()}
        if deep and not lists_a_week:
            for gone in known.keys() - told.keys():
                del known[gone], texts[gone]
        truth = {one.id: one.text for one in service.reviews.values()}
        assert truth.keys() <= texts.keys(), "a new review is missing"
        if deep and not lists_a_week:
            assert texts == truth
        elif sorted_by_change:
            assert {key: texts[key] for key in truth} == truth


@pytest.mark.parametrize("kind", sorted(SERVICES.keys() - {"judge_me"}))
def test_a_quiet_night_asks_for_one_page_and_perhaps_a_token(kind):
    service = Service(kind)
    told, _, first = crawled(kind, service, {}, deep=False)
    assert first.completeness in (Completeness.REACHED_END, Completeness.WINDOW_OVERFLOW)
    known = {key: raw_revision(mention) for key, mention in told.items()}
    service.day(arriving=0, edited=0, removed=0)
    _, pages, ended = crawled(kind, service, known, deep=False)
    assert pages <= 2
    assert ended.completeness is Completeness.REACHED_KNOWN


@pytest.mark.parametrize("kind", sorted(kind for kind in SERVICES if source_class(kind).statement.total_available))
def test_the_total_that_is_told_is_the_number_of_reviews(kind):
    service = Service(kind)
    told, _, ended = crawled(kind, service, {}, deep=False)
    assert ended.total_told == len(told) == REVIEWS


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_without_reviews_is_empty(kind):
    service = Service(kind)
    service.reviews.clear()
    told, _, ended = crawled(kind, service, {}, deep=False)
    assert told == {}
    assert (ended.status, ended.completeness) == (SourceStatus.EMPTY, Completeness.REACHED_END)
