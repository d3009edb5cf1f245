"""A night's remarks in the digest's language: known by the very sentences that crawlers and the collector write."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from twelvefold.config import parse_configuration
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.spiders.files import Files
from twelvefold.crawlers.tabular import BadRow, read_table
from twelvefold.pipeline.collect import _message
from twelvefold.pipeline.digest.remarks import _REMARKS, remark_words
from twelvefold.pipeline.digest.words import LOCALES, words
from twelvefold.pipeline.normalise import normalise
from twelvefold.pipeline.watch import silence
from twelvefold.records import RawMention

TRANSLATED = [language for language in LOCALES if language != "en"]
NIGHT = date(2026, 11, 23)


def dates(*values: str) -> str:
    column = DateColumn()
    for value in values:
        column.look(value)
    return column.note('Le "jour", l\'heure; etc.', "fr")


def refused(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, "utf-8")
    return [row.reason for row in read_table(folder / name).rows() if isinstance(row, BadRow)]


def file_messages(folder: Path) -> list[str]:
    (folder / "cards.csv").write_text("id,rating,text,date\n1,5,Good,13/11/2026\n2,4,Fine,14/11/2026\n", "utf-8")
    yaml = "brands: [{name: K, sources: [{name: c, kind: files, paths: ['cards.csv', 'none-*.csv']}]}]"
    (brand,) = parse_configuration(yaml, folder).brands
    return [reading.message for reading in Files(brand.sources[0], folder).readings() if reading.message]


def written(folder: Path) -> list[str]:
    """Sentences as the code itself writes them."""
    with pytest.raises(ValueError) as nothing_in_it:
        normalise(
            RawMention("1"),
            source=parse_configuration("brands: [{name: K, sources: [{name: c, kind: files, paths: [x]}]}]", folder)
            .brands[0]
            .sources[0],
            scale=None,
            collected_at=datetime(2026, 11, 23, tzinfo=UTC),
            key=b"k",
        )
    history = {NIGHT - timedelta(days=age): 20 for age in range(1, 60)}
    return [
        dates("13/2/2026"),
        dates("2/13/2026"),
        dates("13/2/2026", "14/2/2026", "2/13/2026"),
        dates("3/4/2026"),
        *file_messages(folder),
        *refused(folder, "a.csv", 'id,text\n1,"open\n2,a,b,c\n3,fine\n'),
        *refused(folder, "b.jsonl", '{"id": 1}\n[1]\nnot json\n'),
        str(nothing_in_it.value),
        silence(history, NIGHT, 0),
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_code_writes_is_known(language: str, tmp_path: Path) -> None:
    told = written(tmp_path)
    assert len(told) > 10 and all(told)
    for sentence in told:
        translated = remark_words(sentence, words(language))
        assert translated != sentence
        assert not {"the", "are", "row", "its", "with", "and"} & set(translated.replace("'", " ").split()), translated


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_known_among_others(language: str) -> None:
    for sentence in _REMARKS:
        values = {"column": "'a \\'b\\''", "pattern": "'*.csv'", "mark": "','", "beginning": '"it\'s"'}
        values |= {"url": "https://a.example/x?y=1", "place": "/srv/in"}
        numbers = dict.fromkeys(("low", "high", "number", "count", "code", "days"), "12.5")
        filled = sentence.format(**values, **numbers)
        wanted = words(language).gettext(sentence).format(**values, **numbers)
        assert remark_words(f"cards.csv: {filled}; something else", words(language)).startswith(f"cards.csv: {wanted}")


def test_english_and_what_a_site_says_stay_as_they_are() -> None:
    told = "ratings in 'a' are read on a scale of 1 to 5; https://a.example says: no {entry} today"
    assert remark_words(told, words("en")) == told
    assert remark_words(told, words("fr")) == (
        "notes de 'a' lues sur une échelle de 1 à 5; https://a.example says: no {entry} today"
    )


def test_rejections_are_named_by_their_row() -> None:
    told = _message("", [], [f"cards.csv, row {row}: the line is no JSON object" for row in range(2, 8)])
    assert remark_words(told, words("fr")) == (
        "cards.csv, ligne 2 : la ligne n’est pas un objet JSON; cards.csv, ligne 3 : la ligne n’est pas un objet JSON; "
        "cards.csv, ligne 4 : la ligne n’est pas un objet JSON ; et 3 de plus"
    )
