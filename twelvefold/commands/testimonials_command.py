"""`twelvefold testimonials`: praise worth quoting, and who allowed it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from twelvefold.commands.customers_command import csv_option, limit_option
from twelvefold.commands.triage_command import note_option
from twelvefold.pipeline.formula_guard import guard_cell
from twelvefold.terminal import actor_option, brand_option, config_option, emit, json_option, open_project


@click.group("testimonials", epilog="Example: twelvefold testimonials list", no_args_is_help=True)
def command() -> None:
    """Short-list praise worth quoting, and keep who asked for it, granted or refused it."""


@command.command("list", epilog="Example: twelvefold testimonials list --permission granted --csv")
@config_option
@brand_option
@click.option(
    "--permission",
    type=click.Choice(["candidate", "asked", "granted", "refused", "all"]),
    default="all",
    show_default=True,
)
@limit_option
@csv_option
@json_option
def list_testimonials(
    config_file: Path | None, brand: str | None, permission: str, limit: int, as_csv: bool, as_json: bool
) -> None:
    """List glowing mentions and promoters' comments, the surest first, without what names a person."""
    from twelvefold.models.scorer import model_id
    from twelvefold.pipeline.brand import brand_number
    from twelvefold.pipeline.testimonials import praise_document
    from twelvefold.storage.testimonials import Permission

    state = None if permission == "all" else Permission(permission)
    with open_project(config_file) as project:
        one = project.one_brand(brand)
        model = model_id(project.configuration.model, project.configuration.folder)
        number = brand_number(project.database, one)
        with project.database.read() as work:
            document = praise_document(work, one, number, model, state, limit)
    emit(document, as_json, lambda: _csv(document) if as_csv else _text(document))


def _step(name: str, permission: str, does: str) -> None:
    @command.command(name, help=does, epilog=f"Example: twelvefold testimonials {name} m12 --note 'by letter'")
    @click.argument("testimonial")
    @config_option
    @brand_option
    @actor_option
    @note_option
    @json_option
    def step(
        testimonial: str, config_file: Path | None, brand: str | None, actor: str, note: str, as_json: bool
    ) -> None:
        from twelvefold.models.scorer import model_id
        from twelvefold.pipeline.brand import brand_number
        from twelvefold.pipeline.testimonials import take_step
        from twelvefold.storage.testimonials import Permission

        with open_project(config_file) as project:
            one = project.one_brand(brand)
            model = model_id(project.configuration.model, project.configuration.folder)
            number, now = brand_number(project.database, one), datetime.now(UTC)
            with project.database.begin() as work:
                document = take_step(work, one, number, model, testimonial, Permission(permission), actor, now, note)
        emit(document, as_json, lambda: _text(document))

    del step


_step("ask", "asked", "Note that the author was asked whether this may be quoted.")
_step("grant", "granted", "Note that the author allows it, in the words that were shown.")
_step("refuse", "refused", "Note that the author refuses, or takes a permission back.")


def _text(document: dict[str, Any]) -> str:
    if not document["testimonials"]:
        return "no testimonials"
    lines = [
        f"{one['testimonial']:<8} {one['permission']:<10} {one['source']:<16.16} " + " ".join(one["text"].split())[:100]
        for one in document["testimonials"]
    ]
    lines += [
        f"    {event['at']}  {event['actor']}: {event['action']}{' - ' + event['note'] if event['note'] else ''}"
        for event in document["history"]
    ]
    return "\n".join(lines)


def _csv(document: dict[str, Any]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    columns = ("testimonial", "permission", "source", "language", "local_date", "stars", "score", "text")
    writer.writerow(columns)
    for one in document["testimonials"]:
        writer.writerow([guard_cell(one[column]) for column in columns])
    return lines.getvalue()
