"""The reviews and the totals that a page's schema.org nodes tell.

The same review often stands in a page twice: in two syntaxes, in a carousel's
clones, once inside its product and once beside it. It is one review here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from twelvefold.crawlers.structured_data import Node, StructuredData, listed, types_of

_REVIEW_TYPES = frozenset(("Review", "UserReview", "CriticReview", "EmployerReview", "Recommendation"))
_REVIEW_KEYS = ("review", "reviews")
_NOT_REVIEWED = frozenset(
    (
        "Organization",
        "WebSite",
        "WebPage",
        "BreadcrumbList",
        "ImageObject",
        "Person",
        "SearchAction",
        "Brand",
        "Offer",
        "Rating",
        "AggregateRating",
        "ItemList",
        "ListItem",
    )
)
_THINGS = frozenset(
    (
        "Product",
        "ProductGroup",
        "ProductModel",
        "IndividualProduct",
        "Vehicle",
        "Car",
        "Book",
        "Movie",
        "TVSeries",
        "TVEpisode",
        "Recipe",
        "SoftwareApplication",
        "MobileApplication",
        "WebApplication",
        "VideoGame",
        "Game",
        "Course",
        "Event",
        "MusicAlbum",
        "CreativeWork",
    )
)
_IDENTIFIERS = ("sku", "gtin13", "gtin14", "gtin12", "gtin8", "gtin", "mpn", "productID", "isbn")
_TAG = re.compile(r"<[^<>]*>")
_DEEPEST = 60
"""No page nests its nodes deeper; what does is a trap."""
_NAMES_DEEP = 3


@dataclass(frozen=True)
class Review:
    """One review, as the page writes it.

    Attributes:
        item: The name of what is reviewed.
        item_id: Its article number or the like, or None.
        node: The markup's own record.
    """

    syntax: str
    node: Node
    author: str | None
    title: str | None
    text: str | None
    rating: float | str | None
    best: float | str | None
    worst: float | str | None
    published: str | None
    language: str | None
    url: str | None
    item: str | None
    item_id: str | None


@dataclass(frozen=True)
class PageReviews:
    """What a page tells of reviews.

    Attributes:
        reviews: Each once.
        empty_nodes: How many review nodes have neither text nor rating.
        review_count: How many written reviews the page says the item has, or None.
    """

    reviews: tuple[Review, ...]
    empty_nodes: int
    review_count: int | None


def page_reviews(data: StructuredData) -> PageReviews:
    """Return the reviews of a page, each once, with what each syntax knows of it."""
    main = _main_item(data)
    found: list[Review] = []
    empty = 0
    for syntax, nodes in data.nodes.items():
        for node, item in _review_nodes(nodes):
            review = _review(node, item or main, syntax)
            if review.text or review.title or review.rating is not None:
                found.append(review)
            else:
                empty += 1
    return PageReviews(tuple(_each_once(found)), empty, _review_count(main))


def _review_nodes(nodes: list[Node]) -> Iterator[tuple[Node, Node | None]]:
    """Yield each review node once, with the item that it stands in."""
    seen: set[int] = set()
    pending: list[tuple[Any, Node | None, bool, int]] = [(node, None, False, 0) for node in reversed(nodes)]
    while pending:
        value, item, as_review, depth = pending.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(value, list):
            pending.extend((one, item, as_review, depth + 1) for one in reversed(value))
            continue
        if not isinstance(value, dict) or id(value) in seen:
            continue
        seen.add(id(value))
        if _is_review(value, as_review):
            yield value, item
            inner = item
        else:
            inner = value if _is_item(value) else item
        for key, part in reversed(value.items()):
            if isinstance(part, (dict, list)):
                pending.append((part, inner, key in _REVIEW_KEYS, depth + 1))


def _is_review(node: Node, as_review: bool) -> bool:
    """Return whether a node is a review: by its type, or by standing where one belongs."""
    types = types_of(node)
    if any(name in _REVIEW_TYPES for name in types):
        return True
    return as_review and not types and bool({"reviewBody", "description", "reviewRating"} & node.keys())


def _is_item(node: Node) -> bool:
    """Return whether a node is something that people review."""
    types = types_of(node)
    return bool(types) and "name" in node and not any(name in _NOT_REVIEWED for name in types)


def _main_item(data: StructuredData) -> Node | None:
    """Return the item that the page is about.

    That is something sold, read, watched or cooked before the shop that shows
    it, then what has an aggregate rating, then what stands first.
    """
    nodes = [node for nodes in data.nodes.values() for node in nodes]
    inner = [one for node in nodes for one in listed(node.get("mainEntity")) if isinstance(one, dict)]
    items = [node for node in (*nodes, *inner) if _is_item(node) and not _REVIEW_TYPES & set(types_of(node))]
    return min(
        items,
        key=lambda node: (not _THINGS & set(types_of(node)), "aggregateRating" not in node),
        default=None,
    )


def _review_count(item: Node | None) -> int | None:
    """Return how many written reviews an item is said to have."""
    for aggregate in listed((item or {}).get("aggregateRating")):
        if isinstance(aggregate, dict):
            for told in listed(aggregate.get("reviewCount")):
                digits = re.sub(r"\D", "", str(told).partition(".")[0] if isinstance(told, float) else str(told))
                if digits:
                    return int(digits[:9])
    return None


def _review(node: Node, item: Node | None, syntax: str) -> Review:
    """Return what a review node says."""
    reviewed = next((one for one in listed(node.get("itemReviewed")) if one), None)
    if isinstance(reviewed, dict) and "name" in reviewed:
        item = reviewed
    rating, best, worst = _rating(node)
    return Review(
        syntax=syntax,
        node=node,
        author=_names(node.get("author")) or _names(node.get("creator")),
        title=_words(node.get("name")) or _words(node.get("headline")),
        text=_words(node.get("reviewBody")) or _words(node.get("description")) or _words(node.get("text")),
        rating=rating,
        best=best,
        worst=worst,
        published=_words(node.get("datePublished")) or _words(node.get("dateCreated")),
        language=_words(node.get("inLanguage")),
        url=_words(node.get("url")),
        item=_words((item or {}).get("name")) or (reviewed if isinstance(reviewed, str) else None),
        item_id=next((found for key in _IDENTIFIERS if (found := _words((item or {}).get(key)))), None),
    )


def _rating(node: Node) -> tuple[float | str | None, float | str | None, float | str | None]:
    """Return the rating and its scale's ends, as written."""
    for given in (*listed(node.get("reviewRating")), *listed(node.get("rating")), node):
        if isinstance(given, dict):
            value = _scalar(given.get("ratingValue"))
            if value is not None:
                return value, _scalar(given.get("bestRating")), _scalar(given.get("worstRating"))
        elif _scalar(given) is not None:
            return _scalar(given), None, None
    return None, None, None


def _scalar(value: Any) -> float | str | None:
    """Return the first number or non-empty string of a property."""
    for one in listed(value):
        if isinstance(one, (int, float)) and not isinstance(one, bool):
            return one
        if isinstance(one, str) and one.strip():
            return one.strip()
    return None


def _words(value: Any, depth: int = 0) -> str | None:
    """Return the first non-empty text of a property; a node says its name, unless that leads round in a ring."""
    for one in listed(value):
        if isinstance(one, dict):
            one = _words(one.get("name"), depth + 1) if depth < _NAMES_DEEP else None
        if isinstance(one, (int, float)) and not isinstance(one, bool):
            one = str(one)
        if isinstance(one, str) and one.strip():
            return one.strip()
    return None


def _names(value: Any) -> str | None:
    """Return the names of one or several authors."""
    names: list[str] = []
    for one in listed(value):
        if isinstance(one, dict):
            given = " ".join(filter(None, (_words(one.get("givenName")), _words(one.get("familyName")))))
            name = _words(one.get("name")) or given or _words(one.get("alternateName"))
        else:
            name = _words(one)
        if name and name not in names:
            names.append(name)
    return ", ".join(names) or None


def plain(text: str | None) -> str:
    """Return the words of `text` for comparison only: no tags, no entities, no case, single spaces."""
    return " ".join(html.unescape(_TAG.sub(" ", html.unescape(text or ""))).split()).casefold()


def _each_once(found: list[Review]) -> Iterator[Review]:
    """Yield each opinion once, in the order of its first appearance, filled up by its repeats.

    Within one syntax two nodes are the same review if author, text, rating and
    date are. Across syntaxes the date may be written differently and a field
    may be missing, so the author and the words decide, and the rating where
    there are no words.
    """
    kept: dict[tuple[str, str, str, str], Review] = {}
    by_words: dict[tuple[str, str, str], tuple[str, str, str, str]] = {}
    for review in found:
        words = plain(review.text) or plain(review.title)
        author, rating = plain(review.author), _number(review.rating)
        exact = (author, words, rating, plain(review.published))
        across = (author, words, "" if words else rating)
        first = exact if exact in kept else by_words.get(across)
        if first is not None and (first == exact or kept[first].syntax != review.syntax):
            kept[first] = _filled(kept[first], review)
            continue
        kept[exact] = review
        by_words.setdefault(across, exact)
    yield from kept.values()


def _number(rating: float | str | None) -> str:
    """Return a rating so that 5, "5" and "5.0" are the same."""
    if rating is None:
        return ""
    try:
        return f"{float(str(rating).replace(',', '.')):g}"
    except ValueError:
        return plain(str(rating))


def _filled(review: Review, repeat: Review) -> Review:
    """Return `review` with what only its repeat knows."""
    gaps = {
        name: getattr(repeat, name)
        for name in ("author", "title", "text", "published", "language", "url", "item", "item_id")
        if not getattr(review, name) and getattr(repeat, name)
    }
    if review.rating is None and repeat.rating is not None:
        gaps.update(rating=repeat.rating, best=repeat.best, worst=repeat.worst)
    return replace(review, **gaps)
