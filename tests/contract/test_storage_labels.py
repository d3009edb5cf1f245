"""Labels: drawn once, answered as often as somebody changes their mind, counted only as long as they fit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from twelvefold.records import Sentiment
from twelvefold.storage.labels import SKIPPED, Drawn, Label

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
EVER = date(2000, 1, 1)


@pytest.fixture
def drawn(acme: Any) -> Any:
    """A brand with two complaints and a praise, all drawn for the present model."""
    bad, worse = acme.mention("a", "It broke."), acme.mention("b", "It burnt down.", source="forum", subject="Kettle")
    good, stars = acme.mention("c", "Lovely."), acme.mention("d", "", stars=1.0)
    for mention in (bad, worse, good, stars):  # a page is of one source, and pages come one after the other
        acme.save(mention)
    acme.judge(
        acme.judgement(bad),
        acme.judgement(worse),
        acme.judgement(good, Sentiment.POSITIVE),
        acme.judgement(good, model="other/1"),
        acme.judgement(stars, model="rating"),
    )
    draw(acme)
    return acme


def draw(acme: Any, model: str = MODEL) -> list[str]:
    """Draw all that may be drawn, and return the texts that wait for a label."""
    with acme.database.begin() as work:
        work.labels.draw(
            acme.brand, model, [each.mention_id for each in work.labels.undrawn(acme.brand, model, EVER)], NIGHT
        )
        return [each.text for each in work.labels.pending(acme.brand, model, EVER)]


def number_of(acme: Any, text: str) -> int:
    with acme.database.read() as work:
        rows = work.mentions.unjudged(acme.brand, "nobody", limit=100)
    number: int = next(row.mention_id for row in rows if row.text == text)
    return number


def answer(acme: Any, text: str, said: Sentiment | None, actor: str = "ana") -> None:
    with acme.database.begin() as work:
        (waiting,) = [each for each in work.labels.pending(acme.brand, MODEL, EVER) if each.text == text]
        work.labels.answer(waiting.draw_id, actor, said, NIGHT)


def given(acme: Any, model: str = MODEL) -> list[tuple[str, Sentiment, Sentiment | None]]:
    with acme.database.read() as work:
        return [(label.source, label.named, label.truth) for label in work.labels.given(acme.brand, model)]


class TestDrawing:
    def test_mentions_with_words_are_drawn_once_for_each_model(self, drawn: Any) -> None:
        assert draw(drawn) == ["It broke.", "It burnt down.", "Lovely."]
        assert draw(drawn, "other/1") == ["Lovely."]
        with drawn.database.read() as work:
            assert work.labels.drawn(drawn.brand, MODEL, EVER) == {Sentiment.NEGATIVE: 2, Sentiment.POSITIVE: 1}
            assert list(work.labels.undrawn(drawn.brand, MODEL, EVER)) == []
            assert work.labels.pending(drawn.brand, MODEL, NIGHT.date()) == []
            assert work.labels.drawn(drawn.brand, MODEL, NIGHT.date()) == {}

    def test_copies_and_removed_mentions_are_not_drawn(self, acme: Any) -> None:
        original, copy, gone = acme.mention("a"), acme.mention("b", source="ios"), acme.mention("c", "Gone")
        acme.save(original, copy, gone)
        acme.judge(acme.judgement(original), acme.judgement(gone))
        with acme.database.begin() as work:
            work.mentions.link_duplicates(acme.brand)
            work.mentions.mark_removed(acme.brand, "shop", ["c"], NIGHT, "the page answered 404")
        assert len(draw(acme)) == 1

    def test_what_is_answered_or_skipped_waits_no_more(self, drawn: Any) -> None:
        answer(drawn, "It broke.", Sentiment.NEGATIVE)
        answer(drawn, "Lovely.", None)
        assert draw(drawn) == ["It burnt down."]


class TestLabels:
    def test_they_tell_what_was_named_and_what_is_true(self, drawn: Any) -> None:
        answer(drawn, "It broke.", Sentiment.NEUTRAL)
        answer(drawn, "It burnt down.", Sentiment.NEGATIVE)
        answer(drawn, "Lovely.", None)
        assert given(drawn) == [
            ("shop", Sentiment.NEGATIVE, Sentiment.NEUTRAL),
            ("forum", Sentiment.NEGATIVE, Sentiment.NEGATIVE),
            ("shop", Sentiment.POSITIVE, None),
        ]
        assert given(drawn, "other/1") == []
        with drawn.database.read() as work:
            second = work.labels.given(drawn.brand, MODEL)[1]
            assert second == Label(date(2026, 11, 21), "forum", "Kettle", "und", Sentiment.NEGATIVE, Sentiment.NEGATIVE)
            assert work.labels.given(drawn.brand, MODEL, until=date(2026, 11, 21)) == []

    def test_the_latest_answer_counts(self, drawn: Any) -> None:
        with drawn.database.begin() as work:
            first = work.labels.pending(drawn.brand, MODEL, EVER)[0]
            for said, actor in ((Sentiment.POSITIVE, "ana"), (Sentiment.NEGATIVE, "ben"), (Sentiment.NEUTRAL, "ana")):
                work.labels.answer(first.draw_id, actor, said, NIGHT)
        assert given(drawn) == [("shop", Sentiment.NEGATIVE, Sentiment.NEUTRAL)]

    def test_an_edited_mention_must_be_drawn_anew(self, drawn: Any) -> None:
        answer(drawn, "It broke.", Sentiment.NEGATIVE)
        mended = drawn.mention("a", "It broke, but they sent another.", raw_revision="raw-2")
        drawn.save(mended)
        drawn.judge(drawn.judgement(mended, Sentiment.NEUTRAL))
        assert given(drawn) == []
        assert "It broke, but they sent another." in draw(drawn)

    def test_they_go_with_a_mention_that_is_forgotten(self, drawn: Any) -> None:
        broken = number_of(drawn, "It broke.")
        answer(drawn, "It broke.", Sentiment.NEGATIVE)
        answer(drawn, "Lovely.", Sentiment.POSITIVE)
        with drawn.database.begin() as work:
            work.tombstones.forget_mention(broken, NIGHT)
        assert given(drawn) == [("shop", Sentiment.POSITIVE, Sentiment.POSITIVE)]
        with drawn.database.read() as work:
            assert work.labels.look_up(drawn.brand, MODEL, [broken]) == {}

    def test_they_stay_where_only_the_words_may_not_be_kept(self, drawn: Any) -> None:
        answer(drawn, "It broke.", Sentiment.NEGATIVE)
        with drawn.database.begin() as work:
            work.mentions.erase_texts(work.brands.ensure_source(drawn.brand, "shop", "schema_org"), NIGHT)
        assert given(drawn) == [("shop", Sentiment.NEGATIVE, Sentiment.NEGATIVE)]
        # What nobody can read any more waits for no label.
        assert draw(drawn) == ["It burnt down."]


class TestLookingUp:
    def test_it_tells_what_an_answer_in_a_file_would_be_for(self, drawn: Any) -> None:
        broken, lovely = number_of(drawn, "It broke."), number_of(drawn, "Lovely.")
        starred = lovely + 1
        answer(drawn, "It broke.", None)
        with drawn.database.read() as work:
            found = work.labels.look_up(drawn.brand, MODEL, [broken, lovely, starred, 999])
            assert found.keys() == {broken, lovely, starred}
            assert found[broken].answer == SKIPPED
            assert (found[lovely].answer, found[lovely].draw_id is None) == (None, False)
            assert found[starred] == Drawn(None)
            assert work.labels.look_up(drawn.brand, "other/1", [lovely])[lovely] == Drawn(None, (MODEL,))
            assert work.labels.look_up(drawn.brand + 1, MODEL, [lovely]) == {}

    def test_an_edited_mention_is_stale_until_it_is_drawn_again(self, drawn: Any) -> None:
        broken = number_of(drawn, "It broke.")
        mended = drawn.mention("a", "Mended.", raw_revision="raw-2")
        drawn.save(mended)
        drawn.judge(drawn.judgement(mended))
        with drawn.database.read() as work:
            assert work.labels.look_up(drawn.brand, MODEL, [broken])[broken] == Drawn(None, is_stale=True)
        draw(drawn)
        with drawn.database.read() as work:
            known = work.labels.look_up(drawn.brand, MODEL, [broken])[broken]
        assert known.draw_id is not None
        assert not known.is_stale
