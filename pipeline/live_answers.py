"""Survey answers as they are given: a signed JSON delivery, checked, bounded, and safe to receive twice.

Nothing here knows the web: who serves it hands over the body and the signature header. The
signature is `t=SECONDS,v1=HEX`, an HMAC-SHA256 under the shared secret of `SECONDS.BODY`.

The body is one response, or `{"responses": [...]}`:
`{"survey", "response_id", "answered_at"?, "measures": [{"measure": "nps"}, {"measure": "csat",
"scale": [1, 5]}, each with "score"], "comment"?, "language"?, "customer_id"?, "segments"?}`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from twelvefold.config import Brand, explain
from twelvefold.crawlers.columns import is_personal
from twelvefold.errors import RefusedDelivery
from twelvefold.pipeline.dates import EARLIEST, FUTURE_ALLOWED
from twelvefold.pipeline.imported_rows import customer_key
from twelvefold.pipeline.language_codes import language_code
from twelvefold.pipeline.plain_text import plain_text
from twelvefold.records import Measure, SurveyAnswer
from twelvefold.storage.engine import Database
from twelvefold.storage.imports import Imported

LONGEST_BODY = 1 << 20
MOST_RESPONSES = 1_000
OLDEST_S = 300
"""A signature older than this is refused, so that a delivery that was overheard is of no use later."""

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_NPS = (0.0, 10.0)
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Scored(BaseModel):
    """One measure of a response."""

    model_config = ConfigDict(extra="forbid")
    measure: Literal["nps", "csat", "ces"]
    score: float = Field(strict=True, allow_inf_nan=False)
    scale: tuple[float, float] | None = None
    high_is_good: bool = True


class _Response(BaseModel):
    """One response as it is delivered."""

    model_config = ConfigDict(extra="forbid")
    survey: _Name
    response_id: str = Field(min_length=1, max_length=200)
    answered_at: AwareDatetime | None = None
    measures: tuple[_Scored, ...] = Field(default=(), max_length=3)
    comment: str = Field(default="", max_length=20_000)
    language: str | None = Field(default=None, max_length=50)
    customer_id: str | None = Field(default=None, max_length=200)
    segments: dict[_Name, _Name] = Field(default={}, max_length=20)


@dataclass(frozen=True)
class Delivery:
    """What a delivery holds.

    Attributes:
        answers: Those of the responses that can be read, one a measure.
        rejected: Of the others, which and why, a sentence each.
    """

    answers: tuple[SurveyAnswer, ...]
    rejected: tuple[str, ...]


def receive_answers(
    database: Database, brand: Brand, body: bytes, signature: str, secret: str, now: datetime
) -> tuple[Imported, tuple[str, ...]]:
    """Check a delivery and keep its answers; one that comes again changes nothing.

    Returns:
        What became of the answers, and why which responses were rejected.

    Raises:
        RefusedDelivery: The signature or the body as a whole is wrong; nothing was stored.
        StorageUnavailable: The database did not answer; nothing was stored, send it again.
    """
    check_signature(body, signature, secret, now)
    with database.begin() as work:
        brand_id = work.brands.ensure(brand.name, brand.zone)
        delivery = read_delivery(body, work.brands.author_key(brand_id), now)
        return work.surveys.save(brand_id, delivery.answers), delivery.rejected


def check_signature(body: bytes, signature: str, secret: str, now: datetime) -> None:
    """Return if the body was signed with the secret not long ago.

    Raises:
        RefusedDelivery: It was not, or the body is too long to look at.
    """
    if not secret:
        raise RefusedDelivery("live answers are switched off: no secret is configured")
    if len(body) > LONGEST_BODY:
        raise RefusedDelivery(f"the body has {len(body)} bytes, at most {LONGEST_BODY} are read: send fewer responses")
    match = _SIGNATURE.fullmatch(signature.strip())
    if match is None:
        raise RefusedDelivery("the signature is not of the form t=SECONDS,v1=HEX")
    signed = hmac.new(secret.encode(), match[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed, match[2]):
        raise RefusedDelivery("the signature does not fit the body: check the shared secret")
    if abs(now.timestamp() - int(match[1])) > OLDEST_S:
        raise RefusedDelivery(f"the signature is more than {OLDEST_S} s from now: sign anew, and check the clock")


def read_delivery(body: bytes, key: bytes, now: datetime) -> Delivery:
    """Return the answers of a body; a response that cannot be read costs a sentence, not the others.

    Args:
        key: Secret of this installation, under which e-mail addresses are hashed.
        now: Aware; an answer cannot have been given after it.

    Raises:
        RefusedDelivery: The body is no JSON of responses.
    """
    answers: list[SurveyAnswer] = []
    rejected = []
    met: dict[tuple[str, str], Any] = {}
    for number, given in enumerate(_responses(body), 1):
        try:
            response = _Response.model_validate(given)
            name = (response.survey, response.response_id)
            if met.setdefault(name, given) != given:
                raise ValueError(f"the id {response.response_id!r} stands in it twice, with different answers")
            if met[name] is given:
                answers += _answers(response, key, now)
        except ValidationError as exc:
            rejected.append(f"response {number}: {explain(exc, _Response)}")
        except ValueError as problem:
            rejected.append(f"response {number}: {problem}")
    return Delivery(tuple(answers), tuple(rejected))


def _responses(body: bytes) -> Sequence[Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise RefusedDelivery("the body is not JSON in UTF-8") from exc
    if not isinstance(document, dict):
        raise RefusedDelivery("the body is no JSON object: send a response, or them all under 'responses'")
    found = document.get("responses", [document])
    if not isinstance(found, list) or len(found) > MOST_RESPONSES:
        raise RefusedDelivery(f"'responses' must be a list of at most {MOST_RESPONSES}")
    return found


def _answers(response: _Response, key: bytes, now: datetime) -> list[SurveyAnswer]:
    """Return a response's answers; raises ValueError, one sentence."""
    at = response.answered_at.astimezone(UTC) if response.answered_at else None
    if at is not None and not EARLIEST <= at <= now + FUTURE_ALLOWED:
        raise ValueError(f"{response.answered_at} is no possible date of an answer")
    comment = plain_text(response.comment).text
    scored = [(Measure(one.measure), one.score, *_scale(one), one.high_is_good) for one in response.measures]
    if len({measure for measure, *_ in scored}) < len(scored):
        raise ValueError("a measure stands in it twice")
    told: list[tuple[Measure, float | None, float | None, float | None, bool]] = [*scored]
    if not told:
        if not comment:
            raise ValueError("there is neither a score nor a comment in it")
        told = [(Measure.COMMENT, None, None, None, True)]
    return [
        SurveyAnswer(
            response_id=response.response_id,
            measure=measure,
            score=score,
            scale_low=low,
            scale_high=high,
            high_is_good=high_is_good,
            # The text goes with the first measure only: it is judged and quoted once.
            comment="" if place else comment,
            answered_at=at,
            survey=f"live {response.survey}",
            language=language_code(response.language or ""),
            customer_id=customer_key(response.customer_id or "", key),
            segments={name: value for name, value in response.segments.items() if not is_personal(name)},
        )
        for place, (measure, score, low, high, high_is_good) in enumerate(told)
    ]


def _scale(one: _Scored) -> tuple[float, float]:
    """Return the scale of a measure, after checking its score; raises ValueError, one sentence."""
    name = one.measure.upper()
    low, high = _NPS if one.measure == "nps" else one.scale or (0.0, 0.0)
    if one.measure == "nps" and (one.scale not in (None, _NPS) or not one.score.is_integer()):
        raise ValueError(f"an answer to NPS is a whole number on 0-10, not {one.score:g}")
    if not 2 <= high - low <= 100:
        raise ValueError(f"{name} needs its scale, as [1, 5]")
    if not low <= one.score <= high:
        raise ValueError(f"the score {one.score:g} of {name} is out of range: {low:g} to {high:g} is possible")
    return low, high
