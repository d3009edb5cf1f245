"""Where the next page stands."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.paging import next_query
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


@given(st.text())
def test_whatever_the_header_holds_it_is_read(link):
    next_query(page(link=link))
