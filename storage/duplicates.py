"""Links mentions that several sources carry to the one that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, select, update
from sqlalchemy.orm import aliased

from twelvefold.storage.batches import in_batches
from twelvefold.storage.due import STAGES, Due
from twelvefold.storage.rollups import Rollups, has_text, has_words
from twelvefold.storage.tables import CaseTable, DueTable, MentionTable

MIN_LENGTH = 40  # characters; shorter texts ("Great!") are written by many people independently


APART = timedelta(days=31)


@dataclass(frozen=True)
class Comparable:
    """Texts by the numbers of their mentions, and those among them that are due."""

    texts: Mapping[int, str]
    due: frozenset[int]


class Duplicates:
    """The duplicates of one brand, as a transaction sees them."""

    def __init__(self, connection: Connection, brand_id: int) -> None:
        self._connection = connection
        self._brand_id = brand_id
        self._due = Due(connection)

    def months(self) -> list[date]:
        """Return the first day of each month that has mentions which are due."""
        query = select(MentionTable.local_date).where(self._is_due(), has_words()).distinct()
        return sorted({day.replace(day=1) for day in self._connection.scalars(query)})

    def comparable(self, month: date) -> Comparable:
        """Return the texts of a month that are due, and those that they may be copies of, a month apart at most.

        Where only one source has texts there is nothing to compare.
        """
        following = (month + timedelta(days=31)).replace(day=1)
        query = (
            select(
                MentionTable.id, MentionTable.source_id, MentionTable.local_date, MentionTable.title, MentionTable.text
            )
            .where(MentionTable.brand_id == self._brand_id, has_words())
            .where(MentionTable.local_date >= month - APART, MentionTable.local_date < following + APART)
            .where(MentionTable.removed_at.is_(None), MentionTable.duplicate_of.is_(None))
        )
        rows = self._connection.execute(query).all()
        if len({row.source_id for row in rows}) < 2:
            return Comparable({}, frozenset())
        listed = set(self._connection.scalars(select(MentionTable.id).where(self._is_due())))
        due = (row.id for row in rows if row.id in listed and month <= row.local_date < following)
        return Comparable({row.id: f"{row.title}\n{row.text}" for row in rows}, frozenset(due))

    def link(self, alike: Sequence[tuple[int, int]] = ()) -> int:
        """Link each unlinked copy to the mention that came first; return how many were linked.

        What already stands for others, or has a case, stays the original even where an older copy
        turns up later: cases and quotes do not wander. Only texts of mentions that are new or have
        changed since the last look are looked at.
        """
        links: dict[int, int] = {}
        for _, group in groupby(self._shared_texts(), key=lambda row: row.content_hash):
            links.update(_links(list(group)))
        links.update(self._links_alike(alike, links))
        self._due.done("duplicates", self._brand_id)
        with Rollups(self._connection).following(links.keys()):
            if links:
                self._connection.execute(
                    update(MentionTable).where(MentionTable.id == bindparam("its_id")),
                    [{"its_id": copy, "duplicate_of": original} for copy, original in links.items()],
                )
        return len(links)

    def _links_alike(self, alike: Sequence[tuple[int, int]], linked: Mapping[int, int]) -> dict[int, int]:
        """Return copy -> original for texts that are all but the same, beside those that are linked already.

        What stands for others, or has a case, is no copy; nor is what is linked, removed or edited by now.
        """
        partners = defaultdict(set)
        for one, other in alike:
            partners[one].add(other)
            partners[other].add(one)
        stands = {*linked.values()}
        rows = [
            row
            for batch in in_batches(partners)
            for row in self._connection.execute(_unlinked().where(MentionTable.id.in_(batch)))
            if row.id not in linked
        ]
        rows.sort(key=lambda row: (not (row.settled or row.id in stands), row.told_at, row.id))
        links: dict[int, int] = {}
        originals: dict[int, int] = {}
        for row in rows:
            found = (one for one in originals if one in partners[row.id] and originals[one] != row.source_id)
            original = None if row.settled or row.id in stands else next(found, None)
            if original is None:
                originals[row.id] = row.source_id
            else:
                links[row.id] = original
        return links

    def _is_due(self) -> ColumnElement[bool]:
        listed = select(DueTable.mention_id).where(DueTable.stage == "duplicates")
        return MentionTable.id.in_(listed) & (MentionTable.brand_id + 0 == self._brand_id)

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
        query = (
            _unlinked()
            .where(MentionTable.brand_id == self._brand_id, MentionTable.content_hash.in_(shared), has_text())
            .order_by(MentionTable.content_hash, _settled().desc(), _told_at(), MentionTable.id)
        )
        return list(self._connection.execute(query))


def _unlinked() -> Select[*tuple[Any, ...]]:
    """Return the query for mentions that may be copies or originals."""
    return select(
        MentionTable.id,
        MentionTable.content_hash,
        MentionTable.source_id,
        MentionTable.author_hash,
        func.length(MentionTable.text).label("length"),
        _settled().label("settled"),
        _told_at().label("told_at"),
    ).where(MentionTable.removed_at.is_(None), MentionTable.duplicate_of.is_(None))


def _settled() -> ColumnElement[bool]:
    """Return whether a mention stands for others or has a case."""
    copy = aliased(MentionTable)
    return exists().where(copy.duplicate_of == MentionTable.id) | exists().where(
        CaseTable.mention_id == MentionTable.id
    )


def _told_at() -> ColumnElement[datetime]:
    return func.coalesce(MentionTable.published_at, MentionTable.collected_at)


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
