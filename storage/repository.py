"""One transaction's view of the database: a repository for each noun."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from twelvefold.storage.answers import Answers
from twelvefold.storage.brands import Brands
from twelvefold.storage.bursts import Bursts
from twelvefold.storage.cases import Cases
from twelvefold.storage.customer_signs import CustomerSigns
from twelvefold.storage.customers import Customers
from twelvefold.storage.digests import Digests
from twelvefold.storage.evidence import Evidence
from twelvefold.storage.judgements import Judgements
from twelvefold.storage.labels import Labels
from twelvefold.storage.mentions import Mentions
from twelvefold.storage.reasons import Reasons
from twelvefold.storage.rollups import Rollups
from twelvefold.storage.runs import Runs
from twelvefold.storage.sources import Sources
from twelvefold.storage.surveys import Surveys
from twelvefold.storage.testimonials import Testimonials
from twelvefold.storage.tombstones import Tombstones


class Work:
    """A unit of work: what its repositories do is kept together, or not at all.

    Made by `Database.begin` and `Database.read`; of no use once their block is left.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def brands(self) -> Brands:
        """The brands and their sources."""
        return Brands(self._connection)

    @cached_property
    def sources(self) -> Sources:
        """What is kept of the sources for the crawl that comes."""
        return Sources(self._connection)

    @cached_property
    def mentions(self) -> Mentions:
        """The mentions."""
        return Mentions(self._connection)

    @cached_property
    def judgements(self) -> Judgements:
        """The judgements of texts."""
        return Judgements(self._connection)

    @cached_property
    def surveys(self) -> Surveys:
        """The survey answers."""
        return Surveys(self._connection)

    @cached_property
    def customers(self) -> Customers:
        """The customers and their orders."""
        return Customers(self._connection)

    @cached_property
    def cases(self) -> Cases:
        """The complaints and their audit trail."""
        return Cases(self._connection)

    @cached_property
    def runs(self) -> Runs:
        """The nights, their leases and their results."""
        return Runs(self._connection)

    @cached_property
    def digests(self) -> Digests:
        """The digests and the send ledger."""
        return Digests(self._connection)

    @cached_property
    def rollups(self) -> Rollups:
        """The daily counts."""
        return Rollups(self._connection)

    @cached_property
    def tombstones(self) -> Tombstones:
        """What was forgotten."""
        return Tombstones(self._connection)

    @cached_property
    def evidence(self) -> Evidence:
        """What was said in a period."""
        return Evidence(self._connection)

    @cached_property
    def reasons(self) -> Reasons:
        """Why weeks moved."""
        return Reasons(self._connection)

    @cached_property
    def customer_signs(self) -> CustomerSigns:
        """What tells of each customer whether they stay."""
        return CustomerSigns(self._connection)

    @cached_property
    def testimonials(self) -> Testimonials:
        """The praise worth quoting, with its permissions."""
        return Testimonials(self._connection)

    @cached_property
    def bursts(self) -> Bursts:
        """Days on which far more was said than usual."""
        return Bursts(self._connection)

    @cached_property
    def labels(self) -> Labels:
        """What people said of mentions drawn by chance."""
        return Labels(self._connection)

    @cached_property
    def answers(self) -> Answers:
        """The answers that are kept until anything changes."""
        return Answers(self._connection)
