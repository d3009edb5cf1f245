"""`model.json`: what travels with the weights, and the name that judgements carry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twelvefold.errors import ModelUnusable
from twelvefold.models.anchors import Anchor
from twelvefold.models.calibration import StarTable, Temperatures, Thresholds, Triple
from twelvefold.models.weights_file import MEND
from twelvefold.records import Sentiment

FORMAT = "twelvefold-weights/1"
MANIFEST_FILE = "model.json"
# What changes a judgement; figures and prose may change without making the cache stale.
JUDGING_KEYS = (
    "format",
    "name",
    "labels",
    "encoder",
    "windows",
    "temperature",
    "prior",
    "review_prior",
    "review_prior_by_language",
    "aspect_prior",
    "stars_given_class",
    "thresholds",
    "files",
)


@dataclass(frozen=True)
class Windows:
    """How long texts are read.

    Attributes:
        tokens: In one passage at most, the two special tokens included.
        overlap: Tokens that neighbouring windows share at least.
        most: Windows over one text.
        last_weight: What the last window weighs beside each other one.
    """

    tokens: int
    overlap: int
    most: int
    last_weight: float


@dataclass(frozen=True)
class Manifest:
    """What `model.json` says of a folder of weights.

    Attributes:
        revision: Hash of all that changes a judgement, 12 hex digits.
        review_prior: The shares of the classes for which the probabilities of reviews hold: those of reviews like
            the ones that the model was calibrated on. In posts about anything at all they are others.
        prior_by_language: The same of one language, "" of all that are not named, where they differ.
        aspect_prior: The same of what is said of aspects; None where the weights do not tell.
        encoder: The numbers of `encoder.EncoderShape`.
        anchors: Each with the probabilities that it had when the weights were made.
        anchor_tolerance: How far a probability may lie from that on another machine.
        files: SHA-256 by file name.
    """

    name: str
    revision: str
    languages: tuple[str, ...]
    encoder: Mapping[str, Any]
    windows: Windows
    temperatures: Temperatures
    stars: StarTable
    review_prior: Triple
    prior_by_language: Mapping[str, Triple]
    aspect_prior: Triple | None
    thresholds: Thresholds
    anchors: tuple[tuple[Anchor, Triple], ...]
    anchor_tolerance: float
    files: Mapping[str, str]
    validation: Mapping[str, Any]

    @property
    def model(self) -> str:
        """Return name and revision, as judgements carry them."""
        return f"{self.name}/{self.revision}"

    @property
    def prior_ratios(self) -> dict[str, Triple]:
        """Return by what the probabilities of a language are multiplied to hold for the prior of reviews."""
        negative, neutral, positive = self.review_prior
        return {
            language: (negative / own[0], neutral / own[1], positive / own[2])
            for language, own in self.prior_by_language.items()
        }


def revision_of(document: Mapping[str, Any]) -> str:
    """Return the hash of the keys of `model.json` that change a judgement."""
    judging = {key: document[key] for key in JUDGING_KEYS if key in document}
    canonical = json.dumps(judging, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:12]


def read_manifest(folder: Path) -> Manifest:
    """Return what the `model.json` in `folder` says.

    Raises:
        ModelUnusable: It is missing, of another format, incomplete, or was changed by hand.
    """
    path = folder / MANIFEST_FILE
    try:
        document = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise ModelUnusable(f"model file {path} is missing; {MEND}") from exc
    except (OSError, ValueError) as exc:
        raise ModelUnusable(f"model file {path} is not readable as JSON; {MEND}") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelUnusable(f"model file {path} is not of the format {FORMAT}; {MEND}")
    try:
        manifest = _parse(document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as exc:
        raise ModelUnusable(f"model file {path} lacks or garbles a key ({exc}); {MEND}") from exc
    if manifest.revision != revision_of(document):
        raise ModelUnusable(f"model file {path} does not match its own revision {manifest.revision}; {MEND}")
    return manifest


def _parse(document: dict[str, Any]) -> Manifest:
    if document["labels"] != [label.value for label in Sentiment]:
        raise ValueError(f"labels {document['labels']}")
    table = document["stars_given_class"]
    rows = tuple(tuple(float(share) for share in table[label.value]) for label in Sentiment)
    if {len(row) for row in rows} != {5}:
        raise ValueError("stars_given_class needs five shares a class")
    temperature = document["temperature"]
    return Manifest(
        name=str(document["name"]),
        revision=str(document["revision"]),
        languages=tuple(document["languages"]),
        encoder=dict(document["encoder"]),
        windows=Windows(**document["windows"]),
        temperatures=Temperatures(float(temperature["default"]), dict(temperature["by_language"])),
        stars=StarTable(_shares(document["prior"]), cast(Any, rows)),
        review_prior=_shares(document.get("review_prior", document["prior"])),
        prior_by_language={
            language: _shares(entry) for language, entry in document.get("review_prior_by_language", {}).items()
        },
        aspect_prior=_shares(document["aspect_prior"]) if "aspect_prior" in document else None,
        thresholds=Thresholds(**document.get("thresholds", {})),
        anchors=tuple(
            (Anchor(entry["text"], entry["language"], Sentiment(entry["label"])), _shares(entry))
            for entry in document["anchors"]
        ),
        anchor_tolerance=float(document["anchor_tolerance"]),
        files=dict(document["files"]),
        validation=dict(document.get("validation", {})),
    )


def _shares(entry: Mapping[str, Any]) -> Triple:
    return (float(entry["negative"]), float(entry["neutral"]), float(entry["positive"]))
