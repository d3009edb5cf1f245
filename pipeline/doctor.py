"""What an operator checks before the first night, and after a bad one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from twelvefold.config import Configuration
from twelvefold.errors import TwelvefoldError
from twelvefold.models.scorer import load_scorer
from twelvefold.pipeline.advice import advice
from twelvefold.pipeline.schedule import NightTrigger
from twelvefold.records import SourceStatus
from twelvefold.storage.engine import Database, open_database

State = Literal["ok", "warning", "failing"]
OLD_NIGHT = timedelta(days=2)


@dataclass(frozen=True)
class Finding:
    """One check: ok, warning or failing, and the mend."""

    check: str
    state: State
    message: str


def examine(configuration: Configuration) -> list[Finding]:
    """Return a finding for the configuration, the database, the model, and each brand's clock and last night."""
    findings = [Finding("configuration", "ok", f"{len(configuration.brands)} brand(s)")]
    findings.append(_attempt("model", lambda: _model(configuration)))
    try:
        database = open_database(configuration.database_url())
    except TwelvefoldError as exc:
        return [*findings, Finding("database", "failing", str(exc))]
    try:
        findings.append(Finding("database", "ok", database.url))
        for brand in configuration.brands:
            findings += _brand(database, configuration, brand.name)
    finally:
        database.close()
    return findings


def _attempt(check: str, examine_one: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", examine_one())
    except TwelvefoldError as exc:
        return Finding(check, "failing", str(exc))


def _model(configuration: Configuration) -> str:
    return f"{load_scorer(configuration.model, configuration.folder).model} passes its self-test"


def _brand(database: Database, configuration: Configuration, name: str) -> Iterator[Finding]:
    brand = configuration.brand(name)
    now = datetime.now(UTC)
    due_at = NightTrigger(brand.night.at, brand.time_zone).get_next_fire_time(None, now).astimezone(brand.time_zone)
    yield Finding(f"{name}: clock", "ok", f"now {now.astimezone(brand.time_zone):%F %R}, next night {due_at:%F %R %Z}")
    if not brand.sources:
        yield Finding(f"{name}: sources", "warning", "none is configured; add one under brands[].sources")
    with database.begin() as work:
        brand_id = work.brands.ensure(brand.name, brand.zone)
        results = work.runs.last_results(brand_id)
        latest = work.runs.latest(brand_id)
    if latest is None:
        yield Finding(f"{name}: last night", "warning", "there was none yet; try: twelvefold run")
    elif latest.finished_at is None or now - latest.finished_at > OLD_NIGHT:
        yield Finding(f"{name}: last night", "warning", "no night ended in the last two days; is `schedule` running?")
    else:
        yield Finding(f"{name}: last night", "ok", f"{latest.local_date} {latest.state}")
    for result in results:
        good = result.status in (SourceStatus.OK, SourceStatus.EMPTY) and not result.silent
        told = f"{result.status}{' (silent)' if result.silent else ''}, {result.completeness}"
        message = "; ".join(part for part in (told, result.message, advice(result)) if part)
        yield Finding(f"{name}: source {result.source}", "ok" if good else "warning", message)
