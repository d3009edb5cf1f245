"""What the imports of all kinds of files share: rejected rows, moments, and customers' ids."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from io import TextIOWrapper
from pathlib import Path
from zoneinfo import ZoneInfo

from twelvefold.pipeline.dates import EARLIEST, FUTURE_ALLOWED, read_date
from twelvefold.records import Precision

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rejected:
    """A row that did not go in.

    Attributes:
        number: As a spreadsheet counts: the header is row 1.
        cells: As they stood in the file.
    """

    number: int
    reason: str
    cells: tuple[str, ...]


class RejectedRows:
    """The file beside an imported one that keeps its rejected rows; it goes when there are none.

    It has the imported file's own columns behind two more, so that it can be mended and imported.
    """

    def __init__(self, imported: Path, headers: Sequence[str]) -> None:
        self.path = imported.with_name(imported.name + ".rejected.csv")
        self.count = 0
        self._headers = headers
        self._draft = self.path.with_name(self.path.name + ".part")
        self._file: TextIOWrapper | None = None

    def add(self, row: Rejected) -> None:
        """Keep one row.

        Raises:
            OSError: The folder cannot be written to.
        """
        self.count += 1
        if self._file is None:
            self._file = self._draft.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(["row", "reason", *map(guarded, self._headers)])
        csv.writer(self._file).writerow([row.number, guarded(row.reason), *map(guarded, row.cells)])

    def finish(self) -> Path | None:
        """Put the file in its place, or take an old one away; return where it is.

        Raises:
            OSError: The folder cannot be written to.
        """
        if self._file is None:
            self.path.unlink(missing_ok=True)
            return None
        self._file.close()
        self._draft.replace(self.path)
        return self.path

    def abandon(self) -> None:
        """Take away what was written so far."""
        if self._file is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    See OWASP, "CSV Injection": a sign that begins a formula gets an apostrophe before it.
    """
    return "'" + cell if cell.startswith(_FORMULA_SIGNS) else cell


def customer_key(told: str, key: bytes) -> str | None:
    """Return a customer's id as it is kept: as told, an e-mail address as a keyed hash."""
    name = told.strip()
    if "@" in name:
        return "h:" + hmac.new(key, name.casefold().encode(), hashlib.sha256).hexdigest()
    return name or None


def local_moment(written: str, zone: str, day_zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the UTC instant of an answer, or None where it can be none.

    Args:
        written: With its year first, or in words.
        zone: Of a time that is written without one.
        day_zone: A day without a time is midnight there.
    """
    found = _moment(written, zone, day_zone, now)
    return found if found and EARLIEST <= found <= now + FUTURE_ALLOWED else None


def local_day(written: str, zone: ZoneInfo, now: datetime, ahead: timedelta) -> date | None:
    """Return the day that a cell tells, or None where it is before 1900 or further than `ahead` from now."""
    found = _moment(written, zone.key, zone, now)
    return found.astimezone(zone).date() if found and _FIRST <= found <= now + ahead else None


def _moment(written: str, zone: str, day_zone: ZoneInfo, now: datetime) -> datetime | None:
    told, has_time = _iso_moment(written, zone)
    if told is None:
        told, precision = read_date(written, collected_at=now, zone=zone)
        has_time = precision is not Precision.DAY
    if told is None or has_time:
        return told
    return datetime.combine(told.date(), time(), day_zone).astimezone(UTC)


def _iso_moment(written: str, zone: str) -> tuple[datetime | None, bool]:
    """Return what Python itself can read, which is most, and fast."""
    try:
        told = datetime.fromisoformat(written) if len(written) > 7 and not written.isdecimal() else None
    except ValueError:
        return None, False
    if told is None:
        return None, False
    own_zone = told.tzinfo or (ZoneInfo(zone) if len(written) > 10 else UTC)
    return told.replace(tzinfo=own_zone).astimezone(UTC), len(written) > 10
