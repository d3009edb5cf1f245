"""Survey answers, customers, orders, digests, the send ledger, and forgetting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from twelvefold.errors import ForbiddenStep, UnknownName
from twelvefold.records import Customer, Judgement, Measure, Order, Sentiment, SurveyAnswer
from twelvefold.storage.digests import DigestFile
from twelvefold.storage.imports import Imported
from twelvefold.storage.ingest import Saved
from twelvefold.storage.surveys import ScoreCount, comment_hash
from twelvefold.storage.tombstones import Receipt

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # the 21st in Paris
MODEL = "reader/1"


def answer(response_id: str, score: float | None = 9.0, **changes: Any) -> SurveyAnswer:
    plain = SurveyAnswer(response_id, Measure.NPS, score, 0.0, 10.0, answered_at=NOW, survey="spring")
    return replace(plain, **changes)


class TestSurveys:
    def test_an_import_may_be_repeated(self, acme: Any) -> None:
        rows = [
            answer("r1"),
            answer("r1", 4.0, measure=Measure.CSAT),
            answer("r2", comment="Trop long", segments={"plan": "A"}),
        ]
        with acme.database.begin() as work:
            assert work.surveys.save(acme.brand, rows) == Imported(new=3)
            assert work.surveys.save(acme.brand, rows) == Imported(unchanged=3)
            edited = [answer("r1", 2.0), *rows[1:]]
            assert work.surveys.save(acme.brand, edited) == Imported(updated=1, unchanged=2)
            assert work.surveys.save(acme.brand, [answer("r3"), answer("r3")]) == Imported(new=1, unchanged=1)
            assert work.surveys.save(acme.brand, []) == Imported()
            assert work.surveys.count(acme.brand) == 4

    def test_a_measure_that_is_no_longer_told_of_a_response_gives_its_place_to_a_new_one(self, acme: Any) -> None:
        def scores(measure: Measure) -> list[float]:
            return [row.score for row in work.surveys.histogram(acme.brand, measure)]

        satisfied = {"measure": Measure.CSAT, "scale_low": 1.0, "scale_high": 5.0}
        other = [answer("r1", 7.0, survey="autumn"), answer("r2", 8.0)]
        with acme.database.begin() as work:
            work.surveys.save(acme.brand, [answer("r1", 4.0), *other])
            assert work.surveys.save(acme.brand, [answer("r1", 4.0, **satisfied)]) == Imported(updated=1)
            assert (scores(Measure.CSAT), scores(Measure.NPS)) == ([4.0], [7.0, 8.0])
            both = [answer("r1", 9.0), answer("r1", 5.0, **satisfied)]
            assert work.surveys.save(acme.brand, both) == Imported(new=1, updated=1)
            assert work.surveys.save(acme.brand, both[:1]) == Imported(unchanged=1, removed=1)
            assert (scores(Measure.CSAT), scores(Measure.NPS)) == ([], [7.0, 8.0, 9.0])

    def test_more_answers_than_a_statement_has_room_for(self, acme: Any) -> None:
        rows = [answer(f"r{number}") for number in range(9_000)]
        with acme.database.begin() as work:
            assert work.surveys.save(acme.brand, rows) == Imported(new=9_000)
            assert work.surveys.save(acme.brand, rows) == Imported(unchanged=9_000)

    def test_scores_are_counted_by_local_day(self, acme: Any) -> None:
        rows = [
            answer("r1", 9.0),
            answer("r2", 9.0),
            answer("r3", 0.0),
            answer("r4", 10.0, answered_at=None),
            answer("r5", None, comment="no score"),
            answer("r6", 3.0, measure=Measure.CSAT, scale_low=1.0, scale_high=5.0),
        ]
        with acme.database.begin() as work:
            work.surveys.save(acme.brand, rows)

            def histogram(*days: date | None) -> list[tuple[float, int]]:
                return [(row.score, row.n) for row in work.surveys.histogram(acme.brand, Measure.NPS, *days)]

            assert histogram() == [(0.0, 1), (9.0, 2), (10.0, 1)]
            assert histogram(date(2026, 11, 21), date(2026, 11, 22)) == [(0.0, 1), (9.0, 2)]
            assert histogram(None, date(2026, 11, 21)) == []
            assert work.surveys.histogram(acme.brand, Measure.CSAT) == [ScoreCount(3.0, 1.0, 5.0, 1)]
            its_day = date(2026, 11, 21)
            by_day = work.surveys.daily_scores(acme.brand, its_day, date(2026, 11, 22))
            assert {kind: sorted(scores, key=lambda each: each.score) for kind, scores in by_day.items()} == {
                (Measure.NPS, its_day): work.surveys.histogram(acme.brand, Measure.NPS, its_day, date(2026, 11, 22)),
                (Measure.CSAT, its_day): [ScoreCount(3.0, 1.0, 5.0, 1)],
            }
            assert work.surveys.daily_scores(acme.brand, date(2026, 11, 22), date(2026, 11, 29)) == {}

    def test_effort_is_counted_with_high_as_easy_however_it_was_asked(self, acme: Any) -> None:
        effort: dict[str, Any] = {"measure": Measure.CES, "scale_low": 1.0, "scale_high": 7.0}
        rows = [
            answer("r1", 6.0, **effort),
            answer("r2", 2.0, **effort, high_is_good=False),
            answer("r3", 7.0, **effort, high_is_good=False),
        ]
        with acme.database.begin() as work:
            work.surveys.save(acme.brand, rows)
            assert work.surveys.histogram(acme.brand, Measure.CES) == [
                ScoreCount(1.0, 1.0, 7.0, 1),
                ScoreCount(6.0, 1.0, 7.0, 2),
            ]
            assert work.surveys.save(acme.brand, [replace(rows[1], high_is_good=True)]) == Imported(updated=1)
            assert [row.score for row in work.surveys.histogram(acme.brand, Measure.CES)] == [1.0, 2.0, 6.0]

    def test_comments_wait_once_until_they_are_judged(self, acme: Any) -> None:
        rows = [answer("r1", comment="Slow"), answer("r2", comment="Slow"), answer("r3", comment="Fine", language="en")]
        with acme.database.begin() as work:
            work.surveys.save(acme.brand, [*rows, answer("r4")])
            waiting = work.surveys.unjudged(acme.brand, MODEL, limit=9)
            assert [(row.text, row.language) for row in waiting] == [("Slow", None), ("Fine", "en")]
            assert work.surveys.unjudged(acme.brand, MODEL, limit=9, after=waiting[0].answer_id) == waiting[1:]
            work.judgements.save([Judgement(waiting[0].content_hash, MODEL, Sentiment.NEGATIVE, 0.8, 0.1, 0.1, 0.8)])
            assert work.surveys.unjudged(acme.brand, MODEL, limit=9) == waiting[1:]


class TestCustomers:
    def test_customers_and_orders_may_be_imported_again(self, acme: Any) -> None:
        ann = Customer("c1", date(2025, 1, 2), segments={"région": "Île-de-France"})
        orders = [Order("o2", "c1", date(2026, 2, 1), 19.9), Order("o1", "c9", date(2026, 1, 1), 5.0, 1.5)]
        with acme.database.begin() as work:
            assert work.customers.save(acme.brand, [ann, Customer("c2")]) == Imported(new=2)
            gone = replace(ann, cancelled=date(2026, 3, 4))
            assert work.customers.save(acme.brand, [gone, Customer("c2")]) == Imported(updated=1, unchanged=1)
            assert work.customers.all(acme.brand) == [gone, Customer("c2")]
            assert work.customers.save_orders(acme.brand, orders) == Imported(new=2)
            assert work.customers.save_orders(acme.brand, orders) == Imported(unchanged=2)
            assert work.customers.orders(acme.brand) == [orders[1], orders[0]]


class TestDigests:
    def test_a_digest_rendered_again_replaces_itself(self, acme: Any) -> None:
        with acme.database.begin() as work:
            work.digests.save(acme.brand, "2026-W47", "fr", "html", "h1", "a.html")
            work.digests.save(acme.brand, "2026-W47", "fr", "html", "h2", "b.html")
            assert work.digests.files(acme.brand, "2026-W47") == [DigestFile("2026-W47", "fr", "html", "h2", "b.html")]
            assert work.digests.files(acme.brand, "2026-W46") == []

    def test_a_send_is_claimed_once_whatever_became_of_it(self, acme: Any) -> None:
        lines = [(acme.brand, "2026-W47", f"reader{number}@example.org", "email") for number in range(3)]
        with acme.database.begin() as work:
            assert [work.digests.claim_send(*line, NOW) for line in lines] == [True] * 3
        with acme.database.begin() as work:
            work.digests.mark_sent(*lines[0], NOW + timedelta(seconds=1))
            work.digests.mark_unknown(*lines[1], NOW, "the connection broke")
            assert [work.digests.claim_send(*line, NOW) for line in lines] == [False] * 3
            sends = work.digests.sends(acme.brand, "2026-W47")
        assert [(row.state, row.note) for row in sends] == [
            ("sent", ""),
            ("unknown", "the connection broke"),
            ("claimed", ""),
        ]
        assert sends[0].settled_at == NOW + timedelta(seconds=1)

    def test_only_a_refused_send_may_be_tried_again(self, acme: Any) -> None:
        refused, sent = (
            (acme.brand, "2026-W47", "a@example.org", "email"),
            (acme.brand, "2026-W47", "b@example.org", "email"),
        )
        with acme.database.begin() as work:
            work.digests.claim_send(*refused, NOW)
            work.digests.claim_send(*sent, NOW)
            work.digests.mark_sent(*sent, NOW)
            work.digests.release_send(*refused)
            work.digests.release_send(*sent)
            assert work.digests.claim_send(*refused, NOW)
            assert not work.digests.claim_send(*sent, NOW)

    def test_what_nobody_claimed_cannot_be_sent(self, acme: Any) -> None:
        with pytest.raises(ForbiddenStep, match="claim"), acme.database.begin() as work:
            work.digests.mark_sent(acme.brand, "2026-W47", "a@example.org", "email", NOW)


class TestForgetting:
    def test_a_forgotten_mention_is_gone_and_stays_away(self, acme: Any) -> None:
        first, second = acme.mention("a", "My name is in here."), acme.mention("a", "It was.")
        other = acme.mention("b", "Other")
        acme.save(first, other)
        acme.save(second)
        acme.judge(acme.judgement(first), acme.judgement(second), acme.judgement(other))
        with acme.database.begin() as work:
            work.cases.open_for_negatives(acme.brand, MODEL, NOW)
        mention_id = acme.id_of("a")
        with acme.database.begin() as work:
            assert work.tombstones.forget_mention(mention_id, NOW) == Receipt(mentions=1, revisions=1, judgements=2)
        assert acme.counts() == {("shop", "negative", False): 1}
        assert acme.save(first, second, other) == Saved(seen_again=1, forgotten=2)
        assert [record["external_id"] for record in acme.records()] == ["b"]
        with acme.database.begin() as work:
            assert [case.text for case in work.cases.find(acme.brand)] == ["Other"]
            assert work.judgements.cached([first.content_hash, second.content_hash], MODEL) == {}
            with pytest.raises(UnknownName, match="forgotten already"):
                work.tombstones.forget_mention(mention_id, NOW)

    def test_a_forgotten_author_is_gone_from_every_source(self, acme: Any) -> None:
        theirs = [acme.mention("a", "One", author_hash="h1"), acme.mention("b", "Two", source="ios", author_hash="h1")]
        acme.save(*theirs, acme.mention("c", "Three", author_hash="h2"), acme.mention("d", "Four", author_hash=None))
        with acme.database.begin() as work:
            assert work.tombstones.forget_author(acme.brand, "h1", NOW).mentions == 2
            assert work.tombstones.forget_author(acme.brand, "h1", NOW).mentions == 0
        assert acme.save(*theirs) == Saved(forgotten=2)
        assert [record["external_id"] for record in acme.records()] == ["c", "d"]

    def test_a_forgotten_customer_is_gone_from_every_table(self, acme: Any) -> None:
        review = acme.mention("a", customer_id="c1")
        acme.save(review)
        told = answer("r1", comment="I am c1", customer_id="c1")
        order, ann = Order("o1", "c1", date(2026, 1, 1), 5.0), Customer("c1")
        with acme.database.begin() as work:
            work.surveys.save(acme.brand, [told, answer("r2")])
            work.customers.save(acme.brand, [ann, Customer("c2")])
            work.customers.save_orders(acme.brand, [order])
            work.judgements.save([Judgement(comment_hash("I am c1"), MODEL, Sentiment.NEUTRAL, 0.1, 0.8, 0.1, 0.8)])
            assert work.tombstones.forget_customer(acme.brand, "c1", NOW) == Receipt(1, 0, 1, 1, 1, 1)
            assert work.surveys.save(acme.brand, [told]) == Imported()
            assert work.customers.save(acme.brand, [ann]) == Imported()
            assert work.customers.save_orders(acme.brand, [order]) == Imported()
            assert work.customers.all(acme.brand) == [Customer("c2")]
            assert work.surveys.count(acme.brand) == 1
        assert acme.save(review) == Saved(forgotten=1)

    def test_a_copy_counts_when_its_original_is_forgotten(self, acme: Any) -> None:
        original, copy = acme.mention("a"), acme.mention("b", source="ios")
        acme.save(original, copy)
        acme.judge(acme.judgement(original))
        with acme.database.begin() as work:
            work.mentions.link_duplicates(acme.brand)
            (quote,) = work.mentions.quotes(acme.brand, MODEL, Sentiment.NEGATIVE, None, None, 9)
            work.tombstones.forget_mention(quote.mention_id, NOW)
        assert acme.counts() == {("ios", "negative", False): 1}

    def test_a_judgement_that_others_need_stays(self, acme: Any) -> None:
        one, two = acme.mention("a", "Same words"), acme.mention("b", "Same words")
        acme.save(one, two)
        acme.judge(acme.judgement(one))
        mention_id = acme.id_of("a")
        with acme.database.begin() as work:
            assert work.tombstones.forget_mention(mention_id, NOW) == Receipt(mentions=1)
        assert acme.counts() == {("shop", "negative", False): 1}
