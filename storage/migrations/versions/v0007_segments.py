"""Counts by segment of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAMED = sa.text("customer_id IS NOT NULL")


def upgrade() -> None:
    """Make the table; once all migrations are done, `storage.migrate` counts what is there already."""
    op.create_table(
        "segment_rollups",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_segment_rollups_brand_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_segment_rollups_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "model",
            "local_date",
            "source_id",
            "segment",
            "label",
            "resolved",
            name=op.f("pk_segment_rollups"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_mentions_brand_id_customer_id"),
        "mentions",
        ["brand_id", "customer_id"],
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )
