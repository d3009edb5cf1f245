"""Bytes of unknown origin into lines of text, without ever stopping at a bad byte.

What people call "a CSV" comes as UTF-8, as UTF-16 from Windows and the Play Console, as Big5,
GB18030 or Shift-JIS from an Asian Excel, as Windows-1252, and as Windows-1252 into which older
systems have mixed bytes of DOS (code page 850), sometimes inside one word. So a line is decoded
on its own: one that is not UTF-8 costs no other line anything.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

SAMPLE_BYTES = 1 << 18
LINE_BYTES = 1 << 20

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What is common in text of each encoding: a wrong guess decodes to rare characters.
_COMMON = {
    "big5": "的一是不了我有在人這很好也都個來沒他們到說就會要服務店家客品質貨等你",
    "gb18030": "的一是不了我有在人这很好也都个来没他们到说就会要服务店家客品质货等你",
    "shift_jis": "のにはをたがでてとしれさいなもかるすまりこっうあくだ、。",
    "euc_kr": "이다는가에하고의을를도지한은사아서어요좋",
    "cp1251": "оеаинтсрвлкмдпуяыьгзОЕАИНТСРВ",
}
_TABLES = {"big5": "cp950", "gb18030": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "cp1251": "cp1251"}
_COMMON_SHARE = 0.15
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")

_LETTER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ\x82\x87\x88\x8a\x90]")
_DOUBTFUL = re.compile(r"[\x80-\x9f\xa1-\xa5]")
# Bytes of code page 850 whose letter wins where it stands beside a letter ...
_BESIDE_LETTER = {0x82: "é", 0x83: "â", 0x87: "ç", 0x88: "ê", 0x89: "ë"}
# ... after a letter (what Windows has there opens a word or a quotation) ...
_AFTER_LETTER = {0x84: "ä", 0x8A: "è"}
# ... or between two letters (what Windows has there stands at a word's edge).
_BETWEEN_LETTERS = dict(
    zip((0x86, 0x8B, 0x93, 0x94, 0x96, 0x9B, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5), "åïôöûøíóúñÑ", strict=True)
)
_UNKNOWN_TO_WINDOWS = {0x81: "ü", 0x8D: "ì", 0x8F: "Å", 0x90: "É", 0x9D: "Ø"}
_ENDS_IN_A_GRAVE = re.compile(r"(?:\b(?:l|voil|au-del|del|hol|cel|jusqu'|jusqu’)|d[eé\x82]j)$", re.IGNORECASE)
_ENDS_IN_U_GRAVE = re.compile(r"\b(?:o|pi|gi|d'o|d’o)$", re.IGNORECASE)


class LineDecoder:
    """Decodes the lines of one file and remembers what it met.

    Attributes:
        encoding: What the file's beginning is written in.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._windows_lines = 0
        self._dos_letters = 0
        self._replaced = 0

    @property
    def told(self) -> str:
        """The encoding as a person is told it, once all lines are read."""
        if self.encoding == "utf-8" and self._windows_lines:
            told = f"utf-8, with {self._windows_lines} lines in cp1252"
        else:
            told = self.encoding
        if self._dos_letters:
            told += " mixed with cp850"
        return told + (f", {self._replaced} lines with unreadable bytes" if self._replaced else "")

    def decode(self, line: bytes) -> str:
        """Return `line` as text; a byte that means nothing becomes U+FFFD."""
        if self.encoding in ("utf-8", "cp1252"):
            try:
                return line.decode("utf-8")
            except UnicodeDecodeError:
                self._windows_lines += 1
                return self._decode_western(line)
        table = _TABLES[self.encoding]
        text = line.decode(table, "replace")
        if "\ufffd" in text and self.encoding == "big5":
            text = line.decode("big5hkscs", "replace")
        self._replaced += "\ufffd" in text
        return text

    def _decode_western(self, line: bytes) -> str:
        """Return a line of Windows-1252 in which single letters may be bytes of code page 850.

        0xC0-0xFF are letters in Windows-1252 and lines of boxes in DOS, so they are read as Windows.
        0x80-0x9F are quotes and dashes in Windows and letters in DOS: their neighbours tell.
        """
        return _DOUBTFUL.sub(self._resolve, line.decode("latin-1"))

    def _resolve(self, found: re.Match[str]) -> str:
        code, text = ord(found.group()), found.string
        before = text[found.start() - 1] if found.start() else ""
        after = text[found.end() : found.end() + 1]
        letter = self._dos_letter(code, text[: found.start()], before, after)
        if letter:
            self._dos_letters += 1
            return letter
        try:
            return bytes((code,)).decode("cp1252")
        except UnicodeDecodeError:
            self._replaced += 1
            return "\ufffd"

    def _dos_letter(self, code: int, head: str, before: str, after: str) -> str | None:
        """Return the letter that `code` is in code page 850 if its neighbours make it one."""
        led, followed = bool(_LETTER.match(before)), bool(_LETTER.match(after))
        letter: str | None = None
        if code in _UNKNOWN_TO_WINDOWS:
            letter = _UNKNOWN_TO_WINDOWS[code]
        elif code in _BESIDE_LETTER:
            letter = _BESIDE_LETTER[code] if led or followed else None
        elif code in _AFTER_LETTER:
            letter = _AFTER_LETTER[code] if led else None
        elif code in _BETWEEN_LETTERS:
            compound = code == 0x96 and before.islower() and after.isupper()  # "Paris-Lyon" with a dash
            letter = _BETWEEN_LETTERS[code] if led and followed and not compound else None
        elif code == 0x85:  # "à" or an ellipsis
            alone = before in ("", " ") and after in ("", " ") and self._dos_letters > 0
            letter = "à" if alone or (not followed and _ENDS_IN_A_GRAVE.search(head[-10:])) else None
        elif code == 0x97:  # "ù" or a dash
            letter = "ù" if not followed and _ENDS_IN_U_GRAVE.search(head[-4:]) else None
        elif code == 0x8C:  # "î" or a capital ligature, as in "Œuvre"
            ligature = after in ("u", "U", "i", "I") and (not led or before.isupper())
            letter = "î" if followed and not ligature else None
        return letter


def sniff_encoding(sample: bytes) -> str:
    """Return what a file beginning with `sample` is written in.

    One of utf-8, utf-16, utf-16-le, utf-16-be, utf-32, cp1252, big5, gb18030, shift_jis, euc_kr, cp1251.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if unmarked := _sniff_unmarked_utf16(sample):
        return unmarked
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        return "utf-8" if _is_mostly_utf8(sample) else _sniff_legacy(sample)


def _is_mostly_utf8(sample: bytes) -> bool:
    """Return whether most lines that are not plain ASCII are UTF-8, as no other encoding's are by chance."""
    lines = [line for line in sample.splitlines() if not line.isascii()]
    return 2 * sum(_is_utf8(line) for line in lines) > len(lines)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sniff_unmarked_utf16(sample: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, told by its many zero bytes."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    many = len(sample) * 0.2
    if odd > many and even <= len(sample) * 0.02:
        return "utf-16-le"
    if even > many and odd <= len(sample) * 0.02:
        return "utf-16-be"
    return None


def _sniff_legacy(sample: bytes) -> str:
    """Return which of the encodings older than Unicode gives the most common characters."""
    runs = _HIGH_RUN.findall(sample)
    if sum(map(len, runs)) < 1.9 * len(runs):  # accents stand alone or in pairs among plain letters
        return "cp1252"
    scores = {name: _commonness(sample, name) for name in _COMMON}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _COMMON_SHARE else "cp1252"


def _commonness(sample: bytes, name: str) -> float:
    """Return the share of common characters among those outside ASCII, less twice the unreadable."""
    text = sample.decode(_TABLES[name], "replace")
    strange = [character for character in text if character > "\x7f"]
    common = sum(character in _COMMON[name] for character in strange)
    return (common - 2 * strange.count("\ufffd")) / max(1, len(strange))


def text_lines(path: Path, decoder: LineDecoder) -> Iterator[str]:
    """Yield the lines of the file at `path` with their ends, NUL bytes taken out.

    A line longer than LINE_BYTES comes in pieces, so that a file without line ends
    does not fill the memory. Lines that end in a lone carriage return are told apart too.
    """
    if decoder.encoding.startswith(("utf-16", "utf-32")):
        with path.open(encoding=decoder.encoding, errors="replace", newline="") as file:
            while line := file.readline(LINE_BYTES):
                yield from _tidy(line)
        return
    with path.open("rb") as binary:
        if binary.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            binary.seek(0)
        while raw := binary.readline(LINE_BYTES):
            line = decoder.decode(raw)
            if "\0" in line or "\r" in line[:-2]:
                yield from _tidy(line)
            else:
                yield line


def _tidy(line: str) -> Iterator[str]:
    """Yield `line` without NULs, cut after every carriage return that stands for a line end."""
    if "\0" in line:
        line = line.replace("\0", "")
    if "\r" not in line[:-2]:
        yield line
    else:
        yield from re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", line)
