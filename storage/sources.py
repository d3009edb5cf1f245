"""The sources of a brand: what is kept of one for the crawl that comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from twelvefold.storage.tables import MentionTable, SourceTable

Validators = tuple[str | None, str | None]


@dataclass(frozen=True)
class Ground:
    """How far a source has been read.

    Attributes:
        newest: When the newest of its mentions was published.
        deep_at: When all of it was last read.
        validators: Address to (ETag, Last-Modified), as the crawl before learnt them.
    """

    newest: datetime | None = None
    deep_at: datetime | None = None
    validators: Mapping[str, Validators] = field(default_factory=dict)


class Sources:
    """The sources, as a transaction sees them; each by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ground(self, source_id: int) -> Ground:
        """Return how far a source has been read."""
        kept = select(SourceTable.deep_at, SourceTable.validators).where(SourceTable.id == source_id)
        deep_at, validators = self._connection.execute(kept).one()
        newest = self._connection.scalar(select(func.max(MentionTable.published_at)).where(_is_there(source_id)))
        learnt = {url: (etag, modified) for url, (etag, modified) in (validators or {}).items()}
        return Ground(newest, deep_at, learnt)

    def kinds(self, brand_id: int) -> dict[int, str]:
        """Return the kind of each source of a brand by its number, configured still or not."""
        query = select(SourceTable.id, SourceTable.kind).where(SourceTable.brand_id == brand_id)
        return {row.id: row.kind for row in self._connection.execute(query)}

    def shown(self, source_id: int) -> set[str]:
        """Return the external ids of the mentions that the source still shows, as far as is known."""
        return set(self._connection.scalars(select(MentionTable.external_id).where(_is_there(source_id))))

    def count(self, source_id: int) -> int:
        """Return how many mentions of a source are stored and not gone from it."""
        return self._connection.scalars(select(func.count()).where(_is_there(source_id))).one()

    def keep_validators(self, source_id: int, validators: Mapping[str, Validators]) -> None:
        """Keep by what the next crawl can ask whether a page has changed."""
        learnt = {url: list(pair) for url, pair in validators.items()}
        self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(validators=learnt))

    def mark_deep(self, source_id: int, at: datetime) -> None:
        """Note that all of a source has been read."""
        self._connection.execute(update(SourceTable).where(SourceTable.id == source_id).values(deep_at=at))


def _is_there(source_id: int) -> ColumnElement[bool]:
    return (MentionTable.source_id == source_id) & MentionTable.removed_at.is_(None)
