"""Which number a configured brand has in the database."""

from __future__ import annotations

from twelvefold.config import Brand
from twelvefold.storage.engine import Database


def brand_number(database: Database, brand: Brand) -> int:
    """Return the id of a brand; only one that is new, or whose zone or weights have changed, makes this write.

    So what merely reads figures waits for no night that is being written.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    weights = {source.name: source.weight for source in brand.sources}
    with database.read() as work:
        known = work.brands.find(brand.name, brand.zone)
        if known is not None and work.brands.weighs(known, weights):
            return known
    with database.begin() as work:
        number = work.brands.ensure(brand.name, brand.zone)
        work.brands.weigh(number, weights)
        return number
