"""A model in our own format that loads in no time: for what tests nights, and not how texts are judged.

It has the shipped network's tensors, heads and keys, each far smaller and drawn at random, so that its labels
follow the ratings that come with the texts.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from twelvefold.models.manifest import MANIFEST_FILE, revision_of
from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.weights_file import (
    EMBEDDINGS_FILE,
    NETWORK_FILE,
    Embeddings,
    read_network,
    sha256_of,
    write_embeddings,
    write_network,
)

HIDDEN, WIDE, HEADS = 32, 64, 2


def write_tiny_model(folder: Path) -> Path:
    """Write the model into `folder`, the same on every call, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = json.loads((WEIGHTS / MANIFEST_FILE).read_text("utf-8"))
    shape = document["encoder"]
    smaller = {shape["hidden"]: HIDDEN, shape["intermediate"]: WIDE}
    chance = np.random.default_rng(12)
    tensors = {
        name: chance.normal(0, 0.05, [smaller.get(size, size) for size in tensor.shape]).astype(np.float32)
        for name, tensor in read_network(WEIGHTS / NETWORK_FILE).items()
        if ".layer." not in name or ".layer.0." in name
    }
    write_network(folder / NETWORK_FILE, tensors, exact=frozenset())
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    blocks = chance.integers(0, 256, (len(pieces), HIDDEN // 32, 18)).astype(np.uint8)
    blocks[..., :2] = np.frombuffer(np.float16(0.02).tobytes(), np.uint8)
    write_embeddings(folder / EMBEDDINGS_FILE, Embeddings(blocks, tokenizer.to_str().encode()))
    document |= {
        "name": "tiny",
        "encoder": {**shape, "hidden": HIDDEN, "intermediate": WIDE, "heads": HEADS, "layers": 1},
        "anchors": [],
        "files": {name: sha256_of(folder / name) for name in (EMBEDDINGS_FILE, NETWORK_FILE)},
    }
    document["revision"] = revision_of(document)
    (folder / MANIFEST_FILE).write_text(json.dumps(document), "utf-8")
    return folder
