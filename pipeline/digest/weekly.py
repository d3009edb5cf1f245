"""Which week's digest is due, rendered and kept as files beside the configuration."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, time, timedelta
from pathlib import Path

from twelvefold.config import Brand, Configuration
from twelvefold.models.scorer import calibration_of
from twelvefold.pipeline.brand import brand_number
from twelvefold.pipeline.digest.build import build_digest
from twelvefold.pipeline.digest.render import render
from twelvefold.storage.engine import Database

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SUFFIXES = {"html": "html", "text": "txt"}


def due_week(now: datetime, brand: Brand) -> str:
    """Return the newest ISO week whose digest is due at `now`: over, and its digest hour passed."""
    local = now.astimezone(brand.time_zone)
    monday = local.date() - timedelta(days=local.weekday())
    day = monday + timedelta(days=WEEKDAYS.index(brand.digest.day))
    hour = datetime.combine(day, time.fromisoformat(brand.digest.at), brand.time_zone)
    newest = monday - timedelta(days=7 if local >= hour else 14)
    year, week, _ = newest.isocalendar()
    return f"{year}-W{week:02d}"


def render_week(
    database: Database,
    configuration: Configuration,
    brand: Brand,
    *,
    model: str,
    week: str,
    language: str,
    form: str,
) -> bytes:
    """Return one week's digest as UTF-8 bytes.

    Raises:
        UnknownName: The week does not exist.
        ModelUnusable: There is no such model.
        StorageUnavailable: The database did not answer.
    """
    brand_id = brand_number(database, brand)
    calibration = calibration_of(configuration.model, configuration.folder)
    with database.read() as work:
        document = build_digest(
            work, brand, configuration, brand_id=brand_id, model=model, week=week, calibration=calibration
        )
    return render(document, language, form)


def write_due_digest(
    database: Database, configuration: Configuration, brand: Brand, brand_id: int, *, model: str, now: datetime
) -> Path | None:
    """Write the digest that is due, once; return the HTML file, or None where it was written before.

    The file is written before it is recorded, so a killed run writes the same file again.
    """
    week = due_week(now, brand)
    with database.read() as work:
        if work.digests.files(brand_id, week):
            return None
    folder = configuration.path("digests")
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, tuple[Path, str]] = {}
    for form, suffix in SUFFIXES.items():
        rendered = render_week(
            database, configuration, brand, model=model, week=week, language=brand.language, form=form
        )
        file = folder / f"{file_name(brand.name)}-{week}.{suffix}"
        temporary = file.with_name(file.name + ".part")
        temporary.write_bytes(rendered)
        temporary.replace(file)
        files[form] = (file, hashlib.sha256(rendered).hexdigest())
    with database.begin() as work:
        for form, (file, digest_hash) in files.items():
            work.digests.save(brand_id, week, brand.language, form, digest_hash, str(file))
    return files["html"][0]


def file_name(name: str) -> str:
    """Return a brand's name as a file name: letters and digits of any script, dashes between."""
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_") or "brand"
