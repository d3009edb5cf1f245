from pathlib import Path

import numpy as np
import pytest

from twelvefold.config import HubModel
from twelvefold.errors import ModelUnusable
from twelvefold.models.anchors import ANCHORS
from twelvefold.models.cleaning import LONGEST, clean, says_something
from twelvefold.models.manifest import MANIFEST_FILE, read_manifest
from twelvefold.models.packaged import PackagedNetwork
from twelvefold.models.scorer import WEIGHTS, Scorer, load_scorer, model_id, rating_judgement
from twelvefold.records import Sentiment

ENGLISH = "The parcel arrived on Tuesday."
COMPLAINT = "Service catastrophique, colis jamais reçu, je suis furieux"
PRAISE = "Excellent quality, fast delivery, I am very happy with it"


@pytest.fixture(scope="module")
def scorer():
    return load_scorer("default", Path())


def triple(judgement):
    return np.array([judgement.negative, judgement.neutral, judgement.positive])


@pytest.mark.parametrize("anchor", ANCHORS, ids=lambda anchor: anchor.text[:24])
def test_anchors_are_judged_as_a_person_would(scorer, anchor):
    answer = scorer.score([anchor.text])[0]
    assert answer.label is anchor.label
    assert answer.language == anchor.language


def test_a_judgement_is_whole(scorer):
    answer = scorer.score([COMPLAINT], content_hashes=["key-1"])[0]
    assert answer.content_hash == "key-1"
    assert answer.model == scorer.model == model_id("default", Path())
    assert triple(answer).sum() == pytest.approx(1.0)
    assert answer.confidence == triple(answer).max() == answer.negative
    assert 1 <= answer.stars <= 2.5
    assert (answer.mixed, answer.contradiction) == (False, False)
    assert all(aspect["evidence"] in COMPLAINT for aspect in answer.aspects)


@pytest.mark.parametrize(
    ("praise", "complaint"),
    [
        ("The soup was delicious.", "The waiter was rude and slow."),
        ("La soupe était délicieuse.", "Le serveur était désagréable et lent."),
        ("湯很好喝。", "服務生態度很差又很慢。"),
    ],
)
def test_aspects_come_with_the_sentence_that_decided(scorer, praise, complaint):
    answer = scorer.score([f"{praise} {complaint}"])[0]
    told = {aspect["aspect"]: (aspect["label"], aspect["evidence"]) for aspect in answer.aspects}
    assert told["product_quality"] == ("positive", praise)
    assert told["staff_service"] == ("negative", complaint)


@pytest.mark.parametrize(
    "text",
    [
        "I am closing my account and I want my money back.",
        "Je résilie et je veux être remboursé.",
        "我要退訂，請退錢給我。",
    ],
)
def test_a_threat_to_leave_and_money_at_stake_are_urgent(scorer, text):
    assert {kind["kind"] for kind in scorer.score([text])[0].urgency["kinds"]} == {"leaving", "money"}


def test_the_same_text_gets_the_same_answer_in_any_batch(scorer):
    fillers = [f"{PRAISE} {'really ' * count}" for count in range(40)]
    alone = triple(scorer.score([COMPLAINT])[0])
    for company in (fillers, fillers[:3], [COMPLAINT + " " + COMPLAINT, ENGLISH]):
        crowd = scorer.score([*company, COMPLAINT])
        assert np.abs(triple(crowd[-1]) - alone).max() <= 1e-5


def test_answers_come_in_the_order_given(scorer):
    texts = [PRAISE, "", COMPLAINT, ENGLISH, PRAISE, COMPLAINT + " " + COMPLAINT]
    labels = [answer.label.value for answer in scorer.score(texts)]
    assert labels == ["positive", "neutral", "negative", "neutral", "positive", "negative"]
    assert scorer.score([]) == []


def test_progress_counts_up_to_all_texts(scorer):
    told = []
    scorer.score([PRAISE, PRAISE, "", COMPLAINT], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 4
    told.clear()
    scorer.score(["", "..."], progress=told.append)
    assert told == [2]


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\x00\x07", "\ud800", "<br/>", "—", "　"])
def test_a_text_without_words_is_answered_with_low_confidence(scorer, text):
    answer = scorer.score([text])[0]
    assert answer.label is Sentiment.NEUTRAL
    assert answer.confidence <= 0.5


@pytest.mark.parametrize(
    "text",
    [
        (COMPLAINT + ". ") * 170_000,
        "\x00\x01\x02" * 1000 + PRAISE,
        "\ud83d lone \udc00 surrogates",
        "شحن بطيء جدا \u202e reversed \u202c",
        "<div><p>" * 500,
        "&amp;lt;b&amp;gt;" * 100,
        "👨‍👩‍👧‍👦" * 100,
        "\U000e0041\U000f1234\uffff",
    ],
    ids=["10 MB", "control", "surrogates", "right to left", "tags", "entities", "families", "private"],
)
def test_hostile_texts_are_answered(scorer, text):
    answer = scorer.score([text])[0]
    assert triple(answer).sum() == pytest.approx(1.0)


def test_web_leftovers_do_not_change_the_verdict(scorer):
    plain = "Livraison rapide, très bon produit, je recommande"
    dressed = "<p>Livraison&nbsp;rapide,<br/>tr&egrave;s bon\u200b produit,&#32;je recommande</p>"
    assert clean(dressed) == plain
    assert np.array_equal(triple(scorer.score([dressed])[0]), triple(scorer.score([plain])[0]))


def test_cleaning_keeps_what_carries_meaning():
    assert clean("I <3 it :) 👨‍👩‍👧 5 < 6 & 7 > 2") == "I <3 it :) 👨‍👩‍👧 5 < 6 & 7 > 2"
    assert clean("@Reader12 see https://example.org/x?y=1 now") == "@user see http now"
    assert clean("mail reader12@example.org") == "mail reader12@example.org"
    assert clean("\ud83d\ude00") == "😀"
    assert len(clean("word " * 100_000)) <= LONGEST + 100


@pytest.mark.parametrize(("text", "says"), [("👍", True), (":(", True), ("<3", True), ("7", True), ("?!", False)])
def test_emoji_and_emoticons_say_something(text, says):
    assert says_something(text) is says


def test_the_end_of_a_long_text_counts(scorer):
    filler = "We ordered the small table for the kitchen and it was delivered to the second floor. " * 30
    ending = "After one week it broke, nobody answers, I want my money back. Never again, terrible service!"
    assert scorer.score([filler])[0].negative < 0.5
    assert scorer.score([filler + ending])[0].negative > scorer.score([filler])[0].negative + 0.1


def test_stars_are_weighed_in(scorer):
    doubtful = "It is a kettle, fine I suppose."
    low, alone, high = scorer.score([doubtful] * 3, stars=[1, None, 5])
    assert low.negative > alone.negative
    assert high.positive > alone.positive
    assert low.stars == alone.stars == high.stars


def test_a_contradiction_between_text_and_stars_is_flagged_and_the_text_counts(scorer):
    alone, torn = scorer.score([COMPLAINT, COMPLAINT], stars=[None, 5])
    assert torn.contradiction
    assert np.array_equal(triple(torn), triple(alone))


@pytest.mark.parametrize(("stars", "label"), [(1, "negative"), (2, "negative"), (4.5, "positive"), (5, "positive")])
def test_a_rating_without_text_is_judged_by_the_table(scorer, stars, label):
    answer = rating_judgement(stars, "key-2")
    assert (answer.model, answer.content_hash, answer.label) == ("rating", "key-2", label)
    assert answer.confidence == triple(answer).max()
    assert np.array_equal(triple(scorer.score([""], stars=[stars])[0]), triple(answer))


def test_declared_languages_reach_the_judgement(scorer):
    answers = scorer.score(["Super", "好吃", COMPLAINT], languages=["fr-FR", "zh-TW", "en"])
    assert [answer.language for answer in answers] == ["fr", "zh-Hant", "fr"]


class CrampedNetwork(PackagedNetwork):
    """Has room for three passages at a time, or for none."""

    room = 3

    def forward(self, bodies, sentences):
        if len(bodies) > self.room:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return super().forward(bodies, sentences)


def test_short_memory_halves_the_batch_and_changes_no_answer(scorer):
    network = CrampedNetwork(WEIGHTS)
    cramped = Scorer(network, network.manifest.stars)
    texts = [f"{PRAISE} {count}" for count in range(11)]
    for one, other in zip(cramped.score(texts), scorer.score(texts), strict=True):
        assert np.abs(triple(one) - triple(other)).max() <= 1e-5
    network.room = 0
    with pytest.raises(ModelUnusable, match="does not fit in memory"):
        cramped.score(texts)


@pytest.fixture
def copy(tmp_path):
    for path in WEIGHTS.iterdir():
        if path.suffix in (".npz", ".json"):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def replace_file(folder, name, content):
    (folder / name).unlink()
    (folder / name).write_bytes(content)


def test_a_folder_in_our_format_is_loaded_by_its_path(copy, scorer):
    assert model_id(copy.name, copy.parent) == scorer.model
    assert load_scorer(copy.name, copy.parent).score([PRAISE])[0] == scorer.score([PRAISE])[0]


@pytest.mark.parametrize("name", ["embeddings.npz", "network.npz", MANIFEST_FILE])
def test_a_missing_file_is_refused_with_the_mend(copy, name):
    (copy / name).unlink()
    with pytest.raises(ModelUnusable, match="reinstall the package"):
        load_scorer(str(copy), Path())


def test_a_changed_weight_file_is_refused(copy):
    content = bytearray((copy / "network.npz").read_bytes())
    content[len(content) // 2] ^= 1
    replace_file(copy, "network.npz", bytes(content))
    with pytest.raises(ModelUnusable, match=r"network\.npz is not the one that model\.json names"):
        load_scorer(str(copy), Path())


def test_a_model_that_fails_its_self_test_is_refused(copy):
    manifest = read_manifest(copy)
    anchor, _ = manifest.anchors[0]
    text = (copy / MANIFEST_FILE).read_text("utf-8")
    assert anchor.text in text
    # Anchors are no part of the revision: the same weights, asked for another sentence.
    replace_file(copy, MANIFEST_FILE, text.replace(anchor.text, PRAISE).encode("utf-8"))
    with pytest.raises(ModelUnusable, match="fails its self-test"):
        load_scorer(str(copy), Path())


def test_a_folder_that_does_not_exist_is_refused():
    with pytest.raises(ModelUnusable, match="does not exist; set `model` to `default`"):
        load_scorer("no-such-folder", Path("/"))
    with pytest.raises(ModelUnusable, match="does not exist"):
        model_id("no-such-folder", Path("/"))


def save_classifier(folder, labels, *, learns):
    """Save a tiny BERT classifier over whole words; one that learns knows the anchors by heart."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(4)
    texts = [anchor.text for anchor in ANCHORS]
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    splitter = pre_tokenizers.BertPreTokenizer()
    for text in texts:
        for word, _ in splitter.pre_tokenize_str(text):
            words.setdefault(word, len(words))
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=3, id2label=dict(enumerate(labels)),
    )  # fmt: skip
    network = BertForSequenceClassification(config)
    if learns:
        batch = fast(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
        truth = torch.tensor([list(Sentiment).index(anchor.label) for anchor in ANCHORS])
        optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(60):
            optimiser.zero_grad()
            network(**batch, labels=truth).loss.backward()
            optimiser.step()
    network.save_pretrained(folder)
    fast.save_pretrained(folder)


def test_a_classifier_saved_by_transformers_passes_the_same_self_test(tmp_path):
    place = tmp_path / "shop-model"
    save_classifier(place, ["NEG", "Neutral", "positive"], learns=True)
    scorer = load_scorer("shop-model", tmp_path)
    assert scorer.model == model_id("shop-model", tmp_path)
    assert scorer.model.startswith("shop-model/")
    answers = scorer.score([COMPLAINT, "", PRAISE + " word" * 3000], stars=[None, 5, None])
    assert answers[0].label is Sentiment.NEGATIVE
    assert answers[0].stars is None
    assert answers[1].label is Sentiment.POSITIVE
    assert all(triple(answer).sum() == pytest.approx(1.0) for answer in answers)
    before = scorer.model
    config = place / "config.json"
    config.write_text(config.read_text("utf-8") + "\n", "utf-8")
    assert model_id("shop-model", tmp_path) != before


def test_a_hub_model_is_loaded_with_its_label_map_and_passes_the_same_self_test(tmp_path):
    save_classifier(tmp_path / "m", ["LABEL_0", "LABEL_1", "LABEL_2"], learns=True)
    labels = {"LABEL_0": "negative", "LABEL_1": "neutral", "LABEL_2": "positive"}
    wanted = HubModel(hub=str(tmp_path / "m"), revision="main", labels=labels)
    scorer = load_scorer(wanted, Path())
    assert scorer.model == model_id(wanted, Path())
    assert [answer.label for answer in scorer.score([COMPLAINT, PRAISE])] == ["negative", "positive"]
    turned = HubModel(hub=wanted.hub, revision="main", labels=labels | {"LABEL_0": "positive", "LABEL_2": "negative"})
    with pytest.raises(ModelUnusable, match=r"check model\.labels"):
        load_scorer(turned, Path())


def test_a_classifier_that_judges_anchors_wrongly_is_refused(tmp_path):
    save_classifier(tmp_path / "m", ["negative", "neutral", "positive"], learns=False)
    with pytest.raises(ModelUnusable, match=r"fails the self-test: .* came out"):
        load_scorer("m", tmp_path)


def test_a_label_of_unknown_meaning_is_asked_for(tmp_path):
    save_classifier(tmp_path / "m", ["LABEL_0", "LABEL_1", "LABEL_2"], learns=False)
    with pytest.raises(ModelUnusable, match=r"'LABEL_0', whose class is not known; say it in the configuration"):
        load_scorer("m", tmp_path)


def test_a_broken_classifier_folder_is_one_sentence(tmp_path):
    save_classifier(tmp_path / "m", ["neg", "neu", "pos"], learns=False)
    (tmp_path / "m" / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelUnusable, match="cannot be loaded as a sequence classifier") as caught:
        load_scorer("m", tmp_path)
    assert "\n" not in str(caught.value)
    (tmp_path / "m" / "model.safetensors").unlink()
    with pytest.raises(ModelUnusable, match="holds no weights"):
        model_id("m", tmp_path)


def test_a_hub_model_that_cannot_be_had_names_the_mend(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    wanted = HubModel(hub="someone/no-such-model", revision="0123abc", labels={"LABEL_0": "negative"})
    with pytest.raises(ModelUnusable, match="hf download someone/no-such-model --revision 0123abc"):
        load_scorer(wanted, tmp_path)


def test_the_name_of_a_hub_model_follows_its_revision_and_labels():
    plain = HubModel(hub="a/b", revision="r1")
    assert model_id(plain, Path()) == "a/b@r1"
    first = model_id(HubModel(hub="a/b", revision="r1", labels={"X": "negative"}), Path())
    second = model_id(HubModel(hub="a/b", revision="r1", labels={"X": "positive"}), Path())
    assert len({first, second, "a/b@r1"}) == 3
