"""The health of a brand, computed once for all who ask until anything changes.

No clock enters a health document: it follows from what is stored, the configuration, the model, the question and
this program. The database drops kept answers with whatever changes it; all else is in the key.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import twelvefold
from twelvefold import models, pipeline, storage
from twelvefold.config import Brand, Configuration
from twelvefold.models.scorer import Calibration, calibration_of, model_id
from twelvefold.pipeline import figures
from twelvefold.pipeline.brand import brand_number
from twelvefold.pipeline.brand_health import Question, brand_health
from twelvefold.pipeline.chronicle import sources_heard
from twelvefold.pipeline.health import GROUPINGS
from twelvefold.pipeline.week import Week
from twelvefold.storage.engine import Database

LONGEST_S = 30.0
"""After so long a night keeps no further answers: who asks can compute them as well."""

SMALLEST = 1_000
"""Mentions of a brand whose answers a night keeps: those of a smaller one are computed in no time."""

# What may hold secrets, and where the file lies. Nothing of it enters a figure; whatever else is configured might.
_NO_FIGURES: dict[str, Any] = {
    "database": True,
    "folder": True,
    "brands": {
        "__all__": {
            "digest": True,
            "customers": {"sql": True},
            "sources": {"__all__": {"options": True, "base_url": True}},
        }
    },
}
log = logging.getLogger(__name__)


def health_answer(
    database: Database,
    configuration: Configuration,
    brand: Brand,
    question: Question,
    *,
    model: str,
    calibration: Calibration | None,
) -> dict[str, Any]:
    """Return what `brand_health` tells, as it is kept, or else computed and kept for the next who asks.

    Raises:
        CallerMistake: The period is empty or given twice, or the groups are unknown.
        UnknownName: The week is no ISO week.
        StorageUnavailable: The database did not answer.
    """
    key = _key(configuration, brand, question, model, calibration)
    with database.read() as work:
        kept = work.answers.find(key)
    if kept is not None:
        return kept
    number = brand_number(database, brand)
    with database.read() as work:
        change = work.answers.change()
        document = brand_health(
            work, brand, configuration, question, brand_id=number, model=model, calibration=calibration
        )
    database.keep_answer(key, change, document)
    return document


def keep_standing_answers(database: Database, configuration: Configuration, own: Brand, now: datetime) -> None:
    """Keep the answers that are asked for first: of all that is known and of the week that is over, by all groups.

    Those of other brands are kept after those of `own`: its night has changed what they are compared with. Whatever
    goes wrong is logged and nothing else.
    """
    give_up_at = time.monotonic() + LONGEST_S
    try:
        model = model_id(configuration.model, configuration.folder)
        calibration = calibration_of(configuration.model, configuration.folder)
        brands = sorted(configuration.brands, key=lambda brand: brand.name != own.name)
        # All of these first: one that is new to the database is a change.
        for brand, number in [(brand, brand_number(database, brand)) for brand in brands]:
            with database.read() as work:
                if sources_heard(work.rollups, brand, number, model).together.mentions() < SMALLEST:
                    continue
            last_week = str(Week.of(now.astimezone(brand.time_zone).date() - timedelta(days=7)))
            for week in (None, last_week):
                for by in (None, *GROUPINGS):
                    if time.monotonic() > give_up_at:
                        return
                    question = Question(week=week, by=by)
                    health_answer(database, configuration, brand, question, model=model, calibration=calibration)
    except Exception as problem:
        log.warning("%s: no answers are kept for the first who ask: %s", own.name, problem)
        log.debug("keeping answers", exc_info=True)


def _key(
    configuration: Configuration, brand: Brand, question: Question, model: str, calibration: Calibration | None
) -> str:
    """Return a hash of all that an answer depends on beside what is stored."""
    depends_on = {
        "program": _program(),
        "configuration": configuration.model_dump(mode="json", exclude=_NO_FIGURES),
        "brand": brand.name,
        "question": asdict(question),
        "model": model,
        "calibration": calibration and asdict(calibration),
    }
    return hashlib.sha256(json.dumps(depends_on, default=date.isoformat).encode("ascii")).hexdigest()


@cache
def _program() -> list[tuple[str, str, int, int]]:
    """Return name, size and time of change of every file that computes: other code may compute other answers."""
    return sorted(
        (package.__name__, file.name, facts.st_size, facts.st_mtime_ns)
        for package in (twelvefold, models, pipeline, figures, storage)
        for file in os.scandir(Path(str(package.__file__)).parent)
        if file.name.endswith(".py") and (facts := file.stat())
    )
