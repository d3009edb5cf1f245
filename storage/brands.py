"""The brands, their sources and their subjects."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from twelvefold.errors import UnknownName
from twelvefold.records import Precision, local_date_of
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.tables import AnswerTable, BrandTable, MentionTable, SourceTable

KEY_BYTES = 32


class Brands:
    """The brands, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, name: str, zone: str) -> int:
        """Return the id of the brand called `name`, made if need be.

        Where the zone is not the one it had, its mentions and answers are counted by their new local days.
        """
        query = select(BrandTable.id, BrandTable.zone).where(BrandTable.name == name)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            key = secrets.token_bytes(KEY_BYTES)
            new = {"name": name, "zone": zone, "author_key": key, "probabilities_kept": True}
            return self._connection.scalars(insert(BrandTable).values(**new).returning(BrandTable.id)).one()
        if row.zone != zone:
            self._connection.execute(update(BrandTable).where(BrandTable.id == row.id).values(zone=zone))
            self._count_by_new_days(row.id, ZoneInfo(zone))
        brand_id: int = row.id
        return brand_id

    def find(self, name: str, zone: str) -> int | None:
        """Return the id of the brand called `name` if it is stored and counts its days in that zone."""
        query = select(BrandTable.id).where(BrandTable.name == name, BrandTable.zone == zone)
        return self._connection.scalar(query)

    def weighs(self, brand_id: int, weights: Mapping[str, float]) -> bool:
        """Tell whether the brand's sources weigh this; one that is not named weighs 1."""
        return not self._heavier_or_lighter(brand_id, weights)

    def weigh(self, brand_id: int, weights: Mapping[str, float]) -> None:
        """Let the brand's sources weigh this, 1 where they are not named, and the counts follow."""
        changed = self._heavier_or_lighter(brand_id, weights)
        for source_id, weight in changed.items():
            self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(weight=weight))
        if changed:
            Rollups(self._connection).weigh_anew(brand_id)

    def _heavier_or_lighter(self, brand_id: int, weights: Mapping[str, float]) -> dict[int, float]:
        query = select(SourceTable.id, SourceTable.name, SourceTable.weight).where(SourceTable.brand_id == brand_id)
        return {
            row.id: weights.get(row.name, 1.0)
            for row in self._connection.execute(query)
            if row.weight != weights.get(row.name, 1.0)
        }

    def names(self) -> list[str]:
        """Return the names of all brands that have ever been stored, sorted."""
        return sorted(self._connection.scalars(select(BrandTable.name)))

    def zone(self, brand_id: int) -> ZoneInfo:
        """Return the zone by which this brand's days are counted.

        Raises:
            UnknownName: There is no such brand.
        """
        name = self._connection.scalar(select(BrandTable.zone).where(BrandTable.id == brand_id))
        if name is None:
            raise UnknownName(f"no brand has the number {brand_id}: make it with brands.ensure")
        return ZoneInfo(name)

    def author_key(self, brand_id: int) -> bytes:
        """Return the secret by which this brand's authors are hashed; it never leaves the database otherwise.

        Raises:
            UnknownName: There is no such brand.
        """
        key = self._connection.scalar(select(BrandTable.author_key).where(BrandTable.id == brand_id))
        if key is None:
            raise UnknownName(f"no brand has the number {brand_id}: make it with brands.ensure")
        return key

    def ensure_source(
        self, brand_id: int, name: str, kind: str, subject: str | None = None, weight: float = 1.0
    ) -> int:
        """Return the id of the brand's source called `name`, made or brought up to date if need be."""
        found = select(SourceTable.id).where(SourceTable.brand_id == brand_id, SourceTable.name == name)
        source_id = self._connection.scalar(found)
        is_weighed_anew = source_id is not None and weight != self._connection.scalar(
            select(SourceTable.weight).where(SourceTable.id == source_id)
        )
        values = {"kind": kind, "subject": subject, "weight": weight}
        if source_id is None:
            made = insert(SourceTable).values(brand_id=brand_id, name=name, **values).returning(SourceTable.id)
            return self._connection.scalars(made).one()
        self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(**values))
        if is_weighed_anew:
            Rollups(self._connection).weigh_anew(brand_id)
        return source_id

    def _count_by_new_days(self, brand_id: int, zone: ZoneInfo) -> None:
        mentions = select(
            MentionTable.id,
            MentionTable.local_date,
            MentionTable.published_at,
            MentionTable.published_precision,
            MentionTable.collected_at,
        ).where(MentionTable.brand_id == brand_id)
        moved: list[dict[str, Any]] = []
        for mention_id, kept, published_at, precision, collected_at in self._connection.execute(mentions):
            day = local_date_of(published_at, Precision(precision), collected_at, zone)
            if day != kept:
                moved.append({"its_id": mention_id, "local_date": day})
        if moved:
            self._connection.execute(update(MentionTable).where(MentionTable.id == bindparam("its_id")), moved)
            Rollups(self._connection).recompute(brand_id)
        answers = select(AnswerTable.id, AnswerTable.answered_at).where(
            AnswerTable.brand_id == brand_id, AnswerTable.answered_at.is_not(None)
        )
        dated = [
            {"its_id": answer_id, "local_date": answered_at.astimezone(zone).date()}
            for answer_id, answered_at in self._connection.execute(answers)
            if answered_at is not None
        ]
        if dated:
            self._connection.execute(update(AnswerTable).where(AnswerTable.id == bindparam("its_id")), dated)
