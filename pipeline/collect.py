"""One source: crawl, normalise, tell the language, store page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from twelvefold.config import Brand, Configuration, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, PageRead, crawl
from twelvefold.crawlers.source import source_class
from twelvefold.models.language import detect_language
from twelvefold.pipeline.normalise import judged_text, normalise
from twelvefold.records import Completeness, Mention, RawMention, SourceResult, SourceStatus, local_date_of
from twelvefold.storage.engine import Database

MESSAGES_SHOWN = 3


@dataclass
class Tally:
    """What one crawl has brought so far."""

    fetched: int = 0
    new: int = 0
    edited: int = 0
    seen_again: int = 0
    rejected: int = 0


def collect(
    database: Database,
    configuration: Configuration,
    brand: Brand,
    brand_id: int,
    source: SourceSettings,
    *,
    author_key: bytes,
    may_stop_at_known: bool,
    renew: Callable[[], None],
    since: date | None = None,
    progress: Callable[[int], None] = lambda stored: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SourceResult:
    """Crawl one source and store what it tells; each page is one transaction.

    Nothing is stored twice whatever happens: a mention is found again by its
    identity. A page that cannot be read is rejected with a sentence, the rest goes on.

    Args:
        may_stop_at_known: The crawl before this one left no hole, so what is known vouches for all that is older.
        since: Mentions published before this local date are left out.
        renew: Keeps the lease; raises LeaseLost when another process has the night.

    Raises:
        LeaseLost: See `renew`.
        StorageUnavailable: The database did not answer.
    """
    scale = source_class(source.kind).statement.rating_scale
    with database.begin() as work:
        work.brands.ensure_source(brand_id, source.name, source.kind, source.subject, source.weight)
        known = work.mentions.known(brand_id, source.name) if may_stop_at_known else {}
    job = CrawlJob(settings=source, network=configuration.network, folder=configuration.folder, known=known)
    tally, rejections = Tally(), list[str]()
    ended: CrawlEnded | None = None
    for event in crawl(job):
        renew()
        if isinstance(event, CrawlEnded):
            ended = event
            continue
        mentions, refused = _read_page(event, source, scale, author_key, clock())
        rejections += [*event.rejected, *refused]
        if since is not None:
            mentions = [mention for mention in mentions if _local_date(mention, brand) >= since]
        with database.begin() as work:
            saved = work.mentions.save(brand_id, mentions, zone=brand.time_zone)
        tally.fetched += len(mentions)
        tally.new += saved.new
        tally.edited += saved.edited
        tally.seen_again += saved.seen_again
        progress(tally.fetched)
    tally.rejected = len(rejections)
    if ended is None:
        ended = CrawlEnded(SourceStatus.FAILED, Completeness.UNKNOWN, 0, "the crawl ended without a result", None)
    return SourceResult(
        source=source.name,
        kind=source.kind,
        status=ended.status,
        completeness=ended.completeness,
        fetched=tally.fetched,
        new=tally.new,
        edited=tally.edited,
        seen_again=tally.seen_again,
        rejected=tally.rejected,
        message=_message(ended.message, rejections),
    )


def _read_page(
    page: PageRead, source: SourceSettings, scale: tuple[float, float] | None, key: bytes, now: datetime
) -> tuple[list[Mention], list[str]]:
    """Return the page's mentions and, for each that could not be read, a sentence."""
    mentions: dict[str, Mention] = {}
    refused = []
    for raw in page.mentions:
        try:
            mention = _read_mention(raw, source, scale, key, now)
        except ValueError as problem:
            refused.append(f"{raw.url or page.url}: {problem}")
        else:
            mentions[mention.external_id] = mention
    return list(mentions.values()), refused


def _read_mention(
    raw: RawMention, source: SourceSettings, scale: tuple[float, float] | None, key: bytes, now: datetime
) -> Mention:
    mention = normalise(raw, source=source, scale=scale, collected_at=now, key=key)
    declared = mention.language or source.language
    text = judged_text(mention.title, mention.text)
    return replace(mention, language=detect_language(text, declared=declared))


def _local_date(mention: Mention, brand: Brand) -> date:
    return local_date_of(mention.published_at, mention.published_precision, mention.collected_at, brand.time_zone)


def _message(told: str, rejections: list[str]) -> str:
    """Return what the crawl said and the first few rejections, as one line."""
    shown = rejections[:MESSAGES_SHOWN]
    more = len(rejections) - len(shown)
    parts = [told, *shown, f"and {more} more" if more else ""]
    return "; ".join(part for part in parts if part)
