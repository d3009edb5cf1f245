"""`twelvefold crawl`: collect and store, no judging."""

from __future__ import annotations

from pathlib import Path

import click

from twelvefold.terminal import brand_option, config_option, emit, json_option, open_project


@click.command("crawl", epilog="Example: twelvefold crawl shop ios --json")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@config_option
@brand_option
@json_option
def command(sources: tuple[str, ...], config_file: Path | None, brand: str | None, as_json: bool) -> int:
    """Collect, normalise and store the named sources; nothing is judged."""
    from twelvefold.commands.night_view import night_text, run_with_bars
    from twelvefold.pipeline.night import NightRun
    from twelvefold.records import RunState

    with open_project(config_file) as project:
        one = project.one_brand(brand)
        wanted = tuple(one.source(name) for name in dict.fromkeys(sources))
        run = NightRun(project.database, project.configuration, one, kind="crawl", sources=wanted)
        document = run_with_bars(run).document()
    emit(document, as_json, lambda: night_text(document))
    return int(document["state"] != RunState.COMPLETE)
