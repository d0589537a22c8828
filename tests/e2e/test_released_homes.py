"""A home of version 0.1.0 is opened, listed, shown, replayed, re-parsed and resumed; so is its database elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scriptune.cli.main import cli
from scriptune.runtime.policy.termination import is_at_its_end
from scriptune.storage import schema
from scriptune.storage.columns import DECODERS
from scriptune.storage.connections import Postgres
from scriptune.storage.opening import open_storage

RELEASED = Path(__file__).resolve().parents[1] / "data" / "homes" / "0.1.0"
MADE_IN = "/srv/search010"  # where the home was when 0.1.0 ran
JOBS = {"finished-auto": "completed", "finished-grid": "completed", "interrupted": "stopped"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the home, whose searches run in the folder around it."""
    home = tmp_path / "home"
    shutil.copytree(RELEASED, home)
    shutil.move(home / "train.sh", tmp_path / "train.sh")
    with closing(sqlite3.connect(home / "scriptune.db")) as connection, connection:
        connection.execute("UPDATE jobs SET document = replace(document, ?, ?)", (MADE_IN, str(tmp_path)))
    return home


def run(home: Path, *arguments: str) -> Any:
    """What a command answers in JSON; `resume` writes a line for each event."""
    done = CliRunner().invoke(cli, [*arguments, "--home", str(home), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return None if arguments[0] == "resume" else json.loads(done.stdout)


def test_a_home_of_0_1_0_is_migrated_after_a_copy_and_shown(home: Path) -> None:
    listed = run(home, "list")
    items = listed["items"] if isinstance(listed, dict) else listed
    assert {item["name"]: item["state"] for item in items} == JOBS
    assert (home / "scriptune.db.schema-0001").is_file()
    for name, state in JOBS.items():
        assert run(home, "show", name)["state"] == state
    assert run(home, "best", "finished-auto")["value"] == 0.001954


def test_an_ended_search_of_0_1_0_is_known_by_a_code_to_have_no_further_trial(home: Path) -> None:
    run(home, "resume", "interrupted")  # migrates
    storage = open_storage(f"sqlite:///{home / 'scriptune.db'}")
    ended = storage.find_job("finished-auto")
    codes = {name: getattr(storage.find_job(name).reason, "code", None) for name in JOBS}
    storage.close()
    assert codes == {
        "finished-auto": "job.ended_in_0_1_0",
        "finished-grid": "job.ended_in_0_1_0",
        "interrupted": "job.budget_used_up",
    }
    assert is_at_its_end(ended)
    assert ended.message.startswith("The budget is used up")


@pytest.mark.parametrize("name", ["finished-auto", "finished-grid", "interrupted"])
def test_every_suggestion_of_0_1_0_is_derived_again(home: Path, name: str) -> None:
    run(home, "replay", name)


def test_jobs_of_0_1_0_keep_the_rules_that_their_samplers_had(home: Path) -> None:
    run(home, "list")
    storage = open_storage(f"sqlite:///{home / 'scriptune.db'}")
    rules = {job.search_rules for job in map(storage.find_job, JOBS)}
    storage.close()
    assert rules == {1}


def test_the_logs_of_0_1_0_are_read_again(home: Path) -> None:
    run(home, "reparse", "finished-auto")
    assert run(home, "best", "finished-auto")["value"] == 0.001954


def test_a_search_that_0_1_0_left_is_resumed(home: Path) -> None:
    run(home, "resume", "interrupted")
    storage = open_storage(f"sqlite:///{home / 'scriptune.db'}")
    job = storage.find_job("interrupted")
    trials = storage.trials(job.id).items
    storage.close()
    assert str(job.state) == "completed"
    assert trials[0].params["x"] == 0.5  # a result of 0.1.0
    assert sum(trial.value is not None for trial in trials) >= 4
    run(home, "replay", "interrupted")


@pytest.mark.postgres
def test_a_database_of_0_1_0_on_postgres_is_migrated(postgres_url: str, tmp_path: Path) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__", "0002*"))
    database = Postgres("The database", postgres_url.replace("+psycopg", ""))
    with schema._changing(database.place, database.connect, is_postgres=True) as made:
        schema._upgrade(made, scripts)
    shutil.copyfile(RELEASED / "scriptune.db", tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, database.transaction(writes=True) as connection:
        old.row_factory = sqlite3.Row
        connection.execute("DELETE FROM counters")
        for table in ("jobs", "trials", "attempts", "reports", "tells", "events", "items", "counters"):
            rows = [dict(row) for row in old.execute(f"SELECT * FROM {table}")]
            for row in rows:
                for name, value in row.items():
                    if value is not None and (name.endswith("_at") or name in ("at", "lease_until")):
                        row[name] = DECODERS[name](value)
                if table == "trials":
                    row["stop_requested"] = bool(row["stop_requested"])
                names = ", ".join(f'"{name}"' for name in row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row)
    database.close()
    storage = open_storage(postgres_url)
    assert {summary.job.name: str(summary.job.state) for summary in storage.jobs().items} == JOBS
    job = storage.find_job("finished-auto")
    best = storage.summary(job.id).best
    assert best is not None
    assert best.value == 0.001954
    assert storage.reports(job.id, best.number).total == 2
    assert [event.seq for event in storage.events(job.id)] == list(range(1, job.last_event + 1))
    storage.close()
