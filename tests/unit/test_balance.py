"""The twelvefold rule: printed check figures, decay, debt and its two ways out, and what always holds."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twelvefold.pipeline.figures.balance import Balance, NoWayOut, Tally, Weighed, balance, decay, tally
from twelvefold.pipeline.figures.intervals import mean_on_scale, wilson
from twelvefold.records import Sentiment

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE


def hard(praises: int, complaints: int, resolved: int = 0, neutral: int = 0) -> Tally:
    return tally(
        [
            Weighed.counted(POSITIVE, count=praises),
            Weighed.counted(NEGATIVE, count=complaints),
            Weighed.counted(NEGATIVE, resolved=True, count=resolved),
            Weighed.counted(NEUTRAL, count=neutral),
        ]
    )


def printed(weighed: Balance) -> str:
    assert weighed.index is not None
    return f"{weighed.index.value:.1f} [{weighed.index.low:.1f}, {weighed.index.high:.1f}]"


@pytest.mark.parametrize(
    ("praises", "complaints", "expected"),
    [
        (92, 8, "-2.1 [-35.8, 32.1]"),
        (920, 80, "-2.1 [-13.4, 9.2]"),
        (12, 1, "0.0 [-71.4, 71.4]"),
    ],
)
def test_the_printed_checks_hold_to_the_printed_digit(praises: int, complaints: int, expected: str) -> None:
    assert printed(balance(hard(praises, complaints))) == expected


def test_a_thousand_praises_and_fifty_complaints_give_plus_25() -> None:
    weighed = balance(hard(1000, 50))
    assert weighed.index is not None
    assert weighed.index.value == 25.0
    assert weighed.index.low < 25 < weighed.index.high


def test_break_even_is_a_positive_share_of_twelve_thirteenths() -> None:
    weighed = balance(hard(12, 1))
    assert weighed.index is not None
    assert weighed.positive_share is not None
    assert weighed.index.value == 0
    assert weighed.positive_share.value == pytest.approx(12 / 13)


def test_misread_praises_pull_the_index_down_as_the_design_says() -> None:
    seen = 0.95 * 0.95 + 0.05 * 0.08
    assert balance(hard(9500, 500)).index.value == pytest.approx(22.6, abs=0.05)  # type: ignore[union-attr]
    assert balance(hard(round(seen * 1e6), round((1 - seen) * 1e6))).index.value == pytest.approx(  # type: ignore[union-attr]
        -10.6, abs=0.1
    )


def test_a_debt_of_33_is_three_cases() -> None:
    weighed = balance(hard(87, 10))
    assert weighed.debt is not None
    assert weighed.debt.value == 33
    assert weighed.resolve_instead == 3


@pytest.mark.parametrize(("debt", "cases"), [(1, 1), (11, 1), (12, 2), (22, 2), (23, 3), (33, 3), (34, 4)])
def test_equal_cases_need_the_ceiling_of_debt_over_relief(debt: int, cases: int) -> None:
    assert balance(hard(120 - debt, 10)).resolve_instead == cases


def test_the_heaviest_cases_are_resolved_first() -> None:
    counted = tally(
        [
            Weighed.counted(NEGATIVE, 0.1, count=50),
            Weighed.counted(NEGATIVE, 2.0, count=1),
            Weighed.counted(POSITIVE, 1.0, count=60),
        ]
    )
    # C = 12 * 7 = 84, debt 24: the case of weight 2 pays 22, two of weight 0.1 pay 2.2 more.
    weighed = balance(counted)
    assert weighed.debt is not None
    assert weighed.debt.value == pytest.approx(24)
    assert weighed.resolve_instead == 3


def test_resolving_cannot_help_where_the_rule_does_not_reward_it() -> None:
    weighed = balance(hard(5, 5), k=3, resolved_weight=3)
    assert (weighed.resolve_instead, weighed.no_way_out) == (None, NoWayOut.RULE)


def test_resolving_all_may_not_be_enough() -> None:
    weighed = balance(hard(2, 5))  # resolved, the five still weigh 5 against 2 praises
    assert (weighed.resolve_instead, weighed.no_way_out) == (None, NoWayOut.TOO_FEW_CASES)


def test_without_debt_nothing_is_to_resolve() -> None:
    weighed = balance(hard(100, 1))
    assert weighed.debt is not None
    assert weighed.debt.value == 0
    assert weighed.resolve_instead == 0


def test_resolving_a_complaint_lifts_the_index() -> None:
    before, after = balance(hard(92, 8)), balance(hard(92, 5, resolved=3))
    assert before.index is not None
    assert after.index is not None
    assert after.index.value == pytest.approx(100 * (92 - 63) / (92 + 63))
    assert after.index.low < after.index.value < after.index.high


def test_neutrals_stand_beside_the_rule() -> None:
    with_neutrals, without = balance(hard(92, 8, neutral=500)), balance(hard(92, 8))
    assert with_neutrals.index == without.index
    assert with_neutrals.tally.neutral == 500
    assert with_neutrals.tally.n == 100


def test_sensitivity_shows_k_1_5_and_12() -> None:
    weighed = balance(hard(92, 8), k=3)
    assert {k: index and round(index.value, 1) for k, index in weighed.sensitivity.items()} == {
        1: 84.0,
        5: 39.4,
        12: -2.1,
    }


@pytest.mark.parametrize(
    "counted",
    [
        tally([]),
        hard(0, 0, neutral=7),
        tally([Weighed.counted(POSITIVE, 0.0, count=9)]),
    ],
)
def test_nothing_that_weighs_is_no_data(counted: Tally) -> None:
    weighed = balance(counted)
    assert (weighed.index, weighed.debt, weighed.positive_share) == (None, None, None)


def test_all_resolved_at_weight_zero_leaves_only_praise() -> None:
    weighed = balance(hard(1, 0, resolved=9), resolved_weight=0)
    assert weighed.index is not None
    assert (weighed.index.value, weighed.index.low, weighed.index.high) == (100, 100, 100)


def test_decay_halves_after_each_half_life() -> None:
    assert decay(0, 90) == 1
    assert decay(90, 90) == 0.5
    assert decay(45, 90) == pytest.approx(math.sqrt(0.5))


def test_old_mentions_count_less_for_the_effective_n() -> None:
    counted = tally([Weighed.counted(POSITIVE, 1.0, count=10), Weighed.counted(NEGATIVE, 0.5, count=10)])
    assert counted.n == 20
    assert counted.n_eff == pytest.approx(15**2 / 12.5)


def test_mentions_of_centuries_ago_still_have_an_effective_n() -> None:
    counted = tally([Weighed.counted(POSITIVE, decay(40_000, 90), count=10)])
    assert counted.n_eff == pytest.approx(10)


def test_soft_judgements_enter_by_their_probabilities() -> None:
    counted = tally([Weighed(NEGATIVE, 1.0, 0.7, 0.1, 0.2, count=10)])
    assert counted.open == pytest.approx(7)
    assert counted.praise == pytest.approx(2)
    assert counted.neutral == pytest.approx(1)
    assert counted.n == 10
    assert counted.cases == ((0.7, 10),)


def test_a_correction_may_bring_its_own_interval() -> None:
    found = balance(hard(92, 8), share_ends=(0.8, 12 / 13)).index
    assert found is not None
    assert (found.low, found.high) == pytest.approx((-50, 0))


@pytest.mark.parametrize(("k", "resolved_weight"), [(0, 1), (-1, 1), (12, -0.5)])
def test_a_senseless_rule_is_refused(k: float, resolved_weight: float) -> None:
    with pytest.raises(ValueError, match="the rule needs"):
        balance(hard(1, 1), k, resolved_weight)


@example(praises=0, complaints=1, resolved=221, k=23.0, resolved_weight=1.5)
@given(
    praises=st.integers(0, 10_000),
    complaints=st.integers(0, 10_000),
    resolved=st.integers(0, 10_000),
    k=st.floats(0.1, 50),
    resolved_weight=st.floats(0, 50),
)
def test_the_index_lies_in_its_interval_and_debt_and_index_agree(
    praises: int, complaints: int, resolved: int, k: float, resolved_weight: float
) -> None:
    weighed = balance(hard(praises, complaints, resolved), k, resolved_weight)
    if weighed.index is None or weighed.debt is None:
        assert praises + k * complaints + resolved_weight * resolved == 0
        return
    assert -100 <= weighed.index.low <= weighed.index.value <= weighed.index.high <= 100
    assert weighed.debt.low <= weighed.debt.value + 1e-6
    assert weighed.debt.value <= weighed.debt.high + 1e-6
    assert (weighed.debt.value > 0) == (weighed.index.value < 0)


@given(praises=st.integers(0, 300), complaints=st.integers(1, 60), k=st.integers(2, 20))
def test_resolving_that_many_pays_the_debt_and_one_less_does_not(praises: int, complaints: int, k: int) -> None:
    needed = balance(hard(praises, complaints), k).resolve_instead
    if needed is None:
        assert praises < complaints
        return

    def debt_after(cases: int) -> float:
        paid = balance(hard(praises, complaints - cases, cases), k)
        assert paid.debt is not None
        return paid.debt.value

    assert debt_after(needed) == 0
    assert needed == 0 or debt_after(needed - 1) > 0


@given(st.permutations([(POSITIVE, 0.3, 7), (NEGATIVE, 0.123, 11), (NEUTRAL, 0.9, 3), (POSITIVE, 1e-9, 5)]))
def test_the_order_of_the_mentions_does_not_matter(groups: list[tuple[Sentiment, float, int]]) -> None:
    counted = balance(tally([Weighed.counted(label, weight, count=count) for label, weight, count in groups]))
    again = balance(tally([Weighed.counted(label, weight, count=count) for label, weight, count in sorted(groups)]))
    assert counted.index == again.index
    assert counted.debt == again.debt


@given(share=st.floats(0, 1), n=st.floats(0.5, 1e6))
def test_wilson_contains_the_share_and_stays_in_0_1(share: float, n: float) -> None:
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_wilson_agrees_with_scipy() -> None:
    from scipy.stats import binomtest

    for positive, n in [(0, 1), (1, 1), (3, 10), (92, 100), (999, 1000)]:
        known = binomtest(positive, n).proportion_ci(method="wilson")
        assert wilson(positive / n, n) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize(("share", "n"), [(1.2, 10), (-0.1, 10), (0.5, 0)])
def test_wilson_refuses_what_is_no_share(share: float, n: float) -> None:
    with pytest.raises(ValueError, match=r"share|observation"):
        wilson(share, n)


@given(st.dictionaries(st.sampled_from([1.0, 2.0, 3.0, 3.5, 5.0]), st.integers(1, 500), min_size=1))
def test_a_mean_lies_on_its_scale_with_an_interval_that_has_width(counts: dict[float, int]) -> None:
    mean = mean_on_scale(counts, 1, 5)
    assert 1 <= mean.low < mean.high <= 5
    assert min(counts) <= mean.value <= max(counts)


def test_the_interval_of_a_mean_holds_95_percent() -> None:
    import numpy as np

    generator = np.random.default_rng(12)
    scale = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    for shares in ([0.05, 0.05, 0.1, 0.2, 0.6], [0.3, 0.05, 0.05, 0.1, 0.5], [0.2, 0.2, 0.2, 0.2, 0.2]):
        truth = float(scale @ np.array(shares))
        held = 0
        for sample in generator.multinomial(25, shares, size=2000):
            mean = mean_on_scale(dict(zip(scale.tolist(), sample.tolist(), strict=True)), 1, 5)
            held += mean.low <= truth <= mean.high
        assert 0.93 <= held / 2000 <= 0.98
