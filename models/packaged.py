"""The model of a folder in our own format: checked files, a tokenizer and a packed encoder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from twelvefold.errors import ModelUnusable
from twelvefold.models.encoder import EncoderShape, PackedEncoder
from twelvefold.models.manifest import Manifest, read_manifest
from twelvefold.models.weights_file import (
    EMBEDDINGS_FILE,
    MEND,
    NETWORK_FILE,
    read_embeddings,
    read_network,
    sha256_of,
)

SPECIAL_TOKENS = ("<s>", "</s>", "<unk>", "▁")


class PackagedNetwork:
    """Weights in our own format, ready to judge.

    Attributes:
        model: Name and revision.
        windows: How long texts are cut; `tokens` counts the two special tokens in.
    """

    def __init__(self, folder: Path) -> None:
        """Read and check the files in `folder`, and give PyTorch as many threads as there are processors.

        Raises:
            ModelUnusable: A file is missing, corrupt, or not the one that `model.json` names.
        """
        self.manifest: Manifest = read_manifest(folder)
        for name in (EMBEDDINGS_FILE, NETWORK_FILE):
            if sha256_of(folder / name) != self.manifest.files.get(name):
                raise ModelUnusable(f"model file {folder / name} is not the one that model.json names; {MEND}")
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        embeddings = read_embeddings(folder / EMBEDDINGS_FILE)
        try:
            shape = EncoderShape(**self.manifest.encoder)
            self._tokenizer = Tokenizer.from_buffer(embeddings.tokenizer)
        except Exception as exc:  # tokenizers raises bare Exception for a bad file
            raise ModelUnusable(f"the model in {folder} has a tokenizer or shape that cannot be read; {MEND}") from exc
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        first, last, *empty = (self._tokenizer.token_to_id(token) for token in SPECIAL_TOKENS)
        if first is None or last is None:
            raise ModelUnusable(f"the model in {folder} has a tokenizer without sentence marks; {MEND}")
        self._first, self._last, self._empty = first, last, frozenset(empty)
        self.encoder = PackedEncoder(shape, embeddings.blocks, read_network(folder / NETWORK_FILE))
        self.model = self.manifest.model
        self.windows = self.manifest.windows
        self.temperatures = self.manifest.temperatures

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text without special tokens; none where no token is known."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [[] if self._empty.issuperset(encoding.ids) else encoding.ids for encoding in encodings]

    def forward(self, bodies: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return sentiment logits, shape (texts, 3), and star-step logits, shape (texts, 4)."""
        return self.encoder.forward([[self._first, *body, self._last] for body in bodies])
