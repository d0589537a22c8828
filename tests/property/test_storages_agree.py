"""SQLite in memory, a file and PostgreSQL answer alike, whatever is done to them, refusals and rollbacks included."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import memory_storage
from postgres import PostgresServer
from scriptune.core.job import JobState
from scriptune.core.trial import Attempt, Report, Trial, TrialState
from scriptune.errors import ScriptuneError
from scriptune.storage import schema
from scriptune.storage.base import JobFilter, Lease, Storage, Transaction, TrialFilter
from scriptune.storage.connections import Postgres, Sqlite, sqlite_connection
from scriptune.storage.opening import open_storage
from scriptune.storage.sql import SqlStorage
from scriptune.testing.storage_contract.samples import NOW, new_job

jobs = st.sampled_from(["a", "ab", "b"])
numbers = st.integers(0, 3)
attempts = st.integers(1, 2)
values = st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
anything = st.floats()
offsets = st.integers(0, 2)
owners = st.sampled_from(["me", "you"])
times = st.integers(0, 3).map(lambda n: NOW + timedelta(minutes=n))
states = st.sampled_from(TrialState)

changes = st.one_of(
    st.tuples(st.just("insert_job"), jobs, st.sampled_from(JobState), times),
    st.tuples(st.just("job_state"), jobs, st.sampled_from(JobState)),
    st.tuples(st.just("delete_job"), jobs),
    st.tuples(st.just("insert_trial"), jobs, numbers, states, values),
    st.tuples(st.just("trial_state"), jobs, numbers, st.sets(states), states, values),
    st.tuples(st.just("insert_attempt"), jobs, numbers, attempts, states),
    st.tuples(st.just("add_reports"), jobs, numbers, attempts, st.lists(anything, max_size=3), offsets, offsets),
    st.tuples(st.just("replace_reports"), jobs, numbers, attempts, st.lists(anything, max_size=3), offsets),
    st.tuples(st.just("append_tell"), jobs, numbers, values),
)
steps = st.one_of(
    st.tuples(st.just("transaction"), st.none() | jobs, owners, st.lists(changes, max_size=6), st.booleans()),
    st.tuples(st.just("claim"), jobs, owners, times),
    st.tuples(st.just("claim_next"), owners, times),
    st.tuples(st.just("renew"), jobs, owners, times),
    st.tuples(st.just("release"), jobs, owners),
)


def change(tx: Transaction, what: str, job: str, *rest: Any) -> object:
    def reports(found: list[float]) -> list[Report]:
        return [Report("loss", value, float(i), i, NOW) for i, value in enumerate(found)]

    match what, rest:
        case "insert_job", (state, at):
            return tx.insert_job(new_job(job, state=state, created_at=at))
        case "job_state", (state,):
            return tx.update_job(job, state=state)
        case "delete_job", ():
            return tx.delete_job(job)
        case "insert_trial", (number, state, value):
            return tx.insert_trial(job, Trial(number, {"x": 1.0}, state, value=value))
        case "trial_state", (number, expected, state, value):
            return tx.update_trial(job, number, expected=expected, state=state, value=value)
        case "insert_attempt", (number, attempt, state):
            return tx.insert_attempt(job, Attempt(number, attempt, state, "f"))
        case "add_reports", (number, attempt, found, start, end):
            return tx.add_reports(job, number, attempt, reports(found), from_offset=start, to_offset=end)
        case "replace_reports", (number, attempt, found, end):
            return tx.replace_reports(job, number, attempt, reports(found), end)
        case "append_tell", (number, value):
            return tx.append_tell(job, number, value)
        case _:
            raise AssertionError(what)


class RolledBackError(Exception):
    pass


def step(storage: Storage, what: str, *rest: Any) -> list[str]:
    """Do one step; everything that was answered or refused, as texts (NaN differs from itself)."""
    answers: list[str] = []
    try:
        match what, rest:
            case "transaction", (fenced, owner, todo, fails):
                with storage.transaction(fenced and Lease(fenced, owner)) as tx:
                    for one in todo:
                        try:
                            answers.append(repr(change(tx, *one)))
                        except ScriptuneError as err:
                            answers.append(type(err).__name__)
                    if fails:
                        raise RolledBackError
            case "claim", (job, owner, now):
                answers.append(repr(storage.claim(job, owner, now=now, ttl_s=60)))
            case "claim_next", (owner, now):
                answers.append(repr(storage.claim_next(owner, now=now, ttl_s=60)))
            case "renew", (job, owner, now):
                storage.renew(Lease(job, owner), now=now, ttl_s=60)
            case "release", (job, owner):
                storage.release(Lease(job, owner))
    except (ScriptuneError, RolledBackError) as err:
        answers.append(type(err).__name__)
    return answers


def everything(storage: Storage) -> str:
    found: list[object] = [storage.jobs(sort=sort) for sort in ("created_at", "-name", "state")]
    found += [storage.jobs(JobFilter(text="a"), offset=1), storage.events(None)]
    for job in ("a", "ab", "b"):
        found += [storage.trials(job, sort=sort) for sort in ("number", "value", "-value", "-state")]
        found += [storage.trials(job, TrialFilter([TrialState.COMPLETED, TrialState.WAITING]), offset=1, limit=2)]
        found += [storage.attempts(job), storage.tells(job), storage.events(job, after=1), list(storage.values(job))]
        for number in range(4):
            found += [storage.reports(job, number), storage.reports(job, number, metric="loss", offset=1, limit=1)]
    return repr(found)


def agree(todo: list[tuple[Any, ...]], other: SqlStorage) -> None:
    """Do the same to a database in memory and to another one."""
    memory = memory_storage(clock=lambda: NOW)
    try:
        for one in todo:
            assert step(other, *one) == step(memory, *one)
        assert everything(other) == everything(memory)
    finally:
        other.close()


@settings(max_examples=40)  # the machine may be busy
@given(todo=st.lists(steps, max_size=15))
def test_memory_and_a_file_answer_alike(todo: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scriptune.db")
        with closing(sqlite3.connect(path)) as made:
            made.executescript(schema.sqlite_script())
        agree(todo, SqlStorage(Sqlite("The database", lambda: sqlite_connection(path, 1.0)), clock=lambda: NOW))


@pytest.mark.postgres
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(todo=st.lists(steps, max_size=15))
def test_memory_and_postgres_answer_alike(postgres_server: PostgresServer, todo: list[tuple[Any, ...]]) -> None:
    url = postgres_server.new_url()
    open_storage(url).close()
    agree(todo, SqlStorage(Postgres("The database", url.replace("+psycopg", "")), clock=lambda: NOW))
