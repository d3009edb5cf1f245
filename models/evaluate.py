"""Labelled lines in, figures of trust out: how right the judge is, by language and by source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twelvefold.models.calibration import calibration_error
from twelvefold.models.language import UNKNOWN, declared_language
from twelvefold.records import Judgement, Sentiment

if TYPE_CHECKING:
    from twelvefold.models.scorer import Scorer

SCHEMA = "twelvefold/evaluate/1"


@dataclass(frozen=True)
class Verdict:
    """One labelled text and what the judge made of it."""

    truth: Sentiment | None
    stars: float | None
    language: str
    source: str
    judgement: Judgement


def evaluate(
    rows: Iterable[Mapping[str, Any]], scorer: Scorer, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Return accuracy, macro-F1, macro-recall, calibration error and mean error of stars, over all and by group.

    The judge sees the text alone, never the stars. A row without text, or with neither a known
    label nor stars, is counted in `skipped` and named in `rejected`.

    Args:
        rows: Mappings with `text`, and `label` (negative, neutral, positive) or `stars` (1 to 5) or both;
            `language` or `lang`, and `source`, where known.
    """
    verdicts, rejected = judge(rows, scorer, progress)
    return {
        "schema": SCHEMA,
        "model": scorer.model,
        "all": figures(verdicts),
        "by_language": by_group(verdicts, lambda verdict: verdict.language),
        "by_source": by_group(verdicts, lambda verdict: verdict.source),
        "skipped": len(rejected),
        "rejected": rejected[:100],
    }


def judge(
    rows: Iterable[Mapping[str, Any]], scorer: Scorer, progress: Callable[[int], None] | None = None
) -> tuple[list[Verdict], list[str]]:
    """Return a verdict for each usable row, and one sentence for each other."""
    labelled, rejected = [], []
    for number, row in enumerate(rows, 1):
        problem = _problem(row)
        if problem:
            rejected.append(f"row {number}: {problem}")
        else:
            labelled.append(row)
    told = [row.get("language") or row.get("lang") for row in labelled]
    judgements = scorer.score([row["text"] for row in labelled], languages=told, progress=progress)
    verdicts = [
        Verdict(
            truth=Sentiment(row["label"]) if row.get("label") else None,
            stars=float(row["stars"]) if row.get("stars") is not None else None,
            language=_language(declared, judgement),
            source=str(row.get("source") or "unknown"),
            judgement=judgement,
        )
        for row, declared, judgement in zip(labelled, told, judgements, strict=True)
    ]
    return verdicts, rejected


def figures(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the figures of one group; a figure that its rows cannot carry is None.

    `macro_f1` and `macro_recall` are means over the classes that occur among the labels. `polar_accuracy` is the
    share of negative and positive texts that lie on their side of the two, neutral left aside: what sets of
    two classes report. `ece` is over 15 bins; `ece_by_chance` is what perfect calibration would show.
    """
    known = [(verdict.truth, verdict.judgement) for verdict in verdicts if verdict.truth is not None]
    pairs = [(truth, judgement.label) for truth, judgement in known]
    right = [truth is label for truth, label in pairs]
    ece, by_chance = calibration_error([judgement.confidence for _, judgement in known], right)
    sides = [
        (judgement.positive > judgement.negative) is (truth is Sentiment.POSITIVE)
        for truth, judgement in known
        if truth is not Sentiment.NEUTRAL
    ]
    errors = [
        abs(verdict.judgement.stars - verdict.stars)
        for verdict in verdicts
        if verdict.stars is not None and verdict.judgement.stars is not None
    ]
    f1, recall = macro_scores(pairs)
    return {
        "n": len(verdicts),
        "accuracy": _mean(right),
        "macro_f1": f1,
        "macro_recall": recall,
        "polar_accuracy": _mean(sides),
        "ece": _rounded(ece) if known else None,
        "ece_by_chance": _rounded(by_chance) if known else None,
        "stars_n": len(errors),
        "mae_stars": _mean(errors),
        "confusion": confusion(pairs),
    }


def macro_scores(pairs: Sequence[tuple[Sentiment, Sentiment]]) -> tuple[float | None, float | None]:
    """Return macro-F1 and macro-recall of (truth, answer) pairs over the classes that occur among the truths."""
    f1s, recalls = [], []
    for label in Sentiment:
        truths = sum(truth is label for truth, _ in pairs)
        answers = sum(answer is label for _, answer in pairs)
        hits = sum(truth is label and answer is label for truth, answer in pairs)
        if truths:
            recalls.append(hits / truths)
            f1s.append(2 * hits / (truths + answers))
    return _mean(f1s), _mean(recalls)


def confusion(pairs: Sequence[tuple[Sentiment, Sentiment]]) -> dict[str, dict[str, int]]:
    """Return counts as {truth: {answer: n}}."""
    table = {truth.value: {answer.value: 0 for answer in Sentiment} for truth in Sentiment}
    for truth, answer in pairs:
        table[truth.value][answer.value] += 1
    return table


def by_group(verdicts: Sequence[Verdict], key: Callable[[Verdict], str]) -> dict[str, dict[str, Any]]:
    """Return the figures of each group of verdicts that share a key."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(key(verdict), []).append(verdict)
    return {name: figures(group) for name, group in sorted(groups.items())}


def _problem(row: Mapping[str, Any]) -> str:
    """Return why a row cannot be used, or nothing."""
    if not isinstance(row.get("text"), str):
        return "no text; give each line a key 'text'"
    label, stars = row.get("label"), row.get("stars")
    if label is not None and label not in {sentiment.value for sentiment in Sentiment}:
        return f"label {label!r} is not negative, neutral or positive"
    if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int | float) or not 1 <= stars <= 5):
        return f"stars {stars!r} are not a number from 1 to 5"
    if label is None and stars is None:
        return "neither label nor stars; give each line one of the two"
    return ""


def _language(declared: str | None, judgement: Judgement) -> str:
    """Return the declared language, for a label of the set counts more than a guess; else the one that was found."""
    told = declared_language(declared)
    return judgement.language if told in (UNKNOWN, "zh") else told


def _mean(values: Sequence[float]) -> float | None:
    return _rounded(sum(values) / len(values)) if values else None


def _rounded(value: float) -> float:
    return round(value, 5)
