"""Keys and passwords of a source, and keeping their values out of all that a crawl tells.

An adapter marks them by their type (`SecretStr`) among its options. Whatever
the crawl process tells passes through one `Secrets` in process.py: services
echo keys in error messages, next-page addresses and redirects, and libraries
write the address that failed into their logs.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from twelvefold.config import SourceSettings
from twelvefold.crawlers.source import source_class
from twelvefold.errors import ConfigError
from twelvefold.records import RawMention

BLOT = "***"
_SHORTEST = 4
_SHORTEST_IN_OPINIONS = 8
"""What people wrote may hold a short word by chance, and nobody's key is that short."""

_KEPT = frozenset(("external_id", "identity"))
"""What tells one mention from another is left as it is, or two might become one."""

Told = TypeVar("Told")


@dataclass(frozen=True)
class Secrets:
    """The values that must not be told, in all the ways in which they may be written, longest first."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: SourceSettings) -> Secrets:
        """Return the secrets of a configured source, even if its options are wrong in other ways."""
        try:
            options = source_class(settings.kind).Options
        except ConfigError:
            return cls()
        given = [
            str(settings.options[name])
            for name, field in options.model_fields.items()
            if settings.options.get(name) is not None and _is_secret(field.annotation)
        ]
        written = {form for value in given for form in _forms(value)}
        # HTTP Basic: a name that may well be told, and a password that may not.
        written |= {_base64(f"{name}:{value}") for name in settings.options.values() for value in given}
        return cls(tuple(sorted((form for form in written if len(form) >= _SHORTEST), key=len, reverse=True)))

    def blotted(self, told: Told) -> Told:
        """Return an event or any part of one without the secret values."""
        return self._blotted(told, _SHORTEST) if self.values else told

    def _blotted(self, told: Any, shortest: int) -> Any:
        if type(told) is str:  # and no status
            for value in self.values:
                if len(value) >= shortest:
                    told = told.replace(value, BLOT)
            return told
        if isinstance(told, Mapping):
            return {self._blotted(key, shortest): self._blotted(value, shortest) for key, value in told.items()}
        if isinstance(told, (list, tuple)):
            return type(told)(self._blotted(one, shortest) for one in told)
        if is_dataclass(told) and not isinstance(told, type):
            inner = _SHORTEST_IN_OPINIONS if isinstance(told, RawMention) else shortest
            parts = {field.name: getattr(told, field.name) for field in fields(told) if field.name not in _KEPT}
            return replace(told, **{name: self._blotted(value, inner) for name, value in parts.items()})
        return told


def _is_secret(annotation: Any) -> bool:
    """Return whether a type is SecretStr, or may be."""
    return annotation is SecretStr or any(_is_secret(part) for part in getattr(annotation, "__args__", ()))


def _forms(value: str) -> Iterator[str]:
    """Yield the ways in which one secret may be written: in addresses, in headers, line by line."""
    for part in {value, value.strip(), *value.replace("\\n", "\n").splitlines()}:
        yield from (part, quote(part), quote(part, safe=""), quote_plus(part), quote_plus(part, safe="/"))
        yield _base64(part)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()
