"""The recordings of feeds, forums and social networks, through real HTTP and the real crawl process.

Each is served as the first page of its adapter's list; every further page is empty. Where the recordings are,
test_corpus_web.py says.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.process import CrawlJob, crawl
from twelvefold.crawlers.source import Page, identity_key, source_class
from twelvefold.pipeline.normalise import normalise
from twelvefold.records import SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

CORPUS = Path(os.environ.get("TWELVEFOLD_CORPUS") or Path(__file__).parents[2] / "../shared/corpus")
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no recordings in {CORPUS}: set TWELVEFOLD_CORPUS")
COLLECTED_AT = datetime(2026, 11, 1, tzinfo=UTC)

# Recording -> kind, its options, where its adapter asks for it, and what further pages answer.
FEED = ("feed", {"urls": ["https://feeds.example/feed"]}, "/feed", "")
TAG = ("mastodon", {"instance": "m.example", "hashtag": "rstats"}, "/api/v1/timelines/tag/rstats", [])
POSTS = ("bluesky", {"query": "redistricting"}, "/xrpc/app.bsky.feed.searchPosts", {"posts": []})
SEARCH = ("reddit", {"query": "praw", "client_id": "a", "client_secret": "secret"}, "/search", {})
HITS = ("hacker_news", {"query": "tim cook"}, "/api/v1/search_by_date", {"hits": [], "nbHits": 0})
COMMENTS = ("youtube", {"video": "F1UP7wRCPH8", "api_key": "secret"}, "/youtube/v3/commentThreads", {"items": []})
FORUM = ("discourse", {"forum_url": "https://meta.example", "query": "testing"}, "/search.json", {"posts": []})
SERVED = {
    "bluesky/getposts.json": POSTS,
    "bluesky/search_tail.json": POSTS,
    "feeds/encoding.rss": FEED,
    "feeds/google_alert.xml": FEED,
    "feeds/heise.atom": FEED,
    "feeds/narro.rss": FEED,
    "feeds/youtube.xml": FEED,
    "hackernews/search_timcook_2019.json": HITS,
    "mastodon/public_local.json": TAG,
    "mastodon/tag_rstats.json": TAG,
    "reddit/reddit-atom.rss": FEED,
    "reddit/reddit-home.rss": FEED,
    "reddit/search_praw.json": SEARCH,
    "youtube/comment_threads_by_video_paged_1.json": COMMENTS,
    "youtube/comment_threads_with_search.json": COMMENTS,
}

# What holds no opinion, and how the crawl ends that meets it.
SEARCH_WITH_TOKEN = (
    "mastodon",
    {"instance": "m.example", "query": "mastodonpy_test", "token": "secret"},
    "/api/v2/search",
    {"statuses": []},
)
WITHOUT_OPINIONS = {
    "feeds/unrecognized.rss": (FEED, 200, SourceStatus.LAYOUT_CHANGED),
    "mastodon/search_v2_empty.json": (SEARCH_WITH_TOKEN, 200, SourceStatus.EMPTY),
    "reddit/error_403.json": (SEARCH, 403, SourceStatus.BLOCKED),
    "youtube/error_response.json": (COMMENTS, 400, SourceStatus.BLOCKED),
}

# No adapter asks for what these answer: a subreddit's comments, one thread, comments by their ids.
PARSER_ALONE = {
    "reddit/comments_askreddit.json": SEARCH,
    "reddit/thread_small.json": SEARCH,
    "youtube/comments_multi.json": COMMENTS,
}

# What is read through test_a_search_of_a_forum..., and a list of posts, each as the adapter would ask for it.
POST_BY_POST = ("discourse/search_meta.json", "discourse/posts_latest.json")

# Recording -> why its expected texts are wrong: the rest of the expectation holds.
WRONG_TEXTS = {
    "reddit/reddit-atom.rss": "its descriptions hold elements, where RSS has text: the expectation stops at the first",
    "reddit/search_praw.json": "its texts are Markdown: the expectation takes <module> in a program's output for a tag",
}


def expected(name):
    return json.loads((CORPUS / name).with_suffix(".expected.json").read_text("utf-8"))


def words(text):
    return " ".join((text or "").split())


def crawled(name, to, status=200):
    """Crawl a recording as its adapter would meet it: mentions and how it ended."""
    kind, options, place, further = to
    recording = Answer((CORPUS / name).read_bytes(), status, type=None)
    empty = Answer(json.dumps(further), type="application/json")
    with LoopbackSite() as site:
        answers = iter([recording] * (3 if status >= 400 else 1))
        site.routes[place] = lambda asked: next(answers, empty)
        site.routes["/youtube/v3/comments"] = empty
        site.routes["/api/v1/access_token"] = Answer('{"access_token": "t"}', type="application/json")
        settings = SourceSettings(name="corpus", kind=kind, base_url=site.url, options=options)
        *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    return [mention for page in pages for mention in page.mentions], ended


def check(name, kind, mentions):
    """Compare what was read with what a person or another program read there."""
    reviews = expected(name)["reviews"]
    assert len({identity_key(mention) for mention in mentions}) == len(mentions) == len(reviews)
    by_id = {mention.external_id: mention for mention in mentions}
    for review, in_place in zip(reviews, mentions, strict=True):
        raw = by_id[str(review["id"])] if review["id"] is not None else in_place
        source = SourceSettings(name="corpus", kind=kind)
        mention = normalise(raw, source=source, scale=None, collected_at=COLLECTED_AT, key=b"k")
        assert words(mention.title) == words(review["title"])
        if name in WRONG_TEXTS:
            assert words(raw.text).startswith(words(review["body"])) or words(mention.text).startswith(
                words(review["body_text"])
            )
        else:
            assert words(mention.text) == words(review["body_text"])
        assert (mention.rating, review["rating"]) == (None, None)
        assert raw.published == str(review["date_published"])
        assert mention.published_at.replace(microsecond=0) == datetime.fromisoformat(review["date_utc"])
        address = expected(name).get("target_url") or review["url"]
        for wanted, given in (
            (review["author"], raw.author),
            (address, raw.url),
            (review["language"], raw.language),
            (review["item_name"], raw.subject),
        ):
            assert wanted in (None, given)


@pytest.mark.parametrize("name", SERVED)
def test_every_opinion_of_a_recording_is_read_exactly(name):
    mentions, ended = crawled(name, SERVED[name])
    assert (ended.status, ended.message) == (SourceStatus.OK, "")
    check(name, SERVED[name][0], mentions)


@pytest.mark.parametrize("name", WITHOUT_OPINIONS)
def test_a_recording_without_opinions_ends_as_what_it_is(name):
    to, status, ends = WITHOUT_OPINIONS[name]
    mentions, ended = crawled(name, to, status)
    assert (mentions, ended.status) == ([], ends)


@pytest.mark.parametrize("name", PARSER_ALONE)
def test_a_recording_that_no_adapter_asks_for_is_read_by_its_parser(name):
    kind, options, *_ = PARSER_ALONE[name]
    adapter = source_class(kind)(SourceSettings(name="corpus", kind=kind, options=options))
    body = (CORPUS / name).read_bytes()
    reading = adapter.read(Page("https://mirror.example/", 200, {}, body, body.decode(), {}, COLLECTED_AT))
    assert (reading.status, reading.rejected) == (None, ())
    check(name, kind, reading.mentions)


def post_of(review):
    """Return a post as the forum would give it alone: the recordings hold searches and lists of them."""
    keys = {"id": review["id"], "username": review["author"], "created_at": review["date_published"]}
    return {**keys, "cooked": review["body"], "topic_title": review["title"]}


@pytest.mark.parametrize("name", POST_BY_POST)
def test_a_search_of_a_forum_leads_to_each_of_its_posts(name):
    kind, options, place, further = FORUM
    recorded = json.loads((CORPUS / name).read_text("utf-8"))
    recorded.setdefault("posts", recorded.pop("latest_posts", None))
    posts = {str(review["id"]): post_of(review) for review in expected(name)["reviews"]}
    with LoopbackSite() as site:
        answers = iter([Answer(json.dumps(recorded), type="application/json")])
        empty = Answer(json.dumps(further), type="application/json")
        site.routes[place] = lambda asked: next(answers, empty)
        site.routes["*"] = lambda asked: Answer(
            json.dumps(posts[urlsplit(asked.path).path.removeprefix("/posts/").removesuffix(".json")])
        )
        settings = SourceSettings(name="corpus", kind=kind, base_url=site.url, options=options)
        *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    assert (ended.status, ended.message) == (SourceStatus.OK, "")
    mentions = [mention for page in pages for mention in page.mentions]
    if name == "discourse/search_meta.json":
        addresses = [urlsplit(mention.url).path for mention in mentions]
        assert sorted(addresses) == sorted(review["url"] for review in expected(name)["reviews"])
        mentions = [mention.__class__(**{**vars(mention), "url": urlsplit(mention.url).path}) for mention in mentions]
    check(name, kind, mentions)


def test_every_recording_of_these_services_is_read():
    listed = {*SERVED, *WITHOUT_OPINIONS, *PARSER_ALONE, *POST_BY_POST}
    folders = {name.partition("/")[0] for name in listed}
    found = {path for folder in folders for path in (CORPUS / folder).iterdir() if ".expected." not in path.name}
    assert {str(path.relative_to(CORPUS)) for path in found} == listed
