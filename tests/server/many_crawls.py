"""Many crawls in one process: they share its reactor and have little patience, all else is as in a night.

Jobs come as JSON lines on standard input, answers go as JSON lines to standard
output, in the order in which the crawls end. The one argument is how many
seconds an answer may take.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.reactor import install_reactor

from twelvefold.crawlers import addresses
from twelvefold.crawlers.process import CrawlEvent, CrawlJob, event_to_json
from twelvefold.crawlers.settings import scrapy_settings
from twelvefold.crawlers.source import WebSource, source_class
from twelvefold.crawlers.tally import Tally

AT_ONCE = 24
TIMEOUT_S = float(sys.argv[1])
LEEWAY_S = 30.0


async def crawl_one(number: int, line: str) -> None:
    """Run one job and print what became of it."""
    from twelvefold.crawlers.web import SourceSpider

    job = CrawlJob.from_json(line)
    adapter = source_class(job.settings.kind)(job.settings, job.folder)
    assert isinstance(adapter, WebSource)
    settings = scrapy_settings(job.network, job.settings.budget, obey_robots=adapter.is_governed_by_robots)
    settings |= {"DOWNLOAD_TIMEOUT": TIMEOUT_S, "LOG_ENABLED": False}
    tally = Tally(adapter.statement, {} if job.asked.deep else job.known)
    events: list[CrawlEvent] = []
    began = time.monotonic()
    crawl = AsyncCrawlerRunner(settings).crawl(SourceSpider, job=job, adapter=adapter, tally=tally, write=events.append)
    async with asyncio.timeout(job.settings.budget.minutes * 60 + LEEWAY_S):
        await crawl
    told: dict[str, Any] = {
        "number": number,
        "seconds": time.monotonic() - began,
        "events": [event_to_json(event) for event in (*events, tally.verdict())],
    }
    print(json.dumps(told), flush=True)


async def main() -> None:
    from twisted.internet import reactor

    # Loopback stands for the public internet here, and nothing else does.
    addresses.is_public = lambda address: address.startswith("127.0.")
    addresses.refuse_private(reactor)
    free = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: int, line: str) -> None:
        async with free:
            await crawl_one(number, line)

    lines = sys.stdin.read().splitlines()
    await asyncio.gather(*(in_turn(number, line) for number, line in enumerate(lines)))
    print(json.dumps({"peak_mb": peak_mb()}), flush=True)


def peak_mb() -> float:
    """Return the most memory that this process held, in MB: getrusage would count what its parent held at the fork."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1000


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import defer, reactor

    done = defer.Deferred.fromFuture(asyncio.ensure_future(main(), loop=asyncio.get_event_loop()))
    failed: list[Any] = []
    done.addErrback(failed.append)
    done.addBoth(lambda _: reactor.stop())
    reactor.run()
    if failed:
        failed[0].printTraceback(file=sys.stderr)
        sys.exit(1)
