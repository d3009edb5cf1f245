"""Counts by aspect, and series: daily counts packed by group, for figures over years."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; once all migrations are done, `storage.migrate` counts what is there already."""
    op.create_table(
        "aspect_rollups",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("source_id", NUMBER, nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_aspect_rollups_brand_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_aspect_rollups_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "model",
            "local_date",
            "source_id",
            "aspect",
            "label",
            "resolved",
            name=op.f("pk_aspect_rollups"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "class_series",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("chunk", NUMBER, nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_class_series_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            "brand_id",
            "scope",
            "model",
            "key",
            "weight",
            "label",
            "resolved",
            "chunk",
            name=op.f("pk_class_series"),
        ),
    )
    op.create_table(
        "star_series",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tenths", NUMBER, nullable=False),
        sa.Column("chunk", NUMBER, nullable=False),
        sa.Column("n", NUMBER, nullable=False),
        sa.Column("days", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_star_series_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand_id", "scope", "key", "tenths", "chunk", name=op.f("pk_star_series")),
    )
