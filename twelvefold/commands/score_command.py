"""`twelvefold score`: judge JSON lines without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from twelvefold.terminal import config_option, counter, read_configuration

CHUNK = 256
MAX_LINE = 64 * 1024 * 1024


@click.command("score", epilog="""Example: echo '{"text": "Colis jamais reçu"}' | twelvefold score""")
@click.argument("file", type=click.File("rb"), default="-")
@config_option
@click.option("--json", "as_json", is_flag=True, hidden=True, help="The output is always JSON lines.")
def command(file: BinaryIO, config_file: Path | None, as_json: bool) -> int:
    """Judge JSON lines {"id"?, "text", "stars"?, "language"?} from FILE or standard input.

    Each line is answered by one JSON line, in order; a line that cannot be read is answered by its error.
    """
    from twelvefold.models.scorer import load_scorer

    del as_json
    configuration = read_configuration(config_file)
    scorer = load_scorer(configuration.model, configuration.folder)
    failed = scored = 0
    with counter("scored", " texts") as tell:
        for chunk in _chunks(file):
            requests = [_read_line(number, line) for number, line in chunk]
            good = [request for request in requests if "error" not in request]
            judgements = iter(
                scorer.score(
                    [request["text"] for request in good],
                    stars=[request["stars"] for request in good],
                    languages=[request["language"] for request in good],
                )
            )
            for request in requests:
                if "error" in request:
                    failed += 1
                    _print({"id": request["id"], "error": request["error"]})
                else:
                    _print(_answer(request["id"], next(judgements)))
            scored += len(requests)
            tell(scored)
    return 1 if failed else 0


def _chunks(file: BinaryIO) -> Iterator[list[tuple[int, bytes]]]:
    chunk: list[tuple[int, bytes]] = []
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if line.strip():
            chunk.append((number, line))
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _read_line(number: int, line: bytes) -> dict[str, Any]:
    """Return the request of one line, or its error, always with an id."""
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        return {"id": number, "error": f"line {number} is not JSON ({exc}); write one object a line"}
    if not isinstance(given, dict) or not isinstance(given.get("text"), str):
        return {"id": number, "error": f'line {number} has no "text" that is a string'}
    name = given.get("id", number)
    stars = given.get("stars")
    if stars is not None and not (isinstance(stars, int | float) and not isinstance(stars, bool) and 1 <= stars <= 5):
        return {"id": name, "error": f'line {number}: "stars" must be a number from 1 to 5'}
    language = given.get("language")
    if language is not None and not isinstance(language, str):
        return {"id": name, "error": f'line {number}: "language" must be a string, as "fr"'}
    return {"id": name, "text": given["text"], "stars": stars, "language": language}


def _answer(name: Any, judgement: Any) -> dict[str, Any]:
    """Return one judgement in the shape of CONTRACT.md."""
    return {
        "id": name,
        "label": judgement.label.value,
        "negative": round(judgement.negative, 6),
        "neutral": round(judgement.neutral, 6),
        "positive": round(judgement.positive, 6),
        "mixed": judgement.mixed,
        "stars": None if judgement.stars is None else round(judgement.stars, 3),
        "confidence": round(judgement.confidence, 6),
        "language": judgement.language,
        "aspects": [dict(aspect) for aspect in judgement.aspects],
        "urgency": judgement.urgency,
        "contradiction": judgement.contradiction,
        "model": judgement.model,
    }


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
