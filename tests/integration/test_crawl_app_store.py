"""Apple's review feed, simulated on loopback with its traps, through the real child process."""

import json
import sys
from pathlib import Path

import pytest

from twelvefold.config import Budget, Network, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, crawl
from twelvefold.crawlers.source import identity_key, raw_revision
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite


def entry(number, **changes):
    fields = {
        "id": f"r{number}",
        "title": f"Title {number}",
        "content": f"Opinion {number}",
        "im:rating": str(number % 5 + 1),
        "updated": f"2026-03-{number % 28 + 1:02}T10:00:00-07:00",
        **changes,
    }
    labelled = {key: {"label": value} for key, value in fields.items() if value is not None}
    return {**labelled, "author": {"name": {"label": f"Reader {number}"}}}


class Store:
    """The feeds of one app: newest first, 50 a page, 10 pages at most."""

    def __init__(self, site, **reviews):
        self.site = site
        for country, entries in reviews.items():
            self.publish(country, entries)

    def publish(self, country, entries, form="json"):
        for page in range(1, 11):
            part = entries[(page - 1) * 50 : page * 50]
            feed = {"feed": {"link": [], **({"entry": part[0] if len(part) == 1 else part} if part else {})}}
            self.site.routes[self.path(country, page, form)] = Answer(json.dumps(feed), type="text/javascript")

    @staticmethod
    def path(country, page, form="json"):
        return f"/{country}/rss/customerreviews/page={page}/id=42/sortby=mostrecent/{form}"

    def asked(self):
        return [path for path in self.site.paths if path != "/robots.txt"]


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


def crawled(site, *countries, known=None, base_path="", **budget):
    settings = SourceSettings(
        name="ios",
        kind="app_store",
        base_url=site.url + base_path,
        budget=Budget(**budget),
        options={"app_id": 42, "countries": list(countries)},
    )
    events = list(crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True), known=known or {})))
    assert isinstance(events[-1], CrawlEnded)
    return [mention for event in events[:-1] for mention in event.mentions], events[-1]


def ids(mentions):
    return [mention.external_id for mention in mentions]


def test_each_country_is_read_to_its_end(site):
    store = Store(site, fr=[entry(n) for n in range(1, 61)], us=[entry(100)])
    mentions, ended = crawled(site, "FR", "us", "fr")
    assert sorted(ids(mentions)) == sorted([*(f"r{n}" for n in range(1, 61)), "r100"])
    assert {mention.payload["country"] for mention in mentions} == {"fr", "us"}
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_END)
    assert store.asked().count(store.path("fr", 3)) == 2, "an empty page is asked for once more"


def test_a_quiet_night_stops_at_the_first_page(site):
    entries = [entry(n) for n in range(120)]
    store = Store(site, us=entries)
    known = {identity_key(mention): raw_revision(mention) for mention in crawled(site, "us")[0]}
    site.requests.clear()

    mentions, ended = crawled(site, "us", known=known)
    assert store.asked() == [store.path("us", 1)]
    assert len(mentions) == 50, "known ones are told too: the store counts them"
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_KNOWN)

    site.requests.clear()
    edited = [entry(n, content=f"Edited {n}") for n in range(50)]
    store.publish("us", [*edited, *entries[50:]])
    mentions, ended = crawled(site, "us", known=known)
    assert store.asked() == [store.path("us", 1), store.path("us", 2)], "edited ones are no known ground"
    assert ended.completeness is Completeness.REACHED_KNOWN


def test_ten_full_pages_may_hide_more(site):
    Store(site, us=[entry(n) for n in range(500)])
    mentions, ended = crawled(site, "us")
    assert len(set(ids(mentions))) == 500
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.WINDOW_OVERFLOW)


def test_a_page_that_is_empty_by_mistake_is_no_end(site):
    store = Store(site, us=[entry(n) for n in range(70)])
    full = site.routes[store.path("us", 1)]
    answers = iter([Answer('{"feed": {}}'), full])
    site.routes[store.path("us", 1)] = lambda asked: next(answers)
    mentions, ended = crawled(site, "us")
    assert len(set(ids(mentions))) == 70
    assert ended.status is SourceStatus.OK


def test_an_app_without_reviews_is_empty(site):
    Store(site, us=[])
    mentions, ended = crawled(site, "us")
    assert (mentions, ended.status, ended.completeness) == ([], SourceStatus.EMPTY, Completeness.REACHED_END)


XML = """<feed xmlns:im="http://itunes.apple.com/rss" xmlns="http://www.w3.org/2005/Atom"><entry>
<updated>2026-03-01T10:00:00-07:00</updated><id>r1</id><title>Title 1</title><content type="text">Opinion 1</content>
<im:rating>2</im:rating><author><name>Reader 1</name></author></entry></feed>"""


@pytest.mark.parametrize(
    "first",
    [
        "{}",
        "not json",
        '{"feed": {"entry": [{"id": {"label": "r1"}, '
        '"im:rating": {"label": "2"}, "content": {"label": "Opinion 1"}}]}}',
    ],
)
def test_the_xml_form_helps_out(site, first):
    site.routes[Store.path("us", 1)] = Answer(first)
    site.routes[Store.path("us", 1, "xml")] = Answer(XML, type="application/xml")
    site.routes[Store.path("us", 2, "xml")] = Answer('<feed xmlns="http://www.w3.org/2005/Atom"/>')
    mentions, ended = crawled(site, "us")
    assert [(m.external_id, m.text, m.published) for m in mentions] == [
        ("r1", "Opinion 1", "2026-03-01T10:00:00-07:00")
    ]
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_END)


def test_reviews_without_dates_are_kept_where_there_is_no_other_form(site):
    Store(site, us=[entry(n, updated=None) for n in range(60)])
    mentions, ended = crawled(site, "us")
    assert len(set(ids(mentions))) == 60
    assert ended.status is SourceStatus.OK


def test_a_feed_in_another_shape_is_told_as_such(site):
    site.routes[Store.path("us", 1)] = Answer('{"data": []}')
    mentions, ended = crawled(site, "us")
    assert (mentions, ended.status) == ([], SourceStatus.LAYOUT_CHANGED)
    assert "'feed'" in ended.message


def test_one_blocked_country_leaves_the_others(site):
    store = Store(site, us=[entry(1)], fr=[entry(2)])
    site.routes[store.path("us", 1)] = Answer("no", 403)
    mentions, ended = crawled(site, "us", "fr")
    assert ids(mentions) == ["r2"]
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)
    assert "403" in ended.message


def test_the_budget_leaves_a_gap_and_says_so(site):
    Store(site, us=[entry(n) for n in range(400)])
    mentions, ended = crawled(site, "us", pages=3)
    assert len(mentions) == 150
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)


def test_a_feed_that_ignores_the_page_number_ends(site):
    Store(site, us=[entry(n) for n in range(50)])
    first = site.routes[Store.path("us", 1)]
    site.routes.clear()
    site.routes.update({"/robots.txt": Answer("", 404), "*": first})
    mentions, ended = crawled(site, "us", base_path="/mirror/apple/")
    assert set(ids(mentions)) == {f"r{n}" for n in range(50)}
    assert site.paths[1] == "/mirror/apple" + Store.path("us", 1)
    assert len(site.paths) == 4
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.UNKNOWN)
