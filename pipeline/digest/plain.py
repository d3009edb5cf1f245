"""The digest as plain text: 78 columns, Chinese characters counted as two."""

from __future__ import annotations

from collections.abc import Sequence

from twelvefold.pipeline.columns import side_by_side, width, wrap
from twelvefold.pipeline.digest.view import Card, QuoteView, SourceView, View
from twelvefold.pipeline.digest.words import Words

COLUMNS = 78
_GAP = 2
_BLOCK = (COLUMNS - _GAP) // 2
_ISOLATE, _RELEASE = "\u2068", "\u2069"


def plain_text(said: View, words: Words) -> str:
    """Return the digest as lines of at most 78 columns; only an address may be longer."""
    lines = [
        said.title,
        "=" * min(width(said.title), COLUMNS),
        *wrap(said.period, COLUMNS),
        *wrap(said.zone, COLUMNS),
        "",
        *wrap(said.verdict, COLUMNS),
        *wrap(said.change, COLUMNS),
        *_card(said.balance, COLUMNS, words),
        "",
        *wrap(said.sentence, COLUMNS),
        "",
        *side_by_side(
            _block(words.gettext("Satisfaction: what was felt"), said.satisfaction, words),
            _block(words.gettext("Loyalty: what they will do"), said.loyalty, words),
            _BLOCK,
            _GAP,
        ),
        "",
        *wrap(said.heard, COLUMNS),
        *wrap(said.open_cases, COLUMNS),
        *wrap(said.rule, COLUMNS),
        *wrap(said.sensitivity, COLUMNS),
        "",
        *_heading(words.gettext("The last twelve weeks")),
        *(f"  {point}" for point in said.trend),
    ]
    for heading, quotes in (
        (words.gettext("Worst of the week"), said.worst),
        (words.gettext("Best of the week"), said.best),
    ):
        lines += ["", *_heading(heading)]
        if not quotes:
            lines.append("  " + words.gettext("nothing to quote this week"))
        for quote in quotes:
            lines += _quote(quote)
    if said.reasons:
        lines += ["", *_heading(words.gettext("Why it moved"))]
        lines += [line for sentence in said.reasons for line in wrap(f"* {sentence}", COLUMNS, "  ")]
    for heading, sentences in (
        (words.gettext("Against the week before"), said.moved),
        (words.gettext("Bursts"), said.bursts),
        (words.gettext("Who speaks"), said.voice),
        (words.gettext("Beside the other brands"), said.compared),
    ):
        if sentences:
            lines += ["", *_heading(heading)]
            lines += [line for sentence in sentences for line in wrap(f"* {sentence}", COLUMNS, "  ")]
    lines += ["", *_heading(words.gettext("Sources"))]
    for source in said.sources:
        lines += _source(source)
    return "\n".join(lines) + "\n"


def _heading(text: str) -> list[str]:
    return [text, "-" * min(width(text), COLUMNS)]


def _block(heading: str, cards: Sequence[Card], words: Words) -> list[str]:
    lines = [*wrap(heading, _BLOCK), "-" * _BLOCK]
    for number, card in enumerate(cards):
        lines += [""] * (number > 0) + _card(card, _BLOCK, words)
    return lines


def _card(card: Card, columns: int, words: Words) -> list[str]:
    first = words.gettext("{name}: {value}").format(name=card.name, value=card.value) if card.value else card.name
    return [*wrap(first, columns), *(f"  {line}" for text in card.parts for line in wrap(text, columns - 2))]


def _quote(quote: QuoteView) -> list[str]:
    lines = []
    for start, text in (("  ", quote.title), ("  > ", quote.text), ("    ", quote.about)):
        # A line of plain text is a paragraph of its own: each is isolated by itself.
        columns = COLUMNS - len(start)
        lines += [f"{start}{_ISOLATE}{line}{_RELEASE}" for line in wrap(text, columns) if line]
    if quote.url:
        lines.append(f"    {quote.url}")
    return [*lines, ""]


def _source(source: SourceView) -> list[str]:
    name = f"{source.name} ({source.about})" if source.about else source.name
    mark = "o" if source.hole else "*"
    lines = wrap(f"{mark} {name}", COLUMNS, "  ")
    for text in (source.result, source.counts, source.message):
        lines += [f"  {line}" for line in wrap(text, COLUMNS - 2) if line]
    return lines
