"""Why a week moved, found out once by a night and kept: figures and digest read it, and scan nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from twelvefold.storage.batches import insert_or
from twelvefold.storage.reason_tables import ReasonsTable


class Reasons:
    """The kept weeks, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, brand_id: int, model: str, week: str, document: dict[str, Any]) -> None:
        """Keep what one week was found to have moved by, in the place of an earlier finding."""
        key = {"brand_id": brand_id, "model": model, "week": week}
        upsert = insert_or(self._connection, ReasonsTable).values(**key, document=document)
        self._connection.execute(
            upsert.on_conflict_do_update(index_elements=list(key), set_={"document": upsert.excluded.document})
        )

    def find(self, brand_id: int, model: str, week: str) -> dict[str, Any] | None:
        """Return what a week was found to have moved by, or None where no night looked."""
        query = select(ReasonsTable.document).where(
            ReasonsTable.brand_id == brand_id, ReasonsTable.model == model, ReasonsTable.week == week
        )
        return self._connection.scalar(query)
