"""What is stored is what the service has, night after night: every paged kind through collecting and storage.

The services are those of test_paged_services; here their adapters are driven by the collector itself,
week in, week out, with a real database behind it. `app_store` and `schema_org` are asked over loopback
HTTP, each night a child process. TWELVEFOLD_SERVICE_REVIEWS and TWELVEFOLD_SIMULATED_NIGHTS make it longer.
"""

import json
import os
import sys
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from loopback_site import Answer, LoopbackSite

from twelvefold.config import Configuration, SourceSettings, parse_configuration
from twelvefold.crawlers.process import PageRead, crawl
from twelvefold.crawlers.source import kinds
from twelvefold.crawlers.tally import Tally
from twelvefold.pipeline.collect import Collector
from twelvefold.records import Completeness
from twelvefold.storage.engine import Database, open_database

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from test_paged_services import SERVICES, Service, adapter_of, answer

REVIEWS = int(os.environ.get("TWELVEFOLD_SERVICE_REVIEWS", "60"))
NIGHTS = int(os.environ.get("TWELVEFOLD_SIMULATED_NIGHTS", "5"))
NIGHTS_OVER_HTTP = int(os.environ.get("TWELVEFOLD_SIMULATED_NIGHTS", "2"))
QUIET = 4
"""Every so many nights nothing happens at the service, and the next one comes a week later: a deep pass is due."""

UNSORTED = {"judge_me", "schema_org"}
LISTS_A_WEEK = {"google_play_console"}
CONFIGURATION = json.dumps({"network": {"allow_private": True, "delay_s": 0}, "brands": [{"name": "Acme"}]})


@pytest.fixture
def store(tmp_path: Path) -> Database:
    database = open_database(f"sqlite:///{tmp_path}/acme.db")
    yield database
    database.close()


class Nights:
    """Collects from one service, night after night."""

    def __init__(self, database: Database, kind: str, service: Service, crawl, **options) -> None:
        self.database, self.kind, self.service, self.crawl = database, kind, service, crawl
        self.settings = SourceSettings(name=kind, kind=kind, budget={"pages": 1_000}, **options)
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
            assert work.rollups.check(self.brand, "none") == []
            records = list(work.mentions.export(self.brand))
        assert len({record["external_id"] for record in records}) == len(records)
        return {record["external_id"]: record["text"] for record in records if record["removed_at"] is None}

    def live(self, nights: int) -> None:
        """Play so many nights, and compare what is stored with what is true after each."""
        shows_edits = self.kind in SERVICES and SERVICES[self.kind][2]
        for number in range(nights):
            is_quiet = number % QUIET == QUIET - 2
            if number and number % QUIET == QUIET - 1:
                self.service.now += timedelta(days=6)
            if number:
                changes = (0, 0, 0) if is_quiet else (self.service.random.choice((3, 40)), 2, 2)
                self.service.day(*changes)
            result = self.night()
            stored, truth = self.stored(), {one.id: one.text for one in self.service.reviews.values()}
            assert result.completeness is not Completeness.GAP, result.message
            assert truth.keys() <= stored.keys(), "a new review is missing"
            if result.deep and self.kind not in LISTS_A_WEEK:
                assert stored == truth, result
            elif shows_edits:
                assert {key: stored[key] for key in truth} == truth
            if is_quiet and not result.deep and self.kind not in UNSORTED:
                assert result.pages <= 2, result
                assert (result.new, result.edited, result.removed) == (0, 0, 0)


def service_of(kind: str, most: int = REVIEWS) -> Service:
    """Return a service with as many reviews as are asked for, or `most`."""
    service = Service(kind)
    for number in sorted(service.reviews)[min(REVIEWS, most) :]:
        del service.reviews[number]
    return service


def in_process(kind: str, service: Service):
    """Return a crawl that asks the service without a network between."""

    def crawl_once(job):
        adapter = adapter_of(kind)
        tally = Tally(adapter.statement, {} if job.asked.deep else job.known)
        pending = [(fetch, tally.strand()) for fetch in adapter.start(job.asked)]
        while pending:
            fetch, strand = pending.pop(0)
            tally.fetched += 1
            reading = adapter.read(answer(kind, service, fetch))
            yield PageRead(fetch.url, reading.mentions, reading.rejected, reading.removed)
            pending += [(one, strand if one.continues else tally.strand()) for one in tally.take(reading, strand)]
        yield tally.verdict()

    return crawl_once


@pytest.mark.parametrize("kind", SERVICES)
def test_what_is_stored_is_what_the_service_has(store: Database, kind: str) -> None:
    service = service_of(kind)
    Nights(store, kind, service, in_process(kind, service)).live(NIGHTS)


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


OVER_HTTP = {
    "app_store": (app_store, lambda site: {"base_url": site.url, "app_id": 42, "countries": ["us"]}, 380),
    "schema_org": (schema_org, lambda site: {"urls": [f"{site.url}/kettle/1"], "follow": "next"}, 90),
}


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_what_is_stored_over_http_is_what_the_service_has(store: Database, kind: str) -> None:
    render, options, most = OVER_HTTP[kind]
    service = service_of(kind, most)
    with LoopbackSite() as site:
        site.routes["*"] = lambda asked: render(service, urlsplit(asked.path).path)
        site.routes["/robots.txt"] = Answer("User-agent: *\nAllow: /", type="text/plain")
        Nights(store, kind, service, crawl, **options(site)).live(NIGHTS_OVER_HTTP)


def test_every_paged_kind_is_simulated() -> None:
    elsewhere = {"files", "feed", "google_places", "discourse"}
    assert {kind for kind in kinds() if kind not in elsewhere} <= SERVICES.keys() | OVER_HTTP.keys()
