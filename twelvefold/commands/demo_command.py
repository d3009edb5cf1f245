"""`twelvefold demo`: a whole night over packaged sample sites."""

from __future__ import annotations

import time
from pathlib import Path

import click

from twelvefold.terminal import emit, json_option, open_project


@click.command("demo", epilog="Example: twelvefold demo --folder /tmp/night --again")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-night"),
    show_default=True,
    help="Where the configuration, the database and the digest go.",
)
@click.option("--again", is_flag=True, help="Run a further night over the database that an earlier demo left.")
@click.option("--serve", is_flag=True, help="Afterwards go on serving the sample sites, until Ctrl-C.")
@json_option
def command(folder: Path, again: bool, serve: bool, as_json: bool) -> int:
    """Serve small sample sites on loopback and run a whole night over them, into a fresh database.

    Shop pages in three languages, an app store feed, a survey and a drop folder are read, judged and weighed;
    the digest is written. No network is needed. The sample reviews are dated, so the night is always that of
    Monday, 23 November 2026.
    """
    from twelvefold.commands.night_view import night_text, run_with_bars
    from twelvefold.pipeline.demo import DEMO_NOW
    from twelvefold.pipeline.demo.server import DemoServer, write_demo_folder
    from twelvefold.pipeline.night import NightRun
    from twelvefold.records import RunState

    folder.mkdir(parents=True, exist_ok=True)
    if not again:
        for old in [*folder.glob("*.db*"), *folder.glob("digests/*")]:
            old.unlink()
    with DemoServer() as server:
        config_file = write_demo_folder(folder, server.base_url)
        with open_project(config_file) as project:
            brand = project.configuration.brands[0]
            report = run_with_bars(NightRun(project.database, project.configuration, brand, clock=lambda: DEMO_NOW))
            url = project.configuration.database_url()
        document = {**report.document(), "schema": "twelvefold/demo/1", "database": url}
        if document["digest"] is None:
            written = sorted((folder / "digests").glob("*.html"))
            document["digest"] = str(written[-1].resolve()) if written else None

        def text() -> str:
            shown = [night_text(document), "", f"  database: {document['database']}", f"  settings: {config_file}"]
            shown += ["", f"Next: twelvefold health --config {config_file}"]
            return "\n".join(shown)

        emit(document, as_json, text)
        if serve:
            click.echo(f"serving {server.base_url} until Ctrl-C; try: twelvefold run --config {config_file}", err=True)
            try:
                while True:
                    time.sleep(3600)
            except KeyboardInterrupt:
                click.echo("stopped", err=True)
    return int(document["state"] != RunState.COMPLETE)
