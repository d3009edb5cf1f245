import numpy as np
import pytest

from twelvefold.models.calibration import Thresholds
from twelvefold.models.reading import Sentence
from twelvefold.models.taxonomy import ASPECTS, URGENCIES
from twelvefold.models.verdicts import aspects_of, urgency_of


def sentence(text, aspects=(), urgency=()):
    """Return a sentence that surely says nothing but what is given, as {aspect: (absent, -, 0, +)}."""
    states = np.tile([1.0, 0.0, 0.0, 0.0], (len(ASPECTS), 1))
    for aspect, shares in dict(aspects).items():
        states[ASPECTS.index(aspect)] = shares
    chances = np.array([dict(urgency).get(kind, 0.0) for kind in URGENCIES])
    return Sentence(text, states, chances)


def test_an_aspect_comes_with_its_sentiment_and_the_sentence_that_decided():
    told = aspects_of(
        [
            sentence("Good soup.", {"product_quality": (0.1, 0.0, 0.1, 0.8)}),
            sentence("Slow waiter.", {"staff_service": (0.0, 0.9, 0.1, 0.0)}),
            sentence("Rude waiter.", {"staff_service": (0.0, 1.0, 0.0, 0.0)}),
        ],
        Thresholds(),
    )
    assert [(entry["aspect"], entry["label"], entry["evidence"]) for entry in told] == [
        ("product_quality", "positive", "Good soup."),
        ("staff_service", "negative", "Rude waiter."),
    ]
    assert told[1]["negative"] == pytest.approx(0.95)
    assert sum(told[0][label] for label in ("negative", "neutral", "positive")) == pytest.approx(1)


def test_an_aspect_counts_from_its_own_threshold_on():
    heard = [sentence("Cheap.", {"price_value": (0.6, 0.0, 0.0, 0.4)})]
    assert aspects_of(heard, Thresholds()) == ()
    assert len(aspects_of(heard, Thresholds(aspects={"price_value": 0.4}))) == 1


def test_urgency_names_each_kind_with_its_sentence():
    told = urgency_of(
        [sentence("I leave.", urgency={"leaving": 0.9}), sentence("It burnt.", urgency={"safety": 0.7, "legal": 0.2})],
        Thresholds(),
    )
    assert told["level"] == pytest.approx(0.9)
    assert [(kind["kind"], kind["evidence"]) for kind in told["kinds"]] == [
        ("leaving", "I leave."),
        ("safety", "It burnt."),
    ]


def test_a_text_without_sentences_says_nothing():
    assert aspects_of([], Thresholds()) == ()
    assert urgency_of([], Thresholds()) == {"level": 0.0, "kinds": []}
