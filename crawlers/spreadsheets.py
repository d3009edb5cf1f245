"""XLSX workbooks as rows of text, within bounds that a zip bomb does not pass."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from twelvefold.errors import UnreadableFile

MAX_UNPACKED = 1 << 30  # bytes, all parts together
MAX_STRINGS = 200 << 20  # bytes of the table of texts, which openpyxl keeps in memory
MAX_PARTS = 5_000
MAX_RATIO = 400  # unpacked to packed, of a part over 10 MB; real sheets stay below 100
_MAX_WIDTH = 16_384  # what Excel itself can hold


def sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells) of the first sheet that has any rows.

    Numbers are written shortest ("9", not "9.0"), dates in ISO 8601, formulas by their last result.

    Raises:
        UnreadableFile: It is no workbook, is damaged, or unpacks to more than is sane.
    """
    _check_archive(path)
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not concern us
            with closing(load_workbook(file, read_only=True, data_only=True, keep_links=False)) as workbook:
                for sheet in workbook.worksheets:
                    if hasattr(sheet, "reset_dimensions"):
                        sheet.reset_dimensions()  # many writers state them wrongly
                    found = False
                    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                        cells = [cell_text(value) for value in values[:_MAX_WIDTH]]
                        if found or any(cells):
                            found = True
                            yield number, cells
                    if found:
                        return
    except (OSError, UnreadableFile, GeneratorExit):
        raise
    except Exception as exc:
        raise UnreadableFile(f"{path} is a damaged workbook ({type(exc).__name__}): save it again, or as CSV") from exc


def cell_text(value: Any) -> str:
    """Return what a cell shows, free of the spreadsheet's formats."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).replace("_x000D_", "").replace("\0", "")
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") and len(text) > 1 else text


def _check_archive(path: Path) -> None:
    """Refuse an archive that is no workbook, or is one to fill the memory with."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
                raise UnreadableFile(f"{path} is a zip archive, not an XLSX workbook: unpack it first")
            too_big = (
                len(parts) > MAX_PARTS
                or sum(part.file_size for part in parts) > MAX_UNPACKED
                or any(part.file_size > MAX_STRINGS for part in parts if "sharedStrings" in part.filename)
                or any(
                    part.file_size > 10 << 20 and part.file_size > MAX_RATIO * max(1, part.compress_size)
                    for part in parts
                )
            )
            if too_big:
                raise UnreadableFile(f"{path} unpacks to more than a workbook may hold: save it as CSV")
            for part in parts:
                if part.filename.endswith(".xml"):
                    with archive.open(part) as file:
                        if b"<!DOCTYPE" in file.read(2048):
                            raise UnreadableFile(f"{path} declares XML entities, as no workbook does: save it again")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as exc:
        raise UnreadableFile(f"{path} is a damaged or encrypted workbook: save it again without a password") from exc
    except OSError as exc:
        raise UnreadableFile(f"cannot read {path}: {exc.strerror or exc}") from exc
