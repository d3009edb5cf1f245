"""What a network says of texts, as plain arrays: the border between PyTorch and everything else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outputs:
    """What the heads say of some texts.

    Attributes:
        sentiment: Logits, shape (texts, 3).
        stars: Logits of P(stars > 1) ... P(stars > 4), shape (texts, 4) (Cao, Mirjalili and Raschka 2020, CORAL).
        mixed: Logits, shape (texts,).
        aspects: Logits of `ASPECT_STATES`, shape (sentences, aspects, 4), text after text.
        urgency: Logits, shape (sentences, urgencies).
    """

    sentiment: NDArray[np.float32]
    stars: NDArray[np.float32] | None = None
    mixed: NDArray[np.float32] | None = None
    aspects: NDArray[np.float32] | None = None
    urgency: NDArray[np.float32] | None = None
