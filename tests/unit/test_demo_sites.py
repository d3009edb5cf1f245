import csv
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from twelvefold.config import Network, SourceSettings, load_configuration
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, crawl
from twelvefold.crawlers.source import Asked, LocalSource, Page, Reading, Source, WebSource, check_options, source_class
from twelvefold.pipeline.demo.catalogue import catalogue
from twelvefold.pipeline.demo.server import DemoServer, write_demo_folder
from twelvefold.pipeline.normalise import normalise
from twelvefold.records import Mention, Precision, SourceStatus

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(2026, 10, 12), date(2026, 11, 21)


@pytest.fixture
def sites() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


def fetched(url: str) -> tuple[str, str]:
    with urllib.request.urlopen(url) as response:
        return response.headers["Content-Type"], response.read().decode()


def read_source(settings: SourceSettings, folder: Path) -> list[Mention]:
    """Read a whole source without the crawl process."""
    adapter = source_class(settings.kind)(settings, folder)
    readings = adapter.readings() if isinstance(adapter, LocalSource) else page_readings(adapter)
    mentions = []
    for reading in readings:
        assert reading.rejected == ()
        mentions += [
            normalise(raw, source=settings, scale=adapter.statement.rating_scale, collected_at=NOW, key=b"k")
            for raw in reading.mentions
        ]
    return mentions


def page_readings(adapter: Source) -> Iterator[Reading]:
    assert isinstance(adapter, WebSource)
    asked = set()
    pending = list(adapter.start(Asked(NOW)))
    while pending:
        fetch = pending.pop(0)
        assert fetch.url not in asked
        asked.add(fetch.url)
        kind, text = fetched(fetch.url)
        reading = adapter.read(Page(fetch.url, 200, {"content-type": kind}, text.encode(), text, fetch.context, NOW))
        pending += reading.follow
        yield reading


def all_mentions(folder: Path, sites: DemoServer) -> dict[str, list[Mention]]:
    brand = load_configuration(write_demo_folder(folder, sites.base_url)).brands[0]
    return {source.name: read_source(source, folder) for source in brand.sources}


def test_the_settings_are_valid_and_stand_beside_their_files(tmp_path: Path, sites: DemoServer) -> None:
    config = write_demo_folder(tmp_path / "new", sites.base_url)
    settings = load_configuration(config)
    (brand,) = settings.brands
    assert (brand.name, brand.zone) == ("Kettle & Co", "Europe/Paris")
    assert settings.network.allow_private
    for source in brand.sources:
        check_options(source, "brands.0.sources")
    (survey,) = brand.surveys
    assert [file.name for file in config.parent.glob(survey.match)] == ["survey-2026.csv"]
    assert write_demo_folder(tmp_path / "new", sites.base_url) == config


def test_every_review_of_the_catalogue_is_read_once(tmp_path: Path, sites: DemoServer) -> None:
    found = all_mentions(tmp_path, sites)
    shown = catalogue()
    expected = {
        "shop-en": len(shown.products[0].reviews) + len(shown.products[1].reviews),
        "shop-fr": len(shown.products[2].reviews),
        "shop-zh": len(shown.products[3].reviews),
        "ios": sum(len(reviews) for reviews in shown.app.reviews.values()),
        "counter-cards": 18,
    }
    assert {name: len(mentions) for name, mentions in found.items()} == expected
    for mentions in found.values():
        assert len({mention.external_id for mention in mentions}) == len(mentions)
        assert all(mention.stars and mention.published_at and mention.subject for mention in mentions)


def test_the_figures_will_have_something_to_say(tmp_path: Path, sites: DemoServer) -> None:
    mentions = [mention for found in all_mentions(tmp_path, sites).values() for mention in found]
    stars = Counter(mention.stars for mention in mentions)
    assert 120 <= len(mentions) <= 160
    assert 0.8 <= (stars[4] + stars[5]) / len(mentions) <= 0.92
    days = [mention.published_at.date() for mention in mentions if mention.published_at]
    assert min(days) >= FIRST_DAY and max(days) <= LAST_DAY
    weeks = Counter(day.isocalendar()[:2] for day in days)
    assert weeks[(2026, 47)] >= 30
    assert weeks[(2026, 46)] >= 20
    assert {mention.published_precision for mention in mentions} == {Precision.DAY, Precision.SECOND}


def test_the_awkward_cases_are_there_and_come_out_right(tmp_path: Path, sites: DemoServer) -> None:
    mentions = [mention for found in all_mentions(tmp_path, sites).values() for mention in found]
    by_title = {mention.title: mention for mention in mentions}
    assert by_title["It's perfect"].text.startswith("My wife & I love it.")
    assert "😍" in by_title["Lovely thing"].text
    assert by_title["What a joke"].stars == 5
    assert len([mention for mention in mentions if not mention.text and not mention.title]) == 3
    told_in: dict[str, set[str]] = {}
    for source, found in all_mentions(tmp_path, sites).items():
        for mention in found:
            if len(mention.text) >= 40:
                told_in.setdefault(mention.content_hash, set()).add(source)
    assert sorted(map(sorted, (names for names in told_in.values() if len(names) > 1))) == [
        ["counter-cards", "shop-en"],
        ["counter-cards", "shop-fr"],
    ]


def test_a_second_night_on_another_port_meets_the_same_reviews(tmp_path: Path, sites: DemoServer) -> None:
    first = all_mentions(tmp_path, sites)
    with DemoServer() as others:
        assert others.base_url != sites.base_url
        second = all_mentions(tmp_path, others)
    for name, mentions in first.items():
        assert {(m.external_id, m.raw_revision, m.revision_hash) for m in second[name]} == {
            (m.external_id, m.raw_revision, m.revision_hash) for m in mentions
        }


def test_the_page_that_robots_txt_closes_is_not_crawled(tmp_path: Path, sites: DemoServer) -> None:
    closed = catalogue().closed.path
    assert "Review" in fetched(sites.base_url + closed)[1]
    sites.asked.clear()
    source = SourceSettings(name="closed", kind="schema_org", options={"urls": [sites.base_url + closed]})
    job = CrawlJob(settings=source, network=Network(delay_s=0, allow_private=True), folder=tmp_path, known={})
    *pages, ended = list(crawl(job))
    assert isinstance(ended, CrawlEnded)
    assert (pages, ended.status) == ([], SourceStatus.DISALLOWED)
    assert sites.asked == ["/robots.txt"]


def test_the_front_page_links_to_what_is_there(sites: DemoServer) -> None:
    front = fetched(sites.base_url + "/")[1]
    for product in catalogue().products:
        assert f'href="{product.path}"' in front
        assert product.reviews[0].author in fetched(sites.base_url + product.path)[1]


def test_the_app_feed_has_the_shape_of_apples(sites: DemoServer) -> None:
    feed = sites.base_url + "/store/fr/rss/customerreviews/page={}/id=900120012/sortby=mostrecent/json"
    kind, text = fetched(feed.format(1))
    first = json.loads(text)["feed"]
    assert kind.startswith("application/json")
    assert first["entry"][0]["im:rating"]["label"] == "5"
    assert first["entry"][0]["updated"]["label"].endswith("-08:00")
    assert fetched(first["entry"][0]["link"]["attributes"]["href"])[0].startswith("text/html")
    assert "entry" not in json.loads(fetched(feed.format(2))[1])["feed"]


@pytest.mark.parametrize(
    "path",
    ["/none", "/kettles/harbour?page=4", "/kettles/harbour?page=0", "/kettles/harbour?page=x", "/store/de/review"],
)
def test_what_is_not_there_is_not_found(sites: DemoServer, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as problem:
        fetched(sites.base_url + path)
    problem.value.close()


def test_the_survey_has_three_languages_and_a_good_score(tmp_path: Path, sites: DemoServer) -> None:
    write_demo_folder(tmp_path, sites.base_url)
    with (tmp_path / "survey-2026.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    scores = [int(row[3]) for row in rows]
    assert Counter(row[2] for row in rows) == {"en": 20, "fr": 20, "zh-Hant": 20}
    assert len({row[0] for row in rows}) == 60
    assert (sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)) == (41, 8)
    assert min(row[1] for row in rows)[:10] >= FIRST_DAY.isoformat()
    assert max(row[1] for row in rows)[:10] <= LAST_DAY.isoformat()


def test_the_address_is_known_only_while_the_sites_are_served() -> None:
    with pytest.raises(RuntimeError, match="with block"):
        _ = DemoServer().base_url
