"""`twelvefold triage label`: what people say of mentions that chance drew, so that the classifier's error is known."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twelvefold.terminal import actor_option, brand_option, config_option, emit, json_option, open_project

if TYPE_CHECKING:
    from twelvefold.records import Sentiment
    from twelvefold.storage.labels import Draw

QUESTION = "n negative, 0 neutral, p positive, s skip, q quit > "


@click.command("label", epilog="Example: twelvefold triage label --out labels.xlsx")
@config_option
@brand_option
@actor_option
@click.option("--count", type=click.IntRange(1, 10_000), help="How many mentions; default: as many as are wanted.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a sheet to fill in: .csv or .xlsx.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Read a sheet that was filled in.")
@json_option
def label(
    config_file: Path | None,
    brand: str | None,
    actor: str,
    count: int | None,
    out: Path | None,
    file: Path | None,
    as_json: bool,
) -> int:
    """Tell of mentions that chance draws whether they are negative, neutral or positive.

    From 100 labels on, the balance is corrected by them. Each answer is kept at once; come back whenever you
    like. With --json alone it tells how many labels there are, and how many are wanted.
    """
    from twelvefold.models.scorer import model_id
    from twelvefold.pipeline.brand import brand_number
    from twelvefold.pipeline.label_sheet import read_sheet, write_sheet
    from twelvefold.pipeline.labelling import Labelling

    if out and file:
        raise click.UsageError("--out writes a sheet and --file reads one: do one after the other")
    with open_project(config_file) as project:
        one, database = project.one_brand(brand), project.database
        model = model_id(project.configuration.model, project.configuration.folder)
        number, now = brand_number(database, one), datetime.now(UTC)
        half_life_days = project.configuration.rule.half_life_days
        taken: dict[str, Any] | None = None
        draws: list[Draw] = []
        if file or out or not as_json:
            with database.begin() as work:
                if file:
                    taken = read_sheet(work, number, model, file, actor, now).document()
                else:
                    labelling = Labelling.of(work, number, model, half_life_days)
                    wanted = sum(each["wanted"] for each in labelling.status(one)["classes"])
                    draws = labelling.ask(count or wanted, now)

        def keep(draw: Draw, answer: Sentiment | None) -> None:
            with database.begin() as work:
                work.labels.answer(draw.draw_id, actor, answer, datetime.now(UTC))

        if out:
            write_sheet(out, draws, model)
        elif draws:
            _ask(draws, keep)
        with database.read() as work:
            document = Labelling.of(work, number, model, half_life_days).status(one)
    document |= {"file": taken, "out": {"file": str(out), "mentions": len(draws)} if out else None}
    emit(document, as_json, lambda: _text(document))
    return int(bool(taken and taken["rejected"]))


def _ask(draws: list[Draw], keep: Callable[[Draw, Sentiment | None], None]) -> None:
    """Show mentions one by one and keep each answer, until all are answered or the person has had enough."""
    from twelvefold.pipeline.label_sheet import ANSWERS

    for place, draw in enumerate(draws, 1):
        click.echo(_shown(draw, f"{place} of {len(draws)}"), err=True)
        while True:
            click.echo(QUESTION, nl=False, err=True)
            said = sys.stdin.buffer.readline().decode("utf-8", "replace")
            if not said or said.strip().lower() == "q":
                click.echo(err=True)
                return
            if (word := said.strip().lower()) in ANSWERS:
                keep(draw, ANSWERS[word])
                break
            click.echo("please answer n, 0, p, s or q", err=True)


def _shown(draw: Draw, place: str) -> str:
    from twelvefold.pipeline.digest.quotation import plain

    stars = f"{draw.stars:g} stars" if draw.stars else None
    about = (draw.source, draw.subject, draw.local_date.isoformat(), stars, draw.url)
    said = [draw.title, *draw.text.splitlines()]
    return "\n".join(["", f"{place}: {plain(', '.join(each for each in about if each))}", *map(plain, said), ""])


def _text(document: dict[str, Any]) -> str:
    lines = [f"{'named':<10} {'mentions':>9} {'drawn':>7} {'labelled':>9} {'skipped':>8} {'wanted':>7}"]
    lines += [
        f"{each['named']:<10} {each['mentions']:>9} {each['drawn']:>7} {each['labelled']:>9} {each['skipped']:>8} "
        f"{each['wanted']:>7}"
        for each in document["classes"]
    ]
    lines.append(f"mentions since {document['since']}: older ones tell of another time")
    lines.append(
        f"{document['labels']} labels: the balance of the whole brand is corrected by them"
        if document["enough"]
        else f"{document['labels']} labels of the {document['needed']} that a correction needs, spread over the classes"
    )
    if taken := document["file"]:
        lines.append(f"{taken['new']} new, {taken['unchanged']} known already, {taken['empty']} rows left empty")
        lines += [f"    row {each['row']}: {each['reason']}" for each in taken["rejected"]]
    if document["out"]:
        lines.append(f"{document['out']['mentions']} mentions to label in {document['out']['file']}")
    return "\n".join(lines)
