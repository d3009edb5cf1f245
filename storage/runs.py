"""The nights: who holds one, what its sources gave, how it ended.

A night is one row, keyed by brand, kind and local date. Whoever claims it raises the row's fence by
one; whatever an earlier owner tries to write after that is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from twelvefold.errors import LeaseLost, NightBusy
from twelvefold.records import Completeness, RunState, SourceResult, SourceStatus
from twelvefold.storage.batches import insert_or
from twelvefold.storage.tables import AttemptTable, RunTable, SourceResultTable


@dataclass(frozen=True)
class Owner:
    """A process, told apart from any other on any machine at any time.

    Attributes:
        started: When the process began, as the system tells it: process ids are used again.
    """

    boot_id: str
    pid: int
    started: str
    host: str


@dataclass(frozen=True)
class Lease:
    """The right to write one night's results, as long as the fence has not moved."""

    run_id: int
    fence: int
    attempt: int


@dataclass(frozen=True)
class RunReport:
    """One attempt at a night, as it stands."""

    run_id: int
    kind: str
    local_date: date
    attempt: int
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    summary: dict[str, Any]
    sources: tuple[SourceResult, ...]


class Runs:
    """The nights, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(
        self,
        brand_id: int,
        kind: str,
        local_date: date,
        owner: Owner,
        now: datetime,
        may_take_over: Callable[[Owner, datetime], bool],
        again: bool,
    ) -> Lease | None:
        """Claim a night and start an attempt at it, or return None if it is finished.

        Args:
            may_take_over: Told the owner and its last heartbeat, whether it is dead.
            again: Start a further attempt even if the night is finished.

        Raises:
            NightBusy: A living process holds it.
        """
        night = self._night(brand_id, kind, local_date)
        if night is None:
            values = {"brand_id": brand_id, "kind": kind, "local_date": local_date, "fence": 0, "heartbeat_at": now}
            made = insert(RunTable).values(**values, **_owner_values(owner)).returning(RunTable.id)
            return self._start(self._connection.scalars(made).one(), 0, owner, now)
        if night.finished_at is not None:
            return self._start(night.id, night.fence, owner, now) if again else None
        holder = Owner(night.owner_boot_id, night.owner_pid, night.owner_started, night.owner_host)
        if not may_take_over(holder, night.heartbeat_at):
            raise NightBusy(
                f"process {holder.pid} on {holder.host} is running the {kind} of {local_date} (last sign of life "
                f"{night.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC): wait until it has finished, or stop it"
            )
        self._connection.execute(
            update(AttemptTable)
            .where(AttemptTable.run_id == night.id, AttemptTable.attempt == night.fence)
            .values(state=RunState.FAILED.value, finished_at=now, summary={"message": "the process died"})
        )
        return self._start(night.id, night.fence, owner, now)

    def renew(self, lease: Lease, now: datetime) -> None:
        """Give a sign of life.

        Raises:
            LeaseLost: Another process has taken the night over.
        """
        still_ours = and_(RunTable.id == lease.run_id, RunTable.fence == lease.fence)
        if self._connection.execute(update(RunTable).where(still_ours).values(heartbeat_at=now)).rowcount == 0:
            raise LeaseLost(
                f"another process has taken run {lease.run_id} over from attempt {lease.attempt}: this one stops"
            )

    def record(self, lease: Lease, result: SourceResult) -> None:
        """Keep what a source gave, in the place of what was kept of it in this attempt.

        Raises:
            LeaseLost: Another process has taken the night over.
        """
        self._require(lease)
        values = asdict(result) | {"status": result.status.value, "completeness": result.completeness.value}
        key = {"run_id": lease.run_id, "attempt": lease.attempt}
        upsert = insert_or(self._connection, SourceResultTable).values(**key, **values)
        self._connection.execute(
            upsert.on_conflict_do_update(index_elements=["run_id", "attempt", "source"], set_=values)
        )

    def finish(self, lease: Lease, state: RunState, now: datetime, summary: dict[str, Any]) -> None:
        """End the attempt.

        Raises:
            LeaseLost: Another process has taken the night over.
        """
        self.renew(lease, now)
        self._connection.execute(
            update(AttemptTable)
            .where(AttemptTable.run_id == lease.run_id, AttemptTable.attempt == lease.attempt)
            .values(state=state.value, finished_at=now, summary=summary)
        )

    def latest(self, brand_id: int, kind: str | None = None) -> RunReport | None:
        """Return the attempt that was started last, if there is one."""
        query = (
            select(
                RunTable.id,
                RunTable.kind,
                RunTable.local_date,
                AttemptTable.attempt,
                AttemptTable.state,
                AttemptTable.started_at,
                AttemptTable.finished_at,
                AttemptTable.summary,
            )
            .join(AttemptTable, AttemptTable.run_id == RunTable.id)
            .where(RunTable.brand_id == brand_id)
            .order_by(AttemptTable.started_at.desc(), RunTable.id.desc(), AttemptTable.attempt.desc())
            .limit(1)
        )
        if kind is not None:
            query = query.where(RunTable.kind == kind)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        results = _results().where(SourceResultTable.run_id == row.id, SourceResultTable.attempt == row.attempt)
        sources = tuple(_result(found) for found in self._connection.execute(results))
        run_id, kind, local_date, attempt, state, started_at, finished_at, summary = row
        return RunReport(
            run_id, kind, local_date, attempt, RunState(state), started_at, finished_at, summary or {}, sources
        )

    def last_results(self, brand_id: int) -> list[SourceResult]:
        """Return what each source gave when it was last asked, sorted by source."""
        ranked = (
            select(
                SourceResultTable,
                func.row_number()
                .over(
                    partition_by=SourceResultTable.source,
                    order_by=(
                        AttemptTable.started_at.desc(),
                        SourceResultTable.run_id.desc(),
                        SourceResultTable.attempt.desc(),
                    ),
                )
                .label("rank"),
            )
            .join(RunTable, RunTable.id == SourceResultTable.run_id)
            .join(
                AttemptTable,
                and_(
                    AttemptTable.run_id == SourceResultTable.run_id, AttemptTable.attempt == SourceResultTable.attempt
                ),
            )
            .where(RunTable.brand_id == brand_id)
            .subquery()
        )
        query = select(*(ranked.c[name] for name in _RESULT_FIELDS)).where(ranked.c.rank == 1).order_by(ranked.c.source)
        return [_result(row) for row in self._connection.execute(query)]

    def history(self, brand_id: int, source: str) -> list[tuple[date, SourceResult]]:
        """Return what a source has given so far, with the local date of the night, oldest first."""
        query = (
            select(RunTable.local_date, *(getattr(SourceResultTable, name) for name in _RESULT_FIELDS))
            .join(RunTable, RunTable.id == SourceResultTable.run_id)
            .where(RunTable.brand_id == brand_id, SourceResultTable.source == source)
            .order_by(RunTable.local_date, RunTable.id, SourceResultTable.attempt)
        )
        return [(row.local_date, _result(row)) for row in self._connection.execute(query)]

    def last_collected(self, brand_id: int) -> dict[str, date]:
        """Return the local date on which each source was last read without trouble, by its name."""
        query = (
            select(SourceResultTable.source, func.max(RunTable.local_date).label("newest"))
            .join(RunTable, RunTable.id == SourceResultTable.run_id)
            .where(
                RunTable.brand_id == brand_id,
                SourceResultTable.status.in_([SourceStatus.OK.value, SourceStatus.EMPTY.value]),
            )
            .group_by(SourceResultTable.source)
        )
        return {row.source: row.newest for row in self._connection.execute(query)}

    def finished(self, brand_id: int, kind: str, local_date: date) -> bool:
        """Tell whether this night has been run to its end, however it ended."""
        night = self._night(brand_id, kind, local_date)
        return night is not None and night.finished_at is not None

    def _night(self, brand_id: int, kind: str, local_date: date) -> Row[*tuple[Any, ...]] | None:
        query = (
            select(
                RunTable.id,
                RunTable.fence,
                RunTable.owner_boot_id,
                RunTable.owner_pid,
                RunTable.owner_started,
                RunTable.owner_host,
                RunTable.heartbeat_at,
                AttemptTable.finished_at,
            )
            .outerjoin(AttemptTable, and_(AttemptTable.run_id == RunTable.id, AttemptTable.attempt == RunTable.fence))
            .where(RunTable.brand_id == brand_id, RunTable.kind == kind, RunTable.local_date == local_date)
        )
        return self._connection.execute(query).one_or_none()

    def _start(self, run_id: int, fence: int, owner: Owner, now: datetime) -> Lease:
        """Raise the fence from what it was read to be, and begin an attempt under the new one."""
        unmoved = and_(RunTable.id == run_id, RunTable.fence == fence)
        values = {"fence": fence + 1, "heartbeat_at": now, **_owner_values(owner)}
        if self._connection.execute(update(RunTable).where(unmoved).values(**values)).rowcount == 0:
            raise NightBusy(f"another process has just claimed run {run_id}: wait until it has finished")
        self._connection.execute(
            insert(AttemptTable).values(
                run_id=run_id, attempt=fence + 1, state=RunState.RUNNING.value, started_at=now, summary=None
            )
        )
        return Lease(run_id, fence + 1, fence + 1)

    def _require(self, lease: Lease) -> None:
        """Raise LeaseLost if the fence has moved."""
        fence = self._connection.scalar(select(RunTable.fence).where(RunTable.id == lease.run_id))
        if fence != lease.fence:
            raise LeaseLost(
                f"another process has taken run {lease.run_id} over from attempt {lease.attempt}: this one stops"
            )


_RESULT_FIELDS = tuple(field.name for field in fields(SourceResult))


def _results() -> Any:
    return select(*(getattr(SourceResultTable, name) for name in _RESULT_FIELDS)).order_by(SourceResultTable.source)


def _result(row: Row[*tuple[Any, ...]]) -> SourceResult:
    values = {name: row._mapping[name] for name in _RESULT_FIELDS}
    return SourceResult(
        **{**values, "status": SourceStatus(row.status), "completeness": Completeness(row.completeness)}
    )


def _owner_values(owner: Owner) -> dict[str, Any]:
    return {f"owner_{name}": value for name, value in asdict(owner).items()}
