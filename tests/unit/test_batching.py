from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.models.batching import halving, plan_batches, windows


def test_a_short_text_is_one_window():
    assert windows(126, 126, 32, 64) == [(0, 126)]


def test_windows_overlap_and_the_last_is_flush_with_the_end():
    assert windows(200, 100, 20, 64) == [(0, 80), (60, 140), (120, 200)]
    assert windows(101, 100, 20, 64) == [(0, 61), (40, 101)]
    assert windows(1000, 100, 20, 3) == [(0, 100), (450, 550), (900, 1000)]


@given(st.integers(1, 20_000), st.integers(2, 300), st.integers(0, 100), st.integers(2, 80))
def test_windows_keep_to_their_size_and_number(length, size, overlap, most):
    spans = windows(length, size, min(overlap, size - 1), most)
    assert len(spans) <= most
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert len({end - start for start, end in spans}) == 1
    assert spans[0][1] <= size
    assert spans == sorted(set(spans))


@given(st.integers(101, 5_000))
def test_windows_cover_the_whole_text_where_their_number_allows(length):
    spans = windows(length, 100, 20, 1000)
    for (_, end), (start, _) in pairwise(spans):
        assert end - start >= 20


@given(st.lists(st.integers(1, 600), max_size=80), st.integers(1, 1200))
def test_batches_hold_each_text_once_within_the_budget(lengths, budget):
    batches = plan_batches(lengths, budget)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or sum(lengths[index] for index in batch) <= budget
    in_order = [lengths[index] for batch in batches for index in batch]
    assert in_order == sorted(in_order)


def test_a_batch_that_does_not_fit_is_halved_until_it_does():
    tried = []

    def compute(batch):
        tried.append(len(batch))
        if len(batch) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")
        return [index * 10 for index in batch]

    parts = list(halving([0, 1, 2, 3, 4], compute))
    assert [index for part, _ in parts for index in part] == [0, 1, 2, 3, 4]
    assert [value for _, result in parts for value in result] == [0, 10, 20, 30, 40]
    assert tried == [5, 2, 3, 1, 2]


def test_one_text_that_does_not_fit_alone_is_a_memory_error():
    def compute(batch):
        raise MemoryError

    with pytest.raises(MemoryError, match="one text alone"):
        list(halving([0, 1], compute))


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def compute(batch):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        list(halving([0, 1], compute))
