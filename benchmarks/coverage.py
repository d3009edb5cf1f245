"""Whether the 95 % intervals hold the truth: `python benchmarks/coverage.py`.

Simulated brands of 20 to 20,000 mentions with 80 to 99 % of praise among what is not neutral, read by a classifier
that errs as the card's confusion table says and whose probabilities are calibrated under the training prior. In the
first world the calibration is exact; in the second the classifier is known only as far as its validation texts tell;
in the third it also finds complaints more or less likely at each brand than they are, as from source to source of the
card.
Then groups within such brands, as a source or a segment, of which it is only known how many mentions fall into each
cell, and that a cell is as its mean over the whole brand, whose shares are others. Then brands of which people labelled
100 to 1,000 mentions, as many of each named class as there are, by what each true class is taken to have beside its
labels.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from twelvefold.pipeline.figures.correction import Read, Triple, correct
from twelvefold.pipeline.figures.csat import csat
from twelvefold.pipeline.figures.intervals import wilson
from twelvefold.pipeline.figures.labelled import UNSEEN, evenly, post_stratify
from twelvefold.pipeline.figures.nps import nps
from twelvefold.storage.probability_cells import cell_of

LABELS = ("negative", "neutral", "positive")
EXACT, ESTIMATED, DIFFERING = "exact", "estimated", "differing"
ATOMS, MANY_ATOMS = 40, 1_000
BESIDE_LABELS = (0.1, 0.2, UNSEEN, 0.5, 1.0)
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Classifier:
    """Answers that a classifier gives, and how often to texts of each class.

    Attributes:
        answers: Calibrated probabilities, shape (answers, 3).
        given_class: Of the texts of each class, the share that gets each answer, shape (3, answers).
        validated: How many texts of each class are known.
        spread: Of the logarithm of the likelihood ratio of complaints, from source to source.
    """

    prior: Triple
    answers: Numbers
    given_class: Numbers
    validated: tuple[int, int, int]
    spread: float


def classifier(chance: np.random.Generator, atoms: int = ATOMS) -> Classifier:
    """Return a classifier whose argmax errs as the card's table says and whose probabilities are calibrated.

    Args:
        atoms: Of how many answers it has for each class that it names.
    """
    card = json.loads(resources.files("twelvefold.models.weights").joinpath("model.json").read_text("utf-8"))
    confusion = card["validation"]["all"]["confusion"]
    table = np.array([[confusion[truth][said] for said in LABELS] for truth in LABELS], np.float64)
    prior = np.array([card["prior"][label] for label in LABELS])
    prior /= prior.sum()
    joint = prior[:, None] * table / table.sum(axis=1, keepdims=True)
    answers, weights = [], []
    for said in range(3):
        mean = joint[:, said] / joint[:, said].sum()
        drawn = chance.dirichlet(1.5 * mean + 0.05, 4000)
        drawn = drawn[drawn.argmax(axis=1) == said][:atoms]
        answers.append(drawn)
        weights.append(joint[:, said].sum() * _tilted(drawn, mean))
    given, weight = np.concatenate(answers), np.concatenate(weights)
    shares = given.T * weight
    return Classifier(
        (float(prior[0]), float(prior[1]), float(prior[2])),
        given,
        shares / shares.sum(axis=1, keepdims=True),
        (int(table[0].sum()), int(table[1].sum()), int(table[2].sum())),
        card["validation"].get("source_spread", 0.0),
    )


def _tilted(answers: Numbers, mean: Numbers) -> Numbers:
    """Return the weights nearest to equal under which the answers have this mean: exponential tilting."""
    tilt = np.zeros(3)
    for _ in range(200):
        weights = np.exp(answers @ tilt)
        weights /= weights.sum()
        gap = mean - weights @ answers
        centred = answers - weights @ answers
        tilt += 0.5 * np.linalg.lstsq((centred.T * weights) @ centred, gap, rcond=None)[0]
    return np.asarray(weights, np.float64)


def simulate(brands: int, seed: int, world: str) -> dict[str, list[tuple[int, bool]]]:
    """Return, by figure, the size of each simulated brand and whether its interval held the truth."""
    chance = np.random.default_rng(seed)
    judge = classifier(chance)
    held: dict[str, list[tuple[int, bool]]] = {"corrected": [], "unwidened": [], "raw": [], "nps": [], "csat": []}
    validated, spread = None if world == EXACT else judge.validated, judge.spread if world == DIFFERING else 0.0
    for _ in range(brands):
        n = round(math.exp(chance.uniform(math.log(20), math.log(20_000))))
        share, neutral = chance.uniform(0.80, 0.99), chance.uniform(0.05, 0.20)
        shares = np.array([(1 - neutral) * (1 - share), neutral, (1 - neutral) * share])
        real = judge.given_class
        if world != EXACT:
            real = np.array(
                [chance.multinomial(k, row) / k for k, row in zip(judge.validated, judge.given_class, strict=True)]
            )
        counts = sum(chance.multinomial(k, row) for k, row in zip(chance.multinomial(n, shares), real, strict=True))
        counts = np.asarray(counts)
        answers = judge.answers * [math.exp(chance.normal(0, spread)), 1, 1]
        answers /= answers.sum(axis=1, keepdims=True)
        reads = [Read(*answer, count=int(k)) for answer, k in zip(answers.tolist(), counts, strict=True) if k]
        for figure, by in (("corrected", spread), ("unwidened", 0.0)):
            found = correct(reads, judge.prior, validated, by)
            held[figure].append((n, found.low <= share <= found.high))
        said = [int(counts[judge.answers.argmax(axis=1) == label].sum()) for label in range(3)]
        if polar := said[0] + said[2]:
            low, high = wilson(said[2] / polar, polar)
            held["raw"].append((n, low <= share <= high))
        detractors, passives, promoters = (int(k) for k in chance.multinomial(n, shares))
        truth = 100 * (shares[2] - shares[0])
        score, satisfied = nps(promoters, passives, detractors), csat(int(chance.binomial(n, share)), n)
        held["nps"].append((n, score.low <= truth <= score.high))
        held["csat"].append((n, satisfied.low <= share <= satisfied.high))
    return held


def simulate_groups(brands: int, seed: int) -> list[tuple[int, bool]]:
    """Return the size of a group of each simulated brand, and whether its interval held the truth."""
    chance = np.random.default_rng(seed)
    judge = classifier(chance, MANY_ATOMS)
    cells, of_cell = np.unique([cell_of(*answer) for answer in judge.answers.tolist()], return_inverse=True)
    held = []
    for _ in range(brands):
        n = round(math.exp(chance.uniform(math.log(20), math.log(5_000))))
        rest = round(n * chance.uniform(1, 20))
        share = chance.uniform(0.60, 0.99)
        group, others = (_answers(chance, judge, k, s) for k, s in ((n, share), (rest, chance.uniform(0.80, 0.99))))
        both = group + others
        sums = np.stack([np.bincount(of_cell, both * part, len(cells)) for part in judge.answers.T], axis=1)
        counts = np.bincount(of_cell, group, len(cells))
        means = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)
        reads = [Read(*mean, count=int(k)) for mean, k in zip(means.tolist(), counts, strict=True) if k]
        found = correct(reads, judge.prior, None)
        held.append((n, found.low <= share <= found.high))
    return held


def _answers(chance: np.random.Generator, judge: Classifier, n: int, share: float) -> NDArray[np.int64]:
    """Return how often `n` mentions, of which so many of those that are not neutral praise, get each answer."""
    neutral = chance.uniform(0.05, 0.20)
    shares = np.array([(1 - neutral) * (1 - share), neutral, (1 - neutral) * share])
    return chance.multinomial(n, shares @ judge.given_class)


def simulate_labels(brands: int, seed: int, beside: Sequence[float] = (UNSEEN,)) -> dict[float, list[tuple[int, bool]]]:
    """Return, by what is taken to be there beside the labels, how many each brand has and whether the truth was held.

    Each brand has a classifier that errs as any may of which the card's table was found.
    """
    chance = np.random.default_rng(seed)
    judge = classifier(chance)
    named = judge.answers.argmax(axis=1)
    table = np.stack([judge.given_class[:, named == label].sum(axis=1) for label in range(3)], axis=1)
    held: dict[float, list[tuple[int, bool]]] = {each: [] for each in beside}
    for _ in range(brands):
        wanted = round(math.exp(chance.uniform(math.log(100), math.log(1_000))))
        n = round(math.exp(chance.uniform(math.log(wanted), math.log(20_000))))
        share, neutral = chance.uniform(0.80, 0.99), chance.uniform(0.05, 0.20)
        shares = np.array([(1 - neutral) * (1 - share), neutral, (1 - neutral) * share])
        real = [chance.multinomial(k, row) / k for k, row in zip(judge.validated, table, strict=True)]
        mentions = chance.multinomial(n, (shares[:, None] * real).ravel()).reshape(3, 3).T
        told = mentions.sum(axis=1)
        labels = [
            chance.multivariate_hypergeometric(row, k).tolist()
            for row, k in zip(mentions, evenly(told.tolist(), wanted), strict=True)
        ]
        for each in beside:
            found = post_stratify((int(told[0]), int(told[1]), int(told[2])), n, labels, unseen=each)
            held[each].append((sum(map(sum, labels)), found.low <= share <= found.high))
    return held


def main() -> None:
    """Print the coverage table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brands", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=12)
    asked = parser.parse_args()
    sizes = ((20, 200), (200, 2000), (2000, 20_001))
    print(f"{asked.brands} brands, seed {asked.seed}; share of 95 % intervals that hold the truth")
    print(f"{'calibration':<12} {'figure':<10} {'all':>6}", *(f"{low}-{high - 1}".rjust(11) for low, high in sizes))
    for world in (EXACT, ESTIMATED, DIFFERING):
        for figure, results in simulate(asked.brands, asked.seed, world).items():
            print(f"{world:<12} {figure:<10}", *_shown(results, sizes))
    groups = simulate_groups(asked.brands, asked.seed)
    print(f"{'exact':<12} {'group':<10}", *_shown(groups, ((20, 200), (200, 2000), (2000, 5_001))))
    numbers = ((100, 200), (200, 450), (450, 1_001))
    print(f"{'beside':<12} {'figure':<10} {'all':>6}", *(f"{low}-{high - 1}".rjust(11) for low, high in numbers))
    for beside, results in simulate_labels(asked.brands, asked.seed, BESIDE_LABELS).items():
        print(f"{beside:<12.2f} {'labels':<10}", *_shown(results, numbers))


def _shown(results: Sequence[tuple[int, bool]], sizes: Sequence[tuple[int, int]]) -> list[str]:
    """Return how many intervals of all, and of each range of sizes, hold the truth."""
    by_size = [[is_held for n, is_held in results if low <= n < high] for low, high in sizes]
    total = 100 * sum(is_held for _, is_held in results) / max(1, len(results))
    return [f"{total:5.1f}%", *(f"{100 * sum(each) / max(1, len(each)):10.1f}%" for each in by_size)]


if __name__ == "__main__":
    main()
