"""A service of any kind, played from the fixture cases of that kind: what it answers when all is well."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from loopback_site import Answer, Asked
from signing_keys import with_keys

_NUMBER = re.compile(r"\d+")
_LEFT_OUT = re.compile(r"content-type$|x-ratelimit|ratelimit", re.IGNORECASE)
FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Case:
    """One recorded case: the configured options, the address, and what stands there."""

    name: str
    options: dict[str, Any]
    path: str
    query: frozenset[tuple[str, str]]
    headers: dict[str, str]
    context: dict[str, Any]
    body: bytes
    mentions: int
    leads_to: int
    is_good: bool

    @classmethod
    def read(cls, folder: Path) -> Case:
        given = json.loads((folder / "case.json").read_text("utf-8"))
        url = urlsplit(given["page"]["url"])
        expected = given["expected"]
        return cls(
            name=folder.name,
            options=given["options"],
            path=url.path,
            query=frozenset(parse_qsl(url.query)),
            headers=given["page"]["headers"],
            context=given["page"]["context"],
            body=next(folder.glob("page.*")).read_bytes(),
            mentions=len(expected["mentions"]),
            leads_to=len(expected.get("follow", ())),
            is_good=not {"status", "rejected"} & expected.keys() and given["page"].get("status", 200) < 400,
        )


def cases(kind: str) -> list[Case]:
    """Return all cases of a web kind, in the order of their names."""
    return [Case.read(folder) for folder in sorted((FIXTURES / kind).glob("*/")) if (folder / "case.json").is_file()]


class FixtureService:
    """Answers every request with the good case that stands nearest to it: same path but for numbers, most of the query.

    It is configured as the first case in which all is well and something is said.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.cases = cases(kind)
        first = next(case for case in self.cases if case.is_good and case.mentions)
        self.options = with_keys(first.options)
        self._good = [case for case in self.cases if case.is_good and case.options == first.options]

    def answer(self, asked: Asked) -> Answer:
        url = urlsplit(asked.path)
        query = set(parse_qsl(url.query))
        near = [case for case in self._good if case.path.endswith(url.path)]
        near = near or [case for case in self._good if _NUMBER.sub("", case.path) == _NUMBER.sub("", url.path)]
        near = near or [case for case in self.cases if case.is_good and not case.mentions][:1]
        if not near:
            return Answer("nothing here", 404)
        case = max(
            near, key=lambda case: (len(case.query & query) - len(case.query - query), case.mentions, case.leads_to)
        )
        headers = {name: value for name, value in case.headers.items() if not _LEFT_OUT.match(name)}
        # Pauses that the service asks for would only make the tests slow.
        body = re.sub(rb'("backoff": *)\d+', rb"\g<1>0", case.body)
        return Answer(body, type=case.headers.get("content-type"), headers=headers)
