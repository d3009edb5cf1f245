"""The digest in one language: every sentence and number written out, ready to be laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twelvefold.pipeline.change_health import Compared
from twelvefold.pipeline.digest.beside import compared_sentences
from twelvefold.pipeline.digest.build import Digest, Quotation, SourceLine
from twelvefold.pipeline.digest.bursts import burst_sentences
from twelvefold.pipeline.digest.correction import correction_words
from twelvefold.pipeline.digest.moves import moved_sentences
from twelvefold.pipeline.digest.quotation import plain
from twelvefold.pipeline.digest.reasons import reason_sentences
from twelvefold.pipeline.digest.remarks import remark_words
from twelvefold.pipeline.digest.voices import voice_sentences
from twelvefold.pipeline.digest.words import Words
from twelvefold.pipeline.figures.change import Verdict
from twelvefold.pipeline.sentence import break_even
from twelvefold.pipeline.weighing import SMALLEST_N, Refusal, Scale, Shown
from twelvefold.records import Completeness, SourceStatus


@dataclass(frozen=True)
class Card:
    """One figure in words.

    Attributes:
        value: None where it is refused; then `detail` says why.
        detail: Its interval and n.
        further: The same figure over another period, or "".
    """

    name: str
    value: str | None
    detail: str
    further: str
    definition: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands under the value."""
        return self.detail, self.further, self.definition


@dataclass(frozen=True)
class SourceView:
    """One source in words."""

    name: str
    about: str
    result: str
    counts: str
    message: str
    hole: bool


@dataclass(frozen=True)
class QuoteView:
    """One quotation with what leads back to the original."""

    title: str
    text: str
    about: str
    url: str | None
    language: str | None


@dataclass(frozen=True)
class View:
    """Everything that a digest says, in reading order."""

    language: str
    title: str
    brand: str
    period: str
    zone: str
    balance: Card
    verdict: str
    change: str
    moved: tuple[str, ...]
    reasons: tuple[str, ...]
    voice: tuple[str, ...]
    compared: tuple[str, ...]
    sentence: str
    scale_ends: tuple[str, str, str]
    scale_words: str
    rule: str
    sensitivity: str
    heard: str
    open_cases: str
    bursts: tuple[str, ...]
    satisfaction: tuple[Card, ...]
    loyalty: tuple[Card, ...]
    trend: tuple[str, ...]
    trend_weeks: tuple[str, ...]
    sources: tuple[SourceView, ...]
    worst: tuple[QuoteView, ...]
    best: tuple[QuoteView, ...]


def view(digest: Digest, words: Words) -> View:
    """Write a digest out in one language."""
    week = digest.week
    balance = _balance(digest, words)
    return View(
        language=words.language,
        title=words.gettext("{brand}: week {week}").format(brand=digest.brand, week=week),
        brand=digest.brand,
        period=words.days(week.since, week.last_day),
        zone=words.gettext("Week {week}, Monday to Sunday in the zone {zone}").format(week=week, zone=digest.zone),
        balance=balance,
        verdict=_verdict(digest.standing.index, words),
        change=_change(digest.change.balance_week, words),
        moved=moved_sentences(digest.change, words),
        reasons=reason_sentences(digest.why, words),
        voice=voice_sentences(digest.voice, words),
        compared=compared_sentences(digest.compared, words),
        sentence=_sentence(digest, words),
        scale_ends=(
            words.gettext("−100: only complaints"),
            words.gettext("0: break-even"),
            words.gettext("+100: only praise"),
        ),
        scale_words=_named(balance.name, _in_one_line(digest.standing.index, words, words.decimal), words),
        rule=_rule(digest, words),
        sensitivity=_sensitivity(digest, words),
        heard=_heard(digest, words),
        open_cases=words.ngettext("{n} complaint stands open.", "{n} complaints stand open.", digest.open_cases),
        bursts=burst_sentences(digest.bursts, words),
        satisfaction=_satisfaction(digest, words),
        loyalty=(_nps(digest, words),),
        trend=_trend(digest, words),
        trend_weeks=tuple(words.short_day(point.week.since) for point in digest.trend),
        sources=tuple(_source(line, words) for line in digest.sources),
        worst=tuple(_quote(quote, words) for quote in digest.worst),
        best=tuple(_quote(quote, words) for quote in digest.best),
    )


def _balance(digest: Digest, words: Words) -> Card:
    return Card(
        name=words.gettext("Satisfaction: review balance"),
        value=_value(digest.standing.index, words.decimal),
        detail=_detail(digest.standing.index, words, words.decimal),
        further=_further(digest, words),
        definition=words.gettext(
            "100 (P − C) / (P + C): P praises, C = {k} times the open plus {resolved} times the resolved complaints, "
            "over all mentions so far, each halved every {days} days; {correction}."
        ).format(
            correction=correction_words(digest.standing.correction, words),
            k=words.plain_number(digest.rule.k),
            resolved=words.plain_number(digest.rule.resolved_weight),
            days=words.plain_number(digest.rule.half_life_days),
        ),
    )


def _further(digest: Digest, words: Words) -> str:
    """Return the balance of the week alone, after what the standing one was before its correction."""
    week = _in_one_line(digest.within.index, words, words.decimal)
    said = words.gettext("This week alone: {figure}").format(figure=week)
    correction = digest.standing.correction
    if correction is None or not correction.is_made:
        return said
    raw = words.gettext("As the classes were counted, uncorrected: {figure}.")
    figure = _in_one_line(correction.raw_index, words, words.decimal)
    return words.gettext("{sentence} {further}").format(sentence=raw.format(figure=figure), further=said)


def _verdict(index: Shown, words: Words) -> str:
    """Return the headline: what the interval allows to say, and no more."""
    if index.estimate is None:
        return words.gettext("Not enough mentions for a balance yet")
    if index.estimate.low > 0:
        return words.gettext("Praise outweighs complaints")
    if index.estimate.high < 0:
        return words.gettext("Complaints outweigh praise")
    return words.gettext("Around break-even: too close to call")


def _change(compared: Compared, words: Words) -> str:
    """Return what the week's balance did against the week before, as a test and not an arrow."""
    if compared.change is None:
        return words.gettext(
            "Too few mentions to compare with the week before: {before} then and {now} this week, "
            "at least {least} needed in each."
        ).format(before=words.whole(compared.n_before), now=words.whole(compared.n_now), least=words.whole(SMALLEST_N))
    felt, resolved = compared.change.felt, compared.change.resolved
    said = {
        Verdict.NOISE: words.gettext(
            "The balance of the week shows no change beyond noise against the week before: "
            "{delta}, 95% interval {low} to {high}."
        ),
        Verdict.ROSE: words.gettext(
            "The balance of the week rose against the week before: {delta}, 95% interval {low} to {high}."
        ),
        Verdict.FELL: words.gettext(
            "The balance of the week fell against the week before: {delta}, 95% interval {low} to {high}."
        ),
    }[compared.change.verdict].format(
        delta=words.signed(felt.value), low=words.decimal(felt.low), high=words.decimal(felt.high)
    )
    if not round(resolved, 1):
        return said
    further = words.gettext("A further {resolved} comes from how many complaints are resolved.")
    return words.gettext("{sentence} {further}").format(
        sentence=said, further=further.format(resolved=words.signed(resolved))
    )


def _sentence(digest: Digest, words: Words) -> str:
    debt = digest.standing.debt.estimate
    weighed = digest.standing.balance
    return break_even(debt.value if debt else None, weighed.resolve_instead, weighed.no_way_out, words)


def _rule(digest: Digest, words: Words) -> str:
    return words.gettext(
        "That {k} praises make up for one open complaint is a rule of thumb, a convention without a study behind it."
    ).format(k=words.plain_number(digest.rule.k))


def _sensitivity(digest: Digest, words: Words) -> str:
    """Return the balance for k = 1, 5 and 12 in one line, or nothing where it is refused."""
    at = [
        _named(f"k\u00a0=\u00a0{k}", words.decimal(shown.estimate.value), words)
        for k, shown in digest.standing.sensitivity.items()
        if shown.estimate is not None
    ]
    return words.gettext("The balance under other rules: {list}").format(list=" · ".join(at)) if at else ""


def _heard(digest: Digest, words: Words) -> str:
    heard = digest.heard
    parts = [
        words.ngettext("{n} praise", "{n} praises", heard.positive),
        words.ngettext("{n} open complaint", "{n} open complaints", heard.open),
        words.ngettext("{n} resolved complaint", "{n} resolved complaints", heard.resolved),
        words.ngettext("{n} neutral mention", "{n} neutral mentions", heard.neutral),
    ]
    return words.gettext("Heard this week: {list}").format(list=" · ".join(parts))


def _satisfaction(digest: Digest, words: Words) -> tuple[Card, ...]:
    """Return the positive share, and CSAT and effort where any survey has ever asked for them."""
    share, csat, ces = digest.standing.positive_share, digest.answers.csat, digest.answers.ces

    def effort(value: float) -> str:
        return words.decimal(value, 2)

    cards = [
        Card(
            name=words.gettext("Positive share of reviews"),
            value=_value(share, words.percent),
            detail=_detail(share, words, words.percent),
            further=words.gettext("This week alone: {figure}").format(
                figure=_in_one_line(digest.within.positive_share, words, words.percent)
            ),
            definition=words.gettext("Praises among praises and complaints, weighed and corrected as the balance."),
        )
    ]
    if digest.all_answers.csat.n:
        cards.append(
            Card(
                name=words.gettext("Satisfaction (CSAT)"),
                value=_value(csat, words.percent),
                detail=_detail(csat, words, words.percent),
                further=_all_answers(digest.all_answers.csat, words, words.percent),
                definition=words.gettext("Survey answers in the two best boxes{scale}; Wilson interval.").format(
                    scale=_scale(csat.scale or digest.all_answers.csat.scale, words)
                ),
            )
        )
    if digest.all_answers.ces.n:
        cards.append(
            Card(
                name=words.gettext("Effort (CES)"),
                value=_value(ces, effort),
                detail=_detail(ces, words, effort),
                further=_all_answers(digest.all_answers.ces, words, effort),
                definition=words.gettext("Mean of survey answers{scale}, high = easy.").format(
                    scale=_scale(ces.scale or digest.all_answers.ces.scale, words)
                ),
            )
        )
    return tuple(cards)


def _nps(digest: Digest, words: Words) -> Card:
    return Card(
        name=words.gettext("Net promoter score (NPS)"),
        value=_value(digest.answers.nps, words.decimal),
        detail=_detail(digest.answers.nps, words, words.decimal),
        further=_all_answers(digest.all_answers.nps, words, words.decimal),
        definition=words.gettext(
            "100 × (promoters, 9–10, minus detractors, 0–6) / survey answers; adjusted Wald interval. "
            "Reviews never enter it."
        ),
    )


def _all_answers(shown: Shown, words: Words, written: Callable[[float], str]) -> str:
    return words.gettext("All answers so far: {figure}").format(figure=_in_one_line(shown, words, written))


def _scale(scale: Scale | None, words: Words) -> str:
    if scale is None:
        return ""
    return words.gettext(" on the scale {low}–{high}").format(
        low=words.plain_number(scale[0]), high=words.plain_number(scale[1])
    )


def _value(shown: Shown, written: Callable[[float], str]) -> str | None:
    return written(shown.estimate.value) if shown.estimate else None


def _detail(shown: Shown, words: Words, written: Callable[[float], str]) -> str:
    """Return the interval and n, or why there is no figure; then what was left out."""
    if shown.estimate is None:
        said = _refusal(shown, words)
    else:
        said = words.gettext("95% interval {low} to {high}, n\u00a0=\u00a0{n}").format(
            low=written(shown.estimate.low), high=written(shown.estimate.high), n=words.whole(shown.n)
        )
    if not shown.left_out:
        return said
    left_out = words.ngettext(
        "{n} answer on another scale is left out", "{n} answers on another scale are left out", shown.left_out
    )
    return words.gettext("{said}; {more}").format(said=said, more=left_out)


def _in_one_line(shown: Shown, words: Words, written: Callable[[float], str]) -> str:
    detail = _detail(shown, words, written)
    if shown.estimate is None:
        return detail
    return words.gettext("{value} ({detail})").format(value=written(shown.estimate.value), detail=detail)


def _refusal(shown: Shown, words: Words) -> str:
    if shown.refusal is not Refusal.TOO_FEW:
        return words.gettext("no data")
    message = (
        words.gettext("too few answers: {n}, at least {least} needed")
        if shown.scale
        else words.gettext("too few mentions: {n}, at least {least} needed")
    )
    return message.format(n=words.whole(shown.n), least=words.whole(SMALLEST_N))


def _named(name: str, value: str, words: Words) -> str:
    return words.gettext("{name}: {value}").format(name=name, value=value)


def _trend(digest: Digest, words: Words) -> tuple[str, ...]:
    """Return the picture of the weeks in words, a week each, for who cannot see it."""
    return tuple(
        _named(str(point.week), _in_one_line(point.index, words, words.decimal), words)
        + (f" · {words.gettext('hole')}" if point.hole else "")
        for point in digest.trend
    )


def _source(line: SourceLine, words: Words) -> SourceView:
    about = plain(" · ".join(part for part in (line.subject, line.kind) if part))
    here = words.ngettext("{n} mention this week", "{n} mentions this week", line.mentions)
    result = line.result
    if result is None:
        told = words.gettext("never asked yet") if line.kind else words.gettext("imported from files")
        return SourceView(line.source, about, told, here, "", line.hole)
    counts = [
        here,
        words.gettext("last time {new} new, {edited} edited, {seen_again} seen again, {rejected} rejected").format(
            new=words.whole(result.new),
            edited=words.whole(result.edited),
            seen_again=words.whole(result.seen_again),
            rejected=words.whole(result.rejected),
        ),
    ]
    remark = plain(remark_words(result.message, words))
    told = words.gettext("{status}, {completeness}").format(
        status=_status(result.status, words), completeness=_completeness(result.completeness, words)
    )
    return SourceView(line.source, about, told, " · ".join(counts), remark, line.hole)


def _status(status: SourceStatus, words: Words) -> str:
    return {
        SourceStatus.OK: words.gettext("read"),
        SourceStatus.EMPTY: words.gettext("read, and empty"),
        SourceStatus.PARTIAL: words.gettext("read in part"),
        SourceStatus.BLOCKED: words.gettext("blocked by the site"),
        SourceStatus.LAYOUT_CHANGED: words.gettext("the layout has changed"),
        SourceStatus.RATE_LIMITED: words.gettext("slowed down by the site"),
        SourceStatus.DISALLOWED: words.gettext("not allowed by robots.txt"),
        SourceStatus.FAILED: words.gettext("failed"),
    }[status]


def _completeness(completeness: Completeness, words: Words) -> str:
    return {
        Completeness.REACHED_KNOWN: words.gettext("back to what was known"),
        Completeness.REACHED_END: words.gettext("to its end"),
        Completeness.WINDOW_OVERFLOW: words.gettext("more came than the source shows: a hole"),
        Completeness.GAP: words.gettext("a hole"),
        Completeness.UNKNOWN: words.gettext("completeness not known"),
    }[completeness]


def _quote(quote: Quotation, words: Words) -> QuoteView:
    about = [quote.source]
    if quote.subject:
        about.append(quote.subject)
    if quote.stars is not None:
        about.append(words.gettext("{stars} of 5 stars").format(stars=words.plain_number(round(quote.stars, 1))))
    about.append(words.day(quote.local_date))
    return QuoteView(quote.title, quote.text, " · ".join(about), quote.url, quote.language)
