"""Brands of many mentions, written as a night would have counted them: three years of 40 sources and 200 subjects.

The counts are drawn, class probabilities included, and packed as the ingest packs them; of the mentions themselves only
as many are written as a scan is to read. Drawn with a fixed seed, so that every run asks about the same brand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, update

from twelvefold.records import Sentiment
from twelvefold.storage.batches import in_batches, insert_rows
from twelvefold.storage.engine import Database
from twelvefold.storage.packed_cells import WEEKS, week_of
from twelvefold.storage.packed_cells import pack as pack_cells
from twelvefold.storage.packed_counts import DAYS as CHUNK
from twelvefold.storage.packed_counts import pack
from twelvefold.storage.probability_cells import CELLS, cell_of
from twelvefold.storage.probability_series import ALL_ASPECTS, BRAND, UNIT, SumOf
from twelvefold.storage.segment_tables import SegmentTable
from twelvefold.storage.segments import Segment, segment_key
from twelvefold.storage.series_tables import ClassSeriesTable, ProbabilitySeriesTable, StarSeriesTable
from twelvefold.storage.tables import (
    AnswerTable,
    AspectTable,
    Base,
    BrandTable,
    CustomerTable,
    JudgementTable,
    MentionTable,
    OrderTable,
    RollupTable,
    StarTable,
)

DAYS, SOURCES, SUBJECTS = 1096, 40, 200
LAST = date(2026, 11, 22)
FIRST = LAST - timedelta(days=DAYS - 1)
MODEL = "bench/1"
LINES = (("negative", False), ("negative", True), ("neutral", False), ("positive", False))
SHARES = (0.06, 0.04, 0.08, 0.82)
ASPECTS = ("product_quality", "price_value", "delivery", "staff_service", "support", "ease", "place", "website_app")
STARS = ((50, 0.6), (40, 0.2), (30, 0.08), (20, 0.05), (10, 0.07))
CUSTOMERS, ANSWERS = 500, 2_000
REGIONS = ("north", "east", "south", "west")
NAMED = 0.05  # of the mentions name a customer
_LABELS = tuple(label.value for label in Sentiment)
_TOLD = "It works as it should, and came on the day that was told."
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Heard:
    """What was drawn of one brand.

    Attributes:
        classes: By subject, day and line; shape (SUBJECTS, DAYS, LINES).
        stars: Likewise by number of stars.
        aspects: By source, aspect, day and line.
        segments: Likewise by region of those customers whom a mention names.
    """

    classes: Counts
    stars: Counts
    aspects: Counts
    segments: Counts

    @classmethod
    def drawn(cls, mentions: int, seed: int) -> Heard:
        """Draw that many mentions: subjects of unlike size, busier and quieter weeks."""
        rng = np.random.default_rng(seed)
        size = rng.lognormal(0, 0.7, SUBJECTS)
        season = 1 + 0.3 * np.sin(np.arange(DAYS) / 58)
        rate = np.outer(size / size.sum(), season / season.sum()) * mentions
        heard = rng.poisson(rate)
        classes = rng.multinomial(heard, SHARES)
        by_source = np.stack([heard[n::SOURCES].sum(axis=0) for n in range(SOURCES)])
        spoken = rng.poisson(by_source[:, None].repeat(len(ASPECTS), axis=1) / (2 * len(ASPECTS)))
        stars = rng.multinomial(heard, [share for _, share in STARS])
        aspects = rng.multinomial(spoken, SHARES)
        named = rng.poisson(by_source[:, None].repeat(len(REGIONS), axis=1) * NAMED / len(REGIONS))
        return cls(classes, stars, aspects, rng.multinomial(named, SHARES))


def write_brand(database: Database, connection: Connection, name: str, mentions: int, scanned: int, seed: int) -> int:
    """Write a brand with counts of that many mentions, and `scanned` mentions themselves; return its number."""
    names = source_names()
    with database.begin() as work:
        brand = work.brands.ensure(name, "UTC")
        sources = [work.brands.ensure_source(brand, source, "files") for source in names]
        found = [_burst(names[0], 300), _burst(names[1], 800)]
        work.bursts.replace(brand, MODEL, FIRST, LAST + timedelta(days=1), found)
    heard = Heard.drawn(mentions, seed)
    with connection.begin():
        connection.execute(update(BrandTable).where(BrandTable.id == brand).values(probabilities_kept=True))
        for table, rows in (
            (RollupTable, _class_rows(brand, sources, heard.classes)),
            (StarTable, _star_rows(brand, sources, heard.stars)),
            (AspectTable, _rows_by(ASPECTS, brand, sources, heard.aspects)),
            (SegmentTable, _rows_by(_segments(), brand, sources, heard.segments)),
            (ClassSeriesTable, _class_series(brand, sources, heard)),
            (StarSeriesTable, _star_series(brand, sources, heard.stars)),
            (ProbabilitySeriesTable, _probability_series(brand, sources, heard, seed)),
        ):
            _load(connection, table, [column.name for column in table.__table__.columns], rows)
        _write_mentions(connection, brand, sources, scanned)
        _write_people(connection, brand)
    return brand


def source_names() -> list[str]:
    """Return the names of the sources, those of all brands the same."""
    return [f"source {number:02d}" for number in range(SOURCES)]


def _subject(number: int) -> str:
    return f"Subject {number:03d}"


def _language(number: int) -> str:
    """Return the language of a subject, which is that of its source."""
    return ("fr", "en", "en")[number % SOURCES % 3]


def _load(connection: Connection, table: type[Base], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as fast as the backend takes them."""
    if connection.dialect.name == "sqlite":
        for batch in in_batches(rows, 50_000):
            insert_rows(connection, table, names, batch)
        return
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.__tablename__} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _class_rows(brand: int, sources: Sequence[int], classes: Counts) -> Iterator[tuple[Any, ...]]:
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    for day, subject, line in np.argwhere(classes.transpose(1, 0, 2)).tolist():
        label, resolved = LINES[line]
        n = int(classes[subject, day, line])
        source = sources[subject % SOURCES]
        yield brand, MODEL, days[day], source, _subject(subject), _language(subject), label, resolved, n


def _star_rows(brand: int, sources: Sequence[int], stars: Counts) -> Iterator[tuple[Any, ...]]:
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    for day, subject, place in np.argwhere(stars.transpose(1, 0, 2)).tolist():
        n, source = int(stars[subject, day, place]), sources[subject % SOURCES]
        yield brand, days[day], source, _subject(subject), _language(subject), STARS[place][0], n


def _rows_by(names: Sequence[str], brand: int, sources: Sequence[int], counts: Counts) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the counts by aspect or by segment."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    for day, source, place, line in np.argwhere(counts.transpose(2, 0, 1, 3)).tolist():
        yield (
            brand,
            MODEL,
            days[day],
            sources[source],
            names[place],
            *LINES[line],
            int(counts[source, place, day, line]),
        )


def _segments() -> list[str]:
    """Return the keys of the segments."""
    return [segment_key(Segment("region", region)) for region in REGIONS]


def _scopes(sources: Sequence[int]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield scope, key and subjects of each group that is told apart by what a subject belongs to."""
    everything = range(SUBJECTS)
    yield from (("source", str(source), [*everything[n::SOURCES]]) for n, source in enumerate(sources))
    yield from (("subject", _subject(n), [n]) for n in everything)
    for language in ("en", "fr"):
        yield "language", language, [n for n in everything if _language(n) == language]


def _chunks(daily: Counts) -> Iterator[tuple[int, Counts]]:
    """Yield the stretches of 512 days that hold anything."""
    first = FIRST.toordinal()
    for chunk in range(first // CHUNK, (first + DAYS - 1) // CHUNK + 1):
        days = np.zeros(CHUNK, np.int64)
        start, end = max(first, chunk * CHUNK), min(first + DAYS, (chunk + 1) * CHUNK)
        days[start - chunk * CHUNK : end - chunk * CHUNK] = daily[start - first : end - first]
        if days.any():
            yield chunk, days


def _class_series(brand: int, sources: Sequence[int], heard: Heard) -> Iterator[tuple[Any, ...]]:
    groups = [(scope, key, heard.classes[theirs].sum(axis=0)) for scope, key, theirs in _scopes(sources)]
    groups += [("aspect", aspect, heard.aspects[:, n].sum(axis=0)) for n, aspect in enumerate(ASPECTS)]
    groups += [("segment", segment, heard.segments[:, n].sum(axis=0)) for n, segment in enumerate(_segments())]
    for scope, key, daily in groups:
        for n, (label, resolved) in enumerate(LINES):
            for chunk, days in _chunks(daily[:, n]):
                yield brand, scope, MODEL, key, 1.0, label, resolved, chunk, int(days.sum()), pack(days)


def _star_series(brand: int, sources: Sequence[int], stars: Counts) -> Iterator[tuple[Any, ...]]:
    for scope, key, theirs in _scopes(sources):
        daily = stars[theirs].sum(axis=0)
        for n, (tenths, _) in enumerate(STARS):
            for chunk, days in _chunks(daily[:, n]):
                yield brand, scope, key, tenths, chunk, int(days.sum()), pack(days)


def _probability_series(brand: int, sources: Sequence[int], heard: Heard, seed: int) -> Iterator[tuple[Any, ...]]:
    rng = np.random.default_rng(seed)
    spread, means = _cells_of_classes(rng)
    firsts = np.unique([week_of(FIRST + timedelta(days=n)) for n in range(DAYS)], return_index=True)[1]
    first_week = week_of(FIRST)

    def spread_over(daily: Counts) -> Counts:
        """Return what groups said by week, line and cell."""
        weekly = np.add.reduceat(daily, firsts, axis=1)
        drawn = [rng.multinomial(weekly[:, :, n], spread[_LABELS.index(label)]) for n, (label, _) in enumerate(LINES)]
        return np.stack(drawn, axis=2).astype(np.int32)

    cells, aspects = spread_over(heard.classes), spread_over(heard.aspects.sum(axis=0))
    groups = [(scope, key, cells[theirs].sum(axis=0)) for scope, key, theirs in _scopes(sources)]
    groups += [("aspect", aspect, theirs) for aspect, theirs in zip(ASPECTS, aspects, strict=True)]
    segments = spread_over(heard.segments.sum(axis=0))
    groups += [("segment", segment, theirs) for segment, theirs in zip(_segments(), segments, strict=True)]
    sums = [(scope, key, SumOf.MENTIONS, theirs) for scope, key, theirs in groups]
    for scope, theirs in ((BRAND, cells), (ALL_ASPECTS, aspects)):
        whole = theirs.sum(axis=0, dtype=np.int64)
        sums.append((scope, "", SumOf.MENTIONS, whole))
        for sum_of, place in ((SumOf.NEGATIVE, 0), (SumOf.POSITIVE, 2)):
            said = [whole[:, n] * means[_LABELS.index(label), :, place] for n, (label, _) in enumerate(LINES)]
            sums.append((scope, "", sum_of, np.rint(np.stack(said, 1) * UNIT).astype(np.int64)))
    for scope, key, sum_of, theirs in sums:
        for resolved in (False, True):
            for chunk in range(first_week // WEEKS, (first_week + len(theirs) - 1) // WEEKS + 1):
                start = max(first_week, chunk * WEEKS)
                end = min(first_week + len(theirs), (chunk + 1) * WEEKS)
                grid = {}
                for n, (label, settled) in enumerate(LINES):
                    if settled is not resolved:
                        continue
                    stretch = np.zeros((CELLS, WEEKS), np.int64)
                    stretch[:, start - chunk * WEEKS : end - chunk * WEEKS] = theirs[
                        start - first_week : end - first_week, n
                    ].T
                    for cell in np.flatnonzero(stretch.any(axis=1)).tolist():
                        grid[_LABELS.index(label) * CELLS + cell] = stretch[cell].tolist()
                if packed := pack_cells(grid):
                    yield brand, scope, sum_of.value, MODEL, key, 1.0, resolved, chunk, packed


def _cells_of_classes(rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how the mentions of each class spread over cells, and the mean probabilities in each cell.

    A judge of about the quality of ours: normal logits about the true class, the class its likeliest.
    """
    truth = rng.choice(3, 60_000, p=(0.1, 0.08, 0.82))
    logits = rng.normal(0, 1.3, (len(truth), 3))
    logits[np.arange(len(truth)), truth] += 3.2
    given = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    negative, neutral, positive = given.T.tolist()
    cells = np.array(list(map(cell_of, negative, neutral, positive)))
    # In the order of the classes as kept, which is (negative, neutral, positive).
    label = given.argmax(axis=1)
    spread, means = np.zeros((3, CELLS)), np.zeros((3, CELLS, 3))
    np.add.at(spread, (label, cells), 1)
    np.add.at(means, (label, cells), given)
    return spread / spread.sum(axis=1, keepdims=True), means / np.maximum(spread, 1)[:, :, None]


def _write_mentions(connection: Connection, brand: int, sources: Sequence[int], count: int) -> None:
    """Write that many judged mentions, for the scan."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    names = (
        *("brand_id", "source_id", "external_id", "local_date", "content_hash", "revision_hash", "raw_revision"),
        *("revision", "stars", "collected_at", "published_precision", "title", "text"),
    )
    rows = (
        (
            *(brand, sources[n % SOURCES], str(n), LAST - timedelta(days=n % DAYS), f"{n:064x}", "", "", 1),
            *(5.0 - n % 10 // 8, at, "day", "", _TOLD),
        )
        for n in range(count)
    )
    _load(connection, MentionTable, names, rows)
    names = ("content_hash", "model", "label", "negative", "neutral", "positive", "confidence", "language")
    judged = (
        (f"{n:064x}", MODEL, "negative" if n % 10 == 0 else "positive", 0.1, 0.1, 0.8, 0.8, "en", False)
        for n in range(count)
    )
    _load(connection, JudgementTable, (*names, "contradiction"), judged)


def _write_people(connection: Connection, brand: int) -> None:
    """Write customers with a region each, four orders of each of them, and survey answers."""
    names = ("brand_id", "customer_id", "since", "segments")
    people = [(brand, str(n), FIRST + timedelta(days=n % 900), {"region": REGIONS[n % 4]}) for n in range(CUSTOMERS)]
    insert_rows(connection, CustomerTable, names, people)
    names = ("brand_id", "order_id", "customer_id", "ordered", "amount", "margin")
    orders = (
        (brand, str(n), str(n % CUSTOMERS), FIRST + timedelta(days=n * 7 % DAYS), 10.0 + n % 90, 3.0)
        for n in range(4 * CUSTOMERS)
    )
    for batch in in_batches(orders):
        insert_rows(connection, OrderTable, names, batch)
    names = (
        *("brand_id", "survey", "response_id", "measure", "score", "scale_low", "scale_high", "high_is_good"),
        *("comment", "local_date", "customer_id"),
    )
    answers = (
        (
            *(brand, "survey", str(n), measure, float(high - n * n % 10 // (4 + low)), low, high, True, ""),
            *(FIRST + timedelta(days=n * 11 % DAYS), str(n % CUSTOMERS)),
        )
        for n in range(ANSWERS)
        for measure, low, high in (("nps", 0.0, 10.0), ("csat", 1.0, 5.0))
    )
    for batch in in_batches(answers):
        insert_rows(connection, AnswerTable, names, batch)


def _burst(source: str, back: int) -> dict[str, Any]:
    """Return what is kept of a burst of one source, so many days ago."""
    day = (LAST - timedelta(days=back)).isoformat()
    who = {"source": source, "subject": None, "first_day": day, "last_day": day}
    return who | {"n": 400, "expected": 250.0, "kind": "interest", "turned": None, "signs": {}}
