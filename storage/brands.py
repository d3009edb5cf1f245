"""The brands, their sources and their subjects."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from twelvefold.errors import UnknownName
from twelvefold.storage.tables import BrandTable, SourceTable


class Brands:
    """The brands, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, name: str, zone: str) -> int:
        """Return the id of the brand called `name`, made if need be."""
        query = select(BrandTable.id, BrandTable.zone).where(BrandTable.name == name)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            made = insert(BrandTable).values(name=name, zone=zone).returning(BrandTable.id)
            return self._connection.scalars(made).one()
        if row.zone != zone:
            self._connection.execute(update(BrandTable).where(BrandTable.id == row.id).values(zone=zone))
        brand_id: int = row.id
        return brand_id

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

    def ensure_source(
        self, brand_id: int, name: str, kind: str, subject: str | None = None, weight: float = 1.0
    ) -> int:
        """Return the id of the brand's source called `name`, made or brought up to date if need be."""
        found = select(SourceTable.id).where(SourceTable.brand_id == brand_id, SourceTable.name == name)
        source_id = self._connection.scalar(found)
        values = {"kind": kind, "subject": subject, "weight": weight}
        if source_id is None:
            made = insert(SourceTable).values(brand_id=brand_id, name=name, **values).returning(SourceTable.id)
            return self._connection.scalars(made).one()
        self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(**values))
        return source_id
