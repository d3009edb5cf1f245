"""One whole night: collect, read surveys, link duplicates, judge, open cases, digest.

Every stage commits on its own, is idempotent, and takes up where a killed run
stopped. The run's row in the database is the lease: a process that lost it
stops at its next write.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from twelvefold.config import Brand, Configuration, SourceSettings
from twelvefold.errors import ModelUnusable, NightBusy, TwelvefoldError
from twelvefold.models.scorer import Scorer, load_scorer, model_id
from twelvefold.pipeline.advice import advice
from twelvefold.pipeline.bursts import find_bursts, fresh_bursts
from twelvefold.pipeline.collect import GOOD, Collector
from twelvefold.pipeline.daily_counts import mend_daily_counts
from twelvefold.pipeline.digest.weekly import due_week, write_due_digest
from twelvefold.pipeline.duplicates import link_duplicates
from twelvefold.pipeline.imports import import_matching_surveys
from twelvefold.pipeline.judge import judge_new
from twelvefold.pipeline.kept_health import keep_standing_answers
from twelvefold.pipeline.lease import HeldLease
from twelvefold.pipeline.owner import takeover_rule, this_process
from twelvefold.pipeline.reasons import find_reasons, weeks_to_look_into
from twelvefold.pipeline.retention import erase_what_may_not_be_kept
from twelvefold.pipeline.sql_import import import_configured_queries
from twelvefold.pipeline.watch import watched
from twelvefold.pipeline.week import Week
from twelvefold.records import RunState, SourceResult, SourceStatus
from twelvefold.storage.engine import Database

Kind = Literal["night", "crawl"]
WAIT_FOR_LIVING_OWNER_S = 90.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NightReport:
    """What a run did: the document that `run --json` prints.

    Attributes:
        judged: Texts of mentions and comments of surveys that went through the model in this run.
        from_cache: Mentions that the sources told and whose text had been judged before.
        digest: The digest file that this run wrote, if one was due.
        problems: What went wrong outside the sources, a sentence each.
        bursts: Those that reach into the last week: days on which far more was said than usual.
    """

    run_id: int
    brand: str
    kind: Kind
    state: RunState
    local_date: date
    sources: tuple[SourceResult, ...]
    judged: int
    from_cache: int
    cases_opened: int
    seconds: float
    digest: Path | None
    problems: tuple[str, ...]
    bursts: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON document of the contract."""
        return {
            "schema": f"twelvefold/{'run' if self.kind == 'night' else 'crawl'}/1",
            "brand": self.brand,
            "run_id": self.run_id,
            "state": self.state.value,
            "local_date": self.local_date.isoformat(),
            "sources": [{**asdict(source), "advice": advice(source)} for source in self.sources],
            "judged": self.judged,
            "from_cache": self.from_cache,
            "cases_opened": self.cases_opened,
            "seconds": round(self.seconds, 1),
            "digest": str(self.digest) if self.digest else None,
            "problems": list(self.problems),
            "bursts": list(self.bursts),
        }


@dataclass(frozen=True)
class Progress:
    """Where a long run tells how far it is; each call gets the stage's running count."""

    collected: Callable[[str, int], None] = lambda source, count: None
    judged: Callable[[int], None] = lambda count: None


@dataclass
class NightRun:
    """One run of one brand: a whole night, or a crawl of some sources.

    Attributes:
        since: Leave out mentions published before this local date.
        sources: The sources to ask; by default those whose turn it is.
        scorer: Gives the judge; by default the configured model, loaded when first needed.
    """

    database: Database
    configuration: Configuration
    brand: Brand
    kind: Kind = "night"
    since: date | None = None
    sources: tuple[SourceSettings, ...] | None = None
    progress: Progress = field(default_factory=Progress)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    scorer: Callable[[], Scorer] | None = None

    def run(self, local_date: date | None = None, *, again: bool = True) -> NightReport | None:
        """Run every stage and return the report; None if `again` is False and the night is finished.

        Args:
            local_date: The night's date in the brand's zone; today by default.
            again: Make a full further attempt even where the night is finished.

        Raises:
            NightBusy: Another living process has this night.
            LeaseLost: Another process took it over while this one was silent.
            StorageUnavailable: The database did not answer.
        """
        started, now = time.monotonic(), self.clock()
        local_date = local_date or now.astimezone(self.brand.time_zone).date()
        brand_id = self._brand_id
        with self.database.begin() as work:
            lease = work.runs.claim(brand_id, self.kind, local_date, this_process(), now, takeover_rule(now), again)
        if lease is None:
            return None
        with HeldLease(self.database, lease, self.clock) as held:
            results = tuple(self._collect(source, held, local_date) for source in self._sources_to_ask(local_date))
            stages = self._judge_and_report(held, local_date) if self.kind == "night" else _Stages()
            erase_what_may_not_be_kept(self.database, brand_id, self.clock())
            report = NightReport(
                run_id=lease.run_id,
                brand=self.brand.name,
                kind=self.kind,
                state=_state(results, stages.problems),
                local_date=local_date,
                sources=results,
                judged=stages.judged,
                from_cache=max(0, sum(result.fetched for result in results) - stages.judged_mentions),
                cases_opened=stages.cases_opened,
                seconds=time.monotonic() - started,
                digest=stages.digest,
                problems=tuple(stages.problems),
                bursts=tuple(stages.bursts),
            )
            with self.database.begin() as work:
                work.runs.finish(lease, report.state, self.clock(), report.document())
        if self.kind == "night":
            keep_standing_answers(self.database, self.configuration, self.brand, self.clock())
        return report

    @cached_property
    def model(self) -> str:
        """The name and revision of the configured model."""
        return model_id(self.configuration.model, self.configuration.folder)

    @cached_property
    def _brand_id(self) -> int:
        with self.database.begin() as work:
            return work.brands.ensure(self.brand.name, self.brand.zone)

    @cached_property
    def _author_key(self) -> bytes:
        with self.database.begin() as work:
            return work.brands.author_key(self._brand_id)

    @cached_property
    def _loaded_scorer(self) -> Scorer:
        return self.scorer() if self.scorer else load_scorer(self.configuration.model, self.configuration.folder)

    def _sources_to_ask(self, local_date: date) -> tuple[SourceSettings, ...]:
        """Return the sources that were named, else those whose turn it is (`every`)."""
        if self.sources is not None:
            return self.sources
        with self.database.begin() as work:
            last = work.runs.last_collected(self._brand_id)
        return tuple(
            source
            for source in self.brand.sources
            if source.name not in last
            or last[source.name] >= local_date
            or last[source.name] + timedelta(days=source.every) <= local_date
        )

    def _collect(self, source: SourceSettings, held: HeldLease, local_date: date) -> SourceResult:
        """Crawl one source and record its result; whatever is wrong with it stays with it.

        What is recorded first is that the crawl did not end: it stands if this process is killed,
        and the next crawl then reads on past what it knows.
        """
        unended = SourceResult(source.name, source.kind, SourceStatus.FAILED, message="the crawl was killed")
        with self.database.begin() as work:
            before = {result.source: result for result in work.runs.last_results(self._brand_id)}.get(source.name)
            history = work.runs.history(self._brand_id, source.name)
            work.runs.record(held.lease, unended)
        try:
            result = Collector(
                self.database,
                self.configuration,
                self.brand,
                self._brand_id,
                self._author_key,
                renew=held.renew,
                since=self.since,
                progress=self.progress.collected,
                clock=self.clock,
            ).collect(source, before)
            result = watched(result, local_date, history)
        except TwelvefoldError:
            raise
        except Exception as exc:
            log.debug("source %s", source.name, exc_info=True)
            result = SourceResult(
                source=source.name,
                kind=source.kind,
                status=SourceStatus.FAILED,
                message=f"reading it failed unexpectedly ({type(exc).__name__}: {exc}); please report this",
            )
        with self.database.begin() as work:
            work.runs.record(held.lease, result)
        return result

    def _judge_and_report(self, held: HeldLease, local_date: date) -> _Stages:
        """Run what follows collecting; a stage that fails leaves a sentence and the next one runs."""
        stages = _Stages()
        stages.problems += import_matching_surveys(self.database, self.brand, self.configuration, self.clock())
        stages.problems += import_configured_queries(self.database, self.brand, self.configuration, self.clock())
        held.renew()
        link_duplicates(self.database, self._brand_id)
        try:
            model = self.model
        except ModelUnusable as exc:
            stages.problems.append(f"nothing was judged, and no digest written: {exc}")
            return stages
        try:
            done = judge_new(
                self.database,
                self._brand_id,
                model,
                lambda: self._loaded_scorer,
                renew=held.renew,
                progress=self.progress.judged,
            )
            stages.judged, stages.judged_mentions = done.texts + done.comments, done.texts + done.ratings
        except ModelUnusable as exc:
            stages.problems.append(f"not everything was judged: {exc}")
        held.renew()
        with self.database.begin() as work:
            stages.cases_opened = work.cases.open_for_negatives(self._brand_id, model, self.clock())
        held.renew()
        stages.problems += mend_daily_counts(self.database, self._brand_id, model)
        stages.bursts = fresh_bursts(
            find_bursts(self.database, self._brand_id, model=model, tonight=local_date, renew=held.renew), local_date
        )
        find_reasons(
            self.database,
            self.configuration,
            self.brand,
            self._brand_id,
            model=model,
            weeks=weeks_to_look_into(Week.parse(due_week(self.clock(), self.brand)), self.clock(), self.brand),
            renew=held.renew,
        )
        stages.digest = write_due_digest(
            self.database, self.configuration, self.brand, self._brand_id, model=model, now=self.clock()
        )
        return stages


@dataclass
class _Stages:
    """What the stages after collecting did."""

    judged: int = 0
    judged_mentions: int = 0
    cases_opened: int = 0
    digest: Path | None = None
    problems: list[str] = field(default_factory=list)
    bursts: list[dict[str, Any]] = field(default_factory=list)


def _state(results: tuple[SourceResult, ...], problems: list[str]) -> RunState:
    bad = [result for result in results if result.status not in GOOD or result.silent]
    if results and len(bad) == len(results):
        return RunState.FAILED
    return RunState.PARTIAL if bad or problems else RunState.COMPLETE


def run_when_free(run: NightRun, *, wait_s: float = WAIT_FOR_LIVING_OWNER_S) -> NightReport:
    """Run a night by hand, waiting for a living owner to finish rather than give up at once.

    Raises:
        NightBusy: The other process still has it after `wait_s` seconds.
    """
    give_up_at = time.monotonic() + wait_s
    while True:
        try:
            report = run.run(again=True)
        except NightBusy:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(1)
            continue
        if report is None:
            raise NightBusy("another process claimed the night at the same moment; run it again")
        return report
