"""`twelvefold health`: where the brand stands."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from twelvefold.terminal import brand_option, config_option, emit, gather, json_option, open_project

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("health", epilog="Example: twelvefold health --brand Acme --week 2026-W47 --by source")
@config_option
@brand_option
@click.option("--since", type=DAY, help="First local day.")
@click.option("--until", type=DAY, help="First local day that no longer counts.")
@click.option("--week", help="One ISO week, as 2026-W47.")
@click.option("--by", type=click.Choice(["source", "subject", "language", "aspect", "segment", "week"]))
@json_option
def command(
    config_file: Path | None,
    brand: str | None,
    since: datetime | None,
    until: datetime | None,
    week: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Show satisfaction (what was felt) and loyalty (what they will do), each figure with its interval and n."""
    from twelvefold.models.scorer import calibration_of, model_id
    from twelvefold.pipeline.brand import brand_number
    from twelvefold.pipeline.burst_health import bursts_entry
    from twelvefold.pipeline.chronicle import sources_heard
    from twelvefold.pipeline.compared import compared_document
    from twelvefold.pipeline.health import health
    from twelvefold.pipeline.health_text import health_text
    from twelvefold.pipeline.reasons import kept_reasons
    from twelvefold.pipeline.week import Week
    from twelvefold.pipeline.weighted_nps import weighted_nps_figure

    if week and (since or until):
        raise click.UsageError("--week stands for a period of its own: leave out --since and --until")
    documents = []
    with open_project(config_file) as project:
        model = model_id(project.configuration.model, project.configuration.folder)
        calibration = calibration_of(project.configuration.model, project.configuration.folder)
        for one in project.brands(brand):
            number = brand_number(project.database, one)
            with project.database.read() as work:
                asked = Week.parse(week) if week else None
                first, end = (asked.since, asked.until) if asked else _days(since, until)
                sources = sources_heard(work.rollups, one, number, model, end)
                further = {
                    "bursts": bursts_entry(
                        work,
                        one,
                        project.configuration.rule,
                        number,
                        model,
                        since=first,
                        until=end,
                        week=asked,
                        sources=sources,
                    ),
                    "why": kept_reasons(work.reasons, number, model, asked),
                    "nps_weighted": weighted_nps_figure(work, one, number, first, end),
                    "compared": compared_document(
                        work, project.configuration, one, model, since=first, until=end, week=asked, sources=sources
                    ),
                }
                documents.append(
                    health(
                        work,
                        one,
                        project.configuration,
                        brand_id=number,
                        model=model,
                        since=_days(since, until)[0],
                        until=_days(since, until)[1],
                        week=week,
                        by=by,
                        calibration=calibration,
                        sources=sources,
                    )
                    | further
                )
    emit(gather("health", documents), as_json, lambda: "\n\n".join(map(health_text, documents)))


def _days(since: datetime | None, until: datetime | None) -> tuple[date | None, date | None]:
    return since.date() if since else None, until.date() if until else None
