"""The sample shop's pages, with reviews in the three syntaxes of schema.org.

Each page says the same to a person and to a machine: JSON-LD beside the words, microdata
or RDFa around them (schema.org/Review).
"""

from __future__ import annotations

import json
from html import escape, unescape
from typing import Any

from twelvefold.pipeline.demo.catalogue import Catalogue, Product, SampleReview

SHOP = "Kettle & Co"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "article{border-top:1px solid #ccc;padding:.6rem 0}h3{margin:0}small{color:#555}"
)
_NEXT = {"en": "Older reviews", "fr": "Avis plus anciens", "zh-Hant": "較早的評價"}


def front_page(catalogue: Catalogue) -> str:
    """Return the shop's front page, which links to all products."""
    products = (*catalogue.products, catalogue.closed)
    links = "".join(
        f'<li><a href="{product.path}" lang="{product.language}">{escape(product.name)}</a></li>'
        for product in products
    )
    about = "A sample shop: brand, products, people and words are invented."
    return _document(SHOP, "en", "", f"<h1>{escape(SHOP)}</h1><p>{about}</p><ul>{links}</ul>")


def product_page(product: Product, number: int) -> str:
    """Return page `number`, from 1, of a product's reviews; it names the next one by rel=next."""
    head = ""
    more = ""
    if number < product.pages:
        following = f"{product.path}?page={number + 1}"
        head = f'<link rel="next" href="{following}">'
        more = f'<p><a rel="next" href="{following}">{_NEXT[product.language]}</a></p>'
    reviews = product.page(number)
    if product.markup == "json-ld":
        head += f'<script type="application/ld+json">{_json_ld(product, reviews)}</script>'
        body = _plain_body(product, reviews)
    elif product.markup == "microdata":
        body = _microdata_body(product, reviews)
    else:
        body = _rdfa_body(product, reviews)
    return _document(product.name, product.language, head, body + more)


def _json_ld(product: Product, reviews: tuple[SampleReview, ...]) -> str:
    nodes = []
    for review in reviews:
        node: dict[str, Any] = {
            "@type": "Review",
            "author": {"@type": "Person", "name": review.author},
            "datePublished": review.day.isoformat(),
            "reviewRating": {"@type": "Rating", "ratingValue": str(review.stars), "bestRating": "5"},
        }
        if review.title:
            node["name"] = review.title
        if review.text:
            node["reviewBody"] = review.text
        nodes.append(node)
    document = {
        "@context": "https://schema.org/",
        "@type": "Product",
        "name": product.name,
        "sku": product.sku,
        "brand": {"@type": "Brand", "name": SHOP},
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": product.average,
            "reviewCount": len(product.reviews),
        },
        "review": nodes,
    }
    # "</script>" inside a string would end the element.
    return json.dumps(document, ensure_ascii=False, indent=1).replace("</", "<\\/")


def _plain_body(product: Product, reviews: tuple[SampleReview, ...]) -> str:
    shown = "".join(
        f"<article><h3>{_shown(review.title)}</h3><p>{_shown(review.text)}</p>"
        f"<small>{'★' * review.stars} {review.author}, {review.day}</small></article>"
        for review in reviews
    )
    return f"<h1>{escape(product.name)}</h1>{shown}"


def _microdata_body(product: Product, reviews: tuple[SampleReview, ...]) -> str:
    shown = "".join(
        '<article itemprop="review" itemscope itemtype="https://schema.org/Review">'
        f"{_titled(review, 'itemprop')}"
        f'<p itemprop="reviewBody">{_shown(review.text)}</p>'
        '<span itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating">'
        f'<meta itemprop="ratingValue" content="{review.stars}"><meta itemprop="bestRating" content="5">'
        f"{'★' * review.stars}</span> "
        '<small><span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{review.author}</span></span>, '
        f'<time itemprop="datePublished" datetime="{review.day}">{review.day:%d/%m/%Y}</time></small></article>'
        for review in reviews
    )
    return (
        '<div itemscope itemtype="https://schema.org/Product">'
        f'<h1 itemprop="name">{escape(product.name)}</h1><meta itemprop="sku" content="{product.sku}">'
        '<p itemprop="aggregateRating" itemscope itemtype="https://schema.org/AggregateRating">'
        f'<span itemprop="ratingValue">{product.average}</span>/<span itemprop="bestRating">5</span> '
        f'(<span itemprop="reviewCount">{len(product.reviews)}</span>)</p>{shown}</div>'
    )


def _rdfa_body(product: Product, reviews: tuple[SampleReview, ...]) -> str:
    shown = "".join(
        '<article property="review" typeof="Review">'
        f"{_titled(review, 'property')}"
        f'<p property="reviewBody">{_shown(review.text)}</p>'
        f'<span property="reviewRating" typeof="Rating"><meta property="ratingValue" content="{review.stars}">'
        f'<meta property="bestRating" content="5">{"★" * review.stars}</span> '
        f'<small><span property="author" typeof="Person"><span property="name">{review.author}</span></span>'
        f'，<time property="datePublished" datetime="{review.day}">{review.day:%Y年%m月%d日}</time></small></article>'
        for review in reviews
    )
    return (
        '<div vocab="https://schema.org/" typeof="Product">'
        f'<h1 property="name">{escape(product.name)}</h1><meta property="sku" content="{product.sku}">'
        '<p property="aggregateRating" typeof="AggregateRating">'
        f'<span property="ratingValue">{product.average}</span>/<span property="bestRating">5</span>'
        f'（<span property="reviewCount">{len(product.reviews)}</span>）</p>{shown}</div>'
    )


def _titled(review: SampleReview, attribute: str) -> str:
    return f'<h3 {attribute}="name">{_shown(review.title)}</h3>' if review.title else ""


def _shown(words: str) -> str:
    """Return words as HTML; those that hold entities, as careless shops store them, are shown right."""
    return escape(unescape(words))


def _document(title: str, language: str, head: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
