"""Balances with the classifier's error taken out, from kept series and never from the mentions themselves.

Exactly one correction is made, on all three classes before the neutral are dropped: the shares under which the
calibrated probabilities of a group's mentions are likeliest (`figures.correction`), each mention then moved by the
ratio of share and prior. The mentions of a cell are taken to be as its mean over the whole brand in the same time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from twelvefold.config import Rule
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.chronicle import Chronicle, heaviest
from twelvefold.pipeline.figures.balance import Tally, balance
from twelvefold.pipeline.figures.likelihood import Floats, Likelihood
from twelvefold.pipeline.running import WeekWeighed
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weekly_cells import WeeklyCells, ages_of_weeks, spread
from twelvefold.pipeline.weighing import Correction, Method, Rollups, Standing, as_shown
from twelvefold.records import Sentiment
from twelvefold.storage.packed_cells import DAYS_IN_WEEK, week_of
from twelvefold.storage.probability_cells import CELLS
from twelvefold.storage.probability_series import BRAND, UNIT, CellSeries
from twelvefold.storage.series import Scope

_DAY = timedelta(days=1)
_ANY = 1 / 3  # of a cell that nothing fell into


class Span(NamedTuple):
    """The days of a balance, and in how many of them a mention fades by half; None: never."""

    since: date | None
    until: date
    half_life_days: float | None


class Group(NamedTuple):
    """A group whose balance in a span is to be corrected, `raw` as the classes were counted."""

    key: str | None
    heard: Chronicle
    span: Span
    raw: Standing


class Balances(NamedTuple):
    """Where a group stands, and what one week alone says of it."""

    standing: Standing
    within: Standing | None


@dataclass(frozen=True)
class _Part:
    """One balance, spread over cells.

    Attributes:
        week_weights: What each week of `cells` weighs, shape (weeks,).
        ratios: Likelihood ratios of the cells, shape (COLUMNS, 3).
    """

    group: Group
    cells: WeeklyCells
    week_weights: Floats
    ratios: Floats


@dataclass(frozen=True)
class Corrections:
    """What corrects the balances that one query asks for.

    Attributes:
        heard: The whole brand.
        until: The first day that no longer counts for the query.
    """

    rollups: Rollups
    brand_id: int
    model: str
    calibration: Calibration | None
    rule: Rule
    heard: Chronicle
    until: date | None = None

    def balances(
        self, scope: Scope | None, heard: Mapping[str | None, Chronicle], last_day: date, week: Week | None
    ) -> dict[str | None, Balances]:
        """Return the standing balance of each group, and that of the week alone where there is one.

        Args:
            scope: What tells the groups apart; None for the whole brand, as a group without a name.
        """
        standing = Span(None, last_day + _DAY, self.rule.half_life_days)
        asked = [Group(key, theirs, standing, theirs.standing(self.rule, last_day)) for key, theirs in heard.items()]
        if week is not None:
            alone = Span(week.since, week.until, None)
            asked += [
                Group(key, theirs, alone, theirs.undecayed(self.rule, week.since, week.until))
                for key, theirs in heard.items()
            ]
        found = self._corrected(scope, asked)
        within: Sequence[Standing | None] = found[len(heard) :] or [None] * len(heard)
        return {key: Balances(found[n], within[n]) for n, key in enumerate(heard)}

    def weeks(self, weighed: Sequence[WeekWeighed]) -> list[WeekWeighed]:
        """Return the balances of the whole brand at the end of each week, and of the week itself."""
        half_life_days = self.rule.half_life_days
        fading, alike = (spread(self.heard, self._brand or (), None, None, each) for each in (half_life_days, None))
        if self.calibration is None or fading is None or alike is None:
            why = Method.NOT_CALIBRATED if self.calibration is None else Method.NOT_KEPT
            return [WeekWeighed(each.week, _left(each.standing, why), _left(each.within, why)) for each in weighed]
        parts = []
        for each in weighed:
            number = week_of(each.week.since)
            span = Span(None, each.week.until, half_life_days)
            left = np.where(fading.weeks <= number, _week_weights(fading, span), 0)
            parts.append(self._spread(Group(None, self.heard, span, each.standing), fading, left))
            span = Span(each.week.since, each.week.until, None)
            only = (alike.weeks == number).astype(float)
            parts.append(self._spread(Group(None, self.heard, span, each.within), alike, only))
        found = iter(_solved(parts, self.calibration, self.rule))
        return [WeekWeighed(each.week, next(found), next(found)) for each in weighed]

    @cached_property
    def _brand(self) -> Sequence[CellSeries] | None:
        if self.calibration is None:
            return None
        return self.rollups.probabilities(self.brand_id, self.model, BRAND, self.until)

    def _corrected(self, scope: Scope | None, asked: Sequence[Group]) -> list[Standing]:
        if scope is Scope.ASPECT:
            return [_left(group.raw, Method.NOT_BY_ASPECT) for group in asked]
        if scope is Scope.SEGMENT:
            return [_left(group.raw, Method.NOT_BY_SEGMENT) for group in asked]
        if self.calibration is None:
            return [_left(group.raw, Method.NOT_CALIBRATED) for group in asked]
        found = [_left(group.raw, Method.NOT_KEPT) for group in asked]
        kept = self._kept(scope)
        ratios = {span: self._ratios_in(span) for span in {group.span for group in asked}}
        parts = {}
        for n, group in enumerate(asked):
            cells = spread(group.heard, kept.get(group.key, ()), *group.span)
            its_ratios = ratios[group.span]
            if cells is not None and its_ratios is not None:
                parts[n] = _Part(group, cells, _week_weights(cells, group.span), its_ratios)
        for n, corrected in zip(parts, _solved(list(parts.values()), self.calibration, self.rule), strict=True):
            found[n] = corrected
        return found

    def _kept(self, scope: Scope | None) -> Mapping[str | None, Sequence[CellSeries]]:
        """Return the series of each group."""
        if scope is None or self._brand is None:
            return {None: self._brand or ()}
        kept: dict[str | None, list[CellSeries]] = {}
        for series in self.rollups.probabilities(self.brand_id, self.model, scope, self.until) or ():
            kept.setdefault(series.key, []).append(series)
        return kept

    def _ratios_in(self, span: Span) -> Floats | None:
        """Return what the whole brand's mentions of a span say in the mean of each cell, over the prior."""
        cells = spread(self.heard, self._brand or (), *span)
        return None if cells is None else self._ratios(cells, _week_weights(cells, span))

    def _spread(self, group: Group, cells: WeeklyCells, week_weights: Floats) -> _Part:
        return _Part(group, cells, week_weights, self._ratios(cells, week_weights))

    def _ratios(self, cells: WeeklyCells, week_weights: Floats) -> Floats:
        ratios: Floats = _means(cells, week_weights) / self._priors
        return ratios

    @cached_property
    def _priors(self) -> Floats:
        if self.calibration is None:
            raise ValueError("there is nothing to compare with: the model is not calibrated")
        return np.repeat([self.calibration.prior, self.calibration.rating_prior], CELLS, axis=0)


def _left(raw: Standing, why: Method) -> Standing:
    """Return a balance as it was counted, and why it is not corrected."""
    return replace(raw, correction=Correction(why, raw.index))


def _week_weights(cells: WeeklyCells, span: Span) -> Floats:
    if span.half_life_days is None:
        return np.ones(len(cells.weeks))
    return np.exp2(-ages_of_weeks(cells.weeks, span.until - _DAY) / span.half_life_days)


def _means(cells: WeeklyCells, week_weights: Floats) -> Floats:
    """Return the mean probabilities of each column, shape (COLUMNS, 3)."""
    weights, negative, positive = (week_weights @ each for each in (cells.weights, cells.negative, cells.positive))
    heard = np.where(weights > 0, weights, 1) * UNIT
    negative, positive = negative / heard, positive / heard
    # The sums are rounded, so that a cell may come out a hair below 0.
    told = np.stack([negative, np.maximum(1 - negative - positive, 0), positive], axis=1)
    told[weights <= 0] = _ANY
    means: Floats = told / told.sum(axis=1, keepdims=True)
    return means


def _solved(parts: Sequence[_Part], calibration: Calibration, rule: Rule) -> list[Standing]:
    """Return corrected balances, all solved at once."""
    if not parts:
        return []
    weights = np.array([part.week_weights @ part.cells.weights for part in parts])
    resolved = np.array([part.week_weights @ part.cells.resolved for part in parts])
    squares = np.array([part.week_weights**2 @ part.cells.squares for part in parts])
    used = weights.any(axis=0)
    ratios = np.array([part.ratios[used] for part in parts])
    found = Likelihood(ratios, weights[:, used], squares[:, used]).solve(calibration.validated)
    standings = []
    for n, part in enumerate(parts):
        owned = ratios[n] * found.classes[n]
        owned /= np.maximum(owned.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        standings.append(
            _weighed(
                part,
                weights[n, used] @ owned,
                float(resolved[n, used] @ owned[:, 0]),
                part.cells.complaints[:, used],
                owned[:, 0],
                (float(found.low[n]), float(found.high[n])),
                rule,
            )
        )
    return standings


def _weighed(
    part: _Part,
    classes: Floats,
    settled: float,
    complaints: Floats,
    blame: Floats,
    ends: tuple[float, float],
    rule: Rule,
) -> Standing:
    """Return the balance of classes as they are after the correction.

    Args:
        classes: The weighted sums of q for (negative, neutral, positive).
        settled: The part of the negative whose cases are resolved.
        complaints: What open complaints weigh in each week and cell; `blame` is the q of negative in each cell.
    """
    raw = part.group.raw
    negative, neutral, praise = classes.tolist()
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
        cases=_cases(part, complaints, blame, debt / relief) if debt > 0 and relief > 0 else (),
    )
    heard = praise + negative
    share = praise / heard if heard > 0 else 0.0
    weighed = balance(counted, rule.k, rule.resolved_weight, (min(ends[0], share), max(ends[1], share)))
    return replace(as_shown(weighed), correction=Correction(Method.PROBABILITIES, raw.index))


def _cases(part: _Part, complaints: Floats, blame: Floats, enough: float) -> tuple[tuple[float, int], ...]:
    """Return the heaviest open cases, as many as weigh enough together: w q, q the mean of the case's week."""
    heard, (since, until, half_life_days) = part.group.heard, part.group.span
    within = heard.within(since, until)
    days = heard.days[within]
    total = complaints.sum(axis=1)
    mean = complaints @ blame / np.where(total > 0, total, 1)
    places = np.searchsorted(part.cells.weeks, (days - 1) // DAYS_IN_WEEK)
    left = mean[places]
    if half_life_days is not None:
        left = left * np.exp2((days - (until.toordinal() - 1)) / half_life_days)
    lines = [(n, line) for n, line in enumerate(heard.lines) if line.label is Sentiment.NEGATIVE and not line.resolved]
    weights = np.concatenate([line.weight * left for _, line in lines] or [left[:0]])
    numbers = np.concatenate([heard.counts[n, within] for n, _ in lines] or [left[:0]])
    return heaviest(weights, numbers, enough)
