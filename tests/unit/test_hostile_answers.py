"""Whatever a service answers, reading it ends in a reading: every fixture, with parts of it replaced by anything.

TWELVEFOLD_MUTATIONS is the number of mutated answers for each kind: so many drawn by hypothesis, which shrinks
what fails, and so many by chance in a process whose memory and time are watched.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import KINDS, NOW, cases, check, page_of, places, replaced

from twelvefold.crawlers.answers import MOST_ITEMS, address
from twelvefold.crawlers.source import Page
from twelvefold.records import SourceStatus

MUTATIONS = int(os.environ.get("TWELVEFOLD_MUTATIONS", "20"))
SERVER = Path(__file__).parents[1] / "server"
LONGEST_S, MOST_MB = 2, 512  # of processor time, thirty times what the slowest page takes
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


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
    case = data.draw(st.sampled_from(cases(kind)))
    text = mutated(case.page.text, data)
    status = data.draw(st.sampled_from((200, 400, 403)))
    reading = case.adapter.read(replace(case.page, status=status, body=text.encode("utf-8", "replace"), text=text))
    check(reading)
    assert all(fetch.url.startswith(("https://", "http://")) for fetch in reading.follow)


def test_reading_thousands_of_mutated_pages_stays_within_time_and_memory():
    command = [sys.executable, "-W", "error", str(SERVER / "mutations.py"), str(MUTATIONS), "12"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3_000, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    told = json.loads(done.stdout)
    assert told["pages"] == MUTATIONS * len(KINDS)
    assert told["longest_s"] < LONGEST_S, told
    assert told["peak_mb"] < MOST_MB, told


OTHERWISE_BUILT = {"app_store", "google_places", "google_play", "schema_org"}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - OTHERWISE_BUILT))
@pytest.mark.parametrize("name", ["reviews", "items", "data", "Results"])
def test_a_list_longer_than_any_page_is_not_read(kind, name):
    case = cases(kind)[0]
    body = json.dumps({"success": 1, name: [{}] * (MOST_ITEMS + 1)}).encode()
    reading = case.adapter.read(page_of(case.page.url, {}, body, {**case.page.context, "token": False}))
    assert (reading.status, reading.rejected) == (SourceStatus.LAYOUT_CHANGED, ())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "0", '"x"', "[" * 100_000, "<html>", "\ufeff{}", "[[[[]]]]"])
def test_reading_something_else_entirely_ends_in_a_reading(kind, text):
    case = cases(kind)[0]
    reading = case.adapter.read(Page(case.page.url, 200, {}, text.encode(), text, case.page.context, NOW))
    assert reading.mentions == ()


def test_half_a_character_that_a_service_sends_does_not_break_an_address():
    url = address(None, "https://api.example", "a/\ud800", after="\udfff", name="壺")
    assert url == "https://api.example/a%2F%3F?after=%3F&name=%E5%A3%BA"
