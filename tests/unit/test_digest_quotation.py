"""Quotations: cut at a sentence, never in a character; links that may be followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.columns import width
from twelvefold.pipeline.digest.quotation import LONGEST, link, plain, quotation


def test_a_short_text_stays_as_it_is() -> None:
    assert quotation("Good kettle. Boils.") == ("Good kettle. Boils.", False)


def test_a_long_text_is_cut_after_a_sentence() -> None:
    first = "It stopped after two days, and I wrote to the shop at once to ask for another one. "
    text, cut = quotation(first * 2 + "Then " + "nothing " * 60)
    assert text == (first * 2).strip() + " …"
    assert cut


def test_chinese_is_cut_after_its_own_full_stop() -> None:
    text, cut = quotation("客服態度極差，等了兩個星期都沒人回覆，打電話也沒有人接聽，非常失望。" * 9)
    assert cut
    assert text.endswith("。 …")
    assert width(text) <= LONGEST


def test_without_a_sentence_the_cut_falls_after_a_word() -> None:
    text, _ = quotation("word " * 100)
    assert text.endswith("word …")


def test_without_a_word_the_cut_falls_between_characters() -> None:
    text, _ = quotation("e\u0301" * 400)
    assert text.endswith("e\u0301…")
    family = "\U0001f469\u200d\U0001f467"
    text, _ = quotation(family * 200)
    assert text.removesuffix("…").replace(family, "") == ""


def test_an_abbreviation_at_the_start_is_no_sentence_to_stop_at() -> None:
    text, _ = quotation("Dr. " + "word " * 100)
    assert len(text) > 200


def test_direction_controls_and_line_breaks_are_taken_out() -> None:
    assert plain("a\u202eb\u2066c\nd\u2028e\x00f\u200ff") == "abc d e ff"
    assert plain("12\u00a0€") == "12\u00a0€"


@given(st.text(max_size=900))
def test_a_quotation_is_short_one_line_and_a_beginning(text: str) -> None:
    cut_text, cut = quotation(text)
    assert width(cut_text) <= LONGEST
    assert "\n" not in cut_text
    kept = cut_text.removesuffix("…").rstrip(" ") if cut else cut_text
    assert plain(text).startswith(kept)
    assert cut or cut_text == plain(text)


@pytest.mark.parametrize("url", ["https://shop.example/k?a=1#r2", "http://[::1]:8000/x", "https://例子.example/評"])
def test_web_addresses_may_be_followed(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//shop.example/x",
        "/x",
        "https://",
        "https://user@shop.example/",
        "https://[bad/",
        "https://shop.example/a b",
        "https://shop.example/\n",
        "ftp://shop.example/",
    ],
)
def test_anything_else_may_not(url: str | None) -> None:
    assert link(url) is None
