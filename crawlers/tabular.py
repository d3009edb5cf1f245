"""Tables out of files as people have them: CSV in any dress, JSON lines, a JSON array, XLSX.

A file is told by its content, not by its suffix. Rows come one by one, so that a file of
any length fits into memory; a row that cannot be read comes as a `BadRow` in its place, and
the rest goes on. Cells are text, as the file has them, with a formula guard taken off;
what was missing is an empty text.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from twelvefold.crawlers.encodings import SAMPLE_BYTES, LineDecoder, sniff_encoding, text_lines
from twelvefold.crawlers.spreadsheets import sheet_rows
from twelvefold.errors import UnreadableFile

MAX_COLUMNS = 2_000
MAX_CELL = 131_072  # characters
MAX_ROW = 1 << 20  # characters
MAX_ROW_LINES = 1_000
MAX_JSON_BYTES = 64 << 20
SAMPLE_ROWS = 200
_HEADER_SEARCH = 10
_DELIMITERS = (",", ";", "\t", "|")
_NONE = "\x1f"  # the delimiter of a table with one column: in no text
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
# What begins a file that is no table, and what it is.
_STRANGERS = (
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or an encrypted one"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
)


class Row(NamedTuple):
    """One row.

    Attributes:
        number: As a spreadsheet counts: the header is row 1.
        cells: Header to text; a missing cell is "".
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read, with the reason in one sentence and what stood there."""

    number: int
    reason: str
    cells: tuple[str, ...] = ()


@dataclass
class Table:
    """A file that can be read as a table, as often as needed.

    Attributes:
        format: "csv", "jsonl", "json" or "xlsx".
        headers: Unique and not empty; of JSON, the keys met in the first rows.
        sample: The first rows below the header.
    """

    path: Path
    format: str
    headers: tuple[str, ...] = ()
    delimiter: str | None = None
    sample: tuple[Row, ...] = ()
    _decoder: LineDecoder = field(default_factory=lambda: LineDecoder("utf-8"))
    _above: int = 0

    @property
    def encoding(self) -> str:
        """The encoding as a person is told it; final once all rows are read."""
        return self._decoder.told

    def rows(self) -> Iterator[Row | BadRow]:
        """Yield all rows below the header, from the beginning.

        Raises:
            UnreadableFile: The file went away or broke off in the middle.
        """
        self._decoder = LineDecoder(self._decoder.encoding)
        for record in islice(_records(self), self._above, None):
            row = self._row(record)
            if row is not None:
                yield row

    def _row(self, record: _Record) -> Row | BadRow | None:
        """Return the row of a record, or None where it is empty."""
        if record.problem:
            return BadRow(record.number, record.problem, tuple(record.cells))
        if record.named is not None:
            return Row(record.number, record.named)
        cells = record.cells
        if not any(cells):
            return None
        width = len(self.headers)
        if len(cells) > width and any(cells[width:]):
            reason = f"the row has {len(cells)} cells and the header {width}: put a text that holds {self.delimiter!r} "
            return BadRow(record.number, reason + "between quotation marks", tuple(cells))
        texts = [_unguarded(cell) if cell[:1] == "'" else cell for cell in cells[:width]]
        texts += [""] * (width - len(texts))
        return Row(record.number, dict(zip(self.headers, texts, strict=True)))


@dataclass
class _Record:
    """One record of a file: its cells in order, or already named (JSON), or a problem."""

    number: int
    cells: list[str] = field(default_factory=list)
    named: dict[str, str] | None = None
    problem: str = ""


def read_table(path: Path) -> Table:
    """Open a table; its encoding, delimiter and headers are told by its beginning.

    Raises:
        UnreadableFile: There is no such file, it is empty, or it is no table; one sentence with the mend.
    """
    sample = _beginning(path)
    for mark, what in _STRANGERS:
        if sample.startswith(mark):
            raise UnreadableFile(f"{path} is {what}, not a table: save it as CSV or XLSX")
    table = Table(path, "xlsx") if sample.startswith(b"PK\x03\x04") else _open_text(path, sample)
    if table.format in ("csv", "xlsx"):
        cells, table._above = _find_header(_records(table))
        table.headers = _unique(cells)
    if len(table.headers) > MAX_COLUMNS:
        raise UnreadableFile(f"{path} has {len(table.headers)} columns; at most {MAX_COLUMNS} can be read")
    rows = (table._row(record) for record in islice(_records(table), table._above, table._above + SAMPLE_ROWS))
    table.sample = tuple(row for row in rows if isinstance(row, Row))
    if table.format in ("jsonl", "json"):
        table.headers = tuple(dict.fromkeys(key for row in table.sample for key in row.cells))
    if not table.headers:
        raise UnreadableFile(f"{path} has no header and no rows: nothing can be read from it")
    table._decoder = LineDecoder(table._decoder.encoding)
    return table


def _beginning(path: Path) -> bytes:
    """Return the first bytes of a file that can be read."""
    try:
        if path.is_dir():
            raise UnreadableFile(f"{path} is a folder: name the files in it")
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
    except OSError as exc:
        raise UnreadableFile(f"cannot read {path}: {exc.strerror}") from exc
    if not sample.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile(f"{path} is empty: export it again")
    return sample


def _open_text(path: Path, sample: bytes) -> Table:
    """Return the table of a text file, its rows still to come."""
    decoder = LineDecoder(sniff_encoding(sample))
    lines = list(islice(text_lines(path, decoder), 200))
    text = "".join(lines)[:SAMPLE_BYTES]
    if sum(character < " " and character not in "\t\r\n\f\x1f" for character in text) > len(text) * 0.01:
        raise UnreadableFile(f"{path} holds binary data, not a table: save it as CSV or XLSX")
    start = text.lstrip("\ufeff \t\r\n")
    if re.match(r"<!doctype|<html|<table|<\?xml", start, re.IGNORECASE):
        raise UnreadableFile(f"{path} is a page of HTML or XML, not a table: save it as CSV or XLSX")
    if start.startswith("{"):
        whole = not _is_object(start.split("\n", 1)[0])
        return Table(path, "json" if whole else "jsonl", _decoder=decoder)
    if start.startswith("[") and re.match(r"\[\s*(?:\{|\]\s*$)", start):
        return Table(path, "json", _decoder=decoder)
    return Table(path, "csv", delimiter=_sniff_delimiter(lines), _decoder=decoder)


def _is_object(line: str) -> bool:
    """Return whether a line is one JSON object of its own."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _records(table: Table) -> Iterator[_Record]:
    """Yield the records of a table's file, the header among them, each with its row number."""
    try:
        if table.format == "xlsx":
            for number, cells in sheet_rows(table.path):
                yield _Record(number, cells)
            return
        lines = text_lines(table.path, table._decoder)
        if table.format == "csv":
            yield from _csv_records(lines, table.delimiter or _NONE)
        elif table.format == "jsonl":
            yield from _json_line_records(lines)
        else:
            yield from _json_records(table.path, lines)
    except OSError as exc:
        raise UnreadableFile(f"cannot read {table.path} to its end: {exc.strerror or exc}") from exc


def _find_header(records: Iterator[_Record]) -> tuple[list[str], int]:
    """Return the header's cells, and how many records it and the titles above it are."""
    first: tuple[list[str], int] = ([], 0)
    for place, record in enumerate(islice(records, _HEADER_SEARCH), 1):
        filled = sum(bool(cell.strip()) for cell in record.cells)
        if filled > 1 and not record.problem:
            return record.cells, place
        if filled and not first[1]:
            first = record.cells, place
    return first


def _unique(cells: Iterable[str]) -> tuple[str, ...]:
    """Return headers that can be told apart: the empty ones named, the repeated ones numbered."""
    seen: Counter[str] = Counter()
    headers = []
    for number, cell in enumerate(cells, 1):
        name = _BLANKS.sub(" ", cell.strip("\ufeff")).strip() or f"column {number}"
        seen[name] += 1
        headers.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(headers)


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that spreadsheets want before a formula's sign ("'+56 ...")."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") and len(cell) > 1 else cell


def _sniff_delimiter(lines: list[str]) -> str:
    """Return the delimiter by which the first records have the most, and the same, number of cells."""
    if lines and (named := _SEPARATOR_LINE.fullmatch(lines[0].lstrip("\ufeff"))):
        return named[1]
    best, best_score = _NONE, 0.0
    for delimiter in _DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):
            widths += (len(row) for row in islice(csv.reader(lines, delimiter=delimiter), 100) if any(row))
        width, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        widest = max(widths[:_HEADER_SEARCH], default=1)
        if width < 2 or widest < 2:
            continue
        score = times / len(widths) * (1 + min(width, 50) / 100)
        if score > best_score:
            best, best_score = delimiter, score
    return best


class _RowTooLong(Exception):
    """A quotation mark was opened and not closed within the bounds of a row."""


class _LineFeed:
    """Feeds lines to the CSV reader, and can give back those of a record that went wrong."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._given_back: list[str] = []
        self.record: list[str] = []
        self.ran_out = False
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.record) > MAX_ROW_LINES or self._size > MAX_ROW:
            raise _RowTooLong
        line = self._given_back.pop() if self._given_back else next(self._lines, None)
        if line is None:
            self.ran_out = True
            raise StopIteration
        self.record.append(line)
        self._size += len(line)
        return line

    def start_record(self) -> None:
        """Forget the record before."""
        self.record = []
        self.ran_out = False
        self._size = 0

    def give_back(self, start: int) -> None:
        """Take the lines of this record from the one at `start` as records of their own."""
        self._given_back += reversed(self.record[start:])


def _csv_records(lines: Iterator[str], delimiter: str) -> Iterator[_Record]:
    """Yield the records of CSV text.

    A quotation mark that is never closed would swallow all that follows. So of a record of
    several lines that ends with the file, is too long, or does not have the header's width,
    the lines from the first that is a whole record by itself are read again.
    """
    feed = _LineFeed(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    width = number = 0
    while True:
        feed.start_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _RowTooLong):
            cells = None
        number += 1
        if number == 1 and len(feed.record) == 1 and _SEPARATOR_LINE.fullmatch(feed.record[0].lstrip("\ufeff")):
            number = 0
        elif cells is None or feed.ran_out or (len(feed.record) > 1 and _is_broken(feed.record, delimiter, width)):
            end = _end_of_broken(feed.record, delimiter, width)
            broken = "".join(feed.record[:end])
            feed.give_back(end)
            reader = csv.reader(feed, delimiter=delimiter)
            yield _Record(number, [broken[:MAX_CELL].strip()], problem=_why_broken(broken))
        else:
            width = width or (len(cells) if sum(map(bool, cells)) > 1 else 0)
            yield _Record(number, cells)


def _is_broken(lines: list[str], delimiter: str, width: int) -> bool:
    """Return whether a record of several lines has been put together by a stray quotation mark."""
    try:
        return bool(width) and len(next(csv.reader(lines, delimiter=delimiter, strict=True), [])) != width
    except csv.Error:
        return True


def _end_of_broken(lines: list[str], delimiter: str, width: int) -> int:
    """Return after how many lines of a broken record the next whole record begins."""
    for place, line in enumerate(lines[1:], 1):
        try:
            if len(next(csv.reader([line], delimiter=delimiter), [])) == width and line.count('"') % 2 == 0:
                return place
        except csv.Error:
            continue
    return len(lines)


def _why_broken(text: str) -> str:
    if text.count('"') % 2:
        return "a quotation mark is opened and not closed: close it, or double it where it belongs to the text"
    return f"the row cannot be parsed, or a cell is longer than {MAX_CELL} characters: {text[:40].strip()!r}"


def _json_line_records(lines: Iterator[str]) -> Iterator[_Record]:
    """Yield an object a line."""
    for number, line in enumerate(lines, 1):
        text = line.lstrip("\ufeff").strip()
        if not text:
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            yield _Record(number, [text[:MAX_CELL]], problem="the line is not JSON: one object a line is needed")
            continue
        yield _json_record(number, value)


def _json_records(path: Path, lines: Iterator[str]) -> Iterator[_Record]:
    """Yield the objects of one JSON document: an array, or an object that holds one array of them."""
    if path.stat().st_size > MAX_JSON_BYTES:
        raise UnreadableFile(
            f"{path} is one JSON document of over {MAX_JSON_BYTES >> 20} MB: save it as JSON lines, an object a line"
        )
    try:
        document = json.loads("".join(lines).lstrip("\ufeff"))
    except (ValueError, RecursionError) as exc:
        raise UnreadableFile(f"{path} is not valid JSON ({exc}): export it again, or save it as JSON lines") from exc
    if isinstance(document, dict):
        arrays = [
            value for value in document.values() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        document = arrays[0] if len(arrays) == 1 else [document]
    for number, value in enumerate(document, 1):
        yield _json_record(number, value)


def _json_record(number: int, value: Any) -> _Record:
    if not isinstance(value, dict):
        return _Record(number, [json.dumps(value, ensure_ascii=False)[:MAX_CELL]], problem="the line is no JSON object")
    return _Record(number, named=dict(_flattened(value, "")))


def _flattened(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of an object; those of inner objects are named with dots ("author.name")."""
    for key, item in value.items():
        if isinstance(item, dict) and prefix.count(".") < 5:
            yield from _flattened(item, f"{prefix}{key}.")
        else:
            yield prefix + str(key), _as_text(item)


def _as_text(item: Any) -> str:
    if item is None:
        return ""
    if isinstance(item, str):
        return _unguarded(item.replace("\0", ""))
    if isinstance(item, list) and all(isinstance(part, str) for part in item):
        return ", ".join(item)
    return json.dumps(item, ensure_ascii=False)
