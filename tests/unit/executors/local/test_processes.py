from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from scriptune.executors.local.processes import (
    Process,
    boot_id,
    descendants,
    leftovers,
    process_table,
    read_process,
    signal_processes,
)
from scriptune.testing.executors import wait_until


def process(pid: int, parent: int, state: str = "S") -> Process:
    return Process(pid, state, parent, pid, pid, 1)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process with a marker in its environment and a session of its own."""
    sleeper = subprocess.Popen(["sleep", "600"], env={"KEY": "a b"}, start_new_session=True)
    yield sleeper
    sleeper.kill()
    sleeper.wait()


def test_we_find_ourselves() -> None:
    me = read_process(os.getpid())
    assert me is not None
    assert (me.parent, me.group, me.session) == (os.getppid(), os.getpgrp(), os.getsid(0))
    assert me.is_running
    assert me in [p._replace(state=me.state) for p in process_table()]
    assert len(boot_id()) == 36


def test_a_name_with_brackets_and_blanks_is_read_right(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "600"]) as running:
        found = wait_until(lambda: read_process(running.pid))
        running.kill()
    assert found.parent == os.getpid()


def test_what_does_not_exist_is_none() -> None:
    assert read_process(2**22 + 1) is None
    assert read_process(2**70) is None


def test_a_zombie_is_not_running() -> None:
    before = {p.pid for p in descendants(os.getpid(), process_table())}  # other tests' PostgreSQL, say
    with subprocess.Popen(["true"]) as child:
        wait_until(lambda: (found := read_process(child.pid)) is not None and not found.is_running)
        found = [p for p in descendants(os.getpid(), process_table()) if p.pid not in before]
        assert [(p.pid, p.is_running) for p in found] == [(child.pid, False)]


def test_descendants_are_found_through_the_dead_and_with_them() -> None:
    table = [process(1, 0), process(2, 1), process(3, 2, "Z"), process(4, 3), process(5, 1), process(6, 9)]
    assert sorted(p.pid for p in descendants(2, table)) == [3, 4]
    assert sorted(p.pid for p in descendants(1, table)) == [2, 3, 4, 5]
    assert descendants(6, table) == []


def test_leftovers_are_known_by_their_environment(sleeper: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: b"KEY" in Path(f"/proc/{sleeper.pid}/environ").read_bytes())
    assert [p.pid for p in leftovers(b"KEY=a b", 0, None, process_table())] == [sleeper.pid]
    assert leftovers(b"KEY=a", 0, None, process_table()) == []


def test_leftovers_are_known_by_session_and_log_together(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(["sleep", "600"], stdout=log, start_new_session=True) as p,
    ):
        stat = os.fstat(log.fileno())
        written = (stat.st_dev, stat.st_ino)
        try:
            assert [found.pid for found in leftovers(b"?", p.pid, written, process_table())] == [p.pid]
            assert leftovers(b"?", p.pid, (0, 0), process_table()) == []
            assert leftovers(b"?", 1, written, process_table()) == []
        finally:
            p.kill()


def test_children_of_leftovers_are_leftovers() -> None:
    script = "sleep 600 & echo $!; env -i sleep 600 & echo $!; wait"
    shell = subprocess.Popen(
        ["/bin/sh", "-c", script], env={"KEY": "1"}, stdout=subprocess.PIPE, start_new_session=True
    )
    assert shell.stdout is not None
    with shell.stdout as output:
        children = {int(output.readline()) for _ in range(2)}
    found = leftovers(b"KEY=1", 0, None, process_table())
    assert {p.pid for p in found} == {shell.pid, *children}
    signal_processes(found, signal.SIGKILL)
    assert shell.wait() == -signal.SIGKILL
    wait_until(lambda: not any(p.is_running for p in map(read_process, children) if p))


def test_a_group_gets_one_signal_each(tmp_path: Path) -> None:
    script = f"trap 'echo term >>{tmp_path}/heard' TERM; echo ready; while :; do sleep 0.01; done"
    shell = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert shell.stdout is not None
    with shell.stdout as output:
        output.readline()
    table = [p for p in process_table() if p.group == shell.pid]
    signal_processes([*table, *table], signal.SIGTERM)
    wait_until((tmp_path / "heard").exists)
    signal_processes(table, signal.SIGKILL)
    shell.wait()
    assert (tmp_path / "heard").read_text() == "term\n"


def test_the_dead_name_the_group_of_children_that_came_after_the_look() -> None:
    script = "sleep 600 >/dev/null & echo $!"
    shell = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert shell.stdout is not None
    with shell.stdout as output:
        child = int(output.read())
    table = [wait_until(lambda: (p := read_process(shell.pid)) is not None and not p.is_running and p)]
    signal_processes(descendants(os.getpid(), table), signal.SIGKILL)
    wait_until(lambda: (p := read_process(child)) is None or not p.is_running)
    assert shell.wait() == 0


def test_a_signal_to_what_is_gone_or_ours_alone_harms_nobody(sleeper: subprocess.Popen[bytes]) -> None:
    gone = process(2**22 + 1, 1)
    in_our_group = Process(gone.pid, "S", 1, os.getpgrp(), 1, 1)
    signal_processes([gone, in_our_group], signal.SIGTERM)
    assert sleeper.poll() is None


def test_orphans_come_to_the_process_that_adopts_them() -> None:
    program = """
        import os, time
        from scriptune.executors.local.launcher import adopt_orphans
        adopt_orphans()
        if os.fork() == 0:
            if os.fork() == 0:
                time.sleep(0.05)
                os._exit(5)
            os._exit(0)
        codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)]
        print(codes)
    """
    text = textwrap.dedent(program)
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert run.stdout == "[0, 5]\n"
