"""Signing in to APIs: signed tokens (JWT), and access tokens that are fetched first.

A private key is checked when the configuration is, so that signing cannot fail
at night. Tokens travel in headers and bodies only: those are written nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import jwt
from jwt.exceptions import InvalidKeyError
from pydantic import SecretStr, ValidationInfo

from twelvefold.crawlers.answers import address, changed, json_of, sentence_at, words_at
from twelvefold.crawlers.source import Fetch, Page, Reading
from twelvefold.records import SourceStatus

GOOGLE_TOKENS = "https://oauth2.googleapis.com"
_GOOGLE_LIFE = timedelta(minutes=30)
_LONGEST_NAME = 500
_LONGEST_KEY = 100_000
_SERVICE_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

Algorithm = Literal["ES256", "RS256"]


def key_file(written: SecretStr, info: ValidationInfo, begins: str) -> str:
    """Return the content of a key's file: what the configuration holds, or what the file holds that it names.

    Args:
        begins: How such a file begins, by which the one is told from the other.

    Raises:
        ValueError: There is no such file.
    """
    given = written.get_secret_value().strip()
    if given.startswith(begins) or "\n" in given or len(given) > _LONGEST_NAME:
        return given
    folder: Path = (info.context or {}).get("folder", Path())
    try:
        with (folder / Path(given).expanduser()).open(encoding="utf-8-sig") as file:
            content = file.read(_LONGEST_KEY)
    except (OSError, ValueError, RuntimeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text file"
        raise ValueError(
            f"no key file can be read there ({reason}); name the file, or give its content from the environment"
        ) from exc
    return content


def private_key(written: str, algorithm: Algorithm) -> str:
    r"""Return a private key in PEM form; line ends written as \n are undone.

    Raises:
        ValueError: It is none, or not one for `algorithm`.
    """
    pem = written.replace("\\n", "\n").strip() + "\n"
    try:
        signed_token({}, pem, algorithm)
    except (InvalidKeyError, ValueError, TypeError, AttributeError) as exc:
        raise ValueError(
            f"this is no private key for {algorithm}; give all of the key file, from -----BEGIN to END-----"
        ) from exc
    return pem


def signed_token(claims: Mapping[str, Any], pem: str, algorithm: Algorithm, **headers: str) -> str:
    """Return `claims` as a signed token (RFC 7519)."""
    return jwt.encode(dict(claims), pem, algorithm=algorithm, headers=headers)


@dataclass(frozen=True)
class ServiceAccount:
    """A Google service account, as its JSON file describes it."""

    email: str
    key_id: str
    pem: str

    @classmethod
    def from_json(cls, written: str) -> ServiceAccount:
        """Return the account that a key file describes.

        Raises:
            ValueError: It describes none.
        """
        try:
            given = json.loads(written, strict=False)
        except (ValueError, RecursionError) as exc:
            raise ValueError("this is no JSON; give all of the service account's key file") from exc
        email, key = words_at(given, "client_email"), words_at(given, "private_key")
        if email is None or key is None:
            raise ValueError("it has no client_email or no private_key; give all of the service account's key file")
        return cls(email, words_at(given, "private_key_id") or "", private_key(key, "RS256"))

    def token_fetch(self, base_url: str | None, scope: str, now: datetime) -> Fetch:
        """Return the request that gets an access token (Google, "Using OAuth 2.0 for Server to Server")."""
        url = address(None, GOOGLE_TOKENS, "token")
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.email,
            "scope": scope,
            "aud": url,
            "iat": issued_at,
            "exp": issued_at + int(_GOOGLE_LIFE.total_seconds()),
        }
        assertion = signed_token(claims, self.pem, "RS256", kid=self.key_id)
        return token_fetch(
            address(base_url, GOOGLE_TOKENS, "token"), {"grant_type": _SERVICE_GRANT, "assertion": assertion}
        )


def token_fetch(url: str, form: Mapping[str, str]) -> Fetch:
    """Return the request that gets an access token for `form` (RFC 6749, 4.4 and 6)."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    body = urlencode(form).encode()
    return Fetch(url, "POST", headers, body, context={"token": True}, reads_statuses=(400, 401, 403))


def access_token(page: Page) -> str | None:
    """Return the access token of an answer to `token_fetch`, or None where it was refused."""
    return words_at(json_of(page), "access_token") if page.status < 400 else None


def bearer(token: str) -> dict[str, str]:
    """Return the headers that show an access token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def token_refused(page: Page, service: str, keys: str) -> Reading:
    """Return the reading of a token that was not given, with the keys of config.yaml to look at."""
    answer = json_of(page)
    reason = sentence_at(answer, "error_description") or sentence_at(answer, "error")
    if reason is None and page.status < 400:  # a wall, or another answer altogether
        return answer if isinstance(answer, Reading) else changed(page, "it holds no access_token and no error")
    message = f"{service} gives no access token ({reason or f'status {page.status}'}): check {keys}"
    return Reading(status=SourceStatus.BLOCKED, message=message)


def page_refused(page: Page, service: str, told: str | None, *, missing: str, rights: str) -> Reading:
    """Return the reading of a page that was refused although a token was shown (401, 403, 404).

    Args:
        told: What the service says of it.
        missing: The keys of config.yaml that name something that may not be there.
        rights: What to do where the right to read is lacking.
    """
    reason = told or f"status {page.status}"
    if page.status == 404:
        message = f"{service} finds nothing there: {reason}; check {missing}"
        return Reading(status=SourceStatus.FAILED, message=message)
    return Reading(status=SourceStatus.BLOCKED, message=f"{service} lets nobody in: {reason}; {rights}")
