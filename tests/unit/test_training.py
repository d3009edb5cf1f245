import gzip
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from twelvefold.errors import ModelUnusable
from twelvefold.models.anchors import ANCHORS
from twelvefold.models.manifest import read_manifest
from twelvefold.models.scorer import load_scorer
from twelvefold.models.training import evaluate_public, export, recipe
from twelvefold.models.training.annotations import FOLDER
from twelvefold.models.training.data import Example, build_mixture, fingerprint, licence_by_set
from twelvefold.models.training.losses import loss_of
from twelvefold.models.training.network import Heads, ReviewNetwork, without_layers
from twelvefold.models.training.train import collate, encode, save, token_batches

LABELS = ("negative", "neutral", "positive")


def write_set(folder, name, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps({"lang": "en", "source": name, **row}, ensure_ascii=False) + "\n")


@pytest.fixture
def sets(tmp_path):
    """One set with a valid part of its own, one of two classes without, one test that must stay out."""
    data, tests = tmp_path / "data", tmp_path / "tests"
    own = [
        {
            "text": f"shop text {n}",
            "label": LABELS[n % 3],
            "stars": (1, 3, 5)[n % 3],
            "split": ("train", "valid")[n > 60],
        }
        for n in range(90)
    ]
    leaking = [{"text": "SHOP  text 8!", "label": "positive", "split": "train"}]
    write_set(data, "own", own + leaking)
    write_set(data, "two", [{"text": f"two sides {n}", "label": LABELS[n % 2 * 2]} for n in range(200)])
    write_set(
        tests, "public", [{"text": "Shop text 5", "label": "neutral"}, {"text": "shop text 70", "label": "neutral"}]
    )
    sides = [
        {
            "text": f"food and staff {n}",
            "label": None,
            "aspects": [
                {"category": "SERVICE#GENERAL", "polarity": "negative"},
                {"category": "FOOD#QUALITY", "polarity": LABELS[(n + 2) % 3]},
            ],
        }
        for n in range(60)
    ]
    write_set(data, "sides", sides)
    mix = tmp_path / "mix.yaml"
    mix.write_text("own: {take: 1000}\ntwo: {take: 40, binary: true}\nsides: {take: 100}\n", "utf-8")
    return data, mix, tests


def test_no_text_of_validation_or_tests_is_trained_on(sets):
    training, validation = build_mixture(*sets)
    trained = {fingerprint(example.text) for example in training}
    held = {fingerprint(example.text) for example in validation}
    assert not trained & held
    for text in ("shop text 5", "shop text 70"):
        assert fingerprint(text) not in trained | held
    assert fingerprint("shop text 8") in trained
    assert len([example for example in training if fingerprint(example.text) == fingerprint("shop text 8")]) == 1
    assert {example.source for example in validation} == {"own", "two", "sides"}


def test_a_mixture_takes_what_it_is_told_evenly_and_repeats_itself(sets):
    training, _ = build_mixture(*sets)
    two = [example for example in training if example.source == "two"]
    assert len(two) == 40
    assert all(example.is_binary for example in two)
    assert sum(example.label == 0 for example in two) == 20
    assert build_mixture(*sets)[0] == training
    assert build_mixture(*sets, seed=13)[0] != training


def example(label, *, is_binary=False, stars=None):
    return Example("text", label, is_binary, stars, "en", "shop", "set")


def heads(texts):
    shapes = {"sentiment": (3,), "stars": (4,), "aspects": (12, 4), "mixed": (), "urgency": (4,)}
    return Heads(**{name: torch.zeros(texts, *shape, requires_grad=True) for name, shape in shapes.items()})


def test_a_binary_set_says_nothing_of_the_neutral_class():
    said = heads(2)
    loss_of(said, [example(0, is_binary=True), example(2)]).backward()
    assert said.sentiment.grad[0, 1] == 0
    assert said.sentiment.grad[1, 1] != 0


def test_stars_alone_teach_the_stars_head_only():
    said = heads(1)
    loss_of(said, [example(None, stars=3)]).backward()
    assert not any(part.grad is not None and part.grad.any() for part in (said.sentiment, said.aspects, said.urgency))
    assert (said.stars.grad[0, :2] < 0).all()
    assert (said.stars.grad[0, 2:] > 0).all()


def test_a_teacher_is_heard_where_it_was_asked():
    said = heads(2)
    taught = torch.tensor([[3.0, 0.0, -3.0], [torch.nan] * 3])
    loss_of(said, [example(None), example(None)], taught).backward()
    assert said.sentiment.grad[0, 0] < 0 < said.sentiment.grad[0, 2]
    assert not said.sentiment.grad[1].any()


def test_aspects_are_taught_where_they_are_known():
    states = (1, None, 0, *[None] * 9)
    said = heads(1)
    loss_of(said, [replace(example(None), states=states, urgency=(True, False, False, False))]).backward()
    assert said.aspects.grad[0, 0, 1] < 0 < said.aspects.grad[0, 0, 3]
    assert said.aspects.grad[0, 2, 0] < 0
    assert not said.aspects.grad[0, 1].any()
    assert said.urgency.grad[0, 0] < 0 < said.urgency.grad[0, 1]


def test_every_set_of_the_mixture_has_a_licence_on_record():
    mix = yaml.safe_load((FOLDER / "mix.yaml").read_text("utf-8"))
    assert set(mix) <= set(licence_by_set())


def test_a_students_layers_are_numbered_anew():
    state = {f"encoder.encoder.layer.{n}.w": torch.tensor(n) for n in range(4)} | {"sentiment.weight": torch.tensor(9)}
    kept = without_layers(state, [0, 3])
    assert {name: int(value) for name, value in kept.items()} == {
        "encoder.encoder.layer.0.w": 0,
        "encoder.encoder.layer.1.w": 3,
        "sentiment.weight": 9,
    }


def test_batches_keep_to_their_budget_of_padded_tokens():
    import random

    chance = random.Random(1)
    lengths = [chance.randint(1, 100) for _ in range(300)]
    batches = token_batches(lengths, 256, random.Random(2))
    assert sorted(index for batch in batches for index in batch) == list(range(300))
    assert all(max(lengths[i] for i in batch) * len(batch) <= 256 for batch in batches)


def test_padding_is_masked():
    tokens, mask = collate([[5, 6, 7], [8]], 1)
    assert tokens.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_long_training_text_keeps_head_and_tail():
    def tokenizer(texts, add_special_tokens):
        return {"input_ids": [[int(word) for word in text.split()] for text in texts]}

    assert encode(tokenizer, ["1 2 3 4 5 6 7", "1 2"], 4) == [[1, 2, 6, 7], [1, 2]]


@pytest.fixture
def trained(tmp_path):
    """A tiny backbone archive in the format of the real one, and a checkpoint of a network that learnt nothing."""
    words = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    splitter = pre_tokenizers.BertPreTokenizer()
    for anchor in ANCHORS:
        for word, _ in splitter.pre_tokenize_str(anchor.text):
            words.setdefault(word, len(words))
    for word in ("shop", "text", "two", "sides"):
        words.setdefault(word, len(words))
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = splitter
    config = {
        "vocab_size": len(words), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "max_position_embeddings": 130, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    blocks = np.random.default_rng(1).integers(0, 256, (len(words), 1, 18)).astype(np.uint8)
    blocks[..., :2] = np.frombuffer(np.float16(0.02).tobytes(), np.uint8)
    layers = BertModel(BertConfig(**config), add_pooling_layer=False).state_dict()
    np.savez(
        tmp_path / "backbone.npz",
        **{export.WORD_EMBEDDINGS: blocks},
        **{f"{name}.f32": value.numpy() for name, value in layers.items() if "word_embeddings" not in name},
        config=np.frombuffer(json.dumps(config).encode(), np.uint8),
        tokenizer=np.frombuffer(tokenizer.to_str().encode(), np.uint8),
    )
    torch.manual_seed(1)
    network = ReviewNetwork(BertConfig(**config))
    optimiser = torch.optim.AdamW(network.parameters())
    save(network, optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1.0), 7, tmp_path / "last.pt")
    return tmp_path


def export_command(monkeypatch, sets, trained, *more):
    data, mix, tests = sets
    arguments = [
        "export",
        "--data",
        data,
        "--tests",
        tests,
        "--mix",
        mix,
        "--backbone-archive",
        trained / "backbone.npz",
    ]
    arguments += ["--checkpoint", trained / "last.pt", "--out", trained / "out", *more]
    monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
    export.main()
    return trained / "out"


def test_a_checkpoint_that_fails_its_anchors_does_not_ship(monkeypatch, sets, trained):
    with pytest.raises(ModelUnusable, match=r"fails \d anchors, train on: .* came out"):
        export_command(monkeypatch, sets, trained)
    assert list((trained / "out").iterdir()) == []


def test_an_export_loads_and_repeats_itself_byte_for_byte(monkeypatch, sets, trained):
    folder = export_command(monkeypatch, sets, trained, "--draft", "--name", "tiny")
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(first) == {"embeddings.npz", "network.npz", "model.json", "MODEL_CARD.md", "NOTICE"}
    manifest = read_manifest(folder)
    assert manifest.name == "tiny"
    assert manifest.encoder["layers"] == 2
    assert manifest.validation["texts"] > 0
    assert sum(manifest.stars.prior) == pytest.approx(1.0, abs=1e-4)
    assert manifest.model in first["MODEL_CARD.md"].decode("utf-8")
    assert load_scorer(str(folder), folder).score(["shop text"])[0].model == manifest.model
    unchanged = (folder / "embeddings.npz").stat().st_mtime_ns
    export_command(monkeypatch, sets, trained, "--draft", "--name", "tiny")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert (folder / "embeddings.npz").stat().st_mtime_ns == unchanged


def test_public_tests_are_reported_in_the_card(tmp_path, monkeypatch, capsys, sets, trained):
    folder = export_command(monkeypatch, sets, trained, "--draft")
    capsys.readouterr()
    tests, card = tmp_path / "public", folder / "MODEL_CARD.md"
    before = card.read_text("utf-8")
    rows = [{"text": f"shop text {n}", "label": LABELS[n % 3], "lang": ("fr", "de")[n % 2]} for n in range(12)]
    write_set(tests, "umsab", rows)
    arguments = ["evaluate_public", "--tests", str(tests), "--model", str(folder), "--card", str(card)]
    monkeypatch.setattr(sys, "argv", arguments)
    for _ in range(2):
        evaluate_public.main()
        told = json.loads(capsys.readouterr().out)
        assert told["umsab"]["n"] == 12
        assert set(told["umsab"]["macro_f1_by_language"]) == {"de", "fr"}
        after = card.read_text("utf-8")
        assert after.startswith(before.rstrip())
        assert after.count("## Public tests") == 1
        assert "| umsab | 12 | macro-F1 |" in after


def test_one_command_leads_from_raw_sets_to_weights_and_goes_on_where_it_was(tmp_path, monkeypatch, sets, trained):
    data, mix, tests = sets
    out, run = tmp_path / "shipped", tmp_path / "run"
    command = ["--data", data, "--tests", tests, "--mix", mix, "--backbone-archive", trained / "backbone.npz"]
    command += ["--run", run, "--out", out, "--name", "tiny", "--threads", 1, "--draft"]
    arguments = [str(argument) for argument in command]

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recipe.distil, "main", stopped)
        with pytest.raises(KeyboardInterrupt):
            recipe.main(arguments)
    taught = (run / "teacher" / "last.pt").stat().st_mtime_ns
    recipe.main(arguments)
    assert (run / "teacher" / "last.pt").stat().st_mtime_ns == taught
    manifest = read_manifest(out)
    assert (manifest.name, manifest.encoder["layers"], read_manifest(run / "teacher-weights").encoder["layers"]) == (
        "tiny", 1, 2,
    )  # fmt: skip
    assert sum(manifest.review_prior) == pytest.approx(1.0, abs=1e-4)
    assert manifest.prior_by_language["und"] == manifest.review_prior
    assert set(manifest.prior_ratios) == {"und", "en"}
    assert manifest.aspect_prior is not None
    assert sum(manifest.aspect_prior) == pytest.approx(1.0, abs=1e-4)
    assert "## Public tests" in (out / "MODEL_CARD.md").read_text("utf-8")
