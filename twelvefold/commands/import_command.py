"""`twelvefold import`: files of mentions, surveys, customers or orders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import click

from twelvefold.terminal import brand_option, config_option, counter, emit, json_option, open_project

Kind = Literal["mentions", "surveys", "customers", "orders"]


@click.command("import", epilog="Example: twelvefold import surveys export-2026-11.csv --brand Acme")
@click.argument("what", type=click.Choice(["mentions", "surveys", "customers", "orders"]))
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--sql", is_flag=True, help="Ask the configured database (customers.sql) instead of files.")
@config_option
@brand_option
@json_option
def command(
    what: Kind, files: tuple[Path, ...], sql: bool, config_file: Path | None, brand: str | None, as_json: bool
) -> int:
    """Import CSV, JSONL or XLSX files; importing the same file twice changes nothing.

    Columns are mapped by the configuration, or guessed from the headers and shown. Rows that cannot be read are
    listed with their number and kept in FILE.rejected.csv.
    """
    from twelvefold.pipeline.imports import import_files
    from twelvefold.pipeline.sql_import import import_query

    if sql == bool(files) or (sql and what not in ("customers", "orders")):
        raise click.UsageError("name the files to import, or --sql for customers or orders")
    with open_project(config_file) as project, counter("imported", " rows") as tell:
        one, now = project.one_brand(brand), datetime.now(UTC)
        if what in ("customers", "orders") and sql:
            report = import_query(project.database, one, what, project.configuration, now)
        else:
            report = import_files(project.database, one, what, files, project.configuration, now, tell)
        document = {"schema": "twelvefold/import/1", **report.document()}
    emit(document, as_json, lambda: _text(document))
    return int(any(file["rejected"] for file in document["files"]))


def _text(document: dict[str, Any]) -> str:
    lines = []
    for file in document["files"]:
        lines.append(
            f"{file['file']}: {file['read']} rows read ({file['encoding']}), {file['new']} new, "
            f"{file['updated']} updated, {file['unchanged']} unchanged, {file['rejected']} rejected"
        )
        lines += [f"    {ours} <- {theirs}" for ours, theirs in (file["mapping"] or {}).items()]
        lines += [f"    {note}" for note in file.get("notes", [])]
        if file["rejected_file"]:
            lines.append(f"    rejected rows and reasons: {file['rejected_file']}")
    return "\n".join(lines)
