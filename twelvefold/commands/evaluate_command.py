"""`twelvefold evaluate`: how well the model does on labelled lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from twelvefold.terminal import config_option, emit, json_option, read_configuration


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
    bad = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row.get("text"), str) or row.get("label") not in ("negative", "neutral", "positive"):
                raise ValueError('it needs "text" and "label" (negative, neutral or positive)')
        except (ValueError, AttributeError) as exc:
            bad += 1
            click.echo(f"twelvefold: {file} line {number} is left out: {exc}", err=True)
            continue
        rows.append(row)
    if not rows:
        raise UnreadableFile(f"{file} holds no labelled line; each needs a text and a label")
    scorer = load_scorer(configuration.model, configuration.folder)
    document = {"schema": "twelvefold/evaluate/1", "model": scorer.model, **evaluate(rows, scorer)}
    emit(document, as_json, lambda: _text(document))
    return 1 if bad else 0


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
