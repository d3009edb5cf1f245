"""The recordings of real pages and feeds, through real HTTP and the real crawl process.

The recordings are not part of this repository. They are looked for in
`../shared/corpus` beside it, or where TWELVEFOLD_CORPUS says.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, crawl
from twelvefold.crawlers.source import identity_key, source_class
from twelvefold.pipeline.normalise import normalise
from twelvefold.records import SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

CORPUS = Path(os.environ.get("TWELVEFOLD_CORPUS") or Path(__file__).parents[2] / "../shared/corpus")
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no recordings in {CORPUS}: set TWELVEFOLD_CORPUS")

PAGES = sorted((CORPUS / "schema_org").glob("*.html"))
FEEDS = sorted(path for path in (CORPUS / "apple_rss").glob("*.*") if not path.name.endswith(".expected.json"))

# Recording -> why its expectation is wrong and what is right. None is, of those at hand.
WRONG_EXPECTATIONS: dict[str, str] = {}

# No recording is read by the parser alone: the App Store adapter asks for JSON and falls back to XML, so the XML
# recordings come through HTTP too.

# The same book (one ISBN) with the same two reviews, in three recordings: a crawl of all of them stores two reviews.
SAME_REVIEWS = frozenset(("extruct_book_en.html", "so_eg-0462_book_json.html", "so_eg-0462_book_microdata.html"))

COLLECTED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def expectation(recording):
    name = recording.with_name(f"{recording.stem}.expected.json")
    return json.loads(name.read_text("utf-8"))["reviews"]


def words(text):
    return " ".join((text or "").split())


def number(value):
    return None if value is None else float(value)


def compared(kind, raw):
    """Return what the index asks to compare: text, rating, date as written, and UTC time."""
    settings = SourceSettings(name="corpus", kind=kind)
    scale = source_class(kind).statement.rating_scale
    mention = normalise(raw, source=settings, scale=scale, collected_at=COLLECTED_AT, key=b"k")
    return words(mention.text), mention.rating, raw.published, mention.published_at


def agrees(review, found):
    text, rating, published, published_at = found
    same = (words(review["body_text"]), number(review["rating"]), review["date_published"]) == (text, rating, published)
    if same and review.get("date_utc"):
        return published_at == datetime.fromisoformat(review["date_utc"])
    return same


@pytest.fixture(scope="module")
def pages_read():
    """The mentions of each recorded page, all crawled as one source."""
    with LoopbackSite() as site:
        for path in PAGES:
            site.routes[f"/{path.name}"] = Answer(path.read_bytes(), type="text/html")
        settings = SourceSettings(
            name="corpus", kind="schema_org", options={"urls": [f"{site.url}/{path.name}" for path in PAGES]}
        )
        events = list(crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True))))
    assert isinstance(events[-1], CrawlEnded)
    assert events[-1].fetched == len(PAGES)
    read = {path.name: () for path in PAGES}
    read.update({event.url.rpartition("/")[2]: event.mentions for event in events[:-1]})
    return read


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_review_of_a_recorded_page_is_read_once(pages_read, page):
    reviews = [] if page.stem in WRONG_EXPECTATIONS else expectation(page)
    found = [compared("schema_org", raw) for raw in pages_read[page.name]]
    missing = list(reviews)
    for one in found:
        match = next((review for review in missing if agrees(review, one)), None)
        assert match is not None, f"not expected, or found twice: {one}"
        missing.remove(match)
    assert missing == []


def test_a_review_has_one_identity_on_whichever_page_it_stands(pages_read):
    where = {}
    for name, mentions in pages_read.items():
        keys = [identity_key(mention) for mention in mentions]
        assert len(set(keys)) == len(keys)
        for key in keys:
            where.setdefault(key, set()).add(name)
    assert sum(len(names) for names in where.values()) == sum(len(expectation(page)) for page in PAGES)
    assert {frozenset(names) for names in where.values() if len(names) > 1} <= {SAME_REVIEWS}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda path: path.name)
def test_every_review_of_a_recorded_feed_is_read_exactly(feed):
    place = "/us/rss/customerreviews/page=1/id=1/sortby=mostrecent/"
    with LoopbackSite() as site:
        site.routes["*"] = Answer('{"feed": {}}')
        site.routes["/robots.txt"] = Answer("", 404)
        site.routes[place + "json"] = Answer("{}")
        site.routes[place + feed.suffix.removeprefix(".")] = Answer(feed.read_bytes(), type=None)
        settings = SourceSettings(
            name="corpus", kind="app_store", base_url=site.url, options={"app_id": 1, "countries": ["us"]}
        )
        *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    mentions = [mention for page in pages for mention in page.mentions]
    reviews = expectation(feed)
    assert ended.status is (SourceStatus.OK if reviews else SourceStatus.EMPTY)
    assert [(m.external_id, m.author, m.title, m.text, m.url) for m in mentions] == [
        (review["id"], review["author"], review["title"], review["body"], review["url"]) for review in reviews
    ]
    for review, mention in zip(reviews, mentions, strict=True):
        assert agrees(review, compared("app_store", mention))
        assert (number(review["best"]), number(review["worst"])) == (mention.rating_best, mention.rating_worst)
