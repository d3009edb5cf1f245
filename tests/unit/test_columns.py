"""Text in columns: wide characters, invisible ones, breaking lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.columns import pad, shorten, side_by_side, width, wrap


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("評價", 4), ("é", 1), ("e\u0301", 1), ("\u2068a\u2069", 1), ("，", 2), ("", 0)]
)
def test_how_many_columns_a_text_takes(text: str, columns: int) -> None:
    assert width(text) == columns


def test_padding_counts_columns_and_not_characters() -> None:
    assert pad("評", 4) == "評  "
    assert pad("評", 4, right=True) == "  評"


def test_cutting_never_splits_a_wide_character() -> None:
    assert shorten("評價平衡", 5) == "評價…"
    assert shorten("評價", 4) == "評價"


def test_chinese_breaks_anywhere_but_before_its_punctuation() -> None:
    assert wrap("客服態度極差，等了兩個星期。", 12) == ["客服態度極", "差，等了兩個", "星期。"]


def test_words_stay_whole_and_later_lines_are_indented() -> None:
    assert wrap("one two three", 8, "  ") == ["one two", "  three"]
    assert wrap("https://example.org/a/long/address", 10) == ["https://example.org/a/long/address"]


def test_two_blocks_side_by_side() -> None:
    assert side_by_side(["評", "b"], ["c"], 4) == ["評    c", "b"]


@given(st.text(alphabet="ab 評價。，(é", max_size=80), st.integers(6, 40))
def test_wrapping_loses_nothing_but_spaces_and_keeps_the_width(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert width(line) <= columns or len(line.split()) == 1
