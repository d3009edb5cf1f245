"""The night's judge over mentions and survey comments: each text once, and a killed run goes on where it stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twelvefold.models.calibration import Triple
from twelvefold.pipeline.judge import BATCH, Judged, judge_new
from twelvefold.records import Judgement, Measure, Mention, Sentiment, SurveyAnswer
from twelvefold.storage.engine import Database
from twelvefold.storage.surveys import comment_hash

NIGHT = datetime(2026, 11, 22, 2, tzinfo=UTC)
MODEL = "reader/1"


class Killed(Exception):
    """The process went away."""


class Reader:
    """Judges everything alike, and keeps what it was given."""

    model = MODEL
    prior_ratios: Mapping[str, Triple] = {}

    def __init__(self) -> None:
        self.read: list[str] = []

    def score(self, texts: Sequence[str], *, content_hashes: Sequence[str], **_: Any) -> list[Judgement]:
        self.read += texts
        return [Judgement(key, MODEL, Sentiment.NEUTRAL, 0.1, 0.8, 0.1, 0.8) for key in content_hashes]


def comment(number: int, text: str) -> SurveyAnswer:
    return SurveyAnswer(f"r{number}", Measure.NPS, 9.0, 0.0, 10.0, comment=text, survey="spring")


@pytest.fixture
def brand_id(database: Database) -> int:
    """A brand with one mention and more comments than a batch, two of them alike; another brand has its own."""
    key = sha256(b"mention").hexdigest()
    mention = Mention("shop", "files", "1", "Kettle", "It leaks.", key, key, NIGHT)
    with database.begin() as work:
        brand = work.brands.ensure("Acme", "UTC")
        work.brands.ensure_source(brand, "shop", "files", None, 1.0)
        work.mentions.save(brand, [mention], zone=ZoneInfo("UTC"))
        comments = [comment(number, f"Comment {number}") for number in range(BATCH + 10)]
        work.surveys.save(brand, [*comments, comment(9_999, "Comment 0"), comment(10_000, "")])
        work.surveys.save(work.brands.ensure("Other", "UTC"), [comment(1, "Of another brand")])
    return brand


def test_comments_are_judged_once_each_beside_the_mentions(database: Database, brand_id: int) -> None:
    reader, told = Reader(), list[int]()

    def judge() -> Judged:
        return judge_new(database, brand_id, MODEL, lambda: reader, renew=lambda: None, progress=told.append)

    assert judge() == Judged(texts=1, ratings=0, comments=BATCH + 10)
    assert told == [1, BATCH + 1, BATCH + 11]
    assert reader.read[0] == "Kettle\nIt leaks."
    assert sorted(reader.read[1:]) == sorted(f"Comment {number}" for number in range(BATCH + 10))
    assert judge() == Judged(0, 0, 0)
    with database.read() as work:
        assert len(work.judgements.cached([comment_hash("Comment 0"), comment_hash("Of another brand")], MODEL)) == 1


def test_a_killed_run_goes_on_where_it_stopped(database: Database, brand_id: int) -> None:
    first, second, renewed = Reader(), Reader(), list[int]()

    def renew() -> None:
        renewed.append(1)
        if len(renewed) == 3:  # after the mention and the first batch of comments
            raise Killed

    with pytest.raises(Killed):
        judge_new(database, brand_id, MODEL, lambda: first, renew=renew)
    assert judge_new(database, brand_id, MODEL, lambda: second, renew=lambda: None).comments == 10
    assert set(first.read[: BATCH + 1]).isdisjoint(second.read)
