import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.pipeline.plain_text import TEXT_LIMIT, one_line, plain_text

FAMILY = "👨\u200d👩\u200d👧"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
PIECES = [
    "<p>", "</p>", "<br/>", "<b>", "</b>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<a href='x'>",
    "&amp;", "&lt;", "&gt;", "amp;", "lt;", "&#39;", "&#x200d;", "&", "<", ">", "\u200d", "\u200b", "👨", "👩",
    "\ufe0f", "e\u0301", "\r\n", "\u2028", " ", "\u3000", "客服", "<3", "\ud83d", "\ude00", "\x00", "\u202e",
    "&nbsp;", '"', "'",
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ""),
        (None, ""),
        ("Plain words", "Plain words"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 it, 5<6", "I <3 it, 5<6"),
        ("use the <b> tag", "use the <b> tag"),
        ("if a <b and c> d", "if a <b and c> d"),
        ("from <Foo> and <use case>", "from <Foo> and <use case>"),
        ('File "kettle.py", line 1, in <module>', 'File "kettle.py", line 1, in <module>'),
        ("<p>in <module> I <3 it</p>", "in <module> I <3 it"),
        ("in <module><br>AT&amp;T and a < b and c > d", "in <module>\nAT&T and a < b and c > d"),
        ("5 &lt; 6 &gt; 2", "5 < 6 > 2"),
        ("<p>use the &lt;b&gt; tag</p>", "use the <b> tag"),
        ("<b>so</b>lid", "solid"),
        ("#<span>tag</span>", "#tag"),
        ("<p>One</p><p>two<br>three</p>", "One\n\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<a title='1 > 0' href=x>link</a>", "link"),
        ("<p>x</p><script>if (a < b) alert('<b>')</script>y<style>p{}</style>", "x\ny"),
        ("<p>kept <script>never closed", "kept never closed"),
        ("<p>cut here <a href='http", "cut here"),
        ("&lt;p&gt;Great &amp;amp; quick&lt;/p&gt;", "Great & quick"),
        ("&amp;quot;hi&amp;quot;", '"hi"'),
        ("<!-- SC_OFF --><div>hey</div>", "hey"),
        ("<![CDATA[<p>hi</p>]]>", "hi"),
        ("AT&T R&D ?a=1&copy=2", "AT&T R&D ?a=1&copy=2"),
        ("&copy; &notaname; &eacute;", "© &notaname; é"),
        ("&#55357;&#56832; &#x1F600;", "😀 😀"),
        ("Didn&apos;t", "Didn't"),
        ("e\u0301te\u0301", "été"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a \t\u3000 b  \n\n\n\n  c", "a b\n\nc"),
        ("\u200bhid\u00adden\ufeff", "hidden"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("\x00\x07ring\x1b[0m", "ring[0m"),
        ("\ud83d\ude00 \ud83d!", "😀 \ufffd!"),
        (f"ok {FAMILY}\u200d", f"ok {FAMILY}"),
        (f"{SCOTLAND} x\U000e0041", f"{SCOTLAND} x"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("שלום \u200fעולם", "שלום עולם"),
        ('<img class="emoji" alt="😀" src="x"> <img alt="a kettle" src="y">', "😀"),
        ("\u3164\u2800", ""),
        ("<p>客服態度極差</p>", "客服態度極差"),
    ],
)
def test_text_is_read_as_a_person_reads_it(written: str | None, read: str) -> None:
    assert plain_text(written).text == read


def test_a_title_is_one_line() -> None:
    assert one_line("<p>Very\n good</p><p>kettle</p>") == "Very good kettle"
    assert len(one_line("word " * 1000)) <= 500


@pytest.mark.parametrize(
    "piece", ["kettle ", "<p>kettle</p>", "👩\u200d🚀", "<a '", "<script>", "&amp;amp;", "&a", "<!--"]
)
def test_ten_megabytes_are_cut_in_reasonable_time(piece: str) -> None:
    told = plain_text(piece * (10_000_000 // len(piece)))
    assert told.was_cut
    assert len(told.text) <= TEXT_LIMIT


def test_the_limit_itself_is_not_a_cut() -> None:
    assert not plain_text("x" * TEXT_LIMIT).was_cut
    assert plain_text("x" * (TEXT_LIMIT + 1)).was_cut


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_what_comes_out_is_clean_and_stays_as_it_is(written: str) -> None:
    read = plain_text(written).text
    assert plain_text(read).text == read
    assert not [letter for letter in read if unicodedata.category(letter) == "Cc" and letter != "\n"]
    assert not [letter for letter in read if 0xD800 <= ord(letter) <= 0xDFFF]
    assert unicodedata.is_normalized("NFC", read)
    assert read == read.strip()


@given(
    st.text(alphabet=st.characters(whitelist_categories=("L", "N", "P", "Zs"), blacklist_characters="<&"), max_size=80)
)
def test_plain_words_lose_nothing_that_can_be_seen(written: str) -> None:
    read = plain_text(written).text
    expected = unicodedata.normalize("NFC", "".join(written.split()))
    lost = set(expected) - set(read)
    assert lost <= set("\u115f\u1160\u3164\uffa0")
