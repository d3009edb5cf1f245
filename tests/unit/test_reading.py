import numpy as np
import pytest

from twelvefold.errors import ModelUnusable
from twelvefold.models.calibration import Temperatures
from twelvefold.models.manifest import Windows
from twelvefold.models.outputs import Outputs
from twelvefold.models.passages import by_itself, outputs_of, passages_of
from twelvefold.models.reading import AHEAD, leaves_open, read
from twelvefold.models.sentences import Tokens
from twelvefold.models.taxonomy import ASPECTS, URGENCIES

CUT = Windows(tokens=12, overlap=2, most=8, last_weight=2.0)


def state_of(words):
    """Return what is said of the first aspect, as (absent, -, 0, +)."""
    if {"good", "bad"} <= words:
        return (0.2, 0.35, 0.1, 0.35)
    return (0.05, 0.9, 0.0, 0.05) if "bad" in words else (0.05, 0.05, 0.0, 0.9)


class WordNetwork:
    """Reads words: "good" is praise and "bad" a complaint, but side by side it cannot tell which sentence has which."""

    model = "words"
    windows = CUT
    temperatures = Temperatures(1.0, {})
    token_budget = 1024

    def __init__(self, *, tells_sentences=True):
        self.tells_sentences = tells_sentences
        self.words = []
        self.read = []

    def tokenise(self, texts):
        return [self._tokens(text) for text in texts]

    def _tokens(self, text):
        ids, sentences, offsets, start, at = [], [], [], 0, 0
        for word in text.split():
            begin = text.index(word, at)
            at = begin + len(word)
            self.words.append(word.strip("."))
            ids.append(len(self.words) - 1)
            offsets.append((begin, at))
            if word.endswith("."):
                sentences.append((start, len(ids)))
                start = len(ids)
        if start < len(ids):
            sentences.append((start, len(ids)))
        return Tokens(ids, sentences, offsets) if self.tells_sentences else Tokens(ids)

    def forward(self, bodies, sentences):
        said = [[self.words[number] for number in body] for body in bodies]
        self.read += [" ".join(words) for words in said]
        states = [state_of(set(words)) for words, own in zip(said, sentences, strict=True) for _ in own]
        aspects = np.zeros((len(states), len(ASPECTS), 4), np.float32)
        aspects[:, :, 0] = 9
        if states:
            aspects[:, 0] = np.log(np.maximum(states, 1e-6))
        return Outputs(
            sentiment=np.array([[words.count("bad"), 0, words.count("good")] for words in said], np.float32),
            aspects=aspects if self.tells_sentences else None,
            urgency=np.full((len(states), len(URGENCIES)), -5, np.float32) if self.tells_sentences else None,
        )


def polarity(sentence):
    return ("negative", "neutral", "positive")[sentence.aspects[0, 1:].argmax()]


def test_a_text_of_one_mind_is_read_once():
    network = WordNetwork()
    found = read(network, ["bad soup. bad waiter.", "good soup"])
    assert sorted(network.read) == ["bad soup bad waiter", "good soup"]
    assert [[(s.text, polarity(s)) for s in one.sentences] for one in found] == [
        [("bad soup.", "negative"), ("bad waiter.", "negative")],
        [("good soup", "positive")],
    ]


def test_sentences_that_leave_something_open_are_read_alone_and_that_counts():
    network = WordNetwork()
    told = []
    found = read(network, ["good soup. bad waiter.", "bad soup."], told.append)
    assert sorted(network.read) == ["bad soup", "bad waiter", "good soup", "good soup bad waiter"]
    assert [(s.text, polarity(s)) for s in found[0].sentences] == [
        ("good soup.", "positive"),
        ("bad waiter.", "negative"),
    ]
    assert found[0].logits.tolist() == [1, 0, 1]  # the second reading has no share in the whole
    assert told == [0, 1, 2]


def test_a_network_that_tells_no_sentences_has_no_work_with_them():
    network = WordNetwork(tells_sentences=False)
    assert read(network, ["good soup. bad waiter."])[0].sentences is None
    assert network.read == ["good soup bad waiter"]


def test_many_texts_keep_their_order_and_equal_ones_are_read_once():
    network = WordNetwork()
    texts = [f"{'bad ' * (number % 5)}soup {number}" for number in range(AHEAD + 40)]
    found = read(network, [*texts, "", *texts])
    assert found[len(texts)] is None
    assert [one.logits[0] for one in found[: len(texts)]] == [number % 5 for number in range(len(texts))]
    assert found[: len(texts)] == found[len(texts) + 1 :]
    assert len(network.read) == len(texts)


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        ((0.9, 0.05, 0.0, 0.05), False),  # hardly there
        ((0.1, 0.85, 0.0, 0.05), False),
        ((0.1, 0.4, 0.1, 0.4), True),
        ((0.5, 0.2, 0.2, 0.1), True),
    ],
)
def test_a_sentence_is_open_where_an_aspect_is_there_but_not_its_sentiment(state, is_open):
    states = np.tile([1.0, 0.0, 0.0, 0.0], (len(ASPECTS), 1))
    states[3] = state
    assert leaves_open(states) is is_open


def test_a_long_text_is_read_through_windows_each_sentence_in_one_and_the_last_counts_twice():
    text = Tokens(range(30), [(0, 9), (9, 14), (14, 30)])
    passages = passages_of(4, text, CUT)
    assert [(passage.tokens[0], passage.tokens[-1] + 1) for passage in passages] == [
        (0, 9),
        (7, 16),
        (14, 23),
        (21, 30),
    ]
    assert [passage.share for passage in passages] == pytest.approx([0.2, 0.2, 0.2, 0.4])
    held = [(list(passage.tokens[own[0] : own[1]]), whole) for passage in passages for own, whole in passage.sentences]
    assert held[:2] == [(list(range(9)), (0, 9)), (list(range(9, 14)), (9, 14))]
    assert len(held) == 3
    assert len(held[2][0]) >= 8  # no window holds all of the last sentence
    alone = by_itself(4, text, (14, 30), CUT)
    assert (list(alone.tokens), alone.share, alone.sentences) == (list(range(14, 24)), 0.0, (((0, 10), (14, 30)),))


def test_a_passage_that_does_not_fit_in_memory_names_the_mend():
    class Full(WordNetwork):
        def forward(self, bodies, sentences):
            raise MemoryError

    network = Full()
    passages = passages_of(0, network.tokenise(["bad soup."])[0], CUT)
    with pytest.raises(ModelUnusable, match="free some memory"):
        list(outputs_of(network, passages))
