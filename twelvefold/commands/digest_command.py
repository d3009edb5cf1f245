"""`twelvefold digest`: the week in one page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from twelvefold.terminal import brand_option, config_option, open_project


@click.command("digest", epilog="Example: twelvefold digest --week 2026-W47 --language fr --out digest.html")
@config_option
@brand_option
@click.option("--week", help="An ISO week, as 2026-W47; default: the newest that is due.")
@click.option("--language", type=click.Choice(["en", "fr", "zh-Hant"]), help="Default: the brand's.")
@click.option("--format", "form", type=click.Choice(["html", "text", "json"]), default="html", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; default: standard output.")
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
def command(
    config_file: Path | None,
    brand: str | None,
    week: str | None,
    language: str | None,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Render the weekly digest; the same week with the same data renders the same, byte for byte."""
    from twelvefold.models.scorer import model_id
    from twelvefold.pipeline.digest.weekly import due_week, render_week

    with open_project(config_file) as project:
        one = project.one_brand(brand)
        rendered = render_week(
            project.database,
            project.configuration,
            one,
            model=model_id(project.configuration.model, project.configuration.folder),
            week=week or due_week(datetime.now(UTC), one),
            language=language or one.language,
            form="json" if as_json else form,
        )
    if out is None:
        click.echo(rendered.rstrip(b"\n"))
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(rendered)
        click.echo(f"written: {out}", err=True)
