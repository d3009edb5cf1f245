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
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from twelvefold.models.cleaning import clean
from twelvefold.models.training.annotations import NOTHING_KNOWN, Seed, aspect_map, seeds, urgency_words

LABELS = ("negative", "neutral", "positive")
VALIDATION_CAP = 1000
LICENCES = ("yes", "unstated", "no")
"""Whether a set may teach weights that are used in business, best first (see licences.yaml)."""

POSTS = frozenset({"semeval_twitter", "tweeteval_sentiment", "umsab", "smp2020_ewect", "tass2020", "afrisenti"})
"""Sets of posts about anything at all."""

SEED_SOURCE = "twelvefold_seeds"


@dataclass(frozen=True)
class Example:
    """One labelled text.

    Attributes:
        label: Index into `LABELS`, or None where only the stars are known.
        is_binary: The set knows no neutral class, so the neutral logit says nothing here.
        stars: 1 to 5, or None.
        states: One number into `ASPECT_STATES` an aspect, or None where nothing is known of it.
        mixed: Whether it praises and complains, or None.
        urgency: One truth an urgency, or None.
    """

    text: str
    label: int | None
    is_binary: bool
    stars: int | None
    language: str
    domain: str
    source: str
    states: tuple[int | None, ...] = NOTHING_KNOWN.states
    mixed: bool | None = None
    urgency: tuple[bool, ...] | None = None


def fingerprint(text: str) -> str:
    """Return a key that equal texts share whatever their case, spacing, handles and links."""
    folded = re.sub(r"https?://\S+|@\w+|http\b", "", text.lower())
    folded = re.sub(r"\W+", "", folded)
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:16]


def read_set(path: Path, *, is_binary: bool) -> Iterator[tuple[Example, str | None]]:
    """Yield the examples of one gzip'd set, each with its published split or None."""
    name = path.name.removesuffix(".jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            label = LABELS.index(record["label"]) if record.get("label") in LABELS else None
            stars = record.get("stars")
            aspects = aspect_map().labels_of(name, record)
            if label is None and stars is None and aspects is NOTHING_KNOWN:
                continue
            text = clean(record["text"])
            example = Example(
                text=text,
                label=label,
                is_binary=is_binary,
                stars=int(stars) if stars else None,
                language=record["lang"],
                domain=record.get("domain", "other"),
                source=record["source"],
                states=aspects.states,
                mixed=aspects.mixed,
                urgency=urgency_words().labels_of(
                    text, record["lang"], record.get("label"), is_review=name not in POSTS
                ),
            )
            if example.text:
                yield example, record.get("split")


def build_mixture(
    folder: Path, mix_file: Path, held_out: Path | None, *, seed: int = 12, worst_licence: str = "no"
) -> tuple[list[Example], list[Example]]:
    """Return (training, validation) examples as `mix_file` asks for, shuffled by `seed`.

    Texts of the public tests in `held_out` are dropped from both parts, and
    texts of the validation part from the training part. Sets whose licence is worse
    than `worst_licence` ("yes", "unstated" or "no") give nothing to train on, but the same texts to validate.
    """
    licences = licence_by_set()
    mix: dict[str, dict[str, Any]] = yaml.safe_load(mix_file.read_text("utf-8"))
    forbidden: set[str] = set()
    for path in sorted(held_out.glob("*.jsonl.gz")) if held_out else []:
        forbidden |= {fingerprint(example.text) for example, _ in read_set(path, is_binary=False)}
    by_set: dict[str, list[Example]] = {}
    validation: list[Example] = []
    for name, wish in sorted(mix.items()):
        if name == SEED_SOURCE:
            continue
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
        is_allowed = LICENCES.index(licences.get(name, "unstated")) <= LICENCES.index(worst_licence)
        taken = balanced_sample(fresh, int(mix[name]["take"]) if is_allowed else 0, chance)
        share = float(mix[name].get("hant", 0))
        taken = [to_traditional(e) if e.language == "zh-Hans" and chance.random() < share else e for e in taken]
        training += taken * int(mix[name].get("repeat", 1))
    own = mix.get(SEED_SOURCE, {"repeat": 0})
    training += [example for line in seeds() for example in _of_seed(line)] * int(own["repeat"])
    random.Random(seed).shuffle(training)
    return training, validation


def _of_seed(line: Seed) -> list[Example]:
    """Return a sentence of our own as examples, a Traditional Chinese one in both scripts."""
    traditional = Example(
        text=line.text,
        label=LABELS.index(line.label),
        is_binary=False,
        stars=None,
        language=line.language,
        domain="shop",
        source=SEED_SOURCE,
        states=line.aspects.states,
        mixed=line.aspects.mixed,
        urgency=line.urgency,
    )
    return [traditional, to_simplified(traditional)] if line.language == "zh-Hant" else [traditional]


def licence_by_set() -> dict[str, str]:
    """Return for each set one of `LICENCES`."""
    table = yaml.safe_load(Path(__file__).with_name("licences.yaml").read_text("utf-8"))
    return {name: verdict for verdict, sets in table.items() for name in sets}


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
    return replace(example, text=_converter("s2twp").convert(example.text), language="zh-Hant")


def to_simplified(example: Example) -> Example:
    """Return the Traditional Chinese example in Simplified characters."""
    return replace(example, text=_converter("tw2sp").convert(example.text), language="zh-Hans")


@cache
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)
