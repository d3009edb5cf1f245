import pytest
import yaml

from twelvefold.models.taxonomy import ASPECT_STATES, ASPECTS, URGENCIES
from twelvefold.models.training.annotations import FOLDER, NOTHING_KNOWN, aspect_map, seeds, urgency_words


def states(labels):
    return {
        aspect: ASPECT_STATES[state] for aspect, state in zip(ASPECTS, labels.states, strict=True) if state is not None
    }


def entry(category, polarity, term=None):
    return {"category": category, "aspect": term, "polarity": polarity}


def test_categories_become_our_aspects_and_what_is_not_named_is_absent():
    record = {"aspects": [entry("FOOD#PRICES", "negative"), entry("SERVICE#GENERAL", "negative")]}
    told = aspect_map().labels_of("semeval16_absa_en", record)
    found = states(told)
    assert (found["price_value"], found["staff_service"], found["delivery"]) == ("negative", "negative", "absent")
    assert told.mixed is False


def test_terms_tell_what_is_there_and_nothing_of_the_rest():
    told = aspect_map().labels_of("aste_zh_dianping", {"aspects": [entry(None, "positive", "服务")]})
    assert states(told) == {"staff_service": "positive"}
    assert told.mixed is None


def test_praise_and_complaint_together_are_mixed_and_a_torn_aspect_has_no_polarity():
    record = {"aspects": [entry("FOOD#QUALITY", "positive"), entry("FOOD#STYLE_OPTIONS", "negative")]}
    told = aspect_map().labels_of("semeval16_absa_fr", record)
    assert told.mixed is True
    assert "product_quality" not in states(told)


def test_a_record_without_aspects_says_nothing():
    assert aspect_map().labels_of("umsab", {"label": "positive"}) is NOTHING_KNOWN


def test_every_name_in_the_mapping_is_an_aspect():
    rules = yaml.safe_load((FOLDER / "aspects.yaml").read_text("utf-8"))
    named = {aspect for table in rules["categories"].values() for aspect in table.values()} | set(rules["terms"])
    named |= set(rules["reasons"].values()) | set(rules["whole"].values())
    assert named - {None} <= set(ASPECTS)


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "I will never order again", "leaving"),
        ("fr", "La prise a pris feu", "safety"),
        ("zh-Hant", "我要請律師", "legal"),
        ("zh-Hans", "一直不给退款", "money"),
    ],
)
def test_words_of_urgency_count_in_complaints_alone(language, text, kind):
    words = urgency_words()
    assert words.labels_of(text, language, "negative", is_review=True)[URGENCIES.index(kind)]
    assert not any(words.labels_of(text, language, "positive", is_review=True))
    assert words.labels_of(text, language, "negative", is_review=False) is None
    assert words.labels_of(text, "de", "negative", is_review=True) is None


def test_our_own_sentences_cover_every_urgency_in_every_main_language():
    taught = {
        (line.language, kind) for line in seeds() for kind, is_so in zip(URGENCIES, line.urgency, strict=True) if is_so
    }
    assert taught == {(language, kind) for language in ("en", "fr", "zh-Hant") for kind in URGENCIES}
