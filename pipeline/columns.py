"""Text for fixed-width screens, where a Chinese character takes two columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

_WIDE = frozenset("WF")
# A line may break at a space (not at a hard one, which \s would take too), or on either side of a wide
# character (but not before its punctuation).
_PIECES = re.compile(
    r"[ \t\n]+|[^ \t\n\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]+|."
)
_SPACES = " \t\n"
_NEVER_FIRST = frozenset("、。，．：；！？）」』】》…%,.;:!?)]}\u2069")
_NEVER_LAST = frozenset("（「『【《([{\u2068")


def width(text: str) -> int:
    """Return how many columns `text` takes on a terminal or in plain mail."""
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    """Return 0 for marks and invisible controls, 2 for wide characters, else 1."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return `text` filled with spaces to `columns`, at its end or (right) before it."""
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def shorten(text: str, columns: int) -> str:
    """Return `text` cut to `columns`, with an ellipsis where something was cut."""
    if width(text) <= columns:
        return text
    kept, used = [], 0
    for character in text:
        used += _character_width(character)
        if used > columns - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def wrap(text: str, columns: int, indent: str = "") -> list[str]:
    """Return `text` as lines of at most `columns`, all but the first behind `indent`.

    A word that is longer than a line (an address) stands alone and whole.
    """
    lines: list[str] = []
    line = ""
    for piece in _glued(_PIECES.findall(text)):
        if piece.strip(_SPACES) == "":
            line += " " if line and line != indent else ""
        elif width(line + piece) <= columns or not line.strip(_SPACES):
            line += piece
        else:
            lines.append(line.rstrip(_SPACES))
            line = indent + piece
    if line.strip(_SPACES) or not lines:
        lines.append(line.rstrip(_SPACES))
    return lines


def _glued(pieces: Sequence[str]) -> list[str]:
    """Return the pieces with those joined between which no line may break; at a space it always may."""
    joined: list[str] = []
    for piece in pieces:
        is_bound = joined and (piece[0] in _NEVER_FIRST or joined[-1][-1] in _NEVER_LAST)
        if is_bound and joined[-1].strip(_SPACES) and piece.strip(_SPACES):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def side_by_side(left: Sequence[str], right: Sequence[str], columns: int, gap: int = 2) -> list[str]:
    """Return two blocks of lines next to each other, the left one `columns` wide."""
    rows = zip_longest(left, right, fillvalue="")
    return [f"{pad(one, columns)}{' ' * gap}{other}".rstrip() for one, other in rows]
