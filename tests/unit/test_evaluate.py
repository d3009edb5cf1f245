import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.models.evaluate import evaluate, macro_scores
from twelvefold.records import Judgement, Sentiment


class ScriptedScorer:
    """Answers as the text says: "positive 0.9 4.5" is positive with .9 and 4.5 stars."""

    model = "scripted/1"

    def __init__(self):
        self.asked = []

    def score(self, texts, stars=None, languages=None, content_hashes=None, progress=None):
        self.asked.append((list(texts), stars, languages))
        return [self._answer(text) for text in texts]

    def _answer(self, text):
        label, sure, star = text.split()
        rest = (1 - float(sure)) / 2
        shares = {sentiment.value: rest for sentiment in Sentiment} | {label: float(sure)}
        return Judgement("key", self.model, Sentiment(label), **shares, confidence=float(sure), stars=float(star))


def test_figures_over_all_by_language_and_by_source():
    rows = [
        {"text": "positive 0.9 5", "label": "positive", "stars": 5, "language": "fr-FR", "source": "shop"},
        {"text": "negative 0.9 2", "label": "positive", "stars": 4, "language": "fr", "source": "shop"},
        {"text": "negative 0.9 1", "label": "negative", "stars": 1, "lang": "zh-TW", "source": "app"},
        {"text": "neutral 0.9 3", "label": "neutral", "language": "zh-Hant"},
    ]
    told = evaluate(rows, ScriptedScorer())
    assert told["schema"] == "twelvefold/evaluate/1"
    assert told["model"] == "scripted/1"
    overall = told["all"]
    assert (overall["n"], overall["accuracy"]) == (4, 0.75)
    assert overall["macro_recall"] == pytest.approx((1 + 1 + 0.5) / 3, abs=1e-5)
    assert overall["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3, abs=1e-5)
    assert overall["ece"] == pytest.approx(0.15)
    assert overall["mae_stars"] == pytest.approx(2 / 3, abs=1e-5)
    assert overall["stars_n"] == 3
    assert overall["confusion"]["positive"] == {"negative": 1, "neutral": 0, "positive": 1}
    assert set(told["by_language"]) == {"fr", "zh-Hant"}
    assert {name: group["n"] for name, group in told["by_source"].items()} == {"app": 1, "shop": 2, "unknown": 1}
    assert told["by_language"]["fr"]["accuracy"] == 0.5


def test_the_judge_never_sees_the_stars():
    scorer = ScriptedScorer()
    evaluate([{"text": "positive 0.9 5", "label": "negative", "stars": 1}], scorer)
    assert scorer.asked == [(["positive 0.9 5"], None, [None])]


def test_two_class_sets_are_judged_by_their_side_too():
    rows = [{"text": "neutral 0.4 3", "label": "positive"}, {"text": "positive 0.8 4", "label": "positive"}]
    overall = evaluate(rows, ScriptedScorer())["all"]
    assert overall["accuracy"] == 0.5
    assert overall["polar_accuracy"] == 0.5
    assert overall["macro_recall"] == 0.5


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on():
    rows = [
        {"label": "positive"},
        {"text": "positive 0.9 5", "label": "great"},
        {"text": "positive 0.9 5", "stars": 9},
        {"text": "positive 0.9 5"},
        {"text": "positive 0.9 5", "stars": 4},
    ]
    told = evaluate(rows, ScriptedScorer())
    assert told["skipped"] == 4
    assert [line.split(":")[0] for line in told["rejected"]] == ["row 1", "row 2", "row 3", "row 4"]
    assert told["all"]["n"] == 1
    assert told["all"]["accuracy"] is None
    assert told["all"]["ece"] is None
    assert told["all"]["mae_stars"] == 1.0


def test_nothing_to_evaluate_gives_no_figures():
    told = evaluate([], ScriptedScorer())
    assert told["all"]["n"] == 0
    assert told["all"]["macro_f1"] is None
    assert told["by_language"] == {}


@given(st.lists(st.tuples(st.sampled_from(list(Sentiment)), st.sampled_from(list(Sentiment))), min_size=1))
def test_macro_scores_are_means_of_precision_and_recall_by_class(pairs):
    f1s, recalls = [], []
    for label in {truth for truth, _ in pairs}:
        of_truth = [answer is label for truth, answer in pairs if truth is label]
        of_answer = [truth is label for truth, answer in pairs if answer is label]
        recall = sum(of_truth) / len(of_truth)
        precision = sum(of_answer) / len(of_answer) if of_answer else 0.0
        recalls.append(recall)
        f1s.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    f1, recall = macro_scores(pairs)
    assert f1 == pytest.approx(sum(f1s) / len(f1s), abs=1e-5)
    assert recall == pytest.approx(sum(recalls) / len(recalls), abs=1e-5)
