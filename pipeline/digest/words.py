"""A language: its sentences (gettext catalogues compiled in memory), its numbers and its dates."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel import Locale
from babel.dates import format_date, format_interval
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from twelvefold.errors import UnknownName

LOCALES = {"en": "en", "fr": "fr", "zh-Hant": "zh_Hant"}
"""The languages of the digest; English is the source language and has no catalogue."""


class Words:
    """Speaks one language."""

    def __init__(self, language: str, translations: NullTranslations) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self._translations = translations

    def gettext(self, message: str, /) -> str:
        """Return the sentence in this language."""
        return self._translations.gettext(message)

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the sentence in the plural form that `n` asks for, with `{n}` filled in."""
        return self._translations.ngettext(one, many, n).format(n=self.whole(n))

    def whole(self, number: float) -> str:
        """Return a whole number with this language's separators."""
        return str(format_decimal(round(number), "#,##0", locale=self.locale))

    def decimal(self, number: float, digits: int = 1) -> str:
        """Return a number with that many digits; what rounds to nothing has no minus sign."""
        # Adding 0.0 turns -0.0 into 0.0.
        return str(format_decimal(round(number, digits) + 0.0, f"#,##0.{'0' * digits}", locale=self.locale))

    def signed(self, number: float, digits: int = 1) -> str:
        """Return a difference with that many digits and its sign; what rounds to nothing has none."""
        return ("+" if round(number, digits) > 0 else "") + self.decimal(number, digits)

    def plain_number(self, number: float) -> str:
        """Return a configured number without needless digits: 12, 0.5."""
        return str(format_decimal(number, "#,##0.###", locale=self.locale))

    def percent(self, share: float) -> str:
        """Return a share of 1 as a percentage with one digit."""
        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", "#,##0.0")
        return str(format_decimal(share, pattern, locale=self.locale))

    def day(self, day: date) -> str:
        """Return a date, short but with its year."""
        return str(format_date(day, "medium", locale=self.locale))

    def short_day(self, day: date) -> str:
        """Return day and month."""
        return str(format_date(day, self.locale.datetime_skeletons["MMMd"].pattern, locale=self.locale))

    def days(self, first: date, last: date) -> str:
        """Return a range of dates, both ends counted."""
        return str(format_interval(first, last, "yMMMMd", locale=self.locale))


@lru_cache
def words(language: str) -> Words:
    """Return the language called `language`.

    Raises:
        UnknownName: The digest does not speak it; the message lists those it does.
    """
    if language not in LOCALES:
        raise UnknownName(f"the digest does not speak {language!r}; it speaks {', '.join(LOCALES)}")
    if language == "en":
        return Words(language, NullTranslations())
    source = resources.files("twelvefold.pipeline.digest.locales").joinpath(f"{LOCALES[language]}.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes()), locale=LOCALES[language]))
    compiled.seek(0)
    return Words(language, GNUTranslations(compiled))
