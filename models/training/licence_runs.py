"""The same recipe on all sets and on freely licensed ones: `python -m twelvefold.models.training.licence_runs --help`.

Judges two training runs of equal budget by the same held-out texts and writes `licence_runs.json` beside this file,
which the model card shows. Weights taught by freely licensed sets ship in place of the others as soon as they
come within two points of macro-F1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from twelvefold.models.evaluate import by_group, figures, judge
from twelvefold.models.manifest import FORMAT
from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.training.card import LICENCE_RUNS_FILE, MAIN_LANGUAGES
from twelvefold.models.training.data import LABELS, Example
from twelvefold.models.training.export import WINDOWS, held_out, scorer_of, write_weights
from twelvefold.models.weights_file import EMBEDDINGS_FILE, NETWORK_FILE, sha256_of


def main() -> None:
    """Print and write what both runs reach."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone-archive", type=Path, required=True, help="the encoder as found, an .npz archive")
    parser.add_argument("--everything", type=Path, required=True, help="`last.pt` of the run on all sets")
    parser.add_argument("--yes", type=Path, required=True, help="`last.pt` of the run with `--only yes`")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--most", type=int, default=300, help="validation texts a set in a main language")
    parser.add_argument("--out", type=Path, default=LICENCE_RUNS_FILE)
    wish = parser.parse_args()
    held = held_out(wish.data, wish.mix, wish.tests, wish.most)
    judging = [example for example in held if example.label is not None and not example.is_binary]
    told = {
        name: reached(checkpoint, wish.backbone_archive, judging)
        for name, checkpoint in (("everything", wish.everything), ("yes", wish.yes))
    }
    text = json.dumps({"texts": len(judging), **told}, indent=1)
    print(text)
    wish.out.write_text(text + "\n", "utf-8")


def reached(checkpoint: Path, archive: Path, judging: Sequence[Example]) -> dict[str, Any]:
    """Return the steps of a run and its macro-F1 on three-class texts, over all and by main language."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shape = write_weights(folder, archive, checkpoint, WEIGHTS / EMBEDDINGS_FILE)
        files = {name: sha256_of(folder / name) for name in (EMBEDDINGS_FILE, NETWORK_FILE)}
        head = {"format": FORMAT, "name": "trial", "labels": list(LABELS)}
        scorer = scorer_of(folder, {**head, "encoder": shape, "windows": WINDOWS, "files": files})
        rows = [
            {"text": example.text, "label": LABELS[example.label or 0], "language": example.language}
            for example in judging
        ]
        verdicts, _ = judge(rows, scorer)
    by_language = by_group(verdicts, lambda verdict: verdict.language)
    return {
        "steps": int(torch.load(checkpoint, weights_only=True, mmap=True)["step"]),
        "macro_f1": figures(verdicts)["macro_f1"],
        "by_language": {name: by_language[name]["macro_f1"] for name in MAIN_LANGUAGES if name in by_language},
    }


if __name__ == "__main__":
    main()
