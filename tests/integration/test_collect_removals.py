"""What a deep pass does not find is marked with its evidence; what comes back is restored; nothing else is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from twelvefold.config import Configuration, SourceSettings, parse_configuration
from twelvefold.crawlers.process import CrawlEnded, CrawlEvent, CrawlJob, PageRead
from twelvefold.pipeline.collect import Collector
from twelvefold.records import Completeness, RawMention, SourceResult, SourceStatus
from twelvefold.storage.engine import Database

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)
CONFIGURATION = """
brands:
  - name: Acme
    sources:
      - {name: steam, kind: steam, app_id: 1}
      - {name: drop, kind: files, paths: ["*.csv"]}
"""


@dataclass
class Service:
    """A service whose crawls end as the test says, night after night; it remembers what it was asked."""

    database: Database
    configuration: Configuration = field(default_factory=lambda: parse_configuration(CONFIGURATION, __file__))
    now: datetime = FIRST
    result: SourceResult | None = None
    job: CrawlJob | None = None

    def night(self, ids: str, *, source: str = "steam", days: int = 7, **changes: Any) -> SourceResult:
        brand = self.configuration.brands[0]
        with self.database.begin() as work:
            number = work.brands.ensure("Acme", "UTC")
        end: dict[str, Any] = {"status": SourceStatus.OK, "completeness": Completeness.REACHED_END}
        removed, rejected = changes.pop("removed", ()), changes.pop("rejected", ())

        def crawl(job: CrawlJob) -> Iterator[CrawlEvent]:
            self.job = job
            mentions = tuple(RawMention(one, text=f"Opinion {one}", published="2026-10-01") for one in ids.split())
            yield PageRead("https://service.example", mentions, rejected, removed)
            yield CrawlEnded(**{**end, **changes})

        collector = Collector(
            self.database, self.configuration, brand, number, b"k", lambda: None, clock=lambda: self.now, crawl=crawl
        )
        settings: SourceSettings = brand.source(source)
        self.result = collector.collect(settings, self.result)
        self.now += timedelta(days=days)
        return self.result

    def there(self) -> str:
        with self.database.read() as work:
            records = list(work.mentions.export(1 if not (found := work.brands.find("Acme", "UTC")) else found))
        return " ".join(sorted(record["external_id"] for record in records if record["removed_at"] is None))


@pytest.fixture
def service(database: Database) -> Service:
    return Service(database)


def test_the_first_crawl_is_deep_and_the_next_ones_are_once_a_week(service: Service) -> None:
    deep = [service.night("a b", days=1).deep for _ in range(9)]
    assert deep == [True, *[False] * 6, True, False]
    assert service.job is not None
    assert service.job.known.keys() == {"a", "b"}
    assert service.job.asked.newest == datetime(2026, 10, 1, tzinfo=UTC)


def test_what_a_deep_pass_does_not_find_is_marked_and_what_comes_back_is_restored(service: Service) -> None:
    service.night("a b c")
    result = service.night("a c")
    assert (result.removed, result.missing, service.there()) == (1, 1, "a c")
    assert service.night("a b c").removed == 0
    assert service.there() == "a b c"


def test_an_ordinary_night_marks_nothing(service: Service) -> None:
    service.night("a b c", days=1)
    assert service.night("a").missing == 0
    assert service.there() == "a b c"


@pytest.mark.parametrize(
    "ending",
    [
        {"status": SourceStatus.PARTIAL, "completeness": Completeness.GAP},
        {"status": SourceStatus.BLOCKED, "completeness": Completeness.UNKNOWN},
        {"completeness": Completeness.WINDOW_OVERFLOW},
        {"completeness": Completeness.UNKNOWN},
        {"completeness": Completeness.REACHED_KNOWN},
        {"status": SourceStatus.LAYOUT_CHANGED},
        {"rejected": ("item 2 has no id",)},
    ],
)
def test_a_crawl_that_may_have_missed_something_marks_nothing(service: Service, ending: dict[str, Any]) -> None:
    service.night("a b c")
    assert service.night("a", **ending).removed == 0
    assert service.there() == "a b c"


def test_an_empty_source_is_not_a_source_whose_mentions_are_all_gone(service: Service) -> None:
    service.night("a b c")
    service.night("", status=SourceStatus.EMPTY)
    assert service.there() == "a b c"


def test_items_that_were_never_readable_do_not_hide_removals(service: Service) -> None:
    service.night("a b c", rejected=("item 4 has no id",))
    service.night("a b", rejected=("item 3 has no id",))
    assert service.there() == "a b"


def test_an_export_that_leaves_something_out_removes_nothing(service: Service) -> None:
    service.night("a b c", source="drop")
    service.night("a", source="drop")
    assert service.there() == "a b c"


def test_what_the_source_says_is_gone_is_marked_on_any_night(service: Service) -> None:
    service.night("a b c", days=1)
    assert service.night("c", removed=("b",), completeness=Completeness.REACHED_KNOWN).removed == 1
    assert service.there() == "a c"


def test_the_loss_of_most_mentions_is_believed_when_it_is_seen_twice(service: Service) -> None:
    all_of_them = " ".join(f"r{number}" for number in range(60))
    service.night(all_of_them)
    result = service.night("r1 r2", days=1)
    assert (result.removed, result.missing) == (0, 58)
    assert "58 known mentions were not shown" in result.message
    again = service.night("r1 r2", days=1)
    assert (again.deep, again.removed, service.there()) == (True, 58, "r1 r2")
    assert service.night("r1 r2").deep is False


def test_the_loss_of_most_mentions_for_one_night_changes_nothing(service: Service) -> None:
    all_of_them = " ".join(f"r{number}" for number in range(60))
    service.night(all_of_them)
    service.night("r1 r2", days=1)
    assert service.night(all_of_them).missing == 0
    assert len(service.there().split()) == 60


@pytest.mark.parametrize(
    ("status", "completeness"),
    [(SourceStatus.PARTIAL, Completeness.GAP), (SourceStatus.FAILED, Completeness.UNKNOWN)],
)
def test_after_a_hole_everything_is_read_again(
    service: Service, status: SourceStatus, completeness: Completeness
) -> None:
    service.night("a", days=1)
    service.night("a", days=1, status=status, completeness=completeness)
    assert service.night("a", days=1).deep
    assert service.job is not None
    assert (service.job.known, service.job.asked.newest) == ({}, None)


def test_what_was_learnt_of_pages_goes_into_the_next_crawl(service: Service) -> None:
    learnt = {"https://service.example": ('"v1"', None)}
    service.night("a", days=1, validators=learnt)
    service.night("", days=1, status=SourceStatus.FAILED)
    assert service.job is not None
    assert dict(service.job.validators) == learnt
    service.night("a", days=1)
    assert dict(service.job.validators) == learnt
    service.night("a", days=1)
    assert service.job.validators == {}


def test_the_total_that_a_source_tells_stands_beside_what_is_stored(service: Service) -> None:
    result = service.night("a b", total_told=5)
    assert (result.stored, result.total_told) == (2, 5)
    assert "tells of 5 mentions, 2 are stored" in result.message
    assert service.night("a b").stored is None


def test_counts_follow_removals(service: Service, database: Database) -> None:
    service.night("a b c")
    service.night("a b")
    with database.read() as work:
        number = work.brands.find("Acme", "UTC")
        assert number is not None
        assert work.rollups.check(number, "any") == []
