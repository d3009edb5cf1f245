"""Which columns of a survey export are which, on which scale they score, and what the user is told of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from twelvefold.config import SurveySettings
from twelvefold.crawlers.answer_words import labelled_ease, read_answer_word, word_scores
from twelvefold.crawlers.cells import Score, is_missing, read_score
from twelvefold.crawlers.columns import configured_columns, guess_columns, is_personal, normalised
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.layouts import Layout
from twelvefold.crawlers.tabular import BadRow, Table
from twelvefold.errors import ConfigError, UnreadableFile
from twelvefold.pipeline.mixed_scales import why_mixed
from twelvefold.records import Measure

SCORED = (Measure.NPS, Measure.CSAT, Measure.CES)
NPS_SCALE = (0.0, 10.0)
_SCALE_ENDS = (5.0, 7.0, 10.0)
_TYPING_ERRORS = 0.01  # the share of scores beyond a scale's end that does not make the scale longer
_ENOUGH = 100
_MOSTLY = 0.6
_MANY_TEXTS = 1_000  # different answers in one column: more are no labels of a scale
_SCORES = ("nps", "csat", "ces", "score")
_CLEARLY_A_SCORE = 10  # distinct rows from which an unnamed column of numbers may be taken for a score
_NO_SCORE = re.compile(r"group|categor|segment|\btype\b|topics?$")
_ASKS_HOW_HARD = re.compile(
    r"difficult|\bhard\b|complicat|complex|(much|amount|level|degree)( of)? effort"
    r"|difficil|compliqu|(quel|combien d|niveau d|degr[eé] d)\S* effort|efforts? .{0,40}(fourni|d[uû]\b)"
    r"|困難|困难|多難|多难|費力|费力|吃力|複雜|复杂|麻煩|麻烦|多少(力氣|力气|努力|心力|精力)|schwierig"
)
_ASKS_HOW_EASY = re.compile(r"\beas(y|e|ily)\b|facil|simpl|容易|輕鬆|轻松|簡單|简单|einfach|leicht")
_PRINTED_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}[/.年]\d{1,2}|\d{10,13}$|\d{1,2} \w+ \d{4}"
)


@dataclass(frozen=True)
class ScoreColumn:
    """One column of scores.

    Attributes:
        measure: None where another column tells it row by row.
        scales: For each measure its lowest and highest score.
        high_is_good: For effort: whether a high score means easy.
        words: Answers in words to the scores that they stand for.
    """

    header: str
    measure: Measure | None
    scales: Mapping[Measure, tuple[float, float]]
    high_is_good: bool = True
    words: Mapping[str, float] = field(default_factory=dict)

    def read(self, cell: str) -> Score | None:
        """Return the score in a cell, or None where there is none. Raises ValueError, one sentence."""
        known = self.words.get(cell.strip()) if self.words else None
        return read_score(cell) if known is None else Score(known)


@dataclass
class _Seen:
    """What the columns of scores hold.

    Attributes:
        scores: How often each score stands in a column, by what the measure column says.
        texts: How often each answer that is no bare number stands in a column.
    """

    scores: dict[tuple[str, str], Counter[float]] = field(default_factory=dict)
    texts: dict[str, Counter[str]] = field(default_factory=dict)


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
    told_ease = _told_ease(chosen)
    columns = SurveyColumns(_with_guesses(table, layout, chosen))
    seen = _look_at_all(table, layout, columns)
    _settle_scores(columns, seen, settings, table)
    for place, column in enumerate(columns.scores):
        if Measure.CES in column.scales and column.measure is Measure.CES:
            high_is_good = told_ease
            if high_is_good is None:
                question = f"{column.header} {layout.labels.get(column.header, '')}"
                high_is_good = is_high_easy(question, seen.texts.get(_field_of(columns, column.header), {}), column)
            if not high_is_good:
                columns.notes.append(f"{column.header!r} asks how hard it was: its scores are turned, so high = easy")
                columns.scores[place] = replace(column, high_is_good=False)
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
    if name in _SCORES:
        is_answer = _is_score if name == "nps" else _is_score_or_word
        return not _NO_SCORE.search(normalised(header)) and _share(values, is_answer) >= _MOSTLY
    if name == "comment":
        return not values or _share(values, lambda cell: not _is_score_or_word(cell)) > 0.5
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


def _is_score_or_word(cell: str) -> bool:
    return _is_score(cell) or read_answer_word(cell) is not None


def _longest_text(free: list[str], values: dict[str, list[str]]) -> dict[str, str]:
    """Return the column with the longest texts as the comment, if any reads like text."""
    lengths = {
        header: sum(map(len, cells)) / len(cells)
        for header in free
        if (cells := values[header])
        and not is_personal(header)
        and _share(cells, _is_score_or_word) < _MOSTLY
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


def _look_at_all(table: Table, layout: Layout, columns: SurveyColumns) -> _Seen:
    """Return what stands in the columns of scores; learn the dates."""
    date, told_by = columns.column("date"), columns.column("measure")
    names = [name for name in _SCORES if columns.column(name)]
    seen = _Seen()
    waiting = layout.label_rows
    for row in table.rows():
        if waiting or isinstance(row, BadRow):
            waiting = max(0, waiting - 1)
            continue
        if date:
            columns.dates.look(row.cells.get(date, ""))
        kind = row.cells.get(told_by, "").strip().lower() if told_by else ""
        for name in names:
            cell = layout.cell(row, columns.mapping[name])
            try:
                score = read_score(cell)
            except ValueError:
                pass
            else:
                if score is None:
                    continue
                seen.scores.setdefault((name, kind), Counter())[score.best or score.value] += 1
            if not cell.isdecimal():
                texts = seen.texts.setdefault(name, Counter())
                if len(texts) < _MANY_TEXTS or cell.strip() in texts:
                    texts[cell.strip()] += 1
    return seen


def _settle_scores(columns: SurveyColumns, all_seen: _Seen, settings: SurveySettings | None, table: Table) -> None:
    """Decide the measure and the scale of each column of scores."""
    told_by = columns.column("measure")
    counts = all_seen.scores
    for name in _SCORES:
        header = columns.column(name)
        if header is None:
            continue
        if name == "score" and told_by:
            scales = {}
            for measure in SCORED:
                its_own = counts.get((name, measure.value), Counter[float]())
                if scale := _scale(columns, measure, its_own, {}, settings, header):
                    scales[measure] = scale
            columns.scores.append(ScoreColumn(header, None, scales))
            continue
        seen = sum((count for (column, _), count in counts.items() if column == name), Counter[float]())
        texts = all_seen.texts.get(name, Counter())
        measure = Measure(name) if name != "score" else _measure(columns, seen, settings, header)
        if column := _worded(columns, measure, texts, seen.total(), settings, header):
            columns.scores.append(column)
        elif scale := _scale(columns, measure, seen, texts, settings, header):
            columns.scores.append(ScoreColumn(header, measure, {measure: scale}))
        elif texts and not seen:
            shown = ", ".join(map(repr, list(texts)[:5]))
            if not columns.column("comment"):
                raise UnreadableFile(f"{table.path}: the answers in {header!r} are no scores that are known: {shown}")
            columns.notes.append(f"{header!r} is left out: its answers are no scores that are known: {shown}")
        elif seen and len([one for one in _SCORES if columns.column(one)]) == 1:
            if why := _why_mixed(measure, seen, texts):
                raise UnreadableFile(f"{table.path}: {header!r} cannot be read: {why}")
            raise UnreadableFile(
                f"{table.path}: the scores in {header!r} go up to {max(seen):g}, which is no usual scale: "
                "write it in the configuration, as surveys: scale: [0, 100]"
            )


def _worded(
    columns: SurveyColumns,
    measure: Measure,
    texts: Counter[str],
    numbers: int,
    settings: SurveySettings | None,
    header: str,
) -> ScoreColumn | None:
    """Return the column where most of its answers are words that stand for scores, else None."""
    if measure is Measure.NPS or sum(count for text, count in texts.items() if read_answer_word(text)) <= numbers:
        return None
    if (found := word_scores(texts)) is None:
        return None
    points, words = found
    scale = (1.0, float(points))
    if settings and settings.scale and settings.scale != scale:
        return None
    shown = ", ".join(f"{word!r} = {score:g}" for word, score in sorted(words.items(), key=lambda one: -one[1])[:7])
    columns.notes.append(f"{header!r} is answered in words, read as {measure.value.upper()} of 1 to {points}: {shown}")
    return ScoreColumn(header, measure, {measure: scale}, words=words)


def is_high_easy(question: str, texts: Mapping[str, int], column: ScoreColumn) -> bool:
    """Return whether a high score of effort means easy, as it does in the 2.0 wording of CES.

    Labels beside the scores decide ("7 - Very difficult"), then those in the question, then what it asks for.
    """
    if column.words and not any(word.is_amount for text in column.words if (word := read_answer_word(text))):
        return True
    low, high = column.scales[Measure.CES]
    for told in ([label for text in texts for label in labelled_ease(text)], labelled_ease(question)):
        if leaning := sum((score - (low + high) / 2) * sign for score, sign in told):
            return leaning > 0
    asked = normalised(question)
    return not _ASKS_HOW_HARD.search(asked) or bool(_ASKS_HOW_EASY.search(asked))


def _told_ease(chosen: dict[str, str]) -> bool | None:
    """Return whether the mapping says that a high score means easy; "ease" and "difficulty" become "ces" in it."""
    told = [name for name in ("ces", "ease", "difficulty") if chosen.get(name)]
    if len(told) > 1:
        raise ConfigError(f"mapping: {' and '.join(told)} are one measure: name only one of them")
    if told in ([], ["ces"]):
        return None
    chosen["ces"] = chosen.pop(told[0])
    return told == ["ease"]


def _field_of(columns: SurveyColumns, header: str) -> str:
    """Return which of our fields a column of scores is."""
    return next(name for name in _SCORES if columns.column(name) == header)


def _measure(columns: SurveyColumns, seen: Counter[float], settings: SurveySettings | None, header: str) -> Measure:
    """Return what a column that is only called "score" measures: as configured, else by its highest score."""
    if settings and settings.measure:
        return Measure(settings.measure)
    measure = Measure.NPS if seen and _end(seen) == 10 else Measure.CSAT
    columns.notes.append(
        f"{header!r} is taken for {measure.value.upper()} by its highest score; surveys.measure says otherwise"
        if seen
        else f"{header!r} is taken for {measure.value.upper()}; surveys.measure says otherwise"
    )
    return measure


def _scale(
    columns: SurveyColumns,
    measure: Measure,
    seen: Counter[float],
    texts: Mapping[str, int],
    settings: SurveySettings | None,
    header: str,
) -> tuple[float, float] | None:
    """Return the ends of a scale: fixed for NPS, else configured, else the shortest usual one that holds the scores."""
    if settings and settings.scale and measure is not Measure.NPS:
        return settings.scale
    if not (settings and settings.scale) and (why := _why_mixed(measure, seen, texts)):
        columns.notes.append(f"{header!r} is left out: {why}")
        return None
    if measure is Measure.NPS:
        return NPS_SCALE
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


def _why_mixed(measure: Measure, seen: Counter[float], texts: Mapping[str, int]) -> str | None:
    """Return why the scores seem to be of two scales; groups of NPS have a label each that many scores share."""
    if measure is Measure.NPS:
        return why_mixed(seen, 10.0, {})
    end = _end(seen)
    return why_mixed(seen, end, texts) if end else None


def _end(seen: Counter[float]) -> float | None:
    """Return the end of the shortest usual scale that holds the scores; of many, a few typing errors aside."""
    total = seen.total()
    for end in _SCALE_ENDS:
        beyond = sum(count for score, count in seen.items() if score > end)
        if beyond == 0 or (total >= _ENOUGH and beyond <= total * _TYPING_ERRORS):
            return end
    return None
