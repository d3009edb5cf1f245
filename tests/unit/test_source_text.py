"""Charsets, markup, JSON-LD, sitemaps and walls: the readers below the adapters."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.json_ld import json_ld_values, tolerant_json
from twelvefold.crawlers.markup import next_links, scripts, visible_words
from twelvefold.crawlers.pace import retry_after_s
from twelvefold.crawlers.sitemaps import SitemapError, read_sitemap
from twelvefold.crawlers.walls import wall_in

FRENCH, CHINESE = "déçue, où est mon colis ?", "客服態度極差，等了兩個星期都沒人回覆。"


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (CHINESE.encode(), "text/html; charset=iso-8859-1", CHINESE),
        (FRENCH.encode("cp1252"), "text/html; charset=utf-8", FRENCH),
        (FRENCH.encode("cp1252"), "text/html", FRENCH),
        (FRENCH.encode("latin-1"), "text/html; charset=iso-8859-1", FRENCH),
        (
            b'<meta charset="big5">' + CHINESE.encode("big5"),
            "text/html; charset=utf-8",
            '<meta charset="big5">' + CHINESE,
        ),
        (CHINESE.encode("gb18030"), "text/html; charset=gb2312", CHINESE),
        (CHINESE.encode("utf-16"), "text/html; charset=utf-8", CHINESE),
        ((CHINESE * 40).encode()[:-1], None, (CHINESE * 40)[:-1] + "\ufffd"),
        (b"", None, ""),
    ],
)
def test_a_page_is_read_whatever_charset_it_claims(body, content_type, text):
    assert decode(body, content_type) == text


@given(st.binary(), st.sampled_from([None, "text/html; charset=nonsense", "text/html; charset=utf-16"]))
def test_any_bytes_have_a_text(body, content_type):
    assert isinstance(decode(body, content_type), str)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ('{"a": 1};', [{"a": 1}]),
        ('\n//<![CDATA[\n{"a": "x\r\ny"}\n//]]>\n', [{"a": "x\r\ny"}]),
        ('/*<![CDATA[*/ {"a": 1} /*]]>*/', [{"a": 1}]),
        ('<!-- {"a": 1} -->', [{"a": 1}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('[{"a": 1,}]', [[{"a": 1}]]),
        ('{"a": 1, // a comment\n "b": 2}', [{"a": 1, "b": 2}]),
        ("{&quot;a&quot;: 1}", [{"a": 1}]),
        ('{"\\u0040type": "Review"}', [{"@type": "Review"}]),
        ("null", [None]),
        (" \ufeff ", []),
    ],
)
def test_json_ld_is_read_as_pages_write_it(written, values):
    assert tolerant_json(written) == values


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10), st.text())
def test_json_in_any_script_is_found_again(value, noise):
    noise = noise.replace("<", " ")
    page = f'{noise}<script class=x type="application/ld+json">{json.dumps({"v": value})}</script>{noise}'
    assert json_ld_values(page) == ([{"v": value}], [])


@given(st.text())
def test_any_text_between_script_marks_is_a_value_or_a_problem(text):
    values, broken = json_ld_values(f'<script type="application/ld+json">{text}')
    assert isinstance(values, list)
    assert all(block.reason for block in broken)


def test_scripts_in_comments_are_none_and_comments_in_scripts_are_script():
    page = "<!-- <script>a</script> --><SCRIPT defer>b <!-- c --></SCRIPT><script type='x'>d"
    assert list(scripts(page)) == [(" defer", "b <!-- c -->"), (" type='x'", "d")]


@pytest.mark.parametrize(
    "part", ["<!--", "<script", "<script>", "<a rel=next ", "<style>", "<title", "<", '<link rel="']
)
def test_hostile_markup_costs_linear_time(part):
    page = part * (5_000_000 // len(part))
    began = time.process_time()
    list(scripts(page))
    next_links(page)
    json_ld_values(page)
    wall_in(page)
    visible_words(page)
    assert time.process_time() - began < 5


def test_the_next_page_is_named_by_a_link_or_an_anchor():
    page = """<link rel=prev href="/1"><LINK href='/3' rel="next"><a class="x" rel="nofollow next" href=/3>more</a>
    <a href="/next">next</a><a rel="next">nowhere</a>"""
    assert next_links(page) == ["/3", "/3"]


SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def test_sitemaps_come_newest_first():
    entries = "<url><loc>https://a.example/1</loc></url><url><loc>https://a.example/2</loc><lastmod>2026-01-01</lastmod></url>"
    packed = gzip.compress(SITEMAP.format(entries).encode())
    assert read_sitemap(packed).pages == ("https://a.example/2", "https://a.example/1")
    assert read_sitemap(b"https://a.example/1\nhttps://a.example/2\n").pages[0] == "https://a.example/1"


def test_a_sitemap_reads_no_file_and_grows_to_no_bomb():
    evil = '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SITEMAP.format("<url><loc>&x;</loc></url>")
    assert not any("root" in page for page in read_sitemap(evil.encode()).pages)
    with pytest.raises(SitemapError, match="unpacks to more"):
        read_sitemap(gzip.compress(b" " * 60_000_000))


@given(st.binary())
def test_any_bytes_are_a_sitemap_or_refused(body):
    try:
        read_sitemap(body)
    except SitemapError as refusal:
        assert str(refusal)


@pytest.mark.parametrize(
    "page",
    [
        "<title>Just a moment...</title>",
        "<html><head><title>Avant de continuer sur Exemple</title></head></html>",
        "<title>安全驗證</title>",
        '<body><div class="g-recaptcha"></div>Please confirm</body>',
        "<script>var dd = 'geo.captcha-delivery.com'</script>Please enable JS",
    ],
)
def test_walls_are_seen(page):
    assert wall_in(page)


@pytest.mark.parametrize(
    "page",
    [
        "<title>Captivating kettles</title>Nothing here yet",
        '<title>Kettle</title><form><div class="g-recaptcha"></div></form>'
        + "<p>A long description of a kettle.</p>" * 200,
        f"<script src='https://hcaptcha.com/1/api.js'></script><script>state = '{'x' * 300_000}'</script>",
        "",
    ],
)
def test_pages_that_merely_hold_a_captcha_are_none(page):
    assert wall_in(page) is None


NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after_s(value, NOW) == seconds
