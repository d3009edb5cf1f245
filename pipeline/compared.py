"""A brand beside the others of the configuration: a competitor is just a brand that is listened to as well.

All are corrected for the classifier's error in one way, by probabilities: no brand has labels but the one whose people
gave them, and a difference of method would look like one of the brands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from twelvefold.config import Brand, Configuration
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.chronicle import NOTHING, Groups, sources_heard
from twelvefold.pipeline.corrected_balance import Corrections
from twelvefold.pipeline.figures.intervals import Estimate, wilson
from twelvefold.pipeline.health_blocks import figure, index_figure, interval_words
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import Rollups, Shown, Standing, if_enough

ONE_BRAND = "one brand alone is configured: a competitor is a second one, with sources of its own"
_SHARE = (
    "mentions of the brand among those of all configured brands, each counting one, neutral ones too; it depends on "
    "where each is listened to; Wilson interval"
)
_BALANCE = "standing review balance, each brand by the same rule; {interval}"
_BALANCE_WEEK = "review balance of the week alone, undecayed; {interval}"


class BrandNumbers(Protocol):
    """Where the numbers of brands come from."""

    def find(self, name: str, zone: str) -> int | None:
        """Return the id of the brand called `name` if it is stored and counts its days in that zone."""


class Listening(Protocol):
    """What a comparison needs of a unit of work."""

    @property
    def brands(self) -> BrandNumbers:
        """The brands."""

    @property
    def rollups(self) -> Rollups:
        """The daily counts."""


@dataclass(frozen=True)
class Beside:
    """One brand in the comparison.

    Attributes:
        own: Whether it is the brand that is looked at.
        mentions: How many there are in the period.
        balance: Over all mentions before the period's end, with decay.
        balance_week: None where no week is asked for.
    """

    name: str
    own: bool
    mentions: int
    balance: Standing
    balance_week: Standing | None


def compared_document(
    work: Listening,
    configuration: Configuration,
    own: Brand,
    model: str,
    *,
    since: date | None = None,
    until: date | None = None,
    week: Week | None = None,
    calibration: Calibration | None = None,
    sources: Groups[str | None] | None = None,
) -> dict[str, Any]:
    """Return the `compared` entry of a brand: it first, then the others in the configuration's order.

    Each brand's days are those of its own zone. A `week` stands in the place of `since` and `until`; `calibration` is
    what is known of the model's probabilities, without which balances stay uncorrected; `sources` is what
    `sources_heard` tells of the brand, where it has been asked already.
    """
    others = [brand for brand in configuration.brands if brand.name != own.name]
    if not others:
        return {"brands": [], "note": ONE_BRAND}
    first, end = (week.since, week.until) if week else (since, until)
    rows = []
    for brand in (own, *others):
        number = work.brands.find(brand.name, brand.zone)
        if sources and brand is own:
            heard = sources.together
        else:
            heard = NOTHING if number is None else sources_heard(work.rollups, brand, number, model, end).together
        # Which day ages are counted to changes nothing of a balance: all weights fade alike.
        last_day = heard.last_day or date.min
        corrections = Corrections(
            work.rollups, number or 0, model, calibration if number else None, configuration.rule, heard, until=end
        )
        balance = corrections.balances(None, heard.alone(), last_day, week)[None]
        rows.append(Beside(brand.name, brand is own, heard.mentions(first, end), balance.standing, balance.within))
    return {"brands": [_document(row, sum(each.mentions for each in rows)) for row in rows], "note": None}


def _document(row: Beside, all_mentions: int) -> dict[str, Any]:
    return {
        "brand": row.name,
        "own": row.own,
        "mentions": row.mentions,
        "share_of_voice": figure(_share(row.mentions, all_mentions), _SHARE),
        "balance": _balance(row.balance, _BALANCE),
        "balance_week": _balance(row.balance_week, _BALANCE_WEEK) if row.balance_week else None,
    }


def _balance(weighed: Standing, definition: str) -> dict[str, Any]:
    return index_figure(weighed, definition.format(interval=interval_words(weighed.correction)))


def _share(mentions: int, all_mentions: int) -> Shown:
    if all_mentions == 0:
        return if_enough(None, 0)
    share = mentions / all_mentions
    return if_enough(Estimate(share, *wilson(share, all_mentions), all_mentions), all_mentions)
