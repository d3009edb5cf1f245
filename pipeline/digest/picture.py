"""The digest's pictures as inline SVG: no scripts, no text that a reader needs, described for who cannot see them.

Colours are attributes, so that the style sheet of the dark scheme can override
them by class; where a mail program drops SVG, the numbers still stand beside.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from twelvefold.pipeline.digest.build import TrendWeek
from twelvefold.pipeline.figures.intervals import Estimate

LINE, INK, PRAISE, COMPLAINT, BAND, PAPER = "#d8d4cc", "#22303c", "#2a7a72", "#b9573a", "#b9d3cf", "#ffffff"
_WIDTH = 420
_MARGIN = 14


def scale(estimate: Estimate | None, words: str) -> Markup:
    """Return the balance on its scale from -100 to 100: break-even, interval and value."""
    middle, top = _WIDTH / 2, 20
    reach = middle - _MARGIN
    parts = [
        _box(_MARGIN, top - 3, reach, 6, "complaint", COMPLAINT, 'opacity="0.28" rx="3"'),
        _box(middle, top - 3, reach, 6, "praise", PRAISE, 'opacity="0.28" rx="3"'),
    ]
    if estimate is not None:
        low, high, value = (middle + reach * part / 100 for part in (estimate.low, estimate.high, estimate.value))
        tone, colour = ("praise", PRAISE) if estimate.value >= 0 else ("complaint", COMPLAINT)
        parts += [
            _box(low, top - 7, max(high - low, 2), 14, "band", BAND, 'rx="7"'),
            _stroke(f"M{middle:.1f} 4V36", "ink", INK, 1.5),
            f'<circle class="{tone} rim" cx="{value:.1f}" cy="{top}" r="8" fill="{colour}" '
            f'stroke="{PAPER}" stroke-width="2.5"/>',
        ]
    else:
        parts.append(_stroke(f"M{middle:.1f} 4V36", "ink", INK, 1.5))
    return _drawing(40, parts, words)


def trend(weeks: Sequence[TrendWeek], words: str) -> Markup:
    """Return the standing balance week by week with its interval; a week with a hole is hatched and breaks the line."""
    height, top, bottom = 132, 12, 120
    shown = [point.index.estimate for point in weeks if point.index.estimate]
    highest = min(100.0, max([10.0, *(estimate.high for estimate in shown)]) + 4)
    lowest = max(-100.0, min([-10.0, *(estimate.low for estimate in shown)]) - 4)
    left, step = 40, (_WIDTH - 40 - _MARGIN) / len(weeks)

    def across(number: int) -> float:
        return left + step * (number + 0.5)

    def down(index: float) -> float:
        return top + (bottom - top) * (highest - index) / (highest - lowest)

    parts = [
        f'<pattern id="hole" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect class="line" width="2" height="6" fill="{LINE}"/></pattern>'
    ]
    parts += [
        _box(left + step * number + 1, top - 6, step - 2, bottom - top + 12, "", "url(#hole)", 'rx="3"')
        for number, point in enumerate(weeks)
        if point.hole
    ]
    parts += [_mark(index, down(index), left) for index in sorted({round(lowest), 0, round(highest)})]
    for run in _unbroken(weeks):
        upper = " L".join(f"{across(number):.1f} {down(estimate.high):.1f}" for number, estimate in run)
        lower = " L".join(f"{across(number):.1f} {down(estimate.low):.1f}" for number, estimate in reversed(run))
        line = " L".join(f"{across(number):.1f} {down(estimate.value):.1f}" for number, estimate in run)
        parts.append(f'<path class="band" d="M{upper} L{lower}Z" fill="{BAND}" opacity="0.75"/>')
        parts.append(_stroke(f"M{line}", "ink", INK, 2))
    for number, point in enumerate(weeks):
        if (estimate := point.index.estimate) is None:
            continue
        if point.hole:
            whisker = f"M{across(number):.1f} {down(estimate.high):.1f}V{down(estimate.low):.1f}"
            parts.append(_stroke(whisker, "ink", INK, 1))
        parts.append(_point(across(number), down(estimate.value), point.hole, number == len(weeks) - 1))
    return _drawing(height, parts, words)


def disc(hole: bool, words: str) -> Markup:
    """Return a source's mark: full where all was read, a broken ring where something may be missing."""
    if hole:
        ring = f'<circle class="ring" cx="6" cy="6" r="4.5" fill="none" stroke="{COMPLAINT}" stroke-width="2" '
        return _drawing(12, [ring + 'stroke-dasharray="3 2"/>'], words, 12)
    return _drawing(12, [f'<circle class="praise" cx="6" cy="6" r="5" fill="{PRAISE}"/>'], words, 12)


def _unbroken(weeks: Sequence[TrendWeek]) -> list[list[tuple[int, Estimate]]]:
    """Return the runs of weeks, with their numbers, that a line may join."""
    runs: list[list[tuple[int, Estimate]]] = [[]]
    for number, point in enumerate(weeks):
        if point.index.estimate is None or point.hole:
            runs.append([])
        else:
            runs[-1].append((number, point.index.estimate))
    return [run for run in runs if len(run) > 1]


def _mark(index: int, at: float, left: float) -> str:
    """Return a grid line with its number; break-even is the strong one."""
    dashes = "" if index == 0 else ' stroke-dasharray="2 4"'
    label = f"−{-index}" if index < 0 else f"{index:+d}" if index else "0"
    return (
        f'<path class="line" d="M{left} {at:.1f}H{_WIDTH - _MARGIN}" fill="none" stroke="{LINE}" '
        f'stroke-width="{1.5 if index == 0 else 1}"{dashes}/>'
        f'<text class="muted" x="{left - 6}" y="{at + 4:.1f}" text-anchor="end" font-size="11" '
        f'font-family="sans-serif" fill="#65717c">{label}</text>'
    )


def _point(x: float, y: float, hole: bool, newest: bool) -> str:
    radius = 5 if newest else 3
    if hole:
        return (
            f'<circle class="hollow" cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{PAPER}" '
            f'stroke="{INK}" stroke-width="2"/>'
        )
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{INK}"/>'


def _box(x: float, y: float, width: float, height: float, tone: str, colour: str, more: str) -> str:
    return (
        f'<rect class="{tone}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}" {more}/>'
    )


def _stroke(path: str, tone: str, colour: str, thickness: float) -> str:
    return (
        f'<path class="{tone}-line" d="{path}" fill="none" stroke="{colour}" stroke-width="{thickness:g}" '
        f'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _drawing(height: int, parts: Sequence[str], words: str, width: int = _WIDTH) -> Markup:
    """Return an SVG that fills its column and says `words` to a screen reader."""
    size = f'width="{width}" height="{height}"' if width < _WIDTH else 'width="100%"'
    return Markup(  # noqa: S704 - numbers and constants only, and `words`, which is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" {size} '
        f'style="display:block;max-width:100%"><title>{escape(words)}</title>{"".join(parts)}</svg>'
    )
