"""One opinion posted in several places counts once."""

from __future__ import annotations

from twelvefold.storage.engine import Database


def link_duplicates(database: Database, brand_id: int) -> int:
    """Link mentions of one text across sources to the earliest of them, and return how many were linked.

    Exact duplicates only: the same judged text, long enough that two people would not write it
    by chance, or by the same author. Idempotent.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    with database.begin() as work:
        return work.mentions.link_duplicates(brand_id)
