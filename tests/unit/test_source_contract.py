"""What every source promises, and what the configuration check says of one that is wrong."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import (
    LocalSource,
    Statement,
    WebSource,
    check_options,
    identity_key,
    kinds,
    raw_revision,
    source_class,
)
from twelvefold.errors import ConfigError
from twelvefold.records import RawMention

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from signing_keys import elliptic_key, pem_of, service_account


@pytest.mark.parametrize("kind", kinds())
def test_a_kind_is_named_after_its_file_and_says_what_it_is(kind):
    adapter = source_class(kind)
    assert adapter.kind == kind
    assert issubclass(adapter, (WebSource, LocalSource))
    assert isinstance(adapter.statement, Statement)
    assert adapter.statement.terms
    assert adapter.statement.storage_policy.partition(":")[0] in ("keep", "keep_hours", "id_only")


def settings(kind="schema_org", base_url=None, **options):
    return SourceSettings(name="shop", kind=kind, base_url=base_url, options=options)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (settings("schema_orgs", urls=["https://a.example"]), ["sources.0.kind", "did you mean 'schema_org'"]),
        (settings("fax", urls=[]), ["'fax'", "schema_org", "app_store"]),
        (settings(urls=["https://a.example"], folow="next"), ["'folow'", "did you mean 'follow'"]),
        (settings(urls=["https://a.example"], subjct="Kettle"), ["'subjct'", "did you mean 'subject'"]),
        (settings(urls=["https://a.example"], follow="nxt"), ["sources.0", "follow", "'next'"]),
        (settings(), ["sources.0", "urls is missing"]),
        (settings(urls=[]), ["urls"]),
        (settings(urls=["shop.example/kettle"]), ["urls", "shop.example/kettle", "https://"]),
        (settings(urls=["https://a.example"], base_url="localhost:80"), ["base_url", "https://host/path"]),
        (settings("app_store"), ["app_id is missing"]),
        (settings("app_store", app_id="many"), ["app_id"]),
        (settings("app_store", app_id=1, countries=["France"]), ["countries", "France", "two letters"]),
        (settings("steam", app_id="portal"), ["app_id"]),
        (settings("woocommerce", shop_url="shop.example"), ["shop_url", "shop.example", "https://"]),
        (settings("woocommerce", shop_url="https://shop.example", key="k"), ["key and secret belong together"]),
        (settings("bazaarvoice", passkey="k", products=[]), ["products"]),
        (settings("google_places", api_key="k"), ["place_id is missing"]),
        (settings("google_play", app_id="org.example", languages=["French!"]), ["languages"]),
        (settings("trustpilot", business_unit="kettle.example", api_key="k"), ["business_unit"]),
        (settings("trusted_shops", shop_id="chl-1"), ["token is missing", "client_secret"]),
        (settings("feed", urls=["blog.example/feed"]), ["urls", "blog.example/feed", "https://"]),
        (settings("mastodon", instance="m.example"), ["either hashtag or query"]),
        (settings("mastodon", instance="m.example", query="kettle"), ["query needs a token"]),
        (settings("bluesky", query="kettle", handle="a.example"), ["handle and app_password belong together"]),
        (settings("reddit", query="kettle", client_id="a"), ["client_id and client_secret belong together"]),
        (settings("youtube", api_key="k"), ["either channel or video"]),
        (settings("stack_exchange", site="diy", query=""), ["query"]),
        (settings("github", repository="kettle"), ["repository"]),
        (settings("wordpress", site_url="blog.example"), ["site_url", "https://"]),
        (
            settings("app_store_connect", app_id=1, key_id="a", issuer_id="b", key="-----BEGIN PRIVATE KEY-----"),
            ["key", "no private key for ES256", "-----BEGIN"],
        ),
        (
            settings("app_store_connect", app_id=1, key_id="a", issuer_id="b", key="AuthKey.p8"),
            ["key", "no key file", "No such file"],
        ),
        (
            settings("google_play_console", app_id="org.example", service_account="{}"),
            ["service_account", "client_email"],
        ),
        (
            settings("google_play_console", app_id="org.example", service_account="{broken"),
            ["service_account", "no JSON", "key file"],
        ),
    ],
)
def test_a_wrong_source_is_refused_with_the_key_and_the_mend(given, says):
    with pytest.raises(ConfigError) as refusal:
        check_options(given, "sources.0")
    assert "\n" not in str(refusal.value)
    for part in says:
        assert part in str(refusal.value)


def test_a_key_may_lie_in_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "account.json").write_text(service_account())
    (tmp_path / "AuthKey.p8").write_text(pem_of(elliptic_key()))
    play = settings("google_play_console", app_id="org.example", service_account="account.json")
    apple = settings("app_store_connect", app_id=1, key_id="a", issuer_id="b", key="AuthKey.p8")
    for given in (play, apple):
        check_options(given, "sources.0", tmp_path)
        with pytest.raises(ConfigError, match="No such file"):
            check_options(given, "sources.0", tmp_path / "elsewhere")
    assert "PRIVATE KEY" in source_class("app_store_connect")(apple, tmp_path).options.key.get_secret_value()


def test_right_sources_pass():
    check_options(settings(urls=["https://a.example"], follow="sitemap"), "sources.0")
    check_options(settings("app_store", app_id="123", countries=["FR", "us"], base_url="http://127.0.0.1:1/x"), "s")


def test_checking_the_configuration_loads_no_scrapy():
    code = (
        "import sys; from twelvefold.crawlers.source import *; from twelvefold.crawlers.process import crawl\n"
        "for kind in kinds(): source_class(kind)\n"
        "assert not {'scrapy', 'twisted', 'extruct', 'rdflib'} & sys.modules.keys(), 'loaded'"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


MENTION = RawMention(
    external_id=None, identity=("Kettle", "Reader 1", "2026-03-01"), author="Reader 1", text="Good.", rating=5
)


def test_identity_is_the_id_of_the_source_or_a_hash_of_raw_fields():
    assert identity_key(replace(MENTION, external_id="r1")) == "r1"
    assert identity_key(MENTION).startswith("h:")
    assert identity_key(MENTION) == identity_key(replace(MENTION, text="Bad.", rating=1, url="https://b.example"))
    assert identity_key(MENTION) != identity_key(replace(MENTION, identity=("Kettle", "Reader 1", "2026-03-02")))
    assert identity_key(replace(MENTION, identity=("ab", "c"))) != identity_key(replace(MENTION, identity=("a", "bc")))
    bare = replace(MENTION, identity=())
    assert identity_key(bare) != identity_key(replace(bare, text="Bad."))


def test_identity_does_not_change_from_one_process_to_the_next():
    code = (
        "from twelvefold.crawlers.source import identity_key; from twelvefold.records import RawMention\n"
        "print(identity_key(RawMention(None, ('Kettle', 'Reader 1', '2026-03-01'))))"
    )
    other = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert other.stdout.strip() == identity_key(MENTION)


@pytest.mark.parametrize("change", [{"text": "Bad."}, {"title": "No"}, {"rating": 1}, {"reply_text": "Thank you"}])
def test_an_edit_changes_the_revision(change):
    assert raw_revision(MENTION) != raw_revision(replace(MENTION, **change))


@pytest.mark.parametrize("change", [{"published": "3 weeks ago"}, {"url": "https://b.example"}, {"payload": {"a": 1}}])
def test_the_passing_of_time_is_no_edit(change):
    assert raw_revision(MENTION) == raw_revision(replace(MENTION, **change))


def test_nothing_and_an_empty_text_are_different_revisions():
    assert raw_revision(replace(MENTION, text=None)) != raw_revision(replace(MENTION, text="None"))
