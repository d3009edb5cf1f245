from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twelvefold.pipeline.dates import LANGUAGES, read_date
from twelvefold.records import Precision

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def read(written: str | None, **more: str) -> tuple[str | None, Precision]:
    found, precision = read_date(written, collected_at=NOW, **more)
    return (found.isoformat().replace("+00:00", "Z") if found else None), precision


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2021-11-20T10:25:34-07:00", "2021-11-20T17:25:34Z"),
        ("2022-05-26T08:39:59+0000", "2022-05-26T08:39:59Z"),
        ("2024-06-30 09:41:43", "2024-06-30T09:41:43Z"),
        ("2017-11-03 03:01:00.000000", "2017-11-03T03:01:00Z"),
        ("2016-06-30T02:42:25.000+00:00", "2016-06-30T02:42:25Z"),
        ("2025-05-19T12:27:52.652381Z", "2025-05-19T12:27:52Z"),
        ("20201129T101112Z", "2020-11-29T10:11:12Z"),
        ("1611106445", "2021-01-20T01:34:05Z"),
        ("1467590690.0", "2016-07-04T00:04:50Z"),
        ("1467590690000", "2016-07-04T00:04:50Z"),
        ("Fri, 20 Feb 2015 09:51:15 UTC", "2015-02-20T09:51:15Z"),
        ("Wed, 03 Jan 2018 13:47:00 GMT\n      ", "2018-01-03T13:47:00Z"),
        ("Sat, 23 Jan 2016 15:40:37 -0500", "2016-01-23T20:40:37Z"),
        ("3 March 2020 10:15 PST", "2020-03-03T18:15:00Z"),
        ("3 mars 2024 à 14h30", "2024-03-03T14:30:00Z"),
        ("2024年3月5日 下午3:20", "2024-03-05T15:20:00Z"),
        ("3/14/2023 10:22:05 PM", "2023-03-14T22:22:05Z"),
        ("2024-05-06T24:00:00Z", "2024-05-07T00:00:00Z"),
        ("2024-05-06T23:59:60Z", "2024-05-06T23:59:59Z"),
    ],
)
def test_a_time_is_read_to_the_second(written: str, meant: str) -> None:
    assert read(written) == (meant, Precision.SECOND)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2020-11-29", "2020-11-29"),
        ("2020.11.06", "2020-11-06"),
        ("20201129", "2020-11-29"),
        ("October 24, 2011", "2011-10-24"),
        ("24. Oktober 2011", "2011-10-24"),
        ("sexta 18 setembro 2020", "2020-09-18"),
        ("domingo 28 junho 2020", "2020-06-28"),
        ("le 1er janvier 2024", "2024-01-01"),
        ("2024年3月5日", "2024-03-05"),
        ("24/10/2011", "2011-10-24"),
        ("10/24/2011", "2011-10-24"),
        ("31.12.2019", "2019-12-31"),
        ("Reviewed in France on 3 March 2020", "2020-03-03"),
        ("Avis déposé le 3 mars 2024", "2024-03-03"),
        ("12 novembre", "2026-11-12"),
        ("Nov 25", "2025-11-25"),
        ("Feb 29", "2024-02-29"),
    ],
)
def test_a_day_is_midnight_of_that_day(written: str, meant: str) -> None:
    assert read(written) == (f"{meant}T00:00:00Z", Precision.DAY)
    assert read(written, zone="Asia/Taipei") == (f"{meant}T00:00:00Z", Precision.DAY)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("two weeks ago", "2026-11-08T03:00:00Z"),
        ("about a month ago", "2026-10-22T03:00:00Z"),
        ("Posted 3 hours ago", "2026-11-22T00:00:00Z"),
        ("yesterday at 11pm", "2026-11-21T03:00:00Z"),
        ("il y a deux semaines", "2026-11-08T03:00:00Z"),
        ("il y a plus d'un an", "2025-11-22T03:00:00Z"),
        ("avant-hier", "2026-11-20T03:00:00Z"),
        ("兩週前", "2026-11-08T03:00:00Z"),
        ("3 個星期前", "2026-11-01T03:00:00Z"),
        ("一個月前", "2026-10-22T03:00:00Z"),
        ("三天前", "2026-11-19T03:00:00Z"),
        ("昨天", "2026-11-21T03:00:00Z"),
        ("vor 3 Tagen", "2026-11-19T03:00:00Z"),
        ("hace 2 semanas", "2026-11-08T03:00:00Z"),
        ("há 2 semanas", "2026-11-08T03:00:00Z"),
        ("3日前", "2026-11-19T03:00:00Z"),
        ("2주 전", "2026-11-08T03:00:00Z"),
        ("March 2020", "2020-03-01T12:00:00Z"),
        ("2020-11", "2020-11-01T12:00:00Z"),
        ("2020", "2020-01-01T12:00:00Z"),
    ],
)
def test_a_vague_date_counts_from_when_it_was_collected(written: str, meant: str) -> None:
    assert read(written) == (meant, Precision.RELATIVE)


@pytest.mark.parametrize(
    "written",
    [
        None, "", "  ", "soon", "12", "2024-02-30", "30 February 2024", "0001-01-01T00:00:00", "0", "1970-01-01",
        "2099-01-01", "2026-11-25", "in 3 days", "2024-05-06T25:00:00Z", "13/14/2020", "99999999999999999999",
        "x" * 5000, "9999-12-31T23:59:59Z",
    ],
)  # fmt: skip
def test_what_cannot_be_a_date_is_none(written: str | None) -> None:
    assert read(written) == (None, Precision.NONE)


TWO_WEEKS_AGO = {
    "en": "two weeks ago", "fr": "il y a deux semaines", "zh-Hant": "兩週前", "zh-Hans": "两周前", "zh": "2周前",
    "de": "vor zwei Wochen", "es": "hace dos semanas", "it": "due settimane fa", "pt": "há duas semanas",
    "nl": "twee weken geleden", "ja": "2週間前", "ko": "2주 전", "pl": "dwa tygodnie temu", "ru": "две недели назад",
    "sv": "för två veckor sedan", "da": "for to uger siden", "fi": "kaksi viikkoa sitten", "nb": "for to uker siden",
    "he": "לפני שבועיים", "ar": "منذ أسبوعين", "tr": "iki hafta önce", "cs": "před dvěma týdny", "hu": "két hete",
    "el": "πριν από δύο εβδομάδες", "ro": "acum două săptămâni", "uk": "два тижні тому",
}  # fmt: skip
A_WEEK_AGO = {
    "en": "a week ago", "fr": "il y a une semaine", "zh-Hant": "一週前", "zh-Hans": "1周前", "de": "vor einer Woche",
    "es": "hace una semana", "it": "una settimana fa", "pt": "há uma semana", "nl": "een week geleden",
    "ja": "1週間前", "ko": "1주 전", "sv": "för en vecka sedan", "da": "for en uge siden", "fi": "viikko sitten",
    "ar": "منذ أسبوع", "tr": "bir hafta önce", "hu": "egy hete", "ro": "acum o săptămână",
}  # fmt: skip


@pytest.mark.parametrize("language", TWO_WEEKS_AGO)
def test_two_weeks_ago_is_understood_in_every_language(language: str) -> None:
    found = read_date(TWO_WEEKS_AGO[language], collected_at=NOW, language=language)
    assert found == (NOW - timedelta(days=14), Precision.RELATIVE)


@pytest.mark.parametrize("language", A_WEEK_AGO)
def test_a_week_ago_is_understood_without_a_figure(language: str) -> None:
    found = read_date(A_WEEK_AGO[language], collected_at=NOW, language=language)
    assert found == (NOW - timedelta(days=7), Precision.RELATIVE)


def test_every_language_that_is_tried_is_tested() -> None:
    assert TWO_WEEKS_AGO.keys() == {*LANGUAGES}
    assert len(LANGUAGES) >= 25


def test_a_server_two_days_ahead_is_believed() -> None:
    assert read("2026-11-24T02:59:59Z")[0] == "2026-11-24T02:59:59Z"
    assert read("2026-11-24T03:00:01Z") == (None, Precision.NONE)


@pytest.mark.parametrize(
    ("language", "meant"),
    [
        (None, "2020-04-03"),
        ("fr", "2020-04-03"),
        ("fr-FR", "2020-04-03"),
        ("en", "2020-04-03"),
        ("en-GB", "2020-04-03"),
        ("en-US", "2020-03-04"),
        ("en_US", "2020-03-04"),
    ],
)
def test_the_language_decides_which_figure_is_the_day(language: str | None, meant: str) -> None:
    found, precision = read_date("03/04/2020", collected_at=NOW, language=language)
    assert found is not None
    assert (found.date().isoformat(), precision) == (meant, Precision.DAY)


def test_a_time_without_a_zone_is_in_that_of_the_format() -> None:
    assert read("2024-06-30 09:41:43", zone="Europe/Paris")[0] == "2024-06-30T07:41:43Z"
    assert read("3 mars 2024 à 14h30", zone="-08:00")[0] == "2024-03-03T22:30:00Z"
    assert read("2024-06-30T09:41:43Z", zone="Europe/Paris")[0] == "2024-06-30T09:41:43Z"
    assert read("2024-06-30 09:41:43", zone="Nowhere/../etc")[0] == "2024-06-30T09:41:43Z"


def test_the_order_of_reading_changes_nothing() -> None:
    words = ["2 weeks ago", "03.04.2020", "il y a 2 mois", "12 novembre", "昨天"]
    assert [read(word) for word in words] == [read(word) for word in reversed(words)][::-1]


@given(st.datetimes(datetime(1990, 1, 2), datetime(2026, 11, 22)), st.integers(-14 * 4, 14 * 4))
def test_iso_dates_come_back(local: datetime, quarters: int) -> None:
    aware = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    found, precision = read_date(aware.isoformat(), collected_at=NOW)
    assert (found, precision) == (aware.astimezone(UTC), Precision.SECOND)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9./:TZ+ -]{1,24}", fullmatch=True)))
def test_any_words_are_read_or_refused(written: str) -> None:
    found, precision = read_date(written, collected_at=NOW)
    assert (found is None) == (precision is Precision.NONE)
    assert found is None or (found.tzinfo is UTC and found <= NOW + timedelta(days=2))
