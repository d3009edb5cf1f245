"""The digest in its languages and formats: what it says, what it refuses, and that it is safe to mail."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from fake_work import FakeWork

from twelvefold.config import Configuration, parse_configuration
from twelvefold.errors import CallerMistake, UnknownName
from twelvefold.pipeline.columns import width
from twelvefold.pipeline.digest.build import Digest, build_digest
from twelvefold.pipeline.digest.render import FORMATS, render
from twelvefold.pipeline.digest.words import LOCALES
from twelvefold.records import Completeness, Measure, Sentiment, SourceResult, SourceStatus
from twelvefold.schemas import schema
from twelvefold.storage.mentions import Quote
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.surveys import ScoreCount

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE
MONDAY = date(2026, 11, 16)
CONFIGURATION = parse_configuration(
    """
rule: {half_life_days: 90}
brands:
  - name: Acme & Söhne <Kettles>
    zone: Europe/Paris
    sources:
      - {name: shop, kind: schema_org, urls: ["https://shop.example/k"], subject: Kettle}
      - {name: ios, kind: app_store, app_id: 1}
      - {name: new, kind: files, paths: [b.csv]}
""",
    Path(),
)
SHOP = SourceResult("shop", "schema_org", SourceStatus.OK, Completeness.REACHED_KNOWN, 40, 3, 1, 36)
IOS = SourceResult(
    "ios", "app_store", SourceStatus.PARTIAL, Completeness.WINDOW_OVERFLOW, 500, 500, message="500 shown at most"
)


def heard(n: int, label: Sentiment, day: date = MONDAY, *, source: str = "shop", resolved: bool = False) -> DayCount:
    return DayCount(day, source, None, "en", label, resolved, n)


def quote(text: str, url: str | None = "https://shop.example/k#r1", **more: object) -> Quote:
    base = Quote(1, "Title", text, url, "shop", "Kettle", 1.0, 0.97, None, MONDAY, "en")
    return replace(base, **more)  # type: ignore[arg-type]


def full() -> FakeWork:
    """A brand with a debt of 33, an NPS of 30, one hole, quotes of every kind."""
    return FakeWork(
        counts=[heard(87, POSITIVE), heard(10, NEGATIVE, source="ios"), heard(4, NEUTRAL)],
        scores={
            Measure.NPS: [(MONDAY, ScoreCount(s, 0, 10, n)) for s, n in ((9.0, 50), (8.0, 30), (2.0, 20))],
            Measure.CSAT: [(MONDAY, ScoreCount(5, 1, 5, 6)), (None, ScoreCount(4, 1, 5, 14))],
        },
        told={
            NEGATIVE: [
                quote("Dead after two days."),
                quote("客服態度極差，等了兩個星期都沒人回覆。", language="zh-Hant"),
            ],
            POSITIVE: [quote("Colis reçu en deux jours.", language="fr")],
        },
        results=[SHOP, IOS],
    )


def build(work: FakeWork, week: str = "2026-W47", configuration: Configuration = CONFIGURATION) -> Digest:
    return build_digest(work, configuration.brands[0], configuration, brand_id=1, model="m", week=week)


def text_of(work: FakeWork, language: str = "en", week: str = "2026-W47") -> str:
    return render(build(work, week), language, "text").decode()


def html_of(work: FakeWork, language: str = "en") -> str:
    return render(build(work), language, "html").decode()


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


class Reader(HTMLParser):
    """Collects tags with their attributes and the words between them; fails on unbalanced tags."""

    VOID = frozenset({"meta", "br", "img", "path", "rect", "circle"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Resolve 3 complaints or earn 33 praises to break even."),
        ("fr", "Résolvez 3 plaintes ou gagnez 33 éloges pour atteindre l’équilibre."),
        ("zh-Hant", "解決 3 則負評，或再獲得 33 則好評，即可打平。"),
    ],
)
def test_each_language_says_what_it_takes_to_break_even(language: str, sentence: str) -> None:
    counts = [heard(87, POSITIVE, MONDAY + timedelta(days=6)), heard(10, NEGATIVE, MONDAY + timedelta(days=6))]
    work = replace(full(), counts=counts)
    assert sentence in text_of(work, language)
    assert sentence in html_of(work, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Resolve 1 complaint or earn 1 praise to break even."),
        ("fr", "Résolvez 1 plainte ou gagnez 1 éloge pour atteindre l’équilibre."),
        ("zh-Hant", "解決 1 則負評，或再獲得 1 則好評，即可打平。"),
    ],
)
def test_one_is_singular(language: str, sentence: str) -> None:
    sunday = MONDAY + timedelta(days=6)
    assert sentence in text_of(FakeWork([heard(11, POSITIVE, sunday), heard(1, NEGATIVE, sunday)]), language)


def test_the_printed_figures_stand_in_the_digest() -> None:
    sunday = MONDAY + timedelta(days=6)
    text = one_line(text_of(replace(full(), counts=[heard(92, POSITIVE, sunday), heard(8, NEGATIVE, sunday)])))
    assert "review balance: -2.1 95% interval -35.8 to 32.1, n = 100" in text
    assert "k = 1: 84.0 · k = 5: 39.4 · k = 12: -2.1" in text
    assert "Net promoter score (NPS): 30.0" in text
    assert "95% interval 14.1 to 44.2" in text
    assert "rule of thumb" in text


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert "-15,9" in text_of(full(), "fr").replace("\u2212", "-")
    assert "89,7\u202f%" in text_of(full(), "fr") or "89,7\u00a0%" in text_of(full(), "fr")
    assert "2026年11月16日至22日" in text_of(full(), "zh-Hant")


def test_the_headline_claims_no_more_than_the_interval_allows() -> None:
    def verdict(praises: int, complaints: int) -> str:
        return text_of(FakeWork([heard(praises, POSITIVE), heard(complaints, NEGATIVE)]))

    assert "too close to call" in verdict(92, 8)
    assert "Complaints outweigh praise" in verdict(50, 50)
    assert "Praise outweighs complaints" in verdict(1000, 10)
    assert "Nothing is owed" in verdict(1000, 10)


@pytest.mark.parametrize(
    ("language", "refusal", "answers"),
    [
        ("en", "too few mentions: 6, at least 10 needed", "too few answers: 6, at least 10 needed"),
        ("fr", "trop peu d’avis : 6, il en faut au moins 10", "trop peu de réponses : 6, il en faut au moins 10"),
        ("zh-Hant", "評價太少：6 則，至少需要 10 則", "回覆太少：6 則，至少需要 10 則"),
    ],
)
def test_what_the_data_cannot_carry_is_refused_in_words(language: str, refusal: str, answers: str) -> None:
    work = FakeWork([heard(6, POSITIVE)], {Measure.CSAT: [(MONDAY, ScoreCount(5, 1, 5, 6))]})
    for form in ("text", "html"):
        said = one_line(render(build(work), language, form).decode())
        assert refusal in said
        assert one_line(answers) in said


@pytest.mark.parametrize("language", LOCALES)
def test_an_empty_brand_still_has_a_digest(language: str) -> None:
    for form in FORMATS:
        assert render(build(FakeWork()), language, form)


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_week_renders_byte_for_byte_the_same(language: str, form: str) -> None:
    assert render(build(full()), language, form) == render(build(full()), language, form)


def test_later_mentions_do_not_change_a_past_week() -> None:
    later = full()
    later.counts.append(heard(500, NEGATIVE, MONDAY + timedelta(days=7)))
    for form in FORMATS:
        assert render(build(later), "en", form) == render(build(full()), "en", form)


def test_the_json_keeps_its_schema() -> None:
    for work in (full(), FakeWork()):
        document = json.loads(render(build(work), "en", "json"))
        jsonschema.validate(document, schema("digest"))
        assert (document["since"], document["until"]) == ("2026-11-16", "2026-11-23")
        assert set(document["loyalty"]) & set(document["satisfaction"]) == set()


@pytest.mark.parametrize("language", LOCALES)
def test_plain_text_keeps_to_78_columns(language: str) -> None:
    for line in text_of(full(), language).splitlines():
        assert width(line) <= 78 or line.strip().startswith("https://"), line


@pytest.mark.parametrize("language", LOCALES)
def test_html_is_one_file_with_nothing_from_elsewhere_and_no_script(language: str) -> None:
    html = html_of(full(), language)
    tags = Reader(html).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "form", "base"}
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        if "href" in attributes:
            assert tag == "a"
            assert (attributes["href"] or "").startswith("https://")
    assert "@import" not in html
    assert not re.findall(r"url\((?!#)", html)
    assert f'<html lang="{language}">' in html
    assert "prefers-color-scheme: dark" in html


def test_pictures_are_described_for_who_cannot_see_them() -> None:
    pictures = [attributes for tag, attributes in Reader(html_of(full())).tags if tag == "svg"]
    assert len(pictures) == 2 + 3  # the scale, the weeks, and a mark for each source
    assert all(attributes["role"] == "img" for attributes in pictures)
    assert html_of(full()).count("<title>") == 1 + len(pictures)


def test_hostile_words_stay_words() -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=y> \u202etxt.exe\u2066 {{ 7*7 }} %s {n}'
    work = full()
    work.told[NEGATIVE] = [
        quote(hostile, url="javascript:alert(1)", title=hostile, subject=hostile),
        quote("b", url="https://a.example/\"onmouseover='x'", language='"><x>'),
    ]
    work.results = [replace(SHOP, message=hostile), IOS]
    html = html_of(work)
    tags = {tag for tag, _ in Reader(html).tags}
    assert not tags & {"script", "img", "x"}
    assert not [name for _, attributes in Reader(html).tags for name in attributes if name.startswith("on")]
    assert "javascript:" not in html
    quoted = text_of(work)
    assert not set("\u202e\u2066") & set(html + quoted)
    assert "{{ 7*7 }}" in html
    assert quoted.count("\u2068") == quoted.count("\u2069") > 0


def test_quotes_lead_to_the_original_and_keep_their_language() -> None:
    html = html_of(full())
    assert html.count('href="https://shop.example/k#r1"') == 3
    assert 'lang="zh-Hant"' in html
    assert "客服態度極差，等了兩個星期都沒人回覆。" in html
    assert "https://shop.example/k#r1" in text_of(full())


def test_each_source_stands_with_its_result_completeness_and_counts() -> None:
    text = one_line(text_of(full()))
    assert "shop (Kettle · schema_org) read, back to what was known 91 mentions this week" in text
    assert "3 new, 1 edited, 36 seen again, 0 rejected" in text
    assert "o ios (app_store) read in part, more came than the source shows: a hole 10 mentions" in text
    assert "500 shown at most" in text
    assert "o new (files) never asked yet" in text


def test_what_was_imported_without_a_source_is_listed_and_has_no_hole() -> None:
    lines = build(FakeWork([heard(3, POSITIVE, source="upload")])).sources
    assert [(line.source, line.hole, line.mentions) for line in lines] == [
        ("shop", True, 0),
        ("ios", True, 0),
        ("new", True, 0),
        ("upload", False, 3),
    ]


@pytest.mark.parametrize("status", list(SourceStatus))
@pytest.mark.parametrize("completeness", list(Completeness))
def test_a_hole_is_whatever_may_be_missing(status: SourceStatus, completeness: Completeness) -> None:
    work = FakeWork(results=[replace(SHOP, status=status, completeness=completeness)])
    line = build(work).sources[0]
    whole = status in (SourceStatus.OK, SourceStatus.EMPTY) and completeness in (
        Completeness.REACHED_END,
        Completeness.REACHED_KNOWN,
        Completeness.UNKNOWN,
    )
    assert line.hole is not whole
    for language in LOCALES:
        assert render(build(work), language, "text")


def test_weeks_with_a_hole_are_drawn_as_holes() -> None:
    counts = [heard(20, POSITIVE, MONDAY - timedelta(days=7 * back)) for back in range(12) if back != 4]
    digest = build(
        FakeWork(counts, results=[SHOP, replace(IOS, status=SourceStatus.OK, completeness=Completeness.GAP)])
    )
    assert [point.hole for point in digest.trend] == [False] * 7 + [True] + [False] * 3 + [True]
    html = render(digest, "en", "html").decode()
    assert html.count('fill="url(#hole)"') == 2
    assert text_of(FakeWork(counts)).count("hole") == 2


def test_weeks_before_the_first_mention_are_empty_and_no_holes() -> None:
    work = FakeWork([heard(20, POSITIVE, MONDAY - timedelta(days=7)), heard(20, POSITIVE)])
    assert [point.hole for point in build(work).trend] == [False] * 11 + [True]
    html = html_of(work)
    assert html.count('fill="url(#hole)"') == 1
    assert html.count('class="dot"') == 1


def test_open_cases_are_those_up_to_the_end_of_the_week() -> None:
    counts = [
        heard(5, NEGATIVE, MONDAY - timedelta(days=300)),
        heard(2, NEGATIVE),
        heard(4, NEGATIVE, resolved=True),
        heard(9, NEGATIVE, MONDAY + timedelta(days=7)),
    ]
    digest = build(FakeWork(counts))
    assert digest.open_cases == 7
    assert (digest.heard.open, digest.heard.resolved) == (2, 4)
    assert "7 complaints stand open." in text_of(FakeWork(counts))


def test_survey_answers_of_the_week_and_all_answers_stand_apart() -> None:
    digest = build(full())
    assert (digest.answers.csat.n, digest.all_answers.csat.n) == (6, 20)
    assert "All answers so far: 100.0%" in one_line(text_of(full()))


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (("2026-W60", "en", "text"), UnknownName, "no week 60"),
        (("2026-W47", "de", "text"), UnknownName, "does not speak 'de'; it speaks en, fr, zh-Hant"),
        (("2026-W47", "en", "docx"), CallerMistake, "no format 'docx'; choose one of html, text, json"),
    ],
)
def test_a_mistaken_wish_names_the_mend(asked: tuple[str, str, str], error: type[Exception], says: str) -> None:
    week, language, form = asked
    with pytest.raises(error, match=says):
        render(build(full(), week), language, form)


def two_weeks(now: int, resolved: int = 0) -> FakeWork:
    """190 praises and 10 complaints in the week before; `now` praises among 200 in this one."""
    before = MONDAY - timedelta(days=7)
    return FakeWork(
        [
            heard(190, POSITIVE, before),
            heard(10 - resolved, NEGATIVE, before),
            heard(resolved, NEGATIVE, before, resolved=True),
            heard(now, POSITIVE),
            heard(200 - now, NEGATIVE),
        ]
    )


@pytest.mark.parametrize(
    ("language", "now", "sentence"),
    [
        ("en", 150, "The balance of the week fell against the week before: -82.6, 95% interval -111.0 to -49.8."),
        ("en", 198, "The balance of the week rose against the week before: +55.8, 95% interval 7.6 to 90.2."),
        ("en", 188, "The balance of the week shows no change beyond noise against the week before: -9.3, 95% interval"),
        ("fr", 150, "La balance de la semaine a baissé face à la semaine précédente : -82,6, intervalle à 95 % de"),
        ("fr", 188, "ne montre, face à la semaine précédente, aucun changement au-delà du hasard : -9,3, intervalle"),
        ("zh-Hant", 150, "本週的平衡指數較前一週下降：-82.6，95% 區間 -111.0 至 -49.8。"),
        ("zh-Hant", 188, "本週的平衡指數與前一週相比，變化未超出隨機波動：-9.3，95% 區間"),
    ],
)
def test_under_the_headline_stands_whether_the_week_moved_beyond_noise(language: str, now: int, sentence: str) -> None:
    for form in ("text", "html"):
        said = re.sub(r"<[^>]+>", "", one_line(render(build(two_weeks(now)), language, form).decode()))
        # The lines of plain text break Chinese without a space, so both are compared without any.
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", said.replace("−", "-"))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "Too few mentions to compare with the week before: 0 then and 97 this week, at least 10 needed in each.",
        ),
        ("fr", "Trop peu d’avis pour comparer avec la semaine précédente : 0 alors et 97 cette semaine"),
        ("zh-Hant", "評價太少，無法與前一週比較：前一週 0 則，本週 97 則，各至少需要 10 則。"),
    ],
)
def test_a_week_without_one_before_it_is_not_compared(language: str, sentence: str) -> None:
    assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", text_of(full(), language))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "A further -26.4 comes from how many complaints are resolved."),
        ("fr", "S’y ajoutent -26,4 points, dus au nombre de plaintes résolues."),
        ("zh-Hant", "另有 -26.4 來自負評解決數的變化。"),
    ],
)
def test_what_was_resolved_is_kept_apart_from_what_was_felt(language: str, sentence: str) -> None:
    assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", text_of(two_weeks(190, resolved=5), language))
