"""Whether a lease still means anything."""

from __future__ import annotations

import errno
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.runtime import lease

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def owner_of_an_ended_process() -> str:
    code = "from scriptune.runtime.lease import this_process; print(this_process())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def held_by(owner: str | None, until: datetime | None) -> SearchJob:
    return SearchJob("id", "name", {}, JobState.RUNNING, NOW, lease_owner=owner, lease_until=until)


def test_this_process_is_alive_and_no_two_owners_are_alike() -> None:
    assert not lease.is_dead(lease.this_process())
    assert lease.this_process() != lease.this_process()


def test_an_ended_process_of_this_machine_is_dead() -> None:
    assert lease.is_dead(owner_of_an_ended_process())


def test_a_process_of_another_machine_or_namespace_is_not_judged() -> None:
    parts = lease.this_process().split(":")
    assert not lease.is_dead(":".join(["elsewhere", *parts[1:]]))
    assert not lease.is_dead(":".join([*parts[:2], "1", "1", "1", "ff"]))
    assert not lease.is_dead("anything else")


def test_a_process_from_before_the_last_boot_is_dead() -> None:
    parts = lease.this_process().split(":")
    parts[1] = "00000000"
    assert lease.is_dead(":".join(parts))


def test_a_job_is_worked_on_only_by_a_live_holder_whose_lease_has_not_run_out() -> None:
    me, later = lease.this_process(), NOW + timedelta(seconds=5)
    assert lease.is_worked_on(held_by(me, later), NOW)
    assert not lease.is_worked_on(held_by(me, NOW), NOW)
    assert not lease.is_worked_on(held_by(None, None), NOW)
    assert not lease.is_worked_on(held_by(owner_of_an_ended_process(), later), NOW)
    assert replace(held_by(me, later), **lease.lease_fields("x", NOW, 3.0)).lease_until == NOW + timedelta(seconds=3)


def test_a_pid_that_another_process_has_now_is_a_dead_owner() -> None:
    parts = lease.this_process().split(":")
    parts[4] = str(int(parts[4]) + 1)
    assert lease.is_dead(":".join(parts))


def test_a_name_that_is_no_process_of_ours_is_not_judged() -> None:
    parts = lease.this_process().split(":")
    parts[4] = "1"  # dead, if the rest is as it should be
    assert lease.is_dead(":".join(parts))
    assert not lease.is_dead(":".join(parts[:5]))
    assert not lease.is_dead(":".join([*parts, "more"]))
    assert not lease.is_dead(":".join([*parts[:3], "pid", *parts[4:]]))


def test_an_owner_that_cannot_be_looked_at_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = owner_of_an_ended_process()

    def refused() -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(lease, "_machine", refused)
    assert not lease.is_dead(owner)


def test_a_lease_is_held_only_when_owner_and_end_are_there() -> None:
    assert lease.is_worked_on(held_by(lease.this_process(), None), NOW) is False
    assert lease.is_worked_on(held_by(None, NOW + timedelta(seconds=5)), NOW) is False
