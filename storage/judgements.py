"""What models think of texts: each text is judged once by each model revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, insert, or_, select, update

from twelvefold.records import Judgement, Sentiment
from twelvefold.storage.batches import in_batches
from twelvefold.storage.due import Due
from twelvefold.storage.prior_ratios import PriorRatios, Triple
from twelvefold.storage.rollups import Rollups, has_words
from twelvefold.storage.tables import AnswerTable, JudgementTable, MentionTable

_FIELDS = ("content_hash", "model", "label", "negative", "neutral", "positive", "confidence", "stars", "mixed")
_COLUMNS = (*_FIELDS, "language", "aspects", "urgency", "contradiction")


class Judgements:
    """The judgements, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold_for(self, model: str, ratios: Mapping[str, Triple]) -> None:
        """Keep by what this model's probabilities are multiplied in each language, before its first judgement is."""
        PriorRatios(self._connection).keep(model, ratios)

    def save(self, judgements: Sequence[Judgement]) -> int:
        """Keep judgements and count their mentions; return how many were new.

        A text that the same model has judged before keeps its first judgement.
        """
        given = {(judgement.content_hash, judgement.model): judgement for judgement in reversed(judgements)}
        texts_by_model = defaultdict(list)
        for content_hash, model in given:
            texts_by_model[model].append(content_hash)
        for model, texts in texts_by_model.items():
            for content_hash in self.cached(texts, model):
                del given[content_hash, model]
        if not given:
            return 0
        concerned: set[int] = set()
        for batch in in_batches({content_hash for content_hash, _ in given}):
            query = select(MentionTable.id).where(MentionTable.content_hash.in_(batch))
            concerned.update(self._connection.scalars(query))
        with Rollups(self._connection).following(concerned):
            rows = [_row(judgement) for judgement in reversed(given.values())]
            self._connection.execute(insert(JudgementTable), rows)
        Due(self._connection).add("cases", concerned)
        return len(given)

    def erase_quotes(self, content_hashes: Collection[str]) -> int:
        """Empty what judgements quote of these texts; return how many judgements did.

        A text that a mention or a survey answer still holds in words keeps its quotes. An earlier
        wording of a mention holds nothing: its text may stay, but no figure shows its judgement.
        """
        held = or_(
            exists().where(MentionTable.content_hash == JudgementTable.content_hash, has_words()),
            exists().where(AnswerTable.content_hash == JudgementTable.content_hash),
        )
        told = or_(JudgementTable.aspects.is_not(None), JudgementTable.urgency.is_not(None))
        query = select(JudgementTable.id, JudgementTable.aspects, JudgementTable.urgency).where(told, ~held)
        emptied = [
            {"its_id": number, "its_aspects": without_quotes(aspects), "its_urgency": without_quotes(urgency)}
            for batch in in_batches(set(content_hashes))
            for number, aspects, urgency in self._connection.execute(
                query.where(JudgementTable.content_hash.in_(batch))
            )
            if (aspects, urgency) != (without_quotes(aspects), without_quotes(urgency))
        ]
        if emptied:
            self._connection.execute(
                update(JudgementTable)
                .where(JudgementTable.id == bindparam("its_id"))
                .values(aspects=bindparam("its_aspects"), urgency=bindparam("its_urgency")),
                emptied,
            )
        return len(emptied)

    def cached(self, content_hashes: Collection[str], model: str) -> dict[str, Judgement]:
        """Return what `model` has judged of these texts, by content hash."""
        found: dict[str, Judgement] = {}
        query = select(*(getattr(JudgementTable, name) for name in _COLUMNS)).where(JudgementTable.model == model)
        for batch in in_batches(set(content_hashes)):
            for row in self._connection.execute(query.where(JudgementTable.content_hash.in_(batch))):
                found[row.content_hash] = _judgement(row)
        return found


def without_quotes(told: Any) -> Any:
    """Return what a judgement tells with every `evidence`, a quote of the judged text, emptied."""
    if isinstance(told, Mapping):
        return {key: "" if key == "evidence" else without_quotes(value) for key, value in told.items()}
    return [without_quotes(each) for each in told] if isinstance(told, list) else told


def _row(judgement: Judgement) -> dict[str, Any]:
    values = {name: getattr(judgement, name) for name in _COLUMNS}
    return {
        **values,
        "label": judgement.label.value,
        "aspects": [dict(aspect) for aspect in judgement.aspects] or None,
        "urgency": dict(judgement.urgency) if judgement.urgency is not None else None,
    }


def _judgement(row: Row[*tuple[Any, ...]]) -> Judgement:
    values = {**row._mapping, "label": Sentiment(row.label), "aspects": tuple(row.aspects or ())}
    return Judgement(**values)
