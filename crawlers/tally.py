"""What a crawl has seen so far, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from twelvefold.crawlers.process import CrawlEnded, Validators
from twelvefold.crawlers.source import Fetch, Reading, Statement, identity_key, raw_revision
from twelvefold.records import Completeness, SourceStatus

_LOOP = 2
"""A list that brings nothing new on this many pages running has come to its end, or to a loop."""


@dataclass
class Strand:
    """One list that is paged through: a first page and those that continue it."""

    number: int
    stale: int = 0
    seen: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """The counts of one crawl.

    Attributes:
        statement: What the source says of itself.
        known: Identity key to raw revision of what is stored.
        seen: Identity keys met in this crawl.
        read: Pages that were what they should be; one that only leads elsewhere, or to a second try, is not counted.
        troubles: A status and a sentence for each page that could not be had or read.
        notes: What else a page gave to say.
        ends: How far each list came.
        told: The total that each list's source told.
        validators: ETag and Last-Modified of the pages that were read well, or that have not changed.
    """

    statement: Statement
    known: Mapping[str, str]
    fetched: int = 0
    read: int = 0
    seen: set[str] = field(default_factory=set)
    troubles: list[tuple[SourceStatus, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ends: list[Completeness] = field(default_factory=list)
    told: dict[int, int] = field(default_factory=dict)
    budget: str = ""
    strands: int = 0
    validators: dict[str, Validators] = field(default_factory=dict)

    def strand(self) -> Strand:
        """Return a new list to page through."""
        self.strands += 1
        return Strand(self.strands)

    def take(self, reading: Reading, strand: Strand) -> tuple[Fetch, ...]:
        """Count what a page brought; return what is worth fetching after it."""
        if reading.total_told is not None:
            self.told[strand.number] = max(self.told.get(strand.number, 0), reading.total_told)
        if reading.status not in (None, SourceStatus.OK, SourceStatus.EMPTY):
            self.trouble(reading.status or SourceStatus.FAILED, reading.message)
        elif not (any(fetch.otherwise for fetch in reading.follow) or _leads_elsewhere(reading)):
            self.read += 1
            self.notes.append(reading.message)
        keys = {identity_key(mention): raw_revision(mention) for mention in reading.mentions}
        on_page = keys.keys() | set(reading.passed_over)
        strand.stale = 0 if on_page - strand.seen else strand.stale + 1
        strand.seen |= on_page
        self.seen |= keys.keys()
        # The oldest on the page decides: a pinned one at its head vouches for nothing below.
        oldest = next(reversed(keys), None)
        at_known = self.statement.newest_first and oldest is not None and self.known.get(oldest) == keys[oldest]
        # An adapter that asks for each item by itself passes over known ones, and stops there.
        at_known = at_known or (reading.reached_end and not self.known.keys().isdisjoint(reading.passed_over))
        further = [fetch for fetch in reading.follow if fetch.continues]
        others = tuple(fetch for fetch in reading.follow if not fetch.continues)
        if at_known:
            self.ends.append(Completeness.REACHED_KNOWN)
        elif further and strand.stale < _LOOP:
            return (*further, *others)
        elif _leads_elsewhere(reading):
            return others
        elif reading.overflow:
            self.ends.append(Completeness.WINDOW_OVERFLOW)
        else:
            is_end = reading.reached_end and not self._may_loop(strand, on_page)
            self.ends.append(Completeness.REACHED_END if is_end else Completeness.UNKNOWN)
        return others

    def _may_loop(self, strand: Strand, on_page: Collection[str]) -> bool:
        """Tell whether a page that calls itself the last only repeats an earlier one.

        It does where the source tells of more than was seen; where it tells no total, a last page
        that shows items and not one new is no proof of an end.
        """
        if not strand.stale:
            return False
        told = self.told.get(strand.number)
        return bool(on_page) if told is None else len(strand.seen) < told

    def unchanged(self, url: str, validators: Validators) -> None:
        """Note a page that is as the last crawl read it: known ground."""
        self.read += 1
        self.validators[url] = validators
        self.ends.append(Completeness.REACHED_KNOWN)

    def learn(self, url: str, etag: str | None, modified: str | None) -> None:
        """Note by what the next crawl can ask whether a page has changed."""
        if etag or modified:
            self.validators[url] = (etag, modified)

    def trouble(self, status: SourceStatus, message: str) -> None:
        """Note a page that could not be had or read."""
        self.troubles.append((status, message))

    def verdict(self) -> CrawlEnded:
        """Return how the crawl ended.

        A crawl that read some pages and not others is partial; one that read
        none is what stopped it first.
        """
        total = sum(self.told.values()) if self.told else None
        sentences = [self.budget, *(message for _, message in self.troubles), *self.notes]
        told = _joined(sentences)
        return CrawlEnded(self._status(), self._completeness(), self.fetched, told, total, self.validators)

    def _status(self) -> SourceStatus:
        if not self.read and not self.seen and (self.troubles or self.budget):
            return self.troubles[0][0] if self.troubles else SourceStatus.FAILED
        if self.troubles or self.budget:
            return SourceStatus.PARTIAL
        return SourceStatus.OK if self.seen or Completeness.REACHED_KNOWN in self.ends else SourceStatus.EMPTY

    def _completeness(self) -> Completeness:
        if self.budget or self.troubles:
            return Completeness.GAP if self.read or self.seen else Completeness.UNKNOWN
        for worst in (Completeness.WINDOW_OVERFLOW, Completeness.UNKNOWN, Completeness.REACHED_KNOWN):
            if worst in self.ends:
                return worst
        return Completeness.REACHED_END if self.ends else Completeness.UNKNOWN


def _leads_elsewhere(reading: Reading) -> bool:
    """Return whether a page says nothing but what else to fetch: a token, an index."""
    if reading.mentions or reading.reached_end or reading.overflow:
        return False
    return any(not fetch.continues for fetch in reading.follow)


def _joined(sentences: list[str]) -> str:
    """Return the first sentences, and how many more there are."""
    distinct = list(dict.fromkeys(sentence for sentence in sentences if sentence))
    more = f" (and {len(distinct) - 3} more)" if len(distinct) > 3 else ""
    return "; ".join(distinct[:3]) + more
