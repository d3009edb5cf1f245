"""Which columns of a survey export are which, on which scale they score, and what the user is told of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from twelvefold.config import SurveySettings
from twelvefold.crawlers.cells import is_missing, read_score
from twelvefold.crawlers.columns import configured_columns, guess_columns, is_personal, normalised
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.layouts import Layout
from twelvefold.crawlers.tabular import BadRow, Table
from twelvefold.errors import UnreadableFile
from twelvefold.records import Measure

SCORED = (Measure.NPS, Measure.CSAT, Measure.CES)
NPS_SCALE = (0.0, 10.0)
_SCALE_ENDS = (5.0, 7.0, 10.0)
_TYPING_ERRORS = 0.01  # the share of scores beyond a scale's end that does not make the scale longer
_ENOUGH = 100
_MOSTLY = 0.6
_CLEARLY_A_SCORE = 10  # distinct rows from which an unnamed column of numbers may be taken for a score
_NO_SCORE = re.compile(r"group|categor|segment|\btype\b|topics?$")
_PRINTED_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}[/.年]\d{1,2}|\d{10,13}$|\d{1,2} \w+ \d{4}"
)


@dataclass(frozen=True)
class ScoreColumn:
    """One column of scores.

    Attributes:
        measure: None where another column tells it row by row.
        scales: For each measure its lowest and highest score.
    """

    header: str
    measure: Measure | None
    scales: Mapping[Measure, tuple[float, float]]


@dataclass
class SurveyColumns:
    """What every column of one export means.

    Attributes:
        mapping: Our fields to columns, as a person is shown them.
        dates: What the whole date column showed of the order of days and months.
        notes: What was guessed or inferred, a sentence each.
    """

    mapping: dict[str, str]
    scores: list[ScoreColumn] = field(default_factory=list)
    dates: DateColumn = field(default_factory=DateColumn)
    notes: list[str] = field(default_factory=list)

    def column(self, name: str) -> str | None:
        """Return the column of a field, if there is one."""
        return self.mapping.get(name) or None

    @property
    def segments(self) -> tuple[str, ...]:
        """The columns by which answers can be split."""
        return tuple(part for part in self.mapping.get("segments", "").split(", ") if part)


def find_columns(table: Table, layout: Layout, settings: SurveySettings | None, language: str | None) -> SurveyColumns:
    """Return the columns of a survey export: those configured, the rest guessed; reads the file once.

    Raises:
        ConfigError: The mapping names a field that does not exist.
        UnreadableFile: A configured column is missing, or nothing looks like a score or a text.
    """
    configured = dict(settings.mapping) if settings else {}
    chosen = configured_columns("surveys", configured, table.headers, layout.labels, str(table.path))
    columns = SurveyColumns(_with_guesses(table, layout, chosen))
    counts = _look_at_all(table, layout, columns)
    _settle_scores(columns, counts, settings, table)
    if not columns.scores and not columns.column("comment"):
        shown = ", ".join(repr(header) for header in table.headers[:20])
        raise UnreadableFile(
            f"{table.path} has no column that looks like a score or a comment; "
            f"name one under surveys.mapping. It has: {shown}"
        )
    if (date := columns.column("date")) and (note := columns.dates.note(date, language)):
        columns.notes.append(note)
    return columns


def _with_guesses(table: Table, layout: Layout, chosen: dict[str, str]) -> dict[str, str]:
    """Return the chosen columns and, for fields that were not chosen, guessed ones."""
    values = _sample_values(table, layout)
    guessed = guess_columns(
        "surveys",
        table.headers,
        layout.labels,
        lambda name, header: _suits(name, header, values[header]),
        tuple(chosen.values()),
    )
    names = {measure.value for measure in SCORED} | {"score"}
    if names & chosen.keys() or (
        "score" in guessed and "measure" not in guessed and names & guessed.keys() - {"score"}
    ):
        drop = names if names & chosen.keys() else {"score"}
        guessed = {name: column for name, column in guessed.items() if name not in drop}
    mapping = {name: column for name, column in {**guessed, **chosen}.items() if column}
    switched_off = {name for name, column in chosen.items() if not column}
    free = [header for header in layout.questions or table.headers if header not in mapping.values()]
    if "comment" not in mapping.keys() | switched_off:
        mapping |= _longest_text(free, values)
    if not names & (mapping.keys() | switched_off):
        mapping |= _only_score(free, values)
    return mapping


def _sample_values(table: Table, layout: Layout) -> dict[str, list[str]]:
    """Return the first values of each column, missing ones left out."""
    rows = table.sample[layout.label_rows :]
    return {
        header: [cell for row in rows if not is_missing(cell := layout.cell(row, header))] for header in table.headers
    }


def _suits(name: str, header: str, values: list[str]) -> bool:
    """Return whether what stands in a column can be that field."""
    if name in ("nps", "csat", "ces", "score"):
        return not _NO_SCORE.search(normalised(header)) and _share(values, _is_score) >= _MOSTLY
    if name == "comment":
        return not values or _share(values, lambda cell: not _is_score(cell)) > 0.5
    if name == "date":
        return _share(values, lambda cell: bool(_PRINTED_DATE.match(cell.strip()))) >= _MOSTLY
    if name == "measure":
        return bool(values) and all(cell.strip().lower() in {measure.value for measure in SCORED} for cell in values)
    return True


def _share(values: list[str], holds: Callable[[str], bool]) -> float:
    """Return for which share of the values something holds; of none, for all."""
    return sum(map(holds, values)) / len(values) if values else 1.0


def _is_score(cell: str) -> bool:
    try:
        score = read_score(cell)
    except ValueError:
        return False
    return score is not None and score.value <= 100


def _longest_text(free: list[str], values: dict[str, list[str]]) -> dict[str, str]:
    """Return the column with the longest texts as the comment, if any reads like text."""
    lengths = {
        header: sum(map(len, cells)) / len(cells)
        for header in free
        if (cells := values[header])
        and not is_personal(header)
        and _share(cells, lambda cell: bool(re.search(r"[^\W\d_]{2}|[\u3400-\u9fff]", cell))) > _MOSTLY
        and _share(
            cells, lambda cell: " " in cell.strip() or len(cell) > 40 or bool(re.search(r"[\u3400-\u9fff]{3}", cell))
        )
        > 0.3
    }
    return {"comment": max(lengths, key=lambda header: lengths[header])} if lengths else {}


def _only_score(free: list[str], values: dict[str, list[str]]) -> dict[str, str]:
    """Return the one column of small whole numbers as the score, if it is the only one and has values enough."""
    found = []
    for header in free:
        cells = values[header]
        if len(cells) >= _CLEARLY_A_SCORE and not is_personal(header) and _share(cells, _is_score) == 1:
            numbers = {read.value for cell in cells if (read := read_score(cell))}
            if max(numbers) in (5, 7, 10) and len(numbers) >= 3:
                found.append(header)
    return {"score": found[0]} if len(found) == 1 else {}


def _look_at_all(table: Table, layout: Layout, columns: SurveyColumns) -> dict[tuple[str, str], Counter[float]]:
    """Return how often each score stands in each column, by what the measure column says; learn the dates."""
    date, told_by = columns.column("date"), columns.column("measure")
    names = [name for name in ("nps", "csat", "ces", "score") if columns.column(name)]
    counts: dict[tuple[str, str], Counter[float]] = {}
    waiting = layout.label_rows
    for row in table.rows():
        if waiting or isinstance(row, BadRow):
            waiting = max(0, waiting - 1)
            continue
        if date:
            columns.dates.look(row.cells.get(date, ""))
        kind = row.cells.get(told_by, "").strip().lower() if told_by else ""
        for name in names:
            try:
                score = read_score(layout.cell(row, columns.mapping[name]))
            except ValueError:
                continue
            if score is not None:
                counts.setdefault((name, kind), Counter())[score.best or score.value] += 1
    return counts


def _settle_scores(
    columns: SurveyColumns,
    counts: dict[tuple[str, str], Counter[float]],
    settings: SurveySettings | None,
    table: Table,
) -> None:
    """Decide the measure and the scale of each column of scores."""
    told_by = columns.column("measure")
    for name in ("nps", "csat", "ces", "score"):
        header = columns.column(name)
        if header is None:
            continue
        if name == "score" and told_by:
            scales = {}
            for measure in SCORED:
                if scale := _scale(columns, measure, counts.get((name, measure.value), Counter()), settings, header):
                    scales[measure] = scale
            columns.scores.append(ScoreColumn(header, None, scales))
            continue
        seen = sum((count for (column, _), count in counts.items() if column == name), Counter[float]())
        measure = Measure(name) if name != "score" else _measure(columns, seen, settings, header)
        if scale := _scale(columns, measure, seen, settings, header):
            columns.scores.append(ScoreColumn(header, measure, {measure: scale}))
        elif len([one for one in ("nps", "csat", "ces", "score") if columns.column(one)]) == 1:
            raise UnreadableFile(
                f"{table.path}: the scores in {header!r} go up to {max(seen):g}, which is no usual scale: "
                "write it in the configuration, as surveys: scale: [0, 100]"
            )


def _measure(columns: SurveyColumns, seen: Counter[float], settings: SurveySettings | None, header: str) -> Measure:
    """Return what a column that is only called "score" measures: as configured, else by its highest score."""
    if settings and settings.measure:
        return Measure(settings.measure)
    measure = Measure.NPS if seen and _end(seen) == 10 else Measure.CSAT
    columns.notes.append(
        f"{header!r} is taken for {measure.value.upper()} by its highest score; surveys.measure says otherwise"
    )
    return measure


def _scale(
    columns: SurveyColumns, measure: Measure, seen: Counter[float], settings: SurveySettings | None, header: str
) -> tuple[float, float] | None:
    """Return the ends of a scale: fixed for NPS, else configured, else the shortest usual one that holds the scores."""
    if measure is Measure.NPS:
        return NPS_SCALE
    if settings and settings.scale:
        return settings.scale
    if not seen:
        return None
    end = _end(seen)
    if end is None:
        columns.notes.append(
            f"{header!r} is left out: its scores go up to {max(seen):g}, no usual scale; configure surveys.scale"
        )
        return None
    low = 0.0 if seen[0.0] else 1.0
    columns.notes.append(
        f"{header!r} is read as {measure.value.upper()} on a scale of {low:g} to {end:g}, "
        f"by its highest score ({max(seen):g})"
    )
    return low, end


def _end(seen: Counter[float]) -> float | None:
    """Return the end of the shortest usual scale that holds the scores; of many, a few typing errors aside."""
    total = seen.total()
    for end in _SCALE_ENDS:
        beyond = sum(count for score, count in seen.items() if score > end)
        if beyond == 0 or (total >= _ENOUGH and beyond <= total * _TYPING_ERRORS):
            return end
    return None
