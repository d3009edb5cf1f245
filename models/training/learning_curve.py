"""How right a network is after how many texts: `python -m twelvefold.models.training.learning_curve --help`.

Judges checkpoints, in the order of their training, by the same held-out texts and writes `learning_curve.json` beside
this file, which the model card shows.
"""

from __future__ import annotations

from pathlib import Path

from twelvefold.models.training.card import LEARNING_CURVE_FILE
from twelvefold.models.training.trials import judging_texts, options, reached, tell


def main() -> None:
    """Print and write what each checkpoint reaches."""
    parser = options(__doc__, LEARNING_CURVE_FILE)
    parser.add_argument("checkpoints", nargs="+", metavar="TEXTS=PATH", help="texts seen so far, and the `last.pt`")
    wish = parser.parse_args()
    judging = judging_texts(wish)
    points = []
    for named in wish.checkpoints:
        seen, _, path = named.partition("=")
        told = reached(Path(path), wish.backbone_archive, judging)
        points.append({"texts": int(seen), "macro_f1": told["macro_f1"], "by_language": told["by_language"]})
    tell({"texts": len(judging), "points": points}, wish.out)


if __name__ == "__main__":
    main()
