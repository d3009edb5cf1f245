"""Finds bursts: days on which a source, or the talk about a subject, was far above its own rate.

A night looks at a year of daily counts, and only where it finds a burst that it has not seen does it
read mentions: what was posted then and in the four weeks before. What it finds is kept; `health`, the
digest and the run report read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from twelvefold.pipeline.burst_counts import said_in_bursts
from twelvefold.pipeline.figures.bursts import WINDOW, Burst, Counts, Shares, Signs, bursts, level_for
from twelvefold.pipeline.near_duplicates import pairs_alike
from twelvefold.records import Sentiment
from twelvefold.storage.bursts import Posted, Speakers
from twelvefold.storage.engine import Database
from twelvefold.storage.repository import Work
from twelvefold.storage.series import Scope, Series

YEAR = timedelta(days=364)
MONTH = timedelta(days=28)
MOST_MENTIONS = 2_000
"""More than this are sampled, of a burst and of the four weeks before it."""

LEAST_DATED = 0.5
"""Where fewer of a burst's mentions were dated to the day by their source, we read them together; they may not have
been posted so."""

_LABELS = tuple(Sentiment)


@dataclass(frozen=True)
class Heard:
    """What was said by or about somebody: the counts of each class on the days from `first_day` on."""

    speakers: Speakers
    first_day: date
    counts: Counts

    @property
    def total(self) -> Counts:
        """Mentions of each day."""
        total: Counts = self.counts.sum(axis=0)
        return total

    def day(self, place: int) -> date:
        """Return the day at a place of the series."""
        return self.first_day + timedelta(days=place)


def find_bursts(
    database: Database, brand_id: int, *, model: str, tonight: date, renew: Callable[[], None] = lambda: None
) -> list[dict[str, Any]]:
    """Find the bursts of the year up to tonight, keep them in the place of what was kept, and return them.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    since, until = tonight - YEAR, tonight + timedelta(days=1)
    start = since - timedelta(days=WINDOW)
    with database.read() as work:
        found = list(_bursts_of_brand(work, brand_id, model, start, until))
        kept = {_identity(one): one for one in work.bursts.touching(brand_id, model, since, until)}
    documents = []
    for heard, burst in found:
        if heard.day(burst.last) < since:
            continue
        with database.read() as work:
            document = kept.get(_identity(_outline(heard, burst))) or _document(work, brand_id, heard, burst)
        if document is not None:
            documents.append(document)
        renew()
    with database.begin() as work:
        work.bursts.replace(brand_id, model, since, until, documents)
    return documents


def fresh_bursts(found: Sequence[dict[str, Any]], tonight: date) -> list[dict[str, Any]]:
    """Return the bursts that reach into the week up to tonight."""
    return [one for one in found if date.fromisoformat(one["last_day"]) > tonight - timedelta(days=7)]


def _bursts_of_brand(work: Work, brand_id: int, model: str, start: date, until: date) -> Iterable[tuple[Heard, Burst]]:
    """Yield the bursts of sources, then those about subjects that no source's burst accounts for."""
    series = {
        scope: work.rollups.series(brand_id, model, scope, until=until) for scope in (Scope.SOURCE, Scope.SUBJECT)
    }
    sources, subjects = (_heard(found, scope, start, until) for scope, found in series.items())
    level = level_for(len(sources) + len(subjects))
    found = [(heard, burst) for heard in sources for burst in bursts(heard.total, level)]
    yield from found
    for count in said_in_bursts(work.rollups, brand_id, model, [_outline(*one) for one in found], until):
        for heard in subjects:
            if heard.speakers.subject == count.subject:
                heard.counts[_LABELS.index(count.label), (count.local_date - start).days] -= count.n
    yield from ((heard, burst) for heard in subjects for burst in bursts(heard.total, level))


def _heard(series: Sequence[Series], scope: Scope, start: date, until: date) -> list[Heard]:
    """Return what was said by each source or about each subject, day by day."""
    heard: dict[str, Heard] = {}
    days = (until - start).days
    for one in series:
        if one.key is None:
            continue
        speakers = Speakers(one.key, None) if scope is Scope.SOURCE else Speakers(None, one.key)
        theirs = heard.setdefault(one.key, Heard(speakers, start, np.zeros((len(_LABELS), days), np.int64)))
        shift = one.first_day - start.toordinal()
        first, end = max(0, shift), min(days, shift + len(one.counts))
        if first < end:
            theirs.counts[_LABELS.index(one.label), first:end] += one.counts[first - shift : end - shift]
    return [each for _, each in sorted(heard.items())]


def _outline(heard: Heard, burst: Burst) -> dict[str, Any]:
    """Return what tells a burst from others, and its size."""
    return {
        **asdict(heard.speakers),
        "first_day": heard.day(burst.first).isoformat(),
        "last_day": heard.day(burst.last).isoformat(),
        "n": burst.n,
        "expected": round(burst.expected, 1),
    }


def _identity(outline: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(outline[name] for name in ("source", "subject", "first_day", "last_day", "n"))


def _document(work: Work, brand_id: int, heard: Heard, burst: Burst) -> dict[str, Any] | None:
    """Return a burst with the signs that speak for or against organised posting, or None where we read it so."""
    first, until = heard.day(burst.first), heard.day(burst.last + 1)
    during = work.bursts.posted(brand_id, heard.speakers, first, until, MOST_MENTIONS)
    before = work.bursts.posted(brand_id, heard.speakers, first - MONTH, first, MOST_MENTIONS)
    if sum(one.is_dated for one in during) < LEAST_DATED * len(during):
        return None

    def newcomers(posted: Sequence[Posted], since: date) -> tuple[int, int]:
        signed = [one.author_hash for one in posted if one.author_hash is not None]
        known = work.bursts.authors_among(brand_id, heard.speakers, set(signed), since - MONTH, since)
        return sum(author not in known for author in signed), len(signed)

    signs = Signs(
        negative=_complaints(heard, burst),
        copies=Shares(*_copies(during), *_copies(before)),
        new_authors=Shares(*newcomers(during, first), *newcomers(before, first - MONTH)),
        without_text=Shares(*_wordless(during), *_wordless(before)),
    )
    return _outline(heard, burst) | {
        "kind": signs.kind.value,
        "turned": signs.turned,
        "signs": {name: _sign_document(getattr(signs, name)) for name in asdict(signs)},
    }


def _complaints(heard: Heard, burst: Burst) -> Shares:
    """Return complaints among praises and complaints, on the days of the burst and in its past."""
    negative, positive = (heard.counts[_LABELS.index(label)] for label in (Sentiment.NEGATIVE, Sentiment.POSITIVE))
    now, past = slice(burst.first, burst.last + 1), slice(max(0, burst.first - WINDOW), burst.first)
    return Shares(
        int(negative[now].sum()),
        int(negative[now].sum() + positive[now].sum()),
        int(negative[past].sum()),
        int(negative[past].sum() + positive[past].sum()),
    )


def _copies(posted: Sequence[Posted]) -> tuple[int, int]:
    """Return how many texts are all but the same as another, and of how many texts."""
    worded = [one for one in posted if one.has_text]
    seen: dict[str, int] = {}
    for one in worded:
        seen[one.content_hash] = seen.get(one.content_hash, 0) + 1
    texts = {one.mention_id: one.words for one in worded if one.words}
    alike = {number for pair in pairs_alike(texts, texts.keys()) for number in pair}
    return sum(one.mention_id in alike or seen[one.content_hash] > 1 for one in worded), len(worded)


def _wordless(posted: Sequence[Posted]) -> tuple[int, int]:
    return sum(not one.has_text for one in posted), len(posted)


def _sign_document(shares: Shares) -> dict[str, Any]:
    return {
        "now": shares.has / shares.of if shares.of else None,
        "n_now": shares.of,
        "before": shares.had / shares.before if shares.before else None,
        "n_before": shares.before,
        "rose": shares.rose,
    }
