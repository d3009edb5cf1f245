"""Which mentions chance draws: as many of each class, the heavier the sooner, the same ones every time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twelvefold.pipeline.labelled_balance import is_enough
from twelvefold.pipeline.labelling import choose
from twelvefold.records import Sentiment
from twelvefold.storage.labels import Undrawn

MONDAY = date(2026, 11, 16)
NOTHING: Counter[Sentiment] = Counter()
undrawn = st.lists(
    st.builds(
        Undrawn,
        mention_id=st.integers(1, 10_000),
        local_date=st.integers(0, 2000).map(lambda age: MONDAY - timedelta(days=age)),
        weight=st.sampled_from([0.0, 0.5, 1.0]),
        named=st.sampled_from(Sentiment),
    ),
    max_size=60,
    unique_by=lambda mention: mention.mention_id,
)


@settings(max_examples=30)
@given(undrawn, st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_of_the_mentions_does_not_matter(mentions: list[Undrawn], count: int, dice: object) -> None:
    chosen = choose(mentions, NOTHING, count, 90)
    dice.shuffle(mentions)  # type: ignore[attr-defined]
    assert choose(mentions, NOTHING, count, 90) == chosen
    drawn = [mention for mention in mentions if mention.mention_id in chosen]
    assert len(drawn) == len(set(chosen)) == min(count, sum(mention.weight > 0 for mention in mentions))
    assert all(mention.weight > 0 for mention in drawn)


@settings(max_examples=30)
@given(undrawn, st.integers(1, 10), st.integers(1, 20))
def test_a_draw_goes_on_where_the_one_before_stopped(mentions: list[Undrawn], first: int, more: int) -> None:
    begun = set(choose(mentions, NOTHING, first, 90))
    drawn = Counter(mention.named for mention in mentions if mention.mention_id in begun)
    left = [mention for mention in mentions if mention.mention_id not in begun]
    then = choose(left, drawn, more, 90)
    assert not begun & set(then)
    # Where the classes were not even, a few more than asked make them so.
    assert len(begun) + len(then) >= len(choose(mentions, NOTHING, first + more, 90))


def test_each_class_gets_as_many_and_what_is_drawn_already_is_taken_into_account() -> None:
    mentions = [Undrawn(n, MONDAY, 1.0, list(Sentiment)[min(n % 10, 2)]) for n in range(1000)]
    named = {mention.mention_id: mention.named for mention in mentions}
    assert Counter(named[n] for n in choose(mentions, NOTHING, 60, 90)) == dict.fromkeys(Sentiment, 20)
    begun = Counter({Sentiment.NEGATIVE: 10})
    chosen = Counter(named[n] for n in choose(mentions, begun, 50, 90))
    assert chosen == {Sentiment.NEGATIVE: 10, Sentiment.NEUTRAL: 20, Sentiment.POSITIVE: 20}


def test_who_weighs_twice_as_much_is_drawn_twice_as_often() -> None:
    old = [Undrawn(n, MONDAY - timedelta(days=90), 1.0, Sentiment.POSITIVE) for n in range(20_000)]
    new = [Undrawn(n, MONDAY, 1.0, Sentiment.POSITIVE) for n in range(20_000, 30_000)]
    light = [Undrawn(n, MONDAY, 0.5, Sentiment.POSITIVE) for n in range(30_000, 50_000)]
    chosen = choose([*old, *new, *light], NOTHING, 900, 90)
    shares = Counter(n // 10_000 if n < 30_000 else 3 for n in chosen)
    # Each of the three groups weighs the same: 300 of 900, give or take four standard errors.
    for each in (shares[0] + shares[1], shares[2], shares[3]):
        assert 243 < each < 357


@pytest.mark.parametrize(
    ("labels", "there", "enough"),
    [
        ((34, 33, 33), (500, 500, 500), True),
        ((34, 33, 32), (500, 500, 500), False),
        ((90, 19, 90), (500, 500, 500), False),
        ((90, 4, 90), (500, 8, 500), True),
        ((90, 0, 90), (500, 1, 500), True),
        ((90, 3, 90), (500, 8, 500), False),
    ],
)
def test_how_many_labels_are_enough(labels: tuple[int, int, int], there: tuple[int, int, int], enough: bool) -> None:
    assert is_enough(labels, there) is enough
