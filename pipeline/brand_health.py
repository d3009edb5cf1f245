"""All that `twelvefold health` tells of a brand, as one document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from twelvefold.config import Brand, Configuration
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.burst_health import bursts_entry
from twelvefold.pipeline.chronicle import sources_heard
from twelvefold.pipeline.compared import compared_document
from twelvefold.pipeline.health import health
from twelvefold.pipeline.reasons import kept_reasons
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighted_nps import weighted_nps_figure
from twelvefold.storage.repository import Work


@dataclass(frozen=True)
class Question:
    """What is asked: the days of [since, until), or an ISO week as "2026-W47", and by which groups; see `health`."""

    since: date | None = None
    until: date | None = None
    week: str | None = None
    by: str | None = None


def brand_health(
    work: Work,
    brand: Brand,
    configuration: Configuration,
    question: Question,
    *,
    brand_id: int,
    model: str,
    calibration: Calibration | None,
) -> dict[str, Any]:
    """Return the `health` document with bursts, why the week moved, the weighted NPS and the other brands.

    Raises:
        CallerMistake: The period is empty or given twice, or the groups are unknown.
        UnknownName: The week is no ISO week.
    """
    week = Week.parse(question.week) if question.week else None
    first, end = (week.since, week.until) if week else (question.since, question.until)
    sources = sources_heard(work.rollups, brand, brand_id, model, end)
    bursts = bursts_entry(
        work, brand, configuration.rule, brand_id, model, since=first, until=end, week=week, sources=sources
    )
    compared = compared_document(
        *(work, configuration, brand, model),
        since=first,
        until=end,
        week=week,
        calibration=calibration,
        sources=sources,
    )
    document = health(
        work,
        brand,
        configuration,
        brand_id=brand_id,
        model=model,
        since=question.since,
        until=question.until,
        week=question.week,
        by=question.by,
        calibration=calibration,
        sources=sources,
    )
    return document | {
        "bursts": bursts,
        "why": kept_reasons(work.reasons, brand_id, model, week),
        "nps_weighted": weighted_nps_figure(work, brand, brand_id, first, end),
        "compared": compared,
    }
