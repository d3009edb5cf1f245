"""The sample products, their reviews and the sample app, as reviews.yaml has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from importlib import resources
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml

Markup = Literal["json-ld", "microdata", "rdfa"]


@dataclass(frozen=True)
class SampleReview:
    """One invented review; `title` and `text` may be empty."""

    day: date
    stars: int
    number: int
    author: str
    title: str
    text: str

    def written_at(self, zone: str) -> datetime:
        """Return a time of that day in `zone`, always the same for one review."""
        clock = time(8 + self.number % 12, self.number * 17 % 60, self.number * 29 % 60)
        return datetime.combine(self.day, clock, ZoneInfo(zone))


@dataclass(frozen=True)
class Product:
    """One product of the sample shop, with all its reviews, newest first."""

    path: str
    language: str
    markup: Markup
    name: str
    sku: str
    per_page: int
    reviews: tuple[SampleReview, ...]

    @property
    def pages(self) -> int:
        """How many pages its reviews fill."""
        return -(-len(self.reviews) // self.per_page)

    @property
    def average(self) -> float:
        """The mean of its stars, to one place."""
        return round(sum(review.stars for review in self.reviews) / len(self.reviews), 1)

    def page(self, number: int) -> tuple[SampleReview, ...]:
        """Return the reviews of page `number`, from 1."""
        return self.reviews[(number - 1) * self.per_page : number * self.per_page]


@dataclass(frozen=True)
class App:
    """The sample app and its reviews by country."""

    app_id: int
    name: str
    reviews: Mapping[str, tuple[SampleReview, ...]]


@dataclass(frozen=True)
class Catalogue:
    """All that the sample sites show.

    Attributes:
        closed: The product page that robots.txt keeps crawlers out of.
    """

    products: tuple[Product, ...]
    closed: Product
    app: App


@cache
def catalogue() -> Catalogue:
    """Return what reviews.yaml holds."""
    given = yaml.safe_load(packaged_text("reviews.yaml"))
    countries = given["app"]["countries"]
    app_reviews = {country: _reviews(told["reviews"], told["author"]) for country, told in countries.items()}
    return Catalogue(
        products=tuple(_product(told) for told in given["products"]),
        closed=_product(given["closed"]),
        app=App(given["app"]["id"], given["app"]["name"], app_reviews),
    )


def packaged_text(name: str) -> str:
    """Return a text file that lies beside this one."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _product(told: Mapping[str, Any]) -> Product:
    fields = {key: told[key] for key in ("path", "language", "markup", "name", "sku", "per_page")}
    return Product(**fields, reviews=_reviews(told["reviews"], told["author"]))


def _reviews(rows: Iterable[Any], author: str) -> tuple[SampleReview, ...]:
    blank = " " if author.isascii() else ""
    return tuple(
        SampleReview(date.fromisoformat(day), stars, number, f"{author}{blank}{number}", title, text)
        for day, stars, number, title, text in rows
    )
