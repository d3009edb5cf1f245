"""What each figure beside the balance did against the week before, in one language: a test, and not an arrow."""

from __future__ import annotations

from twelvefold.pipeline.change_health import Compared, WeekChange
from twelvefold.pipeline.digest.words import Words
from twelvefold.pipeline.figures.change import Verdict


def moved_sentences(change: WeekChange, words: Words) -> tuple[str, ...]:
    """Return a sentence for each figure that both weeks have enough of; the balance has its own under the headline."""
    figures = (
        (words.gettext("Net promoter score (NPS)"), change.nps, 1, 1),
        (words.gettext("Satisfaction (CSAT), in percentage points"), change.csat, 100, 1),
        (words.gettext("Effort (CES)"), change.ces, 1, 2),
        (words.gettext("Stars"), change.stars, 1, 2),
        (words.gettext("Churn, in percentage points"), change.churn, 100, 1),
    )
    return tuple(sentence for figure in figures for sentence in _sentence(*figure, words))


def _sentence(name: str, compared: Compared, scale: int, digits: int, words: Words) -> tuple[str, ...]:
    if compared.change is None:
        return ()
    said = {
        Verdict.NOISE: words.gettext(
            "{figure}: no change beyond noise, {delta}, 95% interval {low} to {high}, n = {before} and {now}."
        ),
        Verdict.ROSE: words.gettext("{figure}: up, {delta}, 95% interval {low} to {high}, n = {before} and {now}."),
        Verdict.FELL: words.gettext("{figure}: down, {delta}, 95% interval {low} to {high}, n = {before} and {now}."),
    }[compared.change.verdict]
    delta = compared.change.delta
    value = words.signed(delta.value * scale, digits)
    low, high = (words.decimal(end * scale, digits) for end in (delta.low, delta.high))
    counted = {"before": words.whole(compared.n_before), "now": words.whole(compared.n_now)}
    return (said.format(figure=name, delta=value, low=low, high=high, **counted),)
