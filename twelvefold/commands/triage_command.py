"""`twelvefold triage`: the cases that negative mentions opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twelvefold.commands.triage_label import label
from twelvefold.terminal import actor_option, brand_option, config_option, emit, json_option, open_project

if TYPE_CHECKING:
    from twelvefold.storage.repository import Work

note_option = click.option("--note", default="", help="Why; kept in the case's history.")


@click.group("triage", epilog="Example: twelvefold triage list --state open", no_args_is_help=True)
def command() -> None:
    """Work on the cases that negative mentions opened; every step is kept in the case's history."""


command.add_command(label)


@command.command("list", epilog="Example: twelvefold triage list --assignee sam --json")
@config_option
@brand_option
@click.option("--state", type=click.Choice(["open", "resolved", "all"]), default="open", show_default=True)
@click.option("--assignee", help="Only this person's cases.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
def list_cases(
    config_file: Path | None, brand: str | None, state: str, assignee: str | None, limit: int, as_json: bool
) -> None:
    """List cases, the newest first."""
    from twelvefold.pipeline.cases import case_document, find_cases
    from twelvefold.records import CaseState

    wanted = None if state == "all" else CaseState(state)
    with open_project(config_file) as project:
        brands = project.brands(brand)
        cases = [
            case_document(case)
            for case in find_cases(project.database, brands, state=wanted, assignee=assignee, limit=limit)
        ]
    document = {"schema": "twelvefold/cases/1", "cases": cases}
    emit(document, as_json, lambda: _table(cases))


@command.command("show", epilog="Example: twelvefold triage show 12")
@click.argument("case", type=int)
@config_option
@json_option
def show(case: int, config_file: Path | None, as_json: bool) -> None:
    """Show one case: the mention, where it was said, and all that was done about it."""
    from twelvefold.pipeline.cases import case_with_history

    with open_project(config_file) as project:
        document = {"schema": "twelvefold/case/1", **case_with_history(project.database, case)}
    emit(document, as_json, lambda: _page(document))


def _step(name: str, does: str, example: str, act: Callable[[Work, int, str, datetime, str], object]) -> None:
    @command.command(name, help=does, epilog=f"Example: {example}")
    @click.argument("case", type=int)
    @config_option
    @actor_option
    @note_option
    @json_option
    def step(case: int, config_file: Path | None, actor: str, note: str, as_json: bool) -> None:
        _act(case, config_file, as_json, lambda work: act(work, case, actor, datetime.now(UTC), note))

    del step


_step(
    "resolve",
    "Mark a case as resolved: it weighs as a resolved complaint from now on.",
    "twelvefold triage resolve 12 --note 'money returned'",
    lambda work, case, actor, at, note: work.cases.resolve(case, actor, at, note),
)
_step(
    "reopen",
    "Open a resolved case again.",
    "twelvefold triage reopen 12 --note 'it broke again'",
    lambda work, case, actor, at, note: work.cases.reopen(case, actor, at, note),
)


@command.command("assign", epilog="Example: twelvefold triage assign 12 sam")
@click.argument("case", type=int)
@click.argument("assignee")
@config_option
@actor_option
@json_option
def assign(case: int, assignee: str, config_file: Path | None, actor: str, as_json: bool) -> None:
    """Give a case to a person; an empty name takes it from everybody."""
    _act(
        case,
        config_file,
        as_json,
        lambda work: work.cases.assign(case, actor, assignee.strip(), datetime.now(UTC)),
    )


@command.command("note", epilog="Example: twelvefold triage note 12 'called, no answer'")
@click.argument("case", type=int)
@click.argument("text")
@config_option
@actor_option
@json_option
def note(case: int, text: str, config_file: Path | None, actor: str, as_json: bool) -> None:
    """Add a note to a case's history."""
    _act(case, config_file, as_json, lambda work: work.cases.note(case, actor, text, datetime.now(UTC)))


def _act(case: int, config_file: Path | None, as_json: bool, act: Callable[[Work], object]) -> None:
    """Take one step on a case and show where it stands now."""
    from twelvefold.pipeline.cases import case_with_history

    with open_project(config_file) as project:
        with project.database.begin() as work:
            act(work)
        document = {"schema": "twelvefold/case/1", **case_with_history(project.database, case)}
    emit(document, as_json, lambda: _page(document))


def _table(cases: list[dict[str, Any]]) -> str:
    if not cases:
        return "no cases"
    lines = [f"{'case':>6}  {'state':<9} {'assignee':<12} {'day':<11} {'source':<14} text"]
    for case in cases:
        text = " ".join((case["title"] + " " + case["text"]).split())
        lines.append(
            f"{case['case']:>6}  {case['state']:<9} {case['assignee'] or '-':<12.12} {case['local_date']:<11} "
            f"{case['source']:<14.14} {text[:70]}{'…' if len(text) > 70 else ''}"
        )
    return "\n".join(lines)


def _page(case: dict[str, Any]) -> str:
    lines = [
        f"case {case['case']}: {case['state']}, assigned to {case['assignee'] or 'nobody'}",
        f"{case['brand']} / {case['source']}{' / ' + case['subject'] if case['subject'] else ''}, {case['local_date']}",
        case["url"] or "(no link)",
        "",
        case["title"],
        case["text"],
        "",
        *(
            f"{event['at']}  {event['actor']}: {event['action']}{' - ' + event['note'] if event['note'] else ''}"
            for event in case["history"]
        ),
    ]
    return "\n".join(line for line in lines if line is not None)
