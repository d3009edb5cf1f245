"""Cases: one for each complaint, every step written down, the counts following."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from twelvefold.errors import ForbiddenStep, UnknownName
from twelvefold.records import CaseState, Sentiment
from twelvefold.storage.cases import CaseEvent

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MODEL = "reader/1"


def open_cases(acme: Any) -> int:
    with acme.database.begin() as work:
        opened: int = work.cases.open_for_negatives(acme.brand, MODEL, NIGHT)
        return opened


@pytest.fixture
def case_id(acme: Any) -> int:
    complaint = acme.mention("a", "It broke.", subject="Kettle", stars=1.0, url="https://shop.example/a")
    acme.save(complaint)
    acme.judge(acme.judgement(complaint))
    assert open_cases(acme) == 1
    with acme.database.read() as work:
        (case,) = work.cases.find(acme.brand)
    number: int = case.case_id
    return number


class TestOpening:
    def test_one_for_each_negative_and_never_twice(self, acme: Any) -> None:
        bad, good = acme.mention("a", "Bad"), acme.mention("b", "Good")
        stars_only, bad_again = acme.mention("c", "", stars=1.0), acme.mention("d", "Bad")
        acme.save(bad, good, stars_only, bad_again)
        acme.judge(
            acme.judgement(bad),
            acme.judgement(good, Sentiment.POSITIVE),
            acme.judgement(good, model="other/1"),
            acme.judgement(stars_only, model="rating"),
        )
        assert open_cases(acme) == 3
        assert open_cases(acme) == 0

    def test_none_for_copies_and_removed_mentions(self, acme: Any) -> None:
        original, copy = acme.mention("a"), acme.mention("b", source="ios")
        gone = acme.mention("c", "Gone")
        acme.save(original, copy, gone)
        acme.judge(acme.judgement(original), acme.judgement(gone))
        with acme.database.begin() as work:
            work.mentions.link_duplicates(acme.brand)
            work.mentions.mark_removed(acme.brand, "shop", ["c"], NIGHT, "the page answered 404")
        assert open_cases(acme) == 1

    def test_a_case_shows_its_mention(self, acme: Any, case_id: int) -> None:
        with acme.database.read() as work:
            case = work.cases.get(case_id)
            history = work.cases.history(case_id)
        assert (case.state, case.assignee, case.opened_at, case.resolved_at) == (CaseState.OPEN, None, NIGHT, None)
        assert (case.source, case.subject, case.text, case.stars) == ("shop", "Kettle", "It broke.", 1.0)
        assert case.url == "https://shop.example/a"
        assert history == [CaseEvent(NIGHT, "twelvefold", "opened", "judged negative by reader/1")]


class TestSteps:
    def test_the_life_of_a_case_is_written_down_and_counted(self, acme: Any, case_id: int) -> None:
        later = [NIGHT + timedelta(hours=hour) for hour in range(5)]
        with acme.database.begin() as work:
            assert work.cases.assign(case_id, "ana", "ben", later[1]).assignee == "ben"
        assert acme.counts() == {("shop", "negative", False): 1}
        with acme.database.begin() as work:
            work.cases.note(case_id, "ben", "called", later[2])
            resolved = work.cases.resolve(case_id, "ben", later[3], "refunded")
        assert (resolved.state, resolved.resolved_at) == (CaseState.RESOLVED, later[3])
        assert acme.counts() == {("shop", "negative", True): 1}
        with acme.database.begin() as work:
            reopened = work.cases.reopen(case_id, "ana", later[4], "not refunded")
        assert (reopened.state, reopened.resolved_at, reopened.assignee) == (CaseState.OPEN, None, "ben")
        assert acme.counts() == {("shop", "negative", False): 1}
        with acme.database.read() as work:
            steps = [(event.at, event.actor, event.action, event.note) for event in work.cases.history(case_id)]
        assert steps[1:] == [
            (later[1], "ana", "assigned", "ben"),
            (later[2], "ben", "noted", "called"),
            (later[3], "ben", "resolved", "refunded"),
            (later[4], "ana", "reopened", "not refunded"),
        ]

    def test_what_the_state_forbids_is_refused_and_leaves_no_trace(self, acme: Any, case_id: int) -> None:
        with (
            pytest.raises(ForbiddenStep, match=f"case {case_id} is open and cannot be reopened"),
            acme.database.begin() as work,
        ):
            work.cases.reopen(case_id, "ana", NIGHT, "")
        with acme.database.begin() as work:
            work.cases.resolve(case_id, "ana", NIGHT, "")
        for step in ("resolve", "assign"):
            with pytest.raises(ForbiddenStep, match=r"is resolved .* reopen it first"), acme.database.begin() as work:
                if step == "resolve":
                    work.cases.resolve(case_id, "ana", NIGHT, "")
                else:
                    work.cases.assign(case_id, "ana", "ben", NIGHT)
        with acme.database.read() as work:
            assert [event.action for event in work.cases.history(case_id)] == ["opened", "resolved"]

    def test_an_unknown_case_is_said_to_be_unknown(self, acme: Any) -> None:
        with acme.database.begin() as work:
            for step in (
                lambda: work.cases.get(99),
                lambda: work.cases.history(99),
                lambda: work.cases.note(99, "ana", "hello", NIGHT),
                lambda: work.cases.resolve(99, "ana", NIGHT, ""),
            ):
                with pytest.raises(UnknownName, match="no case has the number 99"):
                    step()


def test_cases_are_found_by_state_and_assignee_page_by_page(acme: Any) -> None:
    complaints = [acme.mention(str(number), f"Bad {number}") for number in range(4)]
    acme.save(*complaints)
    acme.judge(*map(acme.judgement, complaints))
    open_cases(acme)
    with acme.database.begin() as work:
        numbers = [case.case_id for case in work.cases.find(acme.brand)]
        work.cases.resolve(numbers[0], "ana", NIGHT, "")
        work.cases.assign(numbers[2], "ana", "ben", NIGHT)

        def find(**wanted: Any) -> list[int]:
            return [case.case_id for case in work.cases.find(acme.brand, **wanted)]

        assert len(numbers) == 4
        assert find(state=CaseState.OPEN) == numbers[1:]
        assert find(state=CaseState.RESOLVED) == numbers[:1]
        assert find(assignee="ben") == [numbers[2]]
        assert find(limit=2) == numbers[:2]
        assert find(limit=2, after=numbers[1]) == numbers[2:]
        assert work.cases.find(work.brands.ensure("Other", "UTC")) == []
