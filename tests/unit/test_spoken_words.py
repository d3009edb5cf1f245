"""Texts into words: three languages, two scripts, and what must never be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.spoken_words import words_in


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("The battery died, the BATTERY died!", "en", {"battery", "died"}),
        ("L’écran s'éteint aujourd'hui", "fr", {"écran", "éteint", "aujourd'hui"}),
        ("Qu'est-ce que l'application ? Jusqu’au remboursement", "fr", {"application", "remboursement"}),
        ("門市人員服務親切，結帳排隊太久", "zh-Hant", {"門市", "人員", "服務", "親切", "結帳", "排隊", "太久"}),
        ("网站登录不了，优惠券用不了", "zh-Hans", {"网站", "登录", "不了", "优惠券"}),
        ("這個會員點數在App裡根本不能用", "zh-Hant", {"會員", "點數", "根本", "不能", "app"}),
        ("mail me at a@b.example or https://b.example/x @someone #tag 12345", "en", {"mail"}),
        ("とても良い商品です", "ja", set()),
        ("", "en", set()),
    ],
)
def test_the_words_of_a_text(text: str, language: str, words: set[str]) -> None:
    assert words_in(text, language) == words


def test_both_scripts_are_cut_at_the_same_places() -> None:
    traditional, simplified = (
        words_in("電池續航力很差，客服態度不好", "zh-Hant"),
        words_in("电池续航力很差，客服态度不好", "zh"),
    )
    assert {len(word) for word in traditional} == {len(word) for word in simplified}
    assert {"電池", "客服", "態度"} <= traditional
    assert {"电池", "客服", "态度"} <= simplified


@given(st.text(max_size=300), st.sampled_from(["en", "fr", "zh-Hant", "zh", "und", "ja", "de-AT"]))
def test_any_text_has_words_without_spaces_numbers_or_addresses(text: str, language: str) -> None:
    for word in words_in(text, language):
        assert len(word) > 1
        assert not any(character.isspace() or character.isdigit() or character in "@#/" for character in word)


def test_a_text_of_megabytes_is_counted_by_its_beginning() -> None:
    assert words_in("battery " * 1_000_000 + "charger", "en") == {"battery"}
