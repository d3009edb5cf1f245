"""The exports of survey tools: how each writes its header rows, ids, dates and test answers.

Seen or documented: Qualtrics (three header rows, two in old exports), SurveyMonkey (two),
Typeform, Delighted, LimeSurvey, Formbricks, Google Forms. What is not recognised is a plain table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from twelvefold.crawlers.tabular import Row, Table

_DIGIT = re.compile(r"\d")
_LEADING_NUMBER = re.compile(r"\s*(\d{1,2})\b")
_IMPORT_ID = re.compile(r'\{"ImportId":\s*"([^"]*)"')
_UNNAMED = re.compile(r"column \d+")
# Qualtrics' own codes for answers that no respondent gave: previews, tests and spam.
_QUALTRICS_TESTS = frozenset({"1", "2", "8", "9", "17", "survey preview", "survey test", "spam", "preview"})
_FORMS_FIRST = frozenset(
    {"timestamp", "horodateur", "時間戳記", "时间戳", "zeitstempel", "marca temporal", "tijdstempel"}
)


@dataclass(frozen=True)
class Layout:
    """What is known of a table because of the tool that wrote it.

    Attributes:
        tool: Its name, or "" for a plain table.
        label_rows: Rows below the header that are not answers.
        labels: Header to the question's text, where the two differ.
        questions: The columns that hold answers; None where that is not told.
        choices: First column of a question that has a column for each score, to (column, score) of all.
        zone: The zone of its dates where the tool fixes it.
        ids_are_global: Response ids are unique across surveys.
        status, finished: Columns that tell test answers and unfinished ones.
    """

    tool: str = ""
    label_rows: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[str, ...] | None = None
    choices: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    zone: str | None = None
    ids_are_global: bool = False
    status: str | None = None

    def is_test(self, row: Row) -> bool:
        """Return whether this answer was made by testing the survey."""
        return self.status is not None and row.cells.get(self.status, "").strip().lower() in _QUALTRICS_TESTS

    def cell(self, row: Row, column: str) -> str:
        """Return the answer to the question in `column`, be it spread over several columns."""
        own = row.cells.get(column, "")
        if column not in self.choices:
            return own
        for name, score in self.choices[column]:
            if row.cells.get(name):
                return score
        return own


def find_layout(table: Table) -> Layout:
    """Return which tool wrote a table, told by its headers and first rows."""
    names = {header.lower(): header for header in table.headers}
    if {"responseid", "startdate"} <= names.keys() or {"responseid", "recordeddate"} <= names.keys():
        return _qualtrics(table, names.get("recordeddate") or names["startdate"], names.get("status"))
    if {"v1", "v8", "v9"} <= names.keys():
        return _qualtrics(table, names["v9"], names.get("v7"))
    if {"respondent id", "collector id"} <= names.keys():
        return _survey_monkey(table, names["respondent id"])
    if "#" in names and any(name in names for name in ("submit date (utc)", "start date (utc)")):
        return _typeform(table)
    if {"survey_type", "score", "permalink"} <= names.keys():
        return Layout("delighted", zone="UTC", ids_are_global=True)
    if {"lastpage", "startlanguage"} <= names.keys() or {"last page", "start language"} <= names.keys():
        return Layout("limesurvey")
    if {"response id", "survey id", "no."} <= names.keys():
        return Layout("formbricks", zone="UTC", ids_are_global=True)
    if table.headers[0].lower() in _FORMS_FIRST and len(table.headers) > 1:
        return Layout("google_forms", questions=table.headers[1:])
    return Layout()


def _qualtrics(table: Table, date: str, status: str | None) -> Layout:
    """Return the layout of Qualtrics: question texts in the second row, JSON ids in the third."""
    above = []
    for row in table.sample[:2]:
        if _DIGIT.search(row.cells.get(date, "")) and not _IMPORT_ID.match(row.cells.get(date, "")):
            break
        above.append(row.cells)
    questions: tuple[str, ...] | None = None
    for cells in above:
        ids = {header: _IMPORT_ID.match(cell) for header, cell in cells.items()}
        if sum(map(bool, ids.values())) > 1:
            questions = tuple(header for header, found in ids.items() if found and found[1].startswith("QID"))
    if questions is None:
        questions = tuple(header for header in table.headers if re.match(r"Q\d|QID", header))
    labels = above[0] if above and not _IMPORT_ID.match(above[0].get(date, "")) else {}
    return Layout("qualtrics", len(above), labels=labels, questions=questions, ids_are_global=True, status=status)


def _survey_monkey(table: Table, respondent: str) -> Layout:
    """Return the layout of SurveyMonkey: below a question's text stand its options, a column each."""
    first = table.sample[0].cells if table.sample else {}
    if first.get(respondent, ""):
        return Layout("surveymonkey", ids_are_global=True)
    groups: dict[str, list[tuple[str, str]]] = {}
    question = ""
    for header in table.headers:
        option = first.get(header, "")
        if not _UNNAMED.fullmatch(header):
            question = header
        if option and question:
            groups.setdefault(question, []).append((header, option))
    choices = {}
    for question, columns in groups.items():
        scores = [(column, found[1]) for column, option in columns if (found := _LEADING_NUMBER.match(option))]
        if len(scores) > 2 and len(scores) == len(columns):
            choices[question] = tuple(scores)
    labels = {
        column: f"{question}: {option}"
        for question, columns in groups.items()
        for column, option in columns
        if column != question
    }
    questions = tuple(column for columns in groups.values() for column, _ in columns)
    return Layout("surveymonkey", 1, labels=labels, questions=questions, choices=choices, ids_are_global=True)


def _typeform(table: Table) -> Layout:
    """Return the layout of Typeform: questions between the id and the columns of its own."""
    own = {"response type", "start date (utc)", "stage date (utc)", "submit date (utc)", "network id", "tags", "ending"}
    questions = tuple(header for header in table.headers if header != "#" and header.lower() not in own)
    return Layout("typeform", questions=questions, zone="UTC", ids_are_global=True)
