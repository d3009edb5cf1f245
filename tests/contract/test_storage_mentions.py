"""Mentions: what is kept, what is an edit, what is counted; on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twelvefold.records import Mention, Precision, Sentiment
from twelvefold.storage.ingest import Saved
from twelvefold.storage.repository import Work

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
LONG = "The kettle leaks over the whole kitchen table, and nobody answers my letters."


class TestSaving:
    def test_a_page_is_new_once_and_seen_again_after(self, acme: Any) -> None:
        page = [acme.mention("a", "It works."), acme.mention("b", "It does not work.")]
        assert acme.save(*page) == Saved(new=2)
        assert acme.save(*page) == Saved(seen_again=2)
        assert [record["external_id"] for record in acme.records()] == ["a", "b"]

    def test_an_empty_page_is_nothing(self, acme: Any) -> None:
        assert acme.save() == Saved()

    def test_the_same_mention_twice_in_a_page_is_one(self, acme: Any) -> None:
        assert acme.save(acme.mention("a", "First"), acme.mention("a", "Second")) == Saved(new=1, seen_again=1)
        assert [record["text"] for record in acme.records()] == ["Second"]

    def test_the_same_id_at_two_sources_is_two_mentions(self, acme: Any) -> None:
        assert acme.save(acme.mention("a", "One"), acme.mention("a", "Two", source="ios")).new == 2

    def test_the_same_id_for_two_brands_is_two_mentions(self, acme: Any) -> None:
        acme.save(acme.mention("a"))
        with acme.database.begin() as work:
            other = work.brands.ensure("Other", "UTC")
            assert work.mentions.save(other, [acme.mention("a")], zone=PARIS).new == 1
            assert work.mentions.count(acme.brand) == work.mentions.count(other) == 1

    def test_every_field_of_the_export_record_comes_back(self, acme: Any) -> None:
        full = acme.mention(
            "a",
            "壞了，沒有人回覆 — déçu",
            title="Déçu",
            subject="Kettle",
            rating=2.5,
            rating_best=10.0,
            rating_worst=0.0,
            stars=2.0,
            url="https://shop.example/r/1",
            language="fr",
            verified=True,
            incentivised=False,
            reply_text="Sorry",
            reply_at=NIGHT,
            customer_id="C1",
            payload={"raw": "a\u0000b", "n": [1, 2]},
        )
        acme.save(full)
        acme.judge(acme.judgement(full, sure=0.9))
        (record,) = acme.records()
        assert record.pop("negative") == 0.9
        assert record.pop("neutral") == record.pop("positive") == pytest.approx(0.05)
        assert record == {
            "source": "shop",
            "external_id": "a",
            "kind": "schema_org",
            "subject": "Kettle",
            "author_hash": full.author_hash,
            "title": "Déçu",
            "text": "壞了，沒有人回覆 — déçu",
            "rating": 2.5,
            "rating_best": 10.0,
            "rating_worst": 0.0,
            "stars": 2.0,
            "published_at": "2026-11-20T23:30:00+00:00",
            "published_precision": "second",
            "collected_at": "2026-11-22T02:00:00+00:00",
            "url": "https://shop.example/r/1",
            "language": "fr",
            "verified": True,
            "incentivised": False,
            "reply_text": "Sorry",
            "reply_at": "2026-11-22T02:00:00+00:00",
            "revision": 1,
            "removed_at": None,
            "duplicate_of": None,
            "label": "negative",
            "confidence": 0.9,
            "model": MODEL,
        }

    def test_a_time_without_a_zone_is_refused(self, acme: Any) -> None:
        with pytest.raises(Exception, match="no time zone"):
            acme.save(replace(acme.mention("a"), reply_at=datetime(2026, 11, 22)))
        assert acme.records() == []

    def test_a_failure_in_the_block_keeps_nothing(self, acme: Any) -> None:
        with pytest.raises(RuntimeError), acme.database.begin() as work:
            work.mentions.save(acme.brand, [acme.mention("a")], zone=PARIS)
            raise RuntimeError
        assert acme.records() == []

    def test_more_rows_than_a_statement_has_room_for(self, acme: Any) -> None:
        page = [acme.mention(str(number), f"Number {number}") for number in range(11_000)]
        assert acme.save(*page) == Saved(new=11_000)
        assert acme.save(*page, acme.mention("last", "The last")) == Saved(new=1, seen_again=11_000)

    @pytest.mark.parametrize(
        ("published", "precision", "expected"),
        [
            (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), Precision.SECOND, date(2026, 11, 21)),
            (datetime(2026, 11, 20, tzinfo=UTC), Precision.DAY, date(2026, 11, 20)),
            (None, Precision.NONE, date(2026, 11, 22)),
        ],
    )
    def test_it_counts_on_its_local_day(
        self, acme: Any, published: datetime | None, precision: Precision, expected: date
    ) -> None:
        told = acme.mention("a", published_at=published, published_precision=precision)
        acme.save(told)
        acme.judge(acme.judgement(told))
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [expected]


class TestEdits:
    def test_an_edit_makes_a_revision_and_counts_once(self, acme: Any) -> None:
        first, second = acme.mention("a", "It broke."), acme.mention("a", "It works after all.")
        acme.save(first)
        acme.judge(acme.judgement(first), acme.judgement(second, Sentiment.POSITIVE))
        assert acme.counts() == {("shop", "negative", False): 1}
        assert acme.save(replace(second, collected_at=NIGHT + timedelta(days=1))) == Saved(edited=1)
        assert acme.counts() == {("shop", "positive", False): 1}
        (record,) = acme.records()
        assert (record["text"], record["revision"]) == ("It works after all.", 2)
        assert record["collected_at"] == NIGHT.isoformat()
        with acme.database.read() as work:
            old = work.mentions.revisions(acme.id_of("a"))
        assert [(row.revision, row.text, row.replaced_at) for row in old] == [
            (1, "It broke.", NIGHT + timedelta(days=1))
        ]

    def test_an_edit_without_a_date_stays_on_its_day(self, acme: Any) -> None:
        undated = acme.mention("a", "One", published_at=None, published_precision=Precision.NONE)
        later = acme.mention(
            "a", "Two", published_at=None, published_precision=Precision.NONE, collected_at=NIGHT + timedelta(days=9)
        )
        acme.save(undated)
        acme.save(later)
        acme.judge(acme.judgement(later))
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [date(2026, 11, 22)]

    def test_a_text_judged_before_counts_at_once_with_its_language(self, acme: Any) -> None:
        known = acme.mention("a", "It broke.")
        acme.save(known)
        acme.judge(acme.judgement(known))
        acme.save(acme.mention("b", "It broke."))
        assert acme.counts() == {("shop", "negative", False): 2}
        assert [record["language"] for record in acme.records()] == [None, "en"]

    def test_a_new_raw_record_that_reads_the_same_is_no_edit(self, acme: Any) -> None:
        acme.save(acme.mention("a"))
        assert acme.save(acme.mention("a", raw_revision="raw-2")) == Saved(seen_again=1)
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop") == {"a": "raw-2"}

    def test_known_gives_the_newest(self, acme: Any) -> None:
        days = [acme.mention(str(day), published_at=datetime(2026, 11, day, tzinfo=UTC)) for day in (3, 1, 2)]
        acme.save(*days, acme.mention("x", source="ios"))
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop", limit=2) == {"3": "raw-1", "2": "raw-1"}
            assert work.mentions.known(acme.brand, "nowhere") == {}

    def test_of_one_day_the_ones_stored_last_are_the_newest(self, acme: Any) -> None:
        for name in ("a", "b", "c"):
            acme.save(acme.mention(name))
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop", limit=2).keys() == {"b", "c"}


class TestRemovals:
    def test_a_removed_mention_no_longer_counts(self, acme: Any) -> None:
        gone = acme.mention("a")
        acme.save(gone)
        acme.judge(acme.judgement(gone))
        with acme.database.begin() as work:
            assert work.mentions.mark_removed(acme.brand, "shop", ["a", "never"], NIGHT, "the page answered 404") == 1
            assert work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404") == 0
        assert acme.counts() == {}
        assert [record["removed_at"] for record in acme.records()] == [NIGHT.isoformat()]
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop") == {}
            assert work.mentions.quotes(acme.brand, MODEL, Sentiment.NEGATIVE, None, None, 5) == []

    def test_what_comes_back_counts_again(self, acme: Any) -> None:
        gone = acme.mention("a")
        acme.save(gone)
        acme.judge(acme.judgement(gone))
        with acme.database.begin() as work:
            work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404")
        assert acme.save(gone) == Saved(seen_again=1)
        assert acme.counts() == {("shop", "negative", False): 1}
        assert [record["removed_at"] for record in acme.records()] == [None]

    def test_a_copy_counts_when_its_original_goes(self, acme: Any) -> None:
        original, copy = acme.mention("a"), acme.mention("b", source="ios")
        acme.save(original, copy)
        acme.judge(acme.judgement(original))
        with acme.database.begin() as work:
            assert work.mentions.link_duplicates(acme.brand) == 1
        with acme.database.begin() as work:
            work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404")
        assert acme.counts() == {("ios", "negative", False): 1}


class TestDuplicates:
    def link(self, acme: Any) -> int:
        with acme.database.begin() as work:
            return work.mentions.link_duplicates(acme.brand)

    def links(self, acme: Any) -> dict[str, str | None]:
        return {f"{row['source']}:{row['external_id']}": row["duplicate_of"] for row in acme.records()}

    def test_a_long_text_at_two_sources_counts_once_for_the_earliest(self, acme: Any) -> None:
        later = acme.mention("a")
        earlier = acme.mention("b", source="ios", published_at=NIGHT - timedelta(days=30))
        acme.save(later, earlier)
        acme.judge(acme.judgement(later))
        assert self.link(acme) == 1
        assert self.links(acme) == {"shop:a": "ios:b", "ios:b": None}
        assert acme.counts() == {("ios", "negative", False): 1}
        assert self.link(acme) == 0

    def test_a_short_text_needs_the_same_author(self, acme: Any) -> None:
        acme.save(acme.mention("a", "Great!"), acme.mention("b", "Great!", source="ios"))
        assert self.link(acme) == 0
        acme.save(
            acme.mention("c", "Fine!", author_hash="z"), acme.mention("d", "Fine!", source="ios", author_hash="z")
        )
        assert self.link(acme) == 1

    def test_one_source_repeating_itself_is_left_alone(self, acme: Any) -> None:
        acme.save(acme.mention("a"), acme.mention("b"))
        assert self.link(acme) == 0

    def test_an_edited_copy_is_a_mention_of_its_own(self, acme: Any) -> None:
        original, copy = acme.mention("a"), acme.mention("b", source="ios", published_at=NIGHT)
        acme.save(original, copy)
        changed = acme.mention("b", LONG + " They did, in the end.", source="ios")
        acme.judge(acme.judgement(original), acme.judgement(changed, Sentiment.NEUTRAL))
        self.link(acme)
        acme.save(changed)
        assert acme.counts() == {("shop", "negative", False): 1, ("ios", "neutral", False): 1}

    def test_an_original_with_a_case_stays_the_original(self, acme: Any) -> None:
        first = acme.mention("a")
        acme.save(first)
        acme.judge(acme.judgement(first))
        with acme.database.begin() as work:
            work.cases.open_for_negatives(acme.brand, MODEL, NIGHT)
        acme.save(acme.mention("b", source="ios", published_at=NIGHT - timedelta(days=300)))
        self.link(acme)
        assert self.links(acme) == {"shop:a": None, "ios:b": "shop:a"}
        with acme.database.begin() as work:
            assert work.cases.open_for_negatives(acme.brand, MODEL, NIGHT) == 0

    def test_ratings_without_words_are_never_copies(self, acme: Any) -> None:
        acme.save(
            acme.mention("a", "", stars=5.0, author_hash="z"),
            acme.mention("b", "", source="ios", stars=5.0, author_hash="z"),
        )
        assert self.link(acme) == 0


class TestJudging:
    def waiting(self, work: Work, brand: int, **page: int) -> list[str]:
        return [row.text for row in work.mentions.unjudged(brand, MODEL, limit=page.pop("limit", 10), **page)]

    def test_each_text_waits_once_and_until_it_is_judged(self, acme: Any) -> None:
        one, two, three = acme.mention("a", "One"), acme.mention("b", "Two"), acme.mention("c", "Three")
        acme.save(one, two, acme.mention("d", "One"), three)
        with acme.database.read() as work:
            assert self.waiting(work, acme.brand) == ["One", "Two", "Three"]
            first = work.mentions.unjudged(acme.brand, MODEL, limit=1)
            assert self.waiting(work, acme.brand, limit=1, after=first[0].mention_id) == ["Two"]
        assert acme.judge(acme.judgement(one), acme.judgement(one), acme.judgement(two, model="other/1")) == 2
        with acme.database.read() as work:
            assert self.waiting(work, acme.brand) == ["Two", "Three"]

    def test_judging_twice_changes_nothing(self, acme: Any) -> None:
        one = acme.mention("a", "One")
        acme.save(one)
        assert acme.judge(acme.judgement(one, Sentiment.POSITIVE)) == 1
        assert acme.judge(acme.judgement(one, Sentiment.NEGATIVE)) == 0
        assert acme.counts() == {("shop", "positive", False): 1}

    def test_what_is_cached_is_what_was_saved(self, acme: Any) -> None:
        one = acme.mention("a", "One")
        rich = replace(
            acme.judgement(one),
            stars=1.5,
            mixed=True,
            aspects=({"aspect": "delivery", "label": "negative"},),
            urgency={"level": 2},
            contradiction=True,
        )
        acme.judge(rich)
        with acme.database.read() as work:
            assert work.judgements.cached([one.content_hash, "unknown"], MODEL) == {one.content_hash: rich}
            assert work.judgements.cached([one.content_hash], "other/1") == {}

    def test_a_rating_without_text_counts_by_its_stars_with_any_model(self, acme: Any) -> None:
        bare, worded = acme.mention("a", "", stars=1.0), acme.mention("b", "Good", stars=5.0)
        acme.save(bare, worded)
        with acme.database.read() as work:
            assert [row.stars for row in work.mentions.unjudged(acme.brand, MODEL, limit=9)] == [1.0, 5.0]
        acme.judge(
            acme.judgement(bare, model="rating"),
            acme.judgement(worded, Sentiment.POSITIVE),
            acme.judgement(worded, Sentiment.NEGATIVE, model="rating"),
        )
        assert acme.counts() == {("shop", "negative", False): 1, ("shop", "positive", False): 1}
        assert acme.counts("other/1") == {("shop", "negative", False): 1}
        with acme.database.read() as work:
            assert work.mentions.unjudged(acme.brand, MODEL, limit=9) == []
            assert work.rollups.models(acme.brand) == [MODEL]
        assert [(record["label"], record["model"]) for record in acme.records()] == [
            ("negative", "rating"),
            ("positive", MODEL),
        ]

    def test_two_models_are_counted_apart(self, acme: Any) -> None:
        one = acme.mention("a", "One")
        acme.save(one)
        acme.judge(acme.judgement(one, Sentiment.POSITIVE), acme.judgement(one, Sentiment.NEGATIVE, model="other/1"))
        assert acme.counts() == {("shop", "positive", False): 1}
        assert acme.counts("other/1") == {("shop", "negative", False): 1}
        with acme.database.read() as work:
            assert [row["model"] for row in work.mentions.export(acme.brand)] == ["other/1"]
            assert [row["model"] for row in work.mentions.export(acme.brand, MODEL)] == [MODEL]

    def test_a_language_goes_for_every_mention_of_the_text(self, acme: Any) -> None:
        one, bare = acme.mention("a", "Un"), acme.mention("c", "", stars=5.0)
        acme.save(one, acme.mention("b", "Un", language="en"), bare, acme.mention("d", "", stars=5.0))
        acme.judge(acme.judgement(one))
        with acme.database.begin() as work:
            ids = {row.text: row.mention_id for row in work.mentions.unjudged(acme.brand, "nobody", limit=9)}
            work.mentions.set_languages({ids["Un"]: "fr", ids[""]: "zh-Hant"})
            assert [(row.language, row.n) for row in work.rollups.daily(acme.brand, MODEL)] == [("fr", 2)]
        assert acme.counts() == {("shop", "negative", False): 2}
        assert [record["language"] for record in acme.records()] == ["fr", "fr", "zh-Hant", None]


class TestQuotes:
    def quoted(self, acme: Any, label: Sentiment, since: date | None, until: date | None, limit: int = 9) -> list[str]:
        with acme.database.read() as work:
            return [quote.text for quote in work.mentions.quotes(acme.brand, MODEL, label, since, until, limit)]

    def test_the_surest_come_first_within_the_days(self, acme: Any) -> None:
        weak, strong = acme.mention("a", "Weak"), acme.mention("b", "Strong")
        good, old = acme.mention("c", "Good"), acme.mention("d", "Old", published_at=NIGHT - timedelta(days=60))
        acme.save(weak, strong, good, old, acme.mention("e", "Unjudged"))
        acme.judge(
            acme.judgement(weak, sure=0.6), acme.judgement(strong, sure=0.99), acme.judgement(good, Sentiment.POSITIVE)
        )
        acme.judge(acme.judgement(old, sure=0.999))
        week = (date(2026, 11, 16), date(2026, 11, 23))
        assert self.quoted(acme, Sentiment.NEGATIVE, *week) == ["Strong", "Weak"]
        assert self.quoted(acme, Sentiment.NEGATIVE, *week, limit=1) == ["Strong"]
        assert self.quoted(acme, Sentiment.NEGATIVE, None, None) == ["Old", "Strong", "Weak"]
        assert self.quoted(acme, Sentiment.NEGATIVE, None, date(2026, 11, 21)) == ["Old"]
        assert self.quoted(acme, Sentiment.POSITIVE, date(2026, 11, 21), None) == ["Good"]


class TestZones:
    def test_a_brand_that_moves_counts_its_mentions_by_the_new_days(self, acme: Any) -> None:
        late = acme.mention("a", published_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
        acme.save(late)
        acme.judge(acme.judgement(late))
        with acme.database.begin() as work:
            assert work.brands.ensure("Acme", "America/New_York") == acme.brand
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [date(2026, 11, 20)]
        assert acme.counts() == {("shop", "negative", False): 1}


def test_recomputing_gives_what_was_kept(acme: Any) -> None:
    page: Sequence[Mention] = [
        acme.mention(str(number), f"Text {number % 7}", subject=f"S{number % 2}") for number in range(40)
    ]
    acme.save(*page)
    acme.judge(*(acme.judgement(each, list(Sentiment)[number % 3]) for number, each in enumerate(page[:7])))
    with acme.database.begin() as work:
        kept = work.rollups.daily(acme.brand, MODEL)
        work.rollups.recompute(acme.brand)
        assert work.rollups.daily(acme.brand, MODEL) == kept
        assert sum(row.n for row in kept) == 40
        assert {row.subject for row in kept} == {"S0", "S1"}
        inside = work.rollups.daily(acme.brand, MODEL, since=date(2026, 11, 21), until=date(2026, 11, 22))
        assert inside == kept
        assert work.rollups.daily(acme.brand, MODEL, until=date(2026, 11, 21)) == []
