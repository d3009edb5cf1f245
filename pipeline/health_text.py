"""The `health` document as a person reads it at a terminal: both families side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from gettext import NullTranslations
from typing import Any

from twelvefold.pipeline.burst_text import bursts_text
from twelvefold.pipeline.change_health import change_text
from twelvefold.pipeline.columns import pad, shorten, side_by_side, wrap
from twelvefold.pipeline.customer_health import class_sentence
from twelvefold.pipeline.digest.beside import compared_sentences
from twelvefold.pipeline.digest.voices import voice_sentences
from twelvefold.pipeline.digest.words import words
from twelvefold.pipeline.health_blocks import NO_WAY_OUT
from twelvefold.pipeline.reasons_text import why_text
from twelvefold.pipeline.sentence import break_even

_COLUMNS = 78
_PARTS = ("value", "low", "high")


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
        *([("NPS, weighted", weighted, "{:+.1f}", 1)] if (weighted := document.get("nps_weighted")) else []),
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
        *(line for said in bursts_text(document.get("bursts")) for line in wrap(said, _COLUMNS)),
        *(line for said in why_text(document.get("why")) for line in wrap(said, _COLUMNS)),
        *wrap(" ".join(voice_sentences(document["voice"], words("en"))), _COLUMNS),
        *(line for said in compared_sentences(document.get("compared"), words("en")) for line in wrap(said, _COLUMNS)),
        *wrap(
            f"Weighed: {balance['P']:.1f} praises, {balance['N_open']:.1f} open and {balance['N_resolved']:.1f} "
            f"resolved complaints; beside the rule, {balance['neutral']:.1f} neutral.",
            _COLUMNS,
        ),
        *wrap(_correction_text(balance), _COLUMNS),
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


def _correction_text(balance: Mapping[str, Any]) -> str:
    """Return what was done about the classifier's error, and the balance without it."""
    raw, said = balance["index_raw"], balance["correction"]["note"]
    if balance["correction"]["method"] is None or raw["value"] is None:
        return f"The balance is {said}." if raw["value"] is not None else ""
    before, low, high = (_written("{:+.1f}", raw[part]) for part in _PARTS)
    return f"The balance has its {said}; as the classes were counted it is {before} (95 %: {low} to {high})."


def _sentence(balance: Mapping[str, Any]) -> str:
    """Return what it takes to break even, read back from the document."""
    debt = balance["debt"]
    ways = {note: way for way, note in NO_WAY_OUT.items()}
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
