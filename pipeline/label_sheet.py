"""Labels by table: a sheet of drawn mentions to fill in, and the answers read back from it.

A row that cannot be used is told in one sentence, and the others go in.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from twelvefold.crawlers.tabular import BadRow, Table, read_table
from twelvefold.errors import UnreadableFile
from twelvefold.pipeline.formula_guard import guard_cell
from twelvefold.records import Sentiment
from twelvefold.storage.labels import SKIPPED, Draw, Drawn
from twelvefold.storage.repository import Work

COLUMNS = ("mention", "label", "text", "stars", "source", "subject", "language", "local_date", "url", "model")
ANSWERS: Mapping[str, Sentiment | None] = {
    **{label.value: label for label in Sentiment},
    "n": Sentiment.NEGATIVE,
    "0": Sentiment.NEUTRAL,
    "p": Sentiment.POSITIVE,
    "s": None,
    SKIPPED: None,
}
"""What a person may answer, in a sheet or at a terminal; None: that they cannot tell."""

_LONGEST_CELL = 32_000  # characters; Excel itself can hold 32,767
_LONGEST_NUMBER = 19  # digits; a database holds no more


@dataclass(frozen=True)
class Rejected:
    """A row that was not taken, and why."""

    row: int
    reason: str


@dataclass
class Taken:
    """What became of the rows of a sheet: new answers, answers that were known, and rows left empty."""

    new: int = 0
    unchanged: int = 0
    empty: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as JSON shows it."""
        return asdict(self)


class _Answered(NamedTuple):
    row: int
    mention_id: int
    model: str
    answer: Sentiment | None


def write_sheet(path: Path, draws: Sequence[Draw], model: str) -> None:
    """Write mentions to be labelled, as XLSX where the file's name ends so, else as CSV.

    Raises:
        UnreadableFile: The file cannot be written.
    """
    rows = [
        (
            draw.mention_id,
            "",
            "\n".join(part for part in (draw.title, draw.text) if part)[:_LONGEST_CELL],
            draw.stars,
            draw.source,
            draw.subject or "",
            draw.language or "",
            draw.local_date.isoformat(),
            draw.url or "",
            model,
        )
        for draw in draws
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".xlsx":
            _write_workbook(path, rows)
            return
        # With a mark at the beginning, as Excel takes the file for another encoding without it.
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows([guard_cell(value) for value in row] for row in rows)
    except OSError as exc:
        raise UnreadableFile(f"cannot write {path}: {exc.strerror or exc}") from exc


def _write_workbook(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("labels")
    sheet.freeze_panes = "C2"
    sheet.column_dimensions["C"].width = 90
    sheet.append(COLUMNS)
    for row in rows:
        cells = []
        for value in row:
            if not isinstance(value, str):
                cells.append(WriteOnlyCell(sheet, value))
                continue
            # Halves of characters and controls have no place in XML.
            whole = value.encode("utf-8", "replace").decode()
            cells.append(WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", whole)))
            cells[-1].data_type = "s"  # never a formula
        sheet.append(cells)
    workbook.save(path)


def read_sheet(work: Work, brand_id: int, model: str, path: Path, actor: str, at: datetime) -> Taken:
    """Keep the answers of a sheet; reading it again changes nothing.

    Raises:
        UnreadableFile: It is no table, or lacks the columns `mention` and `label`.
    """
    table = read_table(path)
    if missing := [name for name in ("mention", "label") if name not in table.headers]:
        raise UnreadableFile(
            f"{path} has no column {' and no '.join(map(repr, missing))}: fill in a sheet that --out wrote"
        )
    taken = Taken()
    answered = list(_answered(table, taken))
    known = work.labels.look_up(brand_id, model, {each.mention_id for each in answered})
    said: dict[int, dict[Sentiment | None, int]] = {}
    for each in answered:
        said.setdefault(each.mention_id, {}).setdefault(each.answer, each.row)
    kept: set[int] = set()
    for each in answered:
        its = known.get(each.mention_id)
        if reason := _refusal(each, its, said[each.mention_id], model):
            taken.rejected.append(Rejected(each.row, reason))
        elif its is not None and its.draw_id is not None and each.mention_id not in kept:
            kept.add(each.mention_id)
            if its.answer == (SKIPPED if each.answer is None else each.answer.value):
                taken.unchanged += 1
            else:
                work.labels.answer(its.draw_id, actor, each.answer, at)
                taken.new += 1
    taken.rejected.sort(key=lambda rejected: rejected.row)
    return taken


def _answered(table: Table, taken: Taken) -> Iterator[_Answered]:
    """Yield the rows that hold an answer; note those that cannot be read, or are left empty."""
    for row in table.rows():
        if isinstance(row, BadRow):
            taken.rejected.append(Rejected(row.number, row.reason))
            continue
        mention, label = row.cells["mention"].strip(), row.cells["label"].strip().lower()
        if not label:
            taken.empty += 1
        elif label not in ANSWERS:
            taken.rejected.append(
                Rejected(row.number, f"{label[:40]!r} is no class: write n, 0 or p (negative, neutral, positive), or s")
            )
        elif not (mention.isascii() and mention.isdigit() and len(mention) < _LONGEST_NUMBER):
            taken.rejected.append(
                Rejected(row.number, f"{mention[:40]!r} is no number of a mention: leave the column as --out wrote it")
            )
        else:
            yield _Answered(row.number, int(mention), row.cells.get("model", "").strip(), ANSWERS[label])


def _refusal(answered: _Answered, known: Drawn | None, said: Mapping[Sentiment | None, int], model: str) -> str | None:
    """Return why an answer cannot be taken, or None where it can."""
    number = answered.mention_id
    if known is None:
        return f"the brand has no mention {number}: it may have been forgotten, or be of another brand"
    if answered.model and answered.model != model:
        return f"mention {number} was drawn for the model {answered.model}, not {model}: take a new sheet with --out"
    if len(said) > 1:
        others = ", ".join(str(row) for row in sorted(said.values()))
        return f"mention {number} is answered differently in rows {others}: leave one of them"
    if known.draw_id is not None:
        return None
    if known.is_stale:
        return f"mention {number} was edited or removed after it was drawn: take a new sheet with --out"
    if known.other_models:
        return f"mention {number} was drawn for the model {known.other_models[-1]}, not {model}: take a new sheet"
    return f"mention {number} was not drawn: labels of mentions that somebody picked are no random sample"
