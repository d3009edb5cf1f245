"""The network while it learns: transformers' own BERT, padded batches, gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from twelvefold.models.taxonomy import ASPECT_STATES, ASPECTS, URGENCIES


class Heads(NamedTuple):
    """The logits of one batch.

    Attributes:
        sentiment: Shape (batch, 3).
        stars: Of P(stars > 1) ... P(stars > 4), shape (batch, 4).
        aspects: Shape (batch, aspects, 4): absent, negative, neutral, positive.
        mixed: That a text praises and complains, shape (batch,).
        urgency: Shape (batch, urgencies).
    """

    sentiment: Tensor
    stars: Tensor
    aspects: Tensor
    mixed: Tensor
    urgency: Tensor


class ReviewNetwork(nn.Module):
    """A BERT encoder with a linear head for each thing that is told of a text.

    The sentence vector is the mean of the token vectors, as the encoder was
    pre-trained (multilingual-e5, Wang et al. 2024, arXiv 2402.05672). The stars head gives the logits of
    P(stars > 1) ... P(stars > 4) (Cao, Mirjalili and Raschka 2020, CORAL).
    """

    def __init__(self, config: BertConfig, *, classes: int = 3) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.sentiment = nn.Linear(config.hidden_size, classes)
        self.stars = nn.Linear(config.hidden_size, 1, bias=False)
        self.star_steps = nn.Parameter(torch.tensor([1.5, 0.5, -0.5, -1.5]))
        self.aspects = nn.Linear(config.hidden_size, len(ASPECTS) * len(ASPECT_STATES))
        self.mixed = nn.Linear(config.hidden_size, 1)
        self.urgency = nn.Linear(config.hidden_size, len(URGENCIES))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Heads:
        """Return the logits of all heads.

        Args:
            input_ids: Token ids, shape (batch, length).
            attention_mask: 1 for tokens and 0 for padding, same shape.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        pooled = pooled.to(self.sentiment.weight.dtype)
        return Heads(
            sentiment=cast(Tensor, self.sentiment(pooled)),
            stars=cast(Tensor, self.stars(pooled) + self.star_steps),
            aspects=cast(Tensor, self.aspects(pooled)).view(-1, len(ASPECTS), len(ASPECT_STATES)),
            mixed=cast(Tensor, self.mixed(pooled)).squeeze(-1),
            urgency=cast(Tensor, self.urgency(pooled)),
        )


def without_layers(state: dict[str, Tensor], kept: Sequence[int]) -> dict[str, Tensor]:
    """Return the tensors of a network that has only the layers `kept`, numbered anew.

    Every other layer of a fine-tuned teacher is a better start for a student than
    its lowest ones (Sanh et al. 2019, arXiv 1910.01108, section 3; so it was here too).
    """
    renamed = {}
    for name, tensor in state.items():
        parts = name.split(".")
        if name.startswith("encoder.encoder.layer."):
            if int(parts[3]) not in kept:
                continue
            parts[3] = str(kept.index(int(parts[3])))
        renamed[".".join(parts)] = tensor
    return renamed
