"""What a source told and when all of it was read; texts that had to be erased; what the night has yet to look at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
STAGES = ("duplicates", "cases")


def upgrade() -> None:
    """Add the columns, and have every mention looked at once more."""
    op.add_column("brands", sa.Column("cases_model", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("deep_at", TIME, nullable=True))
    op.add_column("sources", sa.Column("validators", sa.JSON(), nullable=True))
    op.add_column("mentions", sa.Column("incentivised", sa.Boolean(), nullable=True))
    op.add_column("mentions", sa.Column("erased_at", TIME, nullable=True))
    for name in ("removed", "missing", "pages", "texts", "ratings", "dates", "authors"):
        op.add_column("run_source_results", sa.Column(name, NUMBER, nullable=False, server_default="0"))
    for name in ("deep", "silent"):
        op.add_column("run_source_results", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("stored", "total_told"):
        op.add_column("run_source_results", sa.Column(name, NUMBER, nullable=True))
    op.create_table(
        "due_mentions",
        sa.Column("mention_id", NUMBER, nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_due_mentions_mention_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", "stage", name=op.f("pk_due_mentions")),
        sqlite_with_rowid=False,
    )
    for stage in STAGES:
        op.execute(f"INSERT INTO due_mentions (mention_id, stage) SELECT id, '{stage}' FROM mentions")  # noqa: S608
