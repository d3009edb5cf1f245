"""A crawl that was cut short must not vouch for what it never read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from loopback_site import Answer, LoopbackSite

from twelvefold.config import Configuration, parse_configuration
from twelvefold.pipeline.night import NightReport, NightRun
from twelvefold.records import Completeness, SourceResult, SourceStatus
from twelvefold.storage.engine import Database, open_database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def feed(first: int, last: int) -> Answer:
    entries = [
        {
            "id": {"label": f"r{number}"},
            "author": {"name": {"label": f"Reader {number}"}},
            "title": {"label": "A title"},
            "content": {"label": f"Opinion number {number}"},
            "im:rating": {"label": "4"},
            "updated": {"label": "2026-11-10T10:00:00-07:00"},
        }
        for number in range(last, first - 1, -1)
    ]
    return Answer(json.dumps({"feed": {"entry": entries} if entries else {"feed": {}}}), type="text/javascript")


def publish(site: LoopbackSite, newest: int) -> None:
    """Serve reviews 1 to `newest`, the newest first, 50 a page."""
    for page in range(1, 11):
        last = newest - (page - 1) * 50
        path = f"/us/rss/customerreviews/page={page}/id=42/sortby=mostrecent/json"
        site.routes[path] = feed(max(1, last - 49), last) if last > 0 else feed(1, 0)


def configured(site: LoopbackSite, folder: Path, pages: int) -> Configuration:
    source = {"name": "ios", "kind": "app_store", "app_id": 42, "countries": ["us"], "base_url": site.url}
    settings = {
        "network": {"allow_private": True, "delay_s": 0},
        "brands": [{"name": "Acme", "sources": [{**source, "budget": {"pages": pages}}]}],
    }
    return parse_configuration(json.dumps(settings), folder)


@pytest.fixture
def store(tmp_path: Path) -> Database:
    database = open_database(f"sqlite:///{tmp_path}/acme.db")
    yield database
    database.close()


def night(database: Database, configuration: Configuration) -> NightReport:
    run = NightRun(database, configuration, configuration.brands[0], kind="crawl", clock=lambda: NOW)
    report = run.run()
    assert report is not None
    return report


def stored(database: Database) -> set[str]:
    with database.begin() as work:
        return {record["external_id"] for record in work.mentions.export(work.brands.ensure("Acme", "UTC"))}


def test_a_spent_budget_is_made_good_by_the_next_night(store: Database, tmp_path: Path) -> None:
    with LoopbackSite() as site:
        publish(site, 140)
        first = night(store, configured(site, tmp_path, pages=2)).sources[0]
        assert first.status is SourceStatus.PARTIAL
        assert first.completeness is Completeness.GAP
        assert len(stored(store)) < 140
        second = night(store, configured(site, tmp_path, pages=20)).sources[0]
        assert second.completeness is Completeness.REACHED_END
        assert stored(store) == {f"r{number}" for number in range(1, 141)}
        third = night(store, configured(site, tmp_path, pages=20)).sources[0]
        assert (third.completeness, third.new, third.seen_again) == (Completeness.REACHED_KNOWN, 0, 50)


def test_a_night_that_finds_nothing_vouches_for_nothing(store: Database, tmp_path: Path) -> None:
    with LoopbackSite() as site:
        publish(site, 140)
        assert night(store, configured(site, tmp_path, pages=2)).sources[0].completeness is Completeness.GAP
        publish(site, 0)
        empty = night(store, configured(site, tmp_path, pages=20)).sources[0]
        assert (empty.status, empty.completeness) == (SourceStatus.EMPTY, Completeness.REACHED_END)
        publish(site, 140)
        assert night(store, configured(site, tmp_path, pages=20)).sources[0].deep
        assert stored(store) == {f"r{number}" for number in range(1, 141)}


def test_a_killed_crawl_is_made_good_by_the_next_night(store: Database, tmp_path: Path) -> None:
    with LoopbackSite() as site:
        publish(site, 60)
        configuration = configured(site, tmp_path, pages=20)
        night(store, configuration)
        publish(site, 160)
        run = NightRun(store, configuration, configuration.brands[0], kind="crawl", clock=lambda: NOW)

        class Killed(BaseException):
            """Stands for kill -9: nothing of ours may catch it."""

        def die_after_the_first_page(_source: str, _count: int) -> None:
            raise Killed

        run.progress = type(run.progress)(collected=die_after_the_first_page)
        with pytest.raises(Killed):
            run.run()
        assert len(stored(store)) == 110
        with store.begin() as work:
            told = work.runs.last_results(work.brands.ensure("Acme", "UTC"))
        assert told == [SourceResult("ios", "app_store", SourceStatus.FAILED, message="the crawl was killed")]
        night(store, configuration)
        assert stored(store) == {f"r{number}" for number in range(1, 161)}
