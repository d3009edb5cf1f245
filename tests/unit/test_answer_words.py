"""Answers in words as scores, by the other answers to the same question."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.answer_words import labelled_ease, read_answer_word, word_scores

FIVE = [
    ["Very dissatisfied", "Dissatisfied", "Neither satisfied nor dissatisfied", "Satisfied", "Very satisfied"],
    ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"],
    ["Very difficult", "Somewhat difficult", "Neither easy nor difficult", "Somewhat easy", "Very easy"],
    ["Not at all satisfied", "Not so satisfied", "Somewhat satisfied", "Very satisfied", "Extremely satisfied"],
    ["Pas du tout d’accord", "Pas d'accord", "Ni d'accord ni pas d'accord", "D'accord", "Tout à fait d'accord"],
    ["Pas du tout satisfait(e)", "Plutôt pas satisfait", "Neutre", "PLUTÔT SATISFAIT", "Très satisfaite"],
    ["Pas satisfait", "Peu satisfait", "Moyen", "Satisfait", "Très satisfait"],
    ["Très difficile", "Difficile", "Ni facile ni difficile", "Facile", "Très facile"],
    ["非常不滿意", "不滿意", "普通", "滿意", "非常滿意"],
    ["非常不同意", "不太同意", "一般", "比较同意", "非常同意"],
    ["非常困難", "困難", "中立", "容易", "非常容易"],
    ["很难", "有点难", "一般", "比较容易", "很容易"],
]
SEVEN = [
    [
        *("Extremely dissatisfied", "Moderately dissatisfied", "Slightly dissatisfied", "Neutral"),
        *("Slightly satisfied", "Moderately satisfied", "Extremely satisfied"),
    ],
    [
        *("Pas du tout d'accord", "Pas d'accord", "Plutôt pas d'accord", "Neutre"),
        *("Plutôt d'accord", "D'accord", "Tout à fait d'accord"),
    ],
    ["非常不滿意", "不滿意", "不太滿意", "普通", "還算滿意", "滿意", "非常滿意"],
]


@pytest.mark.parametrize("answers", [*FIVE, *SEVEN], ids=lambda answers: answers[-1])
def test_a_whole_scale_in_words_is_read_from_its_lowest_to_its_highest(answers):
    expected = {answer: place for place, answer in enumerate(answers, 1)}
    assert word_scores(answers) == (len(answers), expected)


@pytest.mark.parametrize("answers", [*FIVE[:3], *FIVE[4:6], *FIVE[7:9], FIVE[10]], ids=lambda answers: answers[-1])
def test_the_ends_and_the_middle_of_five_are_enough(answers):
    lowest, _, middle, _, highest = answers
    assert word_scores([highest, middle, lowest]) == (5, {lowest: 1, middle: 3, highest: 5})


def test_four_answers_without_a_middle_leave_the_middle_of_five_empty():
    answers = ["Pas du tout satisfait", "Plutôt pas satisfait", "Plutôt satisfait", "Très satisfait"]
    assert word_scores(answers) == (5, dict(zip(answers, (1, 2, 4, 5), strict=True)))


def test_more_shades_than_seven_points_hold_are_no_scale():
    assert word_scores(["Completely satisfied", "Very satisfied", "Satisfied", "Somewhat satisfied"]) is None


@pytest.mark.parametrize(
    "text", ["", "Good food and kind people", "easy to use", "satisfying", "not difficult", "9", "滿意度"]
)
def test_other_texts_are_no_answers_in_words(text):
    assert read_answer_word(text) is None


@given(st.lists(st.sampled_from(sorted({answer for answers in [*FIVE, *SEVEN] for answer in answers}))))
def test_better_words_never_score_lower_and_all_lie_on_the_scale(answers):
    if (found := word_scores(answers)) is None:
        return
    points, scores = found
    assert points in (5, 7)
    assert all(1 <= score <= points for score in scores.values())
    by_sign = sorted((word.sign, scores[answer]) for answer in scores if (word := read_answer_word(answer)))
    for (sign, score), (next_sign, next_score) in pairwise(by_sign):
        assert sign == next_sign or score < next_score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How was it? (1 = very easy, 7 = very difficult)", [(1, 1), (7, -1)]),
        ("7 - Very difficult", [(7, -1)]),
        ("1＝非常容易，5＝非常困難", [(1, 1), (5, -1)]),
        ("1 : très difficile ; 5 : très facile", [(1, -1), (5, 1)]),
        ("7 - Very satisfied", []),
    ],
)
def test_scores_that_are_explained_by_ease(text, expected):
    assert labelled_ease(text) == expected
