"""Keys and passwords stay out of what a crawl tells, however they are written there."""

import base64
import types
from urllib.parse import quote_plus

import pytest
from pydantic import SecretStr

from twelvefold.config import Settings, SourceSettings
from twelvefold.crawlers import secrets
from twelvefold.crawlers.process import CrawlEnded, PageRead
from twelvefold.crawlers.secrets import Secrets
from twelvefold.records import RawMention, SourceStatus

KEY = "k/3 y+sécret&1"


class Options(Settings):
    client_id: str
    api_key: SecretStr | None = None


@pytest.fixture
def keys(monkeypatch):
    def made(**options):
        monkeypatch.setattr(secrets, "source_class", lambda kind: types.SimpleNamespace(Options=Options))
        return Secrets.of(SourceSettings(name="s", kind="shop", options=options))

    return made


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        quote_plus(KEY),
        quote_plus(KEY, safe="/"),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(f"me:{KEY}".encode()).decode(),
    ],
)
def test_no_event_tells_a_key(keys, written):
    mention = RawMention(None, ("a",), text=f"x{written}x", payload={"next": [{"href": f"?key={written}"}]})
    page = PageRead(f"https://a.example/?key={written}", (mention,), (f"row {written}",))
    ended = CrawlEnded(SourceStatus.FAILED, message=f"{written} is wrong", validators={f"?key={written}": (None, None)})
    for event in (page, ended):
        told = keys(client_id="me", api_key=KEY).blotted(event)
        assert written not in repr(told)
        assert "***" in repr(told)
        assert type(told) is type(event)
    assert keys(client_id="me", api_key=KEY).blotted(ended).status is SourceStatus.FAILED


def test_each_line_of_a_key_is_a_secret(keys):
    told = keys(client_id="me", api_key="-----BEGIN\nMIIEvQIBADAN\n-----END").blotted("line MIIEvQIBADAN is odd")
    assert told == "line *** is odd"


def test_what_is_no_secret_stays(keys):
    ended = CrawlEnded(SourceStatus.OK, message="asked as client-17")
    assert keys(client_id="client-17").blotted(ended) == ended
    assert keys(client_id="client-17", api_key=None).blotted(ended) == ended


def test_a_short_key_changes_neither_opinions_nor_ids(keys):
    mention = RawMention("test-1", text="a test", payload={"a": "test"})
    assert keys(client_id="me", api_key="test").blotted(PageRead("u", (mention,))).mentions == (mention,)
    assert keys(client_id="me", api_key="test").blotted("the test") == "the ***"


def test_an_id_is_never_changed(keys):
    mention = RawMention("long-secret-1", ("long-secret",), url="https://a.example/long-secret")
    (told,) = keys(client_id="me", api_key="long-secret").blotted(PageRead("u", (mention,))).mentions
    assert (told.external_id, told.identity, told.url) == ("long-secret-1", ("long-secret",), "https://a.example/***")
