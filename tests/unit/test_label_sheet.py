"""Sheets of labels: whatever stands in a row, it is taken, counted or named, and nothing breaks."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twelvefold.crawlers.tabular import read_table
from twelvefold.errors import UnreadableFile
from twelvefold.pipeline.label_sheet import ANSWERS, COLUMNS, read_sheet, write_sheet
from twelvefold.records import Sentiment
from twelvefold.storage.labels import Draw, Drawn

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODEL = "reader/1"
MENTIONS = {
    1: Drawn(11),
    2: Drawn(12, answer="negative"),
    3: Drawn(None),
    4: Drawn(None, is_stale=True),
    5: Drawn(None, other_models=("other/1",)),
}
# A file with control characters is no table at all, and refused as a whole.
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
cells = st.tuples(
    st.one_of(st.sampled_from(["1", "2", "3", "4", "5", " 1 ", "6", "٣", "1e3", "9" * 5000]), words),
    st.one_of(st.sampled_from([*ANSWERS, "P", " n ", "", "good", "1"]), words),
    st.sampled_from(["", MODEL, "other/1"]),
)


@dataclass
class FakeLabels:
    """The labels of a brand with five mentions."""

    said: dict[int, Sentiment | None] = field(default_factory=dict)

    def look_up(self, brand_id: int, model: str, mention_ids: Collection[int]) -> dict[int, Drawn]:
        return {number: MENTIONS[number] for number in mention_ids if number in MENTIONS}

    def answer(self, draw_id: int, actor: str, answer: Sentiment | None, at: datetime) -> None:
        assert draw_id not in self.said
        self.said[draw_id] = answer


def read(path: Path, rows: list[tuple[str, ...]]) -> tuple[dict[str, Any], dict[int, Sentiment | None]]:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([("mention", "label", "model"), *rows])
    labels = FakeLabels()
    work: Any = SimpleNamespace(labels=labels)
    return read_sheet(work, 1, MODEL, path, "ana", NOW).document(), labels.said


@settings(max_examples=60)
@given(st.lists(cells, min_size=1, max_size=8))
def test_every_row_is_taken_counted_or_named(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    found, said = read(tmp_path_factory.getbasetemp() / "labels.csv", rows)
    assert found["new"] == len(said)
    assert said.keys() <= {11, 12}
    assert found["new"] + found["unchanged"] <= 2
    assert all(0 < len(each["reason"]) < 200 and "\n" not in each["reason"] for each in found["rejected"])
    assert len({each["row"] for each in found["rejected"]}) == len(found["rejected"])
    assert found["empty"] + len(found["rejected"]) + found["new"] + found["unchanged"] <= len(rows)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (("3", "p", ""), "was not drawn"),
        (("4", "p", ""), "edited or removed"),
        (("5", "p", ""), "drawn for the model other/1, not reader/1"),
        (("1", "p", "other/1"), "drawn for the model other/1, not reader/1"),
        (("6", "p", ""), "no mention 6"),
        (("x", "p", ""), "'x' is no number"),
        (("1", "5", ""), "'5' is no class"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path, row: tuple[str, ...], word: str) -> None:
    found, said = read(tmp_path / "labels.csv", [row, ("1", "P", MODEL), ("2", "negative", "")])
    (rejected,) = found["rejected"]
    assert rejected["row"] == 2
    assert word in rejected["reason"]
    assert (found["new"], found["unchanged"], said) == (1, 1, {11: Sentiment.POSITIVE})


@pytest.mark.parametrize("name", ["labels.csv", "labels.xlsx"])
def test_no_text_becomes_a_formula_or_breaks_the_sheet(tmp_path: Path, name: str) -> None:
    texts = ["=1+1", "-5 stars", "a\x0bb\x00c", "émoji 👍🏽\nsecond line", "長" * 40_000, "half \ud83d of one"]
    draws = [
        Draw(n, n, "", text, None, "shop", None, None, None, date(2026, 11, 21)) for n, text in enumerate(texts, 1)
    ]
    write_sheet(tmp_path / name, draws, MODEL)
    table = read_table(tmp_path / name)
    assert table.headers == COLUMNS
    rows = [row.cells["text"] for row in table.rows() if not hasattr(row, "reason")]
    assert rows[:2] == texts[:2]
    assert rows[3] == texts[3]
    assert len(rows) == len(texts)


def test_a_sheet_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnreadableFile, match="cannot write"):
        write_sheet(tmp_path / "file" / "labels.csv", [], MODEL)
