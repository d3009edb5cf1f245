"""Markup, entities and invisible characters undone: what a person would have read.

A source may hand over plain text, HTML, or HTML that was escaped once or twice on
its way; nothing says which. So a "<" counts as markup only where it opens or closes
an element that HTML knows, in a text that shows such elements to be meant: "a < b",
"<3" and "use the <b> tag" stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape
from html.entities import html5

from twelvefold.pipeline.bbcode import without_bbcode

TEXT_LIMIT = 20_000
TITLE_LIMIT = 500
RAW_LIMIT_FACTOR = 10
MAX_PASSES = 8

_BLOCK_NAMES = """
    address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer
    form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol p pre section summary table tbody td tfoot th
    thead tr ul
"""
_INLINE_NAMES = """
    a abbr acronym audio b bdi bdo big button cite code data del dfn em embed font i iframe img input ins kbd label
    link map mark meta noscript object picture q rp rt ruby s samp script small source span strike strong style sub
    sup svg template time title track tt u var video wbr
"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
INLINE = frozenset(_INLINE_NAMES.split())
DROPPED = frozenset({"script", "style", "template", "svg", "iframe"})
# These stand alone in HTML, so one of them is markup without a closing partner.
TELLING = (BLOCKS - {"body", "head", "header", "footer", "main", "form", "summary"}) | {"img", "wbr"}

_NAMES = "|".join(sorted(BLOCKS | INLINE, key=len, reverse=True))
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>{_NAMES})(?=[\s/>])"
    r"(?P<tail>(?>(?:[^<>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}')*+(?=>)|[^<>]*+))>",
    re.IGNORECASE,
)
_OPEN_END = re.compile(rf"<(?:!--|/?(?:{_NAMES})(?=[\s/]|$))[^<>]*\Z", re.IGNORECASE)
_DECLARATION = re.compile(r"<(?:!doctype\b[^<>]*|\?xml\b[^<>]*\?)>", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]{1,12})\"|'([^']{1,12})')", re.IGNORECASE)

_BOOLEAN = "allowfullscreen|async|autoplay|checked|controls|defer|disabled|hidden|itemscope|loop|muted|selected"
_ATTRIBUTES = re.compile(
    rf"(?:\s+(?:{_BOOLEAN})\b(?!\s*=))*(?:\s+[A-Za-z_:@][\w:.-]*\s*=.*)?\s*/?", re.IGNORECASE | re.DOTALL
)

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")
_SURROGATE_ENTITIES = re.compile(r"&#(5[56]\d{3});&#(5[67]\d{3});")

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # all but a single space, which stays
_EMPTY_LINES = re.compile(r"\n{3,}")
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffc\ufdd0-\ufdef\ufffe\uffff\U000e0001]"
)
# Letters that only look like blanks: people write them to post an empty review.
_BLANK_LETTERS = re.compile(r"[\u115f\u1160\u2800\u3164\uffa0]")
# Flags such as Scotland's: a black flag, then tag characters, then the end tag.
_TAG_CHARACTERS = re.compile(r"(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|[\U000e0020-\U000e007f]")
_JOINERS = re.compile(r"[\u200c\u200d]+")
# Scripts in which joiners shape letters: Arabic to Sinhala, Myanmar, Khmer, Mongolian.
_JOINING_SCRIPTS = ((0x0600, 0x0DFF), (0x1000, 0x109F), (0x1780, 0x18AF))
_EMOJI = ((0x2190, 0x2BFF), (0x1F000, 0x1FBFF), (0xFE0F, 0xFE0F))


@dataclass(frozen=True)
class PlainText:
    """Readable text; `was_cut` tells that the source wrote more than the limit."""

    text: str
    was_cut: bool = False


def plain_text(written: str | None, limit: int = TEXT_LIMIT, *, bbcode: bool = False) -> PlainText:
    """Return `written` as a person reads it: no markup, no entities, no invisible characters, NFC.

    Block elements and line ends become line breaks; scripts and styles go; other
    white space is collapsed line by line, and two empty lines to one. Emoji stay whole.
    Entities and markup that were escaped several times are undone up to eight times. The
    result run through this function again comes out the same.

    Args:
        written: Text or HTML as the source has it; None is an empty text.
        limit: Most characters to keep; ten times as many are looked at.
        bbcode: The source marks its texts up with [b] and the like.
    """
    if not written:
        return PlainText("")
    was_cut = len(written) > limit * RAW_LIMIT_FACTOR
    text = written[: limit * RAW_LIMIT_FACTOR]
    text = _visible(without_bbcode(text) if bbcode else text)
    for _ in range(MAX_PASSES):
        if "<" not in text and "&" not in text:
            break
        before = text
        text = _visible(_without_entities(_without_markup(text)))
        if text == before:
            break
    if len(text) > limit:
        text, was_cut = _visible(text[:limit]), True
    return PlainText(text, was_cut)


def one_line(written: str | None, limit: int = TITLE_LIMIT) -> str:
    """Return `written` as plain text on one line, for titles and names."""
    return " ".join(plain_text(written, limit).text.split())


def _without_markup(text: str) -> str:
    """Return `text` without the elements, comments and declarations of HTML, where it is HTML."""
    if "<" not in text:
        return text
    if "<![CDATA[" in text:
        text = text.replace("<![CDATA[", "").replace("]]>", "")
    text = _DECLARATION.sub("", _without_comments(text))
    tags = [tag for tag in _TAG.finditer(text) if _is_well_formed(tag)]
    if not _is_meant(tags):
        return text
    closings: dict[str, list[int]] = {}
    for tag in tags:
        if tag["close"]:
            closings.setdefault(tag["name"].lower(), []).append(tag.end())
    pieces, at = [], 0
    for tag in tags:
        if tag.start() < at:
            continue
        pieces += [text[at : tag.start()], _stand_in(tag)]
        at = tag.end()
        name = tag["name"].lower()
        if name in DROPPED and not tag["close"] and not tag["tail"].endswith("/"):
            ends = closings.get(name, [])
            later = bisect_right(ends, at)
            at = ends[later] if later < len(ends) else at
    pieces.append(_OPEN_END.sub("", text[at:]))
    return "".join(pieces)


def _without_comments(text: str) -> str:
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces.append(text[at:start])
        at = end + 3
    return "".join([*pieces, text[at:]])


def _is_well_formed(tag: re.Match[str]) -> bool:
    """Tell a tag from words between angle brackets, as in "if a <b and c> d"."""
    tail = tag["tail"]
    return not tail.strip() if tag["close"] else _ATTRIBUTES.fullmatch(tail) is not None


def _is_meant(tags: list[re.Match[str]]) -> bool:
    """Tell whether these tags show the text to be HTML rather than to speak of it."""
    opened = {tag["name"].lower() for tag in tags if not tag["close"]}
    closed = {tag["name"].lower() for tag in tags if tag["close"]}
    telling = (opened | closed) & TELLING
    return bool(telling or opened & closed or any("=" in tag["tail"] for tag in tags))


def _stand_in(tag: re.Match[str]) -> str:
    """Return what takes the place of a tag: a line break, a blank, an emoji drawn as a picture, or nothing."""
    name = tag["name"].lower()
    if name in ("td", "th"):
        return " "
    if name in BLOCKS:
        return "\n"
    alt = _ALT.search(tag["tail"]) if name == "img" else None
    drawn = alt[1] or alt[2] if alt else ""
    return drawn if any(_within(letter, _EMOJI) for letter in drawn) else ""


def _without_entities(text: str) -> str:
    """Return `text` with HTML's named and numeric characters undone; an unknown name stays as written."""
    if "&" not in text:
        return text
    text = _AMPERSANDS.sub("&", text)
    text = _SURROGATE_ENTITIES.sub(lambda pair: chr(int(pair[1])) + chr(int(pair[2])), text)
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:]
    return unescape(entity[0]) if name[0] == "#" or name in html5 else entity[0]


def _visible(text: str) -> str:
    """Return `text` without what cannot be seen, in NFC, its white space collapsed."""
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii():
        if _SURROGATE.search(text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = _BLANK_LETTERS.sub(" ", text)
        text = _TAG_CHARACTERS.sub(lambda found: found[1] or "", text)
    text = _HIDDEN.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _JOINERS.sub(_needed_joiner, text))
    lines = (line.strip() for line in _BLANKS.sub(" ", text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _needed_joiner(joiners: re.Match[str]) -> str:
    """Return the joiner where it holds an emoji together or shapes a letter, else nothing."""
    start, end = joiners.span()
    if start == 0 or end == len(joiners.string):
        return ""
    before, after = joiners.string[start - 1], joiners.string[end]
    joins_emoji = joiners[0][0] == "\u200d" and _within(before, _EMOJI) and _within(after, _EMOJI)
    shapes = _within(before, _JOINING_SCRIPTS) and not after.isspace()
    return joiners[0][0] if joins_emoji or shapes else ""


def _within(letter: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= ord(letter) <= high for low, high in ranges)
