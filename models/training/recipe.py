"""From raw sets to the weights that ship, in one command: `python -m twelvefold.models.training.recipe --help`.

Unpacks the encoder, trains a teacher of all its layers, asks the teacher what it says of the training texts, trains
a student of every other layer, exports it with its card, and runs the public tests. Each stage that is done leaves a
mark in the run folder and training resumes from its checkpoint: run the same command again after an interruption.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import yaml
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.training import distil, evaluate_public, export, train
from twelvefold.models.weights_file import unpack_blocks

TOKENIZER_MARKS = {
    "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
    "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all stages that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of gzip'd sets")
    parser.add_argument("--tests", type=Path, required=True, help="folder of public tests, whose texts are kept out")
    parser.add_argument("--backbone-archive", type=Path, required=True, help="the encoder as found, an .npz archive")
    parser.add_argument(
        "--run", type=Path, required=True, help="folder for checkpoints; keep it out of version control"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.yaml"))
    parser.add_argument("--only", choices=("yes", "unstated", "no"), default="no", help="worst licence that may teach")
    parser.add_argument("--teacher-epochs", type=float, default=1.0)
    parser.add_argument("--student-epochs", type=float, default=1.0)
    parser.add_argument("--max-tokens", type=int, default=96)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", default="twelvefold-small")
    parser.add_argument("--draft", action="store_true", help="ship even what fails anchors, without these: for trials")
    wish = parser.parse_args(arguments)
    run: Path = wish.run
    backbone, teacher, student = run / "backbone", run / "teacher", run / "student"
    sets = ["--data", wish.data, "--tests", wish.tests, "--mix", wish.mix]
    teaching = [*sets, "--backbone", backbone, "--only", wish.only, "--max-tokens", wish.max_tokens]
    teaching += ["--threads", wish.threads]
    exporting = [*sets, "--backbone-archive", wish.backbone_archive]
    mixed = [name for name in yaml.safe_load(wish.mix.read_text("utf-8")) if (wish.data / f"{name}.jsonl.gz").exists()]

    run.mkdir(parents=True, exist_ok=True)
    layers = once(run, "backbone", lambda: unpack(wish.backbone_archive, backbone))
    once(run, "teacher", lambda: call(train.main, *teaching, "--run", teacher, "--epochs", wish.teacher_epochs))
    weighed = ["--checkpoint", teacher / "last.pt", "--out", run / "teacher-weights", "--name", "teacher", "--draft"]
    once(run, "teacher-weights", lambda: call(export.main, *exporting, *weighed))
    asking = ["--teacher", run / "teacher-weights", "--max-tokens", wish.max_tokens, "--out", run / "answers"]
    once(run, "answers", lambda: call(distil.main, "--data", wish.data, *asking, *mixed))
    kept = ",".join(str(number) for number in range(0, layers, 2))
    learning = ["--start", run / "teacher-weights", "--keep", kept, "--taught", run / "answers"]
    learning += ["--epochs", wish.student_epochs, "--run", student]
    once(run, "student", lambda: call(train.main, *teaching, *learning))
    shipped = ["--checkpoint", student / "last.pt", "--out", wish.out, "--name", wish.name]
    once(run, "weights", lambda: call(export.main, *exporting, *shipped, *(["--draft"] if wish.draft else [])))
    judged = ["--tests", wish.tests, "--model", wish.out, "--card", wish.out / "MODEL_CARD.md"]
    once(run, "public-tests", lambda: call(evaluate_public.main, *judged))


def once(run: Path, stage: str, work: Callable[[], int | None]) -> int:
    """Do the work of a stage unless its mark says that it is done; return the number that it gave."""
    mark = run / f"{stage}.done"
    if not mark.exists():
        print(f"stage {stage}", flush=True)
        mark.write_text(json.dumps(work() or 0), "utf-8")
    return int(json.loads(mark.read_text("utf-8")))


def call(stage: Callable[[Sequence[str]], None], *arguments: object) -> None:
    """Run the command of a stage."""
    stage([str(argument) for argument in arguments])


def unpack(archive: Path, folder: Path) -> int:
    """Write the encoder of an archive of 4-bit blocks as transformers loads it; return how many layers it has."""
    with np.load(archive, allow_pickle=False) as arrays:
        config = BertConfig(**json.loads(arrays["config"].tobytes()))
        state = {
            name.removesuffix(".q4").removesuffix(".f32"): torch.from_numpy(
                unpack_blocks(arrays[name]) if name.endswith(".q4") else arrays[name]
            )
            for name in arrays.files
            if name.endswith((".q4", ".f32"))
        }
        tokenizer = arrays["tokenizer"].tobytes()
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.load_state_dict(state)
    encoder.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer)
    fast = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **TOKENIZER_MARKS)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder)
    return int(config.num_hidden_layers)


if __name__ == "__main__":
    main()
