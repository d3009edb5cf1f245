"""The `files` source: what lies in a drop folder, broken files beside good ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import identity_key
from twelvefold.crawlers.spiders.files import PIECE, Files
from twelvefold.records import SourceStatus

CASES = sorted(path.parent for path in (Path(__file__).parents[1] / "fixtures" / "files").glob("*/case.json"))
NAMES = (
    "external_id", "author", "title", "text", "rating", "rating_best", "rating_worst", "published", "url", "language",
    "subject", "reply_text", "reply_at",
)  # fmt: skip


def read(folder: Path, **options):
    return list(Files(SourceSettings(name="drop", kind="files", options=options), folder).readings())


def mentions_of(readings):
    return [mention for reading in readings for mention in reading.mentions]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case_reads_as_expected(folder):
    case = json.loads((folder / "case.json").read_text("utf-8"))
    readings = read(folder, **case["options"])
    mentions = mentions_of(readings)
    told = [{name: value for name in NAMES if (value := getattr(mention, name)) is not None} for mention in mentions]
    assert told == case["expected"]["mentions"]
    assert sum(len(reading.rejected) for reading in readings) == case["expected"].get("rejected", 0)
    assert len({identity_key(mention) for mention in mentions}) == len(mentions)
    assert "Reader" not in json.dumps([dict(mention.payload) for mention in mentions])


def test_a_broken_file_costs_a_sentence_and_not_the_others(tmp_path):
    (tmp_path / "a.csv").write_text("id,text,rating\n1,Good,5\n", "utf-8")
    (tmp_path / "b.csv").write_bytes(b"%PDF-1.7 not a table")
    (tmp_path / "c.csv").write_bytes(b"")
    readings = read(tmp_path, paths=["*.csv"])
    failed = [reading for reading in readings if reading.status is SourceStatus.FAILED]
    assert [Path(reading.place).name for reading in failed] == ["b.csv", "c.csv"]
    assert "PDF" in failed[0].message and "empty" in failed[1].message
    assert [mention.text for mention in mentions_of(readings)] == ["Good"]


def test_nothing_matches_and_the_pattern_is_named(tmp_path):
    (reading,) = read(tmp_path, paths=["in/*.csv"])
    assert reading.status is SourceStatus.EMPTY
    assert "'in/*.csv'" in reading.message and str(tmp_path) in reading.message


def test_our_own_lists_of_rejected_rows_are_not_read_back(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,Good\n", "utf-8")
    (tmp_path / "a.csv.rejected.csv").write_text("row,reason,id,text\n3,bad,2,Bad\n", "utf-8")
    assert [mention.external_id for mention in mentions_of(read(tmp_path, paths=["*.csv"]))] == ["1"]


def test_a_missing_mapped_column_is_named_with_those_that_exist(tmp_path):
    (tmp_path / "a.csv").write_text("Kommentar,Punkte\nGut,5\n", "utf-8")
    (reading,) = read(tmp_path, paths=["a.csv"], mapping={"text": "Kommentare"})
    assert reading.status is SourceStatus.FAILED
    assert "'Kommentare'" in reading.message and "'Punkte'" in reading.message


def test_an_unknown_field_of_the_mapping_names_the_nearest(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", "utf-8")
    (reading,) = read(tmp_path, paths=["a.csv"], mapping={"ratingg": "y"})
    assert reading.status is SourceStatus.FAILED
    assert "did you mean 'rating'?" in reading.message


def test_equal_ratings_without_text_are_different_peoples(tmp_path):
    (tmp_path / "a.csv").write_text("rating,product\n5,Kettle\n5,Kettle\n1,Kettle\n", "utf-8")
    keys = [identity_key(mention) for mention in mentions_of(read(tmp_path, paths=["a.csv"]))]
    assert len(set(keys)) == 3
    assert keys == [identity_key(mention) for mention in mentions_of(read(tmp_path, paths=["a.csv"]))]


def test_the_scale_is_that_of_the_highest_rating_unless_a_cell_tells_its_own(tmp_path):
    (tmp_path / "a.csv").write_text("text,rating\nGood,9\nFair,3/5\nBad,0\n", "utf-8")
    told = [(m.rating, m.rating_worst, m.rating_best) for m in mentions_of(read(tmp_path, paths=["a.csv"]))]
    assert told == [("9", 0.0, 10.0), ("3/5", None, None), ("0", 0.0, 10.0)]


def test_xlsx_is_read_like_csv(tmp_path):
    workbook = Workbook()
    workbook.active.append(["Reviews of the kettle"])
    workbook.active.append(["評論編號", "評論內容", "評分", "日期"])
    workbook.active.append([17, "很好用", 4.5, None])
    workbook.save(tmp_path / "a.xlsx")
    (mention,) = mentions_of(read(tmp_path, paths=["*.xlsx"]))
    assert (mention.external_id, mention.text, mention.rating) == ("17", "很好用", "4.5")


def test_a_long_file_comes_in_pieces(tmp_path):
    rows = "".join(f"{number},Text {number}\n" for number in range(PIECE + 5))
    (tmp_path / "a.csv").write_text("id,text\n" + rows, "utf-8")
    assert [len(reading.mentions) for reading in read(tmp_path, paths=["a.csv"])] == [PIECE, 5]


def test_a_scale_that_falls_is_refused():
    with pytest.raises(ValueError, match="worst rating first"):
        Files(SourceSettings(name="drop", kind="files", options={"paths": ["a"], "scale": [5, 1]}))
