"""`twelvefold health`: where the brand stands."""

from __future__ import annotations

from datetime import datetime
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
    from twelvefold.pipeline.brand_health import Question
    from twelvefold.pipeline.health_text import health_text
    from twelvefold.pipeline.kept_health import health_answer

    if week and (since or until):
        raise click.UsageError("--week stands for a period of its own: leave out --since and --until")
    question = Question(since.date() if since else None, until.date() if until else None, week, by)
    with open_project(config_file) as project:
        configuration = project.configuration
        model = model_id(configuration.model, configuration.folder)
        calibration = calibration_of(configuration.model, configuration.folder)
        documents = [
            health_answer(project.database, configuration, one, question, model=model, calibration=calibration)
            for one in project.brands(brand)
        ]
    emit(gather("health", documents), as_json, lambda: "\n\n".join(map(health_text, documents)))
