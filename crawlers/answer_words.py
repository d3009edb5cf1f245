"""Survey answers in words ("Very satisfied", "Plutôt d'accord", "非常滿意"), and the scores that they stand for.

A word has a sign and a strength. Which score that is depends on the other answers to the question: with
"Satisfied" beside "Somewhat satisfied" the scale has 7 points, without it has 5. A scale of four answers
without a middle is one of 5 on which nobody is in the middle. English, French, Chinese in both scripts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

EXTREME, STRONG, PLAIN, WEAK = 4, 3, 2, 1
_LONGEST = 60  # characters
_EASE_WORDS = """
    easy simple simples facile difficult hard complicated difficile complique compliquee
    容易 輕鬆 轻松 簡單 简单 困難 困难 難 难 費力 费力 複雜 复杂 麻煩 麻烦
"""
_AMOUNT_WORDS = "agree disagree d'accord en_desaccord low high 同意 贊成 赞成"
_BAD_WORDS = """
    dissatisfied unsatisfied disagree unlikely difficult hard complicated unhappy bad poor low
    insatisfait mecontent en_desaccord improbable difficile complique compliquee mauvais mauvaise
    困難 困难 難 难 費力 费力 複雜 复杂 麻煩 麻烦 差
"""
_EASE = frozenset(_EASE_WORDS.split())
_AMOUNT = frozenset(_AMOUNT_WORDS.split())
_BAD = frozenset(_BAD_WORDS.split())
# Words of several parts are written with underscores.
_DEGREES = {
    EXTREME: "extremely completely totally absolutely extremement completement 極度 极度 極其 极其 極 极",
    STRONG: """very strongly highly tout_a_fait tres fortement totalement entierement
        非常 十分 完全 很 相當 相当 頗 颇""",
    WEAK: """somewhat slightly fairly rather a_little a_bit assez plutot un_peu
        比較 比较 還算 还算 有點 有点 有些 稍微 略微 較 较 尚""",
    PLAIN: "quite moderately mostly generally moyennement",
}
_STRENGTH = {word.replace("_", " "): strength for strength, words in _DEGREES.items() for word in words.split()}
_NEGATIONS = {
    STRONG: ("not at all", "pas du tout", "tres peu"),
    WEAK: ("not so", "not very", "not really", "not too", "plutot pas", "pas vraiment", "pas tres", "peu"),
    PLAIN: ("not", "pas"),
}
_NEGATED = {words: strength for strength, group in _NEGATIONS.items() for words in group}
_WEAKLY_NOT = ("不太", "不怎麼", "不怎么", "不大")


def _either(words: Collection[str]) -> str:
    """Return a pattern of any of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_LATIN = re.compile(
    rf"(?:(?P<not>{_either(_NEGATED)}) |(?P<degree>{_either(_STRENGTH)}) )?"
    r"(?P<stem>satisfied|dissatisfied|unsatisfied|agree|disagree|likely|unlikely|easy|simple|difficult|hard|complicated"
    r"|happy|unhappy|good|bad|poor|low|high"
    r"|(?:satisfait|insatisfait|content|mecontent)(?=e?s?\b)|d'accord|en desaccord|probable|improbable"
    r"|facile|difficile|compliquee?|bon|bonne|mauvaise?)(?:e?s?)(?: effort)?"
)
_CHINESE = re.compile(
    rf"(?P<degree>{_either([word for word in _STRENGTH if word > '一'])})?"
    rf"(?P<not>{_either(_WEAKLY_NOT)}|不)?"
    r"(?P<stem>滿意|满意|同意|贊成|赞成|可能|容易|輕鬆|轻松|簡單|简单|困難|困难|難|难|費力|费力|複雜|复杂|麻煩|麻烦|好|差)的?"
)
_MIDDLE = re.compile(
    r"neutral|undecided|neither(?: [\w ,'/]+)?|neutre|moyen|ni (?:[\w']+ )+ni (?:[\w']+ ?)+"
    r"|普通|一般|中立|尚可|還好|还好|沒意見|没意见|無意見|无意见|既不.+也不.+"
)
_NUMBERED = re.compile(r"(\d+)\s*(?:[-–—:=.]|means|is|est|是|為|为)?\s*([^\d,;()]+)")


@dataclass(frozen=True)
class AnswerWord:
    """What one answer in words says.

    Attributes:
        sign: 1 for good (satisfied, easy), much or yes; -1 for their contraries; 0 for the middle.
        strength: EXTREME down to WEAK; 0 for the middle.
        is_negated: Said with a "not".
        is_ease: It tells by itself which end is the easy one.
        is_amount: Whether it is good depends on the question: agreement, high or low.
    """

    sign: int
    strength: int
    is_negated: bool = False
    is_ease: bool = False
    is_amount: bool = False


@lru_cache(maxsize=4096)
def read_answer_word(cell: str) -> AnswerWord | None:
    """Return what an answer in words says, or None where it is none that is known."""
    if len(cell) > _LONGEST:
        return None
    text = _plain(cell)
    if _MIDDLE.fullmatch(text):
        return AnswerWord(0, 0)
    if found := _LATIN.fullmatch(text):
        stem = found["stem"].replace(" ", "_")
        strength = _NEGATED[found["not"]] if found["not"] else _STRENGTH.get(found["degree"] or "", PLAIN)
    elif found := _CHINESE.fullmatch(text):
        stem = found["stem"]
        strength = WEAK if found["not"] in _WEAKLY_NOT else _STRENGTH.get(found["degree"] or "", PLAIN)
    else:
        return None
    sign = -1 if stem in _BAD else 1
    if found["not"]:
        if sign < 0:  # "not difficult" may be easy or in the middle
            return None
        sign = -1
    return AnswerWord(sign, strength, bool(found["not"]), stem in _EASE, stem in _AMOUNT)


def word_scores(cells: Collection[str]) -> tuple[int, dict[str, float]] | None:
    """Return the points of the scale, from 1, that some answers in words span, and the score of each.

    None where they have more shades than 7 points hold.
    """
    words = {cell: word for cell in cells if (word := read_answer_word(cell))}
    shades = {(word.sign, word.strength) for word in words.values() if word.sign}
    both_strong = any({(sign, EXTREME), (sign, STRONG)} <= shades for sign in (1, -1))
    both_mild = any({(sign, PLAIN), (sign, WEAK)} <= shades for sign in (1, -1))
    contraries = [word for word in words.values() if word.sign < 0]
    is_negated = bool(contraries) and all(word.is_negated for word in contraries)
    if both_strong and is_negated and not any(word.sign == 0 for word in words.values()):
        one_way = {EXTREME: 5.0, STRONG: 4.0, PLAIN: 3.0, WEAK: 3.0}
        negated = {STRONG: 1.0, PLAIN: 1.0, WEAK: 2.0}
        return 5, {cell: (one_way if word.sign > 0 else negated)[word.strength] for cell, word in words.items()}
    if (
        is_negated
        and {shade for shade in shades if shade[0] < 0} == {(-1, PLAIN), (-1, WEAK)}
        and (1, WEAK) not in shades
    ):
        # "Not very satisfied" and "not satisfied" are the two lower ends where no stronger one is met.
        lower = {PLAIN: 1.0, WEAK: 2.0}
        return 5, {
            cell: lower[word.strength] if word.sign < 0 else 3.0 + word.sign + (word.strength > PLAIN)
            for cell, word in words.items()
        }
    if both_strong and both_mild:
        return None
    if both_strong:
        points, ranks = 7, {EXTREME: 3, STRONG: 2, PLAIN: 1, WEAK: 1, 0: 0}
    elif both_mild:
        points, ranks = 7, {EXTREME: 3, STRONG: 3, PLAIN: 2, WEAK: 1, 0: 0}
    else:
        points, ranks = 5, {EXTREME: 2, STRONG: 2, PLAIN: 1, WEAK: 1, 0: 0}
    middle = (points + 1) / 2
    return points, {cell: middle + word.sign * ranks[word.strength] for cell, word in words.items()}


def labelled_ease(text: str) -> list[tuple[float, int]]:
    """Return the scores that a text explains by ease, each with 1 for easy or -1 for hard.

    As in "1 = very easy, 7 = very difficult".
    """
    return [
        (float(number), word.sign)
        for number, label in _NUMBERED.findall(unicodedata.normalize("NFKC", text))
        if (word := read_answer_word(label)) and word.is_ease
    ]


def _plain(cell: str) -> str:
    """Return a cell without accents, capitals, end marks and doubled spaces; Chinese stays as it is."""
    text = unicodedata.normalize("NFKC", cell).casefold().replace("’", "'")
    text = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    text = text.replace("(e)", "")
    return " ".join(unicodedata.normalize("NFC", text).split()).strip(' .!*"()-–—:=')
