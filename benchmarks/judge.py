"""How fast and how right the judge is, beside others, in one run: `python benchmarks/judge.py FILE --labelled FILE`.

FILE holds JSON lines with a `text` (may be gzip'd). All rates are of one run on the same texts, so their ratios
hold on a busy machine. The pipeline's network is the packaged encoder under transformers' own classification
head. `large` is a network of the size that multilingual classifiers commonly have (12 layers of 768), with random
weights. Loading and memory are those of a process of its own.

`--labelled` names labelled lines as `validation.py` writes them: on the English ones of three classes, ours is ranked
with VADER and TextBlob, the word lists that are commonly taken (`pip install -e '.[benchmark]'`).
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before PyTorch is imported

import torch
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

from twelvefold.models.cleaning import clean
from twelvefold.models.evaluate import macro_scores
from twelvefold.models.outputs import Outputs
from twelvefold.models.packaged import PackagedNetwork
from twelvefold.models.passages import SPECIAL_TOKENS
from twelvefold.models.scorer import WEIGHTS, Scorer, load_scorer
from twelvefold.models.sentences import Span
from twelvefold.models.weights_file import EMBEDDINGS_FILE, NETWORK_FILE, read_embeddings, read_network, unpack_blocks
from twelvefold.records import Sentiment

MOST_TOKENS = 512
WORD_LIST_NEUTRAL = 0.05  # scores nearer to 0 are neutral: VADER's own advice, and as good a cut as any for TextBlob
OWN_PROCESS = """
import json, resource, sys, time
began = time.perf_counter()
from pathlib import Path
from twelvefold.models.scorer import load_scorer
import torch, tokenizers
imported = time.perf_counter()
scorer = load_scorer("default", Path())
loaded = time.perf_counter()
scorer.score(json.load(sys.stdin))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"import_s": imported - began, "load_s": loaded - imported, "peak_mb": peak / 1024}))
"""


class CountingNetwork(PackagedNetwork):
    """Counts what it reads.

    Attributes:
        passages, tokens: Read since the start; tokens with the special ones.
    """

    passages = 0
    tokens = 0

    def forward(self, bodies: Sequence[Sequence[int]], sentences: Sequence[Sequence[Span]]) -> Outputs:
        """Read as ever."""
        self.passages += len(bodies)
        self.tokens += sum(len(body) + SPECIAL_TOKENS for body in bodies)
        return super().forward(bodies, sentences)


def main() -> None:
    """Print tables, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--labelled", type=Path, help="labelled lines, for quality")
    parser.add_argument("--skip-large", action="store_true")
    parser.add_argument("--json", action="store_true")
    wish = parser.parse_args()
    texts = read_texts(wish.file, wish.texts)
    told = {"texts": len(texts), **own_process(texts), **speed(texts, is_large_skipped=wish.skip_large)}
    if wish.labelled:
        told["english"] = quality(read_rows(wish.labelled))
    print(json.dumps(told, indent=1) if wish.json else tables(told))


def own_process(texts: list[str]) -> dict[str, float]:
    """Return seconds of importing and of loading, and the most memory, of a process that judges the texts."""
    done = subprocess.run(
        [sys.executable, "-c", OWN_PROCESS], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return {name: round(value, 2) for name, value in json.loads(done.stdout).items()}


def speed(texts: list[str], *, is_large_skipped: bool) -> dict[str, Any]:
    """Return texts a second of each way, and how near ours is to what the machine can do."""
    network = CountingNetwork(WEIGHTS)
    scorer = Scorer(network, network.manifest.stars, network.manifest.thresholds)
    lengths = [len(tokens.ids) + SPECIAL_TOKENS for tokens in network.tokenise([clean(text) for text in texts])]
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = as_transformers(network, Path(folder))
        rates = {"ours": rate(lambda: scorer.score(texts), len(texts))}
        read, passages = network.tokens, network.passages
        rates["pipeline_32"] = rate(lambda: run_pipeline(model, tokenizer, texts, 32), len(texts))
        rates["pipeline_1"] = rate(lambda: run_pipeline(model, tokenizer, texts, 1), len(texts))
        if not is_large_skipped:
            config = BertConfig(vocab_size=len(tokenizer), num_labels=3)
            some = texts[: max(32, len(texts) // 4)]
            large = BertForSequenceClassification(config).eval()
            rates["large_32"] = rate(lambda: run_pipeline(large, tokenizer, some, 32), len(some))
    shape = network.encoder.shape
    weights = shape.layers * (4 * shape.hidden**2 + 2 * shape.hidden * shape.intermediate)
    cut = [min(length, MOST_TOKENS) for length in lengths]
    return {
        "model": scorer.model,
        "threads": torch.get_num_threads(),
        "mean_tokens": round(sum(lengths) / len(texts), 1),
        "read_tokens": round(read / len(texts), 1),
        "passages": round(passages / len(texts), 2),
        "texts_per_s": {name: round(value, 1) for name, value in rates.items()},
        "ours_over_pipeline_32": round(rates["ours"] / rates["pipeline_32"], 2),
        "share_of_sgemm": round(
            2.0 * weights * read / len(texts) * rates["ours"] / sgemm_flops(shape.hidden, shape.intermediate), 2
        ),
        # Ours has no padding by construction: each row of a batch's matrices is a token.
        "padding": {"ours": 1.0, "pipeline_32": round(padding(cut, 32), 2)},
    }


def padding(lengths: list[int], batch: int) -> float:
    """Return rows computed for each token where batches in the order given are padded to their longest."""
    batches = [lengths[start : start + batch] for start in range(0, len(lengths), batch)]
    return sum(len(part) * max(part) for part in batches) / sum(lengths)


def quality(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the macro-F1 of ours, VADER and TextBlob on the English texts of three classes."""
    from textblob import TextBlob
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    rows = [row for row in rows if row["language"] == "en" and row["label"] and not row.get("is_binary")]
    texts = [row["text"] for row in rows]
    truths = [Sentiment(row["label"]) for row in rows]
    vader = SentimentIntensityAnalyzer()
    answers = {
        "ours": [answer.label for answer in load_scorer("default", Path()).score(texts)],
        "VADER": [polarity(vader.polarity_scores(text)["compound"]) for text in texts],
        "TextBlob": [polarity(TextBlob(text).sentiment.polarity) for text in texts],
    }
    scores = {name: macro_scores(list(zip(truths, said, strict=True)))[0] or 0.0 for name, said in answers.items()}
    return {"texts": len(texts), "macro_f1": dict(sorted(scores.items(), key=lambda item: -item[1]))}


def polarity(score: float) -> Sentiment:
    """Return the class of a score from -1 to 1."""
    if abs(score) < WORD_LIST_NEUTRAL:
        return Sentiment.NEUTRAL
    return Sentiment.POSITIVE if score > 0 else Sentiment.NEGATIVE


def tables(told: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"{told['model']}: {told['texts']} texts of {told['mean_tokens']} tokens, {told['threads']} threads. "
        f"Ours reads {told['read_tokens']} tokens a text in {told['passages']} passages.",
        "",
        "| way | texts/s | against ours | padding |",
        "|---|---|---|---|",
    ]
    ours = told["texts_per_s"]["ours"]
    lines += [
        f"| {name} | {value} | {value / ours:.2f} | {told['padding'].get(name, '')} |"
        for name, value in told["texts_per_s"].items()
    ]
    lines += [
        "",
        "| figure | value |",
        "|---|---|",
        f"| ours over pipeline_32 | {told['ours_over_pipeline_32']} |",
        f"| share of the machine's own matrix product | {told['share_of_sgemm']} |",
        f"| import, s | {told['import_s']} |",
        f"| load with self-test, s | {told['load_s']} |",
        f"| most memory, MB | {told['peak_mb']} |",
    ]
    if "english" in told:
        lines += ["", f"| on {told['english']['texts']} English texts | macro-F1 |", "|---|---|"]
        lines += [f"| {name} | {score:.3f} |" for name, score in told["english"]["macro_f1"].items()]
    return "\n".join(lines)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


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
