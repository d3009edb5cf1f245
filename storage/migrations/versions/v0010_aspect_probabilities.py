"""Series of class probabilities by aspect and by segment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let go of the series that lack them; once all migrations are done, `storage.migrate` counts them anew."""
    op.execute(sa.text("UPDATE brands SET probabilities_kept = false"))
