"""Live answers: signed, bounded, told per response, and the same delivery twice gives nothing new."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twelvefold.config import parse_configuration
from twelvefold.errors import RefusedDelivery
from twelvefold.pipeline.live_answers import LONGEST_BODY, check_signature, read_delivery, receive_answers
from twelvefold.records import Measure
from twelvefold.storage.engine import Database, open_database
from twelvefold.storage.imports import Imported

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "a shared secret"
BRAND = parse_configuration("brands: [{name: Acme, zone: Europe/Paris}]", Path()).brands[0]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def response(**changes: Any) -> dict[str, Any]:
    whole = {
        "survey": "after purchase",
        "response_id": "r1",
        "answered_at": "2026-11-22T10:00:00+01:00",
        "measures": [{"measure": "nps", "score": 9}, {"measure": "csat", "score": 4, "scale": [1, 5]}],
        "comment": "Kind &amp; quick",
        "language": "fr_FR",
        "customer_id": "a@b.example",
        "segments": {"Region": "North", "First name": "Ann"},
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def body_of(*responses: Any) -> bytes:
    return json.dumps({"responses": list(responses)}).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> str:
    second = int(at.timestamp())
    return f"t={second},v1={hmac.new(secret.encode(), f'{second}.'.encode() + body, hashlib.sha256).hexdigest()}"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'live.db'}")
    yield opened
    opened.close()


def test_a_delivery_is_kept_once_and_a_later_answer_replaces_it(database: Database) -> None:
    body = body_of(response())
    assert receive_answers(database, BRAND, body, signed(body), SECRET, NOW) == (Imported(new=2), ())
    assert receive_answers(database, BRAND, body, signed(body), SECRET, NOW) == (Imported(unchanged=2), ())
    changed = body_of(response(measures=[{"measure": "nps", "score": 3}]))
    saved, _ = receive_answers(database, BRAND, changed, signed(changed), SECRET, NOW)
    assert (saved.new, saved.updated, saved.removed) == (0, 1, 1)


def test_a_response_is_read_as_a_file_would_be() -> None:
    first, second = read_delivery(json.dumps(response()).encode(), b"k", NOW).answers
    assert (first.measure, first.score, first.scale_low, first.scale_high) == (Measure.NPS, 9, 0, 10)
    assert (second.measure, second.score, second.scale_high, second.comment) == (Measure.CSAT, 4, 5, "")
    assert (first.comment, first.language, dict(first.segments)) == ("Kind & quick", "fr", {"Region": "North"})
    assert first.answered_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert first.customer_id is not None
    assert first.customer_id.startswith("h:")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"measures": [{"measure": "nps", "score": 11}]}, "the score 11 of NPS is out of range: 0 to 10 is possible"),
        ({"measures": [{"measure": "nps", "score": 8.5}]}, "whole number on 0-10, not 8.5"),
        ({"measures": [{"measure": "csat", "score": 4}]}, "CSAT needs its scale"),
        ({"measures": [{"measure": "csat", "score": 4, "scale": [5, 1]}]}, "CSAT needs its scale"),
        ({"measures": [{"measure": "nps", "score": True}]}, "measures.0.score"),
        ({"measures": [{"measure": "joy", "score": 1}]}, "measures.0.measure"),
        ({"measures": [{"measure": "nps", "score": 1}] * 2}, "a measure stands in it twice"),
        ({"measures": ..., "comment": " "}, "neither a score nor a comment"),
        ({"answered_at": "2027-11-22T10:00:00Z"}, "no possible date"),
        ({"answered_at": "2026-11-22T10:00:00"}, "answered_at"),
        ({"response_id": ...}, "response_id is missing"),
        ({"response_id": "x" * 201}, "response_id"),
        ({"sruvey": "x"}, "did you mean 'survey'"),
    ],
)
def test_what_cannot_be_is_named_and_the_others_go_in(changes: dict[str, Any], told: str) -> None:
    good = response(response_id="good")
    delivery = read_delivery(body_of(response(**changes), good), b"k", NOW)
    (sentence,) = delivery.rejected
    assert sentence.startswith("response 1: ")
    assert told in sentence
    assert {answer.response_id for answer in delivery.answers} == {"good"}


def test_one_id_with_two_answers_is_refused_and_a_repeat_is_not() -> None:
    other = response(measures=[{"measure": "nps", "score": 0}])
    delivery = read_delivery(body_of(response(), response(), other), b"k", NOW)
    assert len(delivery.answers) == 2
    assert delivery.rejected == ("response 3: the id 'r1' stands in it twice, with different answers",)


@pytest.mark.parametrize(
    ("signature", "told"),
    [
        ("", "form t=SECONDS"),
        (signed(b"{}", secret="another"), "does not fit"),
        (signed(b"{} "), "does not fit"),
        (signed(b"{}", NOW - timedelta(seconds=301)), "more than 300 s"),
        (signed(b"{}", NOW + timedelta(seconds=301)), "more than 300 s"),
        (signed(b"{}").replace("v1=", "v1=0"), "form t=SECONDS"),
    ],
)
def test_a_wrong_signature_is_refused(signature: str, told: str) -> None:
    check_signature(b"{}", signed(b"{}"), SECRET, NOW)
    with pytest.raises(RefusedDelivery, match=told):
        check_signature(b"{}", signature, SECRET, NOW)


def test_without_a_secret_nothing_is_taken() -> None:
    with pytest.raises(RefusedDelivery, match="switched off"):
        check_signature(b"{}", signed(b"{}", secret=""), "", NOW)


def test_a_long_body_is_not_even_hashed() -> None:
    with pytest.raises(RefusedDelivery, match="at most 1048576"):
        check_signature(b" " * (LONGEST_BODY + 1), signed(b""), SECRET, NOW)


@given(st.binary(max_size=200) | JSON.map(lambda made: json.dumps(made).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        delivery = read_delivery(body, b"k", NOW)
    except RefusedDelivery:
        return
    assert delivery.rejected or not delivery.answers


@given(JSON)
def test_any_response_is_read_or_named(made: Any) -> None:
    delivery = read_delivery(body_of(made), b"k", NOW)
    assert len(delivery.rejected) == 1


def test_a_body_that_nests_without_end_is_refused() -> None:
    with pytest.raises(RefusedDelivery, match="not JSON"):
        read_delivery(b"[" * 100_000, b"k", NOW)
