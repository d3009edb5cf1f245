"""Tables as people have them: delimiters, quotation marks, workbooks, JSON, and files that are no tables."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from twelvefold.crawlers import spreadsheets, tabular
from twelvefold.crawlers.tabular import BadRow, Row, read_table
from twelvefold.errors import UnreadableFile


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def cells(file: Path) -> list[list[str]]:
    return [list(row.cells.values()) for row in read_table(file).rows() if isinstance(row, Row)]


def bad(file: Path) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in read_table(file).rows() if isinstance(row, BadRow)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_by_the_rows(tmp_path, delimiter):
    file = write(tmp_path, "id,text;x,score\n1,a;b c,9\n2,d;e,8\n".replace(",", delimiter).replace(";x", ""))
    table = read_table(file)
    assert table.delimiter == delimiter
    assert table.headers == ("id", "text", "score")


def test_excels_own_separator_line_is_obeyed_and_is_no_row(tmp_path):
    file = write(tmp_path, "sep=|\na,b|c\n1,2|3\n")
    assert read_table(file).headers == ("a,b", "c")
    assert cells(file) == [["1,2", "3"]]


def test_a_table_of_one_column_keeps_its_commas(tmp_path):
    file = write(tmp_path, "comment\nslow, and cold\nfine\n")
    assert cells(file) == [["slow, and cold"], ["fine"]]


def test_titles_above_the_header_are_passed_over(tmp_path):
    file = write(tmp_path, "Survey of November\n\nid,score\n1,9\n2,8\n")
    assert read_table(file).headers == ("id", "score")
    assert [row.number for row in read_table(file).rows()] == [4, 5]


def test_headers_are_made_unique_and_named(tmp_path):
    assert read_table(write(tmp_path, '"",Why?,Why?,"two\nlines"\n1,a,b,c\n')).headers == (
        "column 1",
        "Why?",
        "Why? (2)",
        "two lines",
    )


def test_line_breaks_inside_quotation_marks_belong_to_the_cell(tmp_path):
    assert cells(write(tmp_path, 'id,text\r\n1,"a\r\nb"\r\n2,c\r\n')) == [["1", "a\r\nb"], ["2", "c"]]


def test_a_lone_carriage_return_ends_a_line(tmp_path):
    assert cells(write(tmp_path, "id,text\r1,a\r2,b\r")) == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize("place", [0, 3, 9])
def test_an_open_quotation_mark_costs_its_own_row_only(tmp_path, place):
    rows = [f"{number},text {number}" for number in range(10)]
    rows[place] = f'{place},"text {place}'
    file = write(tmp_path, "\n".join(["id,text", *rows]) + "\n")
    assert [row[0] for row in cells(file)] == [str(number) for number in range(10) if number != place]
    ((number, reason),) = bad(file)
    assert number == place + 2
    assert "quotation mark" in reason


def test_a_quotation_mark_closed_by_the_next_row_costs_one_row(tmp_path):
    file = write(tmp_path, 'id,text,score\n1,"open,9\n2,"whole",8\n3,c,7\n')
    assert [row[0] for row in cells(file)] == ["2", "3"]
    assert [number for number, _ in bad(file)] == [2]


def test_a_row_with_too_many_cells_is_named(tmp_path):
    ((number, reason),) = bad(write(tmp_path, "id,text\n1,a\n2,b, and more\n3,c\n"))
    assert number == 3
    assert "3 cells" in reason and "header 2" in reason


def test_short_rows_and_trailing_delimiters_are_no_mistake(tmp_path):
    assert cells(write(tmp_path, "id,text,score\n1,a\n2,b,8,,\n3,c,7\n")) == [
        ["1", "a", ""],
        ["2", "b", "8"],
        ["3", "c", "7"],
    ]


def test_a_cell_beyond_all_bounds_costs_its_row(tmp_path):
    file = write(tmp_path, f'id,text\n1,a\n2,"{"x" * (tabular.MAX_CELL + 1)}"\n3,c\n')
    assert [row[0] for row in cells(file)] == ["1", "3"]
    assert [number for number, _ in bad(file)] == [3]


def test_too_many_columns_are_refused(tmp_path):
    header = ",".join(f"c{number}" for number in range(tabular.MAX_COLUMNS + 1))
    with pytest.raises(UnreadableFile, match="columns"):
        read_table(write(tmp_path, header + "\n" + header + "\n"))


def test_the_apostrophe_before_a_formula_sign_is_a_guard(tmp_path):
    assert cells(write(tmp_path, "phone,text\n'+56900000001,'=1+1\n'tis,'quoted'\n")) == [
        ["+56900000001", "=1+1"],
        ["'tis", "'quoted'"],
    ]


def test_nul_bytes_are_taken_out(tmp_path):
    assert cells(write(tmp_path, "id,text\n1,a\0b\n" + "2,plain text\n" * 20))[0] == ["1", "ab"]


def test_json_lines_with_inner_objects_and_a_broken_line(tmp_path):
    lines = [json.dumps({"id": 1, "author": {"name": "Reader 1"}, "ok": True, "none": None}), "{broken", '["list"]']
    file = write(tmp_path, "\n".join(lines) + "\n", "a.jsonl")
    table = read_table(file)
    assert table.format == "jsonl"
    assert cells(file) == [["1", "Reader 1", "true", ""]]
    assert [number for number, _ in bad(file)] == [2, 3]


@pytest.mark.parametrize("document", ['[{"a": 1}, {"a": 2}]', '{"total": 2,\n "reviews": [{"a": 1}, {"a": 2}]}'])
def test_a_json_document_with_one_array(tmp_path, document):
    assert cells(write(tmp_path, document, "a.json")) == [["1"], ["2"]]


def test_a_json_document_beyond_the_bound_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tabular, "MAX_JSON_BYTES", 10)
    with pytest.raises(UnreadableFile, match="JSON lines"):
        read_table(write(tmp_path, '[{"a": 1}, {"a": 2}]', "a.json"))


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "table.xlsx")
    return folder / "table.xlsx"


def test_a_workbook_gives_plain_numbers_and_iso_dates(tmp_path):
    file = workbook(tmp_path, [["id", "when", "score", "ok"], [1.0, datetime(2026, 11, 2, 9, 30), 8.5, True]])
    assert cells(file) == [["1", "2026-11-02 09:30:00", "8.5", "true"]]


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    file = workbook(tmp_path, [["id"], [1]])
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 100)
    with pytest.raises(UnreadableFile, match="save it as CSV"):
        read_table(file)


def test_a_bomb_is_told_by_its_ratio(tmp_path):
    file = workbook(tmp_path, [["id"], [1]])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"0" * (20 << 20))
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        read_table(file)


def test_a_damaged_workbook_is_told(tmp_path):
    file = workbook(tmp_path, [["id"], [1]])
    with pytest.raises(UnreadableFile, match="damaged"):
        read_table(write(tmp_path, file.read_bytes()[:1500], "cut.xlsx"))
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:120]
    with zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UnreadableFile, match="damaged"):
        list(read_table(tmp_path / "broken.xlsx").rows())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"PK\x03\x04", "damaged"),
        (b"<!DOCTYPE html><table></table>", "HTML"),
        (bytes(range(256)) * 20, "binary"),
    ],
)
def test_what_is_no_table_is_told_in_a_sentence(tmp_path, content, told):
    with pytest.raises(UnreadableFile, match=told) as caught:
        read_table(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(UnreadableFile, match="No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read_table(tmp_path)


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(lambda text: text.strip(" '=+-@"))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20), delimiter=st.sampled_from(",;\t|"))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows, delimiter):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text", "more"), *((number, *row) for number, row in enumerate(rows))])
    file = write(tmp_path_factory.mktemp("csv"), out.getvalue())
    assert cells(file) == [[str(number), *row] for number, row in enumerate(rows)]


@settings(max_examples=60, deadline=None)
@given(content=st.binary(min_size=1, max_size=300))
def test_any_bytes_give_rows_or_one_sentence(tmp_path_factory, content):
    file = write(tmp_path_factory.mktemp("any"), content)
    try:
        rows = list(read_table(file).rows())
    except UnreadableFile as problem:
        assert str(file) in str(problem)
    else:
        assert all(isinstance(row, Row | BadRow) for row in rows)
