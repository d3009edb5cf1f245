"""What sources call a language, as one code: "French", "fr_FR" and "FR" are "fr"."""

from __future__ import annotations

import re
from functools import lru_cache

# English words (Steam's among them), each language's own word, ISO 639-2 codes, outdated ISO 639-1 codes.
_NAMES = {
    "ar": "arabic ara",
    "bg": "bulgarian bul",
    "cs": "czech čeština ces cze",
    "da": "danish dansk dan",
    "de": "german deutsch allemand deu ger",
    "el": "greek ell gre",
    "en": "english anglais eng 英文 英語 英语",
    "es": "spanish español espagnol latam spa",
    "fi": "finnish suomi fin",
    "fr": "french français francais fra fre 法文 法語 法语",
    "he": "hebrew heb iw",
    "hu": "hungarian magyar hun",
    "id": "indonesian ind in",
    "it": "italian italiano italien ita",
    "ja": "japanese 日本語 jpn",
    "ko": "korean koreana 한국어 kor",
    "nb": "norwegian norsk nob no nor",
    "nl": "dutch nederlands néerlandais nld dut",
    "pl": "polish polski pol",
    "pt": "portuguese português portugais brazilian por",
    "ro": "romanian română ron rum",
    "ru": "russian русский rus",
    "sv": "swedish svenska swe",
    "th": "thai tha",
    "tr": "turkish türkçe tur",
    "uk": "ukrainian ukr",
    "vi": "vietnamese vie",
    "zh": "chinese chinois zho chi cmn 中文",
    "zh-Hans": "schinese 简体中文 简中 簡體中文",
    "zh-Hant": "tchinese 繁體中文 繁中 繁体中文 正體中文 yue",
}
_CODE_OF = {name: code for code, names in _NAMES.items() for name in names.split()}
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo", "yue"})
_SIMPLIFIED = frozenset({"hans", "cn", "sg"})
_UNKNOWN = frozenset({"und", "mul", "mis", "zxx"})


@lru_cache(maxsize=1024)
def language_code(declared: str | None) -> str | None:
    """Return the code of a declared language, or None where nothing known is declared.

    The region goes ("pt-BR" is "pt"), but Chinese keeps its script: "zh-Hans" or
    "zh-Hant" (BCP 47), bare "zh" where neither script nor region tells it.
    """
    words = (declared or "")[:50].strip().lower()
    first, *rest = re.split(r"[-_\s(.;,@]+", words)
    code = _CODE_OF.get(words) or _CODE_OF.get(first) or first
    if code.split("-")[0] == "zh":
        marks = {part.strip(")") for part in rest}
        if marks & _TRADITIONAL or "traditional" in marks:
            return "zh-Hant"
        return "zh-Hans" if marks & _SIMPLIFIED or "simplified" in marks else code
    return code if re.fullmatch(r"[a-z]{2,3}", code) and code not in _UNKNOWN else None
