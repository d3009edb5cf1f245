"""Pauses: asked for, kept, and growing where a server is slow or refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.pace import LONGEST_DELAY_S, LONGEST_WAIT_S, Pace, spent_quota_s

NOW = datetime(2026, 11, 1, tzinfo=UTC)

URL, OTHER = "https://a.example/1", "https://a.example:8443/1"


@pytest.fixture
def clock():
    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(delay_s=1, deadline=clock.now + 600, clock=clock)


def test_a_server_rests_as_long_as_it_asks_and_no_other_one_does(pace, clock):
    pace.rest(URL, 10)
    pace.rest(URL, 5)
    assert (pace.rest_s(URL + "?page=2"), pace.rest_s(OTHER)) == (10, 0)
    clock.now += 11
    assert pace.rest_s(URL) == 0


def test_no_pause_is_longer_than_the_crawl_or_what_a_night_may_wait(pace, clock):
    assert pace.has_time_for(LONGEST_WAIT_S)
    assert not pace.has_time_for(LONGEST_WAIT_S + 1)
    clock.now += 595
    assert (pace.has_time_for(5), pace.has_time_for(6)) == (True, False)


def test_a_slow_server_is_asked_less_often_and_a_quick_one_as_configured(pace):
    assert pace.delay_after(URL, 9, refused=False) == 5
    assert pace.delay_after(URL, 9, refused=False) == 7
    assert pace.delay_after(OTHER, 0.1, refused=False) == 1
    for _ in range(10):
        last = pace.delay_after(URL, 0, refused=False)
    assert last == 1


def test_a_server_that_refuses_is_asked_half_as_often_each_time(pace):
    assert [pace.delay_after(URL, 0, refused=True) for _ in range(3)] == [2, 4, 8]
    for _ in range(5):
        last = pace.delay_after(URL, 0, refused=True)
    assert last == LONGEST_DELAY_S


def test_a_crawl_delay_is_never_undercut(pace, clock):
    assert pace.keep(URL, 20) == 20
    assert pace.delay_after(URL, 0, refused=False) == 20
    assert pace.keep(OTHER, 0.1) == 1
    mirror = Pace(delay_s=0, deadline=clock.now + 600, clock=clock)
    assert mirror.delay_after(URL, 9, refused=True) == 0
    assert mirror.keep(URL, 2) == 2


@pytest.mark.parametrize(
    ("remaining", "reset", "pause"),
    [
        ("0", "41", 41),
        ("0.0", "1793491230", 30),
        ("0", "2026-11-01T00:00:12.5Z", 12.5),
        ("0", "2026-11-01T00:00:12", 12),
        ("0", "1793491000", 0),
        ("1", "41", None),
        ("", "41", None),
        ("0", "soon", None),
        ("nan", "41", None),
    ],
)
def test_a_spent_quota_asks_for_the_pause_until_it_is_renewed(remaining, reset, pause):
    assert spent_quota_s(remaining, reset, NOW) == pause


@given(st.text())
def test_whatever_tells_of_the_renewal_is_read(renewed):
    pause = spent_quota_s("0", renewed, NOW)
    assert pause is None or pause >= 0
