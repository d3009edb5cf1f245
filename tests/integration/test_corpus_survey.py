"""Recorded survey exports and review exports, read exactly, where the corpus lies beside the repository."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twelvefold.config import Brand, SourceSettings, parse_configuration
from twelvefold.crawlers.spiders.files import Files
from twelvefold.crawlers.tabular import read_table
from twelvefold.pipeline.imported_rows import Rejected
from twelvefold.pipeline.imports import import_files
from twelvefold.pipeline.normalise import normalise
from twelvefold.pipeline.survey_import import SurveyImport
from twelvefold.records import Measure
from twelvefold.storage.engine import open_database

CORPUS = Path(os.environ.get("TWELVEFOLD_CORPUS") or Path(__file__).parents[2] / "../shared/corpus")
SURVEYS = ("feature_feedback_en.csv", "nps_jardinerie_tail_fr_cp1252.csv", "qualtrics_3header.csv")
EXPORTS = ("google_play/play_console_reviews.csv", "google_places/gm_reviews_scraped.csv")
NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus of recordings is not at {CORPUS}")


def expectation(name: str) -> dict:
    return json.loads((CORPUS / name).with_suffix(".expected.json").read_text("utf-8"))


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize("name", SURVEYS)
def test_every_row_of_a_survey_is_read_as_it_stands(name):
    expected = expectation(f"survey/{name}")
    imported = SurveyImport(read_table(CORPUS / "survey" / name), None, Brand(name="A", language="fr"), b"k", NOW)
    items = list(imported.items())
    assert not [item for item in items if isinstance(item, Rejected)]
    assert len(items) == expected["review_count"]
    for (_, answers), review in zip(items, expected["reviews"], strict=True):
        by_measure = {answer.measure: answer for answer in answers}
        main = by_measure.get(Measure.NPS) or (
            by_measure.get(Measure.CSAT) if "FF_Score" in imported.mapping.values() else None
        )
        assert (main.score if main else None) == review["rating"]
        if main and review["best"] is not None:
            assert (main.scale_low, main.scale_high) == (review["worst"], review["best"])
        # One person wrote "<use case>:"; body_text takes that for a tag, we keep what was written.
        comment = one_line(" ".join(answer.comment for answer in answers))
        assert comment in (review["body_text"] or "", one_line(review["body"]))
        if review["id"] and answers:
            assert review["id"] in (answers[0].response_id, answers[0].customer_id)
        if (satisfaction := review.get("satisfaction")) and satisfaction != "NA":
            assert by_measure[Measure.CSAT].score == float(satisfaction)
        if review["date_published"]:
            assert answers[0].answered_at == datetime.fromisoformat(review["date_published"]).replace(tzinfo=UTC)
    ids = [answers[0].response_id for _, answers in items if answers]
    assert len(set(ids)) == len(ids)


def test_promoters_passives_and_detractors_are_those_counted_by_hand(tmp_path):
    name = "nps_jardinerie_tail_fr_cp1252.csv"
    shutil.copyfile(CORPUS / "survey" / name, tmp_path / name)
    configuration = parse_configuration("brands: [{name: A, language: fr}]", tmp_path)
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    try:
        first, second = (
            import_files(database, configuration.brands[0], "surveys", [tmp_path / name], configuration, NOW).files[0]
            for _ in range(2)
        )
        with database.read() as work:
            histogram = {row.score: row.n for row in work.surveys.histogram(1, Measure.NPS)}
    finally:
        database.close()
    expected = expectation(f"survey/{name}")["nps"]
    assert sum(n for score, n in histogram.items() if score >= 9) == expected["promoters"]
    assert sum(n for score, n in histogram.items() if 7 <= score <= 8) == expected["passives"]
    assert sum(n for score, n in histogram.items() if score <= 6) == expected["detractors"]
    assert (first.read, first.rejected) == (300, 0)
    assert (second.new, second.updated, second.unchanged) == (0, 0, first.new)


@pytest.mark.parametrize("name", EXPORTS)
def test_review_exports_go_through_the_files_source(name):
    expected = expectation(name)
    settings = SourceSettings(name="drop", kind="files", options={"paths": [name]})
    readings = list(Files(settings, CORPUS).readings())
    raw = [mention for reading in readings for mention in reading.mentions]
    assert not [sentence for reading in readings for sentence in reading.rejected]
    assert len(raw) == expected["review_count"]
    for mention, review in zip(raw, expected["reviews"], strict=True):
        read = normalise(mention, source=settings, scale=None, collected_at=NOW, key=b"k")
        assert read.external_id == review["id"]
        assert one_line(read.text) == (review["body_text"] or "")
        assert (read.rating, read.rating_best, read.rating_worst) == (review["rating"], review["best"], review["worst"])
        assert (mention.author or None) == review["author"]
        assert (mention.language, mention.url, mention.subject) == (
            review["language"],
            review["url"],
            review["item_name"],
        )
        assert (read.reply_text or None) == review.get("reply_text")
        if review["date_utc"]:
            assert read.published_at == datetime.fromisoformat(review["date_utc"])
