"""Nights at their hour in the brand's zone; the database decides who runs them.

APScheduler only offers a night: two schedulers on one database would otherwise
run it twice. A night missed while nothing ran is caught up once, the newest only.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from twelvefold.config import Brand
from twelvefold.errors import NightBusy, TwelvefoldError

RETRY_AFTER = timedelta(seconds=60)
log = logging.getLogger(__name__)


def night_instant(local_date: date, at: str, zone: ZoneInfo) -> datetime:
    """Return the one UTC instant at which the night of `local_date` is due.

    An hour that the clock skips in spring is due as much later; one that comes
    twice in autumn is due the first time only.
    """
    return datetime.combine(local_date, time.fromisoformat(at), zone).astimezone(UTC)


def due_date(now: datetime, at: str, zone: ZoneInfo) -> date:
    """Return the local date of the newest night that is due at `now` (aware)."""
    today = now.astimezone(zone).date()
    return today if night_instant(today, at, zone) <= now else today - timedelta(days=1)


class NightTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires once for each local date, whatever the clocks do."""

    def __init__(self, at: str, zone: ZoneInfo) -> None:
        self.at = at
        self.zone = zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first night after both the previous one and `now`."""
        after = max(previous_fire_time, now) if previous_fire_time else now
        local_date = after.astimezone(self.zone).date() - timedelta(days=1)
        while (instant := night_instant(local_date, self.at, self.zone)) <= after:
            local_date += timedelta(days=1)
        return instant


class NightScheduler(BackgroundScheduler):  # type: ignore[misc]
    """A scheduler that may be stopped at the moment in which it hands out a job that runs once.

    APScheduler then looks for that job in the wrong place to remove it, and its thread dies of a `JobLookupError`.
    """

    def remove_job(self, job_id: str, jobstore: str | None = None) -> None:
        """Remove a job; one that is gone already is no error."""
        with contextlib.suppress(JobLookupError):
            super().remove_job(job_id, jobstore)


def schedule_nights(
    brands: tuple[Brand, ...],
    run: Callable[[Brand, date], None],
    is_finished: Callable[[Brand, date], bool],
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> NightScheduler:
    """Return a started scheduler that calls `run(brand, local_date)` for each night that is due.

    `run` may raise `NightBusy` (another process has it): the night is offered
    again a minute later, in case that process dies. Nights of several brands follow
    one another: the machine is small.
    """
    scheduler = NightScheduler(
        timezone=UTC,
        executors={"default": {"type": "threadpool", "max_workers": 1}},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )

    def offer(brand: Brand) -> None:
        local_date = due_date(clock(), brand.night.at, brand.time_zone)
        try:
            if not is_finished(brand, local_date):
                run(brand, local_date)
        except NightBusy:
            offer_again(brand)
        except TwelvefoldError as problem:
            log.error("%s: the night of %s did not run: %s", brand.name, local_date, problem)
            if problem.transient:
                offer_again(brand)

    def offer_again(brand: Brand) -> None:
        again_at = clock() + RETRY_AFTER
        scheduler.add_job(offer, "date", [brand], run_date=again_at, id=f"again/{brand.name}", replace_existing=True)

    for brand in brands:
        trigger = NightTrigger(brand.night.at, brand.time_zone)
        scheduler.add_job(offer, trigger, [brand], id=f"night/{brand.name}")
        scheduler.add_job(offer, "date", [brand], run_date=clock(), id=f"catch-up/{brand.name}")
    scheduler.start()
    return scheduler
