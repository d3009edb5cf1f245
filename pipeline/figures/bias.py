"""Who speaks: whether unhappy customers post more often than happy ones, and what the balance would be if all did.

A survey asks at random, a review page does not. Where both are known, the share of a class among
the reviews over its share among the answers is how often its members post, up to a common factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twelvefold.pipeline.figures.balance import index_at_share
from twelvefold.pipeline.figures.intervals import Z95, Estimate

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
class Corrected:
    """A balance as it is, as it would be if all posted alike, and between which ends it may lie.

    Attributes:
        shares: Of the classes, each review weighted by 1 / posting rate.
        band: The lowest and the highest index over the range of posting rates.
    """

    raw: float
    index: float
    shares: Classes
    band: tuple[float, float]


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


def corrected(reviews: Classes, rates: Classes, mean_k: float, band: tuple[float, float] = BAND) -> Corrected | None:
    """Weigh each review by 1 / posting rate of its class (Horvitz and Thompson, JASA 47 (1952) 663-685).

    Args:
        reviews: Weighted counts of the classes.
        rates: How often each class posts, up to a common factor.
        mean_k: kbar, the praises that the average complaint calls for.
        band: The lowest and highest posting rate, negative over positive, to be reckoned with.

    Returns:
        None where nothing but neutral was said.

    Raises:
        ValueError: A negative count, a rate that is not above 0, or a band that is none.
    """
    if min(rates.negative, rates.neutral, rates.positive) <= 0:
        raise ValueError(f"every class posts at a rate above 0, not {rates}")
    if not 0 < band[0] <= band[1] <= _WIDEST:
        raise ValueError(f"the band runs from a ratio above 0 to one that is not lower, not {band}")
    if min(reviews.negative, reviews.neutral, reviews.positive) < 0:
        raise ValueError(f"nobody can be counted less than never, as in {reviews}")
    if not reviews.negative + reviews.positive > 0:
        return None

    def index(ratio: float) -> float:
        unhappy = reviews.negative / ratio
        return index_at_share(reviews.positive / (reviews.positive + unhappy), mean_k)

    all_of_them = [
        reviews.negative / rates.negative,
        reviews.neutral / rates.neutral,
        reviews.positive / rates.positive,
    ]
    total = math.fsum(all_of_them)
    # The unhappy who post more often stand for fewer, so the index rises with the ratio.
    return Corrected(
        raw=index(1.0),
        index=index(rates.negative / rates.positive),
        shares=Classes(*(part / total for part in all_of_them)),
        band=(index(band[0]), index(band[1])),
    )
