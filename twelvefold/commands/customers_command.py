"""`twelvefold customers`: who is at risk, whom to win back, whom to reward, and churn by cohort."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Literal

import click

from twelvefold.pipeline.formula_guard import guard_cell
from twelvefold.terminal import brand_option, config_option, emit, json_option, open_project

limit_option = click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True)
csv_option = click.option("--csv", "as_csv", is_flag=True, help="Print CSV, safe against formula injection.")


@click.group("customers", epilog="Example: twelvefold customers at-risk --limit 20", no_args_is_help=True)
def command() -> None:
    """List customers to look after, each with the reasons; they go by their ids alone."""


def _list(name: str, does: str) -> None:
    @command.command(name, help=does, epilog=f"Example: twelvefold customers {name} --json")
    @config_option
    @brand_option
    @limit_option
    @csv_option
    @json_option
    def show(config_file: Path | None, brand: str | None, limit: int, as_csv: bool, as_json: bool) -> None:
        from twelvefold.models.scorer import model_id
        from twelvefold.pipeline.brand import brand_number
        from twelvefold.pipeline.customer_lists import customer_list

        with open_project(config_file) as project:
            one = project.one_brand(brand)
            model = model_id(project.configuration.model, project.configuration.folder)
            number = brand_number(project.database, one)
            with project.database.read() as work:
                document = customer_list(work, one, number, model, name, limit)
        emit(document, as_json, lambda: _csv(document) if as_csv else _text(document))

    del show


_list("at-risk", "List active customers who may leave: detractors, furious mentions, falling engagement.")
_list("win-back", "List customers lost in the last year, those who brought most first.")
_list("promoters", "List promoters without an open complaint, for the reward programme.")


@command.command("cohorts", epilog="Example: twelvefold customers cohorts --by quarter")
@config_option
@brand_option
@click.option("--by", type=click.Choice(["month", "quarter", "year"]), default="month", show_default=True)
@json_option
def cohorts(
    config_file: Path | None, brand: str | None, by: Literal["month", "quarter", "year"], as_json: bool
) -> None:
    """Show churn by the month, quarter or year in which customers joined, each with its interval."""
    from twelvefold.pipeline.brand import brand_number
    from twelvefold.pipeline.customer_lists import cohort_list

    with open_project(config_file) as project:
        one = project.one_brand(brand)
        number = brand_number(project.database, one)
        with project.database.read() as work:
            document = cohort_list(work, one, number, by)
    emit(document, as_json, lambda: _cohort_lines(document))


def _text(document: dict[str, Any]) -> str:
    if document["note"]:
        return str(document["note"])
    lines = [f"{document['definition']}, on {document['day']}: {document['total']}"]
    lines += [
        f"{one['customer']:<24.70} {one['revenue']:>12.2f}  {'; '.join(one['reasons'])}"
        for one in document["customers"]
    ]
    return "\n".join(lines)


def _csv(document: dict[str, Any]) -> str:
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("customer", "revenue", "last_sign", "reasons"))
    for one in document["customers"]:
        cells = (one["customer"], one["revenue"], one["last_sign"], "; ".join(one["reasons"]))
        writer.writerow([guard_cell(cell) for cell in cells])
    return lines.getvalue()


def _cohort_lines(document: dict[str, Any]) -> str:
    if document["note"]:
        return str(document["note"])
    lines = [f"{document['definition']}, on {document['day']}"]
    for row in document["cohorts"]:
        figure = row["churn"]
        if figure["value"] is None:
            lines.append(f"{row['joined']:<7}  {figure['note']}")
        else:
            low, value, high = (100 * figure[part] for part in ("low", "value", "high"))
            lines.append(f"{row['joined']:<7}  {value:5.1f} %  95 %: {low:.1f} to {high:.1f}, n = {figure['n']}")
    return "\n".join(lines)
