"""How well the share of complaints is estimated where few complain: `python benchmarks/prevalence.py FILE`.

FILE holds labelled JSON lines that the weights were never trained on (`validation.py` writes them); sets of two
classes are left out. Reviews are drawn from it so that a known share is negative, the rest as it comes; the shipped
weights judge them, and the share of argmax answers (raw) and the share after the prior-shift correction
(corrected) are held against the truth. Posts about anything at all are left out unless `--posts` asks for them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twelvefold.models.calibration import ratio_in
from twelvefold.models.manifest import read_manifest
from twelvefold.models.scorer import WEIGHTS, load_scorer
from twelvefold.pipeline.figures.correction import Read, Triple, correct

TRUE_SHARES = (0.03, 0.08, 0.15, 0.40)
TOLERANCE = 0.02
FEWEST = 50  # texts of either kind, below which a group is not resampled
GROUPS = {"en": "en", "fr": "fr", "zh-Hans": "zh", "zh-Hant": "zh"}


@dataclass(frozen=True)
class Row:
    """How one group of languages does at one true share.

    Attributes:
        negatives, others: Texts to draw from.
        raw, corrected: The share of samples within the tolerance.
        raw_bias, corrected_bias: The mean error of the estimated share, in points.
        corrected_error_95: What 95 % of the corrected estimates err by at most, in points.
    """

    group: str
    true_share: float
    negatives: int
    others: int
    raw: float
    corrected: float
    raw_bias: float
    corrected_bias: float
    corrected_error_95: float


def main() -> None:
    """Print a table, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--reviews", type=int, default=1000, help="in a sample")
    parser.add_argument("--posts", action="store_true", help="draw from posts, too")
    parser.add_argument("--model", default="default", help="`default` or a folder of weights in our format")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    wish = parser.parse_args()
    rows = [json.loads(line) for line in wish.file.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["label"] and not row["is_binary"] and (wish.posts or not row["is_post"])]
    scorer = load_scorer(wish.model, Path())
    manifest = read_manifest(WEIGHTS if wish.model == "default" else Path(wish.model))
    prior = manifest.stars.prior if wish.posts else manifest.review_prior
    judged = scorer.score([row["text"] for row in rows], languages=[row["language"] for row in rows])
    answers = np.array([(answer.negative, answer.neutral, answer.positive) for answer in judged])
    ratios = np.array([ratio_in(answer.language, {} if wish.posts else scorer.prior_ratios) for answer in judged])
    likely = answers * ratios
    likely /= likely.sum(axis=1, keepdims=True)
    is_negative = np.array([row["label"] == "negative" for row in rows])
    groups = np.array([GROUPS.get(row["language"], "others") for row in rows])
    chance = np.random.default_rng(wish.seed)
    told: list[Row] = []
    for group in ("all", *sorted(set(groups.tolist()))):
        own = groups == group if group != "all" else np.ones(len(groups), bool)
        negatives, others = (np.hstack([answers, likely])[own & each] for each in (is_negative, ~is_negative))
        if min(len(negatives), len(others)) >= FEWEST:
            for share in TRUE_SHARES:
                errors = resample(negatives, others, share, prior, wish.reviews, wish.samples, chance)
                told.append(row_of(group, share, negatives, others, errors))
    if wish.json:
        figures = {"model": scorer.model, "samples": wish.samples, "reviews": wish.reviews}
        print(json.dumps({**figures, "rows": [asdict(row) for row in told]}, indent=1))
    else:
        print(f"{scorer.model}: {wish.samples} samples of {wish.reviews} reviews, within {TOLERANCE:.0%}")
        print(table(told))


def resample(
    negatives: NDArray[np.float64],
    others: NDArray[np.float64],
    share: float,
    prior: Triple,
    reviews: int,
    samples: int,
    chance: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the errors of the raw and of the corrected negative share, shape (samples, 2).

    Args:
        negatives, others: Of each text the probabilities as told, then those that hold for `prior`; shape (texts, 6).
    """
    complaining = round(share * reviews)
    errors = []
    for _ in range(samples):
        drawn = np.concatenate([chance.choice(negatives, complaining), chance.choice(others, reviews - complaining)])
        raw = float((drawn[:, :3].argmax(axis=1) == 0).mean())
        corrected = correct([Read(*answer) for answer in drawn[:, 3:].tolist()], prior).shares[0]
        errors.append((raw - share, corrected - share))
    return np.array(errors)


def row_of(
    group: str, share: float, negatives: Sequence[Any], others: Sequence[Any], errors: NDArray[np.float64]
) -> Row:
    """Return what the errors of one group at one true share come to."""
    within = (np.abs(errors) <= TOLERANCE + 1e-9).mean(axis=0)
    bias = 100 * errors.mean(axis=0)
    return Row(
        group=group,
        true_share=share,
        negatives=len(negatives),
        others=len(others),
        raw=round(float(within[0]), 3),
        corrected=round(float(within[1]), 3),
        raw_bias=round(float(bias[0]), 2),
        corrected_bias=round(float(bias[1]), 2),
        corrected_error_95=round(100 * float(np.quantile(np.abs(errors[:, 1]), 0.95)), 2),
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown; shares in percent, errors in points."""
    lines = [
        "| group | texts (negative + others) | true share | within 2 points, raw | corrected "
        "| bias, raw | corrected | 95 % of errors below |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.group} | {row.negatives} + {row.others} | {row.true_share:.0%} | {row.raw:.0%} | {row.corrected:.0%} "
        f"| {row.raw_bias:+.1f} | {row.corrected_bias:+.1f} | {row.corrected_error_95:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
