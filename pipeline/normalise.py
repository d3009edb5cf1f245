"""A raw mention, as any source wrote it, into the one form that the rest of Twelvefold reads."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import identity_key, raw_revision
from twelvefold.pipeline.dates import read_date
from twelvefold.pipeline.imported_rows import customer_key
from twelvefold.pipeline.language_codes import language_code
from twelvefold.pipeline.plain_text import one_line, plain_text
from twelvefold.pipeline.ratings import Rating, read_rating
from twelvefold.records import Mention, RawMention

NAME_LIMIT = 200
URL_LIMIT = 2000
EXTERNAL_ID_LIMIT = 500
PAYLOAD_LIMIT = 100_000
CUT_NOTE = "cut_when_stored"

# What services write in place of a name: equal, but not one person.
_NOBODY = frozenset(
    {
        "anonymous",
        "anonym",
        "anonyme",
        "anonimo",
        "anónimo",
        "匿名",
        "匿名用戶",
        "匿名用户",
        "guest",
        "invité",
        "n/a",
        "unknown",
        "[deleted]",
        "a google user",
        "google user",
        "un utilisateur de google",
        "google 使用者",
        "一位 google 使用者",
        "amazon customer",
        "client d'amazon",
    }
)
_FIRST_IDEOGRAPH = "\u2e80"  # from here on, words are written without blanks between them
_UNSAFE_IN_URL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\"<>\\^`{|}]")


def normalise(
    raw: RawMention,
    *,
    source: SourceSettings,
    scale: tuple[float, float] | None,
    collected_at: datetime,
    key: bytes,
    bbcode: bool = False,
) -> Mention:
    """Return the mention that `raw` is: plain text, stars on 1-5, UTC times, no name.

    Pure: the same arguments give the same mention. What was longer than is kept is named in
    the payload under `cut_when_stored`.

    Args:
        raw: As the adapter read it.
        source: The configured source; its subject and language fill in for the page's.
        scale: Worst and best rating of the whole source, or None where each item tells its own.
        collected_at: Aware; what "two weeks ago" counts from.
        key: Secret of this installation, under which authors are hashed.
        bbcode: The source's texts hold BBCode.

    Raises:
        ValueError: There is neither text, title nor rating; one sentence.
    """
    title = one_line(raw.title)
    body = plain_text(raw.text, bbcode=bbcode)
    reply = plain_text(raw.reply_text, bbcode=bbcode)
    rating = read_rating(raw.rating, raw.rating_worst, raw.rating_best, scale)
    if not title and not body.text and rating.value is None:
        raise ValueError("there is neither text, title nor rating in it, so it is left out")
    declared = raw.language or source.language
    published_at, precision = read_date(
        raw.published, collected_at=collected_at, zone=raw.published_zone, language=declared
    )
    reply_at, _ = read_date(raw.reply_at, collected_at=collected_at, zone=raw.published_zone, language=declared)
    cut = [name for name, told in (("text", body), ("reply_text", reply)) if told.was_cut]
    return Mention(
        source=source.name,
        kind=source.kind,
        external_id=external_id(raw),
        title=title,
        text=body.text,
        content_hash=content_hash(title, body.text, rating.stars),
        revision_hash=_revision_hash(title, body.text, rating, reply.text),
        collected_at=collected_at,
        subject=one_line(source.subject or raw.subject, NAME_LIMIT) or None,
        author_hash=author_hash(raw.author, key),
        rating=rating.value,
        rating_best=rating.best,
        rating_worst=rating.worst,
        stars=rating.stars,
        published_at=published_at,
        published_precision=precision,
        url=web_address(raw.url),
        language=language_code(raw.language) or language_code(source.language),
        verified=raw.verified,
        incentivised=raw.incentivised,
        reply_text=reply.text or None,
        reply_at=reply_at,
        customer_id=customer_key(raw.customer_id, key) if raw.customer_id else None,
        raw_revision=raw_revision(raw),
        payload=_bounded_payload(raw.payload, cut),
    )


def judged_text(title: str, text: str) -> str:
    """Return what is judged of a mention: its title and its text, a line each.

    A title that the text begins with is not repeated, be it whole or cut short with an
    ellipsis, as many services make titles of the first words.
    """
    if not title or not text:
        return title or text
    whole = " ".join(title.split()).casefold()
    beginning = re.sub(r"(?:…|\.{2,})$", "", whole).rstrip()
    opening = " ".join(text[: 2 * len(title) + 20].split()).casefold()
    if beginning and opening.startswith(beginning):
        following = opening[len(beginning) :][:1]
        # "Good" is not how "Goodness" begins; where a title was cut, a word may be as well.
        ends_in_a_word = following.isalnum() and following < _FIRST_IDEOGRAPH
        if not ends_in_a_word or beginning != whole:
            return text
    return f"{title}\n{text}"


def content_hash(title: str, text: str, stars: float | None = None) -> str:
    """Return the key of the judgement cache: SHA-256, in hex, of the text and the stars that are judged.

    The stars are part of it because they weigh in the judgement: "Great!" with one star is
    not judged as "Great!" with five. Stable: a change here would have every mention judged again.
    """
    told = "" if stars is None else f"{stars:.2f}"
    return hashlib.sha256(f"{judged_text(title, text)}\n\x1f{told}".encode()).hexdigest()


def author_hash(author: str | None, key: bytes) -> str | None:
    """Return HMAC-SHA-256 of an author's name under `key`, in hex, or None where nobody is named.

    Case and blanks make no difference; "Anonymous" in its many spellings is nobody.
    """
    name = one_line(author, NAME_LIMIT).casefold()
    if not name or name in _NOBODY:
        return None
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def web_address(url: str | None) -> str | None:
    """Return an http or https URL that is safe to put into a page, or None."""
    address = (url or "").strip()
    if not address or len(address) > URL_LIMIT:
        return None
    try:
        address = _UNSAFE_IN_URL.sub(lambda found: quote(found[0]), address.encode("utf-8", "replace").decode())
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return address if is_web and len(address) <= URL_LIMIT else None


def _revision_hash(title: str, text: str, rating: Rating, reply: str) -> str:
    """Return SHA-256 of all that a person would see change."""
    seen = [title, text, rating.value, rating.worst, rating.best, reply]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


def external_id(raw: RawMention) -> str:
    """Return the id under which a mention is stored."""
    return bounded_id(identity_key(raw))


def bounded_id(identity: str) -> str:
    """Return an id that fits a column: an overlong or unprintable one is hashed."""
    if len(identity) <= EXTERNAL_ID_LIMIT and identity.isprintable():
        return identity
    return "h:" + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def _bounded_payload(payload: Mapping[str, Any], cut: list[str]) -> Mapping[str, Any]:
    """Return the source's record with a note of what was cut; one far too large is let go."""
    if payload and len(json.dumps(payload, default=str)) > PAYLOAD_LIMIT:
        payload, cut = {}, [*cut, "payload"]
    return {**payload, CUT_NOTE: cut} if cut else payload
