"""The crawl process itself: reads one job, writes events, ends with its parent.

Started by process.py as `python -m twelvefold.crawlers.child`. Nothing but
events ever goes to its standard output: whatever a library prints there is
turned to standard error before the first one is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from twelvefold.crawlers.process import CrawlEnded, CrawlEvent, CrawlJob, PageRead, event_to_json
from twelvefold.crawlers.source import LocalSource, WebSource, check_options, source_class
from twelvefold.crawlers.tally import Tally
from twelvefold.errors import ConfigError, TwelvefoldError
from twelvefold.records import SourceStatus

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_ORPHANED = 3


class EventWriter:
    """The pipe to the parent: one event a line."""

    def __init__(self) -> None:
        self._pipe = os.fdopen(os.dup(1), "w", encoding="ascii")
        os.dup2(2, 1)

    def __call__(self, event: CrawlEvent) -> None:
        """Send one event."""
        try:
            self._pipe.write(event_to_json(event) + "\n")
            self._pipe.flush()
        except BrokenPipeError:
            os._exit(_ORPHANED)


def main() -> int:
    """Run the job that stands on standard input."""
    write = EventWriter()
    _die_with_parent()
    line = sys.stdin.readline()
    if not line:
        return _ORPHANED
    threading.Thread(target=_watch_parent, daemon=True).start()
    job = CrawlJob.from_json(line)
    try:
        check_options(job.settings, job.settings.name, job.folder)
    except ConfigError as exc:
        write(CrawlEnded(SourceStatus.FAILED, message=str(exc)))
        return 0
    adapter = source_class(job.settings.kind)(job.settings, job.folder)
    tally = Tally(adapter.statement, {} if job.asked.deep else job.known)
    if isinstance(adapter, LocalSource):
        read_local(job, adapter, tally, write)
    elif isinstance(adapter, WebSource):
        from twelvefold.crawlers.web import crawl_web  # Scrapy loads slowly: only where it is needed

        crawl_web(job, adapter, tally, write)
    write(tally.verdict())
    return 0


def read_local(job: CrawlJob, adapter: LocalSource, tally: Tally, write: EventWriter) -> None:
    """Read a source that lies in files, within its minutes."""
    deadline = monotonic() + job.settings.budget.minutes * 60
    places: set[str] = set()
    try:
        for reading in adapter.readings():
            places.add(reading.place)
            tally.fetched = len(places)
            tally.take(replace(reading, reached_end=True), tally.strand())
            write(PageRead(reading.place, reading.mentions, reading.rejected))
            if monotonic() > deadline:
                tally.budget = f"stopped after {job.settings.budget.minutes:g} minutes: raise budget.minutes"
                break
    except TwelvefoldError as exc:
        tally.trouble(SourceStatus.FAILED, str(exc))
    except Exception as exc:  # noqa: BLE001 - the boundary of a source: recorded as its result
        tally.trouble(SourceStatus.FAILED, f"{job.settings.name} could not be read: {type(exc).__name__}: {exc}")


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies (Linux; elsewhere the pipe tells)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch_parent() -> None:
    """End this process once the parent has closed the pipe, by dying or on purpose."""
    while os.read(0, 4096):
        continue
    os._exit(_ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
