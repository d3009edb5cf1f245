"""A balance as it is once the classifier's error is taken out, by whichever method that was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from twelvefold.config import Rule
from twelvefold.pipeline.chronicle import Chronicle, heaviest
from twelvefold.pipeline.figures.balance import Tally, balance
from twelvefold.pipeline.figures.likelihood import Floats
from twelvefold.pipeline.line_sums import Cases
from twelvefold.pipeline.weighing import Correction, Standing, as_shown


class Span(NamedTuple):
    """The days of a balance, and in how many of them a mention fades by half; None: never."""

    since: date | None
    until: date
    half_life_days: float | None


def corrected_standing(
    raw: Standing,
    classes: Sequence[float],
    settled: float,
    ends: tuple[float, float],
    rule: Rule,
    correction: Correction,
    cases: Callable[[float], Cases],
) -> Standing:
    """Return the balance of classes as they are after a correction.

    Args:
        raw: As the classes were counted.
        classes: The weighted sums of q for (negative, neutral, positive).
        settled: The part of the negative whose cases are resolved.
        ends: The interval of the positive share.
        cases: Returns of the open cases, heaviest first, as many as weigh so much together.
    """
    negative, neutral, praise = classes
    unresolved = max(0.0, negative - settled)
    debt = rule.k * unresolved + rule.resolved_weight * settled - praise
    relief = rule.k - rule.resolved_weight
    counted = Tally(
        praise=praise,
        open=unresolved,
        resolved=settled,
        neutral=neutral,
        n=raw.balance.tally.n,
        n_eff=raw.balance.tally.n_eff,
        cases=cases(debt / relief) if debt > 0 and relief > 0 else (),
    )
    heard = praise + negative
    share = praise / heard if heard > 0 else 0.0
    weighed = balance(counted, rule.k, rule.resolved_weight, (min(ends[0], share), max(ends[1], share)))
    return replace(as_shown(weighed), correction=correction)


def open_cases(heard: Chronicle, span: Span, blame: Floats, enough: float) -> Cases:
    """Return the heaviest open cases of a group, as many as weigh enough together.

    Args:
        blame: The q of negative of the cases of each day in the span.
    """
    within = heard.within(span.since, span.until)
    left = blame
    if span.half_life_days is not None:
        left = left * np.exp2((heard.days[within] - (span.until.toordinal() - 1)) / span.half_life_days)
    rows = [n for n, line in enumerate(heard.lines) if line.is_open_complaint]
    weights = np.concatenate([heard.lines[n].weight * left for n in rows] or [left[:0]])
    return heaviest(weights, heard.counts[rows, within].ravel(), enough)
