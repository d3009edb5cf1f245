"""Fine-tune the encoder on the mixture: `python -m twelvefold.models.training.train --help`.

Trains a teacher of all layers, or with `--keep 0,2,4,6,8,10` a student that begins with those layers of the encoder,
or of weights that ship (`--start FOLDER`); `--taught FOLDER` adds the teacher's own answers (see distil.py). Resumes
from its checkpoint, so an interrupted run loses at most a few minutes. Linear learning-rate decay, token batches,
frozen word embeddings; on a GPU in bfloat16, on a processor in float32, as bfloat16 is slower there unless the
processor computes in it.
"""

# ruff: noqa: S311 - chance shuffles batches here, it keeps no secrets

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from twelvefold.models.training.data import Example, build_mixture, fingerprint
from twelvefold.models.training.losses import loss_of
from twelvefold.models.training.network import ReviewNetwork, without_layers
from twelvefold.models.weights_file import NETWORK_FILE, read_network

SAVE_EVERY_S = 240


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Return token ids; a text that is too long keeps its head and its tail, where the verdict stands."""
    encoded = []
    for ids in tokenizer(list(texts), add_special_tokens=True)["input_ids"]:
        if len(ids) > max_tokens:
            head = max_tokens // 2
            ids = ids[:head] + ids[-(max_tokens - head) :]
        encoded.append(ids)
    return encoded


def token_batches(lengths: Sequence[int], budget: int, chance: random.Random) -> list[list[int]]:
    """Return batches of indices, alike in length, of at most `budget` padded tokens each, in random order."""
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i] + chance.uniform(0, 4), i))
    batches: list[list[int]] = []
    batch: list[int] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        if batch and longest * (len(batch) + 1) > budget:
            batches.append(batch)
            batch, longest = [], lengths[index]
        batch.append(index)
    if batch:
        batches.append(batch)
    chance.shuffle(batches)
    return batches


def collate(ids: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Return (input_ids, attention_mask), padded to the longest."""
    width = max(map(len, ids))
    tokens = torch.full((len(ids), width), padding)
    mask = torch.zeros((len(ids), width), dtype=torch.long)
    for row, sequence in enumerate(ids):
        tokens[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return tokens, mask


def epoch_batches(lengths: Sequence[int], budget: int, seed: int) -> Iterator[list[int]]:
    """Yield batches for ever, epoch after epoch, each epoch in its own order."""
    epoch = 0
    while True:
        yield from token_batches(lengths, budget, random.Random(f"{seed}/{epoch}"))
        epoch += 1


def options() -> argparse.ArgumentParser:
    """Return the options of a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone", type=Path, required=True, help="folder of the unpacked encoder")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and the log")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--only", choices=("yes", "unstated", "no"), default="no", help="worst licence that may teach")
    parser.add_argument("--start", type=Path, help="folder of weights in our format to begin with")
    parser.add_argument("--keep", help="layers that a student keeps, as 0,2,4,6,8,10")
    parser.add_argument("--taught", type=Path, help="folder of a teacher's answers, as distil.py writes them")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--steps", type=int, help="so many steps in place of epochs")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--budget", type=int, default=2048, help="padded tokens in a batch")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--stop-after", type=int, help="stop there, to go on later")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write `last.pt` (network, optimiser, step) into the run folder."""
    wish = options().parse_args(arguments)
    torch.set_num_threads(wish.threads)
    torch.manual_seed(wish.seed)
    wish.run.mkdir(parents=True, exist_ok=True)
    training, _ = build_mixture(wish.data, wish.mix, wish.tests, seed=wish.seed, worst_licence=wish.only)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(wish.backbone)
    ids = encode(tokenizer, [example.text for example in training], wish.max_tokens)
    lengths = [len(sequence) for sequence in ids]
    answers = taught_logits(wish.taught, training)
    total = wish.steps or int(len(token_batches(lengths, wish.budget, random.Random(0))) * wish.epochs)

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = first_network(wish.backbone, wish.start, wish.keep).to(device)
    body = [p for n, p in network.named_parameters() if n.startswith("encoder.") and p.requires_grad]
    heads = [p for n, p in network.named_parameters() if not n.startswith("encoder.")]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": wish.rate}, {"params": heads, "lr": wish.rate * 5}], weight_decay=0.01, fused=True
    )
    warmup = max(1, total // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warmup, max(0.0, (total - step) / max(1, total - warmup)))
    )
    step, checkpoint = 0, wish.run / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        network.load_state_dict(state["network"], strict=False)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        step = int(state["step"])
    print(f"{len(training)} texts, {sum(lengths)} tokens, {total} steps, from step {step}", flush=True)

    network.train()
    end = min(total, wish.stop_after or total)
    started_at, seen, running = time.monotonic(), 0, 0.0
    saved_at = started_at
    for number, batch in enumerate(epoch_batches(lengths, wish.budget, wish.seed)):
        if number < step:
            continue
        if number >= end:
            break
        tokens, mask = collate([ids[i] for i in batch], tokenizer.pad_token_id)
        with torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bfloat16(device)):
            said = network(tokens.to(device), mask.to(device))
        taught = None if answers is None else torch.from_numpy(answers[batch]).to(device)
        loss = loss_of(type(said)(*(part.float() for part in said)), [training[i] for i in batch], taught)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(body + heads, 1.0)
        optimiser.step()
        schedule.step()
        seen += len(batch)
        running = 0.98 * running + 0.02 * float(loss.detach()) if number > step else float(loss.detach())
        if number % 50 == 0:
            rate = seen / (time.monotonic() - started_at)
            line = {"step": number, "of": total, "loss": round(running, 4), "texts_per_s": round(rate, 1)}
            print(json.dumps(line), flush=True)
        if time.monotonic() - saved_at > SAVE_EVERY_S or number == end - 1:
            save(network, optimiser, schedule, number + 1, checkpoint)
            saved_at = time.monotonic()


def first_network(backbone: Path, start: Path | None, keep: str | None) -> ReviewNetwork:
    """Return the network to begin with: the encoder as pre-trained, or weights that ship, or some of their layers."""
    config = BertConfig.from_pretrained(backbone)
    network = ReviewNetwork(config)
    network.encoder = BertModel.from_pretrained(backbone, add_pooling_layer=False)
    words = network.encoder.embeddings.word_embeddings
    state: dict[str, Tensor] = {}
    if start is not None:
        state = {name: torch.from_numpy(array) for name, array in read_network(start / NETWORK_FILE).items()}
    if keep is not None:
        kept = [int(number) for number in keep.split(",")]
        state = without_layers(state or network.state_dict(), kept)
        config.num_hidden_layers = len(kept)
        network = ReviewNetwork(config)
        network.encoder.embeddings.word_embeddings = words
    network.load_state_dict(state, strict=False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    return network


def taught_logits(folder: Path | None, examples: Sequence[Example]) -> NDArray[np.float32] | None:
    """Return the teacher's sentiment logits, shape (texts, 3), rows of NaN where it was not asked; None without one."""
    if folder is None:
        return None
    known: dict[str, NDArray[np.float32]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as answers:
            known.update(zip(answers["keys"].tolist(), answers["logits"], strict=True))
    nothing = np.full(3, np.nan, np.float32)
    return np.stack([known.get(fingerprint(example.text), nothing) for example in examples])


def computes_in_bfloat16(device: torch.device) -> bool:
    """Tell whether bfloat16 is faster than float32 here: without instructions for it, it is several times slower."""
    if device.type == "cuda":
        return True
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def save(
    network: ReviewNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    step: int,
    checkpoint: Path,
) -> None:
    """Write the checkpoint in one piece; the frozen word embeddings stay out of it."""
    weights = {name: value for name, value in network.state_dict().items() if "word_embeddings" not in name}
    state = {
        "network": weights,
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
    }
    temporary = checkpoint.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(checkpoint)


if __name__ == "__main__":
    main()
