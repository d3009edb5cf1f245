"""New words of a week: the formula of the paper, what noise may name, and what is surely found."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.words import ERROR_RATE, LEAST_MENTIONS, PRIOR_WEIGHT, fresh_words

BEFORE = {"slow": 400, "kind": 800, "parcel": 300, "price": 500}
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500))


def test_a_word_that_came_up_this_week_is_found() -> None:
    now = {"slow": 33, "kind": 66, "parcel": 25, "price": 40, "battery": 30}
    (found,) = fresh_words(now, BEFORE)
    assert (found.word, found.now, found.before) == ("battery", 30, 0)


def test_the_score_is_that_of_the_paper() -> None:
    now = {"slow": 120, "kind": 20, "parcel": 20}
    (found,) = fresh_words(now, BEFORE)
    alpha = PRIOR_WEIGHT * 520 / (160 + 2_000)
    delta = math.log((120 + alpha) / (160 + PRIOR_WEIGHT - 120 - alpha)) - math.log(
        (400 + alpha) / (2_000 + PRIOR_WEIGHT - 400 - alpha)
    )
    assert found.log_odds == pytest.approx(delta)
    assert found.z == pytest.approx(delta / math.sqrt(1 / (120 + alpha) + 1 / (400 + alpha)))


@given(COUNTS, COUNTS)
def test_what_is_found_rose_and_is_said_by_several(now: dict[str, int], before: dict[str, int]) -> None:
    found = fresh_words(now, before)
    assert [word.z for word in found] == sorted((word.z for word in found), reverse=True)
    for word in found:
        assert word.now >= LEAST_MENTIONS
        assert word.now / sum(now.values()) > word.before / sum(before.values())


@given(COUNTS)
def test_a_week_like_the_others_has_no_new_word(counts: dict[str, int]) -> None:
    assert fresh_words(counts, {word: 12 * n for word, n in counts.items()}) == []


@given(st.integers(5, 60), st.integers(0, 400))
def test_the_test_is_the_exact_one(has: int, had: int) -> None:
    now, before = {"word": has, "other": 500 - has}, {"word": had, "other": 5_000 - had}
    chance = stats.binomtest(has, has + had, 500 / 5_500, alternative="greater").pvalue
    named = any(word.word == "word" for word in fresh_words(now, before))
    assert named == (chance * 2 <= ERROR_RATE)


def test_nothing_to_compare_with_names_nothing() -> None:
    assert fresh_words({"battery": 90}, {}) == []
    assert fresh_words({}, BEFORE) == []


def test_in_weeks_without_news_at_most_one_in_twenty_names_any_word() -> None:
    dice = np.random.default_rng(11)
    shares = 1 / np.arange(1, 1_501)  # as words are spread in any language
    shares /= shares.sum()
    wrong = 0
    for _ in range(300):
        now, before = (Counter(dict(enumerate(dice.multinomial(n, shares)))) for n in (4_000, 48_000))
        wrong += bool(
            fresh_words({str(w): int(n) for w, n in now.items()}, {str(w): int(n) for w, n in before.items()})
        )
    assert wrong / 300 <= 0.05


def test_a_word_that_doubles_is_found_in_most_weeks() -> None:
    dice = np.random.default_rng(12)
    shares = 1 / np.arange(1, 501)
    shares /= shares.sum()
    moved = shares.copy()
    moved[20] *= 3
    moved /= moved.sum()
    found = 0
    for _ in range(50):
        now, before = dice.multinomial(4_000, moved), dice.multinomial(48_000, shares)
        fresh = fresh_words(*({str(at): int(n) for at, n in enumerate(counts)} for counts in (now, before)))
        found += any(word.word == "20" for word in fresh)
    assert found >= 45
