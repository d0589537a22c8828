"""What the contract does not say: kills at every line, escapees, damaged folders, leaks."""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from scriptune.core.trial import ExitReason
from scriptune.errors import ExecutorError
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.executors.device_locks import UNITS, DeviceLocks
from scriptune.executors.folder import read_json, take_claim
from scriptune.executors.local import launcher as launcher_module
from scriptune.executors.local.executor import LocalExecutor
from scriptune.executors.local.exit_record import read_exit
from scriptune.executors.local.forkserver import ForkServer
from scriptune.executors.local.processes import boot_id, process_table, read_process
from scriptune.executors.slots import Allocation, Slots
from scriptune.testing.executors import finish, log_of, wait_until

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor()
    yield executor
    executor.close()


def shell(folder: Path, script: str, *arguments: str, **options: Any) -> LaunchSpec:
    return LaunchSpec(folder=folder, argv=("/bin/sh", "-c", script, "sh", *arguments), cwd=folder.parent, **options)


def script(folder: Path, *argv: str, **options: Any) -> LaunchSpec:
    return LaunchSpec(folder=folder, argv=argv, cwd=SCRIPTS, **options)


def printed(handle: Handle, word: str) -> int | None:
    lines = log_of(handle).splitlines(keepends=True)
    return next((int(line.split()[1]) for line in lines if line.startswith(word) and line.endswith("\n")), None)


def lives(pid: int) -> bool:
    process = read_process(pid)
    return process is not None and process.is_running


def mention(text: str) -> list[int]:
    """Pids of running processes with a text in their environment."""
    found = []
    for process in process_table():
        try:
            if process.is_running and text.encode() in Path(f"/proc/{process.pid}/environ").read_bytes():
                found.append(process.pid)
        except OSError:
            continue
    return found


# --- the launcher is killed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hang.sh", "ignore_term.sh"])
def test_a_killed_launcher_is_noticed_and_its_program_ended(executor: LocalExecutor, tmp_path: Path, name: str) -> None:
    handle = executor.submit(script(tmp_path / "1", f"./{name}"))
    pid = wait_until(lambda: printed(handle, "ready"))
    os.kill(handle.data["pid"], signal.SIGKILL)
    status = finish(executor, handle)
    assert status.reason is ExitReason.LOST
    assert "launcher was killed" in status.message
    assert not lives(pid)
    assert status.started_at is not None, "it was lost here when the answer and the file were made apart"
    assert read_exit(tmp_path / "1") == executor.poll(handle) == status


def test_a_daemon_of_a_killed_launcher_is_found(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(script(tmp_path / "1", sys.executable, "-I", "-S", "escape.py", "stay"))
    daemon = wait_until(lambda: printed(handle, "daemon"))
    os.kill(handle.data["pid"], signal.SIGKILL)
    assert finish(executor, handle).reason is ExitReason.LOST
    assert not lives(daemon)


@pytest.mark.parametrize("manner", ["stay", "hide"])
def test_a_living_launcher_ends_every_daemon(executor: LocalExecutor, tmp_path: Path, manner: str) -> None:
    argv = (sys.executable, "-I", "-S", "escape.py", manner)
    handle = executor.submit(script(tmp_path / "1", *argv, grace_s=0.1))
    daemon = wait_until(lambda: printed(handle, "daemon"))
    executor.cancel(handle)
    finish(executor, handle)
    assert not lives(daemon)


def test_a_process_that_forks_faster_than_one_can_look_is_ended(executor: LocalExecutor, tmp_path: Path) -> None:
    argv = (sys.executable, "-I", "-S", "fork_on.py")
    handle = executor.submit(script(tmp_path / "1", *argv, grace_s=0.0))
    session = wait_until(lambda: printed(handle, "session"))
    executor.cancel(handle)
    finish(executor, handle)
    assert [process for process in process_table() if process.session == session and process.is_running] == []


class DyingForks:
    """In the place of the fork server: the launcher kills itself when it has run so many lines."""

    def __init__(self, lines: int) -> None:
        self._left = lines

    def launch(self, folder: Path) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, launcher_module.SIGNALS)
        pid = os.fork()
        if pid == 0:
            sys.settrace(self._trace)
            try:
                launcher_module.launch(str(folder))
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, launcher_module.SIGNALS)
        os.waitpid(pid, 0)  # reaped, as the fork server does
        return pid

    def close(self) -> None:
        pass

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if Path(frame.f_code.co_filename).parent.name != "executors":
            return None
        if event == "line":
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._trace


@pytest.mark.slow
def test_a_launcher_killed_at_any_line_leaves_a_folder_that_says_enough(tmp_path: Path) -> None:
    _kill_at_lines(tmp_path, range(1, 1000))


def test_a_launcher_killed_at_some_lines_leaves_a_folder_that_says_enough(tmp_path: Path) -> None:
    _kill_at_lines(tmp_path, range(1, 1000, 7))


def _kill_at_lines(tmp_path: Path, lines: range) -> None:
    reasons = []
    for line in lines:
        executor = LocalExecutor()
        executor._server = DyingForks(line)  # type: ignore[assignment]  # the same two methods
        runs = tmp_path / f"runs{line}"
        launch_spec = shell(tmp_path / str(line), 'echo run >>"$1"; exit 5', str(runs))
        status = finish(executor, executor.submit(launch_spec))
        # A second submission of what was settled must not run it again either.
        executor._server.close()
        executor._server = ForkServer()
        assert finish(executor, executor.submit(launch_spec)).reason is status.reason
        executor.close()
        n_runs = len(runs.read_text()) // len("run\n") if runs.exists() else 0
        reasons.append(status.reason)
        if status.reason is ExitReason.EXITED:
            assert (status.exit_code, n_runs) == (5, 1)
            break
        assert status.reason is ExitReason.LOST
        assert n_runs <= 1
    assert reasons[-1] is ExitReason.EXITED
    assert reasons.count(ExitReason.LOST) > 5
    assert mention(str(tmp_path)) == []


# --- the submitting process is killed -----------------------------------------------------------------------

_SUBMITTER = """
    import os, sys
    from pathlib import Path
    from scriptune.executors.local import executor
    from scriptune.executors.local import forkserver, pidfds
    from scriptune.executors.base import LaunchSpec

    def die_after(owner, name, before=False):
        call = getattr(owner, name)
        def dying(*args, **kwargs):
            if not before:
                call(*args, **kwargs)
            os._exit(9)
        setattr(owner, name, dying)

    folder, runs, step = sys.argv[1:]
    match step:
        case "folder": die_after(executor, "write_json", before=True)
        case "command": die_after(executor, "write_json")
        case "server": die_after(forkserver.ForkServer, "_start")
        case "sent":
            start = forkserver.ForkServer._start
            def started(self):
                class Dying:
                    sock = start(self)
                    def send(self, data):
                        self.sock.send(data)
                        os._exit(9)
                return Dying()
            forkserver.ForkServer._start = started
        case "answered": die_after(executor.LocalExecutor, "_launch")
        case "held": die_after(pidfds.Pidfds, "hold")
    argv = ("/bin/sh", "-c", 'echo run >>"$0"; sleep 0.1; exit 5', runs)
    executor.LocalExecutor().submit(LaunchSpec(Path(folder), argv, cwd=Path("/")))
    os._exit(9)
"""


@pytest.mark.parametrize("step", ["folder", "command", "server", "sent", "answered", "held", "submitted"])
def test_a_submitter_that_dies_at_any_step_runs_nothing_twice(
    executor: LocalExecutor, tmp_path: Path, step: str
) -> None:
    runs, folder = tmp_path / "runs", tmp_path / "attempt"
    command = [sys.executable, "-c", textwrap.dedent(_SUBMITTER), str(folder), str(runs), step]
    assert subprocess.run(command, check=False, timeout=60).returncode == 9
    launch_spec = LaunchSpec(folder, ("/bin/sh", "-c", 'echo run >>"$0"; sleep 0.1; exit 5', str(runs)), cwd=Path("/"))
    handle = executor.submit(launch_spec)
    assert finish(executor, handle).exit_code == 5
    assert runs.read_text() == "run\n"
    assert mention(str(runs)) == []


def test_a_folder_without_claim_and_launcher_is_settled_for_good(executor: LocalExecutor, tmp_path: Path) -> None:
    launch_spec = shell(tmp_path / "1", "echo run")
    document, _ = executor._hand_over(launch_spec)
    handle = Handle(launch_spec.folder, {"slots": document["slots"]})
    status = executor.poll(handle)
    assert status is not None
    assert status.reason is ExitReason.LOST
    assert finish(executor, executor.submit(launch_spec)).reason is ExitReason.LOST
    assert log_of(handle) == ""


def test_a_cancel_before_the_start_prevents_it(executor: LocalExecutor, tmp_path: Path) -> None:
    launch_spec = shell(tmp_path / "1", "echo run")
    executor._hand_over(launch_spec)
    handle = Handle(launch_spec.folder)
    executor.cancel(handle)
    status = executor.poll(handle)
    assert status is not None
    assert status.reason is ExitReason.CANCELLED
    assert finish(executor, executor.submit(launch_spec)).reason is ExitReason.CANCELLED
    assert log_of(handle) == ""


def test_an_attempt_from_before_a_reboot_is_lost(executor: LocalExecutor, tmp_path: Path) -> None:
    launch_spec = shell(tmp_path / "1", "echo run")
    executor._hand_over(launch_spec)
    # Our own pid and start: a number that was given again after the reboot must not be taken for the launcher.
    me = read_process(os.getpid())
    assert me is not None
    take_claim(str(launch_spec.folder), {"pid": me.pid, "start_ticks": me.start_ticks, "boot_id": "another"})
    status = executor.poll(Handle(launch_spec.folder))
    assert status is not None
    assert status.reason is ExitReason.LOST
    assert "restarted while it ran" in status.message


def test_a_pid_that_was_given_again_is_not_taken_for_the_launcher(executor: LocalExecutor, tmp_path: Path) -> None:
    launch_spec = shell(tmp_path / "1", "echo run")
    executor._hand_over(launch_spec)
    stranger = subprocess.Popen(["sleep", "600"])
    claim = {"pid": stranger.pid, "start_ticks": 1, "boot_id": boot_id()}
    take_claim(str(launch_spec.folder), claim)
    try:
        executor.cancel(Handle(launch_spec.folder))
        status = executor.poll(Handle(launch_spec.folder))
        assert status is not None
        assert status.reason is ExitReason.LOST
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# --- the disk -----------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_an_error_with_advice(executor: LocalExecutor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExecutorError, match=r"cannot be used: Not a directory\. Free some disk space"):
        executor.submit(shell(tmp_path / "file" / "1", "true", cpus=1))
    assert executor.room(shell(tmp_path / "2", "true", cpus=len(os.sched_getaffinity(0))), 1)


def test_an_attempt_whose_folder_was_removed_is_lost(executor: LocalExecutor, tmp_path: Path) -> None:
    # It was a launch error, which no retry follows, and two of which end a search.
    status = executor.poll(Handle(tmp_path / "never"))
    assert status is not None
    assert status.reason is ExitReason.LOST
    assert str(tmp_path / "never") in status.message


def test_an_attempt_whose_folder_was_removed_can_be_cancelled(executor: LocalExecutor, tmp_path: Path) -> None:
    executor.cancel(Handle(tmp_path / "never"))
    assert not (tmp_path / "never").exists()


# --- a folder that belongs to another command ---------------------------------------------------------------


def test_a_folder_of_another_command_is_set_aside_and_kept(executor: LocalExecutor, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    first = executor.submit(shell(folder, 'echo "loss=$1"', "0.1"))
    finish(executor, first)
    second = executor.submit(shell(folder, 'echo "loss=$1"', "0.7"))
    finish(executor, second)
    assert (first.set_aside, second.set_aside) == ((), (tmp_path / "1.aside",))
    assert log_of(second) == "loss=0.7\n"
    assert (tmp_path / "1.aside" / "output.log").read_text() == "loss=0.1\n"
    third = executor.submit(shell(folder, 'echo "loss=$1"', "0.1"))
    assert finish(executor, third).exit_code == 0
    assert log_of(third) == "loss=0.1\n"
    assert third.set_aside == (tmp_path / "1.aside", tmp_path / "1.aside2")


def test_a_program_of_another_command_ends_before_its_folder_is_set_aside(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    folder = tmp_path / "1"
    old = executor.submit(shell(folder, 'echo "ready $$"; sleep 600; echo "$1"', "a", grace_s=0.1))
    pid = wait_until(lambda: printed(old, "ready"))
    new = shell(folder, 'echo "ready $$"; echo "$1"', "b")

    def submitted() -> Handle | None:
        with contextlib.suppress(ExecutorError):
            return executor.submit(new)
        return None

    with pytest.raises(ExecutorError, match="whose program still runs"):
        executor.submit(new)
    handle = wait_until(submitted)
    assert not lives(pid)
    assert finish(executor, handle).exit_code == 0
    assert log_of(handle).endswith("b\n")
    assert read_exit(tmp_path / "1.aside").reason is ExitReason.CANCELLED  # type: ignore[union-attr]  # it ended


@pytest.mark.parametrize("text", [None, "", '{"argv": ["/bin/sh"', "[]", "{}", '{"argv": 1, "env": {}}'])
def test_results_without_a_whole_command_are_nobodys(executor: LocalExecutor, tmp_path: Path, text: str | None) -> None:
    launch_spec = shell(tmp_path / "1", "echo loss=0.1")
    finish(executor, executor.submit(launch_spec))
    command = tmp_path / "1" / "command.json"
    command.unlink()
    if text is not None:
        command.write_text(text)
    handle = executor.submit(launch_spec)
    assert handle.set_aside == (tmp_path / "1.aside",)
    assert finish(executor, handle).exit_code == 0
    assert log_of(handle) == "loss=0.1\n"


def test_output_that_lost_its_command_is_not_continued(executor: LocalExecutor, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    folder.mkdir()
    (folder / "output.log").write_text("loss=0.1\n")  # all that a power failure left
    handle = executor.submit(shell(folder, "echo loss=0.7"))
    finish(executor, handle)
    assert log_of(handle) == "loss=0.7\n"


def test_a_folder_that_was_only_begun_is_used(executor: LocalExecutor, tmp_path: Path) -> None:
    (tmp_path / "1" / "work").mkdir(parents=True)
    (tmp_path / "1" / "work" / "conf.yaml").write_text("old")
    handle = executor.submit(shell(tmp_path / "1", "cat 1/work/conf.yaml", files={"conf.yaml": "new"}))
    assert finish(executor, handle).exit_code == 0
    assert (log_of(handle), handle.set_aside) == ("new", ())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"needs the right to mount a file system: {made.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_disk_that_fills_up_cannot_lose_the_end(executor: LocalExecutor, small_disk: Path) -> None:
    fill = "head -c 1000000 /dev/zero; exit 5"
    handle = executor.submit(shell(small_disk / "1", fill))
    status = finish(executor, handle)
    assert (status.reason, status.exit_code) == (ExitReason.EXITED, 5)
    assert read_exit(handle.folder) == status


def test_a_full_disk_is_told_at_submission(executor: LocalExecutor, small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        (small_disk / "big").write_bytes(bytes(10**6))
    with pytest.raises(ExecutorError, match="No space left"):
        executor.submit(shell(small_disk / "1", "true"))


def test_a_disk_that_is_full_before_the_claim_starts_nothing(executor: LocalExecutor, small_disk: Path) -> None:
    launch_spec = shell(small_disk / "1", "echo run")
    executor._hand_over(launch_spec)
    with pytest.raises(OSError, match="No space"):
        (small_disk / "big").write_bytes(bytes(10**6))
    handle = executor.submit(launch_spec)
    wait_until(lambda: executor.poll(handle) is not None)
    assert executor.poll(handle).reason in (ExitReason.LAUNCH_ERROR, ExitReason.LOST)  # type: ignore[union-attr]  # just seen
    assert log_of(handle) == ""


# --- leaks --------------------------------------------------------------------------------------------------


def test_nothing_is_left_behind(executor: LocalExecutor, tmp_path: Path) -> None:
    finish(executor, executor.submit(shell(tmp_path / "warm", "true")))
    gc.collect()  # what earlier tests left is closed now or later, and is not ours
    before = set(os.listdir("/proc/self/fd"))
    children = {p.pid for p in process_table() if p.parent == os.getpid()}  # the server, and other tests' PostgreSQL
    for i in range(30):
        finish(executor, executor.submit(shell(tmp_path / str(i), "sleep 0 & true")))
    assert set(os.listdir("/proc/self/fd")) <= before
    server = executor._server.pid
    wait_until(
        lambda: [p for p in process_table() if p.parent in (os.getpid(), server) and p.pid not in children] == []
    )
    executor.close()
    assert server is not None
    assert read_process(server) is None
    assert mention(str(tmp_path)) == []
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == [
        "claim",
        "command.json",
        "exit.json",
        "output.log",
        "work",
    ]


def test_a_program_inherits_nothing_but_its_three_files(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(script(tmp_path / "1", sys.executable, "report_call.py", "--x=1"))
    finish(executor, handle)
    call = json.loads(log_of(handle))
    assert call["fds"] == [0, 1, 2]
    assert call["argv"] == ["--x=1"]
    assert call["stdin"] == ""
    assert call["group_leader"]
    assert call["cwd"] == str(SCRIPTS)


def test_signals_are_those_of_a_fresh_program(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(shell(tmp_path / "1", "grep -E 'Sig(Blk|Ign)' /proc/self/status"))
    finish(executor, handle)
    masks = [int(line.split()[1], 16) for line in log_of(handle).splitlines()]
    glibc_own = 0b11 << 31  # signals 32 and 33, which its posix_spawn always ignores
    assert [mask & ~glibc_own for mask in masks] == [0, 0]


# --- the fork server ----------------------------------------------------------------------------------------


def test_a_killed_fork_server_is_replaced_and_its_attempts_go_on(executor: LocalExecutor, tmp_path: Path) -> None:
    running = executor.submit(
        shell(tmp_path / "1", 'until [ -e "$1" ]; do sleep 0.01; done; exit 5', str(tmp_path / "go"))
    )
    wait_until((running.folder / "claim").exists)
    server = executor._server.pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    assert finish(executor, executor.submit(shell(tmp_path / "2", "exit 6"))).exit_code == 6
    assert executor._server.pid != server
    (tmp_path / "go").touch()
    assert finish(executor, running).exit_code == 5


def test_the_fork_server_ends_with_its_owner(tmp_path: Path) -> None:
    program = """
        import os, sys
        from pathlib import Path
        from scriptune.executors.base import LaunchSpec
        from scriptune.executors.local.executor import LocalExecutor
        executor = LocalExecutor()
        executor.submit(LaunchSpec(Path(sys.argv[1]), ("/bin/sh", "-c", "sleep 0.2; exit 5"), cwd=Path("/")))
        print(executor._server.pid, flush=True)
        os.kill(os.getpid(), 9)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "1")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == -9
    wait_until(lambda: not lives(int(run.stdout)))
    wait_until((tmp_path / "1" / "exit.json").exists)
    status = read_exit(tmp_path / "1")
    assert status is not None
    assert status.exit_code == 5


def test_a_launcher_that_hangs_is_killed_when_a_cancel_does_not_end_it(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.executors.local.executor._STUCK_S", 0.05)
    handle = executor.submit(script(tmp_path / "1", "./hang.sh", grace_s=0.0))
    pid = wait_until(lambda: printed(handle, "ready"))
    os.kill(handle.data["pid"], signal.SIGSTOP)
    executor.cancel(handle)
    assert finish(executor, handle).reason is ExitReason.LOST
    assert not lives(pid)


# --- programs that cannot be started ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("./no interpreter.sh",), "The interpreter in the first line"),
        (("./no_first_line",), "add a first line like #!/bin/sh"),
        (("./absent.sh",), "does not exist (working directory"),
        (("hang.sh",), "write './hang.sh'"),
        (("./clean.py",), "is not executable; run chmod +x on it"),
        (("./chatty.sh", "x" * 3_000_000), "longer than the system allows"),
    ],
)
def test_a_program_that_cannot_be_started_is_explained(
    executor: LocalExecutor, tmp_path: Path, argv: tuple[str, ...], expected: str
) -> None:
    status = finish(executor, executor.submit(script(tmp_path / "1", *argv)))
    assert status.reason is ExitReason.LAUNCH_ERROR
    assert expected in status.message


def test_a_program_with_a_blank_in_its_name_runs(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(script(tmp_path / "a b", "./two words.sh", str(tmp_path / "runs")))
    assert finish(executor, handle).exit_code == 0
    assert log_of(handle) == "score=0.5\n"


def test_the_path_of_the_program_is_its_own(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(script(tmp_path / "1", "hang.sh", env={"PATH": f"/nowhere:{SCRIPTS}:/usr/bin:/bin"}))
    wait_until(lambda: printed(handle, "ready"))
    executor.cancel(handle)
    assert finish(executor, handle).reason is ExitReason.CANCELLED


def test_an_empty_command_is_refused(executor: LocalExecutor, tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match="empty"):
        executor.submit(LaunchSpec(tmp_path / "1", ()))


# --- devices ------------------------------------------------------------------------------------------------


def test_devices_are_counted_again_after_a_restart(tmp_path: Path) -> None:
    first = LocalExecutor(gpu_ids=["0", "1"])
    launch_spec = shell(tmp_path / "1", "sleep 600", gpus=1)
    handle = first.submit(launch_spec)
    first.close()
    second = LocalExecutor(gpu_ids=["0", "1"])
    second.adopt(Handle(handle.folder, json.loads(json.dumps(dict(handle.data)))))
    other = second.submit(replace(launch_spec, folder=tmp_path / "2"))
    assert (read_json(str(tmp_path / "2" / "command.json")) or {})["env"]["CUDA_VISIBLE_DEVICES"] == "1"
    for one in (handle, other):
        second.cancel(one)
    for one in (handle, other):
        finish(second, one)
    second.close()


def device_of(folder: Path) -> str:
    return str((read_json(str(folder / "command.json")) or {})["env"]["CUDA_VISIBLE_DEVICES"])


def test_a_trial_whose_device_another_process_takes_at_the_last_moment_gets_the_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = LocalExecutor(gpu_ids=["0", "1"])
    others: list[int] = []
    choose = Slots.choose

    def lose(slots: Slots, launch_spec: LaunchSpec) -> Allocation | None:
        taken = choose(slots, launch_spec)
        if taken is not None and not others:  # between the choice and the lock
            others.extend(DeviceLocks().acquire(dict.fromkeys(taken.devices, UNITS)) or ())
        return taken

    monkeypatch.setattr(Slots, "choose", lose)
    handle = executor.submit(shell(tmp_path / "1", "exit 0", gpus=1.0))
    assert others
    assert device_of(tmp_path / "1") == "1"
    assert finish(executor, handle).reason is ExitReason.EXITED
    for fd in others:
        os.close(fd)
    executor.close()


def test_an_order_that_was_never_started_does_not_wait_for_its_device_while_another_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch_spec = shell(tmp_path / "1", "echo $CUDA_VISIBLE_DEVICES", gpus=1.0)
    first = LocalExecutor(gpu_ids=["0", "1"])
    with monkeypatch.context() as patch:

        def die(*_: object) -> int:
            raise ExecutorError("No process can be started now.")

        patch.setattr(ForkServer, "launch", die)
        with pytest.raises(ExecutorError, match="No process"):
            first.submit(launch_spec)
    first.close()
    assert device_of(tmp_path / "1") == "0"
    held = DeviceLocks().acquire({"0": UNITS})
    assert held is not None
    second = LocalExecutor(gpu_ids=["0", "1"])
    handle = second.submit(launch_spec)
    assert handle.set_aside == ()
    finish(second, handle)
    assert log_of(handle) == "1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    for fd in held:
        os.close(fd)
    second.close()


def test_the_log_keeps_its_time_limit_when_the_clock_jumps(executor: LocalExecutor, tmp_path: Path) -> None:
    """A file time an hour ago, as after a step of the clock, is no hour of silence."""
    handle = executor.submit(
        shell(
            tmp_path / "1",
            'for i in 1 2 3 4; do echo $i; touch -d "1 hour ago" "$1"; sleep 0.1; done',
            str(tmp_path / "1" / "output.log"),
            idle_timeout_s=60.0,
        )
    )
    assert finish(executor, handle).reason is ExitReason.EXITED


# --- a home that is moved, an end that is recorded ----------------------------------------------------------


def test_a_home_that_is_moved_while_a_trial_runs_keeps_its_end(executor: LocalExecutor, tmp_path: Path) -> None:
    text = 'echo run >>"$1"; until [ -e "$2" ]; do sleep 0.01; done; echo loss=1; exit 5'
    launch_spec = shell(tmp_path / "home" / "jobs" / "1", text, str(tmp_path / "runs"), str(tmp_path / "go"))
    handle = executor.submit(launch_spec)
    wait_until((tmp_path / "runs").exists)
    executor.close()
    (tmp_path / "home").rename(tmp_path / "elsewhere")
    (tmp_path / "go").touch()
    moved = Handle(tmp_path / "elsewhere" / "jobs" / "1", handle.data)
    status = finish(LocalExecutor(), moved)
    assert (status.reason, status.exit_code, status.log_size) == (ExitReason.EXITED, 5, len("loss=1\n"))
    assert log_of(moved) == "loss=1\n"
    assert (tmp_path / "runs").read_text() == "run\n"
    assert not (tmp_path / "home").exists()


def test_a_launcher_that_is_killed_while_it_cleans_up_has_recorded_the_end(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    left = "(trap '' TERM; echo ready $$; sleep 600) &"
    launch_spec = shell(tmp_path / "1", f"{left} sleep 0.05; echo loss=1; exit 5", grace_s=600.0)
    handle = executor.submit(launch_spec)
    draft = tmp_path / "1" / f"exit.json.{handle.data['pid']}"
    wait_until(lambda: draft.exists() and draft.read_text().strip())
    assert executor.poll(handle) is None  # what it left behind still runs
    os.kill(handle.data["pid"], signal.SIGKILL)
    status = finish(executor, handle)
    assert (status.reason, status.exit_code) == (ExitReason.EXITED, 5)
    assert status.log_size is not None
    assert read_exit(handle.folder) == status
    assert mention(str(tmp_path)) == []


# --- what a program does to its folder ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exit.json", "claim", "command.json", "output.log"])
@pytest.mark.parametrize("kind", ["mkfifo {0}", "ln -s /dev/zero {0}", "ln -s ../token {0}", "mkdir {0}"])
def test_what_a_program_puts_in_the_place_of_a_file_keeps_nobody_waiting(
    executor: LocalExecutor, tmp_path: Path, name: str, kind: str
) -> None:
    (tmp_path / "token").write_text('{"pid": 1}')
    launch_spec = shell(
        tmp_path / "1", f'cd "$1"; rm -f {name}; {kind.format(name)}; touch done; sleep 600', str(tmp_path / "1")
    )
    handle = executor.submit(launch_spec)
    wait_until((tmp_path / "1" / "done").exists)
    assert executor.poll(handle) is None
    again = LocalExecutor()  # after a restart, from the folder alone
    again.adopt(handle)
    assert again.poll(handle) is None
    again.close()
    executor.cancel(handle)
    status = finish(executor, handle)
    assert (status.reason, status.signal) == (ExitReason.CANCELLED, signal.SIGTERM)


@pytest.mark.parametrize("kind", ["mkfifo {0}", "ln -s /dev/zero {0}", "mkdir {0}"])
def test_a_killed_launcher_with_a_spoiled_folder_is_settled_all_the_same(
    executor: LocalExecutor, tmp_path: Path, kind: str
) -> None:
    spoil = "; ".join(f"rm -f {name}; {kind.format(name)}" for name in ("exit.json", "output.log", "command.json"))
    handle = executor.submit(shell(tmp_path / "1", f'cd "$1"; {spoil}; touch done; sleep 600', str(tmp_path / "1")))
    wait_until((tmp_path / "1" / "done").exists)
    os.kill(handle.data["pid"], signal.SIGKILL)
    assert finish(executor, handle).reason is ExitReason.LOST
    assert executor.poll(handle) == read_exit(handle.folder)


def test_an_attempt_folder_that_became_a_link_is_lost_and_not_followed(executor: LocalExecutor, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "exit.json").write_text("{}")
    (tmp_path / "1").symlink_to("other")
    status = executor.poll(Handle(tmp_path / "1"))
    assert status is not None
    assert status.reason is ExitReason.LOST
    assert "was replaced by a symbolic link" in status.message


FORGED = json.dumps(
    {"reason": "exited", "exit_code": 0, "signal": None, "started_at": 1.0, "finished_at": 2.0, "wall_s": 1.0}
    | {"cpu_s": 1.0, "peak_memory_bytes": 1, "message": "", "oom": False, "log_size": 0}
)
FORGE = 'cd "$1"; printf "%s" "$2" >new; mv new exit.json; touch done;'


def test_an_end_that_a_running_program_has_written_itself_is_not_believed(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    wait = "until [ -e go ]; do sleep 0.01; done; echo loss=1; exit 3"
    handle = executor.submit(shell(tmp_path / "1", f"{FORGE} {wait}", str(tmp_path / "1"), FORGED))
    wait_until((tmp_path / "1" / "done").exists)
    assert read_exit(handle.folder) is not None
    assert executor.poll(handle) is None
    again = LocalExecutor()  # after a restart, from the folder alone
    again.adopt(handle)
    assert again.poll(handle) is None
    (tmp_path / "1" / "go").touch()
    status = finish(again, handle)
    assert (status.reason, status.exit_code, status.log_size) == (ExitReason.EXITED, 3, len("loss=1\n"))
    assert finish(executor, handle) == status
    again.close()


def test_a_program_that_has_written_its_end_can_be_cancelled(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(shell(tmp_path / "1", f"{FORGE} sleep 600", str(tmp_path / "1"), FORGED))
    wait_until((tmp_path / "1" / "done").exists)
    executor.cancel(handle)
    assert finish(executor, handle).reason is ExitReason.CANCELLED


def test_a_forged_end_is_not_that_of_a_launcher_which_was_killed(executor: LocalExecutor, tmp_path: Path) -> None:
    forge = f"{FORGE} echo ready $$; sleep 600"
    handle = executor.submit(shell(tmp_path / "1", forge, str(tmp_path / "1"), FORGED))
    pid = wait_until(lambda: printed(handle, "ready"))
    os.kill(handle.data["pid"], signal.SIGKILL)
    status = finish(executor, handle)
    assert status.reason is ExitReason.LOST
    assert not lives(pid)
    assert read_exit(handle.folder) == executor.poll(handle) == status


@pytest.mark.parametrize("claim", ["[]", '{"pid": "x"}', '{"pid": 1e99, "boot_id": 3}', '{"pid": -4}', "[" * 100_000])
def test_a_claim_that_a_program_has_changed_is_no_mistake_of_ours(
    executor: LocalExecutor, tmp_path: Path, claim: str
) -> None:
    handle = executor.submit(shell(tmp_path / "1", "exit 0"))
    finish(executor, handle)
    (tmp_path / "1" / "exit.json").unlink()
    (tmp_path / "1" / "claim").write_text(claim)
    assert finish(executor, Handle(handle.folder)).reason is ExitReason.LOST


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOMEM])
@pytest.mark.parametrize("call", ["open", "stat", "read", "pidfd_open"])
def test_an_error_that_may_pass_is_never_an_end(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    first = LocalExecutor()
    handle = first.submit(shell(tmp_path / "1", "sleep 600"))
    first.close()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        assert executor.poll(handle) is None
        executor.wait(0.001)
    assert executor.poll(handle) is None
    executor.cancel(handle)
    assert finish(executor, handle).reason is ExitReason.CANCELLED


# --- devices ------------------------------------------------------------------------------------------------


def test_two_engines_never_give_one_device_twice(tmp_path: Path) -> None:
    first, second = LocalExecutor(), LocalExecutor()
    launch_spec = shell(tmp_path / "1", "sleep 600", gpus=1, gpu_ids=("0", "1"))
    one = first.submit(launch_spec)
    other = replace(launch_spec, folder=tmp_path / "2")
    two = second.submit(other)
    assert [read_json(str(handle.folder / "command.json"))["slots"]["devices"] for handle in (one, two)] == [  # type: ignore[index]
        {"0": 1.0},
        {"1": 1.0},
    ]
    third = replace(launch_spec, folder=tmp_path / "3")
    assert not first.room(third, 1)
    assert not second.room(third, 1)
    first.close()  # the engine is gone, its trial runs on
    assert not second.room(third, 1)
    os.kill(one.data["pid"], signal.SIGKILL)  # and without its launcher
    assert not second.room(third, 1)
    assert finish(second, one).reason is ExitReason.LOST
    wait_until(lambda: second.room(third, 1))
    second.cancel(two)
    finish(second, two)
    second.close()
