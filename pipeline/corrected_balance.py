"""Balances with the classifier's error taken out, from kept series and never from the mentions themselves.

Exactly one correction is made, on all three classes before the neutral are dropped: by the labels of a group where
people have given enough of them (`labelled_balance`), else by the shares under which the calibrated probabilities of
its mentions are likeliest (`figures.correction`), each mention then moved by the ratio of share and prior. The
mentions of a cell are taken to be as its mean over the whole brand in the same time; what is said of an aspect has
probabilities and a calibration of its own, and is taken to be as the mean over all aspects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from twelvefold.config import Rule
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.chronicle import Chronicle, Groups
from twelvefold.pipeline.corrected_standing import Span, corrected_standing, open_cases
from twelvefold.pipeline.figures.likelihood import Floats, Likelihood
from twelvefold.pipeline.group_cells import Blamed, GroupCells, cells_of_groups
from twelvefold.pipeline.labelled_balance import LabelledGroups, number_of
from twelvefold.pipeline.line_sums import Cases
from twelvefold.pipeline.running import WeekWeighed
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weekly_cells import COLUMNS, WeeklyCells, spread
from twelvefold.pipeline.weighing import Correction, Method, Rollups, Standing
from twelvefold.storage.labels import Label
from twelvefold.storage.packed_cells import DAYS_IN_WEEK, week_of
from twelvefold.storage.probability_cells import CELLS
from twelvefold.storage.probability_series import ALL_ASPECTS, BRAND, UNIT, CellSeries
from twelvefold.storage.series import Scope

_DAY = timedelta(days=1)
_ANY = 1 / 3  # of a cell that nothing fell into


class Balances(NamedTuple):
    """Where a group stands, and what one week alone says of it."""

    standing: Standing
    within: Standing | None


class _Part(NamedTuple):
    """One balance, `raw` as the classes were counted, spread over cells."""

    heard: Chronicle
    span: Span
    raw: Standing
    cells: GroupCells


@dataclass(frozen=True)
class Corrections:
    """What corrects the balances that one query asks for.

    Attributes:
        heard: The whole brand.
        until: The first day that no longer counts for the query.
        labels: What people said of mentions of the brand that chance drew.
    """

    rollups: Rollups
    brand_id: int
    model: str
    calibration: Calibration | None
    rule: Rule
    heard: Chronicle
    until: date | None = None
    labels: Sequence[Label] = ()

    def balances(
        self, scope: Scope | None, heard: Groups[str | None], last_day: date, week: Week | None
    ) -> dict[str | None, Balances]:
        """Return the standing balance of each group, and that of the week alone where there is one.

        Args:
            scope: What tells the groups apart; None for the whole brand, as a group without a name.
        """
        span = Span(None, last_day + _DAY, self.rule.half_life_days)
        standing = self._corrected(scope, heard, span, heard.standings(self.rule, last_day))
        if week is None:
            return {key: Balances(each, None) for key, each in standing.items()}
        alone = heard.undecayed(self.rule, week.since, week.until)
        within = self._corrected(scope, heard, Span(week.since, week.until, None), alone)
        return {key: Balances(each, within[key]) for key, each in standing.items()}

    def weeks(self, weighed: Sequence[WeekWeighed]) -> list[WeekWeighed]:
        """Return the balances of the whole brand at the end of each week, and of the week itself.

        Weeks side by side are all corrected in one way, by probabilities: labels are of one time, and a change of
        method would look like a change of the balance.
        """
        half_life_days = self.rule.half_life_days
        fading, alike = (spread(self.heard, self._brand or (), None, None, each) for each in (half_life_days, None))
        calibration = self.calibration
        if calibration is None or fading is None or alike is None:
            why = Method.NOT_CALIBRATED if calibration is None else Method.NOT_KEPT
            return [WeekWeighed(each.week, _left(each.standing, why), _left(each.within, why)) for each in weighed]
        numbers = np.array([[week_of(each.week.since)] for each in weighed])
        ages = DAYS_IN_WEEK * np.maximum(numbers - fading.weeks, 0)
        left = np.where(fading.weeks <= numbers, np.exp2(-ages / half_life_days), 0.0)
        only = np.where(alike.weeks == numbers, 1.0, 0.0)
        spans = [Span(None, each.week.until, half_life_days) for each in weighed]
        alone = [Span(each.week.since, each.week.until, None) for each in weighed]
        standings = self._solved(
            self._parts(spans, [each.standing for each in weighed], fading, left),
            _ratios(fading, left, calibration),
            calibration,
        )
        within = self._solved(
            self._parts(alone, [each.within for each in weighed], alike, only),
            _ratios(alike, only, calibration),
            calibration,
        )
        return [
            WeekWeighed(each.week, its_standing, itself)
            for each, its_standing, itself in zip(weighed, standings, within, strict=True)
        ]

    def _corrected(
        self, scope: Scope | None, heard: Groups[str | None], span: Span, counted: Mapping[str | None, Standing]
    ) -> dict[str | None, Standing]:
        found = self._by_probabilities(scope, heard, span, counted)
        if not self.labels:
            return found
        labelled = LabelledGroups(self.rollups, self.brand_id, self.labels, self.rule, self.until)
        tables = labelled.tables(scope, counted, span)
        by_labels = labelled.standings(scope, heard, span, counted, tables)
        return {key: by_labels.get(key) or _with_labels(each, number_of(tables[key])) for key, each in found.items()}

    def _by_probabilities(
        self, scope: Scope | None, heard: Groups[str | None], span: Span, counted: Mapping[str | None, Standing]
    ) -> dict[str | None, Standing]:
        calibration = self.calibration
        if scope is Scope.ASPECT and calibration is not None:
            calibration = calibration.aspects
        if calibration is None:
            return {key: _left(raw, Method.NOT_CALIBRATED) for key, raw in counted.items()}
        found = {key: _left(raw, Method.NOT_KEPT) for key, raw in counted.items()}
        whole = self._aspects_in(heard, span) if scope is Scope.ASPECT else self._brand_in(span)
        if whole is None:
            return found
        left = np.ones((1, len(whole.weeks)))
        if span.half_life_days is not None:
            ages = span.until.toordinal() - 1 - DAYS_IN_WEEK * (whole.weeks + 1)
            left = np.exp2(-ages / span.half_life_days)[None]
        if scope is None:
            parts = dict(zip(counted, self._parts([span], list(counted.values()), whole, left), strict=True))
        else:
            found_in = cells_of_groups(heard, self._kept_of(scope), *span)
            parts = {key: _Part(heard[key], span, counted[key], cells) for key, cells in found_in.items()}
        solved = self._solved(list(parts.values()), _ratios(whole, left, calibration), calibration)
        return found | dict(zip(parts, solved, strict=True))

    @cached_property
    def _brand(self) -> Sequence[CellSeries] | None:
        if self.calibration is None:
            return None
        return self.rollups.probabilities(self.brand_id, self.model, BRAND, self.until)

    @cached_property
    def _spread(self) -> dict[Span, WeeklyCells | None]:
        return {}

    def _brand_in(self, span: Span) -> WeeklyCells | None:
        """Return how the whole brand's mentions of a span spread over the cells, worked out once."""
        if span not in self._spread:
            self._spread[span] = spread(self.heard, self._brand or (), *span)
        return self._spread[span]

    def _aspects_in(self, heard: Groups[str | None], span: Span) -> WeeklyCells | None:
        """Return how all that was said of any aspect in a span spreads over the cells."""
        return spread(heard.together, self._aspects or (), *span)

    @cached_property
    def _aspects(self) -> Sequence[CellSeries] | None:
        return self.rollups.probabilities(self.brand_id, self.model, ALL_ASPECTS, self.until)

    @cached_property
    def _kept(self) -> dict[Scope, dict[str | None, list[CellSeries]]]:
        return {}

    def _kept_of(self, scope: Scope) -> Mapping[str | None, Sequence[CellSeries]]:
        """Return the series of each group, read once."""
        if scope not in self._kept:
            kept = self._kept[scope] = {}
            for series in self.rollups.probabilities(self.brand_id, self.model, scope, self.until) or ():
                kept.setdefault(series.key, []).append(series)
        return self._kept[scope]

    def _parts(
        self, spans: Sequence[Span], counted: Sequence[Standing], cells: WeeklyCells, week_weights: Floats
    ) -> list[_Part]:
        """Return balances of the whole brand.

        Args:
            week_weights: What the weeks of `cells` weigh for each of them, shape (balances, weeks).
        """
        summed = (week_weights @ cells.weights, week_weights @ cells.resolved, week_weights**2 @ cells.squares)
        blamed = Blamed(slice(None), np.ones(len(cells.weeks)), np.arange(COLUMNS), cells.complaints.T)
        return [
            _Part(self.heard, span, raw, GroupCells(weights, resolved, squares, cells.weeks, (blamed,)))
            for span, raw, weights, resolved, squares in zip(spans, counted, *summed, strict=True)
        ]

    def _solved(self, parts: Sequence[_Part], ratios: Floats, calibration: Calibration) -> list[Standing]:
        """Return corrected balances, all solved at once.

        Args:
            ratios: Likelihood ratios of the cells, shape (parts or 1, COLUMNS, 3).
            calibration: Of the probabilities in the cells.
        """
        if not parts:
            return []
        weights, resolved, squares = (
            np.array([getattr(part.cells, name) for part in parts]) for name in ("weights", "resolved", "squares")
        )
        used = np.flatnonzero(weights.any(axis=0))
        ratios = ratios[:, used]
        found = Likelihood(ratios, weights[:, used], squares[:, used]).solve(calibration.validated, calibration.spread)
        owned = ratios * found.classes[:, None]
        owned /= np.maximum(owned.sum(axis=2, keepdims=True), np.finfo(float).tiny)
        classes = np.einsum("gm,gmc->gc", weights[:, used], owned)
        settled = np.einsum("gm,gm->g", resolved[:, used], owned[:, :, 0])
        blame = np.zeros(weights.shape)
        blame[:, used] = owned[:, :, 0]
        ends = zip(found.low.tolist(), found.high.tolist(), strict=True)
        return [
            corrected_standing(
                part.raw,
                its_classes,
                its_settled,
                its_ends,
                self.rule,
                Correction(Method.PROBABILITIES, part.raw.index),
                partial(_cases, part, its_blame),
            )
            for part, its_classes, its_settled, its_blame, its_ends in zip(
                parts, classes.tolist(), settled.tolist(), blame, ends, strict=True
            )
        ]


def _left(raw: Standing, why: Method) -> Standing:
    """Return a balance as it was counted, and why it is not corrected."""
    return replace(raw, correction=Correction(why, raw.index))


def _with_labels(weighed: Standing, number: int) -> Standing:
    """Return a balance with the number of labels that did not suffice to correct it."""
    if weighed.correction is None:
        return weighed
    return replace(weighed, correction=replace(weighed.correction, labels=number))


def _ratios(cells: WeeklyCells, week_weights: Floats, calibration: Calibration) -> Floats:
    """Return what the mentions of all groups say in the mean of each cell, over the prior.

    Args:
        week_weights: Shape (balances, weeks); what is returned has the shape (balances, COLUMNS, 3).
    """
    prior = np.repeat([calibration.prior, calibration.rating_prior], CELLS, axis=0)
    ratios: Floats = _means(cells, week_weights) / prior
    return ratios


def _means(cells: WeeklyCells, week_weights: Floats) -> Floats:
    """Return the mean probabilities of each column, shape (balances, COLUMNS, 3)."""
    weights, negative, positive = (week_weights @ each for each in (cells.weights, cells.negative, cells.positive))
    heard = np.where(weights > 0, weights, 1) * UNIT
    negative, positive = negative / heard, positive / heard
    # The sums are rounded, so that a cell may come out a hair below 0.
    told = np.stack([negative, np.maximum(1 - negative - positive, 0), positive], axis=2)
    told[weights <= 0] = _ANY
    means: Floats = told / told.sum(axis=2, keepdims=True)
    return means


def _cases(part: _Part, blame: Floats, enough: float) -> Cases:
    """Return the heaviest open cases, as many as weigh enough together: w q, q the mean of the case's week.

    Args:
        blame: The q of negative in each cell.
    """
    days = part.heard.days[part.heard.within(part.span.since, part.span.until)]
    of_weeks = part.cells.mean_blame(blame)
    return open_cases(
        part.heard, part.span, of_weeks[np.searchsorted(part.cells.weeks, (days - 1) // DAYS_IN_WEEK)], enough
    )
