"""Bytes of any origin into text, and single cells in the spelling of any country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.cells import NumberColumn, Score, is_missing, read_score
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.encodings import LineDecoder, sniff_encoding
from twelvefold.crawlers.tabular import read_table

SENTENCES = {
    "cp1252": "Très bon accueil, créée à Noël, déçu",
    "big5": "店家服務很好，下次還會再來，東西等了三天才到",
    "gb18030": "服务很好，下次还会再来，等了三天",
    "shift_jis": "とても良かったです。また利用します。",
    "euc_kr": "배송이 빨라서 좋았어요. 다시 이용",
    "cp1251": "Очень хороший магазин, спасибо",
    "utf-8": "Très bon, 很好",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_encoding_is_told_by_what_is_common(name):
    written = f"id,text\n1,{SENTENCES[name]}\n".encode("cp950" if name == "big5" else name)
    assert sniff_encoding(written) == name
    assert SENTENCES[name] in LineDecoder(name).decode(written)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_marks_and_zero_bytes_tell_unicode(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes("id,text\n1,déçu\n2,很好\n3,plain words\n".encode(encoding))
    table = read_table(tmp_path / "a.csv")
    assert [row.cells["text"] for row in table.rows()] == ["déçu", "很好", "plain words"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"d\x82\x87u de l'accueil", "déçu de l'accueil"),
        (b"tr\x8as pr\x88te, h\x93tel, s\x96r, ma\x8ctre, No\x89l", "très prête, hôtel, sûr, maître, Noël"),
        (b"\x90t\x82, o\x97 \x87a", "Été, où ça"),
        (b"d\x82j\x85 vu, voil\x85", "déjà vu, voilà"),
        (b"conseill\x82re \xe0 l'\xe9coute", "conseillére à l'écoute"),
        (b"l\x92\xe9t\xe9 \x96 7,50 \x80\x85", "l’été – 7,50 €…"),
        (b"\x93Bien\x94 \x97 dit-il", "“Bien” — dit-il"),
        (b"\x8cuvre, c\x9cur, Paris\x96Lyon", "Œuvre, cœur, Paris–Lyon"),
        (b"fin\x85 mais\x85", "fin… mais…"),
        (b"a\xa4o, coraz\xa2n", "año, corazón"),
        (b"prix\xa0! \xa3 5", "prix\xa0! £ 5"),
    ],
)
def test_windows_and_dos_bytes_are_told_apart_by_their_neighbours(written, read):
    assert LineDecoder("cp1252").decode(written) == read


def test_one_line_that_is_not_utf8_costs_the_others_nothing(tmp_path):
    lines = ["id,text", "1,déjà", "2,été", "3,很好"]
    written = [line.encode("cp1252" if line.startswith("2") else "utf-8") for line in lines]
    (tmp_path / "a.csv").write_bytes(b"\n".join(written))
    table = read_table(tmp_path / "a.csv")
    assert [row.cells["text"] for row in table.rows()] == ["déjà", "été", "很好"]
    assert table.encoding == "utf-8, with 1 lines in cp1252" or table.encoding == "cp1252"


@given(st.binary(max_size=200))
def test_no_byte_stops_a_decoder(line):
    for encoding in ("utf-8", "cp1252", "big5", "gb18030", "shift_jis", "euc_kr", "cp1251"):
        assert isinstance(LineDecoder(encoding).decode(line), str)


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ("9", Score(9)),
        (" 9,0 ", Score(9)),
        ("8/10", Score(8, 10)),
        ("9 - Extremely likely", Score(9)),
        ("10 = très satisfait", Score(10)),
        ("★★★★☆", Score(4, 5)),
        ("９", Score(9)),
        ("9分", Score(9)),
        ("NA", None),
        ("N/A", None),
        ("", None),
        ("aucune", None),
    ],
)
def test_scores_in_any_spelling(cell, score):
    assert read_score(cell) == score


@pytest.mark.parametrize("cell", ["very good", "9.5.2026", "R_12", "2026-11-02", "1,2,3"])
def test_what_is_no_score_is_said(cell):
    with pytest.raises(ValueError, match="is not a score"):
        read_score(cell)


@pytest.mark.parametrize(
    ("cell", "missing"), [("NA", True), ("n/a", True), ("#N/A", True), ("Nah", False), ("0", False)]
)
def test_missing_values(cell, missing):
    assert is_missing(cell) is missing


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        (["12,50", "1.234,56 €"], "1.234", 1234.0),
        (["12.50", "$1,234.56"], "1,234", 1234.0),
        (["1 234,5"], "1 234,56 €", 1234.56),
        (["5"], "-3.25", -3.25),
        (["5.10"], "(12.00)", -12.0),
        (["5"], "NA", None),
    ],
)
def test_amounts_are_read_as_the_whole_column_shows(column, cell, value):
    numbers = NumberColumn()
    for one in column:
        numbers.look(one)
    assert numbers.read(cell) == value


def test_an_amount_in_words_is_refused():
    with pytest.raises(ValueError, match="is not an amount"):
        NumberColumn().read("about fifty")


@pytest.mark.parametrize(
    ("column", "language", "cell", "iso"),
    [
        (["03/04/2026", "14/04/2026"], "en", "03/04/2026", "2026-04-03"),
        (["3/4/2026", "3/14/2026"], "fr", "3/4/2026 10:00:05", "2026-03-04 10:00:05"),
        (["03/04/2026"], "fr", "03/04/2026", "2026-04-03"),
        (["03/04/2026"], "en", "03/04/2026", "2026-03-04"),
        (["03.04.2026"], "en", "03.04.26", "2026-04-03"),
        (["x"], "en", "2026-04-03", "2026-04-03"),
    ],
)
def test_the_whole_column_tells_day_from_month(column, language, cell, iso):
    dates = DateColumn()
    for one in column:
        dates.look(one)
    assert dates.iso(cell, language) == iso


def test_how_dates_are_read_is_said():
    dates = DateColumn()
    assert dates.note("Date", "fr") == ""
    dates.look("03/04/2026")
    assert "fit both ways; read as day/month" in dates.note("Date", "fr")
    dates.look("03/14/2026")
    assert dates.note("Date", "fr") == "dates in 'Date' are month/day/year"
