"""Who speaks: whether unhappy customers post more often than happy ones, and what the balance would be if all did.

A survey asks at random, a review page does not. Where both are known, the share of a class among
the reviews over its share among the answers is how often its members post, up to a common factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twelvefold.pipeline.figures.balance import index_at_share
from twelvefold.pipeline.figures.intervals import Z95, Estimate, wilson

SMALLEST_END_CLASS = 30
"""Fewer answers or reviews than this in an end class tell nothing of how often it posts."""

BAND = (1 / 5.3, 5.3)
"""The posting rates, negative over positive, between which the band is drawn."""

_WIDEST = 1e6


@dataclass(frozen=True)
class Classes:
    """How many are negative (detractors), neutral (passives) and positive (promoters)."""

    negative: float
    neutral: float
    positive: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.negative + self.neutral + self.positive


@dataclass(frozen=True)
class Posted:
    """What one source said in the period that is corrected, and how often its classes post.

    Attributes:
        reviews: Weighted counts of the classes.
        n, n_eff: How many are not neutral, and how many equal ones would tell as much.
        mean_k: kbar, the praises that the average complaint calls for.
        rates: How often each class posts, up to a common factor.
        error: Of the logarithm of the rates' ratio, negative over positive; 0 where they are known.
    """

    reviews: Classes
    n: int
    n_eff: float
    mean_k: float
    rates: Classes
    error: float = 0.0


@dataclass(frozen=True)
class Corrected:
    """The balance as it would be if all posted alike.

    Attributes:
        shares: Of the classes, each review weighted by 1 / posting rate.
    """

    index: Estimate
    shares: Classes


def posting_ratio(reviews: Classes, answers: Classes) -> Estimate | None:
    """Return how many times as likely to post the unhappy are as the happy, or None where too few are known.

    The odds ratio of two independent samples, with the interval of Woolf (Annals of Human Genetics 19
    (1955) 251-253) on its logarithm; n counts the answers. The periods must not overlap with the one
    that is corrected, or the reviews would only give the survey back.

    Raises:
        ValueError: A negative count.
    """
    if not is_enough(reviews, answers):
        return None
    ends = (reviews.negative, reviews.positive, answers.negative, answers.positive)
    ratio = (reviews.negative * answers.positive) / (reviews.positive * answers.negative)
    spread = math.exp(Z95 * math.sqrt(sum(1 / end for end in ends)))
    return Estimate(ratio, ratio / spread, ratio * spread, round(answers.total))


def is_enough(reviews: Classes, answers: Classes) -> bool:
    """Return whether both end classes are heard often enough on both sides.

    Raises:
        ValueError: A negative count.
    """
    for heard in (reviews, answers):
        if min(heard.negative, heard.neutral, heard.positive) < 0:
            raise ValueError(f"nobody can be counted less than never, as in {heard}")
    ends = (reviews.negative, reviews.positive, answers.negative, answers.positive)
    return min(ends) >= SMALLEST_END_CLASS


def posting_rates(reviews: Classes, answers: Classes) -> Classes | None:
    """Return how often each class posts, against the average customer; None where too few are known.

    Review share over survey share. A class in the middle that either side never heard is given 1.

    Raises:
        ValueError: A negative count.
    """
    if not is_enough(reviews, answers):
        return None

    def rate(posted: float, asked: float) -> float:
        return (posted / reviews.total) / (asked / answers.total)

    middle = rate(reviews.neutral, answers.neutral) if reviews.neutral and answers.neutral else 1.0
    return Classes(rate(reviews.negative, answers.negative), middle, rate(reviews.positive, answers.positive))


def pooled(sources: Sequence[tuple[float, float]]) -> list[float]:
    """Return each source's log posting ratio, drawn towards the brand's mean as far as its error is large.

    The mean and the true spread between sources are those of DerSimonian and Laird (Controlled Clinical
    Trials 7 (1986) 177-188); where sources do not differ beyond their errors, all get the mean.

    Args:
        sources: (log ratio, its variance) of each.

    Raises:
        ValueError: A variance is not above 0.
    """
    if not sources:
        return []
    if min(variance for _, variance in sources) <= 0:
        raise ValueError("a source's posting ratio has an error above 0")
    weights = [1 / variance for _, variance in sources]
    total = math.fsum(weights)
    mean = math.fsum(weight * value for weight, (value, _) in zip(weights, sources, strict=True)) / total
    differing = math.fsum(weight * (value - mean) ** 2 for weight, (value, _) in zip(weights, sources, strict=True))
    room = total - math.fsum(weight**2 for weight in weights) / total
    between = max(0.0, (differing - (len(sources) - 1)) / room) if room > 0 else 0.0
    if between == 0:
        return [mean] * len(sources)
    weights = [1 / (variance + between) for _, variance in sources]
    mean = math.fsum(weight * value for weight, (value, _) in zip(weights, sources, strict=True)) / math.fsum(weights)
    return [(value * between + mean * variance) / (between + variance) for value, variance in sources]


def corrected(sources: Sequence[Posted]) -> Corrected | None:
    """Weigh each review by 1 / posting rate of its class (Horvitz and Thompson, JASA 47 (1952) 663-685).

    Rates are known up to a factor of each source, so that every source keeps the weight that it has.
    The interval is Wilson's on the corrected positive share with n_eff = s (1 - s) / Var(s). Var(s) is
    by the delta method: the sampling of the reviews, and the errors of the rates, which are added up
    as they are, since most of each is the error of the one survey behind all of them.

    Returns:
        None where nothing but neutral was said.

    Raises:
        ValueError: A negative count, or a rate that is not above 0.
    """
    for each in sources:
        _check(each.reviews, each.rates)
    heard = [each for each in sources if each.reviews.negative + each.reviews.positive > 0]
    if not heard:
        return None
    alike = [_as_if_alike(each) for each in sources]
    negative, neutral, positive = (
        math.fsum(getattr(each, name) for each in alike) for name in ("negative", "neutral", "positive")
    )
    total, voiced = negative + neutral + positive, negative + positive
    cost = math.fsum(each.mean_k * all_of_them.negative for each, all_of_them in zip(sources, alike, strict=True))
    mean_k = cost / negative if negative > 0 else max(each.mean_k for each in heard)
    share = positive / voiced
    low, high = wilson(share, _effective_n(heard, voiced))
    value = index_at_share(share, mean_k)
    ends = (min(value, index_at_share(low, mean_k)), max(value, index_at_share(high, mean_k)))
    return Corrected(
        index=Estimate(value, *ends, sum(each.n for each in heard)),
        shares=Classes(negative / total, neutral / total, positive / total),
    )


def _effective_n(sources: Sequence[Posted], voiced: float) -> float:
    """Return how many equal reviews would tell the corrected positive share as well; all are heard."""
    sampling = rates = mean = 0.0
    for each in sources:
        seen = each.reviews.positive / (each.reviews.positive + each.reviews.negative)
        # Where all are of one class the variance is taken half a review from there, as at the end it would be none.
        margin = 0.5 / (each.n_eff + 1)
        seen = min(1 - margin, max(margin, seen))
        odds = each.rates.positive / each.rates.negative
        share = seen / (seen + odds * (1 - seen))
        steepness = odds / (seen + odds * (1 - seen)) ** 2  # of the corrected share against the seen one
        all_of_them = _as_if_alike(each)
        weight = (all_of_them.negative + all_of_them.positive) / voiced
        sampling += (weight * steepness) ** 2 * seen * (1 - seen) / each.n_eff
        rates += weight * share * (1 - share) * each.error
        mean += weight * share
    return mean * (1 - mean) / (sampling + rates**2)


def _as_if_alike(each: Posted) -> Classes:
    """Return the weighted counts of a source if all its classes posted alike, their sum as it is."""
    reviews, rates = each.reviews, each.rates
    parts = (reviews.negative / rates.negative, reviews.neutral / rates.neutral, reviews.positive / rates.positive)
    total = math.fsum(parts)
    return Classes(*(part * reviews.total / total for part in parts)) if total > 0 else reviews


def _check(reviews: Classes, rates: Classes) -> None:
    if min(rates.negative, rates.neutral, rates.positive) <= 0:
        raise ValueError(f"every class posts at a rate above 0, not {rates}")
    if min(reviews.negative, reviews.neutral, reviews.positive) < 0:
        raise ValueError(f"nobody can be counted less than never, as in {reviews}")


def index_band(reviews: Classes, mean_k: float, ratios: tuple[float, float] = BAND) -> tuple[float, float] | None:
    """Return the lowest and the highest index over posting rates, negative over positive, between two ratios.

    Returns:
        None where nothing but neutral was said.

    Raises:
        ValueError: A negative count, or ratios that are no range.
    """
    _check(reviews, Classes(1, 1, 1))
    if not 0 < ratios[0] <= ratios[1] <= _WIDEST:
        raise ValueError(f"the band runs from a ratio above 0 to one that is not lower, not {ratios}")
    if not reviews.negative + reviews.positive > 0:
        return None

    def index(ratio: float) -> float:
        return index_at_share(reviews.positive / (reviews.positive + reviews.negative / ratio), mean_k)

    # The unhappy who post more often stand for fewer, so the index rises with the ratio.
    return index(ratios[0]), index(ratios[1])
