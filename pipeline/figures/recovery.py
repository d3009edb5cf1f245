"""Whether a reply wins somebody back: of the reviews edited after it, how many rose, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twelvefold.pipeline.figures.intervals import Estimate, wilson

_DAY_S = 86_400


@dataclass(frozen=True)
class Wording:
    """One wording of a review.

    Attributes:
        seen_at: When it was first seen.
        content: What tells the author's words and stars apart from another wording's.
        replied: Whether our reply stood under it.
    """

    seen_at: datetime
    stars: float | None
    content: str
    replied: bool


@dataclass(frozen=True)
class Edited:
    """What became of a review that its author edited after our reply.

    Attributes:
        days: From the reply to the first wording with more stars; None where it did not rise.
    """

    rose: bool
    days: float | None


def outcome(wordings: Sequence[Wording], reply_at: datetime | None) -> Edited | None:
    """Return what became of a review, oldest wording first; None where it was not edited after a reply.

    It rose if its last stars are more than those under which we replied. Without stars before and
    after, nobody can tell.

    Args:
        reply_at: When we replied, as the source tells it; a time after the reply was seen is that of
            a later change of it and does not count.
    """
    first = next((place for place, wording in enumerate(wordings) if wording.replied), None)
    if first is None:
        return None
    # Author and shop may both have written between two visits: the wording before the reply is what it answered.
    answered = wordings[max(0, first - 1)]
    later = [wording for wording in wordings[first:] if wording.content != answered.content]
    if not later or answered.stars is None or later[-1].stars is None:
        return None
    if later[-1].stars <= answered.stars:
        return Edited(False, None)
    seen_at = wordings[first].seen_at
    since = reply_at if reply_at is not None and reply_at <= seen_at else seen_at
    risen = next(wording for wording in later if wording.stars is not None and wording.stars > answered.stars)
    return Edited(True, max(0.0, (risen.seen_at - since).total_seconds() / _DAY_S))


def recovery_share(rose: int, edited: int) -> Estimate:
    """Return the share (0..1) of the edited reviews that rose, with its Wilson interval.

    Raises:
        ValueError: Nothing was edited, or more rose than were edited.
    """
    if edited < 1 or not 0 <= rose <= edited:
        raise ValueError(f"a recovery needs 0 <= rose <= edited and an edited review, not {rose} of {edited}")
    low, high = wilson(rose / edited, edited)
    return Estimate(rose / edited, low, high, edited)


def median_days(days: Sequence[float]) -> Estimate:
    """Return the median with its interval from the order statistics, which takes no distribution for granted.

    With fewer than six the interval is their whole range and holds less than 95 %.
    Source: W. J. Conover, "Practical nonparametric statistics" (1999), 3.2.

    Raises:
        ValueError: There are none.
    """
    if not days:
        raise ValueError("a median needs at least one time")
    ordered = sorted(days)
    n = len(ordered)
    # The lower end is the highest rank below which the median lies with at most 2.5 %, counted in whole numbers.
    rank, ways, below = 0, 1, 1
    while 40 * (below + (ways := ways * (n - rank) // (rank + 1))) <= 2**n:
        below += ways
        rank += 1
    return Estimate((ordered[(n - 1) // 2] + ordered[n // 2]) / 2, ordered[rank], ordered[n - 1 - rank], n)
