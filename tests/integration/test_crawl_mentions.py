"""Forums and social networks on loopback, through the real child process: sessions, pauses, what is gone."""

import json
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.process import CrawlJob, crawl
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

PREFIX = "/mirror/apis"


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


def crawled(server, kind, *, validators=None, **options):
    """Return what a crawl told, all of it as text, and its end."""
    settings = SourceSettings(name="s", kind=kind, base_url=server.url + PREFIX, options=options)
    network = Network(delay_s=0, allow_private=True)
    job = CrawlJob(settings, network, validators=validators or {})
    *pages, ended = crawl(job)
    return [mention for page in pages for mention in page.mentions], repr((pages, ended)), ended


def answered(document, status=200):
    return Answer(json.dumps(document), status, type="application/json")


def post(number):
    at = f"2026-10-30T10:{number:02}:00Z"
    return {"uri": f"at://x/{number}", "record": {"text": f"Post {number}", "createdAt": at}, "indexedAt": at}


def test_bluesky_is_searched_with_a_session_that_is_told_nobody(site):
    def session(asked):
        assert json.loads(asked.body) == {"identifier": "reader.example", "password": "hush-hush"}
        return answered({"accessJwt": "tonight-only", "refreshJwt": "later-only"})

    def search(asked):
        assert asked.headers["authorization"] == "Bearer tonight-only"
        older = "until=2026-10-30T10%3A01%3A00.001Z" in asked.path
        return answered({"posts": [post(1), post(0)]} if older else {"posts": [post(2), post(1)], "cursor": "2"})

    site.routes[PREFIX + "/xrpc/com.atproto.server.createSession"] = session
    site.routes[PREFIX + "/xrpc/app.bsky.feed.searchPosts"] = search
    options = {"query": "kettle", "handle": "reader.example", "app_password": "hush-hush"}
    mentions, told, ended = crawled(site, "bluesky", **options)
    assert {mention.text for mention in mentions} == {"Post 0", "Post 1", "Post 2"}
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_END)
    assert not any(secret in told for secret in ("hush-hush", "tonight-only", "later-only"))


def test_reddit_takes_a_token_for_its_keys(site):
    def token(asked):
        assert asked.headers["authorization"] == "Basic " + b64encode(b"app:hush-hush").decode()
        assert asked.body == b"grant_type=client_credentials"
        return answered({"access_token": "tonight-only"})

    def search(asked):
        assert asked.headers["authorization"] == "Bearer tonight-only"
        return answered({"kind": "Listing", "data": {"children": [], "after": None}})

    site.routes[PREFIX + "/api/v1/access_token"] = token
    site.routes[PREFIX + "/r/kitchen/search"] = search
    options = {"query": "kettle", "subreddit": "kitchen", "client_id": "app", "client_secret": "hush-hush"}
    _, told, ended = crawled(site, "reddit", **options)
    assert (ended.status, ended.completeness) == (SourceStatus.EMPTY, Completeness.REACHED_END)
    assert not any(secret in told for secret in ("hush-hush", "tonight-only"))
    assert "/robots.txt" not in site.paths, "the API is governed by its terms"


def test_without_keys_reddit_is_asked_only_where_robots_txt_allows_it(site):
    site.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /", type="text/plain")
    mentions, _, ended = crawled(site, "reddit", query="kettle")
    assert (mentions, ended.status) == ([], SourceStatus.DISALLOWED)
    assert site.paths == ["/robots.txt"]


@pytest.fixture
def forum(site):
    written = {1: "2026-10-01T10:00:00Z", 2: "2026-10-30T10:00:00Z"}
    found = [{"id": number, "created_at": at, "topic_id": 7} for number, at in sorted(written.items(), reverse=True)]
    found.append({"id": 3, "created_at": "2026-09-01T10:00:00Z", "topic_id": 7})
    site.routes[PREFIX + "/search.json"] = answered({"posts": found, "topics": [{"id": 7, "title": "Kettles"}]})
    for number, at in written.items():
        full = {"id": number, "username": "reader", "created_at": at, "cooked": f"<p>All of post {number}.</p>"}
        site.routes[f"{PREFIX}/posts/{number}.json"] = answered(full)
    return site


FORUM = {"forum_url": "https://forum.example", "query": "kettle"}


def test_a_forum_is_read_post_by_post_and_what_is_gone_is_told(forum):
    mentions, told, ended = crawled(forum, "discourse", **FORUM)
    assert {mention.text for mention in mentions} == {"<p>All of post 1.</p>", "<p>All of post 2.</p>"}
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_END)
    assert "removed=('3',)" in told


def test_a_feed_that_has_not_changed_is_not_sent_again(site):
    feed = '<rss version="2.0"><channel><item><guid>1</guid><title>Kettle</title></item></channel></rss>'

    def route(asked):
        if asked.headers.get("if-none-match") == '"v1"':
            return Answer("", 304)
        return Answer(feed, type="application/rss+xml", headers={"ETag": '"v1"'})

    site.routes["/robots.txt"] = Answer("", 404)
    site.routes[PREFIX + "/feed"] = route
    mentions, _, first = crawled(site, "feed", urls=["https://blog.example/feed"])
    assert [mention.title for mention in mentions] == ["Kettle"]
    assert first.completeness is Completeness.WINDOW_OVERFLOW
    again, _, second = crawled(site, "feed", urls=["https://blog.example/feed"], validators=first.validators)
    assert again == []
    assert (second.status, second.completeness) == (SourceStatus.OK, Completeness.REACHED_KNOWN)
