"""One week against the week before: which figures moved beyond noise, and why the balance did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from twelvefold.config import Brand, Rule
from twelvefold.pipeline.customer_health import week_churns
from twelvefold.pipeline.figures.balance import Tally, average_k, positive_share
from twelvefold.pipeline.figures.change import (
    Change,
    Felt,
    Part,
    Voice,
    balance_change,
    mean_change,
    nps_change,
    parts,
    share_change,
)
from twelvefold.pipeline.figures.csat import STARS_HIGH, STARS_LOW
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.figures.nps import sides
from twelvefold.pipeline.line_sums import Line, undecayed_tally
from twelvefold.pipeline.week import Week
from twelvefold.pipeline.weighing import (
    SMALLEST_N,
    Counted,
    main_scale,
    promotion_counts,
    satisfaction,
    star_counts,
)
from twelvefold.records import Figure, Measure
from twelvefold.storage.rollups import DayCount
from twelvefold.storage.series import Scope, StarTotal
from twelvefold.storage.surveys import ScoreCount

Ask = Callable[[Measure, date | None, date | None], Sequence[ScoreCount]]
"""Returns how many gave which score in [since, until)."""

ONLY_WEEKS = "only a week is compared, with the one before it: ask for a week"
_TESTED = (
    "95 % interval; the verdict is a test at 5 % of what was felt, so that complaints being resolved do not enter it"
)
_DEFINITIONS = {
    "balance_week": f"balance of the week minus that of the week before, undecayed, classes as counted; {_TESTED}",
    "nps": "NPS of the week minus that of the week before; z test with the adjusted Wald errors, 95 % interval",
    "csat": "CSAT of the week minus that of the week before, as a share; Newcombe's 95 % interval",
    "ces": "CES of the week minus that of the week before, on one scale; z test with the adjusted Wald errors",
    "stars": "mean of the stars given in the week minus that of the week before; z test with the adjusted Wald errors",
    "churn": "churn of the week minus that of the week before, as a share; Newcombe's 95 % interval",
}


class Incomparable(StrEnum):
    """Why two weeks are not compared."""

    TOO_FEW = "too_few"
    SCALES = "scales"  # the two weeks asked on different scales
    NOT_SPLIT = "not_split"  # as survey answers do not know the source or subject of a review


@dataclass(frozen=True)
class Compared:
    """One figure, this week against the week before.

    Attributes:
        n_before, n_now: Mentions or answers of each week.
        change: None where `refusal` says why.
        by_source: What each source brings to the change.
        counted: (n before, n now) of each source.
        of: What is counted: "mentions", "answers" or "customers".
        why: Why customers are not compared, in words.
    """

    n_before: int
    n_now: int
    change: Change | None
    refusal: Incomparable | None = None
    by_source: Mapping[str, Part] | None = None
    counted: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    of: str = "answers"
    why: str | None = None


@dataclass(frozen=True)
class WeekChange:
    """A week against the one before it."""

    week: Week
    balance_week: Compared
    nps: Compared
    csat: Compared
    ces: Compared
    stars: Compared
    churn: Compared


@dataclass(frozen=True)
class Further:
    """What is compared beside mentions and answers, in the week before and in the week; None where it is not split so.

    Attributes:
        stars: How many mentions have how many stars.
        churn: As it is shown.
    """

    stars: tuple[Sequence[StarTotal], Sequence[StarTotal]] | None = None
    churn: tuple[Figure, Figure] | None = None


_NOTHING_FURTHER = Further()
_NOT_SPLIT = Compared(0, 0, None, Incomparable.NOT_SPLIT)
_UNSPLIT = {"answers": "survey answers", "mentions": "stars", "customers": "customers"}


def two_weeks(work: Counted, brand_id: int, brand: Brand, week: Week) -> Further:
    """Read what is compared beside mentions and answers of a whole brand."""
    before, now = ((each.since, each.until) for each in (week.back(1), week))
    return Further(
        stars=(
            work.rollups.star_totals(brand_id, Scope.SOURCE, *before),
            work.rollups.star_totals(brand_id, Scope.SOURCE, *now),
        ),
        churn=week_churns(work.customers, brand_id, brand.customers, before, now),
    )


def week_change(
    counts: Sequence[DayCount],
    brand: Brand,
    rule: Rule,
    week: Week,
    ask: Ask | None,
    further: Further = _NOTHING_FURTHER,
) -> WeekChange:
    """Compare a week with the one before it.

    Args:
        counts: Those of one scope, over at least the two weeks.
        ask: None where the scope is one that survey answers do not know.
    """
    earlier = week.back(1)
    near = [count for count in counts if earlier.since <= count.local_date < week.until]
    return WeekChange(
        week,
        _balances(near, brand, rule, week),
        _scores(ask, earlier, week) if ask else _NOT_SPLIT,
        _shares(ask, earlier, week) if ask else _NOT_SPLIT,
        _efforts(ask, earlier, week) if ask else _NOT_SPLIT,
        _stars(*further.stars) if further.stars is not None else replace(_NOT_SPLIT, of="mentions"),
        _churns(*further.churn) if further.churn is not None else replace(_NOT_SPLIT, of="customers"),
    )


def _balances(counts: Sequence[DayCount], brand: Brand, rule: Rule, week: Week) -> Compared:
    weights = {source.name: source.weight for source in brand.sources}

    def heard(among: Sequence[DayCount]) -> tuple[Tally, Tally]:
        before, now = Counter[Line](), Counter[Line]()
        for count in among:
            line = Line(weights.get(count.source, 1.0), count.label, count.resolved)
            (now if count.local_date >= week.since else before)[line] += count.n
        return undecayed_tally([*before], [*before.values()]), undecayed_tally([*now], [*now.values()])

    before, now = heard(counts)
    n_before, n_now = before.n, now.n
    was, this = _felt(before, rule), _felt(now, rule)
    if was is None or this is None:
        return Compared(n_before, n_now, None, Incomparable.TOO_FEW, of="mentions")
    change = balance_change(was, this)
    by_source: dict[str, list[DayCount]] = {}
    for count in counts:
        by_source.setdefault(count.source, []).append(count)
    split = {source: heard(by_source[source]) for source in sorted(by_source)}
    voices = [{source: _voice(pair[period]) for source, pair in split.items()} for period in (0, 1)]
    return Compared(
        n_before,
        n_now,
        change,
        by_source=parts(voices[0], voices[1], change.slope),
        counted={source: (pair[0].n, pair[1].n) for source, pair in split.items()},
        of="mentions",
    )


def _felt(counted: Tally, rule: Rule) -> Felt | None:
    """Return a balance as it is compared, or None where it may not be shown."""
    share = positive_share(counted, rule.k, rule.resolved_weight)
    if share is None or counted.n < SMALLEST_N:
        return None
    return Felt(share, average_k(counted, rule.k, rule.resolved_weight))


def _voice(counted: Tally) -> Voice:
    weight = counted.praise + counted.open + counted.resolved
    return Voice(weight, counted.praise / weight if weight > 0 else 0.0)


def _scores(ask: Ask, earlier: Week, week: Week) -> Compared:
    before, now = (sides(promotion_counts(ask(Measure.NPS, each.since, each.until))[0]) for each in (earlier, week))
    if min(sum(before), sum(now)) < SMALLEST_N:
        return Compared(sum(before), sum(now), None, Incomparable.TOO_FEW)
    return Compared(sum(before), sum(now), nps_change(before, now))


def _shares(ask: Ask, earlier: Week, week: Week) -> Compared:
    before, now = (satisfaction(ask(Measure.CSAT, each.since, each.until)) for each in (earlier, week))
    if before.estimate is None or now.estimate is None:
        return Compared(before.n, now.n, None, Incomparable.TOO_FEW)
    if before.scale != now.scale:
        return Compared(before.n, now.n, None, Incomparable.SCALES)
    return Compared(before.n, now.n, share_change(before.estimate, now.estimate))


def _efforts(ask: Ask, earlier: Week, week: Week) -> Compared:
    (scale_before, before, _), (scale_now, now, _) = (
        main_scale(ask(Measure.CES, each.since, each.until)) for each in (earlier, week)
    )
    n_before, n_now = before.total(), now.total()
    if scale_before is None or scale_now is None or min(n_before, n_now) < SMALLEST_N:
        return Compared(n_before, n_now, None, Incomparable.TOO_FEW)
    if scale_before != scale_now:
        return Compared(n_before, n_now, None, Incomparable.SCALES)
    return Compared(n_before, n_now, mean_change(before, now, *scale_now))


def _stars(before: Sequence[StarTotal], now: Sequence[StarTotal]) -> Compared:
    was, this = star_counts(before), star_counts(now)
    n_before, n_now = was.total(), this.total()
    if min(n_before, n_now) < SMALLEST_N:
        return Compared(n_before, n_now, None, Incomparable.TOO_FEW, of="mentions")
    return Compared(n_before, n_now, mean_change(was, this, STARS_LOW, STARS_HIGH), of="mentions")


def _churns(before: Figure, now: Figure) -> Compared:
    was, this = _estimate(before), _estimate(now)
    if was is None or this is None:
        return Compared(before.n, now.n, None, of="customers", why=now.note if this is None else before.note)
    return Compared(before.n, now.n, share_change(was, this), of="customers")


def _estimate(shown: Figure) -> Estimate | None:
    if shown.value is None or shown.low is None or shown.high is None:
        return None
    return Estimate(shown.value, shown.low, shown.high, shown.n)


def change_entry(
    counts: Sequence[DayCount],
    *,
    brand: Brand,
    rule: Rule,
    week: Week | None,
    ask: Ask | None,
    further: Further = _NOTHING_FURTHER,
) -> dict[str, Any]:
    """Return the `change` entry of a scope, as `week_change` compares it; null with a note without a week."""
    return change_document(week_change(counts, brand, rule, week, ask, further) if week else None)


def change_document(compared: WeekChange | None) -> dict[str, Any]:
    """Return the `change` entry of `health`; without a week it is null with the reason."""
    if compared is None:
        return {"week": None, "against": None, "note": ONLY_WEEKS} | dict.fromkeys(_DEFINITIONS)
    return {
        "week": str(compared.week),
        "against": str(compared.week.back(1)),
        "note": None,
        **{name: _entry(getattr(compared, name), definition) for name, definition in _DEFINITIONS.items()},
    }


def _entry(compared: Compared, definition: str) -> dict[str, Any]:
    change, by_source = compared.change, compared.by_source
    split = None
    if change is not None and by_source is not None:
        split = {
            "real": sum(part.real for part in by_source.values()),
            "mix": sum(part.mix for part in by_source.values()),
            "resolved": change.resolved,
            "by": [
                {"key": source, "real": part.real, "mix": part.mix}
                | dict(zip(("n_before", "n_now"), compared.counted[source], strict=True))
                for source, part in by_source.items()
            ],
        }
    delta = change.delta if change else None
    return {
        "delta": Figure(
            value=delta.value if delta else None,
            n=compared.n_before + compared.n_now,
            definition=definition,
            low=delta.low if delta else None,
            high=delta.high if delta else None,
            note=_refusal_note(compared),
        ).document(),
        "n_before": compared.n_before,
        "n_now": compared.n_now,
        "verdict": change.verdict.value if change else None,
        "parts": split,
        "parts_note": f"{_UNSPLIT[compared.of]} are not split by source" if change and not split else None,
    }


def _refusal_note(compared: Compared) -> str | None:
    match compared.refusal:
        case Incomparable.TOO_FEW:
            return (
                f"too few {compared.of}: {compared.n_before} the week before and {compared.n_now} this week, "
                f"at least {SMALLEST_N} needed in each"
            )
        case Incomparable.SCALES:
            return "the two weeks asked on different scales"
        case Incomparable.NOT_SPLIT:
            return f"{_UNSPLIT[compared.of]} are not split this way"
        case None:
            return compared.why


def change_text(document: Mapping[str, Any]) -> str:
    """Return the `change` entry as one line for a terminal, or "" where nothing is compared."""
    if document["week"] is None:
        return ""
    figures = (
        ("balance", document["balance_week"], 1, 1),
        ("NPS", document["nps"], 1, 1),
        ("CSAT", document["csat"], 100, 1),
        ("effort", document["ces"], 1, 2),
        ("stars", document["stars"], 1, 2),
        ("churn", document["churn"], 100, 1),
    )
    # A survey that asked in neither week has nothing to compare; the balance always has its word.
    said = [
        f"{name} {_said(entry, scale, digits)}"
        for name, entry, scale, digits in figures
        if name == "balance" or entry["delta"]["n"]
    ]
    return f"Against the week before ({document['against']}): {'; '.join(said)}."


def _said(entry: Mapping[str, Any], scale: int, digits: int) -> str:
    delta = entry["delta"]
    if delta["value"] is None:
        return f"not compared, {delta['note']}"
    split = entry["parts"] or {"resolved": 0.0}
    value, low, high = (_signed((delta[part] - split["resolved"]) * scale, digits) for part in ("value", "low", "high"))
    why = "".join(f", {name} {_signed(split[name])}" for name in ("real", "mix") if name in split)
    # Where no case was resolved in either week, that part is nothing and goes unsaid.
    further = f" and {_signed(split['resolved'])} from resolved complaints" if round(split["resolved"], 1) else ""
    return f"{entry['verdict']} ({value}, 95 % {low} to {high}{why}){further}"


def _signed(number: float, digits: int = 1) -> str:
    """Return a number with its sign; what rounds to nothing has no minus sign."""
    return f"{round(number, digits) + 0.0:+.{digits}f}"
