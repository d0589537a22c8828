"""What version 0.2.0 adds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, all of which may be NULL; enqueued params are kept under the word of the verb."""
    op.add_column("jobs", sa.Column("notices", sa.JSON()))
    op.add_column("jobs", sa.Column("earlier_goals", sa.JSON()))
    op.add_column("attempts", sa.Column("pruned_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("units", sa.JSON()))
    op.add_column("trials", sa.Column("notices", sa.JSON()))
    op.add_column("jobs", sa.Column("reason", sa.JSON()))
    op.add_column("trials", sa.Column("reason", sa.JSON()))
    op.add_column("trials", sa.Column("report_digest", sa.Text()))
    op.add_column("reports", sa.Column("unit", sa.Text()))
    op.execute("UPDATE items SET kind = 'enqueued/' || substr(kind, 8) WHERE kind LIKE 'wishes/%'")
