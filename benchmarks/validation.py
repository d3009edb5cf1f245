"""Write the validation texts, which training never sees, as JSON lines: `python benchmarks/validation.py --help`.

Of the half that the figures of the model card are from; what `judge.py`, `prevalence.py` and `twelvefold evaluate`
read. Keys: `text`, `label`, `stars`, `language`, `source`, `is_binary` (the set knows no neutral class) and `is_post`
(it holds posts about anything, not reviews).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from twelvefold.models.training import export
from twelvefold.models.training.data import LABELS, POSTS

MIX = Path(export.__file__).with_name("mix.yaml")


def main() -> None:
    """Write one line a text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--most", type=int, default=300, help="texts a set in a main language, as the export has it")
    wish = parser.parse_args()
    judging = export.held_out(wish.data, MIX, wish.tests, wish.most)
    with wish.out.open("w", encoding="utf-8") as lines:
        for example in judging:
            row = {
                "text": example.text,
                "label": None if example.label is None else LABELS[example.label],
                "stars": example.stars,
                "language": example.language,
                "source": example.source,
                "is_binary": example.is_binary,
                "is_post": example.source in POSTS,
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{len(judging)} texts in {wish.out}")


if __name__ == "__main__":
    main()
