"""Texts that are all but the same: a review posted in two places with a word changed, a line added, a signature cut.

MinHash with locality-sensitive hashing (Broder 1997) finds candidates; the share of shingles that two
texts have in common decides. Shingles are runs of letters, shorter where a letter is a word's worth.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from rensa import RMinHash, RMinHashLSH

ALIKE = 0.8
"""Two texts are the same opinion from so large a share of common shingles on (Jaccard)."""

PERMUTATIONS, BANDS, SEED = 128, 32, 12
SHINGLE, SHINGLE_OF_IDEOGRAPHS = 5, 2
SHORTEST, SHORTEST_OF_IDEOGRAPHS = 60, 25
"""Shorter texts ("Great, fast delivery, thank you!") are written alike by people who never met."""

_FIRST_IDEOGRAPH, _LAST_IDEOGRAPH = "\u3040", "\u9fff"  # kana among them


def pairs_alike(texts: Mapping[int, str], among: Collection[int]) -> set[tuple[int, int]]:
    """Return the pairs of texts that are alike, one of which is `among` these; the lower number first.

    Args:
        texts: By number.
    """
    shingled = {number: found for number, text in texts.items() if (found := shingles(text))}
    index = RMinHashLSH(threshold=ALIKE, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches: dict[int, RMinHash] = {}
    for number, found in shingled.items():
        sketches[number] = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
        sketches[number].update(sorted(found))
        index.insert(number, sketches[number])
    alike = set()
    for number in sketches.keys() & set(among):
        for other in index.query(sketches[number]):
            if other != number and likeness(shingled[number], shingled[other]) >= ALIKE:
                alike.add((min(number, other), max(number, other)))
    return alike


def shingles(text: str) -> frozenset[str]:
    """Return the runs of letters of a text, or none where it is too short to be told from others."""
    letters = "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
    ideographs = sum(1 for letter in letters if _FIRST_IDEOGRAPH <= letter <= _LAST_IDEOGRAPH)
    dense = 2 * ideographs > len(letters)
    if len(letters) < (SHORTEST_OF_IDEOGRAPHS if dense else SHORTEST):
        return frozenset()
    size = SHINGLE_OF_IDEOGRAPHS if dense else SHINGLE
    return frozenset(letters[start : start + size] for start in range(len(letters) - size + 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of shingles that two texts have in common, of all that either has."""
    return len(one & other) / len(one | other)
