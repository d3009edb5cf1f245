"""Why a figure moved: whether two periods differ beyond noise, and what is mix, what is real.

Mix is that other groups spoke (more of the unhappy source); real is that the same
groups spoke otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from twelvefold.pipeline.figures.balance import index_at_share
from twelvefold.pipeline.figures.intervals import Z95, Estimate, adjusted_mean
from twelvefold.pipeline.figures.nps import adjusted_wald


class Verdict(StrEnum):
    """What a test at 5 % allows to say of a change."""

    NOISE = "no change beyond noise"
    ROSE = "rose"
    FELL = "fell"


@dataclass(frozen=True)
class Change:
    """How a figure moved from one period to the next.

    Attributes:
        delta: Now minus before, with its 95 % interval; its n counts both periods.
        verdict: What the test says: noise, unless the interval of `felt` excludes 0.
        resolved: The share of `delta` that comes from more or fewer complaints being resolved.
            Nobody felt otherwise for it, so it is not tested.
        slope: What one unit of the tested share is worth in the figure between its two values.
    """

    delta: Estimate
    verdict: Verdict
    resolved: float = 0.0
    slope: float = 1.0

    @property
    def felt(self) -> Estimate:
        """What is tested: the delta without the resolved part."""
        delta = self.delta
        return Estimate(delta.value - self.resolved, delta.low - self.resolved, delta.high - self.resolved, delta.n)


@dataclass(frozen=True)
class Felt:
    """A balance as a comparison needs it.

    Attributes:
        average_k: kbar, the praises that an average complaint calls for.
    """

    share: Estimate
    average_k: float


@dataclass(frozen=True)
class Voice:
    """One group in one period: what it weighs, and its share or score."""

    weight: float
    value: float


@dataclass(frozen=True)
class Part:
    """What one group brings to a change.

    Attributes:
        real: From its own figure having moved.
        mix: From its weight having moved, against the mean of all groups: a group that grew helps only
            where it is better than they are.
    """

    real: float
    mix: float


def nps_change(before: tuple[int, int, int], now: tuple[int, int, int]) -> Change:
    """Compare two scores, each given as promoters, passives and detractors.

    z = delta / sqrt(SE1^2 + SE2^2), with centres and errors of the adjusted Wald
    interval: with the raw ones up to 12 % of equal scores were told apart in
    simulation (95 % promoters, 50 against 400 answers), with these at most 5.5 %.

    Raises:
        ValueError: A period without answers.
    """
    (centre_before, error_before), (centre_now, error_now) = adjusted_wald(*before), adjusted_wald(*now)
    n_before, n_now = sum(before), sum(now)
    value = 100 * (now[0] - now[2]) / n_now - 100 * (before[0] - before[2]) / n_before
    return _tested(value, centre_now - centre_before, math.hypot(error_before, error_now), 200.0, n_before + n_now)


def mean_change(before: Mapping[float, int], now: Mapping[float, int], low: float, high: float) -> Change:
    """Compare two means on the scale from `low` to `high`, each given as how often each score was given.

    The test of `nps_change`, which is that of three scores: z with the centres and errors of the
    adjusted Wald interval, so that ten equal scores do not look certain.

    Raises:
        ValueError: A period without answers, or a score outside the scale.
    """
    (centre_before, error_before), (centre_now, error_now) = (
        adjusted_mean(period, low, high) for period in (before, now)
    )
    n_before, n_now = sum(before.values()), sum(now.values())
    was, this = (
        math.fsum(score * count for score, count in period.items()) / n
        for period, n in ((before, n_before), (now, n_now))
    )
    return _tested(
        this - was, centre_now - centre_before, math.hypot(error_before, error_now), high - low, n_before + n_now
    )


def share_change(before: Estimate, now: Estimate) -> Change:
    """Compare two shares by their Wilson intervals.

    Source: R. G. Newcombe, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17 (1998) 873-890, method 10.
    As it needs no more than the two intervals, effective sample sizes may stand
    behind them.
    """
    delta = _difference(before, now, lambda share: share)
    return Change(delta, _verdict(delta.low, delta.high))


def balance_change(before: Felt, now: Felt) -> Change:
    """Compare two balances: the test on the positive share, mapped to the index.

    The index H = h(s, kbar) moves with s (what was felt) and with kbar (how much
    of it is resolved). Each is given the mean of its two effects, with the other
    as before and as now, so that they add up to the delta exactly. The complaints
    of a young week are less resolved than older ones, so only what was felt is
    tested: Newcombe's interval on the index at the mean of the two kbar, moved by
    the resolved part.
    """

    def index(share: float) -> float:
        return (index_at_share(share, before.average_k) + index_at_share(share, now.average_k)) / 2

    felt = _difference(before.share, now.share, index)
    resolved = (
        sum(
            index_at_share(share, now.average_k) - index_at_share(share, before.average_k)
            for share in (before.share.value, now.share.value)
        )
        / 2
    )
    slope = sum(_slope(before.share.value, now.share.value, each.average_k) for each in (before, now)) / 2
    delta = Estimate(felt.value + resolved, felt.low + resolved, felt.high + resolved, felt.n)
    return Change(delta, _verdict(felt.low, felt.high), resolved, slope)


def parts(before: Mapping[str, Voice], now: Mapping[str, Voice], slope: float = 1.0) -> dict[str, Part]:
    """Return what each group brings to the change, by name; all parts add up to it.

    delta = sum(mean weight x delta of value) [real] + sum(mean value x delta of
    weight) [mix], the weights as shares of the period's. A group absent in one
    period (or weighing nothing there) keeps the other period's value. Every part is
    multiplied by `slope`, the figure's delta per delta of the value; as a chord it
    is defined where the value did not move and mix and real cancel.
    Source: E. M. Kitagawa, "Components of a difference between two rates", JASA 50
    (1955) 1168-1194.

    Raises:
        ValueError: A weight is negative, or nothing weighs anything in one period.
    """
    weights_before, weights_now = _weights(before), _weights(now)
    level = (
        sum(
            weights[name] * period[name].value
            for weights, period in ((weights_before, before), (weights_now, now))
            for name in weights
        )
        / 2
    )
    found = {}
    for name in sorted(weights_before.keys() | weights_now.keys()):
        value_before = (before if name in weights_before else now)[name].value
        value_now = (now if name in weights_now else before)[name].value
        weight_before, weight_now = weights_before.get(name, 0.0), weights_now.get(name, 0.0)
        found[name] = Part(
            real=slope * (weight_before + weight_now) / 2 * (value_now - value_before),
            mix=slope * ((value_before + value_now) / 2 - level) * (weight_now - weight_before),
        )
    return found


def _tested(value: float, centre: float, error: float, most: float, n: int) -> Change:
    """Return a difference with its z test; it cannot be more than `most` either way."""
    half = Z95 * error
    # The adjustment draws the smaller period further to the middle; the interval still holds the value.
    low, high = min(value, max(-most, centre - half)), max(value, min(most, centre + half))
    return Change(Estimate(value, low, high, n), _verdict(low, high))


def _verdict(low: float, high: float) -> Verdict:
    if low > 0:
        return Verdict.ROSE
    return Verdict.FELL if high < 0 else Verdict.NOISE


def _difference(before: Estimate, now: Estimate, mapped: Callable[[float], float]) -> Estimate:
    """Return now minus before after a rising map, the interval by squaring and adding the distances to the ends."""
    (was, was_low, was_high), (value, low, high) = (
        (mapped(estimate.value), mapped(estimate.low), mapped(estimate.high)) for estimate in (before, now)
    )
    delta = value - was
    return Estimate(
        delta,
        delta - math.hypot(value - low, was_high - was),
        delta + math.hypot(high - value, was - was_low),
        before.n + now.n,
    )


def _slope(share: float, other: float, average_k: float) -> float:
    """Return (h(other) - h(share)) / (other - share), also where both are the same."""
    if average_k <= 0:
        return 0.0
    return 200 * average_k / math.prod(at + average_k * (1 - at) for at in (share, other))


def _weights(period: Mapping[str, Voice]) -> dict[str, float]:
    """Return the groups that weigh something, as shares of all."""
    total = math.fsum(voice.weight for voice in period.values())
    if not total > 0 or min(voice.weight for voice in period.values()) < 0:
        raise ValueError("mix against real needs groups that weigh something in both periods")
    return {name: voice.weight / total for name, voice in period.items() if voice.weight > 0}
