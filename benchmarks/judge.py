"""How fast texts are judged, against transformers.pipeline with the same weights: `python benchmarks/judge.py FILE`.

FILE holds JSON lines with a `text` (may be gzip'd). All rates are of one run on the same texts, so their ratios
hold on a busy machine. The pipeline's network is the packaged encoder under transformers' own classification
head. `large` is a network of the size that multilingual classifiers commonly have (12 layers of 768), with random
weights.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported

import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

from twelvefold.models.cleaning import clean
from twelvefold.models.packaged import PackagedNetwork
from twelvefold.models.scorer import WEIGHTS, load_scorer
from twelvefold.models.weights_file import EMBEDDINGS_FILE, NETWORK_FILE, read_embeddings, read_network, unpack_blocks

MOST_TOKENS = 512


def main() -> None:
    """Print texts a second of each way, as one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--skip-large", action="store_true")
    wish = parser.parse_args()
    texts = read_texts(wish.file, wish.texts)

    began = time.perf_counter()
    scorer = load_scorer("default", Path())
    loaded_s = time.perf_counter() - began
    network = PackagedNetwork(WEIGHTS)
    lengths = [len(tokens.ids) + 2 for tokens in network.tokenise([clean(text) for text in texts])]
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = as_transformers(network, Path(folder))
        rates = {
            "ours": rate(lambda: scorer.score(texts), len(texts)),
            "pipeline_32": rate(lambda: run_pipeline(model, tokenizer, texts, 32), len(texts)),
            "pipeline_1": rate(lambda: run_pipeline(model, tokenizer, texts, 1), len(texts)),
        }
        if not wish.skip_large:
            config = BertConfig(vocab_size=len(tokenizer), num_labels=3)
            some = texts[: max(32, len(texts) // 4)]
            large = BertForSequenceClassification(config).eval()
            rates["large_32"] = rate(lambda: run_pipeline(large, tokenizer, some, 32), len(some))
    shape = network.encoder.shape
    weights = shape.layers * (4 * shape.hidden**2 + 2 * shape.hidden * shape.intermediate)
    flops = 2.0 * weights * sum(lengths) / len(texts) * rates["ours"]
    limit = sgemm_flops(shape.hidden, shape.intermediate)
    print(
        json.dumps(
            {
                "model": scorer.model,
                "threads": torch.get_num_threads(),
                "texts": len(texts),
                "mean_tokens": round(sum(lengths) / len(texts), 1),
                "load_s": round(loaded_s, 2),
                "texts_per_s": {name: round(value, 1) for name, value in rates.items()},
                "ours_over_pipeline_32": round(rates["ours"] / rates["pipeline_32"], 2),
                "share_of_sgemm": round(flops / limit, 2),
            },
            indent=1,
        )
    )


def read_texts(path: Path, most: int) -> list[str]:
    """Return the texts of a file of JSON lines, at most so many."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in itertools.islice(lines, most)]


def rate(judge: Callable[[], Any], texts: int) -> float:
    """Return texts a second of one run, after nothing but what building the network warmed up."""
    began = time.perf_counter()
    judge()
    return texts / (time.perf_counter() - began)


def run_pipeline(model: Any, tokenizer: Any, texts: list[str], batch: int) -> Any:
    """Judge as the documentation of transformers shows."""
    judge = pipeline("text-classification", model=model, tokenizer=tokenizer, batch_size=batch, device="cpu")
    return judge(texts, truncation=True, max_length=MOST_TOKENS)


def as_transformers(network: PackagedNetwork, folder: Path) -> tuple[Any, Any]:
    """Return the packaged encoder and its tokenizer as transformers has them."""
    shape = network.encoder.shape
    embeddings = read_embeddings(WEIGHTS / EMBEDDINGS_FILE)
    words = torch.from_numpy(unpack_blocks(embeddings.blocks))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.positions,
        num_labels=3,
    )
    model = BertForSequenceClassification(config).eval()
    tensors = {name: torch.from_numpy(array) for name, array in read_network(WEIGHTS / NETWORK_FILE).items()}
    state = {
        name.replace("encoder.", "bert.", 1): value for name, value in tensors.items() if name.startswith("encoder.")
    }
    model.load_state_dict(state | {"bert.embeddings.word_embeddings.weight": words}, strict=False)
    (folder / "tokenizer.json").write_bytes(embeddings.tokenizer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=MOST_TOKENS,
    )
    return model, tokenizer


def sgemm_flops(hidden: int, intermediate: int) -> float:
    """Return the floating-point operations a second of this machine's own matrix product, of our shape."""
    rows = torch.randn(1024, hidden)
    matrix = torch.randn(intermediate, hidden)
    best = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        torch.nn.functional.linear(rows, matrix)
        best = min(best, time.perf_counter() - began)
    return 2 * rows.shape[0] * hidden * intermediate / best


if __name__ == "__main__":
    main()
