"""The garbage collector, kept out of what makes very many objects and hardly any garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Leave the collector out of a block: it would take longer than the objects that it looks through."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def sweep() -> None:
    """Collect what garbage a block without collecting has left so far; best where few of its objects are alive."""
    gc.collect(1)
