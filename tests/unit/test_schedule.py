import threading
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twelvefold.config import Brand
from twelvefold.errors import NightBusy, StorageUnavailable
from twelvefold.pipeline.schedule import NightTrigger, due_date, night_instant, schedule_nights

HELSINKI = ZoneInfo("Europe/Helsinki")
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix", "right")))


def fires(trigger: NightTrigger, start: datetime, count: int) -> list[datetime]:
    times, previous, now = [], None, start
    for _ in range(count):
        previous = trigger.get_next_fire_time(previous, now)
        times.append(previous)
        now = previous
    return times


def test_an_hour_that_comes_twice_gives_one_night() -> None:
    times = fires(NightTrigger("03:30", HELSINKI), datetime(2026, 10, 23, 12, tzinfo=UTC), 4)
    local = [time.astimezone(HELSINKI) for time in times]
    assert [time.date() for time in local] == [date(2026, 10, day) for day in (24, 25, 26, 27)]
    assert [time.hour for time in local] == [3, 3, 3, 3]


def test_an_hour_that_is_skipped_still_gives_a_night() -> None:
    times = fires(NightTrigger("03:30", HELSINKI), datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert [time.astimezone(HELSINKI).date() for time in times] == [date(2026, 3, day) for day in (28, 29, 30)]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 1), timezones=st.just(UTC)),
    st.integers(0, 23 * 60 + 59),
)
def test_each_local_date_has_one_night_in_every_zone(zone: str, start: datetime, minute: int) -> None:
    clock = ZoneInfo(zone)
    times = fires(NightTrigger(f"{minute // 60:02d}:{minute % 60:02d}", clock), start, 8)
    assert times[0] > start
    assert all(timedelta(hours=20) <= later - earlier <= timedelta(hours=49) for earlier, later in pairwise(times))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 1), timezones=st.just(UTC)),
    st.integers(0, 23 * 60 + 59),
)
def test_the_due_night_is_the_newest_that_has_begun(zone: str, now: datetime, minute: int) -> None:
    clock, at = ZoneInfo(zone), f"{minute // 60:02d}:{minute % 60:02d}"
    due = due_date(now, at, clock)
    assert night_instant(due, at, clock) <= now < night_instant(due + timedelta(days=1), at, clock) or (
        # where the clocks skip the hour, the next night may begin early
        now.astimezone(clock).date() > due
    )


class Nights:
    """A fake database's memory of which nights are done."""

    def __init__(self) -> None:
        self.done: set[tuple[str, date]] = set()
        self.runs: list[tuple[str, date]] = []
        self.ran = threading.Event()

    def run(self, brand: Brand, local_date: date) -> None:
        self.runs.append((brand.name, local_date))
        self.done.add((brand.name, local_date))
        self.ran.set()

    def is_finished(self, brand: Brand, local_date: date) -> bool:
        return (brand.name, local_date) in self.done


def test_a_missed_night_is_caught_up_once() -> None:
    nights, brand = Nights(), Brand(name="Acme", zone="Europe/Paris")
    scheduler = schedule_nights((brand,), nights.run, nights.is_finished)
    assert nights.ran.wait(10)
    scheduler.shutdown(wait=True)
    assert nights.runs == [("Acme", due_date(datetime.now(UTC), "03:00", brand.time_zone))]
    scheduler = schedule_nights((brand,), nights.run, nights.is_finished)
    scheduler.shutdown(wait=True)
    assert len(nights.runs) == 1


@pytest.mark.parametrize("problem", [NightBusy("held"), StorageUnavailable("locked")])
def test_a_night_that_another_process_holds_is_offered_again(problem: Exception) -> None:
    tried = threading.Event()

    def run(brand: Brand, local_date: date) -> None:
        tried.set()
        raise problem

    scheduler = schedule_nights((Brand(name="Acme"),), run, lambda brand, local_date: False)
    assert tried.wait(10)
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not scheduler.get_job("again/Acme") and datetime.now(UTC) < deadline:
        threading.Event().wait(0.02)
    again = scheduler.get_job("again/Acme")
    scheduler.shutdown(wait=True)
    assert again is not None
    assert again.next_run_time > datetime.now(UTC) + timedelta(seconds=40)


def test_stopping_while_a_job_that_runs_once_is_handed_out_is_no_error() -> None:
    scheduler = schedule_nights((Brand(name="Acme"),), lambda brand, local_date: None, lambda brand, local_date: True)
    scheduler.shutdown(wait=True)
    scheduler.remove_job("catch-up/Acme")  # as APScheduler does when it is stopped between handing out and removing
