"""The published tests, once per candidate: `python -m twelvefold.models.training.evaluate_public --help`.

UMSAB (macro-F1 by language), TweetEval sentiment (macro-recall) and ChnSentiCorp (accuracy of two
classes), each with the figure that its leaderboard uses. Figures to report, never to tune on.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twelvefold.models.evaluate import evaluate
from twelvefold.models.scorer import Scorer, load_scorer
from twelvefold.models.training.card import with_public_tests


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of each public test as one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=Path, required=True, help="folder of the public tests, gzip'd JSON lines")
    parser.add_argument("--model", default="default", help="`default` or a folder of weights")
    parser.add_argument("--most", type=int, help="only so many texts a test, for a trial")
    parser.add_argument("--card", type=Path, help="a MODEL_CARD.md whose section on public tests is written anew")
    wish = parser.parse_args(arguments)
    told = public_figures(wish.tests, load_scorer(wish.model, Path()), wish.most)
    print(json.dumps(told, indent=1))
    if wish.card:
        wish.card.write_text(with_public_tests(wish.card.read_text("utf-8"), told), "utf-8")


def public_figures(folder: Path, scorer: Scorer, most: int | None = None) -> dict[str, Any]:
    """Return by test the overall figures, and macro-F1 by language where there are several."""
    told: dict[str, Any] = {"model": scorer.model}
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines][:most]
        result = evaluate(rows, scorer)
        told[path.name.removesuffix(".jsonl.gz")] = {
            **result["all"],
            "macro_f1_by_language": {name: group["macro_f1"] for name, group in result["by_language"].items()},
        }
    return told


if __name__ == "__main__":
    main()
