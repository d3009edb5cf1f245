"""Answers that should be JSON, and whatever may come in their place."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.json_pages import NotAsExpected, json_list, json_object, parse_json
from twelvefold.crawlers.source import Page, Reading
from twelvefold.records import SourceStatus

URL = "https://api.example/reviews?page=1"
SHAPE = {"reviews": list, "meta.total": int, "meta.score": float}
GOOD = {"reviews": [], "meta": {"total": 3, "score": 4}}


def page(text):
    return Page(URL, 200, {}, text.encode("utf-8", "replace"), text, {}, datetime(2026, 11, 1, tzinfo=UTC))


def test_what_has_the_shape_is_returned():
    assert json_object(page("\ufeff\n" + json.dumps(GOOD)), SHAPE) == GOOD
    assert json_object(page('{"reviews": null}'), {"reviews": (list, type(None))}) == {"reviews": None}
    assert json_list(page("[1, NaN]")) == [1, None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("oops", "no JSON"),
        ('{"reviews": [', "no JSON"),
        ("[]", "is a list, not an object"),
        ("null", "is null, not an object"),
        ('{"data": 1, "links": 2}', "no key 'reviews'; it has 'data', 'links'"),
        ("{}", "no keys at all"),
        ('{"reviews": {}}', "an object at 'reviews', not a list"),
        ('{"reviews": [], "meta": {}}', "no key 'total' in 'meta'"),
        ('{"reviews": [], "meta": []}', "a list at 'meta', not an object"),
        ('{"reviews": [], "meta": {"total": true, "score": 1}}', "a truth at 'meta.total', not a whole number"),
        ('{"reviews": [], "meta": {"total": 1, "score": "high"}}', "a text at 'meta.score', not a number"),
        ("[" * 100_000, "without end"),
        ("[" * 70 + "]" * 70, "deeper than 60"),
        ("[" + "[]," * 400_000 + "1]", "more than 400000"),
        ('{"reviews": ' + "1" * 5_000 + "}", "has null at 'reviews'"),
        ("<html><head><title>Maintenance\n page</title></head></html>", "HTML or XML titled 'Maintenance page'"),
        ('<?xml version="1.0"?><feed/>', "HTML or XML"),
    ],
    ids=lambda value: value[:40],
)
def test_anything_else_is_a_changed_layout_and_says_what_came(text, says):
    reading = json_object(page(text), SHAPE)
    assert isinstance(reading, Reading)
    assert reading.status is SourceStatus.LAYOUT_CHANGED
    assert says in reading.message and URL in reading.message and "config.yaml" in reading.message
    assert "\n" not in reading.message


def test_an_object_where_a_list_should_be():
    assert "an object, not a list" in json_list(page("{}")).message


def test_a_captcha_in_the_place_of_data_is_a_wall():
    reading = json_object(page("<html><title>Just a moment...</title></html>"))
    assert reading.status is SourceStatus.BLOCKED
    assert "wall" in reading.message


@given(st.text())
def test_any_text_is_a_document_or_a_sentence(text):
    try:
        parse_json(text)
    except NotAsExpected as exc:
        assert str(exc)


@pytest.mark.parametrize("digits", [101, 400, 5_000])
def test_a_whole_number_beyond_all_meaning_is_nothing(digits):
    assert parse_json(f'{{"id": {"9" * digits}, "stars": -5}}') == {"id": None, "stars": -5}
