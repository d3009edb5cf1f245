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
from twelvefold.models.weights_file import MEND, unpack_blocks

HEADS = ("sentiment.weight", "sentiment.bias", "stars.weight", "star_steps")


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
    """The encoder and its heads in float32, for inference only."""

    def __init__(
        self, shape: EncoderShape, blocks: NDArray[np.uint8], tensors: Mapping[str, NDArray[np.float32]]
    ) -> None:
        """Take the word embeddings as 4-bit blocks and all else by the names that transformers gives.

        Raises:
            ModelUnusable: A tensor is missing or has another shape than `shape` says.
        """
        self.shape = shape
        self._blocks = blocks
        self._tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in tensors.items()}
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
        self._tensors = {}

    def _take(self, name: str, *size: int) -> Tensor:
        tensor = self._tensors.get(name)
        if tensor is None or tuple(tensor.shape) != size:
            found = "missing" if tensor is None else f"of shape {tuple(tensor.shape)}"
            raise ModelUnusable(f"the model's tensor {name} is {found}, not of shape {size}; {MEND}")
        return tensor

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

    def forward(self, sequences: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return sentiment logits, shape (texts, 3), and star-step logits, shape (texts, 4).

        The star steps are the logits of P(stars > 1) ... P(stars > 4) (Cao, Mirjalili and Raschka 2020, CORAL).

        Args:
            sequences: Token ids of each text, with the special tokens, none empty or longer than `positions`.
        """
        order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
        runs = [(length, len(list(group))) for length, group in groupby(order, key=lambda index: len(sequences[index]))]
        with torch.inference_mode():
            pooled = torch.empty(len(sequences), self.shape.hidden)
            pooled[torch.tensor(order)] = self._encode([sequences[index] for index in order], runs)
            sentiment = functional.linear(pooled, self._sentiment_weight, self._sentiment_bias)
            stars = functional.linear(pooled, self._stars_weight) + self._star_steps
        return np.asarray(sentiment.numpy(), np.float32), np.asarray(stars.numpy(), np.float32)

    def _encode(self, sequences: Sequence[Sequence[int]], runs: Sequence[tuple[int, int]]) -> Tensor:
        """Return the mean token vector of each sequence; `runs` are (length, count) in their order."""
        hidden = self.shape.hidden
        ids = np.concatenate([np.asarray(sequence, np.int64) for sequence in sequences])
        places = torch.cat([torch.arange(length).repeat(count) for length, count in runs])
        state = torch.from_numpy(unpack_blocks(self._blocks[ids])) + self._positions[places]
        state = self._normalise(state, self._embedding_norm)
        for layer in self._layers:
            mixed = functional.linear(state, layer.mixed_weight, layer.mixed_bias)
            attended = functional.linear(self._attend(mixed, runs), layer.attended_weight, layer.attended_bias)
            state = self._normalise(attended + state, layer.attention_norm)
            wide = functional.gelu(functional.linear(state, layer.wide_weight, layer.wide_bias))
            narrow = functional.linear(wide, layer.narrow_weight, layer.narrow_bias)
            state = self._normalise(narrow + state, layer.output_norm)
        return torch.cat([part.view(-1, length, hidden).mean(1) for length, part in _parts(state, runs)])

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
