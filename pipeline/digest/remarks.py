"""What the nights remarked of a source, in the language of a digest.

A night keeps its remarks in English, as the crawlers and the collector wrote them. Those on how files
were read, what was refused and what stood in the way are known here by their wording; the rest, as what a
site itself says, stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial

from twelvefold.pipeline.digest.words import Words

N_ = str
"""Marks a sentence for the catalogues, which are asked for it later."""

_REMARKS = (
    N_("ratings in {column} are read on a scale of {low} to {high}"),
    N_("ratings in {column} go up to {high}: write their scale in the configuration"),
    N_("dates in {column} fit both ways; read as day/month/year for the brand's language"),
    N_("dates in {column} fit both ways; read as month/day/year for the brand's language"),
    N_("dates in {column} are mostly day/month/year; those that cannot be are rejected"),
    N_("dates in {column} are mostly month/day/year; those that cannot be are rejected"),
    N_("dates in {column} are day/month/year"),
    N_("dates in {column} are month/day/year"),
    N_("no file matches {pattern} in {place}"),
    N_(", row {number}: "),
    N_("the row has {count} cells and the header {number}: put a text that holds {mark} between quotation marks"),
    N_("a quotation mark is opened and not closed: close it, or double it where it belongs to the text"),
    N_("the row cannot be parsed, or a cell is longer than {number} characters: {beginning}"),
    N_("the line is not JSON: one object a line is needed"),
    N_("the line is no JSON object"),
    N_("there is neither text, title nor rating in it, so it is left out"),
    N_("; and {count} more"),
    N_(
        "{count} known mentions were not shown, too many to be taken for removals at once: "
        "they are kept until the next crawl misses them too"
    ),
    N_("the source tells of {number} mentions, {count} are stored"),
    N_("stopped after {count} pages: raise budget.pages"),
    N_("stopped after {count} MB: raise budget.megabytes"),
    N_("stopped after {count} minutes: raise budget.minutes"),
    N_(
        "{count} new mentions tonight where its history lets expect {number}: "
        "look at the source in a browser; it may show us an empty page, or have moved"
    ),
    N_(
        "{count} new mentions in the last {days} days where its history lets expect {number}: "
        "look at the source in a browser; it may show us an empty page, or have moved"
    ),
    N_("{url} answered {code}: the site does not let us in; check its keys"),
    N_("{url} answered {code}: the site does not let us in; ask for access or use its API"),
    N_("{url} answered {code}: the server has trouble, the next night asks again"),
    N_("{url} answered {code}: check the address and the keys"),
    N_("{url} answered {code} after {count} retries: raise network.delay_s"),
    N_("{url}: its host name is not known: check the address"),
    N_("{url}: the server refuses connections"),
    N_("{url}: the answer took too long"),
    N_("{url}: the connection broke in mid-answer"),
)
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_SHAPES = dict.fromkeys(("column", "pattern", "mark", "beginning"), _QUOTED) | {"url": r"\S+?", "place": "[^;]+"}
_NUMBER = r"\d+(?:\.\d+)?"
_NAME = re.compile(r"{(\w+)}")


def remark_words(remarks: str, words: Words) -> str:
    """Return a night's remarks of one source with those sentences that are known in the digest's language."""
    for sentence, known in _known():
        translated = words.gettext(sentence)
        if translated != sentence:
            remarks = known.sub(partial(_refilled, translated), remarks)
    return remarks


def _refilled(sentence: str, found: re.Match[str]) -> str:
    return sentence.format(**found.groupdict())


@lru_cache
def _known() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each sentence with what it looks like once it is filled in."""
    return tuple((sentence, re.compile(_filled(sentence))) for sentence in _REMARKS)


def _filled(sentence: str) -> str:
    texts_and_names = _NAME.split(sentence)
    return "".join(
        f"(?P<{part}>{_SHAPES.get(part, _NUMBER)})" if place % 2 else re.escape(part)
        for place, part in enumerate(texts_and_names)
    )
