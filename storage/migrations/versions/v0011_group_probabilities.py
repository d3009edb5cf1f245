"""Series of class probabilities by aspect and by segment; ratios of priors by language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let go of the series: once all migrations are done, `storage.migrate` counts them anew."""
    op.create_table(
        "prior_ratios",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("negative", sa.Double(), nullable=False),
        sa.Column("neutral", sa.Double(), nullable=False),
        sa.Column("positive", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("model", "language", name=op.f("pk_prior_ratios")),
    )
    op.execute(sa.text("UPDATE brands SET probabilities_kept = false"))
