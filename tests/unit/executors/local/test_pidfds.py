"""executors/local/pidfds.py: launchers are held so that a process id that is given again means nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scriptune.executors.base import Handle
from scriptune.executors.local.pidfds import Pidfds
from scriptune.executors.local.processes import read_process


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Stands for a launcher."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture
def pidfds() -> Iterator[Pidfds]:
    pidfds = Pidfds()
    yield pidfds
    pidfds.close_all()


def names(pid: int, pidfds: Pidfds) -> dict[str, object]:
    found = read_process(pid)
    assert found is not None
    return {"pid": pid, "start_ticks": found.start_ticks, "boot_id": pidfds.boot_id}


def test_a_launcher_is_found_by_its_handle_and_held_until_it_ends(
    process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path
) -> None:
    handle = Handle(tmp_path, names(process.pid, pidfds))
    held = pidfds.of(handle)
    assert held is not None
    assert pidfds.of(handle) == held
    pidfds.signal(str(tmp_path), signal.SIGKILL)
    process.wait()
    assert pidfds.of(handle) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(held)


def test_the_claim_goes_before_the_handle(process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path) -> None:
    (tmp_path / "claim").write_text(json.dumps(names(process.pid, pidfds)))
    assert pidfds.of(Handle(tmp_path, {"pid": 1, "start_ticks": 0, "boot_id": "another"})) is not None


@pytest.mark.parametrize(
    "change", [{"start_ticks": 1}, {"boot_id": "another"}, {"pid": 0}, {"pid": -4}, {"pid": 2**40}, {"pid": "x"}]
)
def test_another_process_of_the_same_number_is_not_the_launcher(
    process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path, change: dict[str, object]
) -> None:
    assert pidfds.of(Handle(tmp_path, {**names(process.pid, pidfds), **change})) is None


def test_all_are_let_go_together_and_the_processes_continue(
    process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path
) -> None:
    held = pidfds.of(Handle(tmp_path, names(process.pid, pidfds)))
    assert held is not None
    pidfds.close_all()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(held)
    pidfds.close(str(tmp_path))  # again: nothing happens
    assert process.poll() is None


def test_an_end_wakes_a_sleep_once(process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path) -> None:
    held = pidfds.of(Handle(tmp_path, names(process.pid, pidfds)))
    assert pidfds.sleep(0.0) == frozenset()
    assert pidfds.holds(str(tmp_path))
    process.kill()
    ended = pidfds.sleep(60.0)
    assert ended == {held}
    assert pidfds.sleep(0.0) == frozenset()
    assert not pidfds.holds(str(tmp_path), ended)


def test_a_pidfd_whose_number_was_given_again_is_still_held(
    process: subprocess.Popen[bytes], pidfds: Pidfds, tmp_path: Path
) -> None:
    held = pidfds.of(Handle(tmp_path, names(process.pid, pidfds)))
    assert held is not None
    assert pidfds.holds(str(tmp_path), {held})  # the sleep meant an earlier one
    assert not pidfds.holds(str(tmp_path / "other"))
