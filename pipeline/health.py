"""The `health` document: satisfaction and loyalty side by side, never mixed.

Every figure carries its n, its interval and its definition; what the data cannot
carry is null with the reason. No clock enters: ages are counted to the last day
of the period, so a past week comes out the same for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from gettext import NullTranslations
from typing import Any, TypeVar

from twelvefold.config import Brand, Configuration, Rule
from twelvefold.errors import CallerMistake
from twelvefold.pipeline.change_health import change_entry, change_text
from twelvefold.pipeline.columns import pad, shorten, side_by_side, wrap
from twelvefold.pipeline.customer_health import NOT_SPLIT, CustomerFigures, class_sentence, customer_figures, refused
from twelvefold.pipeline.figures.balance import NoWayOut
from twelvefold.pipeline.figures.intervals import Estimate
from twelvefold.pipeline.running import weigh_weeks
from twelvefold.pipeline.sentence import break_even
from twelvefold.pipeline.week import Week, weeks_between
from twelvefold.pipeline.weighing import (
    NOT_BUILT,
    SMALLEST_N,
    Answers,
    Counted,
    Day,
    Refusal,
    Scale,
    Shown,
    Standing,
    answers,
    days_of,
    standing,
    star_mean,
    undecayed,
)
from twelvefold.records import Figure
from twelvefold.storage.rollups import DayCount, StarCount

GROUPINGS = ("source", "subject", "language", "aspect", "segment", "week")
STARS = (
    "mean of the stars that reviewers gave in the period, rescaled to 1-5, each counting one; adjusted Wald interval"
)
UNCORRECTED = "uncorrected"
NOT_BUILT_NOTE = "not built yet"
_NO_WAY_OUT = {
    NoWayOut.RULE: "resolving complaints does not lower the debt, as k is not above the resolved weight",
    NoWayOut.TOO_FEW_CASES: "resolving every open complaint would not be enough by itself",
}
_COLUMNS = 78
_PARTS = ("value", "low", "high")
_UNSPLIT = Answers(*[Shown(None, 0, Refusal.NOT_SPLIT)] * 3)
UNSPLIT_CUSTOMERS = refused(NOT_SPLIT)
Count = TypeVar("Count", DayCount, StarCount)
Key = TypeVar("Key", bound=Hashable)
_KEYS: Mapping[str, Callable[[DayCount | StarCount], str | None]] = {
    "source": lambda count: count.source,
    "subject": lambda count: count.subject,
    "language": lambda count: count.language,
}


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
) -> dict[str, Any]:
    """Return the `health` document of one brand.

    The standing balance takes every mention before `until`, with decay (to the
    newest mention where there is no `until`); survey figures take the answers in
    [since, until). Both are local days of the brand's zone; `week`, an ISO week as
    "2026-W47", stands in the place of both. `model` is whose judgements count
    (ratings without text count with every model); `by`, one of GROUPINGS, adds the
    same figures for each group. Decay, k and the resolved weight are the
    configuration's.

    Raises:
        CallerMistake: The period is empty or given twice, or `by` is unknown.
        UnknownName: `week` is no ISO week.
    """
    period = _period(since, until, week)
    if by is not None and by not in GROUPINGS:
        raise CallerMistake(f"figures cannot be grouped by {by!r}; choose one of {', '.join(GROUPINGS)}")
    merged = by not in ("subject", "language")
    counts = work.rollups.daily(brand_id, model, until=period.until, merged=merged)
    whole_weeks = Week.of(period.since).since if period.since else None
    starred = work.rollups.stars(brand_id, since=whole_weeks, until=period.until, merged=merged)
    last_day = _last_day(period, counts)
    asked = partial(answers, work.surveys, brand_id)
    scores = partial(work.surveys.histogram, brand_id)
    moved = partial(change_entry, brand=brand_settings, rule=configuration.rule, week=period.week)
    customers = customer_figures(
        work.customers, brand_id, brand_settings.customers, since=period.since, until=period.until, last_day=last_day
    )
    document = partial(_blocks, rule=configuration.rule)
    days = days_of(counts, brand_settings)
    starred_within = [count for count in starred if period.since is None or count.local_date >= period.since]
    groups: list[dict[str, Any]] = []
    if by == "week":
        rated = _split(starred, lambda count: Week.of(count.local_date))
        groups = [
            {"key": str(each.week)}
            | blocks(
                each.standing,
                each.within,
                asked(each.week.since, each.week.until),
                star_mean(rated.get(each.week, ())),
                configuration.rule,
                each.week,
                each.week.last_day,
            )
            | {"change": moved(counts, ask=scores)}
            for each in weigh_weeks(days, configuration.rule, _weeks(period, counts))
        ]
    elif by is not None and by in _KEYS:
        heard, rated_by = _split(counts, _KEYS[by]), _split(starred_within, _KEYS[by])
        groups = [
            {"key": key}
            | document(
                days_of(heard.get(key, ()), brand_settings),
                _UNSPLIT,
                star_mean(rated_by.get(key, ())),
                period.week,
                last_day,
            )
            | {"change": moved(heard.get(key, ()), ask=None)}
            for key in sorted(heard.keys() | rated_by.keys(), key=lambda key: (key is None, key or ""))
        ]
    return {
        "schema": "twelvefold/health/1",
        "brand": brand_settings.name,
        "zone": brand_settings.zone,
        "since": period.since.isoformat() if period.since else None,
        "until": period.until.isoformat() if period.until else None,
        **document(
            days,
            asked(period.since, period.until),
            star_mean(starred_within),
            period.week,
            last_day,
            customers=customers,
        ),
        "abc": customers.abc,
        "change": moved(counts, ask=scores),
        "by": groups,
        "by_note": f"by {by}: {NOT_BUILT_NOTE}" if by in ("aspect", "segment") else None,
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


def _last_day(period: Period, counts: Sequence[DayCount]) -> date:
    """Return the day to which ages are counted."""
    if period.until is not None:
        return period.until - timedelta(days=1)
    return max((count.local_date for count in counts), default=date.min)


def _weeks(period: Period, counts: Sequence[DayCount]) -> list[Week]:
    """Return the whole weeks that the period touches, from the first mention to the last where it is open."""
    if not counts:
        return []
    first, last = min(count.local_date for count in counts), max(count.local_date for count in counts)
    return weeks_between(period.since or first, period.until or last + timedelta(days=1))


def _split(counts: Iterable[Count], key: Callable[[Count], Key]) -> dict[Key, list[Count]]:
    """Return the counts of each group."""
    groups: dict[Key, list[Count]] = {}
    for count in counts:
        groups.setdefault(key(count), []).append(count)
    return groups


def _blocks(
    days: Sequence[Day],
    asked: Answers,
    stars: Shown,
    week: Week | None,
    last_day: date,
    *,
    rule: Rule,
    customers: CustomerFigures = UNSPLIT_CUSTOMERS,
) -> dict[str, Any]:
    """Return the blocks for some mentions and answers."""
    within = undecayed(days, rule, week.since, week.until) if week else None
    heard_to = last_day if days or week else None
    return blocks(standing(days, rule, last_day), within, asked, stars, rule, week, heard_to, customers)


def blocks(
    standing_now: Standing,
    within: Standing | None,
    asked: Answers,
    stars: Shown,
    rule: Rule,
    week: Week | None,
    last_day: date | None,
    customers: CustomerFigures = UNSPLIT_CUSTOMERS,
) -> dict[str, Any]:
    """Return the two blocks, and what is not built yet, as the contract shapes them.

    Ages are counted to `last_day`, which is None where nothing was ever heard.
    """
    before = "all mentions" + (f" up to {last_day}, halved every {rule.half_life_days:g} days" if last_day else "")
    return {
        "satisfaction": {
            "balance": balance_document(standing_now, rule, before),
            "balance_week": balance_document(within, rule, f"mentions of {week} alone, undecayed") if within else None,
            "csat": figure(asked.csat, f"CSAT: share of the two best answers{_on(asked.csat.scale)}; Wilson interval"),
            "ces": figure(asked.ces, f"customer effort: mean{_on(asked.ces.scale)}, high = easy"),
            "stars": figure(stars, STARS),
        },
        "loyalty": {
            "nps": figure(
                asked.nps, "NPS from surveys: 100 x (promoters 9-10 - detractors 0-6) / n; adjusted Wald interval"
            ),
            **customers.loyalty(),
        },
        **customers.entries(*_experience(asked, within or standing_now)),
        "voice": figure(NOT_BUILT, "how much more likely unhappy customers are to post than happy ones"),
    }


def _experience(asked: Answers, weighed: Standing) -> tuple[Estimate | None, str]:
    """Return what was felt, in 0..1, and its name: CSAT, or the positive share where no survey asked."""
    if asked.csat.estimate is not None:
        return asked.csat.estimate, "CSAT"
    return weighed.positive_share.estimate, "positive share"


def balance_document(shown: Standing, rule: Rule, scope: str) -> dict[str, Any]:
    """Return a balance as the contract shapes it; `scope` says which mentions it weighs."""
    weighed = shown.balance

    def index_at(k: float) -> str:
        return (
            f"review balance, {scope}: 100 (P - C) / (P + C) with C = {k:g} x open + {rule.resolved_weight:g} x "
            f"resolved complaints; 0 = break-even; {k:g} is a rule of thumb; Wilson interval on the positive share"
        )

    index = figure(shown.index, index_at(rule.k))
    debt = figure(shown.debt, f"praises of full weight still to earn, {scope}: max(0, C - P)")
    if debt["value"] is not None and weighed.no_way_out is not None:
        debt["note"] = _NO_WAY_OUT[weighed.no_way_out]
    return {
        "index": index | {"note": index["note"] or UNCORRECTED},
        "index_raw": index,
        "positive_share": figure(shown.positive_share, f"P / (P + N), {scope}; Wilson interval"),
        "P": weighed.tally.praise,
        "N_open": weighed.tally.open,
        "N_resolved": weighed.tally.resolved,
        "neutral": weighed.tally.neutral,
        "debt": debt,
        "resolve_instead": weighed.resolve_instead if shown.debt.estimate else None,
        "k": weighed.k,
        "sensitivity": {str(k): figure(at, index_at(k)) for k, at in shown.sensitivity.items()},
    }


def figure(shown: Shown, definition: str) -> dict[str, Any]:
    """Return a figure as the contract shapes it; a refused one has a null value and the reason."""
    estimate = shown.estimate
    notes = [reason] if (reason := refusal_note(shown)) else []
    if shown.left_out:
        notes.append(f"left out, as on another scale: {shown.left_out}")
    return asdict(
        Figure(
            value=estimate.value if estimate else None,
            n=shown.n,
            low=estimate.low if estimate else None,
            high=estimate.high if estimate else None,
            definition=definition,
            note="; ".join(notes) or None,
        )
    )


def refusal_note(shown: Shown) -> str | None:
    """Return in words why a figure is not shown, or None where it is."""
    match shown.refusal:
        case Refusal.TOO_FEW:
            what = "answers" if shown.scale else "mentions"
            return f"too few {what}: {shown.n}, at least {SMALLEST_N} needed"
        case Refusal.NO_DATA:
            return "no data"
        case Refusal.NOT_BUILT:
            return NOT_BUILT_NOTE
        case Refusal.NOT_SPLIT:
            return "survey answers are not split this way"
        case None:
            return None


def _on(scale: Scale | None) -> str:
    return f" on the scale {scale[0]:g}-{scale[1]:g}" if scale else ""


def health_text(document: Mapping[str, Any]) -> str:
    """Return a `health` document as a person reads it at a terminal, 78 columns wide."""
    satisfaction, loyalty = document["satisfaction"], document["loyalty"]
    balance, within = satisfaction["balance"], satisfaction["balance_week"]
    felt = [
        ("Review balance", balance["index"], "{:+.1f}", 1),
        *([("Balance of the week", within["index"], "{:+.1f}", 1)] if within else []),
        ("Positive share", balance["positive_share"], "{:.1f} %", 100),
        ("CSAT", satisfaction["csat"], "{:.1f} %", 100),
        ("Effort (CES)", satisfaction["ces"], "{:.2f}", 1),
        ("Stars", satisfaction["stars"], "{:.2f}", 1),
    ]
    intended = [
        ("NPS", loyalty["nps"], "{:+.1f}", 1),
        ("Repurchase", loyalty["repurchase"], "{:.1f} %", 100),
        ("Retention", loyalty["retention"], "{:.1f} %", 100),
        ("Engagement", loyalty["engagement"], "{:.2f}", 1),
        ("Churn", document["churn"], "{:.1f} %", 100),
        *(
            (f"  last {name}", shown, "{:.1f} %", 100)
            for name, shown in document["churn"]["by"].items()
            if shown["value"] is not None
        ),
        ("Value of one saved", document["value_of_saved"], "{:.2f}", 1),
        ("ROE2 (house)", document["roe2"], "{:.2f}", 1),
    ]
    column = (_COLUMNS - 2) // 2
    at_other_k = ", ".join(
        f"k = {k}: {_written('{:+.1f}', at['value'])}"
        for k, at in balance["sensitivity"].items()
        if at["value"] is not None
    )
    lines = [
        f"{document['brand']}: {_period_text(document)} ({document['zone']})",
        "",
        *side_by_side(
            ["SATISFACTION, what was felt", "", *_figure_lines(felt, column)],
            ["LOYALTY, what they will do", "", *_figure_lines(intended, column)],
            column,
        ),
        "",
        *wrap(_sentence(balance), _COLUMNS),
        *wrap(change_text(document["change"]), _COLUMNS),
        *wrap(
            f"Weighed: {balance['P']:.1f} praises, {balance['N_open']:.1f} open and {balance['N_resolved']:.1f} "
            f"resolved complaints; beside the rule, {balance['neutral']:.1f} neutral.",
            _COLUMNS,
        ),
        *wrap(
            f"That {balance['k']:g} praises make up for one complaint is a rule of thumb"
            + (f"; the balance at {at_other_k}." if at_other_k else "."),
            _COLUMNS,
        ),
    ]
    if document["abc"]["classes"]:
        lines += wrap(class_sentence(document["abc"]), _COLUMNS)
    if document["by"]:
        lines += ["", *_group_lines(document["by"])]
    if document["by_note"]:
        lines += ["", document["by_note"]]
    lines += ["", "What the figures are:"]
    for name, shown, _, _ in (*felt, *intended):
        if shown["value"] is not None:
            lines += wrap(f"  {name}: {shown['definition']}.", _COLUMNS, "    ")
    return "\n".join(lines)


def _sentence(balance: Mapping[str, Any]) -> str:
    """Return what it takes to break even, read back from the document."""
    debt = balance["debt"]
    ways = {note: way for way, note in _NO_WAY_OUT.items()}
    return break_even(debt["value"], balance["resolve_instead"], ways.get(debt["note"]), NullTranslations())


def _period_text(document: Mapping[str, Any]) -> str:
    since, until = document["since"], document["until"]
    if since is None and until is None:
        return "all data"
    last = (date.fromisoformat(until) - timedelta(days=1)).isoformat() if until else None
    return " ".join(part for part in (since and f"from {since}", last and f"to {last}") if part)


def _figure_lines(rows: Sequence[tuple[str, Mapping[str, Any], str, float]], columns: int) -> list[str]:
    """Return two lines a figure: name and value, then interval and n, or why it is refused."""
    lines = []
    for name, shown, form, scale in rows:
        value = "-" if shown["value"] is None else _written(form, shown["value"] * scale)
        lines.append(pad(name, columns - 14) + pad(value, 10, right=True))
        if shown["value"] is not None:
            low, high = (_written(form, shown[end] * scale).removesuffix(" %") for end in ("low", "high"))
            lines.append(f"  95 %: {low} to {high}, n = {shown['n']}")
        if shown["note"]:
            lines += [f"  {line}" for line in wrap(shown["note"], columns - 2)]
    return lines


def _written(form: str, number: float) -> str:
    """Return a number as `form` writes it; what rounds to nothing has no minus sign."""
    written = form.format(number)
    return written if any(digit in written for digit in "123456789") else written.replace("-", "+")


def _group_lines(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one line a group: its balance with interval and n, and its NPS where it has one."""
    lines = [f"  {'':<22} {'balance':>8}  {'95 %':<18} {'n':>6}   NPS"]
    for group in groups:
        block = group["satisfaction"]
        index = (block["balance_week"] or block["balance"])["index"]
        value, low, high = ("-" if index[part] is None else _written("{:+.1f}", index[part]) for part in _PARTS)
        ends = f"{low} to {high}" if index["value"] is not None else "too few mentions"
        nps = group["loyalty"]["nps"]["value"]
        lines.append(
            f"  {pad(shorten(group['key'] or '(none)', 22), 22)} {value:>8}  {ends:<18} {index['n']:>6}   "
            + ("-" if nps is None else _written("{:+.0f}", nps))
        )
    return lines
