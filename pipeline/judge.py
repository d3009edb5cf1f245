"""Each text is judged once: the cache is keyed by content and model.

What is judged are the mentions' texts and the comments of survey answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twelvefold.models.scorer import Scorer, rating_judgement
from twelvefold.pipeline.normalise import judged_text
from twelvefold.records import Judgement
from twelvefold.storage.engine import Database
from twelvefold.storage.repository import Work

BATCH = 256


@dataclass(frozen=True)
class Judged:
    """How many texts of mentions and comments of surveys went through the model, how many bare ratings the table."""

    texts: int
    ratings: int
    comments: int = 0


@dataclass(frozen=True)
class _Waiting:
    """A text that waits for its judgement; `place` is where the next page of them begins."""

    place: int
    content_hash: str
    text: str
    stars: float | None
    language: str | None


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
        progress: Told after each batch how many texts and comments are judged.

    Raises:
        ModelUnusable: The model cannot be loaded.
        LeaseLost: See `renew`.
        StorageUnavailable: The database did not answer.
    """

    def waiting_mentions(work: Work, after: int) -> list[_Waiting]:
        return [
            _Waiting(
                entry.mention_id, entry.content_hash, judged_text(entry.title, entry.text), entry.stars, entry.language
            )
            for entry in work.mentions.unjudged(brand_id, model, limit=BATCH, after=after)
        ]

    def waiting_comments(work: Work, after: int) -> list[_Waiting]:
        return [
            _Waiting(entry.answer_id, entry.content_hash, entry.text, None, entry.language)
            for entry in work.surveys.unjudged(brand_id, model, limit=BATCH, after=after)
        ]

    texts, ratings = _judge_all(database, waiting_mentions, model, scorer, renew, progress)
    comments, _ = _judge_all(database, waiting_comments, model, scorer, renew, lambda count: progress(texts + count))
    return Judged(texts, ratings, comments)


def _judge_all(
    database: Database,
    waiting: Callable[[Work, int], list[_Waiting]],
    model: str,
    scorer: Callable[[], Scorer],
    renew: Callable[[], None],
    progress: Callable[[int], None],
) -> tuple[int, int]:
    """Judge page by page what waits; return how many texts and how many bare ratings there were."""
    texts = ratings = after = 0
    while True:
        with database.begin() as work:
            batch = waiting(work, after)
        if not batch:
            return texts, ratings
        after = batch[-1].place
        worded = [entry for entry in batch if entry.text]
        judgements: list[Judgement] = [
            rating_judgement(entry.stars, entry.content_hash) for entry in batch if not entry.text and entry.stars
        ]
        if worded:
            judgements += scorer().score(
                [entry.text for entry in worded],
                stars=[entry.stars for entry in worded],
                languages=[entry.language for entry in worded],
                content_hashes=[entry.content_hash for entry in worded],
            )
        renew()
        with database.begin() as work:
            if worded:
                work.judgements.hold_for(model, scorer().prior_ratios)
            work.judgements.save(judgements)
        texts += len(worded)
        ratings += len(judgements) - len(worded)
        progress(texts)
