"""What goes wrong between a crawl and a server, by name.

A fault makes the answer to one request out of the good one. `ends_as` says
what a crawl may truthfully call it; where that is None, the crawl gets over it
and misses nothing.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import cache

import brotli
from loopback_site import Answer, Asked
from many_sites import Site

from twelvefold.records import SourceStatus

BLOCKED, DISALLOWED, EMPTY = SourceStatus.BLOCKED, SourceStatus.DISALLOWED, SourceStatus.EMPTY
FAILED, LIMITED, CHANGED = SourceStatus.FAILED, SourceStatus.RATE_LIMITED, SourceStatus.LAYOUT_CHANGED
ANYTHING = frozenset(SourceStatus)

_PAGING = re.compile(r"page=?\d+|(page|offset|start|cursor|after|token|pageToken)=[^&]*")
NO_ROBOTS = Answer("not found", 404)

Spoil = Callable[[Site, Asked, Answer], Answer]


@dataclass(frozen=True)
class Fault:
    """One named fault.

    Attributes:
        spoil: The answer in the place of the good one.
        ends_as: The statuses that are true of it, or None: the crawl gets over it.
        robots: What the site answers for robots.txt.
        touches_robots: It matters only to kinds that robots.txt governs.
    """

    name: str
    spoil: Spoil
    ends_as: frozenset[SourceStatus] | None
    robots: Answer = NO_ROBOTS
    touches_robots: bool = False


def _always(answer: Answer) -> Spoil:
    return lambda site, asked, good: answer


def _first(answer: Answer, times: int = 1) -> Spoil:
    """Return what spoils the first answers to each request, and then is well."""

    def spoil(site: Site, asked: Asked, good: Answer) -> Answer:
        key = f"{asked.path} {asked.body!r}"
        site.visits[key] += 1
        return answer if site.visits[key] <= times else good

    return spoil


def _changed(**fields: object) -> Spoil:
    return lambda site, asked, good: replace(good, **fields)  # type: ignore[arg-type]


def _cut(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, body=good.content[: len(good.content) // 2])


def _reset(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, reset_after=max(1, len(good.content) // 2))


def _too_short(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, declared_length=max(1, len(good.content) // 2))


def _too_long(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, declared_length=len(good.content) + 500)


def _utf16(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, body=good.content.decode("utf-8", "replace").encode("utf-16-be"))


def _noise(site: Site, asked: Asked, good: Answer) -> Answer:
    return replace(good, body=bytes((byte * 37 + place) % 256 for place, byte in enumerate(good.content)))


def _redirect(to: str, status: int = 302) -> Answer:
    return Answer("", status, headers={"Location": to})


def _loop(site: Site, asked: Asked, good: Answer) -> Answer:
    return _redirect(asked.path, 307)


def _cookie_wall(site: Site, asked: Asked, good: Answer) -> Answer:
    if "seen=1" in asked.headers.get("cookie", ""):
        return good
    return Answer("", 307, headers={"Location": asked.path, "Set-Cookie": "seen=1; Path=/"})


def _same_page(site: Site, asked: Asked, good: Answer) -> Answer:
    """Return a list's first page with anything on it, for ever."""
    of_list = _PAGING.sub("", asked.path)
    if _tells(site, good):
        site.kept.setdefault(of_list, good)
    return site.kept.get(of_list, good)


def _ever_new(site: Site, asked: Asked, good: Answer) -> Answer:
    """Return that page with other ids each time: a calendar without end."""
    page = _same_page(site, asked, good)
    site.visits["ever new"] += 1
    body = page.content
    for one in sorted(site.ids, key=len, reverse=True):
        body = body.replace(one.encode(), f"{one}{site.visits['ever new']:04}".encode())
    return replace(page, body=body)


def _tells(site: Site, answer: Answer) -> bool:
    return any(one.encode() in answer.content for one in site.ids)


def _elsewhere(site: Site, asked: Asked, good: Answer) -> Answer:
    return _redirect(f"{site.elsewhere}/stolen")


def _late_date(site: Site, asked: Asked, good: Answer) -> Answer:
    return _first(Answer("", 429, headers={"Retry-After": formatdate(time.time() - 1, usegmt=True)}))(site, asked, good)


def _echo(site: Site, asked: Asked, good: Answer) -> Answer:
    """Return a refusal that repeats all that it was sent, keys among it."""
    told = f"refused: {asked.path} {dict(asked.headers)} {asked.body.decode('utf-8', 'replace')}"
    return Answer(json.dumps({"error": {"message": told}}), 400, "application/json")


@cache
def gzip_bomb() -> bytes:
    return gzip.compress(b"[" + b" " * 30_000_000, 6)


@cache
def brotli_bomb() -> bytes:
    return bytes(brotli.compress(b"[" + b" " * 30_000_000, quality=1))


@cache
def zstd_bomb() -> bytes:
    from backports import zstd

    return zstd.compress(b"[" + b" " * 30_000_000)


def _packed(encoding: str, bomb: Callable[[], bytes]) -> Spoil:
    return lambda site, asked, good: Answer(bomb(), headers={"Content-Encoding": encoding})


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n["
OTHER = b'{"status": {"code": 7}, "outcome": [1, "two"]}'
CAPTCHA = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
CONSENT = "<html><head><title>Before you continue</title></head><body>We use cookies. Accept all?</body></html>"
LOGIN = '<html><body><form action="/login"><div class="g-recaptcha"></div>Sign in</form></body></html>'
SOON = "<html><head><title>Maintenance</title></head><body>We are back soon.</body></html>"

_FORBIDS = Answer("User-agent: *\nDisallow: /\n", type="text/plain")
_WELL: Spoil = lambda site, asked, good: good  # noqa: E731


def _all() -> list[Fault]:
    fault, some = Fault, frozenset
    on_page = [
        fault("closes without a word", _always(Answer(raw=b"")), some((FAILED,))),
        fault("speaks no HTTP", _always(Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n\r\n")), some((FAILED,))),
        fault("silent before headers", _always(Answer(stall_s=60)), some((FAILED,))),
        fault("silent after headers", _changed(hold_s=60), some((FAILED,))),
        fault("a byte a second", _changed(drip_s=1), some((FAILED,))),
        fault("reset in mid-body", _reset, some((FAILED,))),
        fault("declares too long a body", _too_long, some((FAILED,))),
        fault("declares too short a body", _too_short, ANYTHING),
        fault("endless header", _always(Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000)), some((FAILED,))),
        fault("broken chunks", _always(Answer(raw=CHUNKS)), some((FAILED,))),
        fault("401", _always(Answer("no", 401)), some((BLOCKED,))),
        fault("403", _always(Answer("no", 403)), some((BLOCKED,))),
        fault("404", _always(Answer("gone", 404)), some((FAILED,))),
        fault("500", _always(Answer("oops", 500)), some((FAILED,))),
        fault("304 unasked", _always(Answer("", 304)), some((FAILED,))),
        fault("204", _always(Answer("", 204)), some((CHANGED, FAILED, EMPTY))),
        fault("429", _always(Answer("slow down", 429)), some((LIMITED,))),
        fault("429 until tomorrow", _always(Answer("", 429, headers={"Retry-After": "86400"})), some((LIMITED,))),
        fault("429 with seconds, then well", _first(Answer("", 429, headers={"Retry-After": "0"})), None),
        fault("429 with a date, then well", _late_date, None),
        fault("503 flapping", _first(Answer("", 503)), None),
        fault("502 twice, then well", _first(Answer("", 502), 2), None),
        fault("drops the first connection", _first(Answer(raw=b"")), None),
        fault("gzip bomb", _packed("gzip", gzip_bomb), some((FAILED,))),
        fault("brotli bomb", _packed("br", brotli_bomb), some((FAILED,))),
        fault("zstd bomb", _packed("zstd", zstd_bomb), some((FAILED,))),
        fault("says gzip, is none", _changed(headers={"Content-Encoding": "gzip"}), some((FAILED, CHANGED, EMPTY))),
        fault("redirects for ever", _loop, some((FAILED,))),
        fault("redirects to a private address", _always(_redirect("http://10.0.0.1/")), some((FAILED,))),
        fault("redirects to link-local", _always(_redirect("http://169.254.169.254/latest")), some((FAILED,))),
        fault("redirects to another server", _elsewhere, ANYTHING),
        fault("redirects to a file", _always(_redirect("file:///etc/passwd")), some((FAILED,))),
        fault("cookie wall that opens", _cookie_wall, None),
        fault("captcha with 200", _always(Answer(CAPTCHA)), some((BLOCKED,))),
        fault("consent page with 200", _always(Answer(CONSENT)), some((BLOCKED,))),
        fault("login page with a captcha", _always(Answer(LOGIN)), some((BLOCKED,))),
        fault("maintenance page with 200", _always(Answer(SOON)), some((CHANGED, EMPTY))),
        fault("empty body", _changed(body=b""), some((CHANGED, EMPTY))),
        fault("null", _changed(body=b"null"), some((CHANGED, EMPTY))),
        fault("another document", _changed(body=OTHER), some((CHANGED, EMPTY, FAILED, BLOCKED))),
        fault("cut in half", _cut, ANYTHING),
        fault("UTF-16 that says UTF-8", _utf16, ANYTHING),
        fault("noise", _noise, some((CHANGED, EMPTY, FAILED))),
        fault("the same page for ever", _same_page, ANYTHING),
        fault("ever new items", _ever_new, ANYTHING),
        fault("repeats what it was sent", _echo, some((FAILED, BLOCKED, CHANGED, LIMITED))),
    ]  # fmt: skip
    in_robots = [
        fault("robots.txt forbids all", _WELL, some((DISALLOWED,)), _FORBIDS, True),
        fault("robots.txt answers 500", _WELL, some((FAILED,)), Answer("", 500), True),
        fault("robots.txt is silent", _WELL, some((FAILED,)), Answer(stall_s=60), True),
        fault("robots.txt redirects for ever", _WELL, some((FAILED,)), _redirect("/robots.txt"), True),
        fault("robots.txt of a megabyte forbids all", _WELL, some((DISALLOWED,)),
              replace(_FORBIDS, body=str(_FORBIDS.body) + "# filler\n" * 120_000), True),
        fault("robots.txt wants a day between pages", _WELL, some((LIMITED,)),
              Answer("User-agent: *\nCrawl-delay: 86400\n", type="text/plain"), True),
        fault("robots.txt is a captcha", _WELL, None, Answer(CAPTCHA), True),
    ]  # fmt: skip
    return [*on_page, *in_robots]


FAULTS = {fault.name: fault for fault in _all()}
