"""The same recipe on all sets and on freely licensed ones: `python -m twelvefold.models.training.licence_runs --help`.

Judges two training runs of equal budget by the same held-out texts and writes `licence_runs.json` beside this file,
which the model card shows. Weights taught by freely licensed sets ship in place of the others as soon as they
come within two points of macro-F1.
"""

from __future__ import annotations

from pathlib import Path

from twelvefold.models.training.card import LICENCE_RUNS_FILE
from twelvefold.models.training.trials import judging_texts, options, reached, tell


def main() -> None:
    """Print and write what both runs reach."""
    parser = options(__doc__, LICENCE_RUNS_FILE)
    parser.add_argument("--everything", type=Path, required=True, help="`last.pt` of the run on all sets")
    parser.add_argument("--yes", type=Path, required=True, help="`last.pt` of the run with `--only yes`")
    wish = parser.parse_args()
    judging = judging_texts(wish)
    told = {
        name: reached(checkpoint, wish.backbone_archive, judging)
        for name, checkpoint in (("everything", wish.everything), ("yes", wish.yes))
    }
    tell({"texts": len(judging), **told}, wish.out)


if __name__ == "__main__":
    main()
