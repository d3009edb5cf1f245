"""What is stored is what the service has, night after night: every paged kind through collecting and storage.

The services are those of paged_services; here their adapters are driven by the collector itself,
week in, week out, with a real database behind it. `app_store` and `schema_org` are asked over loopback
HTTP, each night a child process. TWELVEFOLD_SERVICE_REVIEWS and TWELVEFOLD_SIMULATED_NIGHTS make it longer;
with `--junitxml=FILE -o junit_family=xunit1` each kind's properties say what was found.
"""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from loopback_site import Answer, LoopbackSite
from paged_services import SERVICES, Kind, Service, adapter_of, answer

from twelvefold.config import Configuration, SourceSettings, parse_configuration
from twelvefold.crawlers.process import PageRead, crawl
from twelvefold.crawlers.source import kinds
from twelvefold.crawlers.tally import Tally
from twelvefold.pipeline.collect import Collector
from twelvefold.records import Completeness
from twelvefold.storage.engine import Database, open_database

REVIEWS = int(os.environ.get("TWELVEFOLD_SERVICE_REVIEWS", "40"))
NIGHTS = int(os.environ.get("TWELVEFOLD_SIMULATED_NIGHTS", "4"))
NIGHTS_OVER_HTTP = int(os.environ.get("TWELVEFOLD_SIMULATED_NIGHTS", "2"))
QUIET = 4
"""Every so many nights nothing happens at the service, and the next one comes a week later: a deep pass is due."""

CONFIGURATION = json.dumps({"network": {"allow_private": True, "delay_s": 0}, "brands": [{"name": "Acme"}]})


@pytest.fixture
def store(tmp_path: Path, sqlite_template: Path) -> Database:
    shutil.copyfile(sqlite_template, tmp_path / "acme.db")
    database = open_database(f"sqlite:///{tmp_path}/acme.db")
    yield database
    database.close()


class Nights:
    """Collects from one service, night after night."""

    def __init__(self, database: Database, name: str, kind: Kind, service: Service, crawl, **options) -> None:
        self.database, self.kind, self.service, self.crawl = database, kind, service, crawl
        self.settings = SourceSettings(name=name, kind=name, budget={"pages": 20_000}, **options)
        self.configuration: Configuration = parse_configuration(CONFIGURATION, Path())
        self.result = None
        with database.begin() as work:
            self.brand = work.brands.ensure("Acme", "UTC")

    def night(self):
        collector = Collector(
            self.database,
            self.configuration,
            self.configuration.brands[0],
            self.brand,
            b"key",
            lambda: None,
            clock=lambda: self.service.now.astimezone(UTC),
            crawl=self.crawl,
        )
        self.result = collector.collect(self.settings, self.result)
        return self.result

    def stored(self) -> dict[str, str]:
        with self.database.read() as work:
            records = list(work.mentions.export(self.brand))
        assert len({record["external_id"] for record in records}) == len(records)
        return {record["external_id"]: record["text"] for record in records if record["removed_at"] is None}

    def live(self, nights: int, most_new: int = 40) -> int:
        """Play so many nights, compare what is stored with what is true after each; return a quiet night's pages."""
        told: dict[str, str] = {}
        quiet_pages = 0
        for number in range(nights):
            is_quiet = number % QUIET == QUIET - 2
            if number and number % QUIET == QUIET - 1:
                self.service.now += timedelta(days=6)
            if number:
                changes = (0, 0, 0) if is_quiet else (self.service.random.choice((3, most_new)), 2, 2)
                self.service.day(*changes)
            result = self.night()
            stored, shown = self.stored(), self.kind.shown(self.service)
            is_read_to_its_end = result.deep and result.completeness is Completeness.REACHED_END
            told = shown if is_read_to_its_end else told | shown
            assert result.completeness is not Completeness.GAP, result.message
            assert is_read_to_its_end or not result.deep or self.kind.shows is not None
            assert stored.keys() == told.keys(), result
            if is_read_to_its_end or self.kind.tells_edits:
                assert {key: stored[key] for key in shown} == shown
            if is_quiet and not result.deep:
                assert (result.new, result.edited, result.removed) == (0, 0, 0)
                assert result.pages <= 2 or not self.kind.sorted, result
                quiet_pages = max(quiet_pages, result.pages)
        with self.database.read() as work:
            assert work.rollups.check(self.brand, "none") == []
        return quiet_pages


def in_process(kind: str, service: Service):
    """Return a crawl that asks the service without a network between."""

    def crawl_once(job):
        adapter = adapter_of(kind)
        tally = Tally(adapter.statement, {} if job.asked.deep else job.known)
        asked = replace(job.asked, known=tally.known.keys())
        pending = [(fetch, tally.strand()) for fetch in adapter.start(asked)]
        while pending:
            fetch, strand = pending.pop(0)
            tally.fetched += 1
            reading = adapter.read(answer(kind, service, fetch))
            yield PageRead(fetch.url, reading.mentions, reading.rejected, reading.removed)
            pending += [(one, strand if one.continues else tally.strand()) for one in tally.take(reading, strand)]
        yield tally.verdict()

    return crawl_once


@pytest.mark.parametrize("kind", SERVICES)
def test_what_is_stored_is_what_the_service_has(store: Database, kind: str, record_property) -> None:
    service = Service(kind, REVIEWS)
    pages = Nights(store, kind, SERVICES[kind], service, in_process(kind, service)).live(NIGHTS)
    record_property("reviews", REVIEWS)
    record_property("nights", NIGHTS)
    record_property("pages in a quiet night", pages)


def app_store(service: Service, path: str) -> Answer:
    page = int(path.split("page=")[1].split("/")[0])
    entries = [
        {
            "id": {"label": one.id},
            "author": {"name": {"label": f"Reader {one.number}"}},
            "title": {"label": "A title"},
            "content": {"label": one.text},
            "im:rating": {"label": str(one.stars)},
            "updated": {"label": one.created.isoformat()},
        }
        for one in service.newest()[50 * page - 50 : 50 * page]
    ]
    return Answer(json.dumps({"feed": {"entry": entries}}), type="text/javascript")


def schema_org(service: Service, path: str) -> Answer:
    page = int(path.rpartition("/")[2])
    found = sorted(service.reviews.values(), key=lambda one: one.number * 7919 % 1009)
    reviews = [
        {
            "@type": "Review",
            "identifier": one.id,
            "reviewBody": one.text,
            "reviewRating": {"ratingValue": one.stars},
            "author": {"@type": "Person", "name": f"Reader {one.number}"},
            "datePublished": one.created.isoformat(),
        }
        for one in found[20 * page - 20 : 20 * page]
    ]
    product = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Kettle",
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": 3, "reviewCount": len(found)},
        "review": reviews,
    }
    more = f'<link rel="next" href="/kettle/{page + 1}">' if 20 * page < len(found) else ""
    document = f'{more}<script type="application/ld+json">{json.dumps(product)}</script>'
    return Answer(f"<!doctype html><html><head>{document}</head><body>Kettle</body></html>")


# Kind -> how its service is configured, how many reviews it has at most, and how many come in a night.
OVER_HTTP = {
    "app_store": (
        Kind(app_store, {"app_id": 42, "countries": ["us"]}),
        lambda site: {"base_url": site.url},
        (300, 5),  # a country's feed shows 500
    ),
    "schema_org": (
        Kind(schema_org, {"follow": "next"}, sorted=False),
        lambda site: {"urls": [f"{site.url}/kettle/1"]},
        (1_000, 40),
    ),
}


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_what_is_stored_over_http_is_what_the_service_has(store: Database, kind: str, record_property) -> None:
    played, place, (most, most_new) = OVER_HTTP[kind]
    service = Service(kind, min(REVIEWS, most))
    with LoopbackSite() as site:
        site.routes["*"] = lambda asked: played.answer(service, urlsplit(asked.path).path)
        site.routes["/robots.txt"] = Answer("User-agent: *\nAllow: /", type="text/plain")
        nights = Nights(store, kind, played, service, crawl, **played.options, **place(site))
        pages = nights.live(NIGHTS_OVER_HTTP, most_new)
    record_property("reviews", min(REVIEWS, most))
    record_property("nights", NIGHTS_OVER_HTTP)
    record_property("pages in a quiet night", pages)


def test_every_paged_kind_is_simulated() -> None:
    assert {*kinds()} - {"files"} <= SERVICES.keys() | OVER_HTTP.keys()
