"""Every kind against every fault: each crawl ends in time, tells the truth, loses nothing and stays where it may be.

TWELVEFOLD_FAULTS=all runs all pairs of kind and fault; without it each fault meets
one kind, each kind in its turn. TWELVEFOLD_SCHEDULES is the number of random
schedules of faults, the first of which is TWELVEFOLD_SEED.
"""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from twelvefold.config import Budget, Network, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, event_from_json
from twelvefold.crawlers.secrets import Secrets
from twelvefold.crawlers.source import WebSource, identity_key, kinds, raw_revision, source_class
from twelvefold.pipeline.collect import vouches
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from faults import FAULTS, NO_ROBOTS
from fixture_service import FixtureService
from loopback_site import Answer, LoopbackSite
from many_sites import ManySites

SERVER = Path(__file__).parents[1] / "server"

KINDS = tuple(kind for kind in kinds() if issubclass(source_class(kind), WebSource))
IS_FULL = os.environ.get("TWELVEFOLD_FAULTS") == "all"
STEP = 1 if IS_FULL else len(KINDS)
SCHEDULES = int(os.environ.get("TWELVEFOLD_SCHEDULES", "6"))
FIRST_SEED = int(os.environ.get("TWELVEFOLD_SEED", "0"))
PATIENCE_S = 3_600 if IS_FULL else 280
TIMEOUT_S = 4.0 if IS_FULL else 1.5  # so many crawls beside each other are slow by themselves
BATCH = 25
PAGES = 25
MINUTES = 0.3
MINUTES_AT_RANDOM = 2  # here time is not what is tested, and a busy machine would make holes of its own
NIGHTS = 3
WITHOUT_HOLE = (Completeness.REACHED_KNOWN, Completeness.REACHED_END)
# The cases of app_store are of several feeds, which do not make one service together.
AT_RANDOM = tuple(kind for kind in KINDS if kind != "app_store")
SERVICES = {kind: FixtureService(kind) for kind in KINDS}
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127.0.0.0/8 to be this machine"),
    pytest.mark.timeout(PATIENCE_S + 20),
]


@dataclass(repr=False)
class Crawl:
    """One crawl: of which kind, of which site, and what came of it."""

    kind: str
    site: object
    job: CrawlJob
    seconds: float = 0
    mentions: tuple = ()
    rejected: tuple = ()
    ended: CrawlEnded | None = None

    @property
    def keys(self):
        return {identity_key(mention) for mention in self.mentions}

    @property
    def is_governed(self):
        return source_class(self.kind)(self.job.settings).is_governed_by_robots

    def __str__(self):
        return f"{self.kind}: {self.ended}, {len(self.mentions)} mentions, asked {self.site.paths}"

    __repr__ = __str__


def crawl_of(kind, site, known=None, minutes=MINUTES):
    options = SERVICES[kind].options
    budget = Budget(minutes=minutes, pages=PAGES, megabytes=20)
    settings = SourceSettings(name="s", kind=kind, base_url=site.url, budget=budget, options=options)
    return Crawl(kind, site, CrawlJob(settings, Network(delay_s=0, allow_private=True), known=known or {}))


def run(crawls):
    """Run all of them in one process; return the most memory that it took, in MB."""
    lines = "\n".join(crawl.job.to_json() for crawl in crawls)
    command = [sys.executable, "-P", str(SERVER / "many_crawls.py"), str(TIMEOUT_S)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    *results, last = map(json.loads, done.stdout.splitlines())
    for result in results:
        crawl = crawls[result["number"]]
        crawl.seconds = result["seconds"]
        *pages, crawl.ended = map(event_from_json, result["events"])
        crawl.mentions = tuple(mention for page in pages for mention in page.mentions)
        crawl.rejected = tuple(sentence for page in pages for sentence in page.rejected)
    assert all(crawl.ended for crawl in crawls)
    return last["peak_mb"]


def spoilt(kind, fault, site):
    """Return what a site of `kind` answers under `fault`."""

    def answer(asked):
        if asked.path == "/robots.txt":
            return fault.robots
        return fault.spoil(site, asked, SERVICES[kind].answer(asked))

    return answer


def well(kind):
    return lambda asked: NO_ROBOTS if asked.path == "/robots.txt" else SERVICES[kind].answer(asked)


@pytest.fixture(scope="module")
def sites():
    with ManySites() as running:
        yield running


@pytest.fixture(scope="module")
def truth(sites):
    """What each kind brings when all is well."""
    crawls = {kind: crawl_of(kind, sites.open(well(kind))) for kind in KINDS}
    run(list(crawls.values()))
    return crawls


@pytest.fixture(scope="module")
def elsewhere():
    with LoopbackSite({"*": Answer("<html><body>another server</body></html>")}) as running:
        yield running


@pytest.fixture(scope="module")
def spoilt_crawls(sites, truth, elsewhere):
    """Each fault's crawls, all run at once beside crawls of which nothing is spoilt."""
    by_fault = {name: [] for name in FAULTS}
    for number, name in enumerate(FAULTS):
        for place, kind in enumerate(KINDS):
            if (number + place) % STEP:
                continue
            site = sites.open(None)
            site.answer = spoilt(kind, FAULTS[name], site)
            site.ids = [mention.external_id for mention in truth[kind].mentions if mention.external_id]
            site.elsewhere = elsewhere.url
            by_fault[name].append(crawl_of(kind, site))
    beside = [crawl_of(kind, sites.open(well(kind))) for kind in KINDS[:: min(STEP, 3)]]
    crawls = [crawl for some in by_fault.values() for crawl in some]
    random.Random(7).shuffle(crawls)
    half = len(crawls) // 2
    peak_mb = run([*crawls[:half], *beside, *crawls[half:]])
    return by_fault, beside, peak_mb


def test_all_is_well_without_a_fault(truth):
    for crawl in truth.values():
        assert crawl.ended.status is SourceStatus.OK, crawl
        assert crawl.mentions and not crawl.rejected, crawl
        assert (not crawl.is_governed) or crawl.site.requests[0].path == "/robots.txt"
        if not crawl.is_governed:
            assert all(asked.path != "/robots.txt" for asked in crawl.site.requests), crawl


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_and_loses_nothing(name, spoilt_crawls, truth):
    fault = FAULTS[name]
    for crawl in spoilt_crawls[0][name]:
        good = truth[crawl.kind]
        gets_over_it = fault.ends_as is None or (fault.touches_robots and not crawl.is_governed)
        assert crawl.seconds < MINUTES * 60 + 20, crawl
        if gets_over_it:
            assert (crawl.keys, crawl.ended.status) == (good.keys, good.ended.status), crawl
        else:
            assert crawl.ended.status in fault.ends_as, crawl
        if crawl.ended.status not in (SourceStatus.OK, SourceStatus.EMPTY):
            assert crawl.ended.message, crawl
        told = " ".join((crawl.ended.message, *crawl.rejected))
        assert "could not be read" not in told and "Traceback" not in told, told
        if name != "ever new items":
            assert_nothing_lost(crawl, good, fault)
        if fault.touches_robots and crawl.is_governed and not gets_over_it:
            assert crawl.site.paths == [], crawl
        assert len(crawl.site.paths) <= 3 * PAGES + 10, crawl


def assert_nothing_lost(crawl, good, fault):
    """What a crawl cannot vouch for it says: the next night then reads everything again."""
    assert crawl.keys <= good.keys or fault.name in CHANGES_WORDS, crawl
    if (
        crawl.ended.completeness in (Completeness.REACHED_KNOWN, Completeness.REACHED_END)
        and fault.name not in CHANGES_WORDS
    ):
        assert crawl.keys == good.keys or crawl.ended.status is SourceStatus.EMPTY, crawl


CHANGES_WORDS = ("UTF-16 that says UTF-8", "noise", "cut in half", "declares too short a body")


def test_a_list_without_end_stops(spoilt_crawls):
    for crawl in spoilt_crawls[0]["the same page for ever"]:
        assert len(crawl.site.paths) <= 14, crawl
    for crawl in spoilt_crawls[0]["ever new items"]:
        assert len(crawl.site.paths) <= PAGES + 2, crawl


def test_a_server_that_wants_peace_has_it(spoilt_crawls):
    for crawl in spoilt_crawls[0]["429 until tomorrow"]:
        assert len(crawl.site.paths) == 1, crawl


def test_no_key_reaches_another_server_or_the_log(spoilt_crawls, elsewhere):
    for asked in elsewhere.requests:
        assert not {"authorization", "x-goog-api-key", "apikey", "x-api-key"} & asked.headers.keys()
        assert asked.body == b""
    for crawl in spoilt_crawls[0]["repeats what it was sent"]:
        secrets = Secrets.of(crawl.job.settings)
        told = secrets.blotted(crawl.ended).message
        assert not [value for value in secrets.values if value in told], told


def test_other_sources_are_not_touched(spoilt_crawls, truth):
    for crawl in spoilt_crawls[1]:
        assert (crawl.keys, crawl.ended.status) == (truth[crawl.kind].keys, truth[crawl.kind].ended.status), crawl


def test_memory_stays_bounded(spoilt_crawls):
    assert spoilt_crawls[2] < 512


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SCHEDULES, BATCH))
def test_random_faults_over_some_nights_lose_nothing_and_double_nothing(first, sites, truth):
    """Each schedule: nights in which every answer may be spoilt, then one in which none is."""
    spoiling = [FAULTS[name] for name in FAULTS if name not in (*CHANGES_WORDS, *NOT_AT_RANDOM)]
    seeds = range(first, min(first + BATCH, FIRST_SEED + SCHEDULES))
    chances = {seed: random.Random(seed) for seed in seeds}
    kind_of = {seed: AT_RANDOM[seed % len(AT_RANDOM)] for seed in seeds}
    stores = {seed: {} for seed in seeds}
    crawls = {}
    for night in range(NIGHTS):
        before = {seed: crawl.ended for seed, crawl in crawls.items()}
        for seed, kind in kind_of.items():
            site = sites.open(None)
            site.answer = well(kind) if night == NIGHTS - 1 else at_random(kind, site, chances[seed], spoiling)
            site.ids = [mention.external_id for mention in truth[kind].mentions if mention.external_id]
            known = stores[seed] if vouches(before.get(seed)) else {}
            crawls[seed] = crawl_of(kind, site, known, MINUTES_AT_RANDOM)
        run(list(crawls.values()))
        for seed, crawl in crawls.items():
            stores[seed] |= {identity_key(mention): raw_revision(mention) for mention in crawl.mentions}
    for seed, kind in kind_of.items():
        assert stores[seed].keys() == truth[kind].keys, f"seed {seed}, {crawls[seed]}"
        assert crawls[seed].ended.status is SourceStatus.OK, f"seed {seed}, {crawls[seed]}"


NOT_AT_RANDOM = ("silent before headers", "silent after headers", "a byte a second", "ever new items")


def at_random(kind, site, chance, spoiling):
    def answer(asked):
        fault = chance.choice(spoiling) if chance.random() < 0.4 else None
        good = SERVICES[kind].answer(asked)
        if asked.path == "/robots.txt":
            return NO_ROBOTS if fault is None or fault.robots.stall_s else fault.robots
        return good if fault is None else fault.spoil(site, asked, good)

    return answer
