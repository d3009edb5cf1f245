"""Ask a teacher what it says of the training texts: `python -m twelvefold.models.training.distil --help`.

Writes one archive a set (`keys`: fingerprints of the texts, `logits`: three a text), which `train.py --taught FOLDER`
reads. A set that is there already is passed over, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twelvefold.models.batching import plan_batches
from twelvefold.models.packaged import PackagedNetwork
from twelvefold.models.passages import SPECIAL_TOKENS
from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.training.data import fingerprint, read_set


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the teacher's logits of each set that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--out", type=Path, required=True, help="folder of the answers")
    parser.add_argument("--teacher", type=Path, default=WEIGHTS, help="folder of weights in our format")
    parser.add_argument("--most", type=int, default=40_000, help="texts of a set")
    parser.add_argument("--max-tokens", type=int, default=96, help="as in the student's training")
    parser.add_argument("sets", nargs="+", help="names of sets, as umsab")
    wish = parser.parse_args(arguments)
    network = PackagedNetwork(wish.teacher)
    wish.out.mkdir(parents=True, exist_ok=True)
    for name in wish.sets:
        if not (wish.out / f"{name}.npz").exists():
            count = ask(network, wish.data / f"{name}.jsonl.gz", wish.out / f"{name}.npz", wish.most, wish.max_tokens)
            print(f"{name}: {count} texts", flush=True)


def ask(network: PackagedNetwork, path: Path, out: Path, most: int, max_tokens: int) -> int:
    """Write the teacher's logits of at most `most` training texts of a set; return how many."""
    examples = [example for example, split in read_set(path, is_binary=False) if split != "valid"]
    texts = {fingerprint(example.text): example.text for example in examples}
    keys = sorted(texts)
    random.Random(path.name).shuffle(keys)  # noqa: S311 - chance samples here, it keeps no secrets
    keys = keys[:most]
    size = max_tokens - SPECIAL_TOKENS
    head = size // 2
    bodies = [list(tokens.ids) for tokens in network.tokenise([texts[key] for key in keys])]
    bodies = [body if len(body) <= size else [*body[:head], *body[head - size :]] for body in bodies]
    logits = np.full((len(keys), 3), np.nan, np.float32)
    for batch in plan_batches([len(body) + SPECIAL_TOKENS for body in bodies], network.token_budget):
        said = [at for at in batch if bodies[at]]
        if said:
            logits[said] = network.forward([bodies[at] for at in said], [[] for _ in said]).sentiment
    temporary = out.with_suffix(".tmp.npz")
    np.savez(temporary, keys=np.array(keys), logits=logits)
    temporary.replace(out)
    return len(keys)


if __name__ == "__main__":
    main()
