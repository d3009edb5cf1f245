"""Compares the daily counts with the mentions themselves, and mends them where they differ."""

from __future__ import annotations

from twelvefold.storage.engine import Database


def mend_daily_counts(database: Database, brand_id: int, model: str) -> list[str]:
    """Count a brand's mentions anew where what is kept of them differs; return a sentence if so.

    The counts follow every change in its own transaction, so a difference is a fault of ours or of
    somebody's hand in the database: it is mended, and said. Class probabilities that are not kept yet,
    after a change of schema or of the weights of sources, are counted without a word.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    with database.begin() as work:
        work.rollups.keep_probabilities(brand_id)
    with database.read() as work:
        differences = work.rollups.check(brand_id, model)
    if not differences:
        return []
    with database.begin() as work:
        work.rollups.recompute(brand_id)
    return [
        f"daily counts differed from the mentions ({len(differences)} of them) and were made anew, so figures shown "
        f"before may have been wrong; please report this (the first is {differences[0]})"
    ]
