"""The network while it learns: transformers' own BERT, padded batches, gradients."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel


class ReviewNetwork(nn.Module):
    """A BERT encoder with a sentiment head and an ordinal stars head.

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

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return sentiment logits (batch, classes) and star-step logits (batch, 4).

        Args:
            input_ids: Token ids, shape (batch, length).
            attention_mask: 1 for tokens and 0 for padding, same shape.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        pooled = pooled.to(self.sentiment.weight.dtype)
        return cast(Tensor, self.sentiment(pooled)), cast(Tensor, self.stars(pooled) + self.star_steps)
