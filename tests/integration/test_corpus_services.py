"""The recordings of app stores, shops and review services, through real HTTP and the real crawl process.

Each is served as the first page of its adapter's list; every further page is
empty. Where the recordings are, test_corpus_web.py says.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.process import CrawlJob, crawl
from twelvefold.crawlers.source import identity_key, source_class
from twelvefold.pipeline.normalise import normalise
from twelvefold.records import SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

CORPUS = Path(os.environ.get("TWELVEFOLD_CORPUS") or Path(__file__).parents[2] / "../shared/corpus")
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no recordings in {CORPUS}: set TWELVEFOLD_CORPUS")
COLLECTED_AT = datetime(2026, 11, 1, tzinfo=UTC)

# Folder of recordings -> kind, its options, and what further pages answer.
STEAM = ("steam", {"app_id": 1}, {"success": 1, "reviews": [], "cursor": "*"})
SHOP = ("woocommerce", {"shop_url": "https://shop.example"}, [])
SHOP_WITH_KEY = ("woocommerce", {**SHOP[1], "key": "ck", "secret": "cs"}, [])
PLAY = ("google_play", {"app_id": "com.twitter.android"}, [["wrb.fr", "UsvDTd", "[]"]])
PLACE = ("google_places", {"place_id": "x", "api_key": "k", "api": "legacy"}, {"status": "ZERO_RESULTS"})
BAZAARVOICE = (
    "bazaarvoice",
    {"passkey": "k", "products": ["6-bv"]},
    {"TotalResults": 40, "Results": [], "Includes": {}},
)
SERVED = {
    "bazaarvoice/conversationsReviewsEnduranceCycles.json": BAZAARVOICE,
    "bazaarvoice/conversationsReviewsEnduranceCycles_SortLowestRated.json": BAZAARVOICE,
    "google_places/PlacesApiDetailsInFrenchResponse.json": PLACE,
    "google_play/twitter_relevant.txt": PLAY,
    "steam/page_439700.json": STEAM,
    "steam/page_2138140_trimmed_2026.json": STEAM,
    "steam/merged_439700.json": STEAM,
    "woocommerce/store_v1_docs.json": SHOP,
    "woocommerce/v3_reviews_array.json": SHOP_WITH_KEY,
    "woocommerce/v3_reviews_no_avatar.json": SHOP_WITH_KEY,
}

# Recording -> why its expectation is wrong and what is right. None is, of those at hand.
WRONG_EXPECTATIONS: dict[str, str] = {}


def expectation(name):
    return json.loads((CORPUS / name).with_suffix(".expected.json").read_text("utf-8"))["reviews"]


def words(text):
    return " ".join((text or "").split())


def served(name):
    """Crawl a recording as its adapter would meet it: mentions and how it ended."""
    kind, options, further = SERVED[name]
    recording = (CORPUS / name).read_bytes()
    with LoopbackSite() as site:
        answers = iter([Answer(recording, type=None)])
        site.routes["*"] = lambda asked: next(answers, Answer(json.dumps(further), type="application/json"))
        site.routes["/robots.txt"] = Answer("", 404)
        settings = SourceSettings(name="corpus", kind=kind, base_url=site.url, options=options)
        *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    return kind, [mention for page in pages for mention in page.mentions], ended


def told(review):
    """Return the rating that a recording tells: stars, or a thumb."""
    if review.get("recommended") is not None:
        return float(review["recommended"])
    return None if review["rating"] is None else float(review["rating"])


@pytest.mark.parametrize("name", SERVED)
def test_every_review_of_a_recording_is_read_exactly(name):
    kind, mentions, ended = served(name)
    reviews = expectation(name)
    assert ended.status is SourceStatus.OK
    assert ended.message == ""
    assert len({identity_key(mention) for mention in mentions}) == len(mentions) == len(reviews)
    for review, raw in zip(reviews, mentions, strict=True):
        settings = SourceSettings(name="corpus", kind=kind)
        scale = source_class(kind).statement.rating_scale
        mention = normalise(raw, source=settings, scale=scale, collected_at=COLLECTED_AT, key=b"k")
        if review["id"] is not None:
            assert raw.external_id == str(review["id"])
        assert words(raw.title) == words(review["title"])
        assert raw.text == (review["body"] or None)
        assert mention.rating == told(review)
        assert raw.published == str(review["date_published"])
        if review["date_utc"]:
            assert mention.published_at == datetime.fromisoformat(review["date_utc"])
        assert words(raw.reply_text) == words(review.get("reply_text"))
        for field, given in (("author", raw.author), ("url", raw.url), ("item_name", raw.subject)):
            assert review[field] in (None, given)
        assert review["language"] in (None, raw.language)
        assert review.get("verified") in (None, raw.verified)
