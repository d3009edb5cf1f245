"""How a night looks at a terminal: bars while it runs, a table when it is done."""

from __future__ import annotations

from typing import Any

from twelvefold.pipeline.burst_text import burst_sentence
from twelvefold.pipeline.night import NightReport, NightRun, Progress, run_when_free
from twelvefold.terminal import counter


def run_with_bars(run: NightRun) -> NightReport:
    """Run a night with a bar for what is collected and one for what is judged."""
    with counter("collected", " mentions") as collected, counter("judged", " texts") as judged:
        by_source: dict[str, int] = {}

        def tell(source: str, count: int) -> None:
            by_source[source] = count
            collected(sum(by_source.values()))

        run.progress = Progress(tell, judged)
        return run_when_free(run)


def night_text(document: dict[str, Any]) -> str:
    """Return the run document as a table that a person reads."""
    lines = [
        f"{document['brand']}: night of {document['local_date']} {document['state']} in {document['seconds']:.0f} s",
        "",
        f"  {'source':<24} {'result':<15} {'completeness':<16} {'new':>6} {'edited':>7} {'seen':>7} {'rejected':>9}",
    ]
    for source in document["sources"]:
        status = f"{source['status']} (silent)" if source["silent"] else source["status"]
        lines.append(
            f"  {source['source']:<24.24} {status:<15} {source['completeness']:<16} {source['new']:>6} "
            f"{source['edited']:>7} {source['seen_again']:>7} {source['rejected']:>9}"
        )
        if source["message"]:
            lines.append(f"    {source['message']}")
        if source["advice"]:
            lines.append(f"    {source['advice']}")
    lines += [f"  {problem}" for problem in document["problems"]]
    lines += [f"  burst: {burst_sentence(burst)}" for burst in document["bursts"]]
    judged = f"judged {document['judged']}, from cache {document['from_cache']}"
    lines += ["", f"  {judged}, cases opened {document['cases_opened']}"]
    if document["digest"]:
        lines.append(f"  digest: {document['digest']}")
    return "\n".join(lines)
