"""What a source is: pure adapters that say what to fetch and read what came back.

An adapter knows its service's addresses, paging and formats, and nothing of
sockets, databases or clocks. One file under `spiders/` is one kind; its name is
the kind, the key in config.yaml and the name of its fixture folder. The crawl
process (process.py) drives any of them through `Fetch`, `Page` and `Reading`.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import json
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from twelvefold.config import SOURCE_FIELDS, Settings, SourceSettings, explain
from twelvefold.crawlers import spiders
from twelvefold.errors import ConfigError
from twelvefold.records import Precision, RawMention, SourceStatus


@dataclass(frozen=True)
class Statement:
    """What a source says of itself: when a crawl may stop, and what may be kept.

    Attributes:
        id_field: Where the source's own id stands, or the raw fields that stand in for one.
        newest_first: The order is guaranteed, so that a crawl may stop at the first known item.
        window: What the source shows at most ("500 reviews a country"), or None.
        incremental: How one asks for what is new: "after", "since-id", "cursor" or "none".
        edits_visible: An edited item shows up again, or can be seen to have changed.
        total_available: The source tells how many items it has.
        rating_scale: Worst and best rating, or None where each item tells its own (or has none).
        time_zone: The zone of dates written without one, or None where they carry it.
        precision: How exactly dates are told.
        storage_policy: "keep", "keep_hours: n" or "id_only".
        quota_headers: The headers that tell how many requests are left, and when there will be more, or None.
        reply_limit: The longest reply that the service takes, in characters, or None.
        bbcode: Texts hold BBCode, [b] and the like.
        governed_by_robots: robots.txt decides what may be fetched; a documented API has its terms instead.
        terms: What the service asks of us, in a sentence or two.
    """

    id_field: str
    newest_first: bool
    terms: str
    window: str | None = None
    incremental: str = "none"
    edits_visible: bool = True
    total_available: bool = False
    rating_scale: tuple[float, float] | None = None
    time_zone: str | None = None
    precision: Precision = Precision.SECOND
    storage_policy: str = "keep"
    needs_key: bool = False
    quota_headers: tuple[str, str] | None = None
    reply_limit: int | None = None
    governed_by_robots: bool = True
    bbcode: bool = False


@dataclass(frozen=True)
class Asked:
    """What a crawl is asked for.

    Attributes:
        now: When it begins (aware UTC): an adapter looks at no clock of its own.
        newest: When the newest mention that is stored of this source was published, or None.
        deep: This is the weekly pass that reads everything again, for edits and removals.
        known: Ids of mentions that are stored, for an adapter that asks for each item by itself.
    """

    now: datetime
    newest: datetime | None = None
    deep: bool = False
    known: Collection[str] = ()


@dataclass(frozen=True)
class Fetch:
    """One request that an adapter asks for. What `headers` and `body` hold is written nowhere.

    Attributes:
        continues: It is the next page of the list that asked for it: left out once that list
            has met known ground, or has brought nothing new twice running.
        context: JSON values that come back with the page.
        otherwise: What stands where this request gives nothing of use: it is a second try.
        conditional: The page leads to no other, so that it need not be sent where it has not changed
            since the last crawl (ETag, Last-Modified).
        reads_statuses: HTTP statuses of refusals whose body the adapter reads itself (a 403 that tells why);
            of all others the crawl makes the reading.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    context: Mapping[str, Any] = field(default_factory=dict)
    continues: bool = False
    otherwise: Reading | None = None
    conditional: bool = False
    reads_statuses: tuple[int, ...] = ()


@dataclass(frozen=True)
class Page:
    """One answer, decompressed.

    Attributes:
        url: Where the answer came from in the end, after redirects.
        headers: Names in lower case.
        text: The body decoded by the charset that header, mark or markup declares.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    text: str
    context: Mapping[str, Any]
    retrieved_at: datetime


@dataclass(frozen=True)
class Reading:
    """What an adapter made of one page.

    Attributes:
        mentions: All items on the page, known ones too.
        follow: What to fetch next because of this page.
        rejected: One sentence for each item or block that could not be read, with its place and the mend.
        total_told: How many items the source says it has, where it says so.
        status: The adapter's own verdict, or None: the crawl decides.
        reached_end: The list ends with this page, or the lists that it leads to cover the rest of it
            (a window that was split). A page without mentions that leads elsewhere (a token, an index) says nothing.
        overflow: The list goes on, but the source shows no more of it.
        message: The sentence that goes with `status`.
        place: What was read, where that is not a page (a file's name).
        removed: Ids of items that the source itself says are gone.
        passed_over: Ids of items on the page that are none of ours (another subject, a filtered language) or are
            read by themselves: they show that the list goes on, or has come to known ones.
        wait_s: The pause that the service asks for before what follows this page (Stack Exchange's `backoff`); one
            that it asks for in headers is made by itself.
    """

    mentions: tuple[RawMention, ...] = ()
    follow: tuple[Fetch, ...] = ()
    rejected: tuple[str, ...] = ()
    total_told: int | None = None
    status: SourceStatus | None = None
    reached_end: bool = False
    overflow: bool = False
    message: str = ""
    place: str = ""
    removed: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    wait_s: float | None = None


class Source(ABC):
    """One configured source of one kind: what every adapter is built from.

    Attributes:
        kind: The name of the adapter's file.
        Options: The keys of config.yaml that are the kind's own. Keys and passwords among them are
            `SecretStr`: what a crawl tells is then free of their values (secrets.py).
        folder: Where the configuration lies; relative paths are relative to it.
    """

    kind: ClassVar[str]
    statement: ClassVar[Statement]
    Options: ClassVar[type[Settings]]
    options: Settings

    def __init__(self, settings: SourceSettings, folder: Path = Path()) -> None:
        self.settings = settings
        self.folder = folder
        self.options = self.Options.model_validate(settings.options, context={"folder": folder})


class WebSource(Source):
    """A source that is fetched over HTTP."""

    @property
    def is_governed_by_robots(self) -> bool:
        """Whether robots.txt decides, as configured: a kind may have a public page beside its API."""
        return self.statement.governed_by_robots

    @abstractmethod
    def start(self, asked: Asked) -> Iterator[Fetch]:
        """Yield the first requests."""

    @abstractmethod
    def read(self, page: Page) -> Reading:
        """Return what `page` holds."""


class LocalSource(Source):
    """A source that lies in files on this machine."""

    @abstractmethod
    def readings(self) -> Iterator[Reading]:
        """Yield what the files hold, in pieces that fit into memory; `place` names the file."""


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of all kinds, sorted: one a file under `spiders/`."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(spiders.__path__)))


@cache
def source_class(kind: str) -> type[Source]:
    """Return the adapter of `kind`.

    Raises:
        ConfigError: There is no such kind; the message names the nearest.
    """
    if kind not in kinds():
        near = difflib.get_close_matches(kind, kinds(), 1, 0.5)
        mend = f"did you mean {near[0]!r}?" if near else f"kinds: {', '.join(kinds())}"
        raise ConfigError(f"no source is of kind {kind!r}; {mend}")
    module = importlib.import_module(f"{spiders.__name__}.{kind}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Source) and getattr(value, "kind", None) == kind:
            return value
    raise ConfigError(f"spiders/{kind}.py defines no Source with kind = {kind!r}")


def check_options(settings: SourceSettings, where: str, folder: Path = Path()) -> None:
    """Check the kind, `base_url` and the kind's own keys of one configured source.

    Args:
        settings: As the configuration gives them.
        where: How the message names the place, as "brands.0.sources.1".
        folder: Where the configuration lies.

    Raises:
        ConfigError: One sentence that names the key and the nearest known one.
    """
    try:
        adapter = source_class(settings.kind)
    except ConfigError as exc:
        raise ConfigError(f"{where}.kind: {exc}") from exc
    if settings.base_url is not None and not _is_web_address(settings.base_url):
        raise ConfigError(f"{where}.base_url: {settings.base_url!r} is no web address; write it as https://host/path")
    known = {*adapter.Options.model_fields, *SOURCE_FIELDS}
    for key in settings.options:
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
            raise ConfigError(f"{where}: unknown key {key!r} for kind {settings.kind!r}; {mend}")
    try:
        adapter(settings, folder)
    except ValidationError as exc:
        raise ConfigError(f"{where}: {explain(exc, adapter.Options)}") from exc


def _is_web_address(address: str) -> bool:
    """Return whether `address` is an absolute http or https URL with a host."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def identity_key(raw: RawMention) -> str:
    """Return what tells this mention from every other of its source, the same on every crawl.

    That is the source's own id; where it has none, "h:" and a SHA-256 over the
    raw fields that the adapter chose as `identity`, or else over all that the
    source wrote. Nothing computed goes in, so no better date or text reading of
    a later version makes a known mention new.
    """
    if raw.external_id:
        return raw.external_id
    identity = raw.identity or (raw.author, raw.title, raw.text, raw.rating, raw.published, raw.subject)
    return "h:" + _digest(*identity)


def raw_revision(raw: RawMention) -> str:
    """Return a hash of all that the author or the owner may edit, as the source wrote it.

    The date is left out: where it is relative ("two weeks ago") it changes with
    every night although nobody edited anything.
    """
    return _digest(raw.title, raw.text, raw.rating, raw.rating_best, raw.rating_worst, raw.verified, raw.reply_text)


def _digest(*parts: Any) -> str:
    """Return the SHA-256 of raw values, each told apart from its neighbours and from nothing."""
    written = json.dumps([None if part is None else str(part) for part in parts], ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()
