"""Which number a configured brand has in the database."""

from __future__ import annotations

from twelvefold.config import Brand
from twelvefold.storage.engine import Database


def brand_number(database: Database, brand: Brand) -> int:
    """Return the id of a brand; only one that is new, or whose zone has changed, makes this write.

    So what merely reads figures waits for no night that is being written.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    with database.read() as work:
        known = work.brands.find(brand.name, brand.zone)
    if known is not None:
        return known
    with database.begin() as work:
        return work.brands.ensure(brand.name, brand.zone)
