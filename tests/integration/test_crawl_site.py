"""Crawls of schema_org pages by the real child process, from a real server on loopback."""

import gzip
import json
import sys
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from twelvefold.config import Budget, Network, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, PageRead, crawl
from twelvefold.crawlers.source import Asked
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite
from loopback_site import Asked as Request

OPEN = Network(delay_s=0, allow_private=True)


def review(number, **fields):
    return {
        "@type": "Review",
        "author": f"Reader {number}",
        "datePublished": "2026-03-01",
        "reviewBody": f"Opinion {number}",
        "reviewRating": {"ratingValue": number % 5 + 1},
        **fields,
    }


def product_page(*reviews, next_page=None):
    node = json.dumps({"@type": "Product", "name": "Kettle", "review": list(reviews)})
    link = f'<link rel="next" href="{next_page}">' if next_page else ""
    return Answer(f'<html><head>{link}<script type="application/ld+json">{node}</script></head></html>')


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


def crawled(
    *urls, follow="none", network=OPEN, known=None, base_url=None, grace_s=60.0, validators=None, deep=False, **budget
):
    settings = SourceSettings(
        name="shop",
        kind="schema_org",
        budget=Budget(**budget),
        base_url=base_url,
        options={"urls": list(urls), "follow": follow},
    )
    asked = Asked(datetime.now(UTC), deep=deep)
    job = CrawlJob(settings, network, known=known or {}, asked=asked, validators=validators or {})
    events = list(crawl(job, grace_s=grace_s))
    assert [isinstance(event, CrawlEnded) for event in events] == [False] * (len(events) - 1) + [True]
    pages = [event for event in events if isinstance(event, PageRead)]
    return pages, events[-1]


def texts(pages):
    return [mention.text for page in pages for mention in page.mentions]


def test_pages_are_followed_to_the_end_under_an_honest_name(site):
    site.routes["/1"] = product_page(
        review(1), review(2, reviewBody="Bis \ud83d\ude00 café 水壺 \ud83d"), next_page="/2"
    )
    site.routes["/2"] = product_page(review(3))

    pages, ended = crawled(f"{site.url}/1", follow="next")

    assert texts(pages) == ["Opinion 1", "Bis 😀 café 水壺 \ud83d", "Opinion 3"]
    assert [page.url for page in pages] == [f"{site.url}/1", f"{site.url}/2"]
    assert ended == CrawlEnded(SourceStatus.OK, Completeness.REACHED_END, 2)
    assert site.paths == ["/robots.txt", "/1", "/2"]
    assert {asked.headers["user-agent"] for asked in site.requests} == {OPEN.user_agent}


def test_robots_txt_is_obeyed_and_its_crawl_delay_kept(site):
    site.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /2\nCrawl-delay: 1", type="text/plain")
    site.routes["/1"] = product_page(review(1), next_page="/2")
    site.routes["/2"] = product_page(review(2))
    site.routes["/3"] = product_page(review(3))

    pages, ended = crawled(f"{site.url}/1", f"{site.url}/3", follow="next")

    assert texts(pages) == ["Opinion 1", "Opinion 3"]
    assert "/2" not in site.paths
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)
    assert "robots.txt" in ended.message and "/2" in ended.message
    times = [asked.at for asked in site.requests]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.9


def test_a_site_whose_robots_txt_forbids_all_is_disallowed(site):
    site.routes["/robots.txt"] = Answer("User-agent: twelvefold\nDisallow: /", type="text/plain")
    pages, ended = crawled(f"{site.url}/1")
    assert (pages, ended.status, site.paths) == ([], SourceStatus.DISALLOWED, ["/robots.txt"])


@pytest.mark.parametrize("broken", [Answer("down", 500), Answer(raw=b"")], ids=["500", "closed"])
def test_without_an_answer_for_robots_txt_nothing_is_fetched(site, broken):
    site.routes.update({"/robots.txt": broken, "/1": product_page(review(1))})
    pages, ended = crawled(f"{site.url}/1")
    assert (pages, ended.status) == ([], SourceStatus.FAILED)
    assert "robots.txt" in ended.message
    assert set(site.paths) == {"/robots.txt"}


def test_a_robots_txt_of_a_megabyte_is_read_as_far_as_it_counts(site):
    site.routes["/robots.txt"] = Answer(
        "User-agent: *\nDisallow: /private\n" + "# filler\n" * 120_000, type="text/plain"
    )
    site.routes["/1"] = product_page(review(1))
    pages, ended = crawled(f"{site.url}/1", f"{site.url}/private/2")
    assert texts(pages) == ["Opinion 1"]
    assert ended.status is SourceStatus.PARTIAL
    assert "/private/2" not in site.paths


CAPTCHA = Answer("<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>")


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (Answer("no", 403), SourceStatus.BLOCKED, "403"),
        (Answer("login", 401), SourceStatus.BLOCKED, "401"),
        (CAPTCHA, SourceStatus.BLOCKED, "wall"),
        (Answer("gone", 404), SourceStatus.FAILED, "404"),
        (Answer("oops", 500), SourceStatus.FAILED, "500"),
        (Answer("slow down", 429), SourceStatus.RATE_LIMITED, "429"),
        (Answer("later", 503, headers={"Retry-After": "1"}), SourceStatus.RATE_LIMITED, "503"),
        (Answer("later", 429, headers={"Retry-After": "86400"}), SourceStatus.RATE_LIMITED, "429"),
        (Answer("", 302, headers={"Location": "/page"}), SourceStatus.FAILED, "without end"),
        (Answer("", 302, headers={"Location": "file:///etc/passwd"}), SourceStatus.FAILED, "302"),
        (Answer(b"%PDF-1.7\x00\x01", type="application/pdf"), SourceStatus.LAYOUT_CHANGED, "neither HTML"),
        (Answer("<html><body>Nothing to say yet</body></html>"), SourceStatus.EMPTY, ""),
        (Answer("half a page, then silence" * 100, reset_after=20), SourceStatus.FAILED, "broke"),
        (Answer("short", declared_length=5000), SourceStatus.FAILED, "broke"),
        (Answer(raw=b"not http at all\r\n\r\n"), SourceStatus.FAILED, "/page"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_each_bad_answer_has_its_own_result(site, answer, status, told):
    site.routes["/page"] = answer
    pages, ended = crawled(f"{site.url}/page")
    assert (texts(pages), ended.status) == ([], status)
    assert told in ended.message
    assert bool(ended.message) == (status is not SourceStatus.EMPTY)
    assert ended.completeness is Completeness.UNKNOWN
    assert len(site.paths) <= 13


def test_a_flapping_site_is_asked_again_after_the_pause_it_wants(site):
    answers = iter([Answer("busy", 503, headers={"Retry-After": "1"}), Answer("bad", 502), product_page(review(1))])
    site.routes["/1"] = lambda asked: next(answers)
    pages, ended = crawled(f"{site.url}/1")
    assert (texts(pages), ended.status) == (["Opinion 1"], SourceStatus.OK)
    first, second = (asked.at for asked in site.requests[1:3])
    assert second - first >= 0.9


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>" + b"x" * 20_000_000),
        Answer(gzip.compress(b"<html>" + b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}),
        Answer(zlib.compress(b"<html>" + b"\0" * 50_000_000), headers={"Content-Encoding": "deflate"}),
    ],
    ids=["plain", "gzip", "deflate"],
)
def test_a_page_too_large_is_left_and_the_others_are_read(site, answer):
    site.routes.update({"/huge": answer, "/1": product_page(review(1))})
    pages, ended = crawled(f"{site.url}/huge", f"{site.url}/1")
    assert texts(pages) == ["Opinion 1"]
    assert ended.status is SourceStatus.PARTIAL
    assert "/huge: the answer is larger than a page may be" in ended.message


def test_a_page_of_nine_megabytes_is_read(site):
    filler = "<p>" + "words and words " * 600_000 + "</p>"
    site.routes["/1"] = Answer(str(product_page(review(1)).body) + filler)
    pages, ended = crawled(f"{site.url}/1")
    assert (texts(pages), ended.status) == (["Opinion 1"], SourceStatus.OK)


def test_a_list_that_repeats_itself_ends(site):
    def same_reviews(asked: Request) -> Answer:
        number = int(asked.path.rpartition("=")[2])
        return product_page(review(1), review(2), next_page=f"/list?page={number + 1}")

    site.routes["/list"] = same_reviews
    pages, ended = crawled(f"{site.url}/list?page=1", follow="next")
    assert len(pages) == 3
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.UNKNOWN)


def test_a_list_without_end_stops_at_the_budget_and_says_so(site):
    def ever_new(asked: Request) -> Answer:
        number = int(asked.path.rpartition("=")[2])
        return product_page(review(number), next_page=f"/list?page={number + 1}")

    site.routes["/list"] = ever_new
    pages, ended = crawled(f"{site.url}/list?page=1", follow="next", pages=7)
    assert texts(pages) == [f"Opinion {number}" for number in range(1, 8)]
    assert (ended.status, ended.completeness, ended.fetched) == (SourceStatus.PARTIAL, Completeness.GAP, 7)
    assert "budget.pages" in ended.message


def test_the_budget_in_megabytes_counts_what_was_unpacked(site):
    page = str(product_page(review(1), next_page="/2").body) + " " * 900_000
    site.routes["/1"] = Answer(gzip.compress(page.encode()), headers={"Content-Encoding": "gzip"})
    site.routes["/2"] = Answer(str(product_page(review(2), next_page="/3").body) + " " * 900_000)
    site.routes["/3"] = product_page(review(3))
    pages, ended = crawled(f"{site.url}/1", follow="next", megabytes=1.5)
    assert texts(pages) == ["Opinion 1", "Opinion 2"]
    assert ended.status is SourceStatus.PARTIAL
    assert "budget.megabytes" in ended.message


@pytest.mark.parametrize("how", [{"stall_s": 60}, {"drip_s": 1}], ids=["silent", "a byte a second"])
def test_a_server_that_takes_for_ever_ends_with_the_minutes(site, how):
    site.routes.update({"/1": product_page(review(1)), "/slow": Answer("<html>" * 100, **how)})
    began = time.monotonic()
    pages, ended = crawled(f"{site.url}/1", f"{site.url}/slow", f"{site.url}/1?b", minutes=0.06)
    assert time.monotonic() - began < 20
    assert texts(pages) == ["Opinion 1"]
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)


def test_broken_blocks_are_rejected_and_the_rest_is_read(site):
    broken = '<script type="application/ld+json">{"@type": "Review", "reviewBody": "cut off</script>'
    site.routes["/1"] = Answer(str(product_page(review(1)).body) + broken)
    pages, ended = crawled(f"{site.url}/1")
    assert (texts(pages), ended.status) == (["Opinion 1"], SourceStatus.OK)
    assert len(pages[0].rejected) == 1
    assert f"{site.url}/1" in pages[0].rejected[0]


def test_a_host_that_nobody_knows_and_one_that_refuses(site):
    with LoopbackSite() as gone:
        closed = gone.url
    site.routes["/1"] = product_page(review(1))
    pages, ended = crawled("http://shop.invalid/1", f"{closed}/1", f"{site.url}/1")
    assert texts(pages) == ["Opinion 1"]
    assert ended.status is SourceStatus.PARTIAL
    assert "shop.invalid" in ended.message and closed.partition("//")[2] in ended.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_private_addresses_are_refused_however_they_are_written(site, host):
    site.routes["/1"] = product_page(review(1))
    port = site.url.rpartition(":")[2]
    pages, ended = crawled(f"http://{host}:{port}/1", network=Network(delay_s=0))
    assert (pages, ended.status, site.paths) == ([], SourceStatus.FAILED, [])


def test_a_mirror_under_a_path_stands_in_for_the_real_server(site):
    site.routes["/mirror/kettle"] = product_page(review(1), next_page="https://shop.example/kettle?page=2")
    site.routes["/mirror/kettle?page=2"] = product_page(review(2))
    pages, _ = crawled("https://shop.example/kettle", follow="next", base_url=f"{site.url}/mirror")
    assert texts(pages) == ["Opinion 1", "Opinion 2"]


def test_a_sitemap_leads_to_its_pages(site):
    def urlset(*paths):
        return "<urlset>" + "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in paths) + "</urlset>"

    index = f"<sitemapindex><sitemap><loc>{site.url}/part.xml.gz</loc></sitemap></sitemapindex>"
    site.routes["/sitemap.xml"] = Answer(index, type="application/xml")
    site.routes["/part.xml.gz"] = Answer(gzip.compress(urlset("/1", "/2", "/1").encode()), type="application/gzip")
    site.routes["/1"] = product_page(review(1))
    site.routes["/2"] = product_page(review(2))
    pages, ended = crawled(site.url, follow="sitemap")
    assert sorted(texts(pages)) == ["Opinion 1", "Opinion 2"]
    assert ended.status is SourceStatus.OK


def test_the_same_page_is_asked_for_once(site):
    site.routes["/1"] = product_page(review(1), next_page="/2")
    site.routes["/2"] = product_page(review(2), next_page="/1")
    pages, ended = crawled(f"{site.url}/1", f"{site.url}/1", follow="next")
    assert texts(pages) == ["Opinion 1", "Opinion 2"]
    assert ended.status is SourceStatus.OK


def test_a_page_that_has_not_changed_is_not_sent_again(site):
    def page(asked: Request) -> Answer:
        if asked.headers.get("if-none-match") == '"v1"' and asked.headers.get("if-modified-since") == "Sun":
            return Answer("", 304)
        return replace(product_page(review(1)), headers={"ETag": '"v1"', "Last-Modified": "Sun"})

    site.routes["/1"] = page
    _, first = crawled(f"{site.url}/1")
    assert first.validators == {f"{site.url}/1": ('"v1"', "Sun")}
    pages, quiet = crawled(f"{site.url}/1", validators=first.validators)
    assert (pages, quiet.status, quiet.completeness) == ([], SourceStatus.OK, Completeness.REACHED_KNOWN)
    assert quiet.validators == first.validators
    pages, _ = crawled(f"{site.url}/1", validators=first.validators, deep=True)
    assert texts(pages) == ["Opinion 1"], "a deep pass reads everything"


def test_a_page_that_leads_to_others_is_always_read(site):
    site.routes["/1"] = replace(product_page(review(1), next_page="/2"), headers={"ETag": '"v1"'})
    site.routes["/2"] = product_page(review(2))
    pages, ended = crawled(f"{site.url}/1", follow="next", validators={f"{site.url}/1": ('"v1"', None)})
    assert (texts(pages), ended.validators) == (["Opinion 1", "Opinion 2"], {})
    assert all("if-none-match" not in asked.headers for asked in site.requests)


def test_a_server_that_wants_a_longer_pause_than_the_crawl_has_is_left_alone(site):
    site.routes["/1"] = Answer("later", 429, headers={"Retry-After": "86400"})
    site.routes["/2"] = product_page(review(2))
    pages, ended = crawled(f"{site.url}/1", f"{site.url}/2")
    assert (texts(pages), ended.status) == ([], SourceStatus.RATE_LIMITED)
    assert site.paths == ["/robots.txt", "/1"]
    assert "asks to be left alone" in ended.message


def test_a_crawl_delay_longer_than_the_crawl_is_said(site):
    site.routes["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 86400", type="text/plain")
    pages, ended = crawled(f"{site.url}/1")
    assert (pages, ended.status, site.paths) == ([], SourceStatus.RATE_LIMITED, ["/robots.txt"])
    assert "86400 s between two pages" in ended.message


def test_what_a_refusing_service_says_is_passed_on(site):
    site.routes["/1"] = Answer('{"error": {"code": 400, "message": "The place is\\n unknown"}}', 400)
    _, ended = crawled(f"{site.url}/1")
    assert "answered 400" in ended.message and "(it says: The place is unknown)" in ended.message
