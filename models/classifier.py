"""Any sequence classifier of transformers, from a folder or a hub, behind our own label names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twelvefold.config import HubModel
from twelvefold.errors import ModelUnusable
from twelvefold.models.calibration import Temperatures
from twelvefold.models.manifest import Windows
from twelvefold.models.outputs import Outputs
from twelvefold.models.sentences import Span, Tokens
from twelvefold.records import Sentiment

WINDOWS = Windows(tokens=256, overlap=32, most=32, last_weight=1.5)
WEIGHT_FILES = ("*.safetensors", "pytorch_model*.bin")
KNOWN_LABELS = {
    "negative": Sentiment.NEGATIVE,
    "neg": Sentiment.NEGATIVE,
    "very negative": Sentiment.NEGATIVE,
    "1 star": Sentiment.NEGATIVE,
    "2 stars": Sentiment.NEGATIVE,
    "neutral": Sentiment.NEUTRAL,
    "neu": Sentiment.NEUTRAL,
    "mixed": Sentiment.NEUTRAL,
    "3 stars": Sentiment.NEUTRAL,
    "positive": Sentiment.POSITIVE,
    "pos": Sentiment.POSITIVE,
    "very positive": Sentiment.POSITIVE,
    "4 stars": Sentiment.POSITIVE,
    "5 stars": Sentiment.POSITIVE,
}


def hub_model_id(model: HubModel) -> str:
    """Return `NAME@REVISION`, and a hash of the label map where one is given, as it changes judgements."""
    if not model.labels:
        return f"{model.hub}@{model.revision}"
    labels = json.dumps(model.labels, sort_keys=True).encode("utf-8")
    return f"{model.hub}@{model.revision}+{hashlib.sha256(labels).hexdigest()[:8]}"


def folder_model_id(folder: Path) -> str:
    """Return the folder's name and a hash of its configuration, tokenizer and weights.

    Raises:
        ModelUnusable: The folder holds no weights.
    """
    weights = sorted({path for pattern in WEIGHT_FILES for path in folder.glob(pattern)})
    if not weights:
        raise ModelUnusable(f"model folder {folder} holds no weights; save the model there with save_pretrained")
    digest = hashlib.sha256()
    for path in [*sorted(folder.glob("*.json")), *weights]:
        facts = path.stat()
        digest.update(f"{path.name} {_sha256(path, facts.st_size, facts.st_mtime_ns)}\n".encode())
    return f"{folder.name}/{digest.hexdigest()[:12]}"


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed_ns: int) -> str:
    """Return a file's digest; size and time of change are there so that a changed file is read again."""
    del size, changed_ns
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class ClassifierNetwork:
    """A transformers sequence classifier; it has no stars head, and its probabilities are taken as they are."""

    def __init__(self, model: HubModel | Path) -> None:
        """Load the classifier: from a folder, or from the local hub cache, or from the hub.

        Raises:
            ModelUnusable: It cannot be had, or its labels cannot be told.
        """
        from twelvefold.models.devices import best_device

        self._device = best_device()
        self.token_budget = self._device.token_budget
        self.windows = WINDOWS
        self.temperatures = Temperatures(1.0, {})
        if isinstance(model, Path):
            self.model = folder_model_id(model)
            self._network, self._tokenizer = _load(str(model), None, local=True)
            given: Mapping[str, str] = {}
        else:
            self.model = hub_model_id(model)
            self._network, self._tokenizer = _fetch(model)
            given = model.labels
        self._network.to(self._device.name, self._device.precision).eval()
        self._columns = _columns(self._network.config.id2label, given, self.model)
        whole = self._tokenizer("a")["input_ids"]
        bare = self._tokenizer("a", add_special_tokens=False)["input_ids"]
        start = next((at for at in range(len(whole)) if whole[at : at + len(bare)] == bare), 0)
        self._before, self._after = whole[:start], whole[start + len(bare) :]

    def tokenise(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the token ids of each text without special tokens; its sentences are not told apart."""
        return [
            Tokens(list(ids))
            for ids in self._tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        ]

    def forward(self, bodies: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]]) -> Outputs:
        """Return the logarithms of the class probabilities, and nothing else."""
        import torch

        sequences = [[*self._before, *body, *self._after] for body in bodies]
        width = max(map(len, sequences))
        ids = torch.full((len(sequences), width), self._tokenizer.pad_token_id or 0)
        mask = torch.zeros_like(ids)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        with torch.inference_mode():
            place = self._device.name
            logits = self._network(input_ids=ids.to(place), attention_mask=mask.to(place)).logits
        shares = torch.softmax(logits.float(), dim=-1).numpy(force=True) @ self._columns
        return Outputs(np.log(np.maximum(shares, 1e-9)).astype(np.float32))


def _load(name: str, revision: str | None, *, local: bool) -> tuple[Any, Any]:
    """Return (network, tokenizer); code that a model brings along is never run."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    wish: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
    if revision is not None:
        wish["revision"] = revision
    try:
        network = AutoModelForSequenceClassification.from_pretrained(name, **wish)
        return network, AutoTokenizer.from_pretrained(name, **wish)
    except Exception as exc:
        raise ModelUnusable(f"model {name} cannot be loaded as a sequence classifier: {_first_line(exc)}") from exc


def _fetch(model: HubModel) -> tuple[Any, Any]:
    try:
        return _load(model.hub, model.revision, local=True)
    except ModelUnusable:
        pass
    try:
        return _load(model.hub, model.revision, local=False)
    except ModelUnusable as exc:
        raise ModelUnusable(
            f"model {model.hub} at revision {model.revision} is neither in the local cache nor can it be fetched; "
            f"run `hf download {model.hub} --revision {model.revision}` where the hub is reachable, "
            "or set `model: default`"
        ) from exc


def _columns(names: Mapping[int, str], given: Mapping[str, str], model: str) -> NDArray[np.float32]:
    """Return a matrix, shape (labels, 3), that sums the model's own labels into our classes."""
    order = list(Sentiment)
    matrix = np.zeros((len(names), 3), np.float32)
    for number, name in names.items():
        label = Sentiment(given[name]) if name in given else KNOWN_LABELS.get(name.lower())
        if label is None:
            raise ModelUnusable(
                f"model {model} has the label {name!r}, whose class is not known; "
                f"say it in the configuration: model.labels: {{{name}: negative}} (or neutral, or positive)"
            )
        matrix[int(number), order.index(label)] = 1
    return matrix


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
