"""Dates as sources write them, and the instant they mean.

ISO 8601, epochs, RFC 822 and dates in figures are read here; names of months and
words such as "il y a deux semaines" by dateparser. Nothing depends on the clock or on
what was read before: the same words collected at the same time give the same date.

"03/04/2020" is the third of April, save where the language is declared as that of a
region that writes the month first (en-US). A figure above twelve decides by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateparser.data.languages_info import language_order
from dateparser.date import DateDataParser

from twelvefold.pipeline.language_codes import language_code
from twelvefold.records import Precision

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=2)
LONGEST = 100
MONTH_FIRST_REGIONS = frozenset({"us", "ph", "fm", "mh", "pw"})
_LANGUAGES = """
    en fr zh-Hant zh-Hans zh de es it pt nl ja ko pl ru sv da fi nb he ar tr cs hu el ro uk
"""
LANGUAGES = (*_LANGUAGES.split(),)

# dateparser keeps its tables by settings, so the moment it counts from is always this one: the
# end of a leap year, where every day and month of a date without a year lies in the past.
_ANCHOR = datetime(2000, 12, 31, 12)

_ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
_TIME = (
    r"(?:T|,|à|at|um|\s)*\s*(?P<half>[aApP]\.?[mM]\.?|上午|早上|凌晨|中午|下午|晚上)?\s*"
    r"(?P<hour>\d{1,2})(?:[:h時点時點]|\s*h\s*)(?P<minute>\d{2})(?:[:分](?P<second>\d{2})(?:[.,]\d{1,9})?秒?)?分?"
    rf"\s*(?P<half_after>[aApP]\.?[mM]\.?)?\s*{_ZONE}?(?:\s*\([A-Za-z ]+\))?"
)
_TAIL = rf"(?:{_TIME}|\s*{_ZONE.replace('zone', 'bare_zone')})?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})\s*[-./年]\s*(?P<month>\d{{1,2}})\s*[-./月]\s*(?P<day>\d{{1,2}})\s*[日號号.]?{_TAIL}"
)
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<mark>[-./])(?P<then>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d{{2}}){_TAIL}"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    rf"(?:T?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_ZONE}?)?"
)
_MONTH_ONLY = re.compile(r"(?P<year>\d{4})(?:\s*[-./年]\s*(?P<month>\d{1,2})\s*月?|年)?")
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(?:\.\d*)?")
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?"
    r"\s+(?:[+-]\d{4}|UTC?|GMT|[ECMP][SD]T)(?:\s*\([A-Za-z ]+\))?"
)
_CLOCK_TIME = re.compile(r"\d\s*[:h]\s*\d\d|\d\s*[ap]\.?m\b", re.IGNORECASE)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?(?::?\d{2})?")

_PREFIX = re.compile(
    r"^(?:(?:reviewed|posted|published|submitted|written|rated|updated|edited|date"
    r"|avis (?:publié|déposé|laissé|rédigé)"
    r"|publiée?|rédigée?|postée?|déposée?|écrite?|modifiée?"
    r"|評論於|評價於|發表於|发表于|發佈於|發布於|发布于)\b"
    r"(?:\s+(?:in|en|au|aux)\s+[^\d]{2,40}?(?=\s+(?:on|le)\s))?(?:\s*:)?\s*(?:(?:on|le)\s+)?|(?:on|le)\s+)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|over|almost|nearly|around|more than|less than"
    r"|environ|près de|presque|plus d['’]|plus de |moins de |à peu près)\s*"
    r"|大約|大约|約|约|超過|超过|將近|将近",
    re.IGNORECASE,
)
_CHINESE_COUNT = re.compile(
    r"(二十|十[一二三四五六七八九]|[一二兩两三四五六七八九十])"
    r"(?=\s*[個个]?\s*(?:秒|分|小[時时]|天|日|週|周|星期|禮拜|月|年))"
)
_CHINESE_FIGURES = {figure: count for count, figure in enumerate("一二三四五六七八九十", 1)} | {
    "兩": 2,
    "两": 2,
    "二十": 20,
}
# Counts and words that dateparser lacks; looked up only where it understood nothing.
_COUNTS = {
    "es": "una|un dos tres cuatro cinco seis",
    "it": "una|un|uno due tre quattro cinque sei",
    "pt": "uma|um duas|dois três quatro cinco seis",
    "nl": "een|één twee drie vier vijf zes",
    "da": "en|et to tre fire fem seks",
    "nb": "en|ett to tre fire fem seks",
    "sv": "en|ett två tre fyra fem sex",
    "fi": "yksi kaksi kolme neljä viisi kuusi",
    "tr": "bir iki üç dört beş altı",
    "hu": "egy két|kettő három négy öt hat",
    "ro": "o|un două|doi trei patru cinci șase",
    "pl": "jeden|jedną dwa|dwie trzy cztery pięć sześć",
    "cs": "jeden|jedním dva|dvěma tři|třemi čtyři|čtyřmi pět|pěti šest|šesti",
    "ru": "один|одну два|две три четыре пять шесть",
    "uk": "один|одну два|дві три чотири п'ять шість",
    "el": "ένα|μία|μια δύο τρία|τρεις τέσσερα|τέσσερις πέντε έξι",
    "he": "אחד|אחת שני|שתי שלושה|שלוש ארבעה|ארבע חמישה|חמש שישה|שש",
}
_ARABIC = {
    **{
        "ساعتين": "2 ساعة",
        "يومين": "2 يوم",
        "أسبوعين": "2 أسبوع",
        "شهرين": "2 شهر",
        "سنتين": "2 سنة",
        "عامين": "2 سنة",
    },
    **{"أسابيع": "أسبوع", "أيام": "يوم", "أشهر": "شهر", "شهور": "شهر", "سنوات": "سنة", "ساعات": "ساعة"},
}
_LONE_UNIT = {
    "fi": re.compile(r"^(?=(?:sekunti|minuutti|tunti|päivä|viikko|kuukausi|vuosi)\b)"),
    "ar": re.compile(r"(?<=^منذ )(?=(?:ساعة|يوم|أسبوع|شهر|سنة|عام)$)"),
}
_CHINESE_WORDS = (
    ("個星期", "週"),
    ("个星期", "周"),
    ("個禮拜", "週"),
    ("禮拜", "週"),
    ("之前", "前"),
    ("以前", "前"),
    ("剛才", "剛剛"),
)


@dataclass(frozen=True)
class _Words:
    """What words say of a date: a moment, or how far back from the one who reads.

    Attributes:
        moment: Its year or day means nothing where that part was not told; naive where no zone is named.
    """

    moment: datetime | None = None
    has_year: bool = True
    has_day: bool = True
    has_time: bool = False
    months_back: int = 0
    back: timedelta = timedelta()


def read_date(
    written: str | None, *, collected_at: datetime, zone: str | None = None, language: str | None = None
) -> tuple[datetime | None, Precision]:
    """Return the UTC instant that a source wrote, and how exactly it wrote it.

    A day without a time is midnight UTC of that day (precision day); a month or a year
    without a day is the noon of its first day, and counts as relative; a time without a
    zone is in `zone`. What cannot be a date of an opinion (the 30th of February, before
    1990, more than two days after it was collected) is None.

    Args:
        written: As the source has it; an epoch in figures may be in seconds down to nanoseconds.
        collected_at: Aware; what relative dates count from.
        zone: IANA name or offset that the source's format implies; unknown ones mean UTC.
        language: As declared, with its region if any: "fr", "en-US".
    """
    words = " ".join((written or "").split())
    if not words or len(words) > LONGEST:
        return None, Precision.NONE
    try:
        found, precision = _read(words, collected_at.astimezone(UTC).replace(microsecond=0), _zone(zone), language)
    except (ValueError, OverflowError):
        return None, Precision.NONE
    if found is None or not EARLIEST <= found <= collected_at + FUTURE_ALLOWED:
        return None, Precision.NONE
    return found, precision


def _read(words: str, collected_at: datetime, zone: tzinfo, language: str | None) -> tuple[datetime | None, Precision]:
    """Return the instant and its precision, or raise ValueError where the figures are no date."""
    if found := _YEAR_FIRST.fullmatch(words) or _COMPACT.fullmatch(words):
        return _instant(int(found["year"]), int(found["month"]), int(found["day"]), found, zone)
    if found := _EPOCH.fullmatch(words):
        digits = found[1]
        scale = 10 ** (3 * ((len(digits) - 9) // 3))
        return datetime.fromtimestamp(int(digits) // scale, UTC), Precision.SECOND
    if found := _YEAR_LAST.fullmatch(words):
        day, month = _day_and_month(int(found["first"]), int(found["then"]), language)
        return _instant(_full_year(int(found["year"]), collected_at.year), month, day, found, zone)
    if _RFC_822.fullmatch(words):
        sent = parsedate_to_datetime(words)
        return (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC), Precision.SECOND
    if found := _MONTH_ONLY.fullmatch(words):
        return datetime(int(found["year"]), int(found["month"] or 1), 1, 12, tzinfo=UTC), Precision.RELATIVE
    simple, languages, month_first = _simplified(words), _languages(language), _is_month_first(language)
    told = _understood(simple, languages, month_first)
    if told is None and (counted := _counted(simple, languages[0])) != simple:
        told = _understood(counted, languages, month_first)
    return _from_words(told, collected_at, zone)


def _instant(year: int, month: int, day: int, found: re.Match[str], zone: tzinfo) -> tuple[datetime, Precision]:
    """Return the instant of a date in figures with the time that stands behind it, if any."""
    told = found.groupdict()
    if told.get("hour") is None:
        return datetime(year, month, day, tzinfo=UTC), Precision.DAY
    hour = _full_hour(int(told["hour"]), (told.get("half") or told.get("half_after") or "").replace(".", "").lower())
    at = time(hour % 24, int(told["minute"]), min(int(told.get("second") or 0), 59))
    local = datetime.combine(date(year, month, day) + timedelta(days=hour // 24), at)
    own_zone = _zone(told["zone"]) if told.get("zone") else zone
    return local.replace(tzinfo=own_zone).astimezone(UTC), Precision.SECOND


def _full_hour(hour: int, half: str) -> int:
    """Return the hour of 24; "24:00" is 24."""
    if half in ("pm", "下午", "晚上") and hour < 12:
        return hour + 12
    if half in ("am", "上午", "凌晨") and hour == 12:
        return 0
    if hour > 24:
        raise ValueError(hour)
    return hour


def _full_year(year: int, now: int) -> int:
    """Return a year of four figures; "98" is the last one that is not to come."""
    if year >= 100:
        return year
    return 2000 + year if 2000 + year <= now else 1900 + year


def _day_and_month(first: int, then: int, language: str | None) -> tuple[int, int]:
    month_first = _is_month_first(language) if first <= 12 and then <= 12 else then > 12
    return (then, first) if month_first else (first, then)


def _is_month_first(language: str | None) -> bool:
    parts = re.split(r"[-_]", (language or "").lower())
    return len(parts) > 1 and parts[-1] in MONTH_FIRST_REGIONS


def _languages(declared: str | None) -> tuple[str, ...]:
    """Return the languages to try, the declared one first."""
    code = language_code(declared)
    return tuple(dict.fromkeys([code, *LANGUAGES])) if code in language_order else LANGUAGES


def _simplified(words: str) -> str:
    """Return `words` without "Reviewed on" and "about", and Chinese counts in figures."""
    words = _ABOUT.sub("", _PREFIX.sub("", words))
    words = _CHINESE_COUNT.sub(lambda count: str(_chinese_number(count[1])), words)
    for word, known in _CHINESE_WORDS:
        words = words.replace(word, known)
    return words.strip()


def _counted(words: str, language: str) -> str:
    """Return `words` of this language with counts in figures: "två veckor sedan" is "2 veckor sedan"."""
    if language == "ar":
        words = " ".join(_ARABIC.get(word, word) for word in words.split())
    for count, spellings in enumerate(_COUNTS.get(language, "").split(), 1):
        words = re.sub(rf"\b(?:{spellings})\b", str(count), words, flags=re.IGNORECASE)
    return _LONE_UNIT[language].sub("1 ", words) if language in _LONE_UNIT else words


def _chinese_number(figures: str) -> int:
    return _CHINESE_FIGURES.get(figures) or 10 + _CHINESE_FIGURES[figures[1]]


@lru_cache(maxsize=8192)
def _understood(words: str, languages: tuple[str, ...], month_first: bool) -> _Words | None:
    """Return what dateparser makes of `words`, free of the moment at which they are read."""
    for required in (("day", "month", "year"), ("day", "month"), ("month", "year")):
        found = _parser(languages, month_first, "absolute-time", required).get_date_data(words)
        if found.date_obj is not None:
            return _Words(found.date_obj, "year" in required, "day" in required, found.period == "time")
    found = _parser(languages, month_first, "relative-time", ()).get_date_data(words)
    if found.date_obj is None:
        return None
    moment = found.date_obj.replace(tzinfo=None)
    if found.period in ("month", "year"):
        return _Words(months_back=12 * (_ANCHOR.year - moment.year) + _ANCHOR.month - moment.month)
    if _CLOCK_TIME.search(words):
        return _Words(back=timedelta(days=(_ANCHOR.date() - moment.date()).days))
    return _Words(back=_ANCHOR - moment)


@lru_cache(maxsize=256)
def _parser(languages: tuple[str, ...], month_first: bool, kind: str, required: tuple[str, ...]) -> DateDataParser:
    return DateDataParser(
        languages=list(languages),
        use_given_order=True,
        settings={
            "RELATIVE_BASE": _ANCHOR,
            "PREFER_DATES_FROM": "past",
            "DATE_ORDER": "MDY" if month_first else "DMY",
            "PREFER_LOCALE_DATE_ORDER": False,
            "PARSERS": [kind],
            "REQUIRE_PARTS": list(required),
            "RETURN_TIME_AS_PERIOD": True,
        },
    )


def _from_words(told: _Words | None, collected_at: datetime, zone: tzinfo) -> tuple[datetime | None, Precision]:
    if told is None:
        return None, Precision.NONE
    if told.moment is None:
        return _months_before(collected_at, told.months_back) - told.back, Precision.RELATIVE
    if not told.has_day:
        return datetime(told.moment.year, told.moment.month, 1, 12, tzinfo=UTC), Precision.RELATIVE
    moment = told.moment if told.has_year else _latest(told.moment, collected_at)
    if not told.has_time:
        return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC), Precision.DAY
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC), Precision.SECOND


def _latest(moment: datetime, collected_at: datetime) -> datetime:
    """Return `moment` in the last year in which its day had come when it was collected."""
    for year in range(collected_at.year, collected_at.year - 9, -1):
        is_leap_day = (moment.month, moment.day) == (2, 29)
        if is_leap_day and (year % 4 or (year % 100 == 0 and year % 400)):
            continue
        if moment.replace(year=year).date() <= (collected_at + timedelta(days=1)).date():
            return moment.replace(year=year)
    raise ValueError(moment)


def _months_before(moment: datetime, months: int) -> datetime:
    """Return the same day so many months earlier, or that month's last day where it is shorter."""
    year, month = divmod(12 * moment.year + moment.month - 1 - months, 12)
    following = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last_day = (following - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


@lru_cache(maxsize=512)
def _zone(name: str | None) -> tzinfo:
    """Return the zone of an IANA name or an offset; anything else is UTC."""
    if not name or name in ("Z", "UTC", "GMT"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(ahead if offset[1] == "+" else -ahead)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
