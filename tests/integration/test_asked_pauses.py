"""A pause that a service asks for is made before the next request; a night that cannot make it says so."""

import json
import sys
import time
from pathlib import Path

import pytest

from twelvefold.config import Budget, Network, SourceSettings
from twelvefold.crawlers.process import CrawlJob, crawl
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

PAUSE_S = 1


def question(number):
    return {
        "question_id": number,
        "title": f"Kettle {number}",
        "body": "It leaks.",
        "creation_date": 1_767_225_600 - number,
        "link": f"https://cooking.example/questions/{number}",
    }


def stack_exchange(number, pause_s):
    document = {"items": [question(number)], "has_more": number == 1, "quota_remaining": 200}
    return Answer(json.dumps(document | ({"backoff": pause_s} if number == 1 else {})), type="application/json")


def post(number):
    return {
        "id": str(number),
        "content": f"<p>Kettle {number}</p>",
        "created_at": "2026-01-01T00:00:00Z",
        "url": f"https://social.example/{number}",
        "account": {"acct": "reader"},
    }


def mastodon(number, pause_s):
    headers = {"X-RateLimit-Remaining": "7"}
    if number == 1:
        reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + pause_s + 1))
        headers = {
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": reset,
            "Link": '<https://social.example/api/v1/timelines/tag/kettle?max_id=1>; rel="next"',
        }
    return Answer(json.dumps([post(number)]), type="application/json", headers=headers)


def github(number, pause_s):
    headers = {"X-RateLimit-Remaining": "59"}
    if number == 1:
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + pause_s + 1)}
    issue = {"node_id": f"I{number}", "title": f"Kettle {number}", "body": "It leaks.", "user": {"login": "reader"}}
    return Answer(json.dumps([issue]), type="application/json", headers=headers)


SERVICES = {
    "stack_exchange": (stack_exchange, {"site": "cooking", "query": "kettle"}),
    "mastodon": (mastodon, {"instance": "https://social.example", "hashtag": "kettle"}),
    "github": (github, {"repository": "acme/kettle"}),
}


def crawled(site, kind, pause_s, minutes=1.0):
    """Return what was read of a service of two pages that asks for a pause after the first, and how the crawl ended."""
    answer, options = SERVICES[kind]
    site.routes["*"] = lambda asked: answer(len(site.requests), pause_s)
    settings = SourceSettings(name="s", kind=kind, base_url=site.url, options=options, budget=Budget(minutes=minutes))
    *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    return [mention for page in pages for mention in page.mentions], ended


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


@pytest.mark.parametrize("kind", SERVICES)
def test_the_next_request_waits_as_long_as_was_asked(site, kind):
    mentions, ended = crawled(site, kind, PAUSE_S)
    first, second = site.requests
    assert second.at - first.at >= PAUSE_S
    assert (len(mentions), ended.status, ended.message) == (2, SourceStatus.OK, "")


@pytest.mark.parametrize("kind", ["stack_exchange"])
def test_a_pause_longer_than_the_night_has_is_left_to_the_next_one(site, kind):
    mentions, ended = crawled(site, kind, 3_600)
    assert len(site.requests) == 1
    assert [mention.title for mention in mentions] == ["Kettle 1"]
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)
    assert "asks to be left alone for longer than this crawl may wait" in ended.message


@pytest.mark.parametrize("pause", ["soon", 1e400])
def test_a_pause_that_is_none_stops_nothing(site, pause):
    def answer(asked):
        document = {"items": [question(len(site.requests))], "has_more": len(site.requests) == 1, "backoff": pause}
        return Answer(json.dumps(document), type="application/json")

    site.routes["*"] = answer
    settings = SourceSettings(
        name="s", kind="stack_exchange", base_url=site.url, options={"site": "cooking", "query": "kettle"}
    )
    *pages, ended = crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True)))
    assert (sum(len(page.mentions) for page in pages), ended.status) == (2, SourceStatus.OK)
