"""What checkpoints reach on the same held-out texts, for the model card's tables."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from twelvefold.models.evaluate import by_group, figures, judge
from twelvefold.models.manifest import FORMAT
from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.training.card import MAIN_LANGUAGES
from twelvefold.models.training.data import LABELS, Example
from twelvefold.models.training.export import WINDOWS, held_out, scorer_of, write_weights
from twelvefold.models.weights_file import EMBEDDINGS_FILE, NETWORK_FILE, sha256_of


def options(description: str | None, out: Path) -> argparse.ArgumentParser:
    """Return the options of a command that judges checkpoints and writes `out`; which checkpoints is for it to add."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone-archive", type=Path, required=True, help="the encoder as found, an .npz archive")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--most", type=int, default=300, help="validation texts a set in a main language")
    parser.add_argument("--out", type=Path, default=out)
    return parser


def judging_texts(wish: argparse.Namespace) -> list[Example]:
    """Return the held-out texts of three classes by which checkpoints are judged."""
    held = held_out(wish.data, wish.mix, wish.tests, wish.most)
    return [example for example in held if example.label is not None and not example.is_binary]


def tell(document: Mapping[str, Any], out: Path) -> None:
    """Print what was reached, and write it for the card."""
    text = json.dumps(document, indent=1)
    print(text)
    out.write_text(text + "\n", "utf-8")


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
