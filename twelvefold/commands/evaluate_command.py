"""`twelvefold evaluate`: how well the model does on labelled lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from twelvefold.terminal import config_option, counter, emit, json_option, read_configuration


@click.command("evaluate", epilog="Example: twelvefold evaluate labelled.jsonl --json")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
@json_option
def command(file: Path, config_file: Path | None, as_json: bool) -> int:
    """Measure the model on labelled lines {"text", "label", "language"?, "source"?, "stars"?}.

    Shows accuracy, macro-F1, macro-recall, calibration error and the error in stars, per language and source.
    """
    from twelvefold.errors import UnreadableFile
    from twelvefold.models.evaluate import evaluate
    from twelvefold.models.scorer import load_scorer

    configuration = read_configuration(config_file)
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise UnreadableFile(f"cannot read {file}: {exc}") from exc
    rows: list[dict[str, Any]] = []
    unreadable = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line) if line.strip() else None
        except ValueError as exc:
            unreadable.append(f"line {number} is not JSON: {exc}")
            continue
        if row is not None:
            rows.append(row if isinstance(row, dict) else {})
    if not rows:
        raise UnreadableFile(f"{file} holds no labelled line; each needs a text and a label")
    scorer = load_scorer(configuration.model, configuration.folder)
    with counter("judged", " texts") as tell:
        document = evaluate(rows, scorer, tell)
    for sentence in [*unreadable, *document["rejected"]]:
        click.echo(f"twelvefold: {file}: {sentence}", err=True)
    emit(document, as_json, lambda: _text(document))
    return int(bool(unreadable or document["skipped"]))


def _text(document: dict[str, Any]) -> str:
    columns = ("n", "accuracy", "macro_f1", "macro_recall", "ece", "mae_stars")
    lines = [f"model {document['model']}", f"  {'':<24}" + "".join(f"{column:>13}" for column in columns)]

    def row(label: str, figures: dict[str, Any]) -> str:
        cells = (figures.get(column) for column in columns)
        return f"  {label:<24.24}" + "".join(
            f"{'-' if cell is None else cell if isinstance(cell, int) else format(cell, '.3f'):>13}" for cell in cells
        )

    lines.append(row("all", document["all"]))
    lines += [row(name, figures) for name, figures in document["by_language"].items()]
    lines += [row(name, figures) for name, figures in document["by_source"].items()]
    return "\n".join(lines)
