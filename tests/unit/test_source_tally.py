"""The verdict over a crawl."""

import pytest

from twelvefold.crawlers.source import Fetch, Reading, Statement, identity_key, raw_revision
from twelvefold.crawlers.tally import Tally
from twelvefold.records import Completeness, RawMention, SourceStatus

NEXT = Fetch("https://shop.example/next", continues=True)
ASIDE = Fetch("https://shop.example/other")


def mention(number, **fields):
    return RawMention(external_id=f"r{number}", text=f"Opinion {number}", **fields)


def tally(*, newest_first=True, known=()):
    keys = {identity_key(one): raw_revision(one) for one in known}
    return Tally(Statement(id_field="id", newest_first=newest_first, terms="none"), keys)


def verdict(given):
    ended = given.verdict()
    return ended.status, ended.completeness


def test_a_list_read_to_its_end():
    crawl = tally()
    strand = crawl.strand()
    assert crawl.take(Reading((mention(1),), (NEXT,)), strand) == (NEXT,)
    assert crawl.take(Reading((mention(2),), reached_end=True), strand) == ()
    assert verdict(crawl) == (SourceStatus.OK, Completeness.REACHED_END)


def test_known_ground_ends_a_list_that_is_in_order_and_no_other_one():
    page = Reading((mention(2), mention(1)), (NEXT, ASIDE))
    in_order = tally(known=[mention(1)])
    assert in_order.take(page, in_order.strand()) == (ASIDE,)
    assert verdict(in_order) == (SourceStatus.OK, Completeness.REACHED_KNOWN)
    out_of_order = tally(known=[mention(1)], newest_first=False)
    assert out_of_order.take(page, out_of_order.strand()) == (NEXT, ASIDE)


def test_an_edited_item_is_no_known_ground():
    crawl = tally(known=[mention(1, rating=5)])
    assert crawl.take(Reading((mention(1, rating=1),), (NEXT,)), crawl.strand()) == (NEXT,)


def test_a_list_that_brings_nothing_new_twice_is_left():
    crawl = tally()
    strand = crawl.strand()
    page = Reading((mention(1),), (NEXT,))
    assert [crawl.take(page, strand) for _ in range(3)] == [(NEXT,), (NEXT,), ()]
    assert verdict(crawl) == (SourceStatus.OK, Completeness.UNKNOWN)


def test_one_page_that_failed_makes_the_crawl_partial():
    crawl = tally()
    crawl.take(Reading((mention(1),), reached_end=True), crawl.strand())
    crawl.trouble(SourceStatus.BLOCKED, "page 2 answered 403")
    ended = crawl.verdict()
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)
    assert ended.message == "page 2 answered 403"


@pytest.mark.parametrize("status", [SourceStatus.BLOCKED, SourceStatus.RATE_LIMITED, SourceStatus.DISALLOWED])
def test_a_crawl_that_read_nothing_is_what_stopped_it(status):
    crawl = tally()
    crawl.trouble(status, "why")
    assert verdict(crawl) == (status, Completeness.UNKNOWN)


def test_a_readable_page_without_items_is_empty():
    crawl = tally()
    crawl.take(Reading(reached_end=True), crawl.strand())
    assert verdict(crawl) == (SourceStatus.EMPTY, Completeness.REACHED_END)


def test_a_spent_budget_leaves_a_gap():
    crawl = tally()
    crawl.take(Reading((mention(1),), (NEXT,)), crawl.strand())
    crawl.budget = "stopped after 1 pages: raise budget.pages"
    ended = crawl.verdict()
    assert (ended.status, ended.completeness) == (SourceStatus.PARTIAL, Completeness.GAP)
    assert "budget.pages" in ended.message


def test_the_weakest_list_decides_how_complete_the_crawl_is():
    crawl = tally(known=[mention(1)])
    crawl.take(Reading((mention(1),), (NEXT,)), crawl.strand())
    crawl.take(Reading((mention(2),), reached_end=True), crawl.strand())
    assert verdict(crawl)[1] is Completeness.REACHED_KNOWN
    crawl.take(Reading((mention(3),)), crawl.strand())
    assert verdict(crawl)[1] is Completeness.UNKNOWN
    crawl.take(Reading((mention(4),), overflow=True), crawl.strand())
    assert verdict(crawl)[1] is Completeness.WINDOW_OVERFLOW


def test_a_second_try_that_works_leaves_no_trace():
    crawl = tally()
    strand = crawl.strand()
    failed = Reading(status=SourceStatus.LAYOUT_CHANGED, message="no feed")
    again = Fetch("https://shop.example/xml", continues=True, otherwise=failed)
    assert crawl.take(Reading(follow=(again,)), strand) == (again,)
    crawl.take(Reading((mention(1),), reached_end=True), strand)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.REACHED_END)


def test_totals_are_summed_over_lists_and_not_over_pages():
    crawl = tally()
    first, second = crawl.strand(), crawl.strand()
    crawl.take(Reading((mention(1),), (NEXT,), total_told=40), first)
    crawl.take(Reading((mention(2),), total_told=41), first)
    crawl.take(Reading((mention(3),), total_told=2), second)
    assert crawl.verdict().total_told == 43


def test_many_messages_are_told_short():
    crawl = tally()
    for number in range(5):
        crawl.trouble(SourceStatus.FAILED, f"page {number} answered 500")
    assert crawl.verdict().message.endswith("page 2 answered 500 (and 2 more)")


def test_a_page_that_only_leads_elsewhere_decides_nothing():
    crawl = tally()
    token = crawl.take(Reading(follow=(ASIDE,)), crawl.strand())
    crawl.take(Reading((mention(1),), reached_end=True), crawl.strand())
    assert token == (ASIDE,)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.REACHED_END)


def test_a_key_that_brings_a_token_and_nothing_more_is_no_part_of_an_answer():
    crawl = tally()
    crawl.take(Reading(follow=(ASIDE,)), crawl.strand())
    crawl.take(Reading(status=SourceStatus.BLOCKED, message="no rights"), crawl.strand())
    assert verdict(crawl) == (SourceStatus.BLOCKED, Completeness.UNKNOWN)


def test_a_pinned_item_at_the_head_of_a_page_is_no_known_ground():
    crawl = tally(known=[mention(1)])
    assert crawl.take(Reading((mention(1), mention(3), mention(2)), (NEXT,)), crawl.strand()) == (NEXT,)


def test_lists_that_overlap_are_no_loop():
    crawl = tally()
    pages = [Reading((mention(number),), (NEXT,)) for number in range(4)]
    for _ in range(2):
        strand = crawl.strand()
        assert [crawl.take(page, strand) for page in pages] == [(NEXT,)] * 4


def test_items_that_are_none_of_ours_show_that_a_list_goes_on():
    crawl = tally()
    strand = crawl.strand()
    pages = [Reading(follow=(NEXT,), passed_over=(f"o{number}",)) for number in (1, 2, 3, 3, 3)]
    assert [crawl.take(page, strand) for page in pages] == [(NEXT,)] * 4 + [()]


def test_a_page_that_has_not_changed_is_known_ground_and_no_silence():
    crawl = tally()
    crawl.unchanged("https://shop.example/1", ("a", None))
    crawl.learn("https://shop.example/2", None, None)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.REACHED_KNOWN)
    assert crawl.verdict().validators == {"https://shop.example/1": ("a", None)}


def test_a_crawl_that_read_nothing_within_its_time_failed():
    crawl = tally()
    crawl.budget = "stopped after 1 minutes: raise budget.minutes"
    assert verdict(crawl) == (SourceStatus.FAILED, Completeness.UNKNOWN)


def test_an_end_that_only_repeats_is_none_where_more_was_told():
    crawl = tally()
    strand = crawl.strand()
    crawl.take(Reading((mention(1), mention(2)), (NEXT,), total_told=3), strand)
    crawl.take(Reading((mention(2),), total_told=3, reached_end=True), strand)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.UNKNOWN)


def test_an_end_that_only_repeats_is_none_where_no_total_was_told():
    crawl = tally()
    strand = crawl.strand()
    crawl.take(Reading((mention(1), mention(2)), (NEXT,)), strand)
    crawl.take(Reading((mention(1), mention(2)), reached_end=True), strand)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.UNKNOWN)


def test_an_empty_page_is_an_end_where_no_total_was_told():
    crawl = tally()
    strand = crawl.strand()
    crawl.take(Reading((mention(1),), (NEXT,)), strand)
    crawl.take(Reading(reached_end=True), strand)
    assert verdict(crawl) == (SourceStatus.OK, Completeness.REACHED_END)
