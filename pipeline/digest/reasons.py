"""Why the week moved, in one language: a sentence for each thing that the data allows to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twelvefold.pipeline.digest.quotation import plain
from twelvefold.pipeline.digest.words import Words

MOST_ASPECTS = 4


def reason_sentences(why: Mapping[str, Any] | None, words: Words) -> tuple[str, ...]:
    """Return what a night found out about the week; empty where nothing goes beyond noise."""
    if why is None:
        return ()
    return (
        *_impacts(why["impact"], words),
        *_classes(why["kano"], words),
        *_recovery(why["recovery"], words),
        *_fresh(why["words"], words),
    )


def _impacts(rows: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    """Yield the aspects that move the balance beyond noise, the strongest first."""
    told = [(row["aspect"], row["balance"]) for row in rows if row["balance"]["value"] is not None]
    beyond = [(aspect, shown) for aspect, shown in told if shown["low"] > 0 or shown["high"] < 0]
    if told and not beyond:
        yield words.gettext("Over 13 weeks, no aspect moves the balance beyond noise.")
    for aspect, shown in sorted(beyond, key=lambda pair: (-abs(pair[1]["value"]), pair[0]))[:MOST_ASPECTS]:
        message = (
            words.gettext("{aspect} lifts the balance: {delta}, 95% interval {low} to {high}, n\u00a0=\u00a0{n}.")
            if shown["value"] > 0
            else words.gettext("{aspect} drags the balance: {delta}, 95% interval {low} to {high}, n\u00a0=\u00a0{n}.")
        )
        yield message.format(
            aspect=aspect_name(aspect, words),
            delta=words.signed(shown["value"]),
            low=words.decimal(shown["low"]),
            high=words.decimal(shown["high"]),
            n=words.whole(shown["n"]),
        )


def _classes(rows: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    messages = {
        "basic": words.gettext("Taken for granted (bad words cost stars, good ones win none): {list}."),
        "delighter": words.gettext("Delights (good words win stars, bad ones cost none): {list}."),
        "performance": words.gettext("Counts both ways (bad words cost stars, good ones win them): {list}."),
    }
    for kind, message in messages.items():
        names = [aspect_name(row["aspect"], words) for row in rows if row["class"] == kind]
        if names:
            yield message.format(list=" · ".join(names))


def _recovery(recovery: Mapping[str, Any] | None, words: Words) -> Iterator[str]:
    share = recovery["share"] if recovery else None
    if recovery is None or share is None or share["value"] is None:
        return
    yield words.gettext("Of {n} reviews edited after our reply, {share} rose (95% interval {low} to {high}).").format(
        n=words.whole(share["n"]),
        share=words.percent(share["value"]),
        low=words.percent(share["low"]),
        high=words.percent(share["high"]),
    )
    days = recovery["days"]
    if days["value"] is not None:
        yield words.gettext("Half of those that rose did so within {days} days (95% interval {low} to {high}).").format(
            days=words.decimal(days["value"]), low=words.decimal(days["low"]), high=words.decimal(days["high"])
        )


def _fresh(rows: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    if rows:
        told = " · ".join(f"{plain(row['word'])}\u00a0({words.whole(row['now'])})" for row in rows)
        yield words.gettext("Words new this week, and in how many mentions: {list}.").format(list=told)


def aspect_name(aspect: str, words: Words) -> str:
    """Return what an aspect is called; one that has no name here goes by its id."""
    return {
        "product_quality": words.gettext("Product quality"),
        "price_value": words.gettext("Price and value"),
        "delivery": words.gettext("Delivery"),
        "staff_service": words.gettext("Staff and service"),
        "support": words.gettext("Support"),
        "ease": words.gettext("Ease"),
        "place": words.gettext("The place"),
        "place.findability": words.gettext("Finding the place"),
        "place.technology": words.gettext("Technology in the place"),
        "website_app": words.gettext("Website or app"),
        "loyalty_programme": words.gettext("Loyalty programme"),
        "other": words.gettext("Other things"),
    }.get(aspect, aspect)
