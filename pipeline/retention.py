"""What a source's terms let us keep of it, enforced after each run: ids and judgements stay, texts go when they must.

Idempotent, and resumed by the next run: what is due is told by the stored times alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from twelvefold.crawlers.source import kinds, source_class
from twelvefold.storage.engine import Database

LONGEST_UNJUDGED = timedelta(hours=24)
"""How long the text of a source that lets us keep ids only may wait for its judgement."""


def erase_what_may_not_be_kept(database: Database, brand_id: int, now: datetime) -> int:
    """Erase texts and records that their source's terms no longer let us keep; return of how many mentions.

    The policy is the adapter's statement: "keep" erases nothing, "keep_hours: n" what was read n
    hours ago, "id_only" what has been judged, and in any case what is a day old.

    Raises:
        StorageUnavailable: The database did not answer.
    """
    with database.read() as work:
        sources = work.sources.kinds(brand_id)
    erased = 0
    for number, kind in sources.items():
        if kind not in kinds():
            continue
        policy, _, hours = source_class(kind).statement.storage_policy.partition(":")
        if policy == "keep":
            continue
        with database.begin() as work:
            if policy == "keep_hours":
                erased += work.mentions.erase_texts(number, now, read_before=now - timedelta(hours=float(hours)))
            else:
                erased += work.mentions.erase_texts(number, now, judged=True)
                erased += work.mentions.erase_texts(number, now, read_before=now - LONGEST_UNJUDGED)
    return erased
