"""What a night has yet to look at: each mention that is new, judged or changed, and none besides."""

from datetime import UTC, datetime
from typing import Any

import pytest

from twelvefold.pipeline.duplicates import link_duplicates
from twelvefold.records import Sentiment
from twelvefold.storage.due import Due, Stage

LONG = "The kettle leaks over the whole kitchen table, and nobody answers my letters."
MODEL = "reader/1"


def due(acme: Any, stage: Stage) -> int:
    with acme.database.read() as work:
        return len(Due(work._connection).of(stage, acme.brand))


def link(acme: Any) -> int:
    with acme.database.begin() as work:
        return work.mentions.link_duplicates(acme.brand)


def open_cases(acme: Any, model: str = MODEL) -> int:
    with acme.database.begin() as work:
        return work.cases.open_for_negatives(acme.brand, model, datetime(2026, 11, 22, tzinfo=UTC))


def test_a_look_empties_the_list_and_a_quiet_night_adds_nothing(acme: Any) -> None:
    page = [acme.mention("a"), acme.mention("b", "Another opinion")]
    acme.save(*page)
    assert (due(acme, "duplicates"), link(acme), due(acme, "duplicates")) == (2, 0, 0)
    acme.save(*page)
    assert due(acme, "duplicates") == 0


def test_a_copy_that_comes_later_is_linked_to_what_was_looked_at_before(acme: Any) -> None:
    acme.save(acme.mention("a", LONG))
    assert link(acme) == 0
    acme.save(acme.mention("z", LONG, source="ios"))
    assert link(acme) == 1


def test_copies_of_what_is_gone_are_looked_at_again(acme: Any) -> None:
    acme.save(acme.mention("a", LONG), acme.mention("y", LONG, source="ios"), acme.mention("z", LONG, source="feed"))
    assert link(acme) == 2
    with acme.database.begin() as work:
        work.mentions.mark_removed(acme.brand, "shop", ["a"], acme.mention("a").collected_at, "gone")
    assert link(acme) == 1


@pytest.mark.parametrize("judged_first", [True, False])
def test_a_case_is_opened_whichever_comes_first_the_mention_or_the_judgement(acme: Any, judged_first: bool) -> None:
    bad = acme.mention("a", LONG)
    if judged_first:
        acme.save(acme.mention("x", LONG, source="ios", author_hash=None))
        acme.judge(acme.judgement(bad))
        assert open_cases(acme) == 1
        acme.save(bad)
    else:
        open_cases(acme)
        acme.save(bad)
        assert open_cases(acme) == 0
        acme.judge(acme.judgement(bad))
    assert open_cases(acme) == 1
    assert (open_cases(acme), due(acme, "cases")) == (0, 0)


def test_an_edit_that_turns_bad_opens_a_case(acme: Any) -> None:
    good, bad = acme.mention("a", "All is well"), acme.mention("a", LONG)
    acme.save(good)
    acme.judge(acme.judgement(good, Sentiment.POSITIVE), acme.judgement(bad))
    assert open_cases(acme) == 0
    acme.save(bad)
    assert open_cases(acme) == 1


def test_another_model_s_judgements_are_all_looked_at(acme: Any) -> None:
    bad = acme.mention("a", LONG)
    acme.save(bad)
    acme.judge(acme.judgement(bad, Sentiment.POSITIVE), acme.judgement(bad, model="other/1"))
    assert open_cases(acme) == 0
    assert open_cases(acme, "other/1") == 1


def test_what_is_forgotten_is_no_longer_due(acme: Any) -> None:
    acme.save(acme.mention("a", LONG))
    with acme.database.begin() as work:
        work.tombstones.forget_mention(acme.id_of("a"), acme.mention("a").collected_at)
    assert due(acme, "duplicates") == 0


class TestNearCopies:
    NEAR = LONG + " I shall ask for my money back, and shall not come again."

    def linked(self, acme: Any) -> dict[str, str | None]:
        return {record["external_id"]: record["duplicate_of"] for record in acme.records()}

    def test_a_near_copy_at_another_source_is_linked_to_the_earlier_one(self, acme: Any) -> None:
        earlier = acme.mention("a", self.NEAR, published_at=datetime(2026, 11, 2, tzinfo=UTC))
        acme.save(earlier, acme.mention("z", self.NEAR + " 😡", source="ios"))
        assert link_duplicates(acme.database, acme.brand) == 1
        assert self.linked(acme) == {"a": None, "z": "shop:a"}
        assert link_duplicates(acme.database, acme.brand) == 0
        acme.judge(acme.judgement(earlier))
        assert acme.counts() == {("shop", "negative", False): 1}

    def test_one_that_comes_another_night_is_compared_with_what_is_there(self, acme: Any) -> None:
        acme.save(acme.mention("a", self.NEAR))
        link_duplicates(acme.database, acme.brand)
        acme.save(acme.mention("z", self.NEAR + "!", source="ios"))
        assert link_duplicates(acme.database, acme.brand) == 1

    def test_near_copies_at_one_source_or_years_apart_are_two_opinions(self, acme: Any) -> None:
        old = acme.mention("y", self.NEAR + "?", source="ios", published_at=datetime(2024, 1, 2, tzinfo=UTC))
        acme.save(acme.mention("a", self.NEAR), acme.mention("b", self.NEAR + " 😡"), old)
        assert link_duplicates(acme.database, acme.brand) == 0

    def test_what_has_a_case_stays_the_original(self, acme: Any) -> None:
        later = acme.mention("z", self.NEAR + " 😡", source="ios")
        acme.save(later)
        acme.judge(acme.judgement(later))
        assert (open_cases(acme), link_duplicates(acme.database, acme.brand)) == (1, 0)
        acme.save(acme.mention("a", self.NEAR, published_at=datetime(2026, 11, 2, tzinfo=UTC)))
        assert link_duplicates(acme.database, acme.brand) == 1
        assert self.linked(acme) == {"z": None, "a": "ios:z"}
