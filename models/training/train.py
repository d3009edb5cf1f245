"""Fine-tune the encoder on the mixture: `python -m twelvefold.models.training.train --help`.

Resumes from its checkpoint, so an interrupted run loses at most a few minutes.
Linear learning-rate decay, token batches, frozen word embeddings; bfloat16 where the processor has it.
"""

# ruff: noqa: S311 - chance shuffles batches here, it keeps no secrets

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from twelvefold.models.training.data import Example, build_mixture
from twelvefold.models.training.network import ReviewNetwork

MASKED_LOGIT = -1e4


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


def loss_of(logits: Tensor, star_logits: Tensor, examples: Sequence[Example]) -> Tensor:
    """Return the sum of the sentiment and the stars loss over what is labelled."""
    labels = torch.tensor([-100 if e.label is None else e.label for e in examples], device=logits.device)
    binary = torch.tensor([e.is_binary for e in examples], device=logits.device)
    neutral = torch.tensor([False, True, False], device=logits.device)
    masked = logits.masked_fill(binary[:, None] & neutral[None, :], MASKED_LOGIT)
    loss = functional.cross_entropy(masked, labels, ignore_index=-100, label_smoothing=0.0)
    if bool((labels == -100).all()):
        loss = logits.sum() * 0
    stars = torch.tensor([e.stars or 0 for e in examples], device=logits.device)
    if bool((stars > 0).any()):
        targets = (stars[:, None] > torch.arange(1, 5, device=logits.device)).float()
        steps = functional.binary_cross_entropy_with_logits(star_logits, targets, reduction="none").mean(1)
        loss = loss + 0.3 * (steps * (stars > 0)).sum() / (stars > 0).sum()
    return loss


def epoch_batches(lengths: Sequence[int], budget: int, seed: int) -> Iterator[list[int]]:
    """Yield batches for ever, epoch after epoch, each epoch in its own order."""
    epoch = 0
    while True:
        yield from token_batches(lengths, budget, random.Random(f"{seed}/{epoch}"))
        epoch += 1


def main() -> None:
    """Train and write `last.pt` (network, optimiser, step) into the run folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone", type=Path, required=True, help="folder of the unpacked encoder")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and the log")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--budget", type=int, default=2048, help="padded tokens in a batch")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--stop-after", type=int, help="stop after this many steps, for a trial")
    wish = parser.parse_args()

    torch.set_num_threads(wish.threads)
    torch.manual_seed(wish.seed)
    wish.run.mkdir(parents=True, exist_ok=True)
    training, _ = build_mixture(wish.data, wish.mix, wish.tests, seed=wish.seed)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(wish.backbone)
    ids = encode(tokenizer, [example.text for example in training], wish.max_tokens)
    lengths = [len(sequence) for sequence in ids]
    total = int(len(token_batches(lengths, wish.budget, random.Random(0))) * wish.epochs)

    network = ReviewNetwork(BertConfig.from_pretrained(wish.backbone))
    network.encoder = BertModel.from_pretrained(wish.backbone, add_pooling_layer=False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    heads = [p for n, p in network.named_parameters() if not n.startswith("encoder.")]
    body = [p for n, p in network.named_parameters() if n.startswith("encoder.") and p.requires_grad]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": wish.rate}, {"params": heads, "lr": wish.rate * 5}], weight_decay=0.01, fused=True
    )
    warmup = max(1, total // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warmup, max(0.0, (total - step) / (total - warmup)))
    )
    step, checkpoint = 0, wish.run / "last.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"], strict=False)
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        step = int(state["step"])
    print(f"{len(training)} texts, {sum(lengths)} tokens, {total} steps, from step {step}", flush=True)

    has_fast_bfloat16 = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    network.train()
    started_at, seen, running = time.monotonic(), 0, 0.0
    saved_at = started_at
    for number, batch in enumerate(epoch_batches(lengths, wish.budget, wish.seed)):
        if number < step:
            continue
        if number >= total or number == wish.stop_after:
            break
        tokens, mask = collate([ids[i] for i in batch], tokenizer.pad_token_id)
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16):
            logits, star_logits = network(tokens, mask)
        loss = loss_of(logits.float(), star_logits.float(), [training[i] for i in batch])
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
        if time.monotonic() - saved_at > 240 or number == total - 1:
            save(network, optimiser, schedule, number + 1, checkpoint)
            saved_at = time.monotonic()


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
