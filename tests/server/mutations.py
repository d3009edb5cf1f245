"""Pages of every kind with something about them changed, and a process that reads thousands of them.

Run as a program it reads a number of mutated pages of each kind and prints as one JSON document how many that were,
the longest processor time that one took, and the most memory that the process held.
"""

from __future__ import annotations

import json
import random
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from signing_keys import with_keys

from twelvefold.config import SourceSettings
from twelvefold.crawlers.charset import decode
from twelvefold.crawlers.source import Page, Reading, WebSource, identity_key, kinds, source_class
from twelvefold.records import SourceStatus

FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS = tuple(kind for kind in kinds() if issubclass(source_class(kind), WebSource))
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WATCHDOG_S = 20
"""Processor time after which a reading is taken for one without end: far beyond what any may take."""

ODD = (
    *(None, True, False, 0, -1, 10**400, 1e308, float("inf"), "", " ", "\0", "\ud800", "\u202e", "NaN", "null"),
    *("0" * 5_000, "9" * 5_000, "a" * 100_000, "<b>" * 5_000, "&amp;" * 5_000, "http://", "https://[", "javascript:x"),
    *("2026-13-45T99:99:99Z", "9999999999999999999", "0000-00-00", "1e999", "-5", "=1+1", "%00%ff", "../../etc"),
    *([], {}, [[]], [{}], [None] * 50, {"": None}, {"id": {"id": {}}}),
)
PIECES = (
    *(b"", b"\0", b"\xff\xfe", b"<", b'"', b"]]>", b"<!--", b"<![CDATA[", b"{", b"[" * 200, b"\r\n", b"&#x0;"),
    b"\\u0000",
)
VALUE = re.compile(rb'(?<=[:=])\s*("[^"\n]{0,500}"|-?\d+)')
"""A value of JSON or of an attribute inside a page."""


@dataclass(frozen=True)
class Case:
    """One fixture: the adapter as it is configured there, and the page."""

    adapter: WebSource
    page: Page


@cache
def cases(kind: str) -> tuple[Case, ...]:
    """Return the fixtures of a kind, in the order of their names."""
    found = []
    for folder in sorted((FIXTURES / kind).glob("*/")):
        given = json.loads((folder / "case.json").read_text("utf-8"))
        adapter = source_class(kind)(SourceSettings(name="s", kind=kind, options=with_keys(given["options"])))
        assert isinstance(adapter, WebSource)
        asked, body = given["page"], next(folder.glob("page.*")).read_bytes()
        found.append(Case(adapter, page_of(asked["url"], asked["headers"], body, asked["context"])))
    return tuple(found)


def page_of(url: str, headers: dict[str, str], body: bytes, context: dict[str, Any], status: int = 200) -> Page:
    """Return a page as the crawl makes it of an answer."""
    return Page(url, status, headers, body, decode(body, headers.get("content-type")), context, NOW)


def mutated(page: Page, chance: random.Random) -> Page:
    """Return a page with some of its parts or bytes changed."""
    body = page.body
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if document is not None and chance.random() < 0.7:
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            path = chance.choice(list(places(document)))
            document = replaced(document, path, odd_part(document, chance))
        body = json.dumps(document).encode()
    else:
        for _ in range(chance.choice((1, 1, 2, 8))):
            body = changed_bytes(body, chance)
    status = chance.choice((200, 200, 200, 400, 403, 404))
    return page_of(page.url, dict(page.headers), body, dict(page.context), status)


def odd_part(document: object, chance: random.Random) -> object:
    """Return what may stand in the place of a part: something odd, or another part, once or many times."""
    if chance.random() < 0.7:
        return chance.choice(ODD)
    part = document
    for key in chance.choice(list(places(document))):
        part = part[key]  # type: ignore[index]
    return [part] * 300 if chance.random() < 0.1 else part


def changed_bytes(body: bytes, chance: random.Random) -> bytes:
    """Return `body` with a value replaced, or a piece taken out, put in, moved or repeated a thousand times."""
    if chance.random() < 0.4 and (values := list(VALUE.finditer(body))):
        value = chance.choice(values)
        return body[: value.start(1)] + json.dumps(chance.choice(ODD)).encode() + body[value.end(1) :]
    start = chance.randint(0, len(body))
    piece = body[start : start + chance.choice((1, 10, 200))]
    rest = body[start + len(piece) :]
    return chance.choice(
        (
            body[:start] + rest,
            body[:start],
            body[:start] + chance.choice(PIECES) + rest,
            body[:start] + bytes(byte ^ chance.randint(0, 255) for byte in piece) + rest,
            body[:start] + piece * chance.choice((2, 1_000)) + rest,
            rest + piece + body[:start],
        )
    )


def places(document: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each part of a document."""
    yield path
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, part in parts:
        yield from places(part, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], part: object) -> Any:
    """Return `document` with another part at `path`."""
    if not path:
        return part
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(document[path[0]], path[1:], part)
    return copy


def check(reading: Reading) -> None:
    """Fail where a reading is not one that the collector can go on with."""
    assert isinstance(reading, Reading)
    for mention in reading.mentions:
        assert identity_key(mention)
        assert mention.text or mention.title or mention.rating is not None, mention
        assert "author" not in mention.payload
    json.dumps([dict(mention.payload) for mention in reading.mentions])
    if reading.status not in (None, SourceStatus.OK):
        assert reading.message
        assert "\n" not in reading.message, reading.message


def peak_mb() -> float:
    """Return the most memory that this process has held; unlike ru_maxrss that leaves out what started it."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM:"))


def main(pages: int, seed: int) -> None:
    """Read so many pages of each kind."""
    for case in (case for kind in KINDS for case in cases(kind)):
        check(case.adapter.read(case.page))  # what loads late is loaded, so that it is not counted
    longest_s, slowest = 0.0, ""
    for kind in KINDS:
        for number in range(pages):
            chance = random.Random(f"{seed} {kind} {number}")
            case = chance.choice(cases(kind))
            page = mutated(case.page, chance)
            began = time.process_time()
            # The kernel ends this process where a reading does not come back.
            resource.setrlimit(resource.RLIMIT_CPU, (int(began) + WATCHDOG_S, resource.RLIM_INFINITY))
            try:
                check(case.adapter.read(page))
            except BaseException:
                print(f"{kind}, page {number}, seed {seed}: {page.url}", file=sys.stderr)
                raise
            spent_s = time.process_time() - began
            if spent_s > longest_s:
                longest_s, slowest = spent_s, f"{kind}, page {number}"
    print(json.dumps({"pages": pages * len(KINDS), "longest_s": longest_s, "slowest": slowest, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    main(int(sys.argv[1]), int(sys.argv[2]))
