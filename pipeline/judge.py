"""Each text is judged once: the cache is keyed by content and model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twelvefold.models.scorer import Scorer, rating_judgement
from twelvefold.pipeline.normalise import judged_text
from twelvefold.records import Judgement
from twelvefold.storage.engine import Database

BATCH = 256


@dataclass(frozen=True)
class Judged:
    """How many texts went through the model, and how many bare ratings through the table."""

    texts: int
    ratings: int


def judge_new(
    database: Database,
    brand_id: int,
    model: str,
    scorer: Callable[[], Scorer],
    *,
    renew: Callable[[], None],
    progress: Callable[[int], None] = lambda judged: None,
) -> Judged:
    """Judge what this brand has unjudged; each batch is one transaction, so a killed run resumes.

    Args:
        scorer: Called only when there is something to judge, as loading takes seconds.
        renew: Keeps the lease; raises LeaseLost when another process has the night.

    Raises:
        ModelUnusable: The model cannot be loaded.
        LeaseLost: See `renew`.
        StorageUnavailable: The database did not answer.
    """
    texts = ratings = after = 0
    while True:
        with database.begin() as work:
            batch = work.mentions.unjudged(brand_id, model, limit=BATCH, after=after)
        if not batch:
            return Judged(texts, ratings)
        after = batch[-1].mention_id
        judgements: list[Judgement] = []
        worded = [(entry, judged_text(entry.title, entry.text)) for entry in batch]
        wordless = [entry for entry, text in worded if not text]
        worded = [(entry, text) for entry, text in worded if text]
        judgements += [rating_judgement(entry.stars, entry.content_hash) for entry in wordless if entry.stars]
        if worded:
            judgements += scorer().score(
                [text for _, text in worded],
                stars=[entry.stars for entry, _ in worded],
                languages=[entry.language for entry, _ in worded],
                content_hashes=[entry.content_hash for entry, _ in worded],
            )
        renew()
        with database.begin() as work:
            work.judgements.save(judgements)
        texts += len(worded)
        ratings += len(judgements) - len(worded)
        progress(texts)
