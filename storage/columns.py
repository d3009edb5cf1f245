"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

# SQLite numbers its rows by itself only where the column is exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")
# Plain JSON rather than PostgreSQL's JSONB, which refuses the NUL characters that raw records may hold.
Document = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: SQLite keeps it as sortable text, PostgreSQL as `timestamptz`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what writes a time; SQLAlchemy's own way to SQLite's text takes several times as long."""
        return self._as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def _as_text(self, value: datetime | None) -> str | None:
        in_utc = self._in_utc(value)
        return None if in_utc is None else in_utc.replace(tzinfo=None).isoformat(" ", "microseconds")

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC, which SQLite's own type writes without a zone."""
        in_utc = self._in_utc(value)
        return in_utc and (in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc)

    @staticmethod
    def _in_utc(value: datetime | None) -> datetime | None:
        """Return a time in UTC; one without a zone is a programming mistake."""
        if value is None or value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone: times are stored as aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored time as aware UTC."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if dialect.name == "sqlite" else stored.astimezone(UTC)
