"""The survey answers: one row for each measure of each response."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Text, and_, cast, exists, func, select
from sqlalchemy.orm import aliased

from twelvefold.records import Measure, SurveyAnswer
from twelvefold.storage.brands import Brands
from twelvefold.storage.imports import Imported, save_columns
from twelvefold.storage.segments import Segment, segments_in
from twelvefold.storage.tables import AnswerTable, CustomerTable, JudgementTable
from twelvefold.storage.tombstones import Tombstones


@dataclass(frozen=True)
class ScoreCount:
    """How many answers gave one score on one scale."""

    score: float
    scale_low: float | None
    scale_high: float | None
    n: int


@dataclass(frozen=True)
class UnjudgedComment:
    """A survey comment that the model has not judged yet."""

    answer_id: int
    content_hash: str
    text: str
    language: str | None


class Surveys:
    """The survey answers, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, brand_id: int, answers: Sequence[SurveyAnswer]) -> Imported:
        """Keep answers by (survey, response, measure); a later import of the same one replaces it.

        A response is told whole: what is stored of it and not told again, as its mapping changed, is gone.
        """
        tombstones = Tombstones(self._connection).keys(brand_id)
        kept = [answer for answer in answers if not tombstones.cover_customer(answer.customer_id)]
        zone = Brands(self._connection).zone(brand_id)
        days = {moment: moment and moment.astimezone(zone).date() for moment in {one.answered_at for one in kept}}
        columns: dict[str, Sequence[Any]] = {
            "survey": [answer.survey for answer in kept],
            "response_id": [answer.response_id for answer in kept],
            "measure": [answer.measure.value for answer in kept],
            "score": [answer.score for answer in kept],
            "scale_low": [answer.scale_low for answer in kept],
            "scale_high": [answer.scale_high for answer in kept],
            "high_is_good": [answer.high_is_good for answer in kept],
            "comment": [answer.comment for answer in kept],
            "content_hash": [comment_hash(answer.comment) if answer.comment else None for answer in kept],
            "answered_at": [answer.answered_at for answer in kept],
            "local_date": [days[answer.answered_at] for answer in kept],
            "language": [answer.language for answer in kept],
            "customer_id": [answer.customer_id for answer in kept],
            "segments": [answer.segments or None for answer in kept],
        }
        return save_columns(
            self._connection,
            AnswerTable,
            brand_id,
            ("survey", "response_id", "measure"),
            columns,
            whole=("survey", "response_id"),
        )

    def histogram(
        self, brand_id: int, measure: Measure, since: date | None = None, until: date | None = None
    ) -> list[ScoreCount]:
        """Return how often each score was given in [since, until), lowest first; high is good in all of them.

        A score of a scale on which high means bad is turned round.
        An answer without a date counts only where there is neither end.
        """
        columns = (AnswerTable.score, AnswerTable.scale_low, AnswerTable.scale_high, AnswerTable.high_is_good)
        query = (
            select(*columns, func.count())
            .where(AnswerTable.brand_id == brand_id, AnswerTable.measure == measure.value)
            .group_by(*columns)
        )
        if since is not None:
            query = query.where(AnswerTable.local_date >= since)
        if until is not None:
            query = query.where(AnswerTable.local_date < until)
        counts: Counter[tuple[float, float | None, float | None]] = Counter()
        for score, low, high, high_is_good, n in self._connection.execute(query):
            if score is not None:
                counts[with_high_good(score, low, high, high_is_good), low, high] += n
        found = [ScoreCount(*scored, n) for scored, n in counts.items()]
        return sorted(found, key=lambda row: (row.score, row.scale_low or 0, row.scale_high or 0))

    def daily_scores(self, brand_id: int, since: date, until: date) -> dict[tuple[Measure, date], list[ScoreCount]]:
        """Return for each measure and day of [since, until) how often each score was given; high is good in all."""
        columns = (AnswerTable.score, AnswerTable.scale_low, AnswerTable.scale_high, AnswerTable.high_is_good)
        query = (
            select(AnswerTable.measure, AnswerTable.local_date, *columns, func.count())
            .where(AnswerTable.brand_id == brand_id, AnswerTable.measure.in_([measure.value for measure in Measure]))
            .where(AnswerTable.local_date >= since, AnswerTable.local_date < until)
            .group_by(AnswerTable.measure, AnswerTable.local_date, *columns)
        )
        found: dict[tuple[Measure, date], list[ScoreCount]] = {}
        for measure, day, score, low, high, high_is_good, n in self._connection.execute(query):
            if day is not None and score is not None:
                given = ScoreCount(with_high_good(score, low, high, high_is_good), low, high, n)
                found.setdefault((Measure(measure), day), []).append(given)
        return found

    def scores_by_segment(
        self, brand_id: int, measure: Measure, column: str, since: date | None = None, until: date | None = None
    ) -> dict[str, list[ScoreCount]]:
        """Return for each value of a segment column how often each score was given in [since, until)."""
        found = self.scores_of_segments(brand_id, measure, since, until)
        return {segment.value: scores for segment, scores in found.items() if segment.column == column}

    def scores_of_segments(
        self, brand_id: int, measure: Measure, since: date | None = None, until: date | None = None
    ) -> dict[Segment, list[ScoreCount]]:
        """Return for each segment how often each score was given in [since, until); high is good in all of them.

        An answer's own segment counts; where it has none, that of the customer whom it names. Answers
        with neither are left out. Dates as in `histogram`.
        """
        its_customer = and_(
            CustomerTable.brand_id == AnswerTable.brand_id, CustomerTable.customer_id == AnswerTable.customer_id
        )
        own, customers = cast(AnswerTable.segments, Text), cast(CustomerTable.segments, Text)
        scored = (AnswerTable.score, AnswerTable.scale_low, AnswerTable.scale_high, AnswerTable.high_is_good)
        query = (
            select(own, customers, *scored, func.count())
            .outerjoin(CustomerTable, its_customer)
            .where(AnswerTable.brand_id == brand_id, AnswerTable.measure == measure.value)
            .where(AnswerTable.score.is_not(None))
            .group_by(own, customers, *scored)
        )
        if since is not None:
            query = query.where(AnswerTable.local_date >= since)
        if until is not None:
            query = query.where(AnswerTable.local_date < until)
        found: dict[Segment, list[ScoreCount]] = {}
        for its_own, its_customers, given, low, high, high_is_good, n in self._connection.execute(query):
            if given is None:
                continue
            score = ScoreCount(with_high_good(given, low, high, high_is_good), low, high, n)
            for segment in dict((*segments_in(its_customers), *segments_in(its_own))).items():
                found.setdefault(Segment(*segment), []).append(score)
        return found

    def unjudged(self, brand_id: int, model: str, *, limit: int, after: int = 0) -> list[UnjudgedComment]:
        """Return comments that `model` has not judged, each text once, in the order of `answer_id`.

        Args:
            after: The last `answer_id` of the page before.
        """
        earlier = aliased(AnswerTable)
        # The sums keep the database from gathering the whole brand by an index and sorting it for each page.
        twin = exists().where(
            earlier.content_hash == AnswerTable.content_hash,
            earlier.brand_id + 0 == brand_id,
            earlier.id < AnswerTable.id,
        )
        judged = exists().where(JudgementTable.content_hash == AnswerTable.content_hash, JudgementTable.model == model)
        query = (
            select(AnswerTable.id, AnswerTable.content_hash, AnswerTable.comment, AnswerTable.language)
            .where(AnswerTable.brand_id + 0 == brand_id, AnswerTable.id > after)
            .where(AnswerTable.content_hash.is_not(None), ~judged, ~twin)
            .order_by(AnswerTable.id)
            .limit(limit)
        )
        return [
            UnjudgedComment(answer_id, content_hash or "", comment, language)
            for answer_id, content_hash, comment, language in self._connection.execute(query)
        ]

    def count(self, brand_id: int) -> int:
        """Return how many answers are stored."""
        query = select(func.count()).select_from(AnswerTable).where(AnswerTable.brand_id == brand_id)
        return self._connection.scalars(query).one()


def with_high_good(score: float, low: float | None, high: float | None, high_is_good: bool) -> float:
    """Return a score as it is where high is good, else turned round on its scale."""
    return score if high_is_good or low is None or high is None else low + high - score


def comment_hash(comment: str) -> str:
    """Return the key under which a comment's judgement is kept."""
    return sha256(f"comment\0{comment}".encode()).hexdigest()
