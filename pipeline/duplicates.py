"""One opinion posted in several places counts once."""

from __future__ import annotations

from twelvefold.pipeline.near_duplicates import pairs_alike
from twelvefold.storage.engine import Database


def link_duplicates(database: Database, brand_id: int) -> int:
    """Link mentions of one opinion across sources to the earliest of them, and return how many were linked.

    An opinion is the same where the judged text is, long enough that two people would not write it
    by chance, or by the same author; or where the text is all but the same and the mentions are at
    most two months apart. Looks only at what is new or has changed since the last look. Idempotent.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    alike: set[tuple[int, int]] = set()
    with database.read() as work:
        for month in work.mentions.months_to_compare(brand_id):
            worded = work.mentions.comparable(brand_id, month)
            alike |= pairs_alike(worded.texts, worded.due)
    with database.begin() as work:
        return work.mentions.link_duplicates(brand_id, sorted(alike))
