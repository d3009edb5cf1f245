"""Feeds of any make, right, broken and hostile."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.feeds import FeedError, read_feed

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1).filter(str.strip)


@given(WORDS, WORDS, WORDS)
def test_what_was_written_is_what_is_read_in_every_format(title, text, number):
    escaped = [html.escape(part) for part in (title, text, number)]
    rss = "<rss><channel><item><title>{}</title><description>{}</description><guid>{}</guid></item></channel></rss>"
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>{}</title><content>{}</content><id>{}</id></entry></feed>'
    for feed in (rss, atom):
        (entry,) = read_feed(feed.format(*escaped)).entries
        assert (entry.title, entry.text, entry.id) == (title, text, number)


@given(st.text())
def test_whatever_stands_there_it_is_a_feed_or_said_to_be_none(text):
    for document in (text, f"<rss><channel><item>{text}", f'{{"version": "https://jsonfeed.org/version/1", {text}'):
        try:
            read_feed(document)
        except FeedError as problem:
            assert "\n" not in str(problem)


@pytest.mark.parametrize(
    "feed",
    [
        "<rss><channel>" + "<item><description>" * 120 + "x" * 1000,
        "<rss><channel><item><title>" + "&" * 100_000,
        "<rss><channel><item><title>" + "&a" * 100_000 + "</title></item></channel></rss>",
        "<rss><channel>" + "<item/>" * 10_001 + "</channel></rss>",
        "<!DOCTYPE rss [" + "<!ELEMENT a ANY>" * 10_000 + "]><rss><channel/></rss>",
    ],
)
def test_a_hostile_feed_is_refused_or_read_as_far_as_it_goes(feed):
    try:
        assert len(read_feed(feed).entries) <= 1
    except FeedError as problem:
        assert len(str(problem)) < 200


def test_an_item_within_an_item_is_part_of_its_text():
    (entry,) = read_feed(
        "<rss><channel><item><description><item>inner</item></description></item></channel></rss>"
    ).entries
    assert entry.text == "<item>inner</item>"
