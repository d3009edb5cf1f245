"""The schema, as SQLAlchemy mappings; the migrations build the same (a test compares them).

Names in a mention's natural key and in the roll-ups are those of the configuration. A child row
goes with its parent (`ON DELETE CASCADE`), so that erasing a mention leaves nothing behind.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Index, MetaData, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from twelvefold.storage.columns import Document, RowId, UtcDateTime


class Base(DeclarativeBase):
    """The root of all tables: constraints get predictable names, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: RowId,
        str: Text(),
        date: Date(),
        datetime: UtcDateTime(),
        dict[str, Any]: Document,
        list[Any]: Document,
    }


def _parent(column: str) -> ForeignKey:
    """Return a reference to a parent row, with which this one goes."""
    return ForeignKey(column, ondelete="CASCADE")


# SQLite then keeps the rows in the order of the key, so that a period is read in one go.
_CLUSTERED = {"sqlite_with_rowid": False}


class BrandTable(Base):
    """One brand, with the zone by which its days are counted and the key by which its authors are hashed.

    `cases_model` is the model by whose judgements its cases were last opened; `probabilities_kept` says whether
    the series of class probabilities follow its mentions, or wait for a night to count them.
    """

    __tablename__ = "brands"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str]
    author_key: Mapped[bytes]
    cases_model: Mapped[str | None]
    probabilities_kept: Mapped[bool]


class SubjectTable(Base):
    """What a mention is about: a product, an app, a shop."""

    __tablename__ = "subjects"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    name: Mapped[str]


class SourceTable(Base):
    """One configured source of a brand: when all of it was last read, and how to ask whether a page has changed."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    name: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str | None]
    weight: Mapped[float]
    deep_at: Mapped[datetime | None]
    validators: Mapped[dict[str, Any] | None]


class MentionTable(Base):
    """One mention as it stands now; its earlier wordings are in `mention_revisions`.

    `collected_at` is when it was first seen and never moves; `local_date` is the one day by which it
    is counted, in the brand's zone. The payload comes last: SQLite then reads the other columns
    without touching its pages.
    """

    __tablename__ = "mentions"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index(None, "content_hash", "brand_id", "source_id"),
        Index(None, "brand_id", "local_date"),
        Index(
            None,
            "duplicate_of",
            sqlite_where=text("duplicate_of IS NOT NULL"),
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            None,
            "brand_id",
            "customer_id",
            sqlite_where=text("customer_id IS NOT NULL"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    source_id: Mapped[int] = mapped_column(_parent("sources.id"))
    external_id: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subjects.id"))
    local_date: Mapped[date]
    content_hash: Mapped[str]
    revision_hash: Mapped[str]
    raw_revision: Mapped[str]
    revision: Mapped[int]
    language: Mapped[str | None] = mapped_column(String(20))
    stars: Mapped[float | None]
    rating: Mapped[float | None]
    rating_best: Mapped[float | None]
    rating_worst: Mapped[float | None]
    author_hash: Mapped[str | None]
    customer_id: Mapped[str | None]
    collected_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_precision: Mapped[str] = mapped_column(String(10))
    edited_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("mentions.id", ondelete="SET NULL"))
    verified: Mapped[bool | None]
    incentivised: Mapped[bool | None]
    erased_at: Mapped[datetime | None]
    url: Mapped[str | None]
    title: Mapped[str]
    text: Mapped[str]
    reply_text: Mapped[str | None]
    reply_at: Mapped[datetime | None]
    payload: Mapped[dict[str, Any] | None]


class DueTable(Base):
    """A mention that a stage of the night has yet to look at: it is new, or something about it has changed."""

    __tablename__ = "due_mentions"
    __table_args__ = _CLUSTERED
    mention_id: Mapped[int] = mapped_column(_parent("mentions.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(10), primary_key=True)


class RevisionTable(Base):
    """An earlier wording of a mention, kept when the source showed another one."""

    __tablename__ = "mention_revisions"
    mention_id: Mapped[int] = mapped_column(_parent("mentions.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    replaced_at: Mapped[datetime]
    title: Mapped[str]
    text: Mapped[str]
    stars: Mapped[float | None]
    rating: Mapped[float | None]
    published_at: Mapped[datetime | None]
    reply_text: Mapped[str | None]
    content_hash: Mapped[str]
    revision_hash: Mapped[str]
    payload: Mapped[dict[str, Any] | None]


class RemovalTable(Base):
    """That a source no longer shows a mention, by which evidence, and whether it came back."""

    __tablename__ = "mention_removals"
    __table_args__ = (Index(None, "mention_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    mention_id: Mapped[int] = mapped_column(_parent("mentions.id"))
    removed_at: Mapped[datetime]
    evidence: Mapped[str]
    returned_at: Mapped[datetime | None]


class JudgementTable(Base):
    """What one model revision thinks of one text, whoever wrote it and wherever."""

    __tablename__ = "judgements"
    __table_args__ = (UniqueConstraint("content_hash", "model"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    model: Mapped[str]
    label: Mapped[str] = mapped_column(String(10))
    negative: Mapped[float]
    neutral: Mapped[float]
    positive: Mapped[float]
    confidence: Mapped[float]
    stars: Mapped[float | None]
    mixed: Mapped[bool | None]
    language: Mapped[str] = mapped_column(String(20))
    aspects: Mapped[list[Any] | None]
    urgency: Mapped[dict[str, Any] | None]
    contradiction: Mapped[bool]


class RollupTable(Base):
    """How many mentions of one day, source, subject, language, class and case state there are.

    Kept in step by `storage.rollups`; `subject` and `language` are '' where there is none.
    """

    __tablename__ = "rollups"
    __table_args__ = _CLUSTERED
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(_parent("sources.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(10), primary_key=True)
    resolved: Mapped[bool] = mapped_column(primary_key=True)
    n: Mapped[int]


class AspectTable(Base):
    """How many mentions of one day and source speak of one aspect, by how they do and their case's state."""

    __tablename__ = "aspect_rollups"
    __table_args__ = _CLUSTERED
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(_parent("sources.id"), primary_key=True)
    aspect: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(10), primary_key=True)
    resolved: Mapped[bool] = mapped_column(primary_key=True)
    n: Mapped[int]


class StarTable(Base):
    """How many mentions of one day, source, subject and language have how many stars, judged or not.

    Kept in step by `storage.rollups`; `tenths` are stars on 1-5 times ten, rounded.
    """

    __tablename__ = "star_rollups"
    __table_args__ = _CLUSTERED
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    local_date: Mapped[date] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(_parent("sources.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    tenths: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class CaseTable(Base):
    """A complaint that somebody should look at: one for each mention judged negative."""

    __tablename__ = "cases"
    __table_args__ = (Index(None, "brand_id", "state", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    mention_id: Mapped[int] = mapped_column(_parent("mentions.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    assignee: Mapped[str | None]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class CaseEventTable(Base):
    """One step in the life of a case: who did what, and when. Never changed once written."""

    __tablename__ = "case_events"
    __table_args__ = (Index(None, "case_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(_parent("cases.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(20))
    note: Mapped[str]


class AnswerTable(Base):
    """One measure of one survey response."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        UniqueConstraint("brand_id", "survey", "response_id", "measure"),
        Index(None, "brand_id", "measure", "local_date"),
        Index(None, "content_hash"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    survey: Mapped[str]
    response_id: Mapped[str]
    measure: Mapped[str] = mapped_column(String(10))
    score: Mapped[float | None]
    scale_low: Mapped[float | None]
    scale_high: Mapped[float | None]
    high_is_good: Mapped[bool]
    comment: Mapped[str]
    content_hash: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    local_date: Mapped[date | None]
    language: Mapped[str | None] = mapped_column(String(20))
    customer_id: Mapped[str | None]
    segments: Mapped[dict[str, Any] | None]


class CustomerTable(Base):
    """One customer as the customer file has it."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("brand_id", "customer_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    customer_id: Mapped[str]
    since: Mapped[date | None]
    cancelled: Mapped[date | None]
    segments: Mapped[dict[str, Any] | None]


class OrderTable(Base):
    """One purchase. It may come in before the customer file does, so it refers to nobody."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("brand_id", "order_id"), Index(None, "brand_id", "customer_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    order_id: Mapped[str]
    customer_id: Mapped[str]
    ordered: Mapped[date]
    amount: Mapped[float]
    margin: Mapped[float | None]


class RunTable(Base):
    """One night of one brand: who holds it, and the fence that tells an owner it was overtaken."""

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("brand_id", "kind", "local_date"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"))
    kind: Mapped[str]
    local_date: Mapped[date]
    fence: Mapped[int]
    owner_boot_id: Mapped[str]
    owner_pid: Mapped[int]
    owner_started: Mapped[str]
    owner_host: Mapped[str]
    heartbeat_at: Mapped[datetime]


class AttemptTable(Base):
    """One attempt at a night; its number is the fence under which it wrote."""

    __tablename__ = "run_attempts"
    run_id: Mapped[int] = mapped_column(_parent("runs.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    summary: Mapped[dict[str, Any] | None]


class SourceResultTable(Base):
    """What one source gave in one attempt."""

    __tablename__ = "run_source_results"
    run_id: Mapped[int] = mapped_column(_parent("runs.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(String(20))
    completeness: Mapped[str] = mapped_column(String(20))
    fetched: Mapped[int]
    new: Mapped[int]
    edited: Mapped[int]
    seen_again: Mapped[int]
    rejected: Mapped[int]
    message: Mapped[str]
    removed: Mapped[int]
    missing: Mapped[int]
    pages: Mapped[int]
    deep: Mapped[bool]
    stored: Mapped[int | None]
    total_told: Mapped[int | None]
    texts: Mapped[int]
    ratings: Mapped[int]
    dates: Mapped[int]
    authors: Mapped[int]
    silent: Mapped[bool]


class DigestTable(Base):
    """A digest that was rendered: where it lies, and by which hash it is known."""

    __tablename__ = "digests"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    week: Mapped[str] = mapped_column(String(10), primary_key=True)
    language: Mapped[str] = mapped_column(String(20), primary_key=True)
    format: Mapped[str] = mapped_column(String(10), primary_key=True)
    content_hash: Mapped[str]
    path: Mapped[str]


class SendTable(Base):
    """That a week's digest was, or may have been, sent to one recipient: never twice."""

    __tablename__ = "digest_sends"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    week: Mapped[str] = mapped_column(String(10), primary_key=True)
    recipient: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    claimed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    note: Mapped[str]


class TombstoneTable(Base):
    """Somebody or something that was forgotten, so that the next crawl does not bring it back.

    `key` is a hash: a tombstone does not itself remember whom it is for.
    """

    __tablename__ = "tombstones"
    brand_id: Mapped[int] = mapped_column(_parent("brands.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    forgotten_at: Mapped[datetime]
