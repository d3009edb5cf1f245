"""How often bare scores show that two scales are mixed: `python benchmarks/mixed_scales.py [COLUMNS]`.

Draws columns of answers on 7 points, and of answers on 5 points among such, from rounded normal distributions of
many means and widths, and prints which share of each `why_mixed` refuses.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.mixed_scales import why_mixed

SIZES = (30, 60, 200, 1_000)


def answers(chance: np.random.Generator, points: int, n: int) -> NDArray[np.float64]:
    """Return so many answers on a scale of 5 or 7 points, of people who lean anywhere."""
    middle, width = chance.uniform(0.3, 1.15) * points, chance.uniform(0.12, 0.4) * points
    return np.clip(np.round(chance.normal(middle, width, n)), 1, points)


def is_refused(scores: NDArray[np.float64]) -> bool:
    """Return whether a column of these scores would be refused."""
    return why_mixed(Counter(scores.tolist()), 7.0, {}) is not None


def main() -> None:
    """Print the shares for each size of a column."""
    columns = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    chance = np.random.default_rng(12)
    print("answers   7 points alone   5 points among 7 (30 to 70 % of them)")
    for n in SIZES:
        alone = [is_refused(answers(chance, 7, n)) for _ in range(columns)]
        mixed = []
        for _ in range(columns):
            of_five = round(n * chance.uniform(0.3, 0.7))
            both = np.concatenate([answers(chance, 5, of_five), answers(chance, 7, n - of_five)])
            mixed.append(is_refused(both))
        print(f"{n:7}   {np.mean(alone):14.1%}   {np.mean(mixed):16.1%}")


if __name__ == "__main__":
    main()
