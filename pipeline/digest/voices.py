"""Who speaks, in one language: the posting ratio with its interval, and what it does to the balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twelvefold.pipeline.digest.words import Words
from twelvefold.pipeline.figures.bias import SMALLEST_END_CLASS
from twelvefold.pipeline.voice import WEEKS_BEFORE, Basis, Unknown


def voice_sentences(voice: Mapping[str, Any], words: Words) -> tuple[str, ...]:
    """Return the `voice` entry of a health document as sentences; the first says who speaks, or why that is unknown."""
    return (_who(voice, words), *_what_follows(voice, words))


def _who(voice: Mapping[str, Any], words: Words) -> str:
    if voice["basis"] is None:
        return _why_not(voice, words)
    if voice["value"] is None:
        return words.gettext("How often unhappy and happy customers post is configured for each source.")
    if voice["basis"] == Basis.CONFIGURED:
        return words.gettext(
            "By the configured posting rates, unhappy customers are {ratio} times as likely to post as happy ones."
        ).format(ratio=_times(voice["value"], words))
    low, value, high = voice["low"], voice["value"], voice["high"]
    if value < 1:
        low, value, high = 1 / high, 1 / value, 1 / low
    if low <= 1 <= high:
        message = words.gettext(
            "Unhappy and happy customers were as likely to post, as far as can be told: {ratio} to 1 (survey of {n}, "
            "95% interval {low} to {high})."
        )
        low, value, high = voice["low"], voice["value"], voice["high"]
    elif voice["value"] >= 1:
        message = words.gettext(
            "Unhappy customers were {ratio} times as likely to post as happy ones (survey of {n}, 95% interval {low} "
            "to {high})."
        )
    else:
        message = words.gettext(
            "Happy customers were {ratio} times as likely to post as unhappy ones (survey of {n}, 95% interval {low} "
            "to {high})."
        )
    return message.format(
        ratio=_times(value, words), low=_times(low, words), high=_times(high, words), n=words.whole(voice["n"])
    )


def _why_not(voice: Mapping[str, Any], words: Words) -> str:
    if voice["refusal"] == Unknown.NO_WEEKS_BEFORE:
        return words.gettext(
            "Whether unhappy or happy customers post more often is not known for an open period: it is estimated from "
            "the {weeks} weeks before a week or a first day."
        ).format(weeks=words.whole(WEEKS_BEFORE))
    if voice["refusal"] == Unknown.TOO_FEW_ANSWERS:
        message = words.gettext(
            "Whether unhappy or happy customers post more often is not known: in the {weeks} weeks before, surveys "
            "heard {bad} detractors and {good} promoters, at least {least} of each are needed."
        )
    else:
        message = words.gettext(
            "Whether unhappy or happy customers post more often is not known: in the {weeks} weeks before there were "
            "{bad} negative and {good} positive reviews, at least {least} of each are needed."
        )
    heard = voice["known"]["answers" if voice["refusal"] == Unknown.TOO_FEW_ANSWERS else "reviews"]
    return message.format(
        weeks=words.whole(WEEKS_BEFORE),
        bad=words.whole(heard["negative"]),
        good=words.whole(heard["positive"]),
        least=words.whole(SMALLEST_END_CLASS),
    )


def _what_follows(voice: Mapping[str, Any], words: Words) -> Iterator[str]:
    corrected, raw, band = voice["corrected"], voice["raw"], voice["band"]
    if corrected["value"] is not None:
        yield words.gettext(
            "If all posted alike, the balance of the period would be {index} (95% interval {low} to {high}) instead "
            "of {raw}."
        ).format(
            index=words.signed(corrected["value"]),
            low=words.decimal(corrected["low"]),
            high=words.decimal(corrected["high"]),
            raw=words.signed(raw["value"]),
        )
    if band["low"] is not None:
        yield words.gettext(
            "Were the unhappy {least} to {most} times as likely to post as the happy, it would lie between {low} and "
            "{high}."
        ).format(
            least=words.decimal(band["from"], 2),
            most=words.plain_number(band["to"]),
            low=words.decimal(band["low"]),
            high=words.decimal(band["high"]),
        )


def _times(ratio: float, words: Words) -> str:
    """Return a ratio with one digit, or with two where it is small."""
    return words.decimal(ratio, 1 if ratio >= 1 else 2)
