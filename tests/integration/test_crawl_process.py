"""The crawl process: it ends with its parent, with its time, and never takes anybody along."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import Budget, Network, SourceSettings
from twelvefold.crawlers.process import CrawlEnded, CrawlJob, PageRead, crawl, event_from_json, event_to_json
from twelvefold.crawlers.source import Asked
from twelvefold.records import Completeness, RawMention, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite

PAGE = Answer(
    '<html><link rel="next" href="/2"><script type="application/ld+json">'
    '{"@type": "Product", "name": "Mug", "review": {"@type": "Review", "author": "Reader 1", "reviewBody": "Good."}}'
    "</script></html>"
)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def site():
    with LoopbackSite({"/1": PAGE, "/2": Answer("", stall_s=120)}) as running:
        yield running


def job_for(site, minutes=2.0):
    settings = SourceSettings(
        name="shop",
        kind="schema_org",
        budget=Budget(minutes=minutes),
        options={"urls": [f"{site.url}/1"], "follow": "next"},
    )
    return CrawlJob(settings, Network(delay_s=0, allow_private=True))


def crawl_children(parent):
    """Return the ids of the crawl processes below `parent`."""
    found = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in task.read_text().split():
            if b"twelvefold.crawlers.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def ends(pid, within_s=10.0):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@linux_only
def test_a_killed_crawl_is_a_failed_source_that_keeps_its_pages(site):
    events = crawl(job_for(site))
    assert isinstance(next(events), PageRead)
    os.kill(crawl_children(os.getpid())[0], signal.SIGKILL)
    (ended,) = list(events)
    assert (ended.status, ended.completeness, ended.fetched) == (SourceStatus.FAILED, Completeness.GAP, 1)
    assert "signal 9" in ended.message


@linux_only
def test_leaving_the_loop_ends_the_crawl(site):
    events = crawl(job_for(site))
    next(events)
    (child,) = crawl_children(os.getpid())
    events.close()
    assert ends(child)


@linux_only
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_crawl_dies_with_its_parent(site, how):
    script = (
        "import sys\n"
        "from twelvefold.crawlers.process import CrawlJob, crawl\n"
        "for event in crawl(CrawlJob.from_json(sys.argv[1])):\n"
        "    print('page', flush=True)\n"
    )
    command = [sys.executable, "-P", "-c", script, job_for(site).to_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"page\n"
        (child,) = crawl_children(parent.pid)
        parent.send_signal(how)
        parent.wait()
    assert ends(child)


def test_a_crawl_that_keeps_no_budget_is_stopped_from_outside(site):
    began = time.monotonic()
    events = list(crawl(job_for(site, minutes=0.0001), grace_s=0.1))
    assert time.monotonic() - began < 10
    assert events[-1].status is SourceStatus.FAILED
    assert "budget.minutes" in events[-1].message


def test_a_source_that_cannot_be_started_is_a_failed_source():
    settings = SourceSettings(name="ios", kind="app_store", options={"app_id": "not a number"})
    (ended,) = list(crawl(CrawlJob(settings, Network())))
    assert (ended.status, ended.fetched) == (SourceStatus.FAILED, 0)
    assert "ios: app_id" in ended.message


def test_a_process_that_crashes_is_a_failed_source_with_the_last_line_of_its_log(site, monkeypatch):
    crashing = (sys.executable, "-c", "import sys; sys.stderr.write('out of luck\\n'); sys.exit(7)")
    monkeypatch.setattr("twelvefold.crawlers.process.CHILD", crashing)
    (ended,) = list(crawl(job_for(site)))
    assert (ended.status, ended.fetched) == (SourceStatus.FAILED, 0)
    assert "code 7" in ended.message and "out of luck" in ended.message


def test_a_local_source_runs_in_the_same_process_and_is_read_to_its_end(tmp_path):
    (tmp_path / "drop.csv").write_text("id,text,rating\n1,Good,5\n2,Bad,1\n", "utf-8")
    settings = SourceSettings(name="drop", kind="files", options={"paths": ["*.csv"]})
    *pages, ended = crawl(CrawlJob(settings, Network(), tmp_path))
    assert [(m.external_id, m.text) for page in pages for m in page.mentions] == [("1", "Good"), ("2", "Bad")]
    assert (ended.status, ended.completeness, ended.fetched) == (SourceStatus.OK, Completeness.REACHED_END, 1)


def test_a_local_source_without_files_says_so(tmp_path):
    settings = SourceSettings(name="drop", kind="files", options={"paths": ["*.csv"]})
    *_, ended = crawl(CrawlJob(settings, Network(), tmp_path))
    assert ended.status is SourceStatus.EMPTY
    assert "'*.csv'" in ended.message


def test_events_survive_the_pipe():
    mention = RawMention(
        external_id=None,
        identity=("Kettle", "Reader 1"),
        text="line\nbreak \u2028 😀 \ud800",
        rating=4.5,
        verified=True,
        payload={"nested": [{"a": None}]},
    )
    page = PageRead("https://shop.example/1", (mention,), ("one sentence",), ("gone-1",))
    validators = {"https://shop.example/1": ('W/"a"', None)}
    ended = CrawlEnded(SourceStatus.OK, Completeness.REACHED_END, 3, "", 12, validators)
    for event in (page, ended):
        line = event_to_json(event)
        assert line.isascii() and "\n" not in line
        assert event_from_json(line) == event


def test_a_job_survives_the_pipe(site):
    asked = Asked(datetime(2026, 11, 1, 3, tzinfo=UTC), datetime(2026, 10, 31, 22, 5, tzinfo=UTC), deep=True)
    job = replace(job_for(site), asked=asked, validators={"https://shop.example/1": (None, "yesterday")})
    again = CrawlJob.from_json(job.to_json())
    assert (again.asked, again.validators) == (job.asked, job.validators)
    assert again.settings == job.settings
    assert again.network == job.network
    assert again.folder == job.folder.resolve()
