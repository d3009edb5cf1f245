"""Counts mentions by the segments of the customers whom they name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, select

from twelvefold.records import CaseState
from twelvefold.storage.kept_counts import Key
from twelvefold.storage.segments import keys_in
from twelvefold.storage.tables import CaseTable, CustomerTable, JudgementTable, MentionTable


@cache
def telling_segments(judged: ColumnElement[bool], counted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the query for the mentions of known customers, one by one, with all segments of their customer.

    Args:
        judged: The condition under which a judgement is a mention's.
        counted: The condition under which a mention is counted at all.
    """
    resolved: ColumnElement[str] = literal_column(f"'{CaseState.RESOLVED.value}'")
    return (
        select(
            MentionTable.brand_id,
            JudgementTable.model,
            MentionTable.local_date,
            MentionTable.source_id,
            JudgementTable.label,
            func.coalesce(CaseTable.state == resolved, false()),
            CustomerTable.segments,
            literal_column("1"),
        )
        .select_from(MentionTable)
        .join(CustomerTable, of_customer())
        .join(JudgementTable, judged)
        .outerjoin(CaseTable, CaseTable.mention_id == MentionTable.id)
        .where(counted, MentionTable.customer_id.is_not(None), CustomerTable.segments.is_not(None))
    )


@cache
def of_customer() -> ColumnElement[bool]:
    """Return the condition that joins a mention to the customer whom it names."""
    return and_(CustomerTable.brand_id == MentionTable.brand_id, CustomerTable.customer_id == MentionTable.customer_id)


def segment_keys(row: Sequence[Any]) -> set[Key]:
    """Return a mention's keys: one for each segment of its customer."""
    *scope, label, resolved, segments = row
    return {(*scope, key, label, resolved) for key in keys_in(segments)}
