"""Answers that were computed once and hold until anything changes."""

from __future__ import annotations

import json
import zlib
from typing import Any

from pydantic_core import from_json  # in half the time of json
from sqlalchemy import Connection, func, select

from twelvefold.storage.answer_tables import KeptAnswerTable
from twelvefold.storage.batches import insert_or
from twelvefold.storage.changes import change_number
from twelvefold.storage.collecting import without_collecting

MOST_ANSWERS = 500
MOST_BYTES = 32 * 1024 * 1024
LONGEST_ANSWER = 64 * 1024 * 1024  # uncompressed
_LEVEL = 1  # of zlib: the figures of many groups are much alike, and more effort makes them little shorter


class Answers:
    """The kept answers, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def change(self) -> int:
        """Return how often what is stored has changed, as `Database.keep_answer` wants to know it."""
        return change_number(self._connection)

    def find(self, question: str) -> dict[str, Any] | None:
        """Return the answer that is kept to a question; None where there is none or it is damaged."""
        kept = self._connection.scalar(select(KeptAnswerTable.document).where(KeptAnswerTable.question == question))
        return None if kept is None else _unpacked(kept)

    def keep(self, question: str, packed: bytes) -> bool:
        """Keep a packed answer to a question, unless there are enough of them; tell whether it is kept."""
        query = select(func.count(), func.coalesce(func.sum(func.length(KeptAnswerTable.document)), 0)).where(
            KeptAnswerTable.question != question
        )
        number, size = self._connection.execute(query).one()
        if number >= MOST_ANSWERS or size + len(packed) > MOST_BYTES:
            return False
        upsert = insert_or(self._connection, KeptAnswerTable).values(question=question, document=packed)
        self._connection.execute(
            upsert.on_conflict_do_update(index_elements=["question"], set_={"document": upsert.excluded.document})
        )
        return True


def pack(document: dict[str, Any]) -> bytes:
    """Return an answer as it is kept."""
    return zlib.compress(json.dumps(document).encode("ascii"), _LEVEL)


def _unpacked(packed: bytes) -> dict[str, Any] | None:
    """Return a packed answer, or None where it is damaged."""
    unpacking = zlib.decompressobj()
    try:
        with without_collecting():
            document = from_json(unpacking.decompress(packed, LONGEST_ANSWER))
    except (zlib.error, ValueError):
        return None
    return document if unpacking.eof and isinstance(document, dict) else None
