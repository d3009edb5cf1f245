"""`twelvefold schedule`: the nights, until stopped."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import date
from pathlib import Path
from types import FrameType

import click

from twelvefold.terminal import brand_option, config_option, open_project


@click.command("schedule", epilog="Example: twelvefold schedule --config /etc/twelvefold/config.yaml")
@config_option
@brand_option
@click.option("--check", is_flag=True, help="Say when the next nights are due, and stop.")
def command(config_file: Path | None, brand: str | None, check: bool) -> None:
    """Run every brand's night at its hour in the brand's zone, until stopped by Ctrl-C or SIGTERM.

    Any number of schedulers may share a database: each night runs once. A night that was missed is caught up once.
    """
    from datetime import UTC, datetime

    from twelvefold.commands.night_view import night_text
    from twelvefold.config import Brand
    from twelvefold.pipeline.night import NightRun
    from twelvefold.pipeline.schedule import NightTrigger, schedule_nights

    log = logging.getLogger("twelvefold.schedule")
    log.setLevel(logging.INFO)
    stop = threading.Event()
    with open_project(config_file) as project:
        brands = project.brands(brand)
        now = datetime.now(UTC)
        for one in brands:
            due_at = NightTrigger(one.night.at, one.time_zone).get_next_fire_time(None, now)
            click.echo(f"{one.name}: next night {due_at.astimezone(one.time_zone).isoformat()}", err=not check)
        if check:
            return

        def run(one: Brand, local_date: date) -> None:
            report = NightRun(project.database, project.configuration, one).run(local_date, again=False)
            if report is not None:
                click.echo(night_text(report.document()), err=True)

        def is_finished(one: Brand, local_date: date) -> bool:
            with project.database.begin() as work:
                return work.runs.finished(work.brands.ensure(one.name, one.zone), "night", local_date)

        def end(_number: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        scheduler = schedule_nights(brands, run, is_finished)
        stop.wait()
        click.echo("stopping when the night that runs now has ended", err=True)
        scheduler.shutdown(wait=True)
