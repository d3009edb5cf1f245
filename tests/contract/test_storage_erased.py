"""Texts that may not be kept are erased; nothing is judged or counted twice for it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from twelvefold.crawlers.source import source_class
from twelvefold.pipeline.retention import erase_what_may_not_be_kept
from twelvefold.records import Sentiment
from twelvefold.storage.series import Scope

LONG = "The kettle leaks over the whole kitchen table, and nobody answers my letters."
MODEL = "reader/1"


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set what the kind of the test's source lets us keep."""
    kind = source_class("schema_org")

    def set_to(told: str) -> None:
        monkeypatch.setattr(kind, "statement", replace(kind.statement, storage_policy=told))

    return set_to


def erase(acme: Any, hours: float) -> int:
    return erase_what_may_not_be_kept(
        acme.database, acme.brand, acme.mention("a").collected_at + timedelta(hours=hours)
    )


def test_what_may_be_kept_is_kept(acme: Any, policy: Any) -> None:
    policy("keep")
    acme.save(acme.mention("a", LONG))
    assert erase(acme, 10_000) == 0


def test_texts_go_after_their_hours_and_are_not_counted_or_judged_again(acme: Any, policy: Any) -> None:
    policy("keep_hours: 48")
    bad = acme.mention("a", LONG, title="Leaks", reply_text="Sorry", payload={"text": LONG}, stars=1.0)
    acme.save(bad)
    acme.judge(acme.judgement(bad))
    before = acme.counts()
    assert (erase(acme, 47), erase(acme, 49), erase(acme, 50)) == (0, 1, 0)
    (record,) = acme.records()
    assert (record["title"], record["text"], record["reply_text"]) == ("", "", None)
    assert (record["stars"], record["label"], record["external_id"]) == (1.0, "negative", "a")
    assert acme.counts() == before == {("shop", "negative", False): 1}
    assert acme.save(bad).seen_again == 1
    assert acme.records()[0]["text"] == ""
    with acme.database.read() as work:
        assert work.mentions.unjudged(acme.brand, MODEL, limit=9) == []
        assert work.mentions.unjudged(acme.brand, "another/1", limit=9) == []
        assert work.mentions.quotes(acme.brand, MODEL, Sentiment.NEGATIVE, None, None, 5) == []


def test_an_edit_brings_the_new_words_and_the_old_ones_stay_erased(acme: Any, policy: Any) -> None:
    policy("keep_hours: 1")
    acme.save(acme.mention("a", LONG))
    number = acme.id_of("a")
    erase(acme, 2)
    edited = acme.mention("a", "Repaired.", collected_at=acme.mention("a").collected_at + timedelta(hours=3))
    assert acme.save(edited).edited == 1
    assert acme.records()[0]["text"] == "Repaired."
    assert (erase(acme, 3.5), erase(acme, 5)) == (0, 1)
    with acme.database.read() as work:
        assert work.mentions.unjudged(acme.brand, MODEL, limit=9) == []
        assert [old.text for old in work.mentions.revisions(number)] == [""]


def test_where_only_ids_may_be_kept_the_text_goes_once_it_is_judged_or_a_day_old(acme: Any, policy: Any) -> None:
    policy("id_only")
    judged, waiting = acme.mention("a", LONG), acme.mention("b", "Nobody has judged this yet.")
    acme.save(judged, waiting)
    acme.judge(acme.judgement(judged))
    assert erase(acme, 0.1) == 1
    assert [record["text"] for record in acme.records()] == ["", "Nobody has judged this yet."]
    assert erase(acme, 25) == 1
    assert [record["text"] for record in acme.records()] == ["", ""]


def test_a_twin_of_an_erased_text_is_still_judged(acme: Any, policy: Any) -> None:
    policy("id_only")
    acme.save(acme.mention("a", LONG))
    erase(acme, 25)
    acme.save(acme.mention("b", LONG))
    with acme.database.read() as work:
        assert len(work.mentions.unjudged(acme.brand, MODEL, limit=9)) == 1


QUOTING = {
    "aspects": ({"aspect": "support", "label": "negative", "negative": 0.9, "evidence": LONG},),
    "urgency": {"kinds": [{"kind": "leaving", "probability": 0.8, "evidence": LONG}]},
}


def quoted(acme: Any) -> list[tuple[str, str, str]]:
    """Return aspect, its evidence, and the evidence of urgency, of each judgement of LONG."""
    with acme.database.read() as work:
        found = work.judgements.cached([acme.mention("a").content_hash], MODEL).values()
    return [
        (one.aspects[0]["aspect"], one.aspects[0]["evidence"], one.urgency["kinds"][0]["evidence"]) for one in found
    ]


@pytest.mark.parametrize("told", ["keep_hours: 1", "id_only"])
def test_what_judgements_quote_of_an_erased_text_goes_and_what_they_say_stays(
    acme: Any, policy: Any, told: str
) -> None:
    policy(told)
    acme.save(acme.mention("a", LONG))
    acme.judge(replace(acme.judgement(acme.mention("a", LONG)), **QUOTING))
    before = acme.counts()
    assert quoted(acme) == [("support", LONG, LONG)]
    assert erase(acme, 2) == 1
    assert quoted(acme) == [("support", "", "")]
    assert acme.counts() == before
    with acme.database.read() as work:
        day = acme.mention("a").published_at.date()
        (count,) = work.rollups.spoken(acme.brand, MODEL, Scope.ASPECT, day, day + timedelta(days=2))
    assert (count.subject, count.n) == ("support", 1)


def test_quotes_of_an_earlier_wording_go_with_it(acme: Any, policy: Any) -> None:
    policy("keep_hours: 1")
    acme.save(acme.mention("a", LONG))
    acme.judge(replace(acme.judgement(acme.mention("a", LONG)), **QUOTING))
    acme.save(acme.mention("a", "Repaired."))
    assert erase(acme, 2) == 1
    assert quoted(acme) == [("support", "", "")]


def test_a_quote_stays_while_somebody_else_holds_the_same_words(acme: Any, policy: Any) -> None:
    policy("keep_hours: 1")
    acme.save(acme.mention("a", LONG), replace(acme.mention("b", LONG, source="letters"), kind="files"))
    acme.judge(replace(acme.judgement(acme.mention("a", LONG)), **QUOTING))
    assert erase(acme, 2) == 1
    assert quoted(acme) == [("support", LONG, LONG)]
    with acme.database.begin() as work:
        work.tombstones.forget_mention(acme.id_of("b"), acme.mention("b").collected_at)
    assert quoted(acme) == [("support", "", "")]
