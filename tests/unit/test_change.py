"""Why a figure moved: the tests' error rates, their intervals, and that mix and real add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twelvefold.pipeline.figures.balance import Weighed, average_k, balance, tally
from twelvefold.pipeline.figures.change import (
    Change,
    Felt,
    Part,
    Verdict,
    Voice,
    balance_change,
    mean_change,
    nps_change,
    parts,
    share_change,
)
from twelvefold.pipeline.figures.csat import csat
from twelvefold.pipeline.figures.intervals import Estimate, wilson
from twelvefold.pipeline.figures.nps import nps
from twelvefold.records import Sentiment

TRIALS = 2000
NAMES = st.sampled_from(["shop", "ios", "feed", "upload"])
VOICES = st.dictionaries(
    NAMES, st.builds(Voice, st.floats(0, 1e4).map(lambda w: round(w, 2)), st.floats(0, 1)), min_size=1
).filter(lambda period: sum(voice.weight for voice in period.values()) > 0)
ANSWERS = st.tuples(*[st.integers(0, 400)] * 3).filter(lambda period: sum(period) > 0)
COUNTS = st.tuples(*[st.integers(0, 400)] * 3).filter(lambda period: sum(period) > 0)


def felt(praises: int, complaints: int, resolved: int = 0, k: float = 12) -> tuple[Felt, float]:
    """Return a balance as it is compared, and its index as it is printed."""
    counted = tally(
        [
            Weighed.counted(Sentiment.POSITIVE, count=praises),
            Weighed.counted(Sentiment.NEGATIVE, count=complaints),
            Weighed.counted(Sentiment.NEGATIVE, resolved=True, count=resolved),
        ]
    )
    weighed = balance(counted, k)
    assert weighed.positive_share is not None
    assert weighed.index is not None
    return Felt(weighed.positive_share, average_k(counted, k, 1)), weighed.index.value


def told_apart(changes: list[Change]) -> float:
    return sum(change.verdict is not Verdict.NOISE for change in changes) / len(changes)


def total(found: dict[str, Part]) -> float:
    return math.fsum(part.real + part.mix for part in found.values())


def mean(period: dict[str, Voice]) -> float:
    weight = math.fsum(voice.weight for voice in period.values())
    return math.fsum(voice.weight * voice.value for voice in period.values()) / weight


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.8, 0.15, 0.05), (0.34, 0.33, 0.33), (0.95, 0.04, 0.01)])
@pytest.mark.parametrize("sizes", [(10, 10), (20, 50), (50, 400), (1000, 1000)])
def test_equal_scores_are_told_apart_in_at_most_about_five_per_cent(
    shares: tuple[float, float, float], sizes: tuple[int, int]
) -> None:
    draw = np.random.default_rng(12)
    before, now = (draw.multinomial(size, shares, TRIALS).tolist() for size in sizes)
    rate = told_apart([nps_change(tuple(was), tuple(this)) for was, this in zip(before, now, strict=True)])
    assert rate <= 0.065
    if min(sizes) >= 1000:
        assert rate >= 0.035


SCALES = [
    ((1, 5), (0.02, 0.03, 0.1, 0.25, 0.6)),
    ((1, 5), (0.4, 0.02, 0.03, 0.05, 0.5)),
    ((1, 5), (0.0, 0.0, 0.01, 0.04, 0.95)),
    ((1, 7), (0.05, 0.05, 0.1, 0.1, 0.2, 0.3, 0.2)),
]


@pytest.mark.parametrize(("scale", "shares"), SCALES)
@pytest.mark.parametrize("sizes", [(10, 10), (20, 50), (50, 400), (1000, 1000)])
def test_equal_means_are_told_apart_in_at_most_about_five_per_cent(
    scale: tuple[int, int], shares: tuple[float, ...], sizes: tuple[int, int]
) -> None:
    draw = np.random.default_rng(12)
    points = [float(point) for point in range(scale[0], scale[1] + 1)]
    before, now = (draw.multinomial(size, shares, TRIALS // 4).tolist() for size in sizes)
    rate = told_apart(
        [
            mean_change(dict(zip(points, was, strict=True)), dict(zip(points, this, strict=True)), *scale)
            for was, this in zip(before, now, strict=True)
        ]
    )
    assert rate <= 0.08
    if min(sizes) >= 1000:
        assert rate >= 0.025


@given(st.lists(st.integers(50, 400), min_size=5, max_size=5), st.lists(st.integers(50, 400), min_size=5, max_size=5))
def test_many_stars_are_judged_as_welch_s_t_test_judges_them(before: list[int], now: list[int]) -> None:
    was, this = (dict(zip((1.0, 2.0, 3.0, 4.0, 5.0), each, strict=True)) for each in (before, now))
    change = mean_change(was, this, 1, 5)
    each = [[score for score, count in period.items() for _ in range(count)] for period in (this, was)]
    theirs = stats.ttest_ind(*each, equal_var=False)
    ends = theirs.confidence_interval(0.95)
    assert change.delta.value == pytest.approx(np.mean(each[0]) - np.mean(each[1]))
    assert (change.delta.low, change.delta.high) == pytest.approx((ends.low, ends.high), abs=0.02)
    if abs(abs(theirs.statistic) - 1.96) > 0.1:
        assert (change.verdict is Verdict.NOISE) == (theirs.pvalue > 0.05)


@given(st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(any), st.integers(1, 5))
def test_a_mean_that_did_not_move_is_noise_and_the_mirror_is_its_opposite(counts: list[int], shift: int) -> None:
    was = dict(zip((1.0, 2.0, 3.0, 4.0, 5.0), counts, strict=True))
    same = mean_change(was, was, 1, 5)
    assert (same.delta.value, same.verdict) == (0, Verdict.NOISE)
    this = {float(shift): 12}
    there, back = mean_change(was, this, 1, 5).delta, mean_change(this, was, 1, 5).delta
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert -4 <= there.low <= there.value <= there.high <= 4


def test_nps_is_the_mean_of_three_scores() -> None:
    before, now = (40, 30, 20), (25, 30, 35)
    scores = [{100.0: p, 0.0: m, -100.0: d} for p, m, d in (before, now)]
    theirs, ours = nps_change(before, now), mean_change(scores[0], scores[1], -100, 100)
    assert (ours.delta.value, ours.delta.low, ours.delta.high) == pytest.approx(
        (theirs.delta.value, theirs.delta.low, theirs.delta.high)
    )


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("sizes", [(10, 10), (20, 50), (50, 400), (1000, 1000)])
def test_equal_shares_and_balances_are_told_apart_in_at_most_about_five_per_cent(
    share: float, sizes: tuple[int, int]
) -> None:
    draw = np.random.default_rng(12)
    before, now = (draw.binomial(size, share, TRIALS).tolist() for size in sizes)
    pairs = list(zip(before, now, strict=True))
    shares = told_apart([share_change(csat(was, sizes[0]), csat(this, sizes[1])) for was, this in pairs])
    balances = told_apart(
        [balance_change(Felt(csat(was, sizes[0]), 12), Felt(csat(this, sizes[1]), 12)) for was, this in pairs]
    )
    assert max(shares, balances) <= 0.07
    if min(sizes) >= 1000:
        assert min(shares, balances) >= 0.035


def test_the_interval_of_the_difference_holds_the_truth() -> None:
    draw = np.random.default_rng(12)
    before, now = draw.binomial(200, 0.95, TRIALS).tolist(), draw.binomial(150, 0.85, TRIALS).tolist()
    true = 100 * (0.85 - 12 * 0.15) / (0.85 + 12 * 0.15) - 100 * (0.95 - 12 * 0.05) / (0.95 + 12 * 0.05)
    held = 0
    for was, this in zip(before, now, strict=True):
        delta = balance_change(Felt(csat(was, 200), 12), Felt(csat(this, 150), 12)).delta
        held += delta.low <= true <= delta.high
    assert 0.93 <= held / TRIALS <= 0.97


def test_a_real_fall_is_found() -> None:
    assert share_change(csat(180, 200), csat(150, 200)).verdict is Verdict.FELL
    assert nps_change((100, 60, 40), (140, 40, 20)).verdict is Verdict.ROSE
    assert balance_change(felt(190, 10)[0], felt(150, 50)[0]).verdict is Verdict.FELL


def test_newcombe_s_printed_example() -> None:
    # 56/70 against 48/80, method 10: Newcombe (1998), table II, column (a).
    delta = share_change(csat(48, 80), csat(56, 70)).delta
    assert (round(delta.value, 4), round(delta.low, 4), round(delta.high, 4)) == (0.2, 0.0524, 0.3339)


def test_many_answers_are_judged_as_welch_s_t_test_judges_them() -> None:
    before, now = (5000, 3000, 2000), (4900, 2900, 2300)
    scores = [np.repeat([1, 0, -1], period) for period in (before, now)]
    welch = stats.ttest_ind(scores[1], scores[0], equal_var=False)
    delta = nps_change(before, now).delta
    z = delta.value / ((delta.high - delta.low) / 2 / stats.norm.ppf(0.975))
    assert z == pytest.approx(welch.statistic, rel=1e-3)
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(welch.pvalue, rel=1e-2)


def test_many_answers_of_two_boxes_are_judged_as_by_a_table_of_four() -> None:
    change = share_change(csat(4500, 5000), csat(4400, 5000))
    assert change.verdict is Verdict.FELL
    table = stats.chi2_contingency([[4500, 500], [4400, 600]], correction=False)
    z = change.delta.value / ((change.delta.high - change.delta.low) / 2 / stats.norm.ppf(0.975))
    assert z**2 == pytest.approx(table.statistic, rel=5e-3)


@given(ANSWERS, ANSWERS)
def test_the_change_of_a_score_is_the_difference_of_the_printed_ones_and_mirrors(
    before: tuple[int, int, int], now: tuple[int, int, int]
) -> None:
    change, back = nps_change(before, now), nps_change(now, before)
    assert change.delta.value == pytest.approx(nps(*now).value - nps(*before).value)
    assert -200 <= change.delta.low <= change.delta.value <= change.delta.high <= 200
    assert (change.delta.low, change.delta.n) == (pytest.approx(-back.delta.high), sum(before) + sum(now))


@given(COUNTS, COUNTS)
def test_the_change_of_a_balance_is_the_difference_of_the_printed_ones(
    before: tuple[int, int, int], now: tuple[int, int, int]
) -> None:
    (was, printed_before), (this, printed_now) = felt(*before), felt(*now)
    change = balance_change(was, this)
    assert change.delta.value == pytest.approx(printed_now - printed_before, abs=1e-9)
    assert change.delta.low <= change.delta.value <= change.delta.high
    moved = change.delta.value - change.resolved
    assert moved == pytest.approx(change.slope * (this.share.value - was.share.value), abs=1e-9)
    if change.verdict is Verdict.ROSE:
        assert moved > 0
    if change.verdict is Verdict.FELL:
        assert moved < 0


@given(COUNTS)
def test_nothing_moved_where_nothing_changed(period: tuple[int, int, int]) -> None:
    same = felt(*period)[0]
    for change in (nps_change(period, period), balance_change(same, same), share_change(same.share, same.share)):
        assert (change.delta.value, change.verdict, change.resolved) == (0, Verdict.NOISE, 0)
        assert change.delta.low == pytest.approx(-change.delta.high)


@pytest.mark.parametrize(("praises", "resolved"), [(150, 0), (198, 1), (188, 6), (200, 0)])
def test_the_interval_is_newcombe_s_on_the_index_at_the_mean_of_the_two_kbar(praises: int, resolved: int) -> None:
    """The same by scipy's Wilson intervals and the formula of the index written out."""
    change = balance_change(felt(190, 10)[0], felt(praises, 200 - praises - resolved, resolved)[0])
    open_share = 1 - resolved / max(200 - praises, 1)
    kbars = (12, 12 * open_share + (1 - open_share))

    def index(share: float) -> float:
        return sum(50 * (share - kbar * (1 - share)) / (share + kbar * (1 - share)) for kbar in kbars)

    (was, was_low, was_high), (now, low, high) = (
        (index(good / 200), *(index(end) for end in stats.binomtest(good, 200).proportion_ci(method="wilson")))
        for good in (190, praises)
    )
    moved = change.felt
    assert moved.value == pytest.approx(now - was)
    assert moved.low == pytest.approx(now - was - math.hypot(now - low, was_high - was))
    assert moved.high == pytest.approx(now - was + math.hypot(high - now, was - was_low))


def test_that_older_complaints_are_resolved_is_no_change_of_what_was_felt() -> None:
    change = balance_change(felt(90, 0, 10)[0], felt(90, 10, 0)[0])
    assert change.delta.value == change.resolved == pytest.approx(100 * (90 - 120) / 210 - 80)
    assert change.verdict is Verdict.NOISE


def test_a_rule_that_asks_nothing_for_complaints_cannot_move() -> None:
    share = Estimate(0.5, *wilson(0.5, 10), 10)
    change = balance_change(Felt(share, 0), Felt(Estimate(0, *wilson(0, 10), 10), 0))
    assert (change.delta.value, change.slope, change.verdict) == (0, 0, Verdict.NOISE)


def test_more_of_the_unhappy_source_is_mix_and_worse_words_of_the_same_are_real() -> None:
    before = {"shop": Voice(50, 0.9), "ios": Voice(50, 0.5)}
    mix = parts(before, {"shop": Voice(20, 0.9), "ios": Voice(80, 0.5)})
    assert [part.real for part in mix.values()] == [0, 0]
    assert total(mix) == pytest.approx(0.58 - 0.7)
    real = parts(before, {"shop": Voice(500, 0.8), "ios": Voice(500, 0.5)})
    assert real["shop"] == Part(pytest.approx(-0.05), 0)
    assert real["ios"] == Part(0, 0)


def test_mix_and_real_that_cancel_are_still_shown() -> None:
    found = parts(
        {"shop": Voice(50, 1.0), "ios": Voice(50, 0.5)}, {"shop": Voice(25, 1.0), "ios": Voice(75, 2 / 3)}, slope=3
    )
    assert total(found) == pytest.approx(0)
    assert sum(part.mix for part in found.values()) < -0.2


@given(VOICES, VOICES, st.floats(0, 1000))
def test_the_parts_add_up_to_the_change(before: dict[str, Voice], now: dict[str, Voice], slope: float) -> None:
    found = parts(before, now, slope)
    assert total(found) == pytest.approx(slope * (mean(now) - mean(before)), abs=1e-9 * max(1.0, slope))
    real = math.fsum(part.real for part in found.values())
    back = math.fsum(part.real for part in parts(now, before, slope).values())
    assert real == pytest.approx(-back, abs=1e-9 * max(1.0, slope))


@given(VOICES)
def test_the_parts_are_nothing_where_nothing_changed(period: dict[str, Voice]) -> None:
    assert all(part == Part(0, 0) for part in parts(period, period).values())


@given(VOICES, VOICES)
def test_a_group_absent_in_one_period_keeps_the_other_s_figure(before: dict[str, Voice], now: dict[str, Voice]) -> None:
    found = parts(before, now)
    for period, other in ((before, now), (now, before)):
        for name, voice in period.items():
            absent = name not in other or other[name].weight == 0
            if voice.weight > 0 and absent:
                assert found[name].real == 0
            if voice.weight == 0 and absent:
                assert name not in found


@pytest.mark.parametrize("period", [{}, {"shop": Voice(0, 1)}, {"shop": Voice(2, 1), "ios": Voice(-1, 0)}])
def test_a_period_in_which_nothing_weighs_has_no_parts(period: dict[str, Voice]) -> None:
    with pytest.raises(ValueError, match="weigh something"):
        parts(period, {"shop": Voice(1, 1)})
    with pytest.raises(ValueError, match="weigh something"):
        parts({"shop": Voice(1, 1)}, period)
