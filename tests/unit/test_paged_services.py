"""Adapters before services that page, night after night, with no network between.

What an adapter has told must be what the service has: new reviews the same
night, edits the same night where the list is sorted by the last change and
otherwise with the weekly deep pass, removals with the deep pass.
TWELVEFOLD_SERVICE_REVIEWS and TWELVEFOLD_SERVICE_NIGHTS make it longer.
"""

import os

import pytest
from paged_services import SERVICES, Service, adapter_of, answer

from twelvefold.crawlers.source import Asked, identity_key, raw_revision, source_class
from twelvefold.crawlers.tally import Tally
from twelvefold.records import Completeness, SourceStatus

REVIEWS = int(os.environ.get("TWELVEFOLD_SERVICE_REVIEWS", "250"))
NIGHTS = int(os.environ.get("TWELVEFOLD_SERVICE_NIGHTS", "8"))
WEEK = 7


def crawled(kind, service, known, *, deep):
    """Crawl once: what was told, in how many pages, and how it ended."""
    adapter = adapter_of(kind)
    tally = Tally(adapter.statement, {} if deep else known)
    asked = Asked(service.now, deep=deep, known=tally.known.keys())
    pending = [(fetch, tally.strand()) for fetch in adapter.start(asked)]
    told, pages = {}, 0
    while pending:
        fetch, strand = pending.pop(0)
        pages += 1
        reading = adapter.read(answer(kind, service, fetch))
        assert (reading.status, reading.rejected) == (None, ())
        told |= {identity_key(mention): mention for mention in reading.mentions}
        wanted = tally.take(reading, strand)
        pending += [(one, strand if one.continues else tally.strand()) for one in wanted]
    return told, pages, tally.verdict()


@pytest.mark.parametrize("kind", SERVICES)
def test_what_was_told_is_what_the_service_has(kind):
    service, known, texts = Service(kind, REVIEWS), {}, {}
    for night in range(NIGHTS):
        deep = night % WEEK == WEEK - 1
        if night:
            service.day(arriving=service.random.choice((0, 3, 40)), edited=2, removed=2)
        told, _, ended = crawled(kind, service, known, deep=deep)
        assert ended.status is SourceStatus.OK
        assert ended.completeness in (
            Completeness.REACHED_KNOWN,
            Completeness.REACHED_END,
            Completeness.WINDOW_OVERFLOW,
        )
        texts |= {key: mention.text for key, mention in told.items()}
        known |= {key: raw_revision(mention) for key, mention in told.items()}
        at_end = deep and ended.completeness is Completeness.REACHED_END
        assert at_end or not deep or SERVICES[kind].shows is not None
        if at_end:
            for gone in known.keys() - told.keys():
                del known[gone], texts[gone]
        shown = SERVICES[kind].shown(service)
        assert shown.keys() <= texts.keys(), "a new review is missing"
        if at_end:
            assert texts == shown
        elif SERVICES[kind].tells_edits:
            assert {key: texts[key] for key in shown} == shown


@pytest.mark.parametrize("kind", sorted(kind for kind in SERVICES if SERVICES[kind].sorted))
def test_a_quiet_night_asks_for_one_page_and_perhaps_a_token(kind):
    service = Service(kind, REVIEWS)
    told, _, first = crawled(kind, service, {}, deep=False)
    assert first.completeness in (Completeness.REACHED_END, Completeness.WINDOW_OVERFLOW)
    known = {key: raw_revision(mention) for key, mention in told.items()}
    service.day(arriving=0, edited=0, removed=0)
    _, pages, ended = crawled(kind, service, known, deep=False)
    assert pages <= 2
    is_cut = SERVICES[kind].shows is not None and not source_class(kind).statement.newest_first
    at_known = Completeness.WINDOW_OVERFLOW if is_cut else Completeness.REACHED_KNOWN
    assert ended.completeness is at_known


@pytest.mark.parametrize("kind", sorted(kind for kind in SERVICES if source_class(kind).statement.total_available))
def test_the_total_that_is_told_is_the_number_of_reviews(kind):
    service = Service(kind, REVIEWS)
    told, _, ended = crawled(kind, service, {}, deep=False)
    assert ended.total_told == len(told) == REVIEWS


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_without_reviews_is_empty(kind):
    service = Service(kind, REVIEWS)
    service.reviews.clear()
    told, _, ended = crawled(kind, service, {}, deep=False)
    assert told == {}
    assert (ended.status, ended.completeness) == (SourceStatus.EMPTY, Completeness.REACHED_END)
