"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "brands",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("author_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("name", name=op.f("uq_brands_name")),
    )
    op.create_table(
        "judgements",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("negative", sa.Double(), nullable=False),
        sa.Column("neutral", sa.Double(), nullable=False),
        sa.Column("positive", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("stars", sa.Double(), nullable=True),
        sa.Column("mixed", sa.Boolean(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("aspects", sa.JSON(), nullable=True),
        sa.Column("urgency", sa.JSON(), nullable=True),
        sa.Column("contradiction", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
        sa.UniqueConstraint("content_hash", "model", name=op.f("uq_judgements_content_hash_model")),
    )
    op.create_table(
        "customers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("cancelled", sa.Date(), nullable=True),
        sa.Column("segments", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_customers_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("brand_id", "customer_id", name=op.f("uq_customers_brand_id_customer_id")),
    )
    op.create_table(
        "digest_sends",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("claimed_at", TIME, nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_digest_sends_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand_id", "week", "recipient", "channel", name=op.f("pk_digest_sends")),
    )
    op.create_table(
        "digests",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_digests_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand_id", "week", "language", "format", name=op.f("pk_digests")),
    )
    op.create_table(
        "orders",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Date(), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_orders_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("brand_id", "order_id", name=op.f("uq_orders_brand_id_order_id")),
    )
    op.create_index(op.f("ix_orders_brand_id_customer_id"), "orders", ["brand_id", "customer_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("owner_boot_id", sa.Text(), nullable=False),
        sa.Column("owner_pid", NUMBER, nullable=False),
        sa.Column("owner_started", sa.Text(), nullable=False),
        sa.Column("owner_host", sa.Text(), nullable=False),
        sa.Column("heartbeat_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_runs_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("brand_id", "kind", "local_date", name=op.f("uq_runs_brand_id_kind_local_date")),
    )
    op.create_table(
        "sources",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_sources_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_sources_brand_id_name")),
    )
    op.create_table(
        "subjects",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_subjects_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("brand_id", "name", name=op.f("uq_subjects_brand_id_name")),
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("measure", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("scale_low", sa.Double(), nullable=True),
        sa.Column("scale_high", sa.Double(), nullable=True),
        sa.Column("high_is_good", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("local_date", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("segments", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_survey_answers_brand_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint(
            "brand_id",
            "survey",
            "response_id",
            "measure",
            name=op.f("uq_survey_answers_brand_id_survey_response_id_measure"),
        ),
    )
    op.create_index(
        op.f("ix_survey_answers_brand_id_measure_local_date"),
        "survey_answers",
        ["brand_id", "measure", "local_date"],
        unique=False,
    )
    op.create_index(op.f("ix_survey_answers_content_hash"), "survey_answers", ["content_hash"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("forgotten_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_tombstones_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand_id", "kind", "key", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "mentions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("subject_id", NUMBER, nullable=True),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("revision_hash", sa.Text(), nullable=False),
        sa.Column("raw_revision", sa.Text(), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("stars", sa.Double(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("rating_best", sa.Double(), nullable=True),
        sa.Column("rating_worst", sa.Double(), nullable=True),
        sa.Column("author_hash", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("collected_at", TIME, nullable=False),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("published_precision", sa.String(length=10), nullable=False),
        sa.Column("edited_at", TIME, nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("duplicate_of", NUMBER, nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_text", sa.Text(), nullable=True),
        sa.Column("reply_at", TIME, nullable=True),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_mentions_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["mentions.id"], name=op.f("fk_mentions_duplicate_of"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_mentions_source_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_mentions_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
        sa.UniqueConstraint("source_id", "external_id", name=op.f("uq_mentions_source_id_external_id")),
    )
    op.create_index(op.f("ix_mentions_brand_id_local_date"), "mentions", ["brand_id", "local_date"], unique=False)
    op.create_index(
        op.f("ix_mentions_content_hash_brand_id_source_id"),
        "mentions",
        ["content_hash", "brand_id", "source_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_mentions_duplicate_of"),
        "mentions",
        ["duplicate_of"],
        unique=False,
        sqlite_where=sa.text("duplicate_of IS NOT NULL"),
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_table(
        "rollups",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_rollups_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_rollups_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "model",
            "local_date",
            "source_id",
            "subject",
            "language",
            "label",
            "resolved",
            name=op.f("pk_rollups"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "star_rollups",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("tenths", NUMBER, nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_star_rollups_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_star_rollups_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "local_date",
            "source_id",
            "subject",
            "language",
            "tenths",
            name=op.f("pk_star_rollups"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_attempts",
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("attempt", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("summary", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_attempts_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "attempt", name=op.f("pk_run_attempts")),
    )
    op.create_table(
        "run_source_results",
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("attempt", NUMBER, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("completeness", sa.String(length=20), nullable=False),
        sa.Column("fetched", NUMBER, nullable=False),
        sa.Column("new", NUMBER, nullable=False),
        sa.Column("edited", NUMBER, nullable=False),
        sa.Column("seen_again", NUMBER, nullable=False),
        sa.Column("rejected", NUMBER, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_source_results_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "attempt", "source", name=op.f("pk_run_source_results")),
    )
    op.create_table(
        "cases",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("mention_id", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_cases_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_cases_mention_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("mention_id", name=op.f("uq_cases_mention_id")),
    )
    op.create_index(op.f("ix_cases_brand_id_state_id"), "cases", ["brand_id", "state", "id"], unique=False)
    op.create_table(
        "mention_removals",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("mention_id", NUMBER, nullable=False),
        sa.Column("removed_at", TIME, nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("returned_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_mention_removals_mention_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention_removals")),
    )
    op.create_index(op.f("ix_mention_removals_mention_id"), "mention_removals", ["mention_id"], unique=False)
    op.create_table(
        "mention_revisions",
        sa.Column("mention_id", NUMBER, nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("replaced_at", TIME, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stars", sa.Double(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("reply_text", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("revision_hash", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_mention_revisions_mention_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", "revision", name=op.f("pk_mention_revisions")),
    )
    op.create_table(
        "case_events",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("case_id", NUMBER, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id_id"), "case_events", ["case_id", "id"], unique=False)
