import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from twelvefold.errors import ModelUnusable
from twelvefold.models.manifest import MANIFEST_FILE, read_manifest, revision_of
from twelvefold.models.scorer import WEIGHTS
from twelvefold.models.weights_file import (
    EMBEDDINGS_FILE,
    NETWORK_FILE,
    Embeddings,
    quantise,
    read_embeddings,
    read_network,
    restore,
    sha256_of,
    unpack_blocks,
    write_embeddings,
    write_network,
)

MATRICES = arrays.arrays(
    np.float32, arrays.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.floats(-8, 8, width=32)
)


@given(MATRICES)
def test_quantised_rows_are_within_half_a_step(matrix):
    back = restore(*quantise(matrix))
    largest = np.abs(matrix).max(axis=1, keepdims=True)
    # Half a step, and what rounding the scale to 16 bits takes from the row's largest weight.
    assert np.all(np.abs(back - matrix) <= largest * (0.5 / 127 + 2**-10) + 1e-5)


def test_a_row_of_zeros_stays_zero():
    steps, scale = quantise(np.zeros((2, 4), np.float32))
    assert not steps.any()
    assert not scale.any()


def test_each_stretch_of_a_long_row_has_its_own_scale():
    matrix = np.full((2, 384), 0.001, np.float32)
    matrix[0, 0] = 100
    steps, scale = quantise(matrix)
    assert scale.shape == (2, 3)
    back = restore(steps, scale)
    assert back[0, 0] == pytest.approx(100, rel=1e-3)
    assert back[0, 1] == 0
    assert back[:, 128:] == pytest.approx(0.001, rel=1e-2)


def test_blocks_unpack_as_their_format_says():
    row = np.zeros((1, 1, 18), np.uint8)
    row[0, 0, :2] = np.frombuffer(np.float16(0.5).tobytes(), np.uint8)
    row[0, 0, 2] = 0xF0  # weight 0: nibble 0; weight 16: nibble 15
    values = unpack_blocks(row)[0]
    assert values.shape == (32,)
    assert (values[0], values[16], values[1]) == (-4.0, 3.5, -4.0)


def test_what_is_written_is_read_back_and_the_bytes_repeat(tmp_path):
    chance = np.random.default_rng(3)
    tensors = {
        "head.weight": chance.normal(size=(3, 8)).astype(np.float32),
        "layer.weight": chance.normal(size=(5, 8)).astype(np.float32),
        "layer.bias": chance.normal(size=5).astype(np.float32),
    }
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    write_network(first, tensors, exact=frozenset({"head.weight"}))
    write_network(second, dict(reversed(tensors.items())), exact=frozenset({"head.weight"}))
    assert first.read_bytes() == second.read_bytes()
    back = read_network(first)
    assert back.keys() == tensors.keys()
    assert np.array_equal(back["head.weight"], tensors["head.weight"])
    assert np.array_equal(back["layer.bias"], tensors["layer.bias"])
    assert np.allclose(back["layer.weight"], tensors["layer.weight"], atol=0.02)


def test_embeddings_are_read_back_as_they_were(tmp_path):
    blocks = np.random.default_rng(1).integers(0, 255, (7, 2, 18)).astype(np.uint8)
    write_embeddings(tmp_path / "e.npz", Embeddings(blocks, b'{"version": "1.0"}'))
    back = read_embeddings(tmp_path / "e.npz")
    assert np.array_equal(back.blocks, blocks)
    assert back.tokenizer == b'{"version": "1.0"}'


def test_a_missing_file_is_named_with_the_mend(tmp_path):
    with pytest.raises(ModelUnusable, match=r"network\.npz is missing; reinstall the package"):
        read_network(tmp_path / "network.npz")
    with pytest.raises(ModelUnusable, match="cannot be read"):
        sha256_of(tmp_path / "network.npz")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = tmp_path / "network.npz"
    write_network(path, {"layer.weight": np.ones((40, 40), np.float32)}, exact=frozenset())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelUnusable, match="corrupt or truncated"):
        read_network(path)


def test_flipped_bits_are_refused(tmp_path):
    path = tmp_path / "network.npz"
    write_network(path, {"layer.weight": np.eye(60, dtype=np.float32)}, exact=frozenset())
    broken = bytearray(path.read_bytes())
    broken[len(broken) // 3] ^= 0xFF
    path.write_bytes(bytes(broken))
    with pytest.raises(ModelUnusable, match=r"network\.npz"):
        read_network(path)


def test_pickled_arrays_are_never_opened(tmp_path):
    path = tmp_path / "network.npz"
    np.savez(path, evil=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelUnusable, match="corrupt"):
        read_network(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.ones(3))
    with pytest.raises(ModelUnusable, match="does not hold word embeddings"):
        read_embeddings(tmp_path / "other.npz")
    np.savez(tmp_path / "scaleless.npz", **{"layer.weight.q8": np.ones((2, 2), np.int8)})
    with pytest.raises(ModelUnusable, match=r"lacks the scales of layer\.weight"):
        read_network(tmp_path / "scaleless.npz")


def test_the_packaged_files_are_those_that_the_manifest_names_and_stay_small():
    manifest = read_manifest(WEIGHTS)
    assert set(manifest.files) == {EMBEDDINGS_FILE, NETWORK_FILE}
    for name, digest in manifest.files.items():
        assert sha256_of(WEIGHTS / name) == digest
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir() if path.is_file()) <= 40_000_000
    for name in ("MODEL_CARD.md", "NOTICE"):
        assert (WEIGHTS / name).stat().st_size > 500
    assert manifest.model in (WEIGHTS / "MODEL_CARD.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path):
    shutil.copyfile(WEIGHTS / MANIFEST_FILE, tmp_path / MANIFEST_FILE)
    return tmp_path


def change(folder, **keys):
    path = folder / MANIFEST_FILE
    document = json.loads(path.read_text("utf-8")) | keys
    path.write_text(json.dumps(document), "utf-8")
    return document


def test_the_revision_follows_what_changes_a_judgement_and_nothing_else(folder):
    before = read_manifest(folder)
    document = change(folder, validation={"overall": "prettier prose"})
    assert read_manifest(folder).revision == before.revision
    assert revision_of({**document, "prior": {"negative": 1, "neutral": 0, "positive": 0}}) != before.revision


def test_a_manifest_changed_by_hand_is_refused(folder):
    change(folder, temperature={"default": 9.0, "by_language": {}})
    with pytest.raises(ModelUnusable, match="does not match its own revision"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not readable as JSON"),
        ("[]", "not of the format"),
        ('{"format": "other/9"}', "not of the format"),
        ('{"format": "twelvefold-weights/1"}', "lacks or garbles a key"),
    ],
)
def test_a_garbled_manifest_is_refused(tmp_path, content, words):
    (tmp_path / MANIFEST_FILE).write_text(content, "utf-8")
    with pytest.raises(ModelUnusable, match=words):
        read_manifest(tmp_path)
