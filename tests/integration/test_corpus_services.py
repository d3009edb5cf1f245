"""The recordings of app stores, shops and review services, through real HTTP and the real crawl process.

Each is served as the first page of its adapter's list; every further page is
empty. Tables that people export are read from the disk. Where the recordings
are, test_corpus_web.py says.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

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
TRUSTPILOT = ("trustpilot", {"business_unit": "u", "api_key": "k"}, {"reviews": []})
SERVED = {
    "bazaarvoice/conversationsReviewsEnduranceCycles.json": BAZAARVOICE,
    "bazaarvoice/conversationsReviewsEnduranceCycles_SortLowestRated.json": BAZAARVOICE,
    "google_places/PlacesApiDetailsInFrenchResponse.json": PLACE,
    "google_play/twitter_relevant.txt": PLAY,
    "steam/page_439700.json": STEAM,
    "steam/page_2138140_trimmed_2026.json": STEAM,
    "steam/merged_439700.json": STEAM,
    "trustpilot/keytrade_fr_nl.json": TRUSTPILOT,
    "woocommerce/store_v1_docs.json": SHOP,
    "woocommerce/v3_reviews_array.json": SHOP_WITH_KEY,
    "woocommerce/v3_reviews_no_avatar.json": SHOP_WITH_KEY,
    "yotpo/airbyte_expected.jsonl": ("yotpo", {"app_key": "k", "products": ["13"]}, {"reviews": []}),
}

# No adapter calls what these were answered by: a page of Trustpilot's site, which its terms keep from us.
PARSER_ALONE = {"trustpilot/bt_2023.html": TRUSTPILOT}

# What people export and put into a drop folder.
TABLES = ("google_play/play_console_reviews.csv", "google_places/gm_reviews_scraped.csv")

# The name of the business stands in the configuration there, not in the recorded list.
UNNAMED = frozenset(("trustpilot/keytrade_fr_nl.json",))


def expectation(name):
    return json.loads((CORPUS / name).with_suffix(".expected.json").read_text("utf-8"))["reviews"]


def words(text):
    return " ".join((text or "").split())


def served(name):
    """Crawl a recording as its adapter would meet it: mentions and how it ended."""
    kind, options, further = SERVED[name]
    recording = (CORPUS / name).read_bytes()
    if name.endswith(".jsonl"):  # one review, wrapped by the program that stored it
        recording = json.dumps({"reviews": [json.loads(recording)["data"]]}).encode()
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


def check(name, kind, mentions):
    """Compare what was read with what a person or another program read there."""
    reviews = expectation(name)
    assert len({identity_key(mention) for mention in mentions}) == len(mentions) == len(reviews)
    for review, raw in zip(reviews, mentions, strict=True):
        settings = SourceSettings(name="corpus", kind=kind)
        scale = source_class(kind).statement.rating_scale
        mention = normalise(raw, source=settings, scale=scale, collected_at=COLLECTED_AT, key=b"k")
        if review["id"] is not None:
            assert raw.external_id == str(review["id"])
        assert words(raw.title) == words(review["title"])
        assert (raw.text or "") == (review["body"] or "")
        assert mention.rating == told(review)
        assert str(review["date_published"]) in (raw.published, raw.payload.get("relative_date"))
        if review["date_utc"]:
            assert mention.published_at == datetime.fromisoformat(review["date_utc"])
        assert words(raw.reply_text) == words(review.get("reply_text"))
        if review.get("reply_date_utc"):
            assert mention.reply_at == datetime.fromisoformat(review["reply_date_utc"])
        named = None if name in UNNAMED else review["item_name"]
        for wanted, given in ((review["author"], raw.author), (review["url"], raw.url), (named, raw.subject)):
            assert wanted in (None, given)
        assert review["language"] in (None, raw.language)
        assert review.get("verified") in (None, raw.verified)


@pytest.mark.parametrize("name", SERVED)
def test_every_review_of_a_recording_is_read_exactly(name):
    kind, mentions, ended = served(name)
    assert (ended.status, ended.message) == (SourceStatus.OK, "")
    check(name, kind, mentions)


@pytest.mark.parametrize("name", PARSER_ALONE)
def test_a_recording_that_no_adapter_asks_for_is_read_by_its_parser(name):
    kind, options, _ = PARSER_ALONE[name]
    adapter = source_class(kind)(SourceSettings(name="corpus", kind=kind, options=options))
    body = (CORPUS / name).read_bytes()
    reading = adapter.read(Page("https://mirror.example/", 200, {}, body, body.decode(), {}, COLLECTED_AT))
    assert (reading.status, reading.rejected) == (None, ())
    check(name, kind, reading.mentions)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_people_export_is_read_exactly(name):
    settings = SourceSettings(name="corpus", kind="files", options={"paths": [str(CORPUS / name)]})
    *pages, ended = crawl(CrawlJob(settings, Network()))
    assert (ended.status, ended.message) == (SourceStatus.OK, "")
    check(name, "files", [mention for page in pages for mention in page.mentions])


def test_every_recording_of_these_services_is_read():
    folders = {name.partition("/")[0] for name in SERVED}
    found = {path for folder in folders for path in (CORPUS / folder).iterdir() if ".expected." not in path.name}
    listed = {*SERVED, *PARSER_ALONE, *TABLES}
    assert {str(path.relative_to(CORPUS)) for path in found} == listed
