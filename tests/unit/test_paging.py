"""Where the next page stands, and the pauses that a spent quota asks for."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.paging import asked_pause_s, next_query
from twelvefold.crawlers.source import Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def page(**headers):
    return Page("https://a.example/", 200, headers, b"", "", {}, NOW)


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ('<https://a.example/x?page=2&max_id=7>; rel="next"', {"page": "2", "max_id": "7"}),
        ('<https://a.example/x?page=1>; rel="prev", <https://a.example/x?page=3>; rel=next', {"page": "3"}),
        ('<https://a.example/x?a=%C3%A9>; title="x"; rel="last next"', {"a": "é"}),
        ('<https://a.example/x?page=1>; rel="prev"', None),
        ('<https://a.example/x?page=1>; rel="nextish"', None),
        ("next", None),
        ("", None),
    ],
)
def test_the_query_of_the_next_page_is_taken_from_the_link_header(link, query):
    assert next_query(page(link=link)) == query


@pytest.mark.parametrize(
    ("remaining", "reset", "pause"),
    [
        ("0", "41", 41),
        ("0.0", "1793491230", 30),
        ("0", "2026-11-01T00:00:12.5Z", 12.5),
        ("0", "2026-11-01T00:00:12", 12),
        ("0", "1793491000", 0),
        ("1", "41", None),
        ("", "41", None),
        ("0", "soon", None),
        ("nan", "41", None),
    ],
)
def test_a_spent_quota_asks_for_the_pause_until_it_is_renewed(remaining, reset, pause):
    assert asked_pause_s(page(left=remaining, reset=reset), "left", "reset") == pause


@given(st.text(), st.text())
def test_whatever_the_headers_hold_they_are_read(one, other):
    next_query(page(link=one))
    pause = asked_pause_s(page(left="0", reset=other), "left", "reset")
    assert pause is None or pause >= 0
