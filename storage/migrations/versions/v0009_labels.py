"""Labels that people give to mentions drawn by chance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "label_draws",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("brand_id", NUMBER, nullable=False),
        sa.Column("mention_id", NUMBER, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("drawn_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name=op.f("fk_label_draws_brand_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name=op.f("fk_label_draws_mention_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_draws")),
        sa.UniqueConstraint(
            "mention_id", "model", "content_hash", name=op.f("uq_label_draws_mention_id_model_content_hash")
        ),
    )
    op.create_index(op.f("ix_label_draws_brand_id_model"), "label_draws", ["brand_id", "model"], unique=False)
    op.create_table(
        "label_events",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("draw_id", NUMBER, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["label_draws.id"], name=op.f("fk_label_events_draw_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_events")),
    )
    op.create_index(op.f("ix_label_events_draw_id_id"), "label_events", ["draw_id", "id"], unique=False)
