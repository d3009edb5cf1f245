"""The words of a text, as they are counted to find what is new: without endings cut, addresses or filler.

Chinese is segmented with jieba's dictionary. As that is of simplified characters, a traditional
text is cut where its simplified twin is, and keeps its own characters. Languages that write no
spaces between words are left out, Chinese aside.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

WITHOUT_SPACES = frozenset({"ja", "th", "lo", "km", "my"})
LONGEST_TEXT = 4_000
"""Of a longer text only the beginning is counted."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[@#]\w+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
# What French drops before a vowel: l'écran and d'écran are the screen; aujourd'hui stays whole.
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'")


def words_in(text: str, language: str) -> frozenset[str]:
    """Return the words of a text, each once, folded to lower case; fillers, numbers and addresses are left out."""
    main = language.split("-")[0].lower()
    if main in WITHOUT_SPACES:
        return frozenset()
    folded = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold().replace("’", "'")
    plain = _ADDRESS.sub(" ", folded)
    if main == "zh":
        found = {word for run in _HAN.findall(plain) for word in _segmented(run) if len(word) > 1}
        found |= {word for word in _WORD.findall(_HAN.sub(" ", plain)) if len(word) > 2}
    else:
        found = set(_WORD.findall(plain))
        if main == "fr":
            found = {_ELISION.sub("", word) for word in found}
        found = {word for word in found if len(word) > 2}
    return frozenset(found - _fillers(main))


def _segmented(run: str) -> list[str]:
    """Return a run of Chinese characters as words."""
    import rjieba

    simplified = str(_simplifier().convert(run))
    # A phrase that changes its length cannot be cut at the same places.
    words: list[str] = rjieba.cut(simplified if len(simplified) == len(run) else run)
    cut, start = [], 0
    for word in words:
        cut.append(run[start : start + len(word)])
        start += len(word)
    return cut


@lru_cache
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache
def _fillers(main: str) -> frozenset[str]:
    """Return the words of a language that say nothing by themselves."""
    return frozenset(_all_fillers().get(main, "").split())


@lru_cache
def _all_fillers() -> dict[str, str]:
    source = resources.files("twelvefold.pipeline").joinpath("fillers.yaml")
    lists: dict[str, str] = yaml.safe_load(source.read_text("utf-8"))
    return lists
