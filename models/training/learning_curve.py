"""How right a network is after how many texts: `python -m twelvefold.models.training.learning_curve --help`.

Judges checkpoints, in the order of their training, by the same held-out texts and writes `learning_curve.json` beside
this file, which the model card shows.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from twelvefold.models.training.card import LEARNING_CURVE_FILE
from twelvefold.models.training.export import held_out
from twelvefold.models.training.licence_runs import reached


def main() -> None:
    """Print and write what each checkpoint reaches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone-archive", type=Path, required=True, help="the encoder as found, an .npz archive")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--most", type=int, default=300, help="validation texts a set in a main language")
    parser.add_argument("--out", type=Path, default=LEARNING_CURVE_FILE)
    parser.add_argument("checkpoints", nargs="+", metavar="TEXTS=PATH", help="texts seen so far, and the `last.pt`")
    wish = parser.parse_args()
    held = held_out(wish.data, wish.mix, wish.tests, wish.most)
    judging = [example for example in held if example.label is not None and not example.is_binary]
    points = []
    for named in wish.checkpoints:
        seen, _, path = named.partition("=")
        told = reached(Path(path), wish.backbone_archive, judging)
        points.append({"texts": int(seen), "macro_f1": told["macro_f1"], "by_language": told["by_language"]})
    text = json.dumps({"texts": len(judging), "points": points}, indent=1)
    print(text)
    wish.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
