import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.models.language import declared_language, detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The parcel arrived on Tuesday and everything was fine.", "en"),
        ("Service catastrophique, colis jamais reçu, je suis furieux", "fr"),
        ("客服態度極差，等了兩個星期都沒人回覆", "zh-Hant"),
        ("呢間餐廳好好食，不過等咗好耐", "zh-Hant"),
        ("客服态度极差，等了两个星期都没人回复", "zh-Hans"),
        ("この商品はとても良いです", "ja"),
        ("배송이 너무 늦었어요", "ko"),
        ("สินค้าดีมาก จัดส่งเร็ว", "th"),
        ("Die Lieferung kam viel zu spät und niemand antwortet", "de"),
        ("El producto llegó roto y nadie responde", "es"),
        ("Товар пришёл сломанным, никто не отвечает", "ru"),
        ("המשלוח הגיע מאוחר מאוד", "he"),
        ("المنتج سيء جدا ولا أنصح به", "ar"),
    ],
)
def test_a_sentence_is_told_by_its_text_alone(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text",
    ["", " ", "!!!", "👍👍👍", "10/10", "ok", "a", "好", "https://example.org/a-long-path", "@reader12", "\x00\x01"],
)
def test_short_and_symbol_only_texts_are_undetermined(text):
    assert detect_language(text) == "und"


@pytest.mark.parametrize(
    ("declared", "language"),
    [
        ("fr-FR", "fr"),
        ("fr_CA", "fr"),
        ("English", "en"),
        ("en-US", "en"),
        ("zh-TW", "zh-Hant"),
        ("zh_HK", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh", "zh"),
        ("schinese", "zh-Hans"),
        ("tchinese", "zh-Hant"),
        ("brazilian", "pt"),
        ("nb-NO", "no"),
        ("", "und"),
        (None, "und"),
        ("und", "und"),
        ("<script>", "und"),
    ],
)
def test_declared_languages_are_read_as_sources_write_them(declared, language):
    assert declared_language(declared) == language


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Super", "fr-FR", "fr"),
        ("Super", "de", "de"),
        ("ok", "en-GB", "en"),
        ("好", "zh-TW", "zh-Hant"),
        ("好吃", "zh-HK", "zh-Hant"),
        ("好吃", "zh-CN", "zh-Hans"),
        ("好吃", None, "zh-Hans"),
        ("最高", "ja", "ja"),
        ("👍👍", "fr", "und"),
    ],
)
def test_the_declared_language_decides_where_the_text_leaves_doubt(text, declared, language):
    assert detect_language(text, declared) == language


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("Livraison très lente, je ne recommande pas cette boutique", "en", "fr"),
        ("The delivery was very slow and I do not recommend this shop", "fr-FR", "en"),
        ("很喜歡，會再來", "zh-CN", "zh-Hant"),
        ("很喜欢，会再来", "zh-TW", "zh-Hans"),
        ("服務很差", "English", "zh-Hant"),
    ],
)
def test_a_clear_text_overrules_the_declared_language(text, declared, language):
    assert detect_language(text, declared) == language


def test_links_and_markup_do_not_count_as_words():
    text = "<p>客服態度極差</p> https://www.example.org/very/long/english/path/to/the/product/page"
    assert detect_language(text) == "zh-Hant"


@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=12)))
def test_any_text_gets_the_same_code_each_time(text, declared):
    code = detect_language(text, declared)
    assert code
    assert code == detect_language(text, declared)


def test_lone_surrogates_and_huge_texts_are_answered():
    assert detect_language("\ud800\udc00 \ud83d The delivery was slow") == "en"
    assert detect_language("La livraison était lente. " * 400_000) == "fr"
