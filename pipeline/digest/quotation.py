"""What customers wrote, made safe and short enough to quote; nothing of it is rewritten."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from twelvefold.pipeline.columns import width

LONGEST = 280
"""Columns of a quotation: as many Latin letters, half as many Chinese characters."""

_SHORTEST_CUT = 80
_DIRECTION_CONTROLS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_SENTENCE_END = re.compile(r"[.!?…](?=[\"'”’»)\]]*\s)[\"'”’»)\]]*|[。！？][」』”’）]*")
_NO_GLYPH = frozenset({"Cc", "Cs", "Zl", "Zp"})
_JOINER = "\u200d"


def plain(text: str) -> str:
    """Return `text` on one line, without controls that could turn the text around it."""
    visible = "".join(" " if unicodedata.category(character) in _NO_GLYPH else character for character in text)
    return re.sub(" +", " ", visible.translate(_DIRECTION_CONTROLS)).strip()


def quotation(text: str, longest: int = LONGEST) -> tuple[str, bool]:
    """Return `text` cut to `longest` columns, and whether anything was cut.

    The cut falls after a sentence where there is one to keep, else after a word,
    else between two characters.
    """
    text = plain(text)
    if width(text) <= longest:
        return text, False
    end, used = 0, 0
    while used + width(text[end]) <= longest - 2:
        used += width(text[end])
        end += 1
    sentences = [match.end() for match in _SENTENCE_END.finditer(text, 0, end + 1) if match.end() <= end]
    if sentences and width(text[: sentences[-1]]) >= min(_SHORTEST_CUT, longest // 3):
        return f"{text[: sentences[-1]]} …", True
    space = text.rfind(" ", 0, end + 1)
    if space > 0 and width(text[:space]) >= longest // 2:
        return f"{text[:space]} …", True
    while end > 1 and (unicodedata.category(text[end]).startswith("M") or _JOINER in text[end - 1 : end + 1]):
        end -= 1
    return f"{text[:end]}…", True


def link(url: str | None) -> str | None:
    """Return `url` if it is a plain web address that may be followed, else None."""
    if not url or any(character.isspace() or not character.isprintable() for character in url):
        return None
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and user is None else None
