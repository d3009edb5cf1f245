"""The catalogues: nothing untranslated, nothing unused, nothing lost between braces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from twelvefold.errors import UnknownName
from twelvefold.pipeline import sentence
from twelvefold.pipeline.digest.words import LOCALES, words

PIPELINE = Path(sentence.__file__).parent
TRANSLATED = [language for language in LOCALES if language != "en"]
Message = str | tuple[str, ...]


def spoken() -> set[Message]:
    """Every message that the code and the template ask for."""

    def found() -> Iterator[Message]:
        for file in [PIPELINE / "sentence.py", *(PIPELINE / "digest").glob("*.py")]:
            for _, message, _, _ in extract_from_file("python", str(file)):
                yield message
        for file in (PIPELINE / "digest" / "templates").glob("*.html"):
            for _, message, _, _ in extract_from_file("jinja2.ext:babel_extract", str(file)):
                yield message

    return set(found())


def catalogue(language: str) -> Catalog:
    file = resources.files("twelvefold.pipeline.digest.locales").joinpath(f"{LOCALES[language]}.po")
    with file.open("rb") as stream:
        return read_po(stream, locale=LOCALES[language])


def forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_is_untranslated_or_unused(language: str) -> None:
    known = {message.id: message for message in catalogue(language) if message.id}
    assert set(known) == spoken()
    for message in known.values():
        assert all(form.strip() for form in forms(message.string)), message.id
        assert not message.fuzzy


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_in_the_same_names(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            wanted = set(re.findall(r"{\w*}", forms(message.id)[-1]))
            for form in forms(message.string):
                assert set(re.findall(r"{\w*}", form)) == wanted, message.id


def test_the_extraction_sees_code_and_template() -> None:
    assert "read the original" in spoken()
    assert ("{n} praise", "{n} praises") in spoken()
    assert len(spoken()) > 60


@pytest.mark.parametrize(
    ("language", "none", "one", "many"),
    [
        ("en", "0 praises", "1 praise", "1,200 praises"),
        ("fr", "0 éloge", "1 éloge", "1\u202f200 éloges"),
        ("zh-Hant", "0 則好評", "1 則好評", "1,200 則好評"),
    ],
)
def test_plurals_follow_the_language(language: str, none: str, one: str, many: str) -> None:
    said = [words(language).ngettext("{n} praise", "{n} praises", n) for n in (0, 1, 1200)]
    assert said == [none, one, many]


def test_nothing_rounds_to_minus_zero() -> None:
    assert words("en").decimal(-0.04) == "0.0"


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match="it speaks en, fr, zh-Hant"):
        words("de")
