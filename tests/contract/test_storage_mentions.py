"""Mentions: what is kept, what is an edit, what is counted; on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twelvefold.records import Judgement, Mention, Precision, Sentiment
from twelvefold.storage.engine import Database
from twelvefold.storage.ingest import Saved
from twelvefold.storage.repository import Work

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"
LONG = "The kettle leaks over the whole kitchen table, and nobody answers my letters."


def digest(*parts: object) -> str:
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()


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


def judgement(
    of: Mention, label: Sentiment = Sentiment.NEGATIVE, *, model: str = MODEL, sure: float = 0.8
) -> Judgement:
    rest = (1 - sure) / 2
    shares = {each.value: sure if each is label else rest for each in Sentiment}
    return Judgement(content_hash=of.content_hash, model=model, label=label, confidence=sure, language="en", **shares)


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


@pytest.fixture
def acme(database: Database) -> Acme:
    return Acme(database)


class TestSaving:
    def test_a_page_is_new_once_and_seen_again_after(self, acme: Acme) -> None:
        page = [mention("a", "It works."), mention("b", "It does not work.")]
        assert acme.save(*page) == Saved(new=2)
        assert acme.save(*page) == Saved(seen_again=2)
        assert [record["external_id"] for record in acme.records()] == ["a", "b"]

    def test_an_empty_page_is_nothing(self, acme: Acme) -> None:
        assert acme.save() == Saved()

    def test_the_same_mention_twice_in_a_page_is_one(self, acme: Acme) -> None:
        assert acme.save(mention("a", "First"), mention("a", "Second")) == Saved(new=1, seen_again=1)
        assert [record["text"] for record in acme.records()] == ["Second"]

    def test_the_same_id_at_two_sources_is_two_mentions(self, acme: Acme) -> None:
        assert acme.save(mention("a", "One"), mention("a", "Two", source="ios")).new == 2

    def test_the_same_id_for_two_brands_is_two_mentions(self, acme: Acme) -> None:
        acme.save(mention("a"))
        with acme.database.begin() as work:
            other = work.brands.ensure("Other", "UTC")
            assert work.mentions.save(other, [mention("a")], zone=PARIS).new == 1
            assert work.mentions.count(acme.brand) == work.mentions.count(other) == 1

    def test_every_field_of_the_export_record_comes_back(self, acme: Acme) -> None:
        full = mention(
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
            reply_text="Sorry",
            reply_at=NIGHT,
            customer_id="C1",
            payload={"raw": "a\u0000b", "n": [1, 2]},
        )
        acme.save(full)
        acme.judge(judgement(full, sure=0.9))
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
            "reply_text": "Sorry",
            "reply_at": "2026-11-22T02:00:00+00:00",
            "revision": 1,
            "removed_at": None,
            "duplicate_of": None,
            "label": "negative",
            "confidence": 0.9,
            "model": MODEL,
        }

    def test_a_time_without_a_zone_is_refused(self, acme: Acme) -> None:
        with pytest.raises(Exception, match="no time zone"):
            acme.save(replace(mention("a"), reply_at=datetime(2026, 11, 22)))
        assert acme.records() == []

    def test_a_failure_in_the_block_keeps_nothing(self, acme: Acme) -> None:
        with pytest.raises(RuntimeError), acme.database.begin() as work:
            work.mentions.save(acme.brand, [mention("a")], zone=PARIS)
            raise RuntimeError
        assert acme.records() == []

    def test_more_rows_than_a_statement_has_room_for(self, acme: Acme) -> None:
        page = [mention(str(number), f"Number {number}") for number in range(11_000)]
        assert acme.save(*page) == Saved(new=11_000)
        assert acme.save(*page, mention("last", "The last")) == Saved(new=1, seen_again=11_000)

    @pytest.mark.parametrize(
        ("published", "precision", "expected"),
        [
            (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), Precision.SECOND, date(2026, 11, 21)),
            (datetime(2026, 11, 20, tzinfo=UTC), Precision.DAY, date(2026, 11, 20)),
            (None, Precision.NONE, date(2026, 11, 22)),
        ],
    )
    def test_it_counts_on_its_local_day(
        self, acme: Acme, published: datetime | None, precision: Precision, expected: date
    ) -> None:
        told = mention("a", published_at=published, published_precision=precision)
        acme.save(told)
        acme.judge(judgement(told))
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [expected]


class TestEdits:
    def test_an_edit_makes_a_revision_and_counts_once(self, acme: Acme) -> None:
        first, second = mention("a", "It broke."), mention("a", "It works after all.")
        acme.save(first)
        acme.judge(judgement(first), judgement(second, Sentiment.POSITIVE))
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

    def test_an_edit_without_a_date_stays_on_its_day(self, acme: Acme) -> None:
        undated = mention("a", "One", published_at=None, published_precision=Precision.NONE)
        later = mention(
            "a", "Two", published_at=None, published_precision=Precision.NONE, collected_at=NIGHT + timedelta(days=9)
        )
        acme.save(undated)
        acme.save(later)
        acme.judge(judgement(later))
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [date(2026, 11, 22)]

    def test_a_text_judged_before_counts_at_once_with_its_language(self, acme: Acme) -> None:
        known = mention("a", "It broke.")
        acme.save(known)
        acme.judge(judgement(known))
        acme.save(mention("b", "It broke."))
        assert acme.counts() == {("shop", "negative", False): 2}
        assert [record["language"] for record in acme.records()] == [None, "en"]

    def test_a_new_raw_record_that_reads_the_same_is_no_edit(self, acme: Acme) -> None:
        acme.save(mention("a"))
        assert acme.save(mention("a", raw_revision="raw-2")) == Saved(seen_again=1)
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop") == {"a": "raw-2"}

    def test_known_gives_the_newest(self, acme: Acme) -> None:
        days = [mention(str(day), published_at=datetime(2026, 11, day, tzinfo=UTC)) for day in (3, 1, 2)]
        acme.save(*days, mention("x", source="ios"))
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop", limit=2) == {"3": "raw-1", "2": "raw-1"}
            assert work.mentions.known(acme.brand, "nowhere") == {}


class TestRemovals:
    def test_a_removed_mention_no_longer_counts(self, acme: Acme) -> None:
        gone = mention("a")
        acme.save(gone)
        acme.judge(judgement(gone))
        with acme.database.begin() as work:
            assert work.mentions.mark_removed(acme.brand, "shop", ["a", "never"], NIGHT, "the page answered 404") == 1
            assert work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404") == 0
        assert acme.counts() == {}
        assert [record["removed_at"] for record in acme.records()] == [NIGHT.isoformat()]
        with acme.database.read() as work:
            assert work.mentions.known(acme.brand, "shop") == {}
            assert work.mentions.quotes(acme.brand, MODEL, Sentiment.NEGATIVE, None, None, 5) == []

    def test_what_comes_back_counts_again(self, acme: Acme) -> None:
        gone = mention("a")
        acme.save(gone)
        acme.judge(judgement(gone))
        with acme.database.begin() as work:
            work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404")
        assert acme.save(gone) == Saved(seen_again=1)
        assert acme.counts() == {("shop", "negative", False): 1}
        assert [record["removed_at"] for record in acme.records()] == [None]

    def test_a_copy_counts_when_its_original_goes(self, acme: Acme) -> None:
        original, copy = mention("a"), mention("b", source="ios")
        acme.save(original, copy)
        acme.judge(judgement(original))
        with acme.database.begin() as work:
            assert work.mentions.link_duplicates(acme.brand) == 1
        with acme.database.begin() as work:
            work.mentions.mark_removed(acme.brand, "shop", ["a"], NIGHT, "the page answered 404")
        assert acme.counts() == {("ios", "negative", False): 1}


class TestDuplicates:
    def link(self, acme: Acme) -> int:
        with acme.database.begin() as work:
            return work.mentions.link_duplicates(acme.brand)

    def links(self, acme: Acme) -> dict[str, str | None]:
        return {f"{row['source']}:{row['external_id']}": row["duplicate_of"] for row in acme.records()}

    def test_a_long_text_at_two_sources_counts_once_for_the_earliest(self, acme: Acme) -> None:
        later = mention("a")
        earlier = mention("b", source="ios", published_at=NIGHT - timedelta(days=30))
        acme.save(later, earlier)
        acme.judge(judgement(later))
        assert self.link(acme) == 1
        assert self.links(acme) == {"shop:a": "ios:b", "ios:b": None}
        assert acme.counts() == {("ios", "negative", False): 1}
        assert self.link(acme) == 0

    def test_a_short_text_needs_the_same_author(self, acme: Acme) -> None:
        acme.save(mention("a", "Great!"), mention("b", "Great!", source="ios"))
        assert self.link(acme) == 0
        acme.save(mention("c", "Fine!", author_hash="z"), mention("d", "Fine!", source="ios", author_hash="z"))
        assert self.link(acme) == 1

    def test_one_source_repeating_itself_is_left_alone(self, acme: Acme) -> None:
        acme.save(mention("a"), mention("b"))
        assert self.link(acme) == 0

    def test_an_edited_copy_is_a_mention_of_its_own(self, acme: Acme) -> None:
        original, copy = mention("a"), mention("b", source="ios", published_at=NIGHT)
        acme.save(original, copy)
        changed = mention("b", LONG + " They did, in the end.", source="ios")
        acme.judge(judgement(original), judgement(changed, Sentiment.NEUTRAL))
        self.link(acme)
        acme.save(changed)
        assert acme.counts() == {("shop", "negative", False): 1, ("ios", "neutral", False): 1}

    def test_an_original_with_a_case_stays_the_original(self, acme: Acme) -> None:
        first = mention("a")
        acme.save(first)
        acme.judge(judgement(first))
        with acme.database.begin() as work:
            work.cases.open_for_negatives(acme.brand, MODEL, NIGHT)
        acme.save(mention("b", source="ios", published_at=NIGHT - timedelta(days=300)))
        self.link(acme)
        assert self.links(acme) == {"shop:a": None, "ios:b": "shop:a"}
        with acme.database.begin() as work:
            assert work.cases.open_for_negatives(acme.brand, MODEL, NIGHT) == 0

    def test_ratings_without_words_are_never_copies(self, acme: Acme) -> None:
        acme.save(
            mention("a", "", stars=5.0, author_hash="z"), mention("b", "", source="ios", stars=5.0, author_hash="z")
        )
        assert self.link(acme) == 0


class TestJudging:
    def waiting(self, work: Work, brand: int, **page: int) -> list[str]:
        return [row.text for row in work.mentions.unjudged(brand, MODEL, limit=page.pop("limit", 10), **page)]

    def test_each_text_waits_once_and_until_it_is_judged(self, acme: Acme) -> None:
        one, two, three = mention("a", "One"), mention("b", "Two"), mention("c", "Three")
        acme.save(one, two, mention("d", "One"), three)
        with acme.database.read() as work:
            assert self.waiting(work, acme.brand) == ["One", "Two", "Three"]
            first = work.mentions.unjudged(acme.brand, MODEL, limit=1)
            assert self.waiting(work, acme.brand, limit=1, after=first[0].mention_id) == ["Two"]
        assert acme.judge(judgement(one), judgement(one), judgement(two, model="other/1")) == 2
        with acme.database.read() as work:
            assert self.waiting(work, acme.brand) == ["Two", "Three"]

    def test_judging_twice_changes_nothing(self, acme: Acme) -> None:
        one = mention("a", "One")
        acme.save(one)
        assert acme.judge(judgement(one, Sentiment.POSITIVE)) == 1
        assert acme.judge(judgement(one, Sentiment.NEGATIVE)) == 0
        assert acme.counts() == {("shop", "positive", False): 1}

    def test_what_is_cached_is_what_was_saved(self, acme: Acme) -> None:
        one = mention("a", "One")
        rich = replace(
            judgement(one),
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

    def test_a_rating_without_text_counts_by_its_stars_with_any_model(self, acme: Acme) -> None:
        bare, worded = mention("a", "", stars=1.0), mention("b", "Good", stars=5.0)
        acme.save(bare, worded)
        with acme.database.read() as work:
            assert [row.stars for row in work.mentions.unjudged(acme.brand, MODEL, limit=9)] == [1.0, 5.0]
        acme.judge(
            judgement(bare, model="rating"),
            judgement(worded, Sentiment.POSITIVE),
            judgement(worded, Sentiment.NEGATIVE, model="rating"),
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

    def test_two_models_are_counted_apart(self, acme: Acme) -> None:
        one = mention("a", "One")
        acme.save(one)
        acme.judge(judgement(one, Sentiment.POSITIVE), judgement(one, Sentiment.NEGATIVE, model="other/1"))
        assert acme.counts() == {("shop", "positive", False): 1}
        assert acme.counts("other/1") == {("shop", "negative", False): 1}
        with acme.database.read() as work:
            assert [row["model"] for row in work.mentions.export(acme.brand)] == ["other/1"]
            assert [row["model"] for row in work.mentions.export(acme.brand, MODEL)] == [MODEL]

    def test_a_language_goes_for_every_mention_of_the_text(self, acme: Acme) -> None:
        one, bare = mention("a", "Un"), mention("c", "", stars=5.0)
        acme.save(one, mention("b", "Un", language="en"), bare, mention("d", "", stars=5.0))
        acme.judge(judgement(one))
        with acme.database.begin() as work:
            ids = {row.text: row.mention_id for row in work.mentions.unjudged(acme.brand, "nobody", limit=9)}
            work.mentions.set_languages({ids["Un"]: "fr", ids[""]: "zh-Hant"})
            assert [(row.language, row.n) for row in work.rollups.daily(acme.brand, MODEL)] == [("fr", 2)]
        assert acme.counts() == {("shop", "negative", False): 2}
        assert [record["language"] for record in acme.records()] == ["fr", "fr", "zh-Hant", None]


class TestQuotes:
    def quoted(self, acme: Acme, label: Sentiment, since: date | None, until: date | None, limit: int = 9) -> list[str]:
        with acme.database.read() as work:
            return [quote.text for quote in work.mentions.quotes(acme.brand, MODEL, label, since, until, limit)]

    def test_the_surest_come_first_within_the_days(self, acme: Acme) -> None:
        weak, strong = mention("a", "Weak"), mention("b", "Strong")
        good, old = mention("c", "Good"), mention("d", "Old", published_at=NIGHT - timedelta(days=60))
        acme.save(weak, strong, good, old, mention("e", "Unjudged"))
        acme.judge(judgement(weak, sure=0.6), judgement(strong, sure=0.99), judgement(good, Sentiment.POSITIVE))
        acme.judge(judgement(old, sure=0.999))
        week = (date(2026, 11, 16), date(2026, 11, 23))
        assert self.quoted(acme, Sentiment.NEGATIVE, *week) == ["Strong", "Weak"]
        assert self.quoted(acme, Sentiment.NEGATIVE, *week, limit=1) == ["Strong"]
        assert self.quoted(acme, Sentiment.NEGATIVE, None, None) == ["Old", "Strong", "Weak"]
        assert self.quoted(acme, Sentiment.NEGATIVE, None, date(2026, 11, 21)) == ["Old"]
        assert self.quoted(acme, Sentiment.POSITIVE, date(2026, 11, 21), None) == ["Good"]


class TestZones:
    def test_a_brand_that_moves_counts_its_mentions_by_the_new_days(self, acme: Acme) -> None:
        late = mention("a", published_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
        acme.save(late)
        acme.judge(judgement(late))
        with acme.database.begin() as work:
            assert work.brands.ensure("Acme", "America/New_York") == acme.brand
        with acme.database.read() as work:
            assert [row.local_date for row in work.rollups.daily(acme.brand, MODEL)] == [date(2026, 11, 20)]
        assert acme.counts() == {("shop", "negative", False): 1}


def test_recomputing_gives_what_was_kept(acme: Acme) -> None:
    page: Sequence[Mention] = [
        mention(str(number), f"Text {number % 7}", subject=f"S{number % 2}") for number in range(40)
    ]
    acme.save(*page)
    acme.judge(*(judgement(each, list(Sentiment)[number % 3]) for number, each in enumerate(page[:7])))
    with acme.database.begin() as work:
        kept = work.rollups.daily(acme.brand, MODEL)
        work.rollups.recompute(acme.brand)
        assert work.rollups.daily(acme.brand, MODEL) == kept
        assert sum(row.n for row in kept) == 40
        assert {row.subject for row in kept} == {"S0", "S1"}
        inside = work.rollups.daily(acme.brand, MODEL, since=date(2026, 11, 21), until=date(2026, 11, 22))
        assert inside == kept
        assert work.rollups.daily(acme.brand, MODEL, until=date(2026, 11, 21)) == []
