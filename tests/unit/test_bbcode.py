"""BBCode is read as a person sees it: no tags, nothing said lost, lines where there were lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import source_class
from twelvefold.pipeline.bbcode import without_bbcode
from twelvefold.pipeline.collect import _read_mention
from twelvefold.pipeline.plain_text import plain_text
from twelvefold.records import RawMention

NAMES = ("b", "i", "u", "strike", "spoiler", "h1", "quote", "list", "table", "tr", "td", "url", "hr", "code", "noparse")
PIECES = [
    *(f"[{name}]" for name in NAMES),
    *(f"[/{name}]" for name in NAMES),
    *("[*]", "[url=https://game.example/a]", "[quote=Ann]", "[table noborder=1]", "[", "]", "[img]", "[/img]", "\n"),
    *("word ", "<3", "a[i] = 3", "👩\u200d🚀", "客服", "&amp;", "<br>", "[ b ]", "[b", "[module]"),
]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[h1]Runs well[/h1]Two crashes in [b]ten[/b] hours", "Runs well\nTwo crashes in ten hours"),
        ("[strike]Buy [i]that[/i] instead.[/strike] 👩\u200d🚀 <3", "Buy that instead. 👩\u200d🚀 <3"),
        ("[spoiler]the dog dies[/spoiler] and so do I", "the dog dies and so do I"),
        ("[quote=Ann]it works[/quote]No.", "it works\nNo."),
        ("Pros:[list][*]fun[*]short[/list]Cons: none", "Pros:\n\nfun\nshort\nCons: none"),
        ("[olist]\n[*]one\n[*]two\n[/olist]", "one\n\ntwo"),
        ("[table][tr][th]Sound[/th][td]4[/td][/tr][tr][td]Art[/td][td]5[/td][/tr][/table]", "Sound 4\n\nArt 5"),
        ("see [url=https://game.example/a]the guide[/url]", "see the guide"),
        ("see [url=https://game.example/a][/url]", "see https://game.example/a"),
        ("see [url]https://game.example/a[/url]", "see https://game.example/a"),
        ("above[hr][/hr]below", "above\n\nbelow"),
        ("[img]https://game.example/a.png[/img]pretty", "pretty"),
        ("[noparse]use [b] for bold[/noparse], [B]please[/B]", "use [b] for bold, please"),
        ("[code]if a[i] > b[i]: [b]x[/b][/code]", "if a[i] > b[i]: [b]x[/b]"),
        ("a[i] = 3 and [b]never closed", "a[i] = 3 and [b]never closed"),
        ("rated [*][*][*] of [x]", "rated [*][*][*] of [x]"),
        ("[b][i]overlapping[/b][/i]", "overlapping"),
        ("[b]AT&amp;T[/b]<br>in <module>", "AT&T\nin <module>"),
    ],
)
def test_bbcode_is_read_as_a_person_sees_it(written: str, read: str) -> None:
    assert plain_text(written, bbcode=True).text == read


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_what_is_said_stays_and_what_comes_out_stays_as_it_is(written: str) -> None:
    read = plain_text(written, bbcode=True).text
    assert plain_text(read).text == read
    if "[img]" not in written:
        for said in ("word", "客服", "👩\u200d🚀", "<3"):
            assert read.count(said) == written.count(said)


@given(st.text(alphabet=st.characters(blacklist_characters="[")))
def test_a_text_without_brackets_is_as_it_was(written: str) -> None:
    assert without_bbcode(written) == written
    assert plain_text(written, bbcode=True) == plain_text(written)


@pytest.mark.parametrize("piece", ["[b]", "[/b]", "[b]x[/b]", "[noparse]", "[list][*]", "[url=", "["])
def test_a_long_text_is_read_in_reasonable_time(piece: str) -> None:
    assert plain_text(piece * (1_000_000 // len(piece)), bbcode=True).was_cut


def test_steam_reviews_are_read_so() -> None:
    raw = RawMention("7001", text="[h1]Runs[/h1][b]well[/b]", reply_text="[i]Thanks[/i]", rating=True)
    source = SourceSettings(name="s", kind="steam", options={"app_id": 42})
    statement = source_class("steam").statement
    mention = _read_mention(raw, source, statement, b"k", datetime(2026, 1, 1, tzinfo=UTC))
    assert (mention.text, mention.reply_text) == ("Runs\nwell", "Thanks")
    other = _read_mention(raw, source, source_class("feed").statement, b"k", datetime(2026, 1, 1, tzinfo=UTC))
    assert other.text == "[h1]Runs[/h1][b]well[/b]"
