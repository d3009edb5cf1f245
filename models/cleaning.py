"""What is done to a text before the tokenizer sees it: leftovers of web pages and broken characters go."""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST = 24_000  # characters that are read of one text
EXCERPTS = 48
TAG = re.compile(r"<!--.{0,2000}?-->|</?[a-zA-Z][^<>]{0,500}>", re.DOTALL)
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w@])@\w{2,}")
# Zero-width joiners stay: they hold emoji and Indic letters together.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SURROGATE = re.compile("[\ud800-\udfff]")
EMOTICON = re.compile(r"[:;=8xX]['’]?-?[()\[\]DPpOo/\\|]|<3|\^_*\^|[()]:")


def clean(text: str) -> str:
    """Return `text` as the model was taught to read it: plain, in one line, links and handles blotted out.

    Of a text of more than `LONGEST` characters, evenly spaced passages are kept, the first
    and the last among them.
    """
    if len(text) > LONGEST:
        text = _excerpts(text)
    if SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = TAG.sub(" ", text)
    # Unescaping may have made broken characters anew.
    text = CONTROL.sub(" ", INVISIBLE.sub("", text))
    text = HANDLE.sub("@user", LINK.sub("http", text))
    return " ".join(text.split())


def says_something(text: str) -> bool:
    """Tell whether a cleaned text holds a letter, a digit, an emoji or an emoticon: anything to judge."""
    if any(character.isalnum() or unicodedata.category(character) == "So" for character in text):
        return True
    return EMOTICON.search(text) is not None


def _excerpts(text: str) -> str:
    size = LONGEST // EXCERPTS
    last = len(text) - size
    starts = [last * number // (EXCERPTS - 1) for number in range(EXCERPTS)]
    return " ".join(text[start : start + size] for start in starts)
