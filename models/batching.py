"""Windows over long texts, batches of alike length, and what to do when memory is short."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Result = TypeVar("Result")


def windows(length: int, size: int, overlap: int, most: int) -> list[tuple[int, int]]:
    """Return the (start, end) of windows over `length` tokens, alike in width, the last one flush with the end.

    They are as few as can be of at most `size` tokens with at least `overlap` shared by neighbours, and no wider than
    that takes. Where it would take more than `most` of them, they are of `size` tokens and spread evenly.
    """
    if length <= size:
        return [(0, length)]
    count = -(-(length - overlap) // (size - overlap))
    width = -(-(length + (count - 1) * overlap) // count)
    if count > most:
        count, width = most, size
    last = length - width
    starts = [last * number // (count - 1) for number in range(count)]
    return [(start, start + width) for start in starts]


def plan_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Return batches of indices, sorted by length, of at most `budget` tokens each (a longer text stands alone)."""
    batches: list[list[int]] = []
    batch: list[int] = []
    held = 0
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        if batch and held + lengths[index] > budget:
            batches.append(batch)
            batch, held = [], 0
        batch.append(index)
        held += lengths[index]
    if batch:
        batches.append(batch)
    return batches


def halving(batch: list[int], compute: Callable[[list[int]], Result]) -> Iterator[tuple[list[int], Result]]:
    """Yield (indices, result) for `batch`, in halves of halves where memory does not suffice.

    Raises:
        MemoryError: Not even one text alone fits.
    """
    waiting = [batch]
    while waiting:
        part = waiting.pop()
        try:
            result = compute(part)
        except (MemoryError, RuntimeError) as exc:
            if not _is_out_of_memory(exc):
                raise
            if len(part) == 1:
                raise MemoryError("one text alone does not fit in memory") from exc
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
            continue
        yield part, result


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether PyTorch or Python ran out of memory; PyTorch's processor allocator says so only in words."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words
