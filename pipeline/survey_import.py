"""Survey exports into answers: one for each measure that a row carries.

A response is known by the tool's id, else by its content; the nth row with the same content
is another person's. Columns that name a person are not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from twelvefold.config import Brand, SurveySettings
from twelvefold.crawlers.cells import Score, is_missing
from twelvefold.crawlers.columns import is_personal, normalised
from twelvefold.crawlers.layouts import Layout, find_layout
from twelvefold.crawlers.tabular import BadRow, Row, Table
from twelvefold.pipeline.imported_rows import Rejected, customer_key, local_moment
from twelvefold.pipeline.language_codes import language_code
from twelvefold.pipeline.plain_text import plain_text
from twelvefold.pipeline.survey_columns import SCORED, SurveyColumns, find_columns
from twelvefold.records import Measure, SurveyAnswer
from twelvefold.storage.imports import Imported
from twelvefold.storage.repository import Work

_UNNAMED = re.compile(r"column \d+")
_NO_DATE = re.compile(r"1980-01-01( 00:00:00)?")  # LimeSurvey's date of anonymous answers
_LONGEST_ID = 200
_MANY_SEGMENTS = 4_000
_LONGEST_SEGMENTS = 400  # characters of all cells together


class _Scored(NamedTuple):
    """One measure of a row on its scale."""

    score: float | None
    low: float | None
    high: float | None
    high_is_good: bool


class SurveyImport:
    """One survey export, read row by row.

    Attributes:
        mapping: Our fields to the file's columns.
        left_out: Rows that are no answers, by the reason.
    """

    def __init__(self, table: Table, settings: SurveySettings | None, brand: Brand, key: bytes, now: datetime) -> None:
        self.table = table
        self.layout: Layout = find_layout(table)
        self.columns: SurveyColumns = find_columns(table, self.layout, settings, brand.language)
        self.mapping = self.columns.mapping
        self.left_out: Counter[str] = Counter()
        self._brand = brand
        self._key = key
        self._now = now
        self._day_zone = brand.time_zone
        self._zone = self.layout.zone or ("UTC" if "utc" in normalised(self.mapping.get("date", "")) else brand.zone)
        self._survey = survey_name(table, self.layout)
        self._segment_columns = self.columns.segments
        self._known_segments: dict[tuple[str, ...], dict[str, str]] = {}
        self._met: dict[str, tuple[int, int]] = {}
        self._equals: Counter[bytes] = Counter()
        self._counts: Counter[Measure] = Counter()

    @property
    def notes(self) -> list[str]:
        """What a person should know of how the file was read, a sentence each."""
        counted = ", ".join(f"{self._counts[measure]} {measure.value}" for measure in Measure if self._counts[measure])
        notes = [f"read as an export of {self.layout.tool}"] if self.layout.tool else []
        notes += self.columns.notes
        if not self.columns.column("id"):
            notes.append("there are no response ids: answers are told apart by their content")
        notes += [f"{count} row{'s' * (count != 1)} left out: {reason}" for reason, count in self.left_out.items()]
        return [*notes, f"answers: {counted}"] if counted else notes

    def items(self) -> Iterator[tuple[Row, tuple[SurveyAnswer, ...]] | Rejected]:
        """Yield the answers of every row, or why there are none.

        Raises:
            UnreadableFile: The file broke off in the middle.
        """
        labels = self.layout.label_rows
        for row in self.table.rows():
            if isinstance(row, BadRow):
                yield Rejected(row.number, row.reason, row.cells)
            elif labels:
                labels -= 1
            elif self.layout.is_test(row):
                self.left_out["previews and tests of the survey"] += 1
                yield row, ()
            else:
                yield self._read(row)

    def save(self, work: Work, brand_id: int, items: list[tuple[SurveyAnswer, ...]]) -> Imported:
        """Keep the answers of some rows."""
        return work.surveys.save(brand_id, [answer for answers in items for answer in answers])

    def _read(self, row: Row) -> tuple[Row, tuple[SurveyAnswer, ...]] | Rejected:
        try:
            return row, self._answers(row)
        except ValueError as problem:
            return Rejected(row.number, str(problem), tuple(row.cells.values()))

    def _answers(self, row: Row) -> tuple[SurveyAnswer, ...]:
        """Return the answers of one row; none where nobody answered. Raises ValueError, one sentence."""
        scores = self._scores(row)
        comment = self._comment(row)
        if not scores and not comment:
            self.left_out["neither a score nor a text in them"] += 1
            return ()
        answered_at = self._answered_at(row)
        response_id, is_repeat = self._identify(row, scores, comment)
        if is_repeat:
            self.left_out["repeats of an earlier row"] += 1
            return ()
        measures = scores or {Measure.COMMENT: _Scored(None, None, None, high_is_good=True)}
        for measure in measures:
            self._counts[measure] += 1
        language = language_code(self._cell(row, "language"))
        customer_id = customer_key(self._cell(row, "customer_id"), self._key)
        segments = self._segments(row)
        return tuple(
            SurveyAnswer(
                response_id=response_id,
                measure=measure,
                score=score,
                scale_low=low,
                scale_high=high,
                high_is_good=high_is_good,
                # The text goes with the first measure only: it is judged and quoted once.
                comment="" if place else comment,
                answered_at=answered_at,
                survey=self._survey,
                language=language,
                customer_id=customer_id,
                segments=segments,
            )
            for place, (measure, (score, low, high, high_is_good)) in enumerate(measures.items())
        )

    def _cell(self, row: Row, name: str) -> str:
        """Return the cell of one of our fields, "" where it is missing."""
        column = self.mapping.get(name)
        cell = self.layout.cell(row, column) if column else ""
        return "" if is_missing(cell) else cell.strip()

    def _comment(self, row: Row) -> str:
        return plain_text(self._cell(row, "comment")).text

    def _segments(self, row: Row) -> dict[str, str]:
        """Return what a row says of the columns by which answers can be split.

        Equal ones are one object, as far as they are few and short: storage writes it once.
        """
        told = tuple(row.cells.get(column, "") for column in self._segment_columns)
        if told in self._known_segments:
            return self._known_segments[told]
        named = zip(self._segment_columns, told, strict=True)
        segments = {column: cell.strip() for column, cell in named if not is_missing(cell)}
        if len(self._known_segments) < _MANY_SEGMENTS and sum(map(len, told)) <= _LONGEST_SEGMENTS:
            self._known_segments[told] = segments
        return segments

    def _scores(self, row: Row) -> dict[Measure, _Scored]:
        """Return every measure that the row answers, NPS first."""
        found: dict[Measure, _Scored] = {}
        for column in self.columns.scores:
            score = column.read(self.layout.cell(row, column.header))
            if score is None:
                continue
            measure = column.measure or self._told_measure(row)
            if measure not in column.scales:
                raise ValueError(f"there is no scale for {measure.value.upper()}: configure surveys.scale")
            low, high = column.scales[measure]
            _check(score, measure, low, high, column.header)
            found.setdefault(measure, _Scored(score.value, low, high, column.high_is_good))
        return {measure: found[measure] for measure in SCORED if measure in found}

    def _told_measure(self, row: Row) -> Measure:
        told = self._cell(row, "measure").lower()
        if told not in {measure.value for measure in SCORED}:
            raise ValueError(f"{told!r} is no measure that is known: nps, csat or ces is needed")
        return Measure(told)

    def _answered_at(self, row: Row) -> datetime | None:
        """Return when the answer was given; None where that is not told."""
        told = self._cell(row, "date")
        if not told or _NO_DATE.fullmatch(told):
            return None
        written = self.columns.dates.iso(told, self._brand.language)
        found = local_moment(written, self._zone, self._day_zone, self._now)
        if found is None:
            raise ValueError(f"{told!r} is no possible date of an answer")
        return found

    def _identify(self, row: Row, scores: dict[Measure, _Scored], comment: str) -> tuple[str, bool]:
        """Return the id of the response, and whether an earlier row told the same.

        Raises:
            ValueError: An earlier row has the same id and other answers.
        """
        told = self._cell(row, "id")
        if not told:
            content = _content(row)
            self._equals[content] += 1
            return f"c:{content.hex()}" + (f":{times}" if (times := self._equals[content]) > 1 else ""), False
        if len(told) > _LONGEST_ID:
            raise ValueError(
                f"the id {told[:40]!r}... is longer than {_LONGEST_ID} characters: is it the right column?"
            )
        answers = hash((tuple(scores.items()), comment))
        number, earlier = self._met.setdefault(told, (row.number, answers))
        if earlier != answers:
            raise ValueError(f"the id {told!r} stands in row {number} too, with other answers: which one counts?")
        return told, number != row.number


def survey_name(table: Table, layout: Layout) -> str:
    """Return what keeps the response ids of different surveys apart.

    Tools whose ids are unique everywhere need nothing but their name. Else it is the questions
    that tell a survey, not the file's name, which changes with every export.
    """
    if layout.ids_are_global:
        return layout.tool
    tool = layout.tool or table.format
    if table.format in ("json", "jsonl"):
        return tool
    headers = json.dumps(sorted(map(normalised, table.headers)), ensure_ascii=False)
    return f"{layout.tool or 'table'} {hashlib.sha256(headers.encode()).hexdigest()[:8]}"


def _check(score: Score, measure: Measure, low: float, high: float, header: str) -> None:
    """Raise ValueError where a score cannot be one on its scale."""
    if score.best is not None and score.best != high:
        raise ValueError(
            f"{header!r} is out of {score.best:g} here and out of {high:g} elsewhere: scales are not mixed"
        )
    if not low <= score.value <= high:
        raise ValueError(f"the score {score.value:g} in {header!r} is out of range: {low:g} to {high:g} is possible")
    if measure is Measure.NPS and not score.value.is_integer():
        raise ValueError(f"the score {score.value:g} in {header!r} is no answer to NPS: whole numbers are")


def _content(row: Row) -> bytes:
    """Return a hash of what the row says, without what names a person and without row numbers."""
    told = [
        (header, cell)
        for header, cell in row.cells.items()
        if cell and not _UNNAMED.fullmatch(header) and not is_personal(header)
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")).digest()[:16]
