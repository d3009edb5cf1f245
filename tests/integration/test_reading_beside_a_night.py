"""Figures and digest are read while another transaction writes, and wait for nobody."""

from __future__ import annotations

from pathlib import Path

from twelvefold.config import parse_configuration
from twelvefold.pipeline.brand import brand_number
from twelvefold.pipeline.digest.weekly import render_week
from twelvefold.pipeline.health import health
from twelvefold.storage.engine import Database

CONFIGURATION = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", Path())
BRAND = CONFIGURATION.brands[0]


def test_a_known_brand_is_read_while_a_night_is_written(database: Database) -> None:
    number = brand_number(database, BRAND)
    with database.begin() as night:
        night.brands.ensure("Other", "Asia/Taipei")
        assert brand_number(database, BRAND) == number
        with database.read() as work:
            assert health(work, BRAND, CONFIGURATION, brand_id=number, model="m")["brand"] == "Acme"
        assert render_week(
            database, CONFIGURATION, BRAND, model="m", week="2026-W47", language="en", form="text"
        ).startswith(b"Acme")


def test_a_new_brand_and_a_new_zone_are_written(database: Database) -> None:
    number = brand_number(database, BRAND)
    moved = BRAND.model_copy(update={"zone": "Asia/Taipei"})
    assert brand_number(database, moved) == number
    with database.read() as work:
        assert work.brands.names() == ["Acme"]
        assert work.brands.zone(number).key == "Asia/Taipei"
        assert (work.brands.find("Acme", "Asia/Taipei"), work.brands.find("Acme", "Europe/Paris")) == (number, None)
