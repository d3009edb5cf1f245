"""Nights: one holder at a time, overtaken ones stop, what was recorded is told."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from twelvefold.errors import LeaseLost, NightBusy
from twelvefold.records import Completeness, RunState, SourceResult, SourceStatus
from twelvefold.storage.runs import Lease, Owner

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 22)
FIRST = Owner("boot-1", 100, "5000", "here")
SECOND = Owner("boot-1", 200, "6000", "here")


def claim(
    acme: Any, owner: Owner = FIRST, *, now: datetime = NOW, dead: bool = False, again: bool = False
) -> Lease | None:
    with acme.database.begin() as work:
        lease: Lease | None = work.runs.claim(acme.brand, "night", DAY, owner, now, lambda *_: dead, again)
        return lease


def finish(acme: Any, lease: Lease | None, state: RunState = RunState.COMPLETE) -> None:
    assert lease is not None
    with acme.database.begin() as work:
        work.runs.finish(lease, state, NOW + timedelta(minutes=5), {"judged": 3})


class TestClaims:
    def test_a_night_is_run_once_unless_it_is_wanted_again(self, acme: Any) -> None:
        lease = claim(acme)
        assert lease is not None
        finish(acme, lease)
        assert claim(acme, SECOND) is None
        further = claim(acme, SECOND, again=True)
        assert further == Lease(lease.run_id, lease.fence + 1, lease.attempt + 1)

    def test_a_living_owner_keeps_its_night(self, acme: Any) -> None:
        claim(acme)
        for again in (False, True):
            with pytest.raises(NightBusy, match=r"process 100 on here .* 2026-11-22 02:00:00 UTC"):
                claim(acme, SECOND, again=again)

    def test_whether_an_owner_is_dead_is_asked_with_its_heartbeat(self, acme: Any) -> None:
        lease = claim(acme)
        asked: list[tuple[Owner, datetime]] = []
        with acme.database.begin() as work:
            work.runs.renew(lease, NOW + timedelta(seconds=30))
            work.runs.claim(
                acme.brand, "night", DAY, SECOND, NOW, lambda owner, at: bool(asked.append((owner, at))) or True, False
            )
        assert asked == [(FIRST, NOW + timedelta(seconds=30))]

    def test_an_overtaken_owner_writes_nothing_more(self, acme: Any) -> None:
        lost = claim(acme)
        lease = claim(acme, SECOND, dead=True)
        assert lost is not None
        assert lease is not None
        assert lease.fence > lost.fence
        result = SourceResult("shop", "schema_org", SourceStatus.OK)
        for write in ("renew", "record", "finish"):
            arguments = {"renew": (NOW,), "record": (result,), "finish": (RunState.COMPLETE, NOW, {})}[write]
            with pytest.raises(LeaseLost, match="taken run"), acme.database.begin() as work:
                getattr(work.runs, write)(lost, *arguments)
        with acme.database.read() as work:
            report = work.runs.latest(acme.brand)
        assert (report.state, report.attempt, report.sources) == (RunState.RUNNING, lease.attempt, ())

    def test_of_many_that_claim_at_once_one_gets_it(self, acme: Any) -> None:
        outcomes: list[str] = []
        gate = threading.Barrier(6)

        def offer(pid: int) -> None:
            gate.wait()
            try:
                claim(acme, Owner("boot-1", pid, "1", "here"))
                outcomes.append("got it")
            except NightBusy:
                outcomes.append("busy")

        threads = [threading.Thread(target=offer, args=(pid,)) for pid in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["busy"] * 5 + ["got it"]

    def test_nights_of_other_days_kinds_and_brands_are_free(self, acme: Any) -> None:
        claim(acme)
        with acme.database.begin() as work:
            other = work.brands.ensure("Other", "UTC")
            for brand, kind, day in (
                (acme.brand, "night", DAY + timedelta(days=1)),
                (acme.brand, "digest", DAY),
                (other, "night", DAY),
            ):
                assert work.runs.claim(brand, kind, day, SECOND, NOW, lambda *_: False, False) is not None


class TestReports:
    def test_nothing_has_run_yet(self, acme: Any) -> None:
        with acme.database.read() as work:
            assert work.runs.latest(acme.brand) is None
            assert work.runs.last_results(acme.brand) == []
            assert not work.runs.finished(acme.brand, "night", DAY)

    @pytest.mark.parametrize("state", [RunState.COMPLETE, RunState.PARTIAL, RunState.FAILED])
    def test_the_latest_attempt_is_told_whole(self, acme: Any, state: RunState) -> None:
        lease = claim(acme)
        shop = SourceResult(
            "shop", "schema_org", SourceStatus.PARTIAL, Completeness.GAP, 9, 5, 1, 2, 1, "page 3 answered 500"
        )
        with acme.database.begin() as work:
            work.runs.record(lease, SourceResult("shop", "schema_org", SourceStatus.OK))
            work.runs.record(lease, shop)
            work.runs.record(lease, SourceResult("ios", "app_store", SourceStatus.EMPTY))
            assert not work.runs.finished(acme.brand, "night", DAY)
        finish(acme, lease, state)
        with acme.database.read() as work:
            report = work.runs.latest(acme.brand)
            assert work.runs.finished(acme.brand, "night", DAY)
            assert work.runs.latest(acme.brand, "night") == report
            assert work.runs.latest(acme.brand, "digest") is None
        assert (report.state, report.summary) == (state, {"judged": 3})
        assert (report.local_date, report.started_at, report.finished_at) == (DAY, NOW, NOW + timedelta(minutes=5))
        assert report.sources == (SourceResult("ios", "app_store", SourceStatus.EMPTY), shop)

    def test_a_dead_attempt_is_told_as_failed(self, acme: Any) -> None:
        claim(acme)
        finish(acme, claim(acme, SECOND, now=NOW + timedelta(hours=1), dead=True))
        with acme.database.read() as work:
            assert work.runs.latest(acme.brand).attempt == 2
            assert work.runs.finished(acme.brand, "night", DAY)

    def test_each_source_is_told_as_it_was_last_asked(self, acme: Any) -> None:
        lease = claim(acme)
        with acme.database.begin() as work:
            work.runs.record(lease, SourceResult("shop", "schema_org", SourceStatus.OK, new=5))
            work.runs.record(lease, SourceResult("ios", "app_store", SourceStatus.BLOCKED))
        finish(acme, lease)
        further = claim(acme, SECOND, now=NOW + timedelta(hours=1), again=True)
        with acme.database.begin() as work:
            work.runs.record(further, SourceResult("shop", "schema_org", SourceStatus.OK, seen_again=5))
        with acme.database.read() as work:
            assert work.runs.last_results(acme.brand) == [
                SourceResult("ios", "app_store", SourceStatus.BLOCKED),
                SourceResult("shop", "schema_org", SourceStatus.OK, seen_again=5),
            ]
