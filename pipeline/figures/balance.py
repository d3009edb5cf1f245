"""The review balance: `k` praises make up for one unresolved complaint.

Ruby Newell-Legner's rule of thumb says twelve; no study behind it can be traced,
so `k` is a convention and a parameter. Everything here is a pure function of
plain numbers that takes any n >= 1; what is too little to show is decided where
figures are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from twelvefold.pipeline.figures.intervals import Estimate, wilson
from twelvefold.records import Sentiment

SENSITIVITY = (1, 5, 12)
"""The values of k for which every balance is shown beside its own."""

_ROUNDING = 1e-9
_WHOLLY = {
    Sentiment.NEGATIVE: (1.0, 0.0, 0.0),
    Sentiment.NEUTRAL: (0.0, 1.0, 0.0),
    Sentiment.POSITIVE: (0.0, 0.0, 1.0),
}


class NoWayOut(StrEnum):
    """Why resolving cases cannot pay the debt."""

    RULE = "rule"  # k <= resolved weight: resolving changes nothing
    TOO_FEW_CASES = "too_few_cases"  # all of them together do not reach it


@dataclass(frozen=True, slots=True)
class Weighed:
    """`count` mentions that weigh the same and are judged the same.

    Attributes:
        label: The class they are counted under.
        weight: Of one mention: source weight times decay; 0 for a duplicate.
        negative, neutral, positive: Class probabilities (q) of one mention.
        resolved: Whether their cases are resolved; without a case they are open.
    """

    label: Sentiment
    weight: float
    negative: float
    neutral: float
    positive: float
    resolved: bool = False
    count: int = 1

    @classmethod
    def counted(cls, label: Sentiment, weight: float = 1.0, *, resolved: bool = False, count: int = 1) -> Weighed:
        """Return mentions counted wholly under their label: no correction."""
        return cls(label, weight, *_WHOLLY[label], resolved, count)

    @property
    def voice(self) -> float:
        """What one mention brings into the rule: u = w (q_neg + q_pos)."""
        return self.weight * (self.negative + self.positive)


@dataclass(frozen=True)
class Tally:
    """Weighted sums of mentions.

    Attributes:
        praise: P, the sum of w q_pos.
        open, resolved: N, the sum of w q_neg, by whether the case is resolved.
        neutral: The sum of w q_neu; stays out of the rule.
        n: How many mentions are not neutral, unweighted.
        n_eff: How many equal mentions would tell as much: (sum u)^2 / sum u^2.
        cases: (w q_neg of one, how many) of the open complaints.
    """

    praise: float
    open: float
    resolved: float
    neutral: float
    n: int
    n_eff: float
    cases: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class Balance:
    """Where praise and complaint stand.

    Attributes:
        index: H in -100..100, 0 is break-even; None where nothing weighs anything.
        positive_share: s = P / (P + N) in 0..1; None likewise.
        debt: Praises still to earn, in praises of weight 1; None likewise.
        resolve_instead: How many open cases pay the debt when resolved; None with `no_way_out`.
        sensitivity: The index for other values of k.
    """

    tally: Tally
    k: float
    index: Estimate | None = None
    positive_share: Estimate | None = None
    debt: Estimate | None = None
    resolve_instead: int | None = None
    no_way_out: NoWayOut | None = None
    sensitivity: dict[int, Estimate | None] = field(default_factory=dict)


def decay(age_days: int, half_life_days: float) -> float:
    """Return what a mention of that age weighs: 2^(-age / half-life).

    A mention that is younger than the last day of the period (a date in the
    future, as a careless source tells it) weighs as one of that day.
    """
    return float(2.0 ** (-max(0, age_days) / half_life_days))


def tally(mentions: Iterable[Weighed]) -> Tally:
    """Sum up mentions; the order does not matter to the last bit."""
    heard = [group for group in mentions if group.count > 0]
    voices = [(group.voice, group.count) for group in heard]
    # Relative to the loudest, so that the squares of very old mentions do not vanish.
    loudest = max((voice for voice, _ in voices), default=0.0)
    n_eff = 0.0
    if loudest > 0:
        total = math.fsum(voice / loudest * count for voice, count in voices)
        n_eff = total**2 / math.fsum((voice / loudest) ** 2 * count for voice, count in voices)
    complaints = [(group.weight * group.negative, group) for group in heard]
    return Tally(
        praise=math.fsum(group.weight * group.positive * group.count for group in heard),
        open=math.fsum(weight * group.count for weight, group in complaints if not group.resolved),
        resolved=math.fsum(weight * group.count for weight, group in complaints if group.resolved),
        neutral=math.fsum(group.weight * group.neutral * group.count for group in heard),
        n=sum(group.count for group in heard if group.label is not Sentiment.NEUTRAL),
        n_eff=n_eff,
        cases=tuple(
            (weight, group.count)
            for weight, group in complaints
            if group.label is Sentiment.NEGATIVE and not group.resolved and weight > 0
        ),
    )


def balance(
    counted: Tally, k: float = 12, resolved_weight: float = 1, share_ends: tuple[float, float] | None = None
) -> Balance:
    """Weigh praise against complaint by the twelvefold rule.

    C = k N_open + w_res N_resolved and H = 100 (P - C) / (P + C). The interval is
    Wilson's on s = P / (P + N) with the effective n, mapped through
    h(s) = 100 (s - kbar (1 - s)) / (s + kbar (1 - s)) where kbar = C / N; the debt
    stands at the same ends.

    Args:
        counted: The sums of `tally`.
        k: Praises that make up for one open complaint, above 0.
        resolved_weight: Praises that make up for one resolved complaint.
        share_ends: The interval of s where a correction has its own.

    Raises:
        ValueError: `k` is not positive, or `resolved_weight` is negative.
    """
    if not k > 0 or resolved_weight < 0:
        raise ValueError(f"the rule needs k > 0 and a resolved weight >= 0, not {k} and {resolved_weight}")
    share = positive_share(counted, k, resolved_weight, share_ends)
    if share is None:
        return Balance(counted, k, sensitivity=dict.fromkeys(SENSITIVITY))
    heard = counted.praise + counted.open + counted.resolved
    low, high = share.low, share.high
    mean_k = average_k(counted, k, resolved_weight)
    debt = max(0.0, _cost(counted, k, resolved_weight) - counted.praise)
    resolve_instead, no_way_out = _resolve_instead(debt, counted.cases, k - resolved_weight)
    return Balance(
        tally=counted,
        k=k,
        index=_index(counted, k, resolved_weight, low, high),
        positive_share=share,
        debt=Estimate(debt, heard * _owed(high, mean_k), heard * _owed(low, mean_k), counted.n),
        resolve_instead=resolve_instead,
        no_way_out=no_way_out,
        sensitivity={other: _index(counted, other, resolved_weight, low, high) for other in SENSITIVITY},
    )


def positive_share(
    counted: Tally, k: float = 12, resolved_weight: float = 1, share_ends: tuple[float, float] | None = None
) -> Estimate | None:
    """Return s = P / (P + N) with its interval, or None where P + C = 0; the arguments are those of `balance`."""
    if not counted.praise + _cost(counted, k, resolved_weight) > 0 or not counted.n_eff > 0:
        return None
    share = counted.praise / (counted.praise + counted.open + counted.resolved)
    return Estimate(share, *(share_ends or wilson(share, counted.n_eff)), counted.n)


def _cost(counted: Tally, k: float, resolved_weight: float) -> float:
    """Return C, the praises that all complaints together call for."""
    return k * counted.open + resolved_weight * counted.resolved


def average_k(counted: Tally, k: float, resolved_weight: float) -> float:
    """Return kbar, the praises that the average complaint calls for."""
    complaints = counted.open + counted.resolved
    return _cost(counted, k, resolved_weight) / complaints if complaints > 0 else k


def _index(counted: Tally, k: float, resolved_weight: float, low: float, high: float) -> Estimate | None:
    """Return H with its interval from that of the positive share, or None where P + C = 0."""
    cost = _cost(counted, k, resolved_weight)
    if not counted.praise + cost > 0:
        return None
    value = 100 * ((counted.praise - cost) / (counted.praise + cost))
    mean_k = average_k(counted, k, resolved_weight)
    # Rounding may leave an end a hair on the wrong side of the value it must contain.
    return Estimate(value, min(value, index_at_share(low, mean_k)), max(value, index_at_share(high, mean_k)), counted.n)


def index_at_share(share: float, mean_k: float) -> float:
    """Return h(s), the index that a positive share stands for."""
    against = mean_k * (1 - share)
    # Complaints that call for nothing (all resolved, resolved weight 0) leave only praise.
    # In this order rounding cannot leave [-100, 100].
    return 100 * ((share - against) / (share + against)) if against > 0 else 100.0


def _owed(share: float, mean_k: float) -> float:
    """Return the debt per unit of P + N at a positive share."""
    return max(0.0, mean_k * (1 - share) - share)


def _resolve_instead(
    debt: float, cases: Sequence[tuple[float, int]], relief: float
) -> tuple[int | None, NoWayOut | None]:
    """Return the smallest number of open cases that pay the debt, heaviest first.

    `relief` is k - w_res, what resolving one complaint of weight 1 is worth. For
    equal cases of weight 1 the answer is ceil(debt / relief).
    """
    if debt <= 0:
        return 0, None
    if relief <= 0:
        return None, NoWayOut.RULE
    left, taken = debt, 0
    for weight, count in sorted(cases, reverse=True):
        needed = math.ceil(left / (relief * weight) - _ROUNDING)
        if needed <= count:
            return taken + max(needed, 0), None
        left -= relief * weight * count
        taken += count
    return None, NoWayOut.TOO_FEW_CASES
