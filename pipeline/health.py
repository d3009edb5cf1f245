"""The `health` document: satisfaction and loyalty side by side, never mixed.

Every figure carries its n, its interval and its definition; what the data cannot
carry is null with the reason. No clock enters: ages are counted to the last day
of the period, so a past week comes out the same for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

import numpy as np

from twelvefold.config import Brand, Configuration, Rule
from twelvefold.errors import CallerMistake
from twelvefold.models.scorer import Calibration
from twelvefold.pipeline.change_health import Further, change_entry, two_weeks
from twelvefold.pipeline.chronicle import Chronicle, Groups, by_group, counts_of_sources, sources_heard
from twelvefold.pipeline.corrected_balance import Balances, Corrections
from twelvefold.pipeline.customer_health import CustomerFigures, customer_figures
from twelvefold.pipeline.health_blocks import UNSPLIT_CUSTOMERS, blocks
from twelvefold.pipeline.running import weigh_weeks
from twelvefold.pipeline.segment_health import segments_told
from twelvefold.pipeline.voice import voices
from twelvefold.pipeline.voice_document import voice_document
from twelvefold.pipeline.week import Week, weeks_between
from twelvefold.pipeline.weighing import Answers, Counted, Refusal, Shown, answers, star_mean, weekly_answers
from twelvefold.storage.packed_counts import Counts
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope, StarTotal

GROUPINGS = ("source", "subject", "language", "aspect", "segment", "week")
_UNSPLIT = Answers(*[Shown(None, 0, Refusal.NOT_SPLIT)] * 3)
_UNRATED = Shown(None, 0, Refusal.STARS_NOT_SPLIT)
Count = TypeVar("Count", DayCount, StarTotal)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Period:
    """[since, until) in local days; None is open. `week` where it is one."""

    since: date | None
    until: date | None
    week: Week | None = None


def health(
    work: Counted,
    brand_settings: Brand,
    configuration: Configuration,
    *,
    brand_id: int,
    model: str,
    since: date | None = None,
    until: date | None = None,
    week: str | None = None,
    by: str | None = None,
    calibration: Calibration | None = None,
    sources: Groups[str | None] | None = None,
) -> dict[str, Any]:
    """Return the `health` document of one brand.

    The standing balance takes every mention before `until`, with decay (to the
    newest mention where there is no `until`); survey figures take the answers in
    [since, until). Both are local days of the brand's zone; `week`, an ISO week as
    "2026-W47", stands in the place of both. `model` is whose judgements count
    (ratings without text count with every model); `by`, one of GROUPINGS, adds the
    same figures for each group. Decay, k and the resolved weight are the
    configuration's. `calibration` is what is known of the model's probabilities; without it the balance stays
    uncorrected for the classifier's error. `sources` is what `sources_heard` tells, where it has been asked already.

    Raises:
        CallerMistake: The period is empty or given twice, or `by` is unknown.
        UnknownName: `week` is no ISO week.
    """
    period = _period(since, until, week)
    if by is not None and by not in GROUPINGS:
        raise CallerMistake(f"figures cannot be grouped by {by!r}; choose one of {', '.join(GROUPINGS)}")
    if sources is None:
        sources = sources_heard(work.rollups, brand_settings, brand_id, model, period.until)
    heard = sources.together
    last_day = _last_day(period, heard)
    stars = partial(work.rollups.star_totals, brand_id, since=period.since, until=period.until)
    moved = partial(change_entry, brand=brand_settings, rule=configuration.rule, week=period.week)
    scores = partial(work.surveys.histogram, brand_id)
    near = _near(sources, period.week)
    further = two_weeks(work, brand_id, brand_settings, period.week) if period.week else Further()
    change = moved(near, ask=scores, further=further)
    customers = customer_figures(
        work.customers, brand_id, brand_settings.customers, since=period.since, until=period.until, last_day=last_day
    )
    spoken = voices(
        heard,
        sources,
        brand_settings,
        configuration.rule,
        scores,
        since=period.since,
        until=period.until,
        last_day=last_day,
    )
    rule = configuration.rule
    document = partial(_blocks, rule=rule)
    labels = work.labels.given(brand_id, model, period.until)
    corrections = Corrections(
        work.rollups, brand_id, model, calibration, rule, heard, until=period.until, labels=labels
    )
    groups: list[dict[str, Any]] = []
    by_note = None
    if by == "week":
        weeks = _weeks(period, heard)
        rated = _stars_by_week(work.rollups.daily_stars(brand_id, until=period.until))
        weighed = corrections.weeks(list(weigh_weeks(heard, rule, weeks)))
        groups = [
            {"key": str(each.week)}
            | blocks(
                each.standing,
                each.within,
                its_answers,
                star_mean(rated.get(each.week, ())),
                rule,
                each.week,
                each.week.last_day,
            )
            | {"change": change}
            for each, its_answers in zip(weighed, weekly_answers(work.surveys, brand_id, weeks), strict=True)
        ]
    elif by == Scope.SEGMENT:
        segments = segments_told(work, brand_id, model, since=period.since, until=period.until, week=period.week)
        by_note = segments.note
        balances = corrections.balances(Scope.SEGMENT, segments.heard, last_day, period.week)
        groups = [
            {"key": str(each.segment)}
            | document(balances[each.key], each.answers, _UNRATED, period.week, last_day)
            | {"change": moved(each.near, ask=each.ask)}
            for each in segments.told
        ]
    elif by in tuple(Scope):
        scope = Scope(by)
        if scope is not Scope.SOURCE:
            sources = by_group(work.rollups.series(brand_id, model, scope, until=period.until), lambda each: each.key)
        rated_by = _split(stars(scope), lambda total: total.key)
        said = _said_by_group(work, brand_id, model, scope, near, period.week)
        rated_before = _split(_stars_before(work, brand_id, scope, period.week), lambda total: total.key)
        theirs = sources.and_also(rated_by)
        balances = corrections.balances(scope, theirs, last_day, period.week)
        groups = [
            {"key": key}
            | document(
                balances[key],
                _UNSPLIT,
                star_mean(rated_by.get(key, ())) if scope is not Scope.ASPECT else _UNRATED,
                period.week,
                last_day if key in sources or period.week else None,
            )
            | {"change": moved(said.get(key, ()), ask=None, further=_further(scope, rated_before, rated_by, key))}
            for key in sorted(theirs, key=lambda key: (key is None, key or ""))
        ]
    return {
        "schema": "twelvefold/health/1",
        "brand": brand_settings.name,
        "zone": brand_settings.zone,
        "since": period.since.isoformat() if period.since else None,
        "until": period.until.isoformat() if period.until else None,
        **document(
            corrections.balances(None, heard.alone(), last_day, period.week)[None],
            answers(work.surveys, brand_id, period.since, period.until),
            star_mean(stars(Scope.SOURCE)),
            period.week,
            last_day if heard.lines or period.week else None,
            customers=customers,
        ),
        "voice": voice_document(spoken, configuration.rule),
        "abc": customers.abc,
        "change": change,
        "by": groups,
        "by_note": by_note,
    }


def _period(since: date | None, until: date | None, week: str | None) -> Period:
    if week is not None:
        if since is not None or until is not None:
            raise CallerMistake("a week is a period of its own: give either the week, or since and until")
        chosen = Week.parse(week)
        return Period(chosen.since, chosen.until, chosen)
    if since is not None and until is not None and since >= until:
        raise CallerMistake(
            f"the period from {since} until {until} has no day: until must be later (it does not count)"
        )
    return Period(since, until)


def _last_day(period: Period, heard: Chronicle) -> date:
    """Return the day to which ages are counted."""
    if period.until is not None:
        return period.until - timedelta(days=1)
    return heard.last_day or date.min


def _weeks(period: Period, heard: Chronicle) -> list[Week]:
    """Return the whole weeks that the period touches, from the first mention to the last where it is open."""
    if heard.first_day is None or heard.last_day is None:
        return []
    return weeks_between(period.since or heard.first_day, period.until or heard.last_day + timedelta(days=1))


def _near(sources: Mapping[str | None, Chronicle], week: Week | None) -> list[DayCount]:
    """Return what each source said in a week and the one before it."""
    return counts_of_sources(sources, week.back(1).since, week.until) if week else []


def _said_by_group(
    work: Counted, brand_id: int, model: str, scope: Scope, near: Sequence[DayCount], week: Week | None
) -> dict[str | None, list[DayCount]]:
    """Return what the sources said of each group in a week and the one before it; `near` is what each source said."""
    if week is None:
        return {}
    if scope is Scope.SOURCE:
        return _split(near, lambda count: count.source)
    return _split(
        [
            count
            for each in (week.back(1), week)
            for count in work.rollups.spoken(brand_id, model, scope, each.since, each.until)
        ],
        lambda count: count.subject,
    )


def _stars_before(work: Counted, brand_id: int, scope: Scope, week: Week | None) -> Sequence[StarTotal]:
    """Return the stars of the week before, by group."""
    if week is None or scope is Scope.ASPECT:
        return ()
    return work.rollups.star_totals(brand_id, scope, week.back(1).since, week.back(1).until)


def _further(
    scope: Scope,
    before: Mapping[str | None, Sequence[StarTotal]],
    now: Mapping[str | None, Sequence[StarTotal]],
    key: str | None,
) -> Further:
    """Return what is compared of a group beside its mentions: its stars, but for aspects, which have none."""
    return Further() if scope is Scope.ASPECT else Further(stars=(before.get(key, ()), now.get(key, ())))


def _stars_by_week(daily: Iterable[tuple[float, int, Counts]]) -> dict[Week, list[StarTotal]]:
    """Return how many have how many stars in each week."""
    weeks: dict[Week, list[StarTotal]] = {}
    for stars, first, counts in daily:
        told = counts.nonzero()[0]
        # The first day of the calendar is a Monday.
        numbers, at = np.unique((first + told - 1) // 7, return_inverse=True)
        for number, n in zip(numbers.tolist(), np.bincount(at, counts[told]).tolist(), strict=True):
            weeks.setdefault(Week(date.fromordinal(7 * number + 1)), []).append(StarTotal(None, stars, int(n)))
    return weeks


def _split(counts: Iterable[Count], key: Callable[[Count], Key]) -> dict[Key, list[Count]]:
    """Return the counts of each group."""
    groups: dict[Key, list[Count]] = {}
    for count in counts:
        groups.setdefault(key(count), []).append(count)
    return groups


def _blocks(
    weighed: Balances,
    asked: Answers,
    stars: Shown,
    week: Week | None,
    last_day: date | None,
    *,
    rule: Rule,
    customers: CustomerFigures = UNSPLIT_CUSTOMERS,
) -> dict[str, Any]:
    """Return the blocks for some mentions and answers."""
    return blocks(weighed.standing, weighed.within, asked, stars, rule, week, last_day, customers)
