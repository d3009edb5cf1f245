"""Where a network computes: on the processor in float32, or on a GPU in bfloat16 with much larger batches."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Device:
    """One place to compute.

    Attributes:
        name: As PyTorch calls it.
        precision: Of the network's weights and of what it computes.
        token_budget: Tokens in a batch.
    """

    name: str
    precision: torch.dtype
    token_budget: int


PROCESSOR = Device("cpu", torch.float32, 1024)
"""Batches of 1,024 tokens are the fastest on two cores, as larger ones fall out of the cache."""

GPU = Device("cuda", torch.bfloat16, 65_536)


def best_device() -> Device:
    """Return the GPU where one can be used and computes in bfloat16, else the processor with all its threads.

    Who wants the processor all the same sets `CUDA_VISIBLE_DEVICES=` (empty).
    """
    if torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        return GPU
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    return PROCESSOR
