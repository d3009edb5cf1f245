"""Links mentions that several sources carry to the one that counts."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, select, update
from sqlalchemy.orm import aliased

from twelvefold.storage.batches import in_batches
from twelvefold.storage.due import STAGES, Due
from twelvefold.storage.rollups import Rollups, has_text
from twelvefold.storage.tables import CaseTable, DueTable, MentionTable

MIN_LENGTH = 40  # characters; shorter texts ("Great!") are written by many people independently


class Duplicates:
    """The duplicates of one brand, as a transaction sees them."""

    def __init__(self, connection: Connection, brand_id: int) -> None:
        self._connection = connection
        self._brand_id = brand_id
        self._due = Due(connection)

    def link(self) -> int:
        """Link each unlinked copy to the mention that came first; return how many were linked.

        What already stands for others, or has a case, stays the original even where an older copy
        turns up later: cases and quotes do not wander. Only texts of mentions that are new or have
        changed since the last look are looked at.
        """
        links: dict[int, int] = {}
        for _, group in groupby(self._shared_texts(), key=lambda row: row.content_hash):
            links.update(_links(list(group)))
        self._due.done("duplicates", self._brand_id)
        with Rollups(self._connection).following(links.keys()):
            if links:
                self._connection.execute(
                    update(MentionTable).where(MentionTable.id == bindparam("its_id")),
                    [{"its_id": copy, "duplicate_of": original} for copy, original in links.items()],
                )
        return len(links)

    def linked_to(self, mention_ids: Collection[int]) -> set[int]:
        """Return the mentions that are linked to these."""
        linked: set[int] = set()
        for batch in in_batches(mention_ids):
            query = select(MentionTable.id).where(MentionTable.duplicate_of.in_(batch))
            linked.update(self._connection.scalars(query))
        return linked

    def release(self, mention_ids: Collection[int]) -> None:
        """Unlink these mentions and what is linked to them; the next look decides anew."""
        released = {*mention_ids, *self.linked_to(mention_ids)}
        for stage in STAGES:
            self._due.add(stage, released)
        for batch in in_batches(released):
            self._connection.execute(update(MentionTable).where(MentionTable.id.in_(batch)).values(duplicate_of=None))

    def _shared_texts(self) -> list[Row[*tuple[Any, ...]]]:
        """Return the unlinked mentions of due texts that several sources have, each text's original to be first."""
        due = aliased(MentionTable)
        listed = select(DueTable.mention_id).where(DueTable.stage == "duplicates")
        due_texts = select(due.content_hash).where(due.id.in_(listed), due.brand_id + 0 == self._brand_id)
        shared = (
            select(MentionTable.content_hash)
            .where(MentionTable.content_hash.in_(due_texts), MentionTable.brand_id + 0 == self._brand_id)
            .group_by(MentionTable.content_hash)
            .having(func.count(MentionTable.source_id.distinct()) > 1)
        )
        copy = aliased(MentionTable)
        settled = exists().where(copy.duplicate_of == MentionTable.id) | exists().where(
            CaseTable.mention_id == MentionTable.id
        )
        query = (
            select(
                MentionTable.id,
                MentionTable.content_hash,
                MentionTable.source_id,
                MentionTable.author_hash,
                func.length(MentionTable.text).label("length"),
            )
            .where(MentionTable.brand_id == self._brand_id, MentionTable.content_hash.in_(shared), has_text())
            .where(MentionTable.removed_at.is_(None), MentionTable.duplicate_of.is_(None))
            .order_by(
                MentionTable.content_hash,
                settled.desc(),
                func.coalesce(MentionTable.published_at, MentionTable.collected_at),
                MentionTable.id,
            )
        )
        return list(self._connection.execute(query))


def _links(group: list[Row[*tuple[Any, ...]]]) -> dict[int, int]:
    """Return copy -> original among mentions of one text, given in the order of precedence."""
    originals: list[Row[*tuple[Any, ...]]] = []
    links: dict[int, int] = {}
    for row in group:
        for original in originals:
            same_author = row.author_hash is not None and row.author_hash == original.author_hash
            if row.source_id != original.source_id and (row.length >= MIN_LENGTH or same_author):
                links[row.id] = original.id
                break
        else:
            originals.append(row)
    return links
