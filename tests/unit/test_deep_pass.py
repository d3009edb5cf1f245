"""What is read on each night, and what the weekly deep pass reads besides, where one item costs a request."""

import json
from datetime import UTC, datetime

import pytest

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import Asked, Page, source_class

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
KNOWN_UNTIL = datetime(2026, 10, 31, tzinfo=UTC)
NIGHTS = [(None, False, True), (KNOWN_UNTIL, False, False), (KNOWN_UNTIL, True, True)]


def first_page(kind, options, document, *, newest, deep, known=()):
    """Return the reading of the first page of a crawl."""
    adapter = source_class(kind)(SourceSettings(name="s", kind=kind, options=options))
    fetch = next(adapter.start(Asked(NOW, newest=newest, deep=deep, known=known)))
    text = json.dumps(document)
    return adapter.read(Page(fetch.url, 200, {}, text.encode(), text, fetch.context, NOW))


@pytest.mark.parametrize(("newest", "deep", "reads_all"), NIGHTS)
def test_of_a_forum_only_what_may_be_new_is_read_in_full(newest, deep, reads_all):
    written = {3: "2026-10-30T10:00:00Z", 2: "2026-10-29T01:00:00+02:00", 1: "2026-10-01T10:00:00Z"}
    posts = [{"id": number, "created_at": at} for number, at in written.items()]
    document = {"posts": posts, "grouped_search_result": {"more_full_page_results": True}}
    options = {"forum_url": "https://forum.example", "query": "kettle"}
    reading = first_page("discourse", options, document, newest=newest, deep=deep)
    asked_for = [fetch.url.rpartition("/")[2] for fetch in reading.follow if "/posts/" in fetch.url]
    assert asked_for == (["3.json", "2.json", "1.json"] if reads_all else ["3.json"])
    assert any("page=2" in fetch.url for fetch in reading.follow)


@pytest.mark.parametrize(
    ("moved", "deep", "read"),
    [
        ("2026-10-31T20:00:00Z", False, ["2.json"]),  # since the newest known post, and not by a post
        ("2026-10-30T20:00:00Z", False, []),
        ("2026-10-30T10:00:00Z", False, []),
        ("soon", False, []),
        (None, False, []),
        ("2026-10-30T10:00:00Z", True, ["2.json", "1.json"]),
    ],
)
def test_of_known_posts_a_night_reads_what_its_topic_tells_was_edited(moved, deep, read):
    written = "2026-10-30T10:00:00Z"
    posts = [{"id": number, "created_at": written, "topic_id": 7, "post_number": number} for number in (2, 1)]
    topic = {"id": 7, "highest_post_number": 2, "last_posted_at": written, "bumped_at": moved}
    found = {"posts": posts, "topics": [topic], "grouped_search_result": {"more_full_page_results": True}}
    options = {"forum_url": "https://forum.example", "query": "kettle"}
    reading = first_page("discourse", options, found, newest=KNOWN_UNTIL, deep=deep, known={"1", "2"})
    assert [fetch.url.rpartition("/")[2] for fetch in reading.follow if "/posts/" in fetch.url] == read
    assert any("page=2" in fetch.url for fetch in reading.follow) == bool(read)


@pytest.mark.parametrize(("newest", "deep", "reads_all"), NIGHTS)
def test_replies_that_a_thread_does_not_bring_are_asked_for(newest, deep, reads_all):
    top = {"id": "top", "snippet": {"textOriginal": "Leaks", "publishedAt": "2026-10-30T10:00:00Z"}}
    document = {"items": [{"snippet": {"topLevelComment": top, "totalReplyCount": 2}}]}
    options = {"video": "kettle12345", "api_key": "k"}
    reading = first_page("youtube", options, document, newest=newest, deep=deep)
    assert [fetch.context for fetch in reading.follow] == ([{"parent": "top"}] if reads_all else [])
