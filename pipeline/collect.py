"""One source: crawl, normalise, tell the language, store page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from twelvefold.config import Brand, Configuration, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlEvent, CrawlJob, PageRead, crawl
from twelvefold.crawlers.source import Asked, Statement, WebSource, source_class
from twelvefold.models.language import detect_language
from twelvefold.pipeline.normalise import bounded_id, external_id, judged_text, normalise
from twelvefold.records import Completeness, Mention, RawMention, SourceResult, SourceStatus, local_date_of
from twelvefold.storage.engine import Database
from twelvefold.storage.ingest import Saved
from twelvefold.storage.repository import Work

MESSAGES_SHOWN = 3
DEEP_EVERY = timedelta(days=7)
GOOD = frozenset({SourceStatus.OK, SourceStatus.EMPTY})
WITHOUT_HOLE = frozenset({Completeness.REACHED_KNOWN, Completeness.REACHED_END, Completeness.WINDOW_OVERFLOW})


@dataclass
class Tally:
    """What one crawl has brought so far.

    Attributes:
        seen: Ids under which what the source showed is stored, or would be.
        texts, ratings, dates, authors: How many mentions have one.
    """

    seen: set[str] = field(default_factory=set)
    rejections: list[str] = field(default_factory=list)
    fetched: int = 0
    new: int = 0
    edited: int = 0
    seen_again: int = 0
    removed: int = 0
    texts: int = 0
    ratings: int = 0
    dates: int = 0
    authors: int = 0

    def count(self, mentions: Sequence[Mention], saved: Saved) -> None:
        """Count a page that has been stored."""
        self.fetched += len(mentions)
        self.new += saved.new
        self.edited += saved.edited
        self.seen_again += saved.seen_again
        self.texts += sum(1 for mention in mentions if mention.text or mention.title)
        self.ratings += sum(1 for mention in mentions if mention.rating is not None)
        self.dates += sum(1 for mention in mentions if mention.published_at is not None)
        self.authors += sum(1 for mention in mentions if mention.author_hash is not None)


@dataclass(frozen=True)
class Collector:
    """What collecting from one source needs, whichever source it is.

    Attributes:
        renew: Keeps the lease; raises LeaseLost when another process has the night.
        since: Mentions published before this local date are left out.
        crawl: Runs one crawl; it is a child process where nothing else is given.
    """

    database: Database
    configuration: Configuration
    brand: Brand
    brand_id: int
    author_key: bytes
    renew: Callable[[], None]
    since: date | None = None
    progress: Callable[[str, int], None] = lambda source, stored: None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    crawl: Callable[[CrawlJob], Iterable[CrawlEvent]] = crawl

    def collect(self, source: SourceSettings, before: SourceResult | None) -> SourceResult:
        """Crawl one source and store what it tells; each page is one transaction.

        Nothing is stored twice whatever happens: a mention is found again by its identity. A page
        that cannot be read is rejected with a sentence, the rest goes on. Once a week, and where
        the crawl before left a hole, everything is read again: what is no longer there is then
        marked as removed, in one transaction with the end of the crawl.

        Args:
            before: What the source gave when it was last asked.

        Raises:
            LeaseLost: See `renew`.
            StorageUnavailable: The database did not answer.
        """
        with self.database.begin() as work:
            number = work.brands.ensure_source(self.brand_id, source.name, source.kind, source.subject, source.weight)
            job = self._job(work, source, number, before)
        tally = Tally()
        ended = CrawlEnded(SourceStatus.FAILED, message="the crawl ended without a result")
        for event in self.crawl(job):
            self.renew()
            if isinstance(event, CrawlEnded):
                ended = event
            else:
                self._store(event, source, job.known, tally)
        with self.database.begin() as work:
            return self._conclude(work, source, number, job, tally, ended, before)

    def _job(self, work: Work, source: SourceSettings, number: int, before: SourceResult | None) -> CrawlJob:
        """Return what to crawl: from known ground on, or everything."""
        now, ground = self.clock(), work.sources.ground(number)
        vouched = vouches(before)
        has_hole = before is None or before.completeness is Completeness.GAP or before.status is not SourceStatus.OK
        is_due = ground.deep_at is None or now - ground.deep_at >= DEEP_EVERY
        return CrawlJob(
            settings=source,
            network=self.configuration.network,
            folder=self.configuration.folder,
            known=work.mentions.known(self.brand_id, source.name) if vouched else {},
            asked=Asked(now=now, newest=ground.newest if vouched else None, deep=has_hole or is_due),
            validators=ground.validators,
        )

    def _store(self, page: PageRead, source: SourceSettings, known: Mapping[str, str], tally: Tally) -> None:
        """Store one page."""
        now = self.clock()
        mentions, refused = _read_page(page, source, self.author_key, now, known)
        tally.seen.update(external_id(raw) for raw in page.mentions)
        tally.rejections += [*page.rejected, *refused]
        if self.since is not None:
            mentions = [mention for mention in mentions if _local_date(mention, self.brand) >= self.since]
        with self.database.begin() as work:
            saved = work.mentions.save(self.brand_id, mentions, zone=self.brand.time_zone)
            gone = [bounded_id(identity) for identity in page.removed]
            tally.removed += work.mentions.mark_removed(self.brand_id, source.name, gone, now, SAID_BY_SOURCE)
        tally.count(mentions, saved)
        self.progress(source.name, tally.fetched)

    def _conclude(
        self,
        work: Work,
        source: SourceSettings,
        number: int,
        job: CrawlJob,
        tally: Tally,
        ended: CrawlEnded,
        before: SourceResult | None,
    ) -> SourceResult:
        """Mark what is gone, keep what the next crawl needs, and return the result."""
        missing: set[str] = set()
        remarks = []
        if ended.status in GOOD and self.since is None:
            work.sources.keep_validators(number, ended.validators)
            if job.asked.deep:
                work.sources.mark_deep(number, job.asked.now)
        if job.asked.deep and shows_all(source, ended, tally, before):
            missing = work.sources.shown(number) - tally.seen
            if is_credible(len(missing), len(tally.seen), before):
                evidence = f"the source was read to its end on {job.asked.now:%Y-%m-%d}, and it was not there"
                tally.removed += work.mentions.mark_removed(self.brand_id, source.name, missing, self.clock(), evidence)
            else:
                work.sources.mark_deep(number, job.asked.now - DEEP_EVERY)
                remarks.append(
                    f"{len(missing)} known mentions were not shown, too many to be taken for removals at once: "
                    "they are kept until the next crawl misses them too"
                )
        stored = work.sources.count(number) if ended.total_told is not None else None
        if ended.total_told is not None and stored is not None and stored < ended.total_told:
            remarks.append(f"the source tells of {ended.total_told} mentions, {stored} are stored")
        return SourceResult(
            source=source.name,
            kind=source.kind,
            status=ended.status,
            completeness=ended.completeness,
            fetched=tally.fetched,
            new=tally.new,
            edited=tally.edited,
            seen_again=tally.seen_again,
            rejected=len(tally.rejections),
            message=_message(ended.message, remarks, tally.rejections),
            removed=tally.removed,
            missing=len(missing),
            pages=ended.fetched,
            deep=job.asked.deep,
            stored=stored,
            total_told=ended.total_told,
            texts=tally.texts,
            ratings=tally.ratings,
            dates=tally.dates,
            authors=tally.authors,
        )


SAID_BY_SOURCE = "the source itself says that it is gone"
FEW = 20
"""Up to so many mentions may all be gone at once without a second look."""


def vouches(before: SourceResult | CrawlEnded | None) -> bool:
    """Tell whether a crawl left no hole before what it read.

    One that found nothing vouches for nothing: an earlier one may have left a hole, and a wall may look like that.
    """
    return before is not None and before.completeness in WITHOUT_HOLE and before.status is not SourceStatus.EMPTY


def shows_all(source: SourceSettings, ended: CrawlEnded, tally: Tally, before: SourceResult | None) -> bool:
    """Tell whether what this deep pass did not find is no longer there.

    It is not where the crawl was cut, blocked, empty or cut off by a window; nor where it could not
    read more items than the time before, as what is missing may be among them. Files are exports:
    what the newest one leaves out may still stand where they come from.
    """
    unreadable_before = before.rejected if before is not None else 0
    return (
        issubclass(source_class(source.kind), WebSource)
        and ended.status is SourceStatus.OK
        and ended.completeness is Completeness.REACHED_END
        and bool(tally.seen)
        and len(tally.rejections) <= unreadable_before
    )


def is_credible(missing: int, seen: int, before: SourceResult | None) -> bool:
    """Tell whether so many removals can be believed: not half of what is known, unless missed twice running."""
    return missing <= max(FEW, seen) or (
        before is not None and before.deep and before.removed < before.missing and before.missing >= missing // 2
    )


def _read_page(
    page: PageRead, source: SourceSettings, key: bytes, now: datetime, known: Mapping[str, str]
) -> tuple[list[Mention], list[str]]:
    """Return the page's mentions and, for each that could not be read, a sentence.

    Args:
        known: Id to raw revision of what is stored: where that is the same nothing is written, nor a language told.
    """
    statement = source_class(source.kind).statement
    mentions: dict[str, Mention] = {}
    refused = []
    for raw in page.mentions:
        try:
            mention = _read_mention(raw, source, statement, key, now)
        except ValueError as problem:
            refused.append(f"{raw.url or page.url}: {problem}")
            continue
        if known.get(mention.external_id) != mention.raw_revision:
            mention = _with_language(mention, source)
        mentions[mention.external_id] = mention
    return list(mentions.values()), refused


def _read_mention(raw: RawMention, source: SourceSettings, statement: Statement, key: bytes, now: datetime) -> Mention:
    return normalise(
        raw, source=source, scale=statement.rating_scale, collected_at=now, key=key, bbcode=statement.bbcode
    )


def _with_language(mention: Mention, source: SourceSettings) -> Mention:
    declared = mention.language or source.language
    text = judged_text(mention.title, mention.text)
    return replace(mention, language=detect_language(text, declared=declared))


def _local_date(mention: Mention, brand: Brand) -> date:
    return local_date_of(mention.published_at, mention.published_precision, mention.collected_at, brand.time_zone)


def _message(told: str, remarks: list[str], rejections: list[str]) -> str:
    """Return what the crawl said, what is to be remarked and the first few rejections, as one line."""
    shown = rejections[:MESSAGES_SHOWN]
    more = len(rejections) - len(shown)
    parts = [told, *remarks, *shown, f"and {more} more" if more else ""]
    return "; ".join(part for part in parts if part)
