"""The model of a folder in our own format: checked files, a tokenizer and a packed encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from twelvefold.errors import ModelUnusable
from twelvefold.models.devices import Device, best_device
from twelvefold.models.encoder import EncoderShape, PackedEncoder
from twelvefold.models.manifest import Manifest, read_manifest
from twelvefold.models.outputs import Outputs
from twelvefold.models.sentences import SentenceEnds, Span, Tokens
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
        token_budget: Tokens in a batch.
    """

    def __init__(self, folder: Path, device: Device | None = None) -> None:
        """Read and check the files in `folder`.

        Args:
            device: Where to compute; the best there is if not said.

        Raises:
            ModelUnusable: A file is missing, corrupt, or not the one that `model.json` names.
        """
        self.manifest: Manifest = read_manifest(folder)
        for name in (EMBEDDINGS_FILE, NETWORK_FILE):
            if sha256_of(folder / name) != self.manifest.files.get(name):
                raise ModelUnusable(f"model file {folder / name} is not the one that model.json names; {MEND}")
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
        self._ends = SentenceEnds(self._tokenizer.get_vocab())
        self._first, self._last, self._empty = first, last, frozenset(empty)
        device = device or best_device()
        self.encoder = PackedEncoder(shape, embeddings.blocks, read_network(folder / NETWORK_FILE), device)
        self.token_budget = device.token_budget
        self.model = self.manifest.model
        self.windows = self.manifest.windows
        self.temperatures = self.manifest.temperatures

    def tokenise(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens and sentences of each text; none where no token is known."""
        return [
            Tokens(()) if self._empty.issuperset(encoding.ids) else self._tokens(encoding.ids, encoding.offsets)
            for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ]

    def _tokens(self, ids: list[int], offsets: list[Span]) -> Tokens:
        return Tokens(ids, self._ends.spans(ids), offsets) if self.encoder.tells_sentences else Tokens(ids)

    def forward(self, bodies: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]]) -> Outputs:
        """Return what the heads say of bodies without special tokens, and of their sentences.

        A sentence that is the whole passage is read off with the special tokens, as the heads were taught.
        """
        sequences = [[self._first, *body, self._last] for body in bodies]
        return self.encoder.forward(
            sequences,
            [
                [(0, len(body) + 2) if span == (0, len(body)) else (span[0] + 1, span[1] + 1) for span in own]
                for body, own in zip(bodies, sentences, strict=True)
            ],
        )
