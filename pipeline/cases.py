"""Complaints as cases: found, shown, with all that was done about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from twelvefold.config import Brand
from twelvefold.records import CaseState
from twelvefold.storage.cases import CaseRow
from twelvefold.storage.engine import Database
from twelvefold.storage.repository import Work

_PAGE = 1_000


def find_cases(
    database: Database, brands: Iterable[Brand], *, state: CaseState | None, assignee: str | None, limit: int
) -> list[CaseRow]:
    """Return at most `limit` cases of each brand, the newest first.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    with database.begin() as work:
        return [
            case
            for brand in brands
            for case in work.cases.find(
                work.brands.ensure(brand.name, brand.zone), state=state, assignee=assignee, limit=limit
            )
        ]


def case_document(case: CaseRow) -> dict[str, Any]:
    """Return a case as JSON shows it."""
    return {
        "case": case.case_id,
        "brand": case.brand,
        "state": str(case.state),
        "assignee": case.assignee,
        "source": case.source,
        "subject": case.subject,
        "title": case.title,
        "text": case.text,
        "url": case.url,
        "stars": case.stars,
        "language": case.language,
        "local_date": case.local_date.isoformat(),
        "opened_at": case.opened_at.isoformat(),
        "resolved_at": case.resolved_at.isoformat() if case.resolved_at else None,
    }


def every_case(work: Work, brand_id: int) -> Iterator[dict[str, Any]]:
    """Yield every case of a brand as JSON shows it, in the order of their numbers."""
    last = 0
    while page := work.cases.find(brand_id, after=last, limit=_PAGE):
        yield from map(case_document, page)
        last = page[-1].case_id


def case_with_history(database: Database, case_id: int) -> dict[str, Any]:
    """Return one case and its history, oldest first.

    Raises:
        UnknownName: There is no such case.
        StorageUnavailable: The database did not answer.
    """
    with database.begin() as work:
        case = work.cases.get(case_id)
        events = work.cases.history(case_id)
    history = [
        {"at": event.at.isoformat(), "actor": event.actor, "action": event.action, "note": event.note}
        for event in events
    ]
    return {**case_document(case), "history": history}
