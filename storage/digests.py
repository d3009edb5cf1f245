"""The digests that were rendered, and the ledger that keeps any from being sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from twelvefold.errors import ForbiddenStep
from twelvefold.storage.batches import insert_or
from twelvefold.storage.tables import DigestTable, SendTable

CLAIMED, SENT, UNKNOWN = "claimed", "sent", "unknown"


@dataclass(frozen=True)
class DigestFile:
    """A rendered digest: where it lies, and the hash of its content."""

    week: str
    language: str
    format: str
    content_hash: str
    path: str


@dataclass(frozen=True)
class Send:
    """One line of the ledger.

    Attributes:
        state: "claimed" (about to be sent, or the sender died), "sent", or "unknown" (the
            connection broke after the message was handed over).
    """

    recipient: str
    channel: str
    state: str
    claimed_at: datetime
    settled_at: datetime | None
    note: str


class Digests:
    """The digests and the send ledger, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, brand_id: int, week: str, language: str, format: str, content_hash: str, path: str) -> None:
        """Note where a digest was written; a later one of the same week, language and format replaces it."""
        key = {"brand_id": brand_id, "week": week, "language": language, "format": format}
        values = {"content_hash": content_hash, "path": path}
        upsert = insert_or(self._connection, DigestTable).values(**key, **values)
        self._connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=values))

    def files(self, brand_id: int, week: str) -> list[DigestFile]:
        """Return the digests of a week, by language and format."""
        query = (
            select(
                DigestTable.week,
                DigestTable.language,
                DigestTable.format,
                DigestTable.content_hash,
                DigestTable.path,
            )
            .where(DigestTable.brand_id == brand_id, DigestTable.week == week)
            .order_by(DigestTable.language, DigestTable.format)
        )
        return [DigestFile(*row) for row in self._connection.execute(query)]

    def claim_send(self, brand_id: int, week: str, recipient: str, channel: str, at: datetime) -> bool:
        """Claim the sending of a week's digest to one recipient; False if anybody ever claimed it.

        Commit the claim before sending: a sender that dies leaves a claim that is not taken again.
        """
        claim = insert_or(self._connection, SendTable).values(
            brand_id=brand_id,
            week=week,
            recipient=recipient,
            channel=channel,
            state=CLAIMED,
            claimed_at=at,
            note="",
        )
        made = claim.on_conflict_do_nothing().returning(SendTable.state)
        return self._connection.scalar(made) is not None

    def mark_sent(self, brand_id: int, week: str, recipient: str, channel: str, at: datetime) -> None:
        """Note that the recipient's server has taken the message.

        Raises:
            ForbiddenStep: Nobody has claimed it.
        """
        self._settle(_line(brand_id, week, recipient, channel), SENT, at, "")

    def mark_unknown(
        self, brand_id: int, week: str, recipient: str, channel: str, at: datetime, note: str = ""
    ) -> None:
        """Note that nobody can tell whether the message arrived; it is not sent again.

        Raises:
            ForbiddenStep: Nobody has claimed it.
        """
        self._settle(_line(brand_id, week, recipient, channel), UNKNOWN, at, note)

    def release_send(self, brand_id: int, week: str, recipient: str, channel: str) -> None:
        """Give a claim back, because the message was surely refused: it may be tried again."""
        claimed = and_(_line(brand_id, week, recipient, channel), SendTable.state == CLAIMED)
        self._connection.execute(delete(SendTable).where(claimed))

    def sends(self, brand_id: int, week: str) -> list[Send]:
        """Return the ledger of a week, by recipient and channel."""
        query = (
            select(
                SendTable.recipient,
                SendTable.channel,
                SendTable.state,
                SendTable.claimed_at,
                SendTable.settled_at,
                SendTable.note,
            )
            .where(SendTable.brand_id == brand_id, SendTable.week == week)
            .order_by(SendTable.recipient, SendTable.channel)
        )
        return [Send(*row) for row in self._connection.execute(query)]

    def _settle(self, line: ColumnElement[bool], state: str, at: datetime, note: str) -> None:
        values = {"state": state, "settled_at": at, "note": note}
        if self._connection.execute(update(SendTable).where(line).values(**values)).rowcount == 0:
            raise ForbiddenStep(f"a digest cannot become {state} before its sending is claimed: call claim_send first")


def _line(brand_id: int, week: str, recipient: str, channel: str) -> ColumnElement[bool]:
    return and_(
        SendTable.brand_id == brand_id,
        SendTable.week == week,
        SendTable.recipient == recipient,
        SendTable.channel == channel,
    )
