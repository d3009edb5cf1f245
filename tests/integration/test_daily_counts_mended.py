"""A night finds daily counts that are wrong, mends them before the digest, and says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from twelvefold.config import parse_configuration
from twelvefold.pipeline.night import NightRun
from twelvefold.records import RunState
from twelvefold.storage.engine import Database
from twelvefold.storage.series import Scope


def test_a_night_mends_wrong_counts_and_says_so(database: Database, tmp_path: Path) -> None:
    configuration = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", tmp_path)
    brand = configuration.brands[0]
    with database.begin() as work:
        number = work.brands.ensure(brand.name, brand.zone)
        shop = work.brands.ensure_source(number, "shop", "files")
        # As a bug or a hand in the database would leave it.
        work.rollups.add_starred(number, [(date(2026, 11, 20), shop, None, None, 5.0)] * 3)
    first, second = (NightRun(database, configuration, brand).run() for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.state is RunState.PARTIAL
    assert len(first.problems) == 1
    assert "(4 of them)" in first.problems[0]
    assert "kept 3, counted 0" in first.problems[0]
    assert (second.state, second.problems) == (RunState.COMPLETE, ())
    with database.read() as work:
        assert work.rollups.star_totals(number, Scope.SOURCE) == []
