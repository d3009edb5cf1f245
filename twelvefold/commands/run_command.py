"""`twelvefold run`: one whole night, now."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from twelvefold.terminal import brand_option, config_option, emit, gather, json_option, open_project


@click.command("run", epilog="Example: twelvefold run --brand Acme --since 2026-01-01")
@config_option
@brand_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leave out mentions published before this day.")
@json_option
def command(config_file: Path | None, brand: str | None, since: datetime | None, as_json: bool) -> int:
    """Run one whole night now: collect, judge, open cases, roll up, write the digest if it is due.

    Every source is asked again, however often the night has run before; nothing is stored or judged twice.
    """
    from twelvefold.commands.night_view import night_text, run_with_bars
    from twelvefold.pipeline.night import NightRun
    from twelvefold.records import RunState

    documents: list[dict[str, Any]] = []
    with open_project(config_file) as project:
        for one in project.brands(brand):
            run = NightRun(project.database, project.configuration, one, since=since.date() if since else None)
            documents.append(run_with_bars(run).document())
    emit(gather("run", documents), as_json, lambda: "\n\n".join(map(night_text, documents)))
    return int(any(document["state"] != RunState.COMPLETE for document in documents))
