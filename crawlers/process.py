"""One crawl is one child process: it can hang, crash or be killed, and nobody else notices.

The job goes to the child as one JSON line on its standard input; events come
back as JSON lines on its standard output. A page's mentions are one event, so
that whoever stores them can do so in one transaction. The child ends with its
parent: the kernel kills it (PR_SET_PDEATHSIG), and it watches its standard
input for the end. Budgets hold inside the child; a wall clock out here kills
one that does not keep them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.secrets import Secrets
from twelvefold.crawlers.source import Asked
from twelvefold.records import Completeness, RawMention, SourceStatus

GRACE_S = 60.0
"""How long past its minutes a child may take to end by itself: a running download and its start."""

_ENDING_S = 5.0
"""How long a child that has closed its end of the pipe may take to exit."""

CHILD = (sys.executable, "-P", "-m", "twelvefold.crawlers.child")
"""The child's command; -P keeps the caller's folder off its import path."""


Validators = tuple[str | None, str | None]
"""A page's ETag and Last-Modified, as its server wrote them."""


@dataclass(frozen=True)
class CrawlJob:
    """One crawl of one source.

    Attributes:
        folder: Where the configuration lies.
        known: Identity key to raw revision of the newest stored mentions, for stopping at known ground.
            It vouches for all that is older: leave it empty where the last crawl was killed or left a
            gap, or what it did not reach will never be read.
        validators: Address to (ETag, Last-Modified) as the last crawl learnt them, for pages that need
            not be sent again; a deep pass asks for all of them.
    """

    settings: SourceSettings
    network: Network
    folder: Path = Path()
    known: Mapping[str, str] = field(default_factory=dict)
    asked: Asked = field(default_factory=lambda: Asked(datetime.now(UTC)))
    validators: Mapping[str, Validators] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the job as one line."""
        return json.dumps(
            {
                "settings": self.settings.model_dump(mode="json"),
                "network": self.network.model_dump(mode="json"),
                "folder": str(self.folder.resolve()),
                "known": dict(self.known),
                "asked": {"now": self.asked.now, "newest": self.asked.newest, "deep": self.asked.deep},
                "validators": dict(self.validators),
            },
            default=datetime.isoformat,
        )

    @classmethod
    def from_json(cls, line: str) -> CrawlJob:
        """Return the job that `to_json` wrote."""
        given = json.loads(line)
        return cls(
            settings=SourceSettings.model_validate(given["settings"]),
            network=Network.model_validate(given["network"]),
            folder=Path(given["folder"]),
            known=given["known"],
            asked=Asked(
                now=datetime.fromisoformat(given["asked"]["now"]),
                newest=datetime.fromisoformat(newest) if (newest := given["asked"]["newest"]) else None,
                deep=given["asked"]["deep"],
            ),
            validators=_validators(given["validators"]),
        )


@dataclass(frozen=True)
class PageRead:
    """One page, with all items on it.

    Attributes:
        rejected: A sentence for each item that could not be read.
        removed: Ids of items that the source itself says are gone.
    """

    url: str
    mentions: tuple[RawMention, ...] = ()
    rejected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class CrawlEnded:
    """How a crawl ended: its last event, exactly once.

    Attributes:
        fetched: Pages (of local sources: files) that were answered.
        message: What a person needs to know, or "".
        total_told: How many items the source says it has, where it says so.
        validators: What the next crawl's job takes, for the pages that were read well.
    """

    status: SourceStatus
    completeness: Completeness = Completeness.UNKNOWN
    fetched: int = 0
    message: str = ""
    total_told: int | None = None
    validators: Mapping[str, Validators] = field(default_factory=dict)


CrawlEvent = PageRead | CrawlEnded


def crawl(job: CrawlJob, *, grace_s: float = GRACE_S) -> Iterator[CrawlEvent]:
    """Crawl one source in a child process, yielding its pages and, last, how it ended.

    A source's fault never raises: it is the status of the last event. Leaving
    the loop early ends the child. Nothing that is yielded holds a value of the
    source's keys and passwords.
    """
    secrets = Secrets.of(job.settings)
    limit_s = job.settings.budget.minutes * 60 + grace_s
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        overdue = threading.Event()
        clock = threading.Timer(limit_s, _stop, (child, overdue))
        clock.daemon = True
        clock.start()
        fetched = 0
        ended: CrawlEnded | None = None
        try:
            for event in map(secrets.blotted, _events(child, job)):
                if isinstance(event, CrawlEnded):
                    ended = event
                    break
                fetched += 1
                yield event
            if ended is None:
                ended = secrets.blotted(_without_result(child, overdue.is_set(), limit_s, fetched, log))
        finally:
            clock.cancel()
            _close(child)
    yield ended


def _stop(child: subprocess.Popen[bytes], overdue: threading.Event) -> None:
    """Kill a child that is past its time."""
    overdue.set()
    child.kill()


def _close(child: subprocess.Popen[bytes]) -> None:
    """End the child, if it still runs, and wait for it: no process is left behind."""
    child.kill()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                continue
    child.wait()


def _events(child: subprocess.Popen[bytes], job: CrawlJob) -> Iterator[CrawlEvent]:
    """Hand the job to the child and yield what it answers, until it ends or stops making sense."""
    if child.stdin is None or child.stdout is None:
        return
    try:
        child.stdin.write(job.to_json().encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        return
    for line in child.stdout:
        try:
            yield event_from_json(line)
        except (ValueError, KeyError, TypeError):
            return


def _without_result(
    child: subprocess.Popen[bytes], overdue: bool, limit_s: float, fetched: int, log: IO[bytes]
) -> CrawlEnded:
    """Return the end of a crawl whose child told none."""
    try:
        code = child.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    if overdue:
        message = f"the crawl process was stopped after {limit_s:.0f} s: raise budget.minutes, or ask for fewer pages"
    else:
        log.seek(0)
        lines = log.read().decode("utf-8", "replace").strip().splitlines()
        how = f"signal {-code}" if code < 0 else f"code {code}"
        message = f"the crawl process ended with {how} before it told a result: {lines[-1] if lines else 'no log'}"
    completeness = Completeness.GAP if fetched else Completeness.UNKNOWN
    return CrawlEnded(SourceStatus.FAILED, completeness, fetched, message)


def event_to_json(event: CrawlEvent) -> str:
    """Return `event` as one line."""
    if isinstance(event, CrawlEnded):
        return json.dumps({"event": "ended", **vars(event)})
    mentions = [vars(mention) for mention in event.mentions]
    return json.dumps({"event": "page", **vars(event), "mentions": mentions}, default=str)


def event_from_json(line: str | bytes) -> CrawlEvent:
    """Return the event that `event_to_json` wrote."""
    given: dict[str, Any] = json.loads(line)
    if given.pop("event") == "ended":
        status, completeness = SourceStatus(given.pop("status")), Completeness(given.pop("completeness"))
        validators = _validators(given.pop("validators"))
        return CrawlEnded(status=status, completeness=completeness, validators=validators, **given)
    mentions = tuple(RawMention(**{**mention, "identity": tuple(mention["identity"])}) for mention in given["mentions"])
    return PageRead(given["url"], mentions, tuple(given["rejected"]), tuple(given["removed"]))


def _validators(given: dict[str, Any]) -> dict[str, Validators]:
    """Return validators from what JSON makes of them."""
    return {url: (etag, modified) for url, (etag, modified) in given.items()}
