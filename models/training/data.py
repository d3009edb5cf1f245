"""Labelled sets into one shuffled mixture, with a validation part that is never trained on.

A set is a gzip'd file of JSON lines (`text`, `label`, `lang`, `source`, optional `stars` and `split`).
`mix.yaml` says how many texts each set gives.
"""

# ruff: noqa: S311 - chance shuffles and samples here, it keeps no secrets

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

LABELS = ("negative", "neutral", "positive")
VALIDATION_CAP = 1000


@dataclass(frozen=True)
class Example:
    """One labelled text.

    Attributes:
        label: Index into `LABELS`, or None where only the stars are known.
        is_binary: The set knows no neutral class, so the neutral logit says nothing here.
        stars: 1 to 5, or None.
    """

    text: str
    label: int | None
    is_binary: bool
    stars: int | None
    language: str
    domain: str
    source: str


def fingerprint(text: str) -> str:
    """Return a key that equal texts share whatever their case, spacing, handles and links."""
    folded = re.sub(r"https?://\S+|@\w+|http\b", "", text.lower())
    folded = re.sub(r"\W+", "", folded)
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:16]


def read_set(path: Path, *, is_binary: bool) -> Iterator[tuple[Example, str | None]]:
    """Yield the examples of one gzip'd set, each with its published split or None."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            label = LABELS.index(record["label"]) if record.get("label") in LABELS else None
            stars = record.get("stars")
            if label is None and stars is None:
                continue
            example = Example(
                text=record["text"].lstrip("\ufeff").strip(),
                label=label,
                is_binary=is_binary,
                stars=int(stars) if stars else None,
                language=record["lang"],
                domain=record.get("domain", "other"),
                source=record["source"],
            )
            if example.text:
                yield example, record.get("split")


def build_mixture(
    folder: Path, mix_file: Path, held_out: Path | None, *, seed: int = 12
) -> tuple[list[Example], list[Example]]:
    """Return (training, validation) examples as `mix_file` asks for, shuffled by `seed`.

    Texts of the public tests in `held_out` are dropped from both parts, and
    texts of the validation part from the training part.
    """
    mix: dict[str, dict[str, Any]] = yaml.safe_load(mix_file.read_text("utf-8"))
    forbidden: set[str] = set()
    for path in sorted(held_out.glob("*.jsonl.gz")) if held_out else []:
        forbidden |= {fingerprint(example.text) for example, _ in read_set(path, is_binary=False)}
    by_set: dict[str, list[Example]] = {}
    validation: list[Example] = []
    for name, wish in sorted(mix.items()):
        rows = [
            row
            for row in read_set(folder / f"{name}.jsonl.gz", is_binary=bool(wish.get("binary")))
            if fingerprint(row[0].text) not in forbidden
        ]
        has_valid = any(split == "valid" for _, split in rows)
        has_train = any(split != "valid" for _, split in rows)
        held: list[Example] = []
        kept: list[Example] = []
        for example, split in rows:
            if has_valid and has_train:
                is_held = split == "valid"
            elif wish["take"] == 0:
                is_held = True
            else:
                is_held = int(fingerprint(example.text), 16) % 10 == 0
            (held if is_held else kept).append(example)
        random.Random(f"{seed}/{name}/valid").shuffle(held)
        validation += held[:VALIDATION_CAP]
        by_set[name] = kept
    unseen = forbidden | {fingerprint(example.text) for example in validation}
    training: list[Example] = []
    for name, kept in by_set.items():
        chance = random.Random(f"{seed}/{name}")
        fresh, seen = [], set(unseen)
        for example in kept:
            key = fingerprint(example.text)
            if key not in seen:
                seen.add(key)
                fresh.append(example)
        taken = balanced_sample(fresh, int(mix[name]["take"]), chance)
        share = float(mix[name].get("hant", 0))
        taken = [to_traditional(e) if e.language == "zh-Hans" and chance.random() < share else e for e in taken]
        training += taken * int(mix[name].get("repeat", 1))
    random.Random(seed).shuffle(training)
    return training, validation


def balanced_sample(examples: list[Example], size: int, chance: random.Random) -> list[Example]:
    """Return at most `size` examples, drawn so that the classes come as even as the set allows."""
    by_class: dict[int | None, list[Example]] = {}
    for example in examples:
        by_class.setdefault(example.label, []).append(example)
    for group in by_class.values():
        chance.shuffle(group)
    chosen: list[Example] = []
    groups = sorted(by_class.values(), key=len)
    for rank, group in enumerate(groups):
        chosen += group[: (size - len(chosen)) // (len(groups) - rank)]
    return chosen


def to_traditional(example: Example) -> Example:
    """Return the Simplified Chinese example in Traditional characters (Taiwan forms)."""
    from opencc import OpenCC

    if not hasattr(to_traditional, "converter"):
        to_traditional.converter = OpenCC("s2twp")  # type: ignore[attr-defined]
    text: str = to_traditional.converter.convert(example.text)  # type: ignore[attr-defined]
    return replace(example, text=text, language="zh-Hant")
