"""Which days nights have looked at for bursts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; until a night fills it, `health` says that none has looked."""
    op.create_table(
        "burst_nights",
        sa.Column("brand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_burst_nights_brand_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand_id", "model", name=op.f("pk_burst_nights")),
    )
