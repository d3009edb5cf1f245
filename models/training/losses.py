"""What the network is taught by: a loss for whatever a text is labelled with, and the teacher's own answers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from twelvefold.models.training.data import Example
from twelvefold.models.training.network import Heads

MASKED_LOGIT = -1e4
UNKNOWN = -100
STARS_WEIGHT = 0.3
ASPECTS_WEIGHT = 0.25
MIXED_WEIGHT = 0.2
URGENCY_WEIGHT = 0.2
URGENT_WEIGHT = 4.0  # an urgent text counts so many times a calm one: there are few
TEACHER_WEIGHT = 0.5
TEACHER_TEMPERATURE = 2.0


def loss_of(heads: Heads, examples: Sequence[Example], taught: Tensor | None = None) -> Tensor:
    """Return the loss of a batch over all that is labelled.

    A set of two classes says nothing of the neutral logit, so it is masked there.

    Args:
        taught: The teacher's sentiment logits, shape (batch, 3), rows of NaN where it was not asked.
    """
    device = heads.sentiment.device
    labels = torch.tensor([UNKNOWN if e.label is None else e.label for e in examples], device=device)
    binary = torch.tensor([e.is_binary for e in examples], device=device)
    loss = _sentiment(heads.sentiment, labels, binary, taught)
    stars = torch.tensor([e.stars or 0 for e in examples], device=device)
    if bool((stars > 0).any()):
        targets = (stars[:, None] > torch.arange(1, 5, device=device)).float()
        steps = functional.binary_cross_entropy_with_logits(heads.stars, targets, reduction="none").mean(1)
        loss = loss + STARS_WEIGHT * (steps * (stars > 0)).sum() / len(examples)
    states = torch.tensor([[UNKNOWN if s is None else s for s in e.states] for e in examples], device=device)
    if bool((states != UNKNOWN).any()):
        told = functional.cross_entropy(heads.aspects.flatten(0, 1), states.flatten(), reduction="sum")
        loss = loss + ASPECTS_WEIGHT * told / len(examples)
    loss = loss + MIXED_WEIGHT * _truths(
        heads.mixed[:, None], [None if e.mixed is None else (e.mixed,) for e in examples]
    )
    return loss + URGENCY_WEIGHT * _truths(heads.urgency, [e.urgency for e in examples], URGENT_WEIGHT)


def _sentiment(logits: Tensor, labels: Tensor, binary: Tensor, taught: Tensor | None) -> Tensor:
    """Return cross-entropy with the labels, and the divergence from the teacher (Hinton et al. 2015, 1503.02531)."""
    neutral = torch.tensor([False, True, False], device=logits.device)
    masked = logits.masked_fill(binary[:, None] & neutral[None, :], MASKED_LOGIT)
    hard = functional.cross_entropy(masked, labels, ignore_index=UNKNOWN, reduction="none")
    known = (labels != UNKNOWN).float()
    if taught is None:
        return (hard * known).sum() / len(labels)
    asked = ~taught.isnan().any(1)
    told = torch.softmax(taught.nan_to_num() / TEACHER_TEMPERATURE, 1)
    said = torch.log_softmax(logits / TEACHER_TEMPERATURE, 1)
    soft = functional.kl_div(said, told, reduction="none").sum(1) * TEACHER_TEMPERATURE**2
    share = TEACHER_WEIGHT * asked.float()
    return ((1 - share) * hard * known + share * soft).sum() / len(labels)


def _truths(logits: Tensor, truths: Sequence[tuple[bool, ...] | None], weight: float = 1.0) -> Tensor:
    """Return the mean cross-entropy of yes-or-no logits, shape (batch, questions), over the rows that are known."""
    rows = [row for row, truth in enumerate(truths) if truth is not None]
    if not rows:
        return logits.sum() * 0
    targets = torch.tensor([truth for truth in truths if truth is not None], device=logits.device).float()
    told = functional.binary_cross_entropy_with_logits(
        logits[rows], targets, pos_weight=torch.tensor(weight, device=logits.device), reduction="sum"
    )
    return told / len(truths)
