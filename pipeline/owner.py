"""Who holds a night, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from twelvefold.storage.runs import Owner

SILENT_AFTER = timedelta(seconds=60)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> Owner:
    """Return the identity of this process; unlike a pid alone it is never used again."""
    return Owner(boot_id=_boot_id(), pid=os.getpid(), started=_started(os.getpid()) or "", host=socket.gethostname())


def is_alive(owner: Owner) -> bool | None:
    """Tell whether the owner still runs, or None where this machine cannot know."""
    if owner.boot_id != _boot_id():
        same_host = owner.host == socket.gethostname() and bool(owner.boot_id)
        return False if same_host and _BOOT_ID.exists() else None
    return _started(owner.pid) == owner.started


def takeover_rule(now: datetime) -> Callable[[Owner, datetime], bool]:
    """Return the rule by which a lease may be taken from its owner at `now`.

    A dead owner on this machine loses it at once; one that cannot be looked at
    loses it after 60 seconds without a heartbeat (CONTRACT.md, "Nights").
    """

    def may_take_over(owner: Owner, heartbeat_at: datetime) -> bool:
        if owner == this_process():
            return True  # an earlier attempt of this very process, which ended by an error
        alive = is_alive(owner)
        if alive is None:
            return now - heartbeat_at > SILENT_AFTER
        return not alive

    return may_take_over


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Return when process `pid` started, in clock ticks since boot, or None where it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]
