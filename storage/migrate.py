"""Brings a database's schema up to date when it is opened."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from sqlalchemy import Connection, inspect, select

from twelvefold.errors import SchemaMismatch, UnreadableFile
from twelvefold.storage.migrations import COUNTED_SINCE, HEAD
from twelvefold.storage.rollups import KINDS, Rollups
from twelvefold.storage.tables import BrandTable

SCRIPTS = "twelvefold.storage:migrations"


def migrate(connection: Connection, label: str, counting: Callable[[int, int], None]) -> None:
    """Run the missing migrations inside the transaction that `connection` is in.

    Where tables of counts are new, all mentions are counted, so that no figure ever leaves out what was there before.

    The transaction must already hold the writer's lock: of two processes that open a fresh
    database at once, the second finds the work done. A process killed half-way leaves nothing.

    Args:
        connection: In a transaction that writes.
        label: What to call the database in a message.
        counting: Told, while mentions are counted anew, how many steps are done, and of how many.

    Raises:
        SchemaMismatch: A newer Twelvefold wrote it.
        UnreadableFile: Its tables belong to another program.
    """
    revision = schema_revision(connection)
    if revision == HEAD:  # by another process, since it was asked
        return
    # Alembic costs a tenth of a second, and is needed once in a database's life.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"the database {label} has schema revision {revision}, and this Twelvefold knows none newer than "
            f"{HEAD}: a newer version wrote it, so upgrade Twelvefold"
        )
    if revision is None and (strangers := inspect(connection).get_table_names()):
        raise UnreadableFile(
            f"the database {label} belongs to another program (it has a table {sorted(strangers)[0]!r}): "
            "name another database, or an empty one"
        )
    command.upgrade(config, "head")
    if revision is not None and revision < COUNTED_SINCE:
        _count_anew(connection, counting)


def _count_anew(connection: Connection, counting: Callable[[int, int], None]) -> None:
    """Count the mentions of every brand."""
    brands = connection.scalars(select(BrandTable.id).order_by(BrandTable.id)).all()
    steps, done = len(brands) * KINDS, count(1)
    counting(0, steps)
    for brand_id in brands:
        Rollups(connection).recompute(brand_id, lambda: counting(next(done), steps))


def is_up_to_date(connection: Connection) -> bool:
    """Tell whether the database's schema is the newest."""
    return schema_revision(connection) == HEAD


def schema_revision(connection: Connection) -> str | None:
    """Return the revision that the database says it has, or None where it says nothing."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision
