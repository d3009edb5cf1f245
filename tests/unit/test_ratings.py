import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.ratings import Rating, read_rating


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (4, 4.0),
        ("4,5", 4.5),
        ("5.0", 5.0),
        ("FIVE", 5.0),
        ("four stars", 4.0),
        ("4 étoiles", 4.0),
        ("★★★★☆", 4.0),
        ("⭐️⭐️⭐️", 3.0),
        ("★★★½☆", 3.5),
        ("4½", 4.5),
        ("五顆星", 5.0),
        ("四星半", 4.5),
        ("4/5", 4.0),
        ("4.5 out of 5", 4.5),
        ("4,5 sur 5", 4.5),
        ("3 étoiles sur 5", 3.0),
        ("４", 4.0),
    ],
)
def test_a_rating_is_read_in_every_spelling(value: float | str, number: float) -> None:
    rating = read_rating(value)
    assert rating.value == number
    assert rating.stars == number


@pytest.mark.parametrize(
    ("told", "stars"),
    [
        ((87, 0, 100), 4.48),
        (("8", "1", "10"), 4.111111),
        ((2, 2, 10), 1.0),
        ((10, 2, 10), 5.0),
        ((0, "0", "5"), 1.0),
        (("4,0", "0,0", "5,0"), 4.2),
        ((5, 5, 5), None),
        ((6, 1, 5), None),
        ((-1, 1, 5), None),
        ((0, None, None), None),
        ((7, None, None), None),
        ((9, None, 10), 4.555556),
        ((5, 6, 1), None),
    ],
)
def test_stars_are_the_rating_on_one_to_five(told: tuple[float, float, float], stars: float | None) -> None:
    rating = read_rating(*told)
    assert rating.stars == stars
    assert rating.value is not None


def test_what_is_told_is_kept_and_what_is_assumed_is_not() -> None:
    assert read_rating("8", "1", "10") == Rating(8.0, 1.0, 10.0, 4.111111)
    assert read_rating(4) == Rating(4.0, None, None, 4.0)
    assert read_rating("9/10") == Rating(9.0, None, 10.0, 4.555556)
    assert read_rating("87%") == Rating(87.0, 0.0, 100.0, 4.48)


def test_the_scale_of_the_source_fills_in() -> None:
    assert read_rating("3", scale=(1, 5)) == Rating(3.0, 1.0, 5.0, 3.0)
    assert read_rating("7", scale=(0, 10)).stars == 3.8
    assert read_rating("7", None, "8", scale=(0, 10)).best == 8.0


@pytest.mark.parametrize("value", ["up", "👍", "Recommended", True])
def test_a_thumb_is_no_star(value: float | str) -> None:
    assert read_rating(value) == Rating(1.0, 0.0, 1.0, None)
    assert read_rating("not recommended").value == 0.0


@pytest.mark.parametrize(
    "value", [None, "", "NaN", "inf", math.nan, "excellent", "1 2 3", "STAR_RATING_UNSPECIFIED", "12-2026"]
)
def test_nonsense_is_no_rating(value: float | str | None) -> None:
    assert read_rating(value) == Rating()


@given(*[st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6), st.text(max_size=30))] * 3)
def test_any_rating_is_read_or_refused(
    value: float | str | None, worst: float | str | None, best: float | str | None
) -> None:
    rating = read_rating(value, worst, best)
    assert rating.stars is None or 1 <= rating.stars <= 5
    assert all(number is None or math.isfinite(number) for number in (rating.value, rating.worst, rating.best))


@given(st.integers(0, 100), st.integers(1, 100))
def test_more_is_never_fewer_stars(number: int, best: int) -> None:
    scale = (0.0, float(best + 1))
    stars = [read_rating(min(rating, best + 1), scale=scale).stars for rating in (number, number + 1)]
    assert stars[0] is not None and stars[1] is not None and stars[0] <= stars[1]
