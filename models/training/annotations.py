"""From what each labelled set says of aspects, and from words of urgency, to labels for the heads.

`aspects.yaml`, `urgency.yaml` and `seeds.yaml` beside this file are meant to be read and mended by people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from twelvefold.models.taxonomy import ASPECT_STATES, ASPECTS, URGENCIES

FOLDER = Path(__file__).parent
SIGNS = {"+": "positive", "0": "neutral", "-": "negative"}
CONFLICT = "conflict"


@dataclass(frozen=True)
class AspectLabels:
    """What is known of the aspects of one text.

    Attributes:
        states: One number into `ASPECT_STATES` an aspect, or None where nothing is known.
        mixed: Whether it praises and complains, or None where nothing is known.
    """

    states: tuple[int | None, ...]
    mixed: bool | None


NOTHING_KNOWN = AspectLabels((None,) * len(ASPECTS), None)


class AspectMap:
    """The mapping of `aspects.yaml`: from a set's record to our aspects."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        tables: dict[str, list[tuple[str, str | None]]] = {
            name: [(pattern.lower(), aspect) for pattern, aspect in table.items()]
            for name, table in rules["categories"].items()
        }
        self._common = tables.pop("common")
        self._tables = tables
        self._complete = frozenset(rules["complete"])
        self._reasons: Mapping[str, str] = rules["reasons"]
        self._whole: Mapping[str, str] = rules["whole"]
        self._terms: dict[str, str] = {
            term.lower(): aspect for aspect, terms in rules["terms"].items() for term in terms
        }

    def aspect_of(self, name: str, category: str | None, term: str | None) -> str | None:
        """Return our id for what set `name` calls `category`, or for a word of the text where it has no category."""
        if category:
            folded = category.lower()
            table = self._tables.get(name, []) + self._common
            return next((aspect for pattern, aspect in table if fnmatchcase(folded, pattern)), None)
        return self._terms.get(term.strip().lower()) if term else None

    def labels_of(self, name: str, record: Mapping[str, Any]) -> AspectLabels:
        """Return what a record of set `name` says of aspects.

        An aspect with two polarities is known to be there, but gives no label; the text is then mixed.
        """
        if name in self._whole and record.get("label") in ASPECT_STATES:
            return _labels([(self._whole[name], record["label"])], is_complete=False)
        extra = record.get("extra") or {}
        if reason := self._reasons.get(extra.get("negative_reason") or ""):
            return _labels([(reason, "negative")], is_complete=False)
        found: list[tuple[str, str]] = []
        for entry in record.get("aspects") or ():
            aspect = self.aspect_of(name, entry.get("category"), entry.get("aspect"))
            if aspect is not None:
                found.append((aspect, entry["polarity"]))
        has_categories = any(entry.get("category") for entry in record.get("aspects") or ())
        return _labels(found, is_complete=name in self._complete and has_categories)


def _labels(found: Sequence[tuple[str, str]], *, is_complete: bool) -> AspectLabels:
    if not found:
        return NOTHING_KNOWN
    heard: dict[str, set[str]] = {}
    for aspect, polarity in found:
        heard.setdefault(aspect, set()).add(polarity)
    states: list[int | None] = [0 if is_complete else None] * len(ASPECTS)
    for aspect, polarities in heard.items():
        plain = polarities - {"neutral"} or polarities
        only = next(iter(plain)) if len(plain) == 1 else CONFLICT
        states[ASPECTS.index(aspect)] = ASPECT_STATES.index(only) if only in ASPECT_STATES else None
    every = set().union(*heard.values())
    is_mixed = CONFLICT in every or {"positive", "negative"} <= every
    return AspectLabels(tuple(states), is_mixed if is_mixed or is_complete else None)


class UrgencyWords:
    """The words of `urgency.yaml`."""

    def __init__(self, rules: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._patterns = {
            kind: {language: re.compile("|".join(words), re.IGNORECASE) for language, words in tables.items()}
            for kind, tables in rules.items()
        }

    def labels_of(self, text: str, language: str, label: str | None, *, is_review: bool) -> tuple[bool, ...] | None:
        """Return one truth an urgency, or None where nothing is known.

        Praise is urgent in no language: "the refund came at once" is thanks. Elsewhere words count only
        in a complaint: a post that is no review may tell the news.
        """
        if label == "positive":
            return (False,) * len(URGENCIES)
        group = language.split("-")[0]
        if group not in self._patterns[URGENCIES[0]]:
            return None
        found = tuple(bool(self._patterns[kind][group].search(text)) for kind in URGENCIES)
        return found if not any(found) or (is_review and label == "negative") else None


@dataclass(frozen=True)
class Seed:
    """A sentence of our own with all its labels."""

    text: str
    language: str
    label: str
    aspects: AspectLabels
    urgency: tuple[bool, ...]


def seeds(path: Path = FOLDER / "seeds.yaml") -> list[Seed]:
    """Return the sentences of `seeds.yaml`; the class follows from the aspects, both signs make it neutral."""
    found = []
    for language, aspects, urgencies, text in yaml.safe_load(path.read_text("utf-8")):
        signed = [(part[:-1], SIGNS[part[-1]]) for part in aspects.split()]
        polarities = {polarity for _, polarity in signed} - {"neutral"}
        label = polarities.pop() if len(polarities) == 1 else "neutral"
        kinds = urgencies.split()
        found.append(
            Seed(text, language, label, _labels(signed, is_complete=True), tuple(kind in kinds for kind in URGENCIES))
        )
    return found


@lru_cache(maxsize=1)
def aspect_map() -> AspectMap:
    """Return the mapping that ships."""
    return AspectMap(yaml.safe_load((FOLDER / "aspects.yaml").read_text("utf-8")))


@lru_cache(maxsize=1)
def urgency_words() -> UrgencyWords:
    """Return the words that ship."""
    return UrgencyWords(yaml.safe_load((FOLDER / "urgency.yaml").read_text("utf-8")))
