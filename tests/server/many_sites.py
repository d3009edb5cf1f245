"""Many sites on one server: each has a loopback address of its own, and so its own robots.txt, pace and faults."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from loopback_site import Answer, Asked, LoopbackSite, Route


@dataclass
class Site:
    """One of the sites: what it answers with, and what it was asked.

    Attributes:
        ids: Those of the items that it shows when all is well.
        elsewhere: Another server, to which nothing but what is public may go.
        visits, kept: For faults that remember: how often each request came, the page that each list shows for ever.
    """

    url: str
    answer: Route
    requests: list[Asked] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    elsewhere: str = ""
    visits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    kept: dict[str, Answer] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """What was asked for, robots.txt left out."""
        return [asked.path for asked in self.requests if asked.path != "/robots.txt"]


class ManySites(LoopbackSite):
    """The server; Linux only, where all of 127.0.0.0/8 is this machine."""

    def __init__(self) -> None:
        super().__init__(address="0.0.0.0")
        self.sites: dict[str, Site] = {}

    def open(self, answer: Route) -> Site:
        """Return a further site."""
        number = len(self.sites) + 2
        host = f"127.0.{number // 250}.{number % 250 + 1}:{self.port}"
        self.sites[host] = Site(f"http://{host}", answer)
        return self.sites[host]

    def answer_to(self, asked: Asked) -> Answer:
        site = self.sites[asked.headers["host"]]
        site.requests.append(asked)
        return site.answer if isinstance(site.answer, Answer) else site.answer(asked)
