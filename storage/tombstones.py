"""What was forgotten on request, and must not come back with the next crawl."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select

from twelvefold.errors import UnknownName
from twelvefold.records import Mention
from twelvefold.storage.batches import in_batches, insert_or
from twelvefold.storage.due import STAGES, Due
from twelvefold.storage.judgements import Judgements
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.tables import (
    AnswerTable,
    CustomerTable,
    JudgementTable,
    MentionTable,
    OrderTable,
    RevisionTable,
    SourceTable,
    TombstoneTable,
)


@dataclass(frozen=True)
class Receipt:
    """How much was erased, revisions and cases going with their mentions."""

    mentions: int = 0
    revisions: int = 0
    judgements: int = 0
    answers: int = 0
    orders: int = 0
    customers: int = 0


@dataclass(frozen=True)
class TombstoneKeys:
    """The tombstones of one brand, as a look-up."""

    mentions: frozenset[str] = field(default=frozenset())
    authors: frozenset[str] = field(default=frozenset())
    customers: frozenset[str] = field(default=frozenset())

    def cover(self, mention: Mention) -> bool:
        """Tell whether this mention was forgotten, or is by somebody who was."""
        if self.mentions and mention_key(mention.source, mention.external_id) in self.mentions:
            return True
        if self.authors and mention.author_hash and person_key(mention.author_hash) in self.authors:
            return True
        return self.cover_customer(mention.customer_id)

    def cover_customer(self, customer_id: str | None) -> bool:
        """Tell whether this customer was forgotten."""
        return bool(self.customers and customer_id and person_key(customer_id) in self.customers)


def mention_key(source: str, external_id: str) -> str:
    """Return the key under which a mention is remembered as forgotten."""
    return sha256(f"{source}\0{external_id}".encode()).hexdigest()


def person_key(identifier: str) -> str:
    """Return the key under which an author (by hash) or a customer (by id) is remembered as forgotten."""
    return sha256(identifier.encode()).hexdigest()


class Tombstones:
    """Erasure, as a transaction does it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rollups = Rollups(connection)

    def keys(self, brand_id: int) -> TombstoneKeys:
        """Return what must stay out of this brand."""
        query = select(TombstoneTable.kind, TombstoneTable.key).where(TombstoneTable.brand_id == brand_id)
        by_kind: dict[str, set[str]] = {"mention": set(), "author": set(), "customer": set()}
        for row in self._connection.execute(query):
            by_kind[row.kind].add(row.key)
        return TombstoneKeys(*(frozenset(by_kind[kind]) for kind in ("mention", "author", "customer")))

    def forget_mention(self, mention_id: int, at: datetime) -> Receipt:
        """Erase one mention with all that hangs on it.

        Raises:
            UnknownName: There is no such mention.
        """
        row = self._connection.execute(
            select(MentionTable.brand_id, MentionTable.external_id, SourceTable.name)
            .join(SourceTable, SourceTable.id == MentionTable.source_id)
            .where(MentionTable.id == mention_id)
        ).one_or_none()
        if row is None:
            raise UnknownName(f"no mention has the number {mention_id}: it may have been forgotten already")
        self._bury(row.brand_id, "mention", mention_key(row.name, row.external_id), at)
        return self._erase_mentions(MentionTable.id == mention_id)

    def forget_author(self, brand_id: int, author_hash: str, at: datetime) -> Receipt:
        """Erase all that one author wrote about the brand."""
        self._bury(brand_id, "author", person_key(author_hash), at)
        wrote = (MentionTable.brand_id == brand_id) & (MentionTable.author_hash == author_hash)
        return self._erase_mentions(wrote)

    def forget_customer(self, brand_id: int, customer_id: str, at: datetime) -> Receipt:
        """Erase a customer: mentions, survey answers, orders and the customer's own row."""
        self._bury(brand_id, "customer", person_key(customer_id), at)
        theirs = [
            (table.brand_id == brand_id) & (table.customer_id == customer_id)
            for table in (AnswerTable, OrderTable, CustomerTable)
        ]
        texts = self._connection.scalars(select(AnswerTable.content_hash).where(theirs[0])).all()
        answers = self._connection.execute(delete(AnswerTable).where(theirs[0])).rowcount
        orders = self._connection.execute(delete(OrderTable).where(theirs[1])).rowcount
        wrote = (MentionTable.brand_id == brand_id) & (MentionTable.customer_id == customer_id)
        erased = self._erase_mentions(wrote, {text for text in texts if text})
        # Last, as the mentions are counted by the customer's segments.
        customers = self._connection.execute(delete(CustomerTable).where(theirs[2])).rowcount
        return Receipt(erased.mentions, erased.revisions, erased.judgements, answers, orders, customers)

    def _bury(self, brand_id: int, kind: str, key: str, at: datetime) -> None:
        grave = insert_or(self._connection, TombstoneTable).values(
            brand_id=brand_id, kind=kind, key=key, forgotten_at=at
        )
        self._connection.execute(grave.on_conflict_do_nothing())

    def _erase_mentions(self, condition: ColumnElement[bool], texts: Collection[str] = ()) -> Receipt:
        """Erase the mentions that meet the condition, and the judgements that only they (or `texts`) needed."""
        found = self._connection.execute(select(MentionTable.id, MentionTable.content_hash).where(condition)).all()
        ids = {row.id for row in found}
        orphaned = {*texts, *(row.content_hash for row in found)}
        revisions = 0
        leaning: set[int] = set()
        for batch in in_batches(ids):
            kept = self._connection.execute(
                select(RevisionTable.content_hash).where(RevisionTable.mention_id.in_(batch))
            ).all()
            revisions += len(kept)
            orphaned.update(row.content_hash for row in kept)
            query = select(MentionTable.id).where(MentionTable.duplicate_of.in_(batch))
            leaning.update(self._connection.scalars(query))
        with self._rollups.following(ids | leaning):
            for batch in in_batches(ids):
                self._connection.execute(delete(MentionTable).where(MentionTable.id.in_(batch)))
        for stage in STAGES:
            Due(self._connection).add(stage, leaning)
        return Receipt(len(ids), revisions, self._drop_judgements(orphaned))

    def _drop_judgements(self, texts: Collection[str]) -> int:
        """Delete the judgements of texts that nobody holds any more, and what others quote of erased ones."""
        held = or_(
            exists().where(MentionTable.content_hash == JudgementTable.content_hash),
            exists().where(AnswerTable.content_hash == JudgementTable.content_hash),
        )
        dropped = sum(
            self._connection.execute(
                delete(JudgementTable).where(JudgementTable.content_hash.in_(batch), ~held)
            ).rowcount
            for batch in in_batches(texts)
        )
        Judgements(self._connection).erase_quotes(texts)
        return dropped
