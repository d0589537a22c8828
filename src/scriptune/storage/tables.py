"""The table definitions, as SQLAlchemy Core objects; one schema for SQLite and PostgreSQL.

What every table has in common:

- `columns` says what their values are in Python: aware times in UTC, parsed JSON, texts that survive any
  bytes.
- Numbers that JSON and SQL cannot hold (NaN and the infinities) have a column of their own.
- There are no foreign keys: a transaction locks the job's row before it writes anything of that job, so a row
  without its job cannot come to be, and SQLite would check every insert against an index for nothing.
- Indexes serve pages of 50,000 trials: by number (the primary key), by value (best and sorting), by state (counts).

A change here needs a migration in ``migrations/versions`` and a new `revision.SCHEMA`; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "METADATA",
    "attempts",
    "counters",
    "events",
    "items",
    "jobs",
    "reports",
    "tells",
    "trials",
    "version",
]

METADATA = MetaData()


def _json() -> JSON:
    return JSON(none_as_null=True)


def _text(name: str, **options: Any) -> Column[str]:
    """A text column, NOT NULL by default; ``Any``: the options of Column are not one type."""
    return Column(name, Text, **{"nullable": False, **options})


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


jobs = Table(
    "jobs",
    METADATA,
    _text("id", primary_key=True),
    _text("name"),
    # Copied out of the document, so that one statement finds the best trials of many jobs.
    _text("goal"),
    Column("document", _json(), nullable=False),
    _text("state"),
    _text("message"),
    # Code and parameters of the message; NULL in rows of 0.1.0, and for a message without a code.
    Column("reason", _json()),
    _text("stop_requested"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("active_s", Double, nullable=False),
    Column("extra_trials", BigInteger, nullable=False),
    Column("resumed_at_tell", BigInteger, nullable=False),
    Column("n_told", BigInteger, nullable=False),
    Column("last_event", BigInteger, nullable=False),
    _text("lease_owner", nullable=True),
    Column("lease_until", DateTime(timezone=True)),
    # NULL: none, as in rows that were written before the column was there.
    Column("notices", _json()),
    Column("earlier_goals", _json()),
    # NULL: 1, the rules of 0.1.0.
    Column("search_rules", BigInteger),
    # NULL: none.
    Column("first_points", _json()),
    Column("usual_values_version", BigInteger),
    Column("units", _json()),
    # NULL: it is a search.
    Column("confirms", _json()),
    _text("note", nullable=True),
    Column("tags", _json()),
    Column("star", Boolean),
    # NULL: nothing was changed.
    Column("submitted_run", _json()),
    Column("labels", _json(), nullable=False),
    Index("jobs_by_created_at", "created_at", "id"),
    Index("jobs_by_name", "name"),
    Index(
        "jobs_that_confirm",
        "id",
        sqlite_where=text("confirms IS NOT NULL"),
        postgresql_where=text("confirms IS NOT NULL"),
    ),
)

trials = Table(
    "trials",
    METADATA,
    _text("job_id", primary_key=True),
    _key("number"),
    Column("params", _json(), nullable=False),
    _text("state"),
    Column("value", Double),
    Column("metrics", _json(), nullable=False),
    Column("n_reports", BigInteger, nullable=False),
    _text("cause", nullable=True),
    _text("message"),
    Column("reason", _json()),
    Column("suggestion", _json()),
    Column("n_told", BigInteger, nullable=False),
    Column("n_attempts", BigInteger, nullable=False),
    Column("stop_requested", Boolean, nullable=False),
    _text("report_digest", nullable=True),
    Column("notices", _json()),
    # Of its latest attempt, so that lists need not read attempts; NULL in rows of 0.1.0.
    _text("place", nullable=True),
    Column("contact_at", DateTime(timezone=True)),
    # A message or a string; NULL: not known yet.
    Column("waits", _json()),
    Column("created_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Index("trials_by_value", "job_id", "value", "number"),
    Index("trials_by_state", "job_id", "state", "number"),
    Index(
        "trials_to_stop",
        "job_id",
        "number",
        sqlite_where=text("stop_requested"),
        postgresql_where=text("stop_requested"),
    ),
)

attempts = Table(
    "attempts",
    METADATA,
    _text("job_id", primary_key=True),
    _key("number"),
    _key("attempt"),
    _text("state"),
    _text("folder"),
    Column("handle", _json()),
    Column("exit", _json()),
    Column("log_offset", BigInteger, nullable=False),
    # Rows in `reports`; the position of the next one.
    Column("n_reports", BigInteger, nullable=False),
    Column("warnings", _json(), nullable=False),
    Column("created_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("pruned_at", DateTime(timezone=True)),
    _text("placed", nullable=True),
    Column("contact_at", DateTime(timezone=True)),
    # How far metric files were read; NULL without any.
    Column("sources", _json()),
    Index("attempts_by_state", "job_id", "state"),
)

# The next three are long lists of narrow rows that are read in the order of their key: without a rowid SQLite keeps
# them in that order, once.
reports = Table(
    "reports",
    METADATA,
    _text("job_id", primary_key=True),
    _key("number"),
    _key("attempt"),
    _key("position"),
    _text("metric"),
    Column("value", Double),
    # "nan", "inf" or "-inf"; then value is NULL.
    _text("non_finite", nullable=True),
    Column("step", Double, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    # NULL in rows of 0.1.0, which recorded none.
    _text("unit", nullable=True),
    # NULL: the log.
    _text("file", nullable=True),
    sqlite_with_rowid=False,
)

tells = Table(
    "tells",
    METADATA,
    _text("job_id", primary_key=True),
    _key("position"),
    Column("number", BigInteger, nullable=False),
    Column("value", Double),
    # Values at rungs, and how long the attempts were; NULL in rows of 0.1.0, which are final values.
    Column("steps", _json()),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    METADATA,
    _text("job_id", primary_key=True),
    _key("seq"),
    Column("at", DateTime(timezone=True), nullable=False),
    _text("kind"),
    Column("number", BigInteger),
    Column("data", _json(), nullable=False),
    # Counts the `job` events of all jobs; NULL for the other kinds.
    Column("global_seq", BigInteger, unique=True),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    METADATA,
    Column("id", Integer, primary_key=True),
    _text("kind"),
    _text("key"),
    Column("value", _json(), nullable=False),
    UniqueConstraint("kind", "key", name="items_by_key"),
)

# A row that is updated, not a sequence: anyone who counts holds the row's lock until the end of its transaction, so
# numbers appear in their order and a reader that has seen n has seen all before n.
counters = Table("counters", METADATA, _text("name", primary_key=True), Column("value", BigInteger, nullable=False))

# Alembic's own table, declared to create and read it without importing Alembic (130 ms of cpu).
version = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))
