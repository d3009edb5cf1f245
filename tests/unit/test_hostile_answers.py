"""Whatever a service answers, reading it ends in a reading: every fixture, with parts of it replaced by anything.

TWELVEFOLD_MUTATIONS is the number of mutated answers for each kind.
"""

import json
import os
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twelvefold.config import SourceSettings
from twelvefold.crawlers.answers import MOST_ITEMS
from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.source import Page, Reading, identity_key, source_class
from twelvefold.records import SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from signing_keys import with_keys

MUTATIONS = int(os.environ.get("TWELVEFOLD_MUTATIONS", "40"))
FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS = (
    "app_store_connect",
    "bazaarvoice",
    "bluesky",
    "discourse",
    "feed",
    "github",
    "google_business",
    "google_places",
    "google_play",
    "google_play_console",
    "hacker_news",
    "judge_me",
    "lemmy",
    "mastodon",
    "reddit",
    "stack_exchange",
    "steam",
    "trusted_shops",
    "trustpilot",
    "woocommerce",
    "wordpress",
    "yotpo",
    "youtube",
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@cache
def cases(kind):
    """Return the adapter, the request and the body of each fixture of a kind."""
    found = []
    for folder in sorted((FIXTURES / kind).iterdir()):
        case = json.loads((folder / "case.json").read_text("utf-8"))
        body = decode(next(folder.glob("page.*")).read_bytes())
        settings = SourceSettings(name="s", kind=kind, options=with_keys(case["options"]))
        found.append((source_class(kind)(settings), case["page"], body))
    return found


def places(document, path=()):
    """Yield the path of each part of a document."""
    yield path
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, part in parts:
        yield from places(part, (*path, key))


def replaced(document, path, part):
    """Return `document` with another part at `path`."""
    if not path:
        return part
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(document[path[0]], path[1:], part)
    return copy


def mutated(body, data):
    """Return a page with a part replaced, of its JSON or of its text."""
    try:
        document = json.loads(body)
    except ValueError:
        start, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 40))
        return body[:start] + data.draw(st.text(max_size=10)) + body[start + length :]
    path = data.draw(st.sampled_from(list(places(document))))
    return json.dumps(replaced(document, path, data.draw(ANYTHING)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=MUTATIONS, deadline=None)
@given(data=st.data())
def test_reading_a_mutated_answer_ends_in_a_reading(kind, data):
    adapter, asked, body = data.draw(st.sampled_from(cases(kind)))
    text = mutated(body, data)
    page = Page(
        asked["url"],
        data.draw(st.sampled_from((200, 400, 403))),
        asked["headers"],
        text.encode("utf-8", "replace"),
        text,
        asked["context"],
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    reading = adapter.read(page)
    assert isinstance(reading, Reading)
    for mention in reading.mentions:
        assert identity_key(mention)
        assert mention.text or mention.title or mention.rating is not None
        assert "author" not in mention.payload
    json.dumps([dict(mention.payload) for mention in reading.mentions])
    if reading.status not in (None, SourceStatus.OK):
        assert reading.message
        assert "\n" not in reading.message
    assert all(fetch.url.startswith("https://") for fetch in reading.follow)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"google_places", "google_play"}))
@pytest.mark.parametrize("name", ["reviews", "items", "data", "Results"])
def test_a_list_longer_than_any_page_is_not_read(kind, name):
    adapter, asked, _ = cases(kind)[0]
    text = json.dumps({"success": 1, name: [{}] * (MOST_ITEMS + 1)})
    at = datetime(2026, 11, 1, tzinfo=UTC)
    reading = adapter.read(Page(asked["url"], 200, {}, text.encode(), text, {**asked["context"], "token": False}, at))
    assert (reading.status, reading.rejected) == (SourceStatus.LAYOUT_CHANGED, ())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "0", '"x"', "[" * 100_000, "<html>", "\ufeff{}", "[[[[]]]]"])
def test_reading_something_else_entirely_ends_in_a_reading(kind, text):
    adapter, asked, _ = cases(kind)[0]
    at = datetime(2026, 11, 1, tzinfo=UTC)
    reading = adapter.read(Page(asked["url"], 200, {}, text.encode(), text, asked["context"], at))
    assert reading.mentions == ()
