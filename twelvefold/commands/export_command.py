"""`twelvefold export`: what is stored, for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twelvefold.pipeline.formula_guard import guard_cell
from twelvefold.terminal import brand_option, config_option, open_project

if TYPE_CHECKING:
    from twelvefold.config import Brand, Configuration
    from twelvefold.storage.repository import Work

GROUPINGS = ("source", "subject", "language", "aspect", "week")


@click.command("export", epilog="Example: twelvefold export mentions --format csv --out mentions.csv")
@click.argument("what", type=click.Choice(["mentions", "figures", "cases"]))
@config_option
@brand_option
@click.option(
    "--by", type=click.Choice(["source", "subject", "language", "aspect", "week"]), help="Of figures: each group too."
)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; default: standard output.")
def command(
    what: str, config_file: Path | None, brand: str | None, by: str | None, form: str, out: Path | None
) -> None:
    """Write every mention with its judgement, every figure of `health`, or every case, one record each.

    CSV cells are safe against formula injection.
    """
    from twelvefold.models.scorer import model_id
    from twelvefold.pipeline.brand import brand_number

    if by and what != "figures":
        raise click.UsageError(f"--by groups figures, not {what}: leave it out")
    with open_project(config_file) as project:
        one = project.one_brand(brand)
        model = model_id(project.configuration.model, project.configuration.folder)
        number = brand_number(project.database, one)
        with project.database.read() as work:
            records = _records(work, what, one, project.configuration, number, model, by)
            lines = _csv_lines(records) if form == "csv" else _json_lines(records)
            if out is None:
                for line in lines:
                    click.echo(line.encode("utf-8", "replace"), nl=False)
            else:
                out.parent.mkdir(parents=True, exist_ok=True)
                with out.open("w", encoding="utf-8", errors="replace", newline="") as file:
                    file.writelines(lines)


def _records(
    work: Work, what: str, brand: Brand, configuration: Configuration, number: int, model: str, by: str | None
) -> Iterator[dict[str, Any]]:
    """Return the records that are asked for."""
    if what == "figures":
        from twelvefold.models.scorer import calibration_of
        from twelvefold.pipeline.figure_records import figure_records
        from twelvefold.pipeline.health import health

        calibration = calibration_of(configuration.model, configuration.folder)
        return figure_records(
            health(work, brand, configuration, brand_id=number, model=model, by=by, calibration=calibration), by
        )
    if what == "cases":
        from twelvefold.pipeline.cases import every_case

        return every_case(work, number)
    return work.mentions.export(number, model)


def _json_lines(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        yield json.dumps(record, ensure_ascii=False, default=str) + "\n"


def _csv_lines(records: Iterator[dict[str, Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    is_first = True
    for record in records:
        if is_first:
            writer.writerow(record)
            is_first = False
        writer.writerow([guard_cell(value) for value in record.values()])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
