"""The bursts of the week in one language: which place, which days, how many, and the balance with and without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from twelvefold.pipeline.digest.quotation import plain
from twelvefold.pipeline.digest.words import Words


def burst_sentences(entry: Mapping[str, Any], words: Words) -> tuple[str, ...]:
    """Return a sentence for each burst, then what the balance would be without them; empty where there is none.

    Where no night has looked at all of the week, that is said first.
    """
    unknown = (words.gettext("No night has looked at all of this week for bursts yet."),) if entry["note"] else ()
    if not entry["found"]:
        return unknown
    return (*unknown, *(_burst(burst, words) for burst in entry["found"]), *_balances(entry, words))


def _burst(burst: Mapping[str, Any], words: Words) -> str:
    first, last = (date.fromisoformat(burst[end]) for end in ("first_day", "last_day"))
    parts = [
        words.gettext("{place}, {days}: {n} mentions where {expected} are usual").format(
            place=plain(burst["source"] or burst["subject"]),
            days=words.day(first) if first == last else words.days(first, last),
            n=words.whole(burst["n"]),
            expected=words.whole(burst["expected"]),
        ),
        *_signs(burst, words),
        _looks(burst, words),
    ]
    return words.gettext("{list}.").format(list=words.gettext("; ").join(parts))


def _signs(burst: Mapping[str, Any], words: Words) -> Iterator[str]:
    messages = {
        "negative": words.gettext("{now} of praises and complaints are complaints (before: {before})"),
        "copies": words.gettext("{now} of the texts are copies of one another (before: {before})"),
        "new_authors": words.gettext("{now} are by authors new to the place (before: {before})"),
        "without_text": words.gettext("{now} are ratings without a word (before: {before})"),
    }
    for name, message in messages.items():
        sign = burst["signs"][name]
        if sign["rose"] or (name == "negative" and burst["turned"]):
            yield message.format(now=words.percent(sign["now"]), before=words.percent(sign["before"]))


def _looks(burst: Mapping[str, Any], words: Words) -> str:
    looks = {
        ("campaign", "negative"): words.gettext("looks like a review bomb"),
        ("campaign", "positive"): words.gettext("looks like organised praise"),
        ("campaign", None): words.gettext("looks organised"),
        ("turn", "negative"): words.gettext("opinion turned for the worse: an event or a campaign"),
        ("turn", "positive"): words.gettext("opinion turned for the better: an event or a campaign"),
    }
    return looks.get((burst["kind"], burst["turned"]), words.gettext("looks like real interest"))


def _balances(entry: Mapping[str, Any], words: Words) -> Iterator[str]:
    """Yield the balance with and without the bursts, as far as there is enough to show."""
    messages = {
        "balance": words.gettext("The uncorrected balance is {with_them} with these days and {without} without them."),
        "balance_week": words.gettext(
            "The uncorrected balance of the week is {with_them} with these days and {without} without them."
        ),
    }
    for key, message in messages.items():
        pair = entry[key]
        if pair and pair["with"]["value"] is not None and pair["without"]["value"] is not None:
            yield message.format(
                with_them=words.decimal(pair["with"]["value"]), without=words.decimal(pair["without"]["value"])
            )
