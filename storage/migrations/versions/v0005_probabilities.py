"""Series of class probabilities, for figures that are corrected for the classifier's error."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; once all migrations are done, `storage.migrate` counts what is there already."""
    op.add_column("brands", sa.Column("probabilities_kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "probability_series",
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("sum_of", sa.String(length=10), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.Column("chunk", NUMBER, nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_id"], ["brands.id"], name=op.f("fk_probability_series_brand_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            *("brand_id", "scope", "sum_of", "model", "key", "weight", "resolved", "chunk"),
            name=op.f("pk_probability_series"),
        ),
    )
