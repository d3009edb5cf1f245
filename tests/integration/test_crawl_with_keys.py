"""Services that want a key, a signature or a token first, on loopback, through the real child process."""

import json
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest

from twelvefold.config import Network, SourceSettings
from twelvefold.crawlers.process import CrawlJob, crawl
from twelvefold.records import Completeness, SourceStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "server"))
from loopback_site import Answer, LoopbackSite
from signing_keys import EMAIL, elliptic_key, rsa_key, with_keys

PREFIX = "/mirror/apis"


@pytest.fixture
def site():
    with LoopbackSite() as running:
        yield running


def crawled(site, kind, **options):
    """Return what a crawl told, all of it as text, and its end."""
    settings = SourceSettings(name="s", kind=kind, base_url=site.url + PREFIX, options=with_keys(options))
    events = list(crawl(CrawlJob(settings, Network(delay_s=0, allow_private=True))))
    return [mention for event in events[:-1] for mention in event.mentions], repr(events), events[-1]


def answered(document, status=200):
    return Answer(json.dumps(document), status, type="application/json")


def test_a_service_account_signs_for_a_token_that_is_shown_with_each_page(site):
    def token(asked):
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        audience = "https://oauth2.googleapis.com/token"
        claims = jwt.decode(form["assertion"], rsa_key().public_key(), ["RS256"], audience=audience)
        assert (asked.method, claims["iss"]) == ("POST", EMAIL)
        assert claims["scope"] == "https://www.googleapis.com/auth/androidpublisher"
        return answered({"access_token": "tonight-only", "expires_in": 3599})

    def reviews(asked):
        if asked.headers.get("authorization") != "Bearer tonight-only":
            return answered({"error": {"message": "who are you?"}}, 401)
        last = "token=T2" in asked.path
        comment = {"userComment": {"text": "Title\tGood.", "starRating": 4, "lastModified": {"seconds": "1773000000"}}}
        page = {"reviews": [{"reviewId": "g2" if last else "g1", "comments": [comment]}]}
        return answered(page if last else {**page, "tokenPagination": {"nextPageToken": "T2"}})

    site.routes[PREFIX + "/token"] = token
    site.routes[PREFIX + "/androidpublisher/v3/applications/org.example.kettle/reviews"] = reviews
    mentions, told, ended = crawled(
        site, "google_play_console", app_id="org.example.kettle", service_account="made for the test"
    )
    assert [(m.external_id, m.title, m.text) for m in mentions] == [("g1", "Title", "Good."), ("g2", "Title", "Good.")]
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.WINDOW_OVERFLOW)
    assert "tonight-only" not in told
    assert "PRIVATE KEY" not in told


def test_each_request_to_app_store_connect_is_signed(site):
    def reviews(asked):
        token = asked.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, elliptic_key().public_key(), ["ES256"], audience="appstoreconnect-v1")
        assert (jwt.get_unverified_header(token)["kid"], claims["iss"]) == ("KEY1", "issuer")
        assert claims["exp"] - claims["iat"] <= 20 * 60
        last = "cursor=two" in asked.path
        data = [{"id": "a2" if last else "a1", "attributes": {"body": "Good.", "rating": 5}}]
        links = {} if last else {"next": "https://elsewhere.example/v1/apps/1/customerReviews?cursor=two"}
        return answered({"data": data, "links": links})

    site.routes[PREFIX + "/v1/apps/1/customerReviews"] = reviews
    options = {"app_id": 1, "key_id": "KEY1", "issuer_id": "issuer", "key": "made for the test"}
    mentions, told, ended = crawled(site, "app_store_connect", **options)
    assert [mention.external_id for mention in mentions] == ["a1", "a2"], "no other host is followed"
    assert (ended.status, ended.completeness) == (SourceStatus.OK, Completeness.REACHED_END)
    assert "PRIVATE KEY" not in told


def test_a_wrong_secret_is_named_and_not_told(site):
    site.routes[PREFIX + "/oauth/token"] = answered({"error": "invalid_client"}, 401)
    _, told, ended = crawled(site, "trusted_shops", shop_id="chl-1", client_id="app", client_secret="hush-hush")
    assert (ended.status, ended.completeness) == (SourceStatus.BLOCKED, Completeness.UNKNOWN)
    assert "invalid_client" in ended.message
    assert "client_secret" in ended.message
    assert "hush-hush" not in told


def test_a_token_that_opens_nothing_is_blocked_and_not_partial(site):
    site.routes[PREFIX + "/token"] = answered({"access_token": "tonight-only"})
    site.routes["*"] = answered({"error": {"message": "The caller does not have permission"}}, 403)
    options = {"account": 1, "location": 2, "client_id": "c", "client_secret": "hush-hush", "refresh_token": "hush-too"}
    _, told, ended = crawled(site, "google_business", **options)
    assert ended.status is SourceStatus.BLOCKED
    assert "does not have permission" in ended.message
    assert not any(word in told for word in ("hush", "tonight-only"))


def test_a_shops_key_and_secret_go_in_a_header(site):
    def reviews(asked):
        assert asked.headers["authorization"] == "Basic " + b64encode(b"ck_1234:cs_5678").decode()
        assert "status=approved" in asked.path
        return answered([{"id": 1, "review": "<p>Good.</p>", "rating": 5, "status": "approved"}])

    site.routes[PREFIX + "/wp-json/wc/v3/products/reviews"] = reviews
    options = {"shop_url": "https://shop.example", "key": "ck_1234", "secret": "cs_5678"}
    mentions, told, ended = crawled(site, "woocommerce", **options)
    assert (len(mentions), ended.completeness) == (1, Completeness.REACHED_END)
    assert not any(secret in told for secret in ("ck_1234", "cs_5678"))


def test_where_robots_txt_forbids_it_google_play_is_not_asked(site):
    site.routes["/robots.txt"] = Answer(f"User-agent: *\nDisallow: {PREFIX}/_", type="text/plain")
    mentions, _, ended = crawled(site, "google_play", app_id="org.example.kettle")
    assert (mentions, ended.status) == ([], SourceStatus.DISALLOWED)
    assert site.paths == ["/robots.txt"]
