"""The lease of a running night, kept alive while its stages work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from twelvefold.errors import LeaseLost, StorageUnavailable
from twelvefold.storage.engine import Database
from twelvefold.storage.runs import Lease

HEARTBEAT_S = 15.0
log = logging.getLogger(__name__)


class HeldLease:
    """A lease with a heartbeat of its own, so that a slow page or batch does not look like death.

    Use it as a context manager around the stages; each stage calls `renew` before it writes.
    """

    def __init__(self, database: Database, lease: Lease, clock: Callable[[], datetime]) -> None:
        self.lease = lease
        self._database = database
        self._clock = clock
        self._ended = threading.Event()
        self._is_lost = False
        self._thread = threading.Thread(target=self._beat, name="lease-heartbeat", daemon=True)

    def __enter__(self) -> HeldLease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def renew(self) -> None:
        """Say that this process still works on the night.

        Raises:
            LeaseLost: Another process has taken the night over.
            StorageUnavailable: The database did not answer.
        """
        if self._is_lost:
            raise LeaseLost("another process has taken this night over; this one stops here")
        with self._database.begin() as work:
            work.runs.renew(self.lease, self._clock())

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            try:
                self.renew()
            except LeaseLost:
                self._is_lost = True
                return
            except StorageUnavailable as exc:
                log.debug("heartbeat skipped: %s", exc)
