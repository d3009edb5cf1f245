"""Which mentions people are asked to label: drawn by chance within each class that the classifier named.

What somebody picked because it looked wrong is no random sample, and would make the classifier worse than it is. So
chance draws: each mention waits for a time that the hash of its number tells, divided by what it weighs, and those of
the shortest wait are drawn (Efraimidis and Spirakis, Information Processing Letters 97 (2006) 181-185). All fade
alike, so the order never changes, new mentions take their place in it, and the labels of a class can be counted
without weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from heapq import heappush, heapreplace
from math import log
from typing import Any

from twelvefold.config import Brand
from twelvefold.pipeline.chronicle import Chronicle
from twelvefold.pipeline.corrected_standing import Span
from twelvefold.pipeline.figures.labelled import LEAST, evenly
from twelvefold.pipeline.labelled_balance import first_labelled_day, is_enough, numbers_of
from twelvefold.records import Sentiment
from twelvefold.storage.labels import Draw, Undrawn
from twelvefold.storage.repository import Work
from twelvefold.storage.rollups import RATING
from twelvefold.storage.series import Scope

WANTED = 120
"""Labels to ask for: a fifth more than a correction needs, as some texts cannot be told."""

_CLASSES = tuple(Sentiment)
_SPACE = 2.0**64


@dataclass(frozen=True)
class Labelling:
    """The labelling of one brand: of mentions from `since` on, as older ones tell of another time.

    Attributes:
        there: How many mentions of each named class have, or had, words.
    """

    work: Work
    brand_id: int
    model: str
    half_life_days: float
    since: date
    there: Counter[Sentiment]

    @classmethod
    def of(cls, work: Work, brand_id: int, model: str, half_life_days: float) -> Labelling:
        """Look at what a brand has to be labelled."""
        heard, rated = (Chronicle.of(work.rollups.series(brand_id, judge, Scope.SOURCE)) for judge in (model, RATING))
        until = (heard.last_day or date.min) + timedelta(days=1)
        since = first_labelled_day(Span(None, until, half_life_days)) or date.min
        there = numbers_of(heard, since, until) - numbers_of(rated, since, until)
        return cls(
            work, brand_id, model, half_life_days, since, Counter(dict(zip(_CLASSES, there.tolist(), strict=True)))
        )

    def status(self, brand: Brand) -> dict[str, Any]:
        """Return as JSON shows it how many labels there are of each named class, and how many more are wanted."""
        given = [label for label in self.work.labels.given(self.brand_id, self.model) if label.local_date >= self.since]
        labelled = Counter(label.named for label in given if label.truth is not None)
        skipped = Counter(label.named for label in given if label.truth is None)
        drawn = self.work.labels.drawn(self.brand_id, self.model, self.since)
        there = [self.there[named] for named in _CLASSES]
        return {
            "schema": "twelvefold/labels/1",
            "brand": brand.name,
            "model": self.model,
            "since": self.since.isoformat(),
            "labels": labelled.total(),
            "needed": LEAST,
            "enough": is_enough([labelled[named] for named in _CLASSES], there),
            "classes": [
                {
                    "named": named.value,
                    "mentions": self.there[named],
                    "drawn": drawn[named],
                    "labelled": labelled[named],
                    "skipped": skipped[named],
                    "wanted": max(0, goal - labelled[named]),
                }
                for named, goal in zip(_CLASSES, evenly(there, WANTED), strict=True)
            ],
        }

    def ask(self, count: int, at: datetime) -> list[Draw]:
        """Return mentions that wait for a label, `count` where there are so many; more are drawn if need be.

        They come in an order that does not tell which class they were named.
        """
        labels, key = self.work.labels, (self.brand_id, self.model)
        pending = labels.pending(*key, self.since)
        if len(pending) < count:
            drawn, undrawn = labels.drawn(*key, self.since), labels.undrawn(*key, self.since)
            labels.draw(*key, choose(undrawn, drawn, count - len(pending), self.half_life_days), at)
            pending = labels.pending(*key, self.since)
        return sorted(pending, key=lambda draw: _hash("shown", draw.mention_id))[:count]


def choose(undrawn: Iterable[Undrawn], drawn: Counter[Sentiment], count: int, half_life_days: float) -> list[int]:
    """Return the mentions to be drawn next, in all `count` or a few more, so that each class gets as many.

    Args:
        drawn: How many of each class are drawn already.
        half_life_days: In how many days a mention fades by half.
    """
    there: Counter[Sentiment] = Counter()
    first: dict[Sentiment, list[tuple[float, int]]] = {label: [] for label in _CLASSES}
    for mention in undrawn:
        if not mention.weight > 0:
            continue
        there[mention.named] += 1
        queue, entry = first[mention.named], (-_wait(mention, half_life_days), mention.mention_id)
        if len(queue) < count:
            heappush(queue, entry)
        elif entry > queue[0]:
            heapreplace(queue, entry)
    shares = evenly([there[label] + drawn[label] for label in _CLASSES], drawn.total() + count)
    return [
        number
        for label, share in zip(_CLASSES, shares, strict=True)
        for _, number in sorted(first[label], reverse=True)[: max(0, share - drawn[label])]
    ]


def _wait(mention: Undrawn, half_life_days: float) -> float:
    """Return the logarithm of how long a mention waits, up to what is the same for all."""
    chance = (_hash("drawn", mention.mention_id) + 0.5) / _SPACE
    faded = mention.local_date.toordinal() / half_life_days * log(2)
    return log(-log(chance)) - log(mention.weight) - faded


def _hash(purpose: str, number: int) -> int:
    return int.from_bytes(blake2b(f"{purpose} {number}".encode(), digest_size=8).digest())
