"""The complaints that somebody should look at, and the audit trail of what was done about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, insert, select, update

from twelvefold.errors import ForbiddenStep, UnknownName
from twelvefold.records import CaseState, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.due import Due
from twelvefold.storage.rollups import Rollups, counts, judged_by
from twelvefold.storage.tables import (
    BrandTable,
    CaseEventTable,
    CaseTable,
    DueTable,
    JudgementTable,
    MentionTable,
    SourceTable,
    SubjectTable,
)

SYSTEM = "twelvefold"  # the actor of what nobody did by hand


@dataclass(frozen=True)
class CaseRow:
    """A case with the mention that it is about."""

    case_id: int
    brand: str
    mention_id: int
    state: CaseState
    assignee: str | None
    opened_at: datetime
    resolved_at: datetime | None
    source: str
    subject: str | None
    title: str
    text: str
    stars: float | None
    language: str | None
    url: str | None
    local_date: date


@dataclass(frozen=True)
class CaseEvent:
    """One step of the audit trail."""

    at: datetime
    actor: str
    action: str
    note: str


class Cases:
    """The cases, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open_for_negatives(self, brand_id: int, model: str, at: datetime) -> int:
        """Open a case for each mention that is judged negative and has none; return how many.

        Looks at what is new, has changed or was judged since the last look by the same model; where that
        was another model, at everything.
        """
        listed = select(DueTable.mention_id).where(DueTable.stage == "cases")
        last_model = self._connection.scalar(select(BrandTable.cases_model).where(BrandTable.id == brand_id))
        query = (
            select(MentionTable.id)
            .join(JudgementTable, judged_by(model))
            .where(MentionTable.brand_id == brand_id, JudgementTable.label == Sentiment.NEGATIVE.value, counts())
            .where(~exists().where(CaseTable.mention_id == MentionTable.id))
            .order_by(MentionTable.id)
        )
        if last_model == model:
            query = query.where(MentionTable.id.in_(listed))
        mention_ids = self._connection.scalars(query).all()
        Due(self._connection).done("cases", brand_id)
        if last_model != model:
            self._connection.execute(update(BrandTable).where(BrandTable.id == brand_id).values(cases_model=model))
        for batch in in_batches(mention_ids):
            self._connection.execute(
                insert(CaseTable),
                [
                    {"brand_id": brand_id, "mention_id": mention, "state": CaseState.OPEN.value, "opened_at": at}
                    for mention in batch
                ],
            )
            opened = self._connection.scalars(select(CaseTable.id).where(CaseTable.mention_id.in_(batch)))
            self._connection.execute(
                insert(CaseEventTable),
                [
                    {
                        "case_id": case,
                        "at": at,
                        "actor": SYSTEM,
                        "action": "opened",
                        "note": f"judged negative by {model}",
                    }
                    for case in opened
                ],
            )
        return len(mention_ids)

    def find(
        self,
        brand_id: int,
        state: CaseState | None = None,
        assignee: str | None = None,
        limit: int = 100,
        after: int = 0,
    ) -> list[CaseRow]:
        """Return cases in the order of their numbers.

        Args:
            after: The last number of the page before.
        """
        query = _cases().where(CaseTable.brand_id == brand_id, CaseTable.id > after)
        if state is not None:
            query = query.where(CaseTable.state == state.value)
        if assignee is not None:
            query = query.where(CaseTable.assignee == assignee)
        query = query.order_by(CaseTable.id).limit(limit)
        return [_case_row(row) for row in self._connection.execute(query)]

    def get(self, case_id: int) -> CaseRow:
        """Return one case.

        Raises:
            UnknownName: There is no such case.
        """
        row = self._connection.execute(_cases().where(CaseTable.id == case_id)).one_or_none()
        if row is None:
            raise UnknownName(f"no case has the number {case_id}: 'twelvefold triage list' shows those that exist")
        return _case_row(row)

    def history(self, case_id: int) -> list[CaseEvent]:
        """Return the audit trail of a case, oldest first.

        Raises:
            UnknownName: There is no such case.
        """
        self.get(case_id)
        query = (
            select(CaseEventTable.at, CaseEventTable.actor, CaseEventTable.action, CaseEventTable.note)
            .where(CaseEventTable.case_id == case_id)
            .order_by(CaseEventTable.id)
        )
        return [CaseEvent(*row) for row in self._connection.execute(query)]

    def assign(self, case_id: int, actor: str, assignee: str, at: datetime) -> CaseRow:
        """Give an open case to somebody, or with an empty name to nobody.

        Raises:
            UnknownName: There is no such case.
            ForbiddenStep: It is resolved.
        """
        self._require(case_id, CaseState.OPEN, "assigned")
        return self._step(case_id, actor, "assigned", assignee, at, {"assignee": assignee or None})

    def note(self, case_id: int, actor: str, note: str, at: datetime) -> CaseRow:
        """Write a note on a case, whatever its state.

        Raises:
            UnknownName: There is no such case.
        """
        self.get(case_id)
        return self._step(case_id, actor, "noted", note, at, {})

    def resolve(self, case_id: int, actor: str, at: datetime, note: str = "") -> CaseRow:
        """Resolve an open case.

        Raises:
            UnknownName: There is no such case.
            ForbiddenStep: It is resolved already.
        """
        self._require(case_id, CaseState.OPEN, "resolved")
        return self._step(case_id, actor, "resolved", note, at, {"state": CaseState.RESOLVED.value, "resolved_at": at})

    def reopen(self, case_id: int, actor: str, at: datetime, note: str = "") -> CaseRow:
        """Open a resolved case again.

        Raises:
            UnknownName: There is no such case.
            ForbiddenStep: It is open.
        """
        self._require(case_id, CaseState.RESOLVED, "reopened")
        return self._step(case_id, actor, "reopened", note, at, {"state": CaseState.OPEN.value, "resolved_at": None})

    def _require(self, case_id: int, state: CaseState, action: str) -> None:
        case = self.get(case_id)
        if case.state is not state:
            mend = "reopen it first" if state is CaseState.OPEN else "there is nothing to undo"
            raise ForbiddenStep(f"case {case_id} is {case.state.value} and cannot be {action}: {mend}")

    def _step(self, case_id: int, actor: str, action: str, note: str, at: datetime, changes: dict[str, Any]) -> CaseRow:
        """Change a case and write it down, in one transaction."""
        event = {"case_id": case_id, "at": at, "actor": actor, "action": action, "note": note}
        self._connection.execute(insert(CaseEventTable), event)
        if changes:
            with Rollups(self._connection).following([self.get(case_id).mention_id]):
                self._connection.execute(update(CaseTable).where(CaseTable.id == case_id).values(**changes))
        return self.get(case_id)


def _cases() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CaseTable.id,
            BrandTable.name,
            CaseTable.mention_id,
            CaseTable.state,
            CaseTable.assignee,
            CaseTable.opened_at,
            CaseTable.resolved_at,
            SourceTable.name,
            SubjectTable.name,
            MentionTable.title,
            MentionTable.text,
            MentionTable.stars,
            MentionTable.language,
            MentionTable.url,
            MentionTable.local_date,
        )
        .join(MentionTable, MentionTable.id == CaseTable.mention_id)
        .join(BrandTable, BrandTable.id == MentionTable.brand_id)
        .join(SourceTable, SourceTable.id == MentionTable.source_id)
        .outerjoin(SubjectTable, SubjectTable.id == MentionTable.subject_id)
    )


def _case_row(row: Any) -> CaseRow:
    case_id, brand, mention_id, state, *rest = row
    return CaseRow(case_id, brand, mention_id, CaseState(state), *rest)
