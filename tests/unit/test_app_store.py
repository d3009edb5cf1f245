"""Apple's feed: addresses, and whatever an answer may hold."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import Asked, Page
from twelvefold.crawlers.spiders.app_store import AppStore

ASKED = Asked(datetime(2026, 11, 1, tzinfo=UTC))
CONTEXT = {"country": "fr", "page": 1, "format": "json", "empty": 0}


def adapter(base_url=None, **options):
    settings = SourceSettings(name="ios", kind="app_store", base_url=base_url, options={"app_id": 42, **options})
    return AppStore(settings)


def read(text, **context):
    body = text.encode("utf-8", "replace")
    page = Page(
        "https://itunes.apple.com/x", 200, {}, body, text, {**CONTEXT, **context}, datetime(2026, 11, 1, tzinfo=UTC)
    )
    return adapter().read(page)


@pytest.mark.parametrize(
    ("base_url", "start"),
    [
        (None, "https://itunes.apple.com/fr/rss/customerreviews/page=1/id=42/sortby=mostrecent/json"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/fr/rss/customerreviews/page=1/id=42/sortby=mostrecent/json"),
        ("http://127.0.0.1/a/b/", "http://127.0.0.1/a/b/fr/rss/customerreviews/page=1/id=42/sortby=mostrecent/json"),
    ],
)
def test_the_address_is_apples_or_the_mirrors(base_url, start):
    assert [fetch.url for fetch in adapter(base_url, countries=["FR", "fr"]).start(ASKED)] == [start]


def test_the_first_page_of_each_country_continues_nothing():
    fetches = list(adapter(countries=["fr", "de"]).start(ASKED))
    assert [(fetch.context["country"], fetch.continues) for fetch in fetches] == [("fr", False), ("de", False)]


def test_names_of_authors_are_told_and_not_kept_as_evidence():
    entry = {
        "id": {"label": "1"},
        "im:rating": {"label": "5"},
        "updated": {"label": "2026-01-01T00:00:00Z"},
        "author": {"name": {"label": "Reader 1"}, "uri": {"label": "https://itunes.apple.com/fr/reviews/id1"}},
    }
    (mention,) = read(json.dumps({"feed": {"entry": entry}})).mentions
    assert mention.author == "Reader 1"
    assert mention.payload["country"] == "fr"
    assert "Reader 1" not in json.dumps(dict(mention.payload))
    assert "reviews/id1" not in json.dumps(dict(mention.payload))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["feed", "entry", "link", "attributes", "rel", "href", "id", "label", "im:rating", "im:name",
                         "content", "author", "name", "updated", "title"]),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON, st.sampled_from(["json", "xml"]))
def test_any_json_can_be_read(value, form):
    reading = read(json.dumps(value), format=form)
    assert all(mention.external_id for mention in reading.mentions)


@given(JSON)
def test_any_entry_can_be_read(entry):
    reading = read(json.dumps({"feed": {"entry": entry, "link": entry}}))
    assert all(mention.external_id for mention in reading.mentions)


@given(st.text())
def test_any_text_can_be_read(text):
    assert read(text).mentions == ()
    assert read("<feed xmlns='http://www.w3.org/2005/Atom'>" + text).mentions == ()
