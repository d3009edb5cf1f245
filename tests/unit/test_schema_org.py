"""Which review is which, and what hostile markup does (nothing)."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import Asked, Page, identity_key, raw_revision
from twelvefold.crawlers.spiders.schema_org import SchemaOrg
from twelvefold.records import SourceStatus

ASKED = Asked(datetime(2026, 11, 1, tzinfo=UTC))
URL = "https://shop.example/kettle"


def adapter(**options):
    return SchemaOrg(SourceSettings(name="shop", kind="schema_org", options={"urls": [URL], **options}))


def read(text, url=URL, source=None, **context):
    page = Page(url, 200, {}, text.encode("utf-8", "replace"), text, context, datetime(2026, 11, 1, tzinfo=UTC))
    return (source or adapter()).read(page)


def page_of(*reviews, **item):
    node = {"@type": "Product", "name": "Kettle", **item, "review": list(reviews)}
    return f'<html><script type="application/ld+json">{json.dumps(node)}</script></html>'


def opinion(**fields):
    given = {"author": "Reader 1", "datePublished": "2026-03-01", "reviewBody": "Good.", **fields}
    return {"@type": "Review", **{key: value for key, value in given.items() if value is not None}}


def keys(*pages):
    source = adapter()
    return [identity_key(mention) for url, text in pages for mention in read(text, url, source).mentions]


def test_a_review_is_the_same_through_another_address_of_its_page():
    text = page_of(opinion())
    assert len(set(keys((URL, text), (URL + "?page=2&utm_source=x", text), ("https://www.shop.example/k2", text)))) == 1


def test_an_edit_keeps_the_identity_and_changes_the_revision():
    (before,), (after,) = (
        read(page_of(opinion(reviewBody=body, reviewRating={"ratingValue": stars}))).mentions
        for body, stars in (("Great", 5), ("They refused my refund", 1))
    )
    assert identity_key(before) == identity_key(after)
    assert raw_revision(before) != raw_revision(after)


@pytest.mark.parametrize(
    "change",
    [{"author": "Reader 2"}, {"datePublished": "2026-03-02"}, {"reviewBody": "Bad."}, {"reviewRating": 1}],
    ids=lambda change: next(iter(change)),
)
def test_two_reviews_that_differ_in_anything_are_two(change):
    found = keys((URL, page_of(opinion(), opinion(**change))))
    assert len(set(found)) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"author": None},
        {"author": "Anonymous"},
        {"author": "匿名"},
        {"datePublished": None},
        {"datePublished": "2 weeks ago"},
    ],
)
def test_without_author_or_date_the_words_tell_reviews_apart(fields):
    first = keys((URL, page_of(opinion(**fields))))
    second = keys((URL, page_of(opinion(**fields, reviewBody="Leaks."))))
    assert first != second


def test_a_relative_date_does_not_make_a_review_new_every_night():
    assert keys((URL, page_of(opinion(datePublished="2 weeks ago")))) == keys(
        (URL, page_of(opinion(datePublished="3 weeks ago")))
    )


def test_the_same_words_about_another_article_are_another_review():
    assert keys((URL, page_of(opinion(), sku="K1"))) != keys((URL, page_of(opinion(), sku="K2")))


@pytest.mark.parametrize(
    ("fields", "own"),
    [
        ({"@id": "https://shop.example/reviews/77"}, "https://shop.example/reviews/77"),
        ({"identifier": 4711}, "4711"),
        ({"@id": "#review-1"}, None),
        ({"@id": "https://shop.example/kettle#review1"}, None),
        ({"@id": URL}, None),
        ({"@id": "_:b0"}, None),
    ],
)
def test_an_id_is_one_only_if_it_is_the_reviews_own(fields, own):
    (mention,) = read(page_of(opinion(**fields))).mentions
    assert mention.external_id == own


def test_the_next_page_lies_on_the_same_host_and_is_another_page():
    def following(link):
        return [fetch.url for fetch in read(f'<link rel="next" href="{link}">', source=adapter(follow="next")).follow]

    assert following("?page=2#top") == [URL + "?page=2"]
    assert following("https://elsewhere.example/kettle") == []
    assert following("#reviews") == []
    assert following("javascript:void(0)") == []
    assert [f.url for f in read('<link rel="next" href="?page=2">').follow] == []


def test_links_and_addresses_are_placed_on_the_mirror():
    settings = SourceSettings(
        name="s", kind="schema_org", base_url="http://127.0.0.1:8000/mirror/", options={"urls": [URL + "?a=1"]}
    )
    assert [fetch.url for fetch in SchemaOrg(settings).start(ASKED)] == ["http://127.0.0.1:8000/mirror/kettle?a=1"]


def test_a_site_is_asked_for_its_sitemap_and_a_sitemap_for_itself():
    source = SchemaOrg(
        SourceSettings(
            name="s",
            kind="schema_org",
            options={"urls": ["https://a.example/shop/", "https://b.example/x/products.xml.gz"], "follow": "sitemap"},
        )
    )
    urls = [fetch.url for fetch in source.start(ASKED)]
    assert urls == ["https://a.example/sitemap.xml", "https://b.example/x/products.xml.gz"]


def test_sitemap_indexes_are_followed_to_a_bounded_depth():
    index = "<sitemapindex><sitemap><loc>https://shop.example/deeper.xml</loc></sitemap></sitemapindex>"
    assert [fetch.context for fetch in read(index, sitemap=1).follow] == [{"sitemap": 2}]
    assert read(index, sitemap=2).follow == ()
    assert read("<html></html>", sitemap=0).status is SourceStatus.LAYOUT_CHANGED


@pytest.mark.parametrize(
    "node",
    [
        {"@id": "#a", "@type": "Product", "name": {"@id": "#a"}, "review": {"@id": "#a"}},
        {"@type": "Review", "@id": "#r", "itemReviewed": {"@id": "#r"}, "author": {"@id": "#r"}, "reviewBody": "x"},
        {"@type": None, "review": [None, 1, "text", [], {}, {"@type": "Review", "reviewRating": [[]]}]},
        {"@type": "Review", "reviewBody": {"@value": "valued"}, "author": [None, {"name": None}], "reviewRating": True},
        {"@graph": {"@graph": [{"@graph": 1}]}},
        {"@type": "Product", "name": "K", "aggregateRating": [{"reviewCount": "many"}, {"reviewCount": "1,234"}, 5]},
    ],
    ids=range(6),
)
def test_odd_nodes_do_no_harm(node):
    reading = read(f'<script type="application/ld+json">{json.dumps(node)}</script>')
    json.dumps([dict(mention.payload) for mention in reading.mentions])
    assert reading.rejected == ()


@pytest.mark.parametrize(
    "text",
    [
        '<script type="application/ld+json">' + '{"review":' * 50_000,
        '<script type="application/ld+json">' + "[" * 900 + "]" * 900 + "</script>",
        "<div itemscope itemtype='https://schema.org/Review'>" * 3_000,
        "<div itemscope itemtype='https://schema.org/Review'>" * 150_000,
        '<div vocab="https://schema.org/" typeof="Review">' * 400,
        '<div vocab="https://schema.org/" typeof="Review">' * 150_000,
        "<script type=ld+json " + "a" * 5_000_000 + ">",
        '<script type="application/ld+json">{"review": broken ' * 5_000,
        "<html>" + "<p>" * 1_500_000,
        '<html vocab="https://schema.org/" typeof="Review" property=">',
        "<div itemscope itemprop itemtype='https://schema.org/Review' itemref='a a a' id='a'>x",
        "\x00<html>\x00",
    ],
    ids=range(12),
)
def test_hostile_pages_end_soon_and_say_what_they_are(text):
    began = time.process_time()
    reading = read(text + "<p>Review</p>")
    assert time.process_time() - began < 5
    assert isinstance(reading.mentions, tuple)


FRAGMENTS = """<div itemscope itemtype='https://schema.org/Review'>|<span itemprop='reviewBody'>|</div>|</span>|words
<b itemprop='reviewRating' itemscope>|<meta itemprop=ratingValue content=5>|&amp;|<|>|]]>|<!--|-->|é|\x00|\ud800
<script type="application/ld+json">|{"@type":"Review",|"reviewBody":"x"}|</script>|<a itemref="a b" id="a">
<div vocab='https://schema.org/' typeof='Review'>|<i property='reviewBody'>"""
MARKUP = st.lists(st.sampled_from(FRAGMENTS.replace("\n", "|").split("|")) | st.text(max_size=5), max_size=30)


@given(MARKUP)
def test_any_page_can_be_read(parts):
    reading = read("<html>" + "".join(parts))
    assert all(mention.text or mention.title or mention.rating is not None for mention in reading.mentions)
    json.dumps([dict(mention.payload) for mention in reading.mentions])
