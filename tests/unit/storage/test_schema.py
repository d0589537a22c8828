"""The tables and their migrations."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from scriptune.errors import StorageUnavailableError
from scriptune.runtime.history import enqueued_kind
from scriptune.storage import rows, schema, tables
from scriptune.storage.connections import Postgres, sqlite_connection
from scriptune.storage.opening import open_storage
from scriptune.storage.revision import SCHEMA
from scriptune.testing.storage_contract.samples import add_job, add_trials

UNRELEASED = "0002"  # leaves one when 0.2.0 is released
RELEASED = Path(__file__).parents[2] / "data" / "schemas"


def postgres(url: str) -> Postgres:
    return Postgres("The database", url.replace("+psycopg", ""))


def statements(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name != 'alembic_version'"
        )
        return sorted(re.sub(r"\s+", " ", row[0]).replace(" ,", ",") for row in found)


def described(path: Path) -> dict[str, object]:
    """Tables and indexes whatever the order of their columns: a migration adds new ones at the end."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name != 'alembic_version'"
        )
        return {
            name: (sorted(row[1:] for row in connection.execute(f"PRAGMA table_info({name})")), "WITHOUT ROWID" in sql)
            for name, sql in tables
        } | {"indexes": [text for text in statements(path) if " INDEX " in text]}


def test_the_last_migration_is_the_schema_of_this_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [SCHEMA]
    assert all(re.fullmatch(r"\d{4}", revision.revision) for revision in script.walk_revisions())


def test_migrations_make_the_tables_of_a_new_sqlite_file(tmp_path: Path) -> None:
    open_storage(f"sqlite:///{tmp_path}/new.db").close()
    (tmp_path / "migrated.db").touch()
    with schema._changing("The database", lambda: sqlite_connection(tmp_path / "migrated.db", 1.0)) as connection:
        schema._upgrade(connection, schema.MIGRATIONS)
    with closing(sqlite3.connect(tmp_path / "script.db")) as made:
        made.executescript(schema.sqlite_script())
    assert statements(tmp_path / "script.db") == statements(tmp_path / "new.db")
    assert described(tmp_path / "migrated.db") == described(tmp_path / "new.db")


@pytest.mark.postgres
def test_migrations_make_the_tables_of_postgres(postgres_url: str) -> None:
    connect = postgres(postgres_url).connect
    with schema._changing("The database", connect, is_postgres=True) as connection:
        schema._upgrade(connection, schema.MIGRATIONS)
    with schema._changing("The database", connect, is_postgres=True) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.METADATA) == []
    storage = open_storage(postgres_url, create=False)
    add_job(storage)  # counts an event: the row that counts is there
    storage.close()


def test_every_field_of_the_nouns_has_a_column() -> None:
    for fields, table in [
        (rows.JOB_FIELDS, tables.jobs),
        (rows.TRIAL_FIELDS, tables.trials),
        (rows.ATTEMPT_FIELDS, tables.attempts),
    ]:
        assert set(fields) <= set(table.c.keys())


@pytest.mark.parametrize("released", sorted(RELEASED.glob("*.db")), ids=lambda path: path.stem)
def test_a_released_database_stays_open(released: Path, tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    shutil.copy(released, path)
    storage = open_storage(f"sqlite:///{path}")
    job = storage.find_job("released")
    assert storage.summary(job.id).best is not None
    assert [report.value for report in storage.reports(job.id, 0).items][:2] == [0.75, 0.5]
    assert str(storage.reports(job.id, 0).items[2].value) == "nan"
    assert [tell.number for tell in storage.tells(job.id)] == [0, 1]
    assert storage.attempts(job.id, 0)[0].exit is not None
    assert storage.get_item("program", "p")["command"] == "python train.py"
    assert [event.seq for event in storage.events(job.id)] == list(range(1, job.last_event + 1))
    storage.close()


@pytest.mark.parametrize("released", sorted(RELEASED.glob("*.db")), ids=lambda path: path.stem)
def test_params_that_an_earlier_version_enqueued_are_still_next(released: Path, tmp_path: Path) -> None:
    path = tmp_path / "scriptune.db"
    shutil.copy(released, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(items)")]
        cells = {"kind": "wishes/j", "key": "000000000", "value": '{"params": {"x": 0.5}}'}
        known = [name for name in columns if name in cells]
        connection.execute(
            f"INSERT INTO items ({', '.join(known)}) VALUES ({', '.join('?' for _ in known)})",
            [cells[name] for name in known],
        )
    storage = open_storage(f"sqlite:///{path}")
    assert storage.items("wishes/j").total == 0
    assert storage.items(enqueued_kind("j")).items == [("000000000", {"params": {"x": 0.5}})]
    storage.close()


def test_each_released_schema_has_left_a_database() -> None:
    revisions = {path.name[:4] for path in (schema.MIGRATIONS / "versions").glob("[0-9]*.py")}
    assert {path.stem for path in RELEASED.glob("*.db")} == revisions - {UNRELEASED}


NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("colour", sa.Text()))
    {then}
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Migrations with one more than there is."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0003_colour.py").write_text(NEXT.format(then="pass"))
    return folder


def test_an_older_file_is_copied_and_migrated_once(tmp_path: Path, scripts: Path) -> None:
    path = tmp_path / "scriptune.db"
    storage = open_storage(f"sqlite:///{path}")
    add_trials(storage, add_job(storage), [0.5])  # still in the write-ahead log: the copy must hold it, too
    for _ in range(2):
        backup = schema.migrate_sqlite("The database", path, 1.0, SCHEMA, scripts)
    assert "colour" in " ".join(statements(path))
    assert "colour" not in " ".join(statements(backup))
    assert backup.name == "scriptune.db.schema-0002"
    assert storage.trial("job-1", 0).value == 0.5
    storage.close()
    old = open_storage(f"sqlite:///{backup}", create=False)
    assert old.trial("job-1", 0).value == 0.5
    old.close()


def test_a_failed_migration_changes_nothing(tmp_path: Path, scripts: Path) -> None:
    (scripts / "versions" / "0003_colour.py").write_text(NEXT.format(then="raise RuntimeError('broken')"))
    path = tmp_path / "scriptune.db"
    open_storage(f"sqlite:///{path}").close()
    before = statements(path)
    with pytest.raises(RuntimeError, match="broken"):
        schema.migrate_sqlite("The database", path, 1.0, SCHEMA, scripts)
    assert statements(path) == before
    open_storage(f"sqlite:///{path}", create=False).close()


def test_without_room_for_the_copy_nothing_is_migrated(tmp_path: Path, scripts: Path) -> None:
    path = tmp_path / "scriptune.db"
    open_storage(f"sqlite:///{path}").close()
    (tmp_path / "scriptune.db.schema-0002.partial").mkdir()  # in the way
    with pytest.raises(StorageUnavailableError, match=r"backup .* cannot be written"):
        schema.migrate_sqlite("The database", path, 1.0, SCHEMA, scripts)
    assert "colour" not in " ".join(statements(path))


@pytest.mark.postgres
def test_postgres_is_migrated_in_one_transaction(postgres_url: str, scripts: Path) -> None:
    open_storage(postgres_url).close()
    database = postgres(postgres_url)
    (scripts / "versions" / "0003_colour.py").write_text(NEXT.format(then="raise RuntimeError('broken')"))
    with pytest.raises(RuntimeError, match="broken"):
        schema.migrate_postgres(database, scripts)
    assert schema.postgres_schema(database) == SCHEMA
    (scripts / "versions" / "0003_colour.py").write_text(NEXT.format(then="pass"))
    schema.migrate_postgres(database, scripts)
    assert schema.postgres_schema(database) == "0003"
    database.close()
