"""The network that judges: one multilingual encoder over packed texts, several small heads.

The encoder is BERT (Devlin et al. 2019, arXiv 1810.04805) with weights of multilingual-e5-small (Wang et al. 2024,
arXiv 2402.05672). Texts of a batch lie end to end without padding, so every matrix product works on
tokens only; attention runs over texts of equal length at once and therefore needs no mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from twelvefold.errors import ModelUnusable
from twelvefold.models.devices import PROCESSOR, Device
from twelvefold.models.outputs import Outputs
from twelvefold.models.sentences import Span
from twelvefold.models.taxonomy import ASPECT_STATES, ASPECTS, URGENCIES
from twelvefold.models.weights_file import MEND, unpack_blocks

HEADS = (
    "sentiment.weight",
    "sentiment.bias",
    "stars.weight",
    "star_steps",
    "aspects.weight",
    "aspects.bias",
    "mixed.weight",
    "mixed.bias",
    "urgency.weight",
    "urgency.bias",
)
"""The tensors of the heads; those of aspects, mixed and urgency may all be missing."""

Linear = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class EncoderShape:
    """The numbers that fix the network's form."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    positions: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Layer:
    """The weights of one transformer layer; query, key and value are one product."""

    mixed_weight: Tensor
    mixed_bias: Tensor
    attended_weight: Tensor
    attended_bias: Tensor
    attention_norm: tuple[Tensor, Tensor]
    wide_weight: Tensor
    wide_bias: Tensor
    narrow_weight: Tensor
    narrow_bias: Tensor
    output_norm: tuple[Tensor, Tensor]


class PackedEncoder:
    """The encoder, in the precision of its device, and its heads in float32; for inference only."""

    def __init__(
        self,
        shape: EncoderShape,
        blocks: NDArray[np.uint8],
        tensors: Mapping[str, NDArray[np.float32]],
        device: Device = PROCESSOR,
    ) -> None:
        """Take the word embeddings as 4-bit blocks and all else by the names that transformers gives.

        Raises:
            ModelUnusable: A tensor is missing or has another shape than `shape` says.
        """
        self.shape = shape
        self._device = device
        self._blocks = blocks
        self._tensors = {
            name: torch.from_numpy(np.ascontiguousarray(array)).to(
                device.name, torch.float32 if name in HEADS else device.precision
            )
            for name, array in tensors.items()
        }
        if blocks.shape[1] * 32 != shape.hidden:
            raise ModelUnusable(
                f"the model's word embeddings have {blocks.shape[1] * 32} numbers, not {shape.hidden}; {MEND}"
            )
        hidden = shape.hidden
        self._positions = self._take("encoder.embeddings.position_embeddings.weight", shape.positions, hidden)
        self._positions = self._positions + self._take("encoder.embeddings.token_type_embeddings.weight", 2, hidden)[0]
        self._embedding_norm = self._norm("encoder.embeddings.LayerNorm")
        self._layers = [self._layer(f"encoder.encoder.layer.{number}") for number in range(shape.layers)]
        self._sentiment_weight = self._take("sentiment.weight", 3, hidden)
        self._sentiment_bias = self._take("sentiment.bias", 3)
        self._stars_weight = self._take("stars.weight", 1, hidden)
        self._star_steps = self._take("star_steps", 4)
        self._mixed = self._head("mixed", 1)
        self._aspects = self._head("aspects", len(ASPECTS) * len(ASPECT_STATES))
        self._urgency = self._head("urgency", len(URGENCIES))
        self._tensors = {}

    @property
    def tells_sentences(self) -> bool:
        """Tell whether there are heads for what single sentences say."""
        return self._aspects is not None and self._urgency is not None

    def _take(self, name: str, *size: int) -> Tensor:
        tensor = self._tensors.get(name)
        if tensor is None or tuple(tensor.shape) != size:
            found = "missing" if tensor is None else f"of shape {tuple(tensor.shape)}"
            raise ModelUnusable(f"the model's tensor {name} is {found}, not of shape {size}; {MEND}")
        return tensor

    def _head(self, name: str, size: int) -> Linear | None:
        """Return a head that weights of an older make do not have."""
        if f"{name}.weight" not in self._tensors:
            return None
        return self._take(f"{name}.weight", size, self.shape.hidden), self._take(f"{name}.bias", size)

    def _norm(self, name: str) -> tuple[Tensor, Tensor]:
        return self._take(f"{name}.weight", self.shape.hidden), self._take(f"{name}.bias", self.shape.hidden)

    def _layer(self, name: str) -> Layer:
        hidden, wide = self.shape.hidden, self.shape.intermediate
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        return Layer(
            mixed_weight=torch.cat([self._take(f"{part}.weight", hidden, hidden) for part in parts]),
            mixed_bias=torch.cat([self._take(f"{part}.bias", hidden) for part in parts]),
            attended_weight=self._take(f"{name}.attention.output.dense.weight", hidden, hidden),
            attended_bias=self._take(f"{name}.attention.output.dense.bias", hidden),
            attention_norm=self._norm(f"{name}.attention.output.LayerNorm"),
            wide_weight=self._take(f"{name}.intermediate.dense.weight", wide, hidden),
            wide_bias=self._take(f"{name}.intermediate.dense.bias", wide),
            narrow_weight=self._take(f"{name}.output.dense.weight", hidden, wide),
            narrow_bias=self._take(f"{name}.output.dense.bias", hidden),
            output_norm=self._norm(f"{name}.output.LayerNorm"),
        )

    def forward(self, sequences: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]] | None = None) -> Outputs:
        """Return what the heads say.

        Aspects and urgency are read off each sentence's own mean token vector, which
        the encoder has seen within the sequence that holds it.

        Args:
            sequences: Token ids of each text, with the special tokens, none empty or longer than `positions`.
            sentences: (start, end) in tokens of each text's sentences, none empty.
        """
        order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
        runs = [(length, len(list(group))) for length, group in groupby(order, key=lambda index: len(sequences[index]))]
        with torch.inference_mode():
            state = self._encode([sequences[index] for index in order], runs)
            pooled = torch.empty(len(sequences), self.shape.hidden, device=state.device)
            pooled[torch.tensor(order, device=state.device)] = torch.cat(
                [part.view(-1, length, self.shape.hidden).mean(1) for length, part in _parts(state, runs)]
            )
            aspects = urgency = None
            if sentences is not None and self._aspects is not None and self._urgency is not None:
                said = _sentence_vectors(state, sequences, order, sentences)
                told = functional.linear(said, *self._aspects).view(-1, len(ASPECTS), len(ASPECT_STATES))
                aspects, urgency = told.numpy(force=True), functional.linear(said, *self._urgency).numpy(force=True)
            mixed = None if self._mixed is None else functional.linear(pooled, *self._mixed).squeeze(-1)
            return Outputs(
                sentiment=functional.linear(pooled, self._sentiment_weight, self._sentiment_bias).numpy(force=True),
                stars=(functional.linear(pooled, self._stars_weight) + self._star_steps).numpy(force=True),
                mixed=None if mixed is None else mixed.numpy(force=True),
                aspects=aspects,
                urgency=urgency,
            )

    def _encode(self, sequences: Sequence[Sequence[int]], runs: Sequence[tuple[int, int]]) -> Tensor:
        """Return the packed token vectors in float32, shape (tokens, hidden); `runs` are (length, count) in order."""
        ids = np.concatenate([np.asarray(sequence, np.int64) for sequence in sequences])
        places = torch.cat([torch.arange(length).repeat(count) for length, count in runs])
        words = torch.from_numpy(unpack_blocks(self._blocks[ids])).to(self._device.name, self._device.precision)
        state = words + self._positions[places.to(self._device.name)]
        state = self._normalise(state, self._embedding_norm)
        for layer in self._layers:
            mixed = functional.linear(state, layer.mixed_weight, layer.mixed_bias)
            attended = functional.linear(self._attend(mixed, runs), layer.attended_weight, layer.attended_bias)
            state = self._normalise(attended + state, layer.attention_norm)
            wide = functional.gelu(functional.linear(state, layer.wide_weight, layer.wide_bias))
            narrow = functional.linear(wide, layer.narrow_weight, layer.narrow_bias)
            state = self._normalise(narrow + state, layer.output_norm)
        return state.float()

    def _attend(self, mixed: Tensor, runs: Sequence[tuple[int, int]]) -> Tensor:
        """Return attention outputs, shape (tokens, hidden), of packed queries, keys and values."""
        heads, width = self.shape.heads, self.shape.hidden // self.shape.heads
        outputs = []
        for length, part in _parts(mixed, runs):
            query, key, value = part.view(-1, length, 3, heads, width).permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(query, key, value)
            outputs.append(seen.transpose(1, 2).reshape(-1, heads * width))
        return torch.cat(outputs)

    def _normalise(self, state: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
        return functional.layer_norm(state, (self.shape.hidden,), norm[0], norm[1], self.shape.layer_norm_eps)


def _parts(packed: Tensor, runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Tensor]]:
    """Yield (length, rows) for each run of equally long texts in a packed tensor."""
    start = 0
    for length, count in runs:
        yield length, packed[start : start + length * count]
        start += length * count


def _sentence_vectors(
    state: Tensor, sequences: Sequence[Sequence[int]], order: Sequence[int], sentences: Sequence[Sequence[Span]]
) -> Tensor:
    """Return the mean token vector of each sentence, shape (sentences, hidden), in the order of the texts."""
    firsts = [0] * len(sequences)
    start = 0
    for index in order:
        firsts[index] = start
        start += len(sequences[index])
    spans = [(firsts[index] + begin, firsts[index] + end) for index, own in enumerate(sentences) for begin, end in own]
    if not spans:
        return state[:0]
    return torch.stack([state[begin:end].mean(0) for begin, end in spans])
