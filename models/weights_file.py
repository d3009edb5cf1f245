"""How weights lie on disk: word embeddings in 4-bit blocks, the rest in one byte a weight.

`embeddings.npz` holds the frozen word embeddings exactly as in the archive that they came from,
and the tokenizer. `network.npz` holds every other tensor: matrices as int8 with one float16 scale for each
stretch of 128 weights in a row (`NAME.q8` and `NAME.scale`), vectors as float32 (`NAME`). Both are plain
NumPy archives.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twelvefold.errors import ModelUnusable

EMBEDDINGS_FILE = "embeddings.npz"
NETWORK_FILE = "network.npz"
BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18
STEPS = 127
STRETCH = 128  # with one scale for a whole row, four times as many texts change class
MEND = (
    "reinstall the package or, in a checkout, restore the file "
    "(`python -m twelvefold.models.training.export --help` makes it anew)"
)
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Embeddings:
    """The word embeddings and the tokenizer that numbers them.

    Attributes:
        blocks: Shape (vocabulary, blocks, 18), uint8: a float16 scale, then 32 nibbles.
            A weight is (nibble - 8) * scale; low nibbles are weights 0-15, high ones 16-31.
        tokenizer: A `tokenizer.json` in UTF-8.
    """

    blocks: NDArray[np.uint8]
    tokenizer: bytes


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file's bytes.

    Raises:
        ModelUnusable: The file is not there or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise ModelUnusable(f"model file {path} cannot be read ({exc.strerror}); {MEND}") from exc


def unpack_blocks(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32 rows, shape (rows, blocks * 32), of 4-bit blocks of shape (rows, blocks, 18)."""
    scale = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    nibbles = blocks[..., 2:]
    steps = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray((steps * scale).reshape(blocks.shape[0], -1), np.float32)


def quantise(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return int8 steps of the matrix's shape, and float16 scales, shape (rows, stretches).

    A row whose length is no multiple of 128 is one stretch. Steps times their scale are near the matrix.
    """
    rows, columns = matrix.shape
    stretches = columns // STRETCH if columns % STRETCH == 0 else 1
    parts = matrix.reshape(rows, stretches, -1)
    scale = (np.abs(parts).max(axis=2) / STEPS).astype(np.float16)
    divisor = np.where(scale > 0, scale.astype(np.float32), 1.0)
    steps = np.clip(np.rint(parts / divisor[:, :, None]), -STEPS, STEPS)
    return steps.astype(np.int8).reshape(rows, columns), scale


def restore(steps: NDArray[np.int8], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the float32 matrix that `quantise` made small."""
    parts = steps.reshape(*scale.shape, -1).astype(np.float32) * scale.astype(np.float32)[:, :, None]
    return np.asarray(parts.reshape(steps.shape), np.float32)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write a compressed NumPy archive whose bytes depend on the arrays alone.

    NumPy's own writer follows the order of its arguments and leaves the level to zlib's default;
    here the order is by name, the time stamp is fixed and the level is 9.
    """
    temporary = path.with_suffix(".tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    temporary.replace(path)


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return all arrays of a NumPy archive; nothing in it is ever executed.

    Raises:
        ModelUnusable: The file is missing, truncated or no such archive.
    """
    try:
        # NumPy leaves a file open that it opened itself and then finds to be no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as exc:
        raise ModelUnusable(f"model file {path} is missing; {MEND}") from exc
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as exc:
        raise ModelUnusable(f"model file {path} is corrupt or truncated; {MEND}") from exc


def write_embeddings(path: Path, embeddings: Embeddings) -> None:
    """Write `embeddings.npz`."""
    tokenizer = np.frombuffer(embeddings.tokenizer, np.uint8)
    write_arrays(path, {"word_embeddings.q4": embeddings.blocks, "tokenizer": tokenizer})


def read_embeddings(path: Path) -> Embeddings:
    """Return what `write_embeddings` wrote.

    Raises:
        ModelUnusable: The file is missing, corrupt, or holds something else.
    """
    arrays = read_arrays(path)
    blocks, tokenizer = arrays.get("word_embeddings.q4"), arrays.get("tokenizer")
    if blocks is None or tokenizer is None or blocks.ndim != 3 or blocks.shape[2] != BLOCK_BYTES:
        raise ModelUnusable(f"model file {path} does not hold word embeddings and a tokenizer; {MEND}")
    return Embeddings(blocks.astype(np.uint8, copy=False), tokenizer.astype(np.uint8, copy=False).tobytes())


def write_network(path: Path, tensors: Mapping[str, NDArray[np.float32]], *, exact: frozenset[str]) -> None:
    """Write `network.npz`: matrices as int8, vectors and the matrices named in `exact` as float32."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and name not in exact:
            arrays[f"{name}.q8"], arrays[f"{name}.scale"] = quantise(tensor)
        else:
            arrays[name] = tensor.astype(np.float32)
    write_arrays(path, arrays)


def read_network(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return float32 tensors by name.

    Raises:
        ModelUnusable: The file is missing, corrupt, or a matrix lacks its scales.
    """
    arrays = read_arrays(path)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, array in arrays.items():
        if name.endswith(".q8"):
            whole = name.removesuffix(".q8")
            scale = arrays.get(f"{whole}.scale")
            if scale is None or scale.ndim != 2 or scale.shape[0] != array.shape[0] or array.size % scale.size:
                raise ModelUnusable(f"model file {path} lacks the scales of {whole}; {MEND}")
            tensors[whole] = restore(array.astype(np.int8, copy=False), scale.astype(np.float16, copy=False))
        elif not name.endswith(".scale"):
            tensors[name] = array.astype(np.float32, copy=False)
    return tensors
