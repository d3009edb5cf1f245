"""How often what is stored has changed; answers that are kept go with every change, in its own transaction.

So none can be stale: who sees a change no longer sees the answers from before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from twelvefold.storage.answer_tables import ChangeTable

_ONE_MORE = "INSERT INTO changes (id, number) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number = changes.number + 1"
# A transaction of PostgreSQL has a number as soon as it has written.
_POSTGRES = """
    WITH gone AS (DELETE FROM kept_answers WHERE txid_current_if_assigned() IS NOT NULL)
    INSERT INTO changes (id, number) SELECT 1, 1 WHERE txid_current_if_assigned() IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET number = changes.number + 1
"""


@contextmanager
def counting_change(connection: Connection) -> Iterator[None]:
    """Count one change, and drop the kept answers, if the block writes anything."""
    before = _rows_written(connection)
    yield
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_POSTGRES)
    elif _rows_written(connection) != before:
        connection.exec_driver_sql("DELETE FROM kept_answers")
        connection.exec_driver_sql(_ONE_MORE)


def change_number(connection: Connection) -> int:
    """Return how often what is stored had changed when this transaction began."""
    return connection.scalar(select(ChangeTable.number)) or 0


def _rows_written(connection: Connection) -> int | None:
    """Return how many rows were ever written over a connection to SQLite."""
    driver: Any = connection.connection.driver_connection
    return driver.total_changes if connection.dialect.name == "sqlite" else None
