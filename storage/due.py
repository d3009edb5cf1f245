"""What the stages of a night have yet to look at, so that no night looks at a whole brand.

Whatever changes about a mention that a stage goes by makes it due, in the transaction of the change;
the stage takes it off its list in the transaction of its own work. A night that is killed finds it again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, literal, select

from twelvefold.storage.batches import in_batches, insert_or
from twelvefold.storage.tables import DueTable, MentionTable

Stage = Literal["duplicates", "cases"]
STAGES: tuple[Stage, ...] = ("duplicates", "cases")


class Due:
    """The lists of the stages, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, stage: Stage, mention_ids: Collection[int]) -> None:
        """Have a stage look at these mentions."""
        for batch in in_batches(mention_ids):
            self._add_where(stage, MentionTable.id.in_(batch))

    def add_after(self, stage: Stage, mention_id: int) -> None:
        """Have a stage look at all mentions with a higher number than this."""
        self._add_where(stage, MentionTable.id > mention_id)

    def of(self, stage: Stage, brand_id: int) -> list[int]:
        """Return the mentions of a brand that a stage has yet to look at, in their order."""
        query = (
            select(MentionTable.id)
            .join(DueTable, and_(DueTable.mention_id == MentionTable.id, DueTable.stage == stage))
            .where(MentionTable.brand_id + 0 == brand_id)
            .order_by(MentionTable.id)
        )
        return list(self._connection.scalars(query))

    def done(self, stage: Stage, brand_id: int) -> None:
        """Take all mentions of a brand off the list of a stage."""
        of_brand = exists().where(MentionTable.id == DueTable.mention_id, MentionTable.brand_id + 0 == brand_id)
        self._connection.execute(delete(DueTable).where(DueTable.stage == stage, of_brand))

    def _add_where(self, stage: Stage, condition: ColumnElement[bool]) -> None:
        mentions = select(MentionTable.id, literal(stage)).where(condition)
        listed = insert_or(self._connection, DueTable).from_select(["mention_id", "stage"], mentions)
        self._connection.execute(listed.on_conflict_do_nothing())
