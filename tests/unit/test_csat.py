"""Top-2-box satisfaction, effort and stars."""

from __future__ import annotations

import pytest

from twelvefold.pipeline.figures.csat import ces, csat, csat_of_scores, stars
from twelvefold.pipeline.figures.intervals import wilson


def test_top_two_boxes_of_five() -> None:
    share = csat_of_scores({5: 40, 4: 30, 3: 20, 1: 10}, 5)
    assert share.value == 0.7
    assert (share.low, share.high) == wilson(0.7, 100)
    assert share.n == 100


@pytest.mark.parametrize(
    ("counts", "high", "expected"),
    [({10: 1, 9: 1, 8: 2}, 10, 0.5), ({7: 1, 6: 1, 5: 2}, 7, 0.5), ({4.5: 1, 3.9: 1}, 5, 0.5)],
)
def test_the_two_boxes_are_the_top_of_the_scale(counts: dict[float, int], high: float, expected: float) -> None:
    assert csat_of_scores(counts, high).value == expected


def test_a_share_takes_any_n_from_one() -> None:
    assert csat(1, 1).value == 1
    assert csat(1, 1).low < 0.25
    with pytest.raises(ValueError, match="at least one"):
        csat(0, 0)


def test_effort_is_a_mean_on_its_own_scale() -> None:
    effort = ces({7: 10, 4: 10}, 1, 7)
    assert effort.value == 5.5
    assert 1 < effort.low < 5.5 < effort.high < 7


def test_ten_equal_stars_do_not_look_certain() -> None:
    mean = stars({5: 10})
    assert mean.value == 5
    assert mean.low < 4.8
    assert mean.high == 5


def test_answers_off_the_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the scale"):
        stars({6: 1})
    with pytest.raises(ValueError, match="needs answers"):
        ces({}, 1, 5)
