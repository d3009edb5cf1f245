"""Which language a text is written in: the script first, then byte statistics, the declared language as a prior.

Statistics: py3langid (BSD-3-Clause), a naive Bayes model over byte n-grams (Lui and Baldwin 2012).
Everything here is deterministic.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"
LONGEST = 3_000  # characters: more tells nothing new
FEWEST_LETTERS = 4
DECLARED_ODDS = 12.0  # how much likelier the declared language is than another, before the text is read
COMMON_ODDS = 3.0
SURE_ENOUGH = 0.5
COMMON = frozenset({"en", "fr", "de", "es", "it", "pt", "nl", "ru", "ar"})
CANDIDATES = frozenset(
    {
        *COMMON,
        *("no", "nn", "da", "sv", "fi", "is", "et", "lv", "lt", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "tr"),
        *("ca", "eu", "gl", "id", "ms", "tl", "sw", "vi", "sq", "af", "ga", "cy", "mt", "az"),
        *("uk", "bg", "sr", "mk", "be", "kk", "fa", "ur", "hi", "mr", "ne"),
    }
)
# Scripts that one language writes nearly alone.
OWN_SCRIPT = {
    "HANGUL": "ko",
    "THAI": "th",
    "HEBREW": "he",
    "GREEK": "el",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "GUJARATI": "gu",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GURMUKHI": "pa",
    "SINHALA": "si",
    "KHMER": "km",
    "LAO": "lo",
    "MYANMAR": "my",
    "ETHIOPIC": "am",
}
# The scripts of languages that share theirs with others; Latin for all that are not named.
SHARED_SCRIPT = {
    **dict.fromkeys(("ru", "uk", "bg", "sr", "mk", "be", "kk"), "CYRILLIC"),
    **dict.fromkeys(("ar", "fa", "ur"), "ARABIC"),
    **dict.fromkeys(("hi", "mr", "ne"), "DEVANAGARI"),
}
# Names and codes that sources write where a BCP 47 tag is expected (Steam's are among them).
NAMES = {
    "english": "en",
    "anglais": "en",
    "eng": "en",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "fra": "fr",
    "fre": "fr",
    "german": "de",
    "deutsch": "de",
    "deu": "de",
    "ger": "de",
    "spanish": "es",
    "español": "es",
    "latam": "es",
    "spa": "es",
    "italian": "it",
    "italiano": "it",
    "ita": "it",
    "portuguese": "pt",
    "português": "pt",
    "brazilian": "pt",
    "por": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "nld": "nl",
    "russian": "ru",
    "rus": "ru",
    "polish": "pl",
    "turkish": "tr",
    "arabic": "ar",
    "ara": "ar",
    "japanese": "ja",
    "jpn": "ja",
    "日本語": "ja",
    "korean": "ko",
    "koreana": "ko",
    "kor": "ko",
    "thai": "th",
    "vietnamese": "vi",
    "indonesian": "id",
    "swedish": "sv",
    "danish": "da",
    "finnish": "fi",
    "norwegian": "no",
    "nb": "no",
    "iw": "he",
    "in": "id",
    "chinese": "zh",
    "中文": "zh",
    "zho": "zh",
    "chi": "zh",
    "cmn": "zh",
    "schinese": "zh-Hans",
    "chinese (simplified)": "zh-Hans",
    "simplified chinese": "zh-Hans",
    "简体中文": "zh-Hans",
    "tchinese": "zh-Hant",
    "chinese (traditional)": "zh-Hant",
    "traditional chinese": "zh-Hant",
    "繁體中文": "zh-Hant",
    "正體中文": "zh-Hant",
    "yue": "zh-Hant",
}
NOISE = re.compile(r"https?:\S*|www\.\S+|\bhttp\b|[\w.+-]+@[\w.-]+|@\w+|</?\w[^<>]*>|&\w+;", re.IGNORECASE)


def detect_language(text: str, declared: str | None = None) -> str:
    """Return a language code such as `en`, `fr`, `zh-Hans`, `zh-Hant`, or `und` where the text is too short to tell.

    Args:
        text: As written.
        declared: What the source says ("fr-FR", "zh_TW", "English"); a text that clearly
            speaks another language overrules it.
    """
    told = declared_language(declared)
    words = NOISE.sub(" ", text[:LONGEST])
    scripts = _scripts(words)
    if not scripts:
        return UNKNOWN
    # A Chinese character says as much as some three letters.
    script = max(scripts, key=lambda name: (scripts[name] * (3 if name in ("CJK", "HIRAGANA") else 1), name))
    if script in ("CJK", "HIRAGANA", "KATAKANA"):
        return _east_asian(words, scripts, told)
    if script in OWN_SCRIPT:
        return OWN_SCRIPT[script]
    if scripts[script] < FEWEST_LETTERS:
        return told if _may_be_written_in(told, script) else UNKNOWN
    return _by_statistics(words, script, told)


def declared_language(declared: str | None) -> str:
    """Return the code of a language as a source declares it, `zh` where the script is open, `und` for nothing known."""
    tag = (declared or "").strip().replace("_", "-").lower()
    if tag in NAMES:
        return NAMES[tag]
    language, *rest = tag.split("-")
    if language in ("zh", "yue", "cmn"):
        if {"hant", "tw", "hk", "mo"}.intersection(rest) and "hans" not in rest:
            return "zh-Hant"
        if {"hans", "cn", "sg", "my"}.intersection(rest):
            return "zh-Hans"
    language = NAMES.get(language, language)
    return language if re.fullmatch(r"[a-z]{2,3}(-Han[st])?", language) and language != UNKNOWN else UNKNOWN


def _scripts(text: str) -> Counter[str]:
    """Return how many letters of each script there are; Unicode names begin with the script."""
    counts: Counter[str] = Counter()
    for letter in text:
        if letter.isalpha():
            counts[_script_of(letter)] += 1
    return counts


@lru_cache(maxsize=8192)
def _script_of(letter: str) -> str:
    name = unicodedata.name(letter, "")
    script = name.split(" ", 1)[0].split("-", 1)[0]
    return {"FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA", "IDEOGRAPHIC": "CJK"}.get(script, script)


def _east_asian(text: str, scripts: Counter[str], told: str) -> str:
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    han = scripts["CJK"]
    # Chinese texts borrow a の now and then; Japanese ones hold kana throughout.
    if (kana >= 2 and kana * 6 >= han) or (told == "ja" and kana):
        return "ja"
    if han < 2 and not told.startswith("zh"):
        return told if told == "ja" else UNKNOWN
    if told == "ja" and not any(_chinese_form(letter) for letter in text):
        return "ja"
    return _chinese(text, told)


def _chinese(text: str, told: str) -> str:
    """Return zh-Hans or zh-Hant by the characters that only one of them knows."""
    forms = Counter(_chinese_form(letter) for letter in text)
    simplified, traditional = forms["zh-Hans"], forms["zh-Hant"]
    if simplified != traditional:
        return "zh-Hans" if simplified > traditional else "zh-Hant"
    return told if told in ("zh-Hans", "zh-Hant") else "zh-Hans"


@lru_cache(maxsize=8192)
def _chinese_form(letter: str) -> str | None:
    """Return the one form that knows a character: GB 2312 was made for Simplified, Big5 for Traditional Chinese."""
    if not "\u3400" <= letter <= "\u9fff":
        return None
    is_simplified = _is_encodable(letter, "gb2312")
    if is_simplified and not _is_encodable(letter, "big5"):
        return "zh-Hans"
    if not is_simplified and _is_encodable(letter, "big5hkscs"):
        return "zh-Hant"
    return None


def _is_encodable(letter: str, charset: str) -> bool:
    try:
        letter.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _may_be_written_in(language: str, script: str) -> bool:
    if language == UNKNOWN or language.startswith("zh") or language in ("ja", *OWN_SCRIPT.values()):
        return False
    return SHARED_SCRIPT.get(language, "LATIN") == script or script not in ("LATIN", *SHARED_SCRIPT.values())


def _by_statistics(text: str, script: str, told: str) -> str:
    """Return the likeliest language of its script, or the declared one, or `und` where none is likely enough."""
    shares: dict[str, float] = {}
    for language, share in _identifier().rank(" ".join(text.split())):
        if (language in CANDIDATES or language == told) and SHARED_SCRIPT.get(language, "LATIN") == script:
            odds = DECLARED_ODDS if language == told else COMMON_ODDS if language in COMMON else 1.0
            shares[language] = share * odds
    total = sum(shares.values())
    fallback = told if _may_be_written_in(told, script) else UNKNOWN
    if not total:
        return fallback
    best = max(shares, key=lambda language: (shares[language], language))
    if shares[best] / total < SURE_ENOUGH:
        return fallback
    return "no" if best == "nn" else best


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """Return the statistics, read once (4.6 MB, under a second)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
