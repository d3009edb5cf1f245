"""Texts that are all but the same are found, in any script; short ones and merely similar ones are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.near_duplicates import ALIKE, likeness, pairs_alike, shingles

ENGLISH = (
    "The kettle leaked on the second day, and the shop has not answered any of my four letters. "
    "I have asked for my money back and shall not buy there again, whatever they promise."
)
FRENCH = (
    "La bouilloire a fui dès le deuxième jour et le magasin n'a répondu à aucune de mes quatre lettres. "
    "J'ai demandé le remboursement et n'y achèterai plus jamais rien, quoi qu'ils promettent."
)
CHINESE = "這個水壺第二天就漏水，寫了四封信給店家都沒有人回覆。我已經要求退款，以後不會再去那裡買東西，請大家多多注意。"


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, CHINESE])
@pytest.mark.parametrize(
    "change", [lambda t: t + " 😡", lambda t: t.upper(), lambda t: t[:-6], lambda t: f"!! {t}\n\n—"]
)
def test_a_text_with_something_changed_is_alike(text: str, change: object) -> None:
    assert pairs_alike({1: text, 2: change(text), 3: "x" * 200}, {2}) == {(1, 2)}


def test_other_opinions_of_the_same_thing_are_not_alike() -> None:
    other = ENGLISH.replace("leaked on the second day", "works as on its first day").replace("has not", "at once")
    assert pairs_alike({1: ENGLISH, 2: other, 3: FRENCH, 4: CHINESE}, {1, 2, 3, 4}) == set()


def test_short_texts_are_left_alone() -> None:
    assert pairs_alike({1: "Great, fast delivery, thank you!", 2: "Great, fast delivery, thank you"}, {1, 2}) == set()
    assert pairs_alike({1: "很好用，下次還會再買", 2: "很好用，下次還會再買！"}, {1, 2}) == set()


def test_only_pairs_with_one_that_is_asked_about_are_told() -> None:
    assert pairs_alike({1: ENGLISH, 2: ENGLISH + " !", 3: FRENCH, 4: FRENCH + " !"}, {4}) == {(3, 4)}


def test_copies_are_found_among_many_texts() -> None:
    draw = random.Random(3)
    words = [
        "kettle",
        "lid",
        "water",
        "shop",
        "letter",
        "money",
        "answer",
        "parcel",
        "colour",
        "handle",
        "noise",
        "light",
        "switch",
        "base",
        "steel",
        "glass",
    ]
    texts = {number: " ".join(draw.choices(words, k=40)) for number in range(400)}
    copies = {number + 1_000: f"{text} indeed" for number, text in texts.items() if number % 4 == 0}
    found = pairs_alike({**texts, **copies}, copies)
    assert found == {(number - 1_000, number) for number in copies}


@given(st.text(max_size=120), st.text(max_size=120))
def test_likeness_is_a_share_and_goes_both_ways(one: str, other: str) -> None:
    left, right = shingles(one * 3), shingles(other * 3)
    if left and right:
        assert 0 <= likeness(left, right) == likeness(right, left) <= 1
        assert likeness(left, left) == 1 >= ALIKE
