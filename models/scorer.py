"""The public face of the judge: texts in, judgements out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from twelvefold.config import HubModel
from twelvefold.errors import ModelUnusable
from twelvefold.models.anchors import ANCHORS
from twelvefold.models.calibration import (
    NOTHING_TO_JUDGE,
    StarTable,
    Thresholds,
    Triple,
    probabilities,
    weigh_stars,
)
from twelvefold.models.cleaning import clean
from twelvefold.models.language import detect_language
from twelvefold.models.manifest import MANIFEST_FILE, read_manifest
from twelvefold.models.passages import Network
from twelvefold.models.reading import Reading, read
from twelvefold.models.verdicts import aspects_of, urgency_of
from twelvefold.models.weights_file import MEND
from twelvefold.records import Judgement, Sentiment

WEIGHTS = Path(__file__).with_name("weights")
LABELS = tuple(Sentiment)
RATING_MODEL = "rating"
DEFAULT_THRESHOLDS = Thresholds()


class Scorer:
    """Judges texts with one network; the same text gets the same answer in any company.

    Attributes:
        model: Name and revision, as judgements carry them.
        prior_ratios: By what probabilities are multiplied in a language to hold for the model's one prior; under ""
            for every other language. They are told as they are, as that is what they hold for in the language.
    """

    def __init__(
        self,
        network: Network,
        stars: StarTable,
        thresholds: Thresholds = DEFAULT_THRESHOLDS,
        prior_ratios: Mapping[str, Triple] | None = None,
    ) -> None:
        self.model = network.model
        self.prior_ratios = prior_ratios or {}
        self._network = network
        self._stars = stars
        self._thresholds = thresholds

    def score(
        self,
        texts: Sequence[str],
        stars: Sequence[float | None] | None = None,
        languages: Sequence[str | None] | None = None,
        content_hashes: Sequence[str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> list[Judgement]:
        """Return one judgement a text, in the order given.

        A text without anything to judge (empty, punctuation) is answered with low confidence, never refused.

        Args:
            texts: As written; web leftovers and broken characters are cleaned away here.
            stars: The ratings, 1 to 5, that go with the texts.
            languages: As the sources declare them; they help where the text alone leaves doubt.
            content_hashes: Keys of the judgements; without them a hash of the text.
            progress: Called with the number of texts that are done.

        Raises:
            ModelUnusable: Not even one passage fits in memory.
        """
        cleaned = [clean(text) for text in texts]
        declared = languages or [None] * len(texts)
        found = [detect_language(text, told) for text, told in zip(cleaned, declared, strict=True)]
        readings = read(self._network, cleaned, progress)
        judgements = []
        for number, (reading, language) in enumerate(zip(readings, found, strict=True)):
            rating = stars[number] if stars else None
            key = content_hashes[number] if content_hashes else _hash(texts[number])
            judgements.append(self._judge(reading, language, rating, key))
        return judgements

    def read(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Reading | None]:
        """Return what the network itself says of each text, uncalibrated; None where there is nothing to judge.

        Raises:
            ModelUnusable: Not even one passage fits in memory.
        """
        return read(self._network, [clean(text) for text in texts], progress)

    def _judge(self, reading: Reading | None, language: str, rating: float | None, key: str) -> Judgement:
        if reading is None:
            triple = NOTHING_TO_JUDGE if rating is None else self._stars.of_rating(rating)
            return _judgement(key, self.model, triple, None, language)
        triple, contradiction = probabilities(reading.logits, self._network.temperatures.of(language)), False
        if rating is not None:
            triple, contradiction = weigh_stars(triple, rating, self._stars)
        judgement = _judgement(key, self.model, triple, reading.stars, language, contradiction=contradiction)
        return replace(
            judgement,
            mixed=None if reading.mixed is None else reading.mixed >= self._thresholds.mixed,
            aspects=() if reading.sentences is None else aspects_of(reading.sentences, self._thresholds),
            urgency=None if reading.sentences is None else urgency_of(reading.sentences, self._thresholds),
        )


def load_scorer(model: str | HubModel, folder: Path) -> Scorer:
    """Return a scorer whose model has passed its self-test.

    Args:
        model: `default`, a folder (in our format or saved by transformers), or a hub model.
        folder: What a relative path is relative to: the folder of the configuration.

    Raises:
        ModelUnusable: The model cannot be had, is corrupt, or fails its self-test.
    """
    # OpenMP reads this when PyTorch is first imported. Threads that spin while they wait for each other
    # judge five times slower as soon as another process works on the same machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if isinstance(model, HubModel):
        return _load_classifier(model)
    place = _place(model, folder)
    if not (place / MANIFEST_FILE).exists() and (place / "config.json").exists():
        return _load_classifier(place)
    from twelvefold.models.packaged import PackagedNetwork

    network = PackagedNetwork(place)
    scorer = Scorer(network, network.manifest.stars, network.manifest.thresholds, network.manifest.prior_ratios)
    anchors = network.manifest.anchors
    answers = scorer.score([anchor.text for anchor, _ in anchors], languages=[a.language for a, _ in anchors])
    for (anchor, told), answer in zip(anchors, answers, strict=True):
        triple = (answer.negative, answer.neutral, answer.positive)
        gap = max(abs(one - other) for one, other in zip(triple, told, strict=True))
        if answer.label is not anchor.label or gap > network.manifest.anchor_tolerance:
            raise ModelUnusable(
                f"the model in {place} fails its self-test: {anchor.text!r} came out {answer.label.value} "
                f"({triple[LABELS.index(anchor.label)]:.2f} for {anchor.label.value}, "
                f"{told[LABELS.index(anchor.label)]:.2f} expected); {MEND}"
            )
    return scorer


def model_id(model: str | HubModel, folder: Path) -> str:
    """Return the name and revision that judgements of this model carry, without loading it.

    Raises:
        ModelUnusable: There is no such model.
    """
    if isinstance(model, HubModel):
        from twelvefold.models.classifier import hub_model_id

        return hub_model_id(model)
    place = _place(model, folder)
    if not (place / MANIFEST_FILE).exists() and (place / "config.json").exists():
        from twelvefold.models.classifier import folder_model_id

        return folder_model_id(place)
    return read_manifest(place).model


@dataclass(frozen=True)
class Calibration:
    """For which shares of (negative, neutral, positive) the probabilities hold that stand in judgements.

    Attributes:
        prior: Of reviews.
        rating_prior: Of ratings without text.
        validated: On how many texts of each class that was checked.
        spread: By how much the logarithm of the likelihood ratio of complaints errs from source to source, as a
            standard deviation.
        aspects: The same of what is said of an aspect, which no rating tells; None where that is not known.
    """

    prior: Triple
    rating_prior: Triple
    validated: tuple[int, int, int]
    spread: float = 0.0
    aspects: Calibration | None = None


def calibration_of(model: str | HubModel, folder: Path) -> Calibration | None:
    """Return what is known of a model's probabilities; None where it does not tell for which shares they hold.

    Raises:
        ModelUnusable: There is no such model.
    """
    if isinstance(model, HubModel) or not (_place(model, folder) / MANIFEST_FILE).exists():
        return None
    manifest = read_manifest(_place(model, folder))
    known = manifest.validation
    validated, of_aspects = (_validated(known.get(name, {})) for name in ("all", "aspect_polarity"))
    if min(*validated, *manifest.review_prior) <= 0:
        return None
    aspects, prior = None, manifest.aspect_prior
    if prior is not None and min(*of_aspects, *prior) > 0:
        aspects = Calibration(prior, prior, of_aspects, float(known.get("aspect_source_spread", 0)))
    spread = float(known.get("source_spread", 0))
    return Calibration(manifest.review_prior, _packaged_stars().prior, validated, spread, aspects)


def _validated(figures: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return how many texts of each class some figures rest on."""
    confusion = figures.get("confusion", {})
    negative, neutral, positive = (sum(confusion.get(label.value, {}).values()) for label in LABELS)
    return (negative, neutral, positive)


def rating_judgement(stars: float, content_hash: str) -> Judgement:
    """Return the judgement of a rating without text: prior x table; its `model` is "rating".

    Raises:
        ModelUnusable: The packaged `model.json`, which holds the table, cannot be read.
    """
    return _judgement(content_hash, RATING_MODEL, _packaged_stars().of_rating(stars), None, "und")


@lru_cache(maxsize=1)
def _packaged_stars() -> StarTable:
    return read_manifest(WEIGHTS).stars


def _load_classifier(model: HubModel | Path) -> Scorer:
    from twelvefold.models.classifier import ClassifierNetwork

    scorer = Scorer(ClassifierNetwork(model), _packaged_stars())
    answers = scorer.score([anchor.text for anchor in ANCHORS], languages=[anchor.language for anchor in ANCHORS])
    for anchor, answer in zip(ANCHORS, answers, strict=True):
        if answer.label is not anchor.label:
            raise ModelUnusable(
                f"model {scorer.model} fails the self-test: {anchor.text!r} came out {answer.label.value}, "
                f"not {anchor.label.value}; check model.labels, choose a model of three classes that knows "
                f"{anchor.language}, or set `model: default`"
            )
    return scorer


def _place(model: str, folder: Path) -> Path:
    if model == "default":
        return WEIGHTS
    place = folder / model
    if not place.is_dir():
        raise ModelUnusable(
            f"model folder {place} does not exist; set `model` to `default`, to a folder, or to {{hub: ...}}"
        )
    return place


def _judgement(
    key: str, model: str, triple: Triple, stars: float | None, language: str, *, contradiction: bool = False
) -> Judgement:
    top = triple.index(max(triple))
    return Judgement(
        content_hash=key,
        model=model,
        label=LABELS[top],
        negative=triple[0],
        neutral=triple[1],
        positive=triple[2],
        confidence=triple[top],
        stars=stars,
        language=language,
        contradiction=contradiction,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
