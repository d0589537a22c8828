"""Schema changes of version 0.2.0."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add nullable columns, and rename the items that hold enqueued params."""
    op.add_column("jobs", sa.Column("notices", sa.JSON()))
    op.add_column("jobs", sa.Column("earlier_goals", sa.JSON()))
    op.add_column("attempts", sa.Column("pruned_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("units", sa.JSON()))
    op.add_column("trials", sa.Column("notices", sa.JSON()))
    op.add_column("jobs", sa.Column("search_rules", sa.BigInteger()))
    op.add_column("jobs", sa.Column("first_points", sa.JSON()))
    op.add_column("jobs", sa.Column("usual_values_version", sa.BigInteger()))
    op.add_column("jobs", sa.Column("reason", sa.JSON()))
    op.add_column("trials", sa.Column("reason", sa.JSON()))
    op.add_column("trials", sa.Column("report_digest", sa.Text()))
    op.add_column("reports", sa.Column("unit", sa.Text()))
    op.add_column("trials", sa.Column("place", sa.Text()))
    op.add_column("trials", sa.Column("contact_at", sa.DateTime(timezone=True)))
    op.add_column("trials", sa.Column("waits", sa.JSON()))
    op.add_column("attempts", sa.Column("placed", sa.Text()))
    op.add_column("attempts", sa.Column("contact_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("note", sa.Text()))
    op.add_column("jobs", sa.Column("tags", sa.JSON()))
    op.add_column("jobs", sa.Column("star", sa.Boolean()))
    op.add_column("jobs", sa.Column("submitted_run", sa.JSON()))
    op.add_column("attempts", sa.Column("sources", sa.JSON()))
    op.add_column("reports", sa.Column("file", sa.Text()))
    op.add_column("tells", sa.Column("steps", sa.JSON()))
    stopping = sa.text("stop_requested")
    op.add_column("jobs", sa.Column("confirms", sa.JSON()))
    confirming = sa.text("confirms IS NOT NULL")
    op.create_index("jobs_that_confirm", "jobs", ["id"], sqlite_where=confirming, postgresql_where=confirming)
    op.create_index("trials_to_stop", "trials", ["job_id", "number"], sqlite_where=stopping, postgresql_where=stopping)
    _mark_jobs_at_their_end()
    op.execute("UPDATE items SET kind = 'enqueued/' || substr(kind, 8) WHERE kind LIKE 'wishes/%'")


# How messages of 0.1.0 began that ended a job for want of a further trial; it stored no codes.
_AT_ITS_END = ("The budget is used up", "Every configuration of the search space was tried", "Every point of the grid")


def _mark_jobs_at_their_end() -> None:
    """Store the message code that resuming a job checks."""
    jobs = sa.table("jobs", sa.column("id", sa.Text()), sa.column("message", sa.Text()), sa.column("reason", sa.JSON()))
    connection = op.get_bind()
    found = connection.execute(sa.select(jobs.c.id, jobs.c.message)).all()
    for job_id, message in found:
        if message.startswith(_AT_ITS_END):
            reason = {"code": "job.ended_in_0_1_0", "params": {"text": message}}
            connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(reason=reason))
