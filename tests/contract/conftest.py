"""One brand in one database, on each backend in turn, for the contract tests of the storage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twelvefold.records import Judgement, Mention, Precision, Sentiment
from twelvefold.storage.engine import Database
from twelvefold.storage.ingest import Saved

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
LONG = "The kettle leaks over the whole kitchen table, and nobody answers my letters."


def digest(*parts: object) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()


class Acme:
    """One brand in one database, with short words for what the tests do."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.begin() as work:
            self.brand = work.brands.ensure("Acme", "Europe/Paris")

    def save(self, *mentions: Mention) -> Saved:
        with self.database.begin() as work:
            return work.mentions.save(self.brand, mentions, zone=PARIS)

    def judge(self, *judgements: Judgement) -> int:
        with self.database.begin() as work:
            return work.judgements.save(judgements)

    def counts(self, model: str = MODEL) -> dict[tuple[Any, ...], int]:
        """Return (source, label, resolved) -> n, after checking the roll-ups against the mentions."""
        found: dict[tuple[Any, ...], int] = {}
        with self.database.read() as work:
            assert work.rollups.check(self.brand, model) == []
            for row in work.rollups.daily(self.brand, model):
                key = (row.source, row.label.value, row.resolved)
                found[key] = found.get(key, 0) + row.n
        return found

    def records(self) -> list[dict[str, Any]]:
        with self.database.read() as work:
            return list(work.mentions.export(self.brand))

    def id_of(self, external_id: str) -> int:
        with self.database.read() as work:
            waiting = work.mentions.unjudged(self.brand, "nobody", limit=1000)
        texts = {record["external_id"]: (record["title"], record["text"]) for record in self.records()}
        return next(row.mention_id for row in waiting if (row.title, row.text) == texts[external_id])

    @staticmethod
    def mention(external_id: str, text: str = LONG, *, source: str = "shop", **changes: Any) -> Mention:
        made = Mention(
            source=source,
            kind="schema_org",
            external_id=external_id,
            title=changes.pop("title", ""),
            text=text,
            content_hash="",
            revision_hash="",
            collected_at=NIGHT,
            published_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
            published_precision=Precision.SECOND,
            author_hash=digest("author", external_id),
            raw_revision="raw-1",
        )
        made = replace(made, **changes)
        words = (made.title, made.text) if made.title or made.text else ("stars", made.stars)
        return replace(
            made, content_hash=digest(*words), revision_hash=digest(*words, made.stars, made.reply_text, made.title)
        )

    @staticmethod
    def judgement(
        of: Mention, label: Sentiment = Sentiment.NEGATIVE, *, model: str = MODEL, sure: float = 0.8
    ) -> Judgement:
        rest = (1 - sure) / 2
        shares = {each.value: sure if each is label else rest for each in Sentiment}
        return Judgement(
            content_hash=of.content_hash, model=model, label=label, confidence=sure, language="en", **shares
        )


@pytest.fixture
def acme(database: Database) -> Acme:
    """A brand with nothing in it."""
    return Acme(database)
