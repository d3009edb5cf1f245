import numpy as np
import pytest
import torch
from transformers import BertConfig

from twelvefold.errors import ModelUnusable
from twelvefold.models.devices import Device
from twelvefold.models.encoder import EncoderShape, PackedEncoder
from twelvefold.models.training.network import ReviewNetwork
from twelvefold.models.weights_file import unpack_blocks

SHAPE = EncoderShape(layers=2, hidden=64, heads=4, intermediate=96, positions=40, layer_norm_eps=1e-12)


@pytest.fixture(scope="module")
def pair():
    """The network as transformers computes it, and the packed one with the same weights."""
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=50, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        max_position_embeddings=40, layer_norm_eps=1e-12,
    )  # fmt: skip
    blocks = np.random.default_rng(5).integers(0, 256, (50, 2, 18)).astype(np.uint8)
    blocks[..., :2] = np.frombuffer(np.float16(0.03).tobytes(), np.uint8)
    network = ReviewNetwork(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.2)
        network.encoder.embeddings.word_embeddings.weight.copy_(torch.from_numpy(unpack_blocks(blocks)))
    tensors = {name: value.numpy() for name, value in network.state_dict().items() if "word_embeddings" not in name}
    return network, PackedEncoder(SHAPE, blocks, tensors), tensors, blocks


def test_packed_texts_are_computed_as_transformers_computes_them(pair):
    network, packed, _, _ = pair
    chance = np.random.default_rng(6)
    texts = [chance.integers(0, 50, length).tolist() for length in (7, 1, 40, 7, 12, 3, 12, 12)]
    said = packed.forward(texts, [[(0, len(text))] for text in texts])
    for row, text in enumerate(texts):
        with torch.no_grad():
            whole = network(torch.tensor([text]), torch.ones(1, len(text), dtype=torch.long))
        for head in ("sentiment", "stars", "mixed", "aspects", "urgency"):
            assert np.abs(getattr(whole, head).numpy()[0] - getattr(said, head)[row]).max() < 1e-4, head


def test_each_sentence_is_judged_by_its_own_tokens_within_the_whole_text(pair):
    _, packed, _, _ = pair
    text = list(range(20))
    said = packed.forward([[7] * 5, text, [9]], [[(0, 2), (2, 5)], [(0, 20)], []])
    assert said.aspects.shape == (3, 12, 4)
    assert np.abs(said.aspects[2] - packed.forward([text], [[(0, 20)]]).aspects[0]).max() <= 1e-5
    assert np.abs(said.urgency[0] - said.urgency[1]).max() > 1e-4


def test_a_device_of_half_precision_says_nearly_the_same(pair):
    _, packed, tensors, blocks = pair
    halved = PackedEncoder(SHAPE, blocks, tensors, Device("cpu", torch.bfloat16, 4096))
    texts, sentences = [[1, 2, 3, 4], [5] * 12, [6, 7]], [[(0, 2), (2, 4)], [(0, 12)], [(0, 2)]]
    whole, half = packed.forward(texts, sentences), halved.forward(texts, sentences)
    for head in ("sentiment", "stars", "mixed", "aspects", "urgency"):
        one, other = getattr(whole, head), getattr(half, head)
        assert other.dtype == np.float32
        assert 1e-5 < np.abs(one - other).max() < 0.05 * np.abs(one).max(), head


def test_weights_without_the_newer_heads_judge_sentiment_alone(pair):
    _, _, tensors, blocks = pair
    older = {name: tensor for name, tensor in tensors.items() if not name.startswith(("aspects", "mixed", "urgency"))}
    said = PackedEncoder(SHAPE, blocks, older).forward([[1, 2, 3]], [[(0, 3)]])
    assert (said.aspects, said.mixed, said.urgency) == (None, None, None)


def test_company_changes_no_answer(pair):
    _, packed, _, _ = pair
    text = list(range(20))
    alone = packed.forward([text]).sentiment
    crowd = packed.forward([[1, 2], text, [3] * 20, [4] * 39]).sentiment
    assert np.abs(alone[0] - crowd[1]).max() <= 1e-5


def test_weights_that_do_not_fit_the_shape_are_named(pair):
    _, _, tensors, blocks = pair
    lacking = {name: tensor for name, tensor in tensors.items() if name != "stars.weight"}
    with pytest.raises(ModelUnusable, match=r"tensor stars\.weight is missing"):
        PackedEncoder(SHAPE, blocks, lacking)
    with pytest.raises(ModelUnusable, match=r"sentiment\.bias is of shape \(2,\), not of shape \(3,\)"):
        PackedEncoder(SHAPE, blocks, {**tensors, "sentiment.bias": np.zeros(2, np.float32)})
    with pytest.raises(ModelUnusable, match="word embeddings have 32 numbers, not 64"):
        PackedEncoder(SHAPE, blocks[:, :1], tensors)
