from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from scriptune.executors.folder import write_json
from scriptune.executors.local.forkserver import ForkServer
from scriptune.executors.local.processes import read_process
from scriptune.testing.executors import wait_until


def launch_spec(folder: Path, script: str) -> Path:
    folder.mkdir()
    argv = ["/bin/sh", "-c", script]
    limits = {"timeout_s": None, "idle_timeout_s": None, "grace_s": 5.0}
    write_json(str(folder / "command.json"), {"argv": argv, "env": {}, "cwd": "/", **limits})
    return folder


def test_a_server_is_started_when_needed_and_ends_when_closed(tmp_path: Path) -> None:
    server = ForkServer()
    assert server.pid is None
    server.close()
    server.launch(launch_spec(tmp_path / "1", "true"))
    pid = server.pid
    assert pid is not None
    server.close()
    server.close()
    assert read_process(pid) is None
    wait_until((tmp_path / "1" / "exit.json").exists)


def test_programs_get_the_environment_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ForkServer()
    for value in ("1", "2"):
        monkeypatch.setenv("OF_NOW", value)
        server.launch(launch_spec(tmp_path / value, "echo $OF_NOW"))
        wait_until((tmp_path / value / "exit.json").exists)
        assert (tmp_path / value / "output.log").read_text() == f"{value}\n"
    server.close()


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    server = ForkServer()
    folders = [launch_spec(tmp_path / str(number), f"echo {number}") for number in range(16)]
    threads = [threading.Thread(target=server.launch, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for folder in folders:
        wait_until((folder / "exit.json").exists)
        assert (folder / "output.log").read_text() == f"{folder.name}\n"
    server.close()


def test_a_fork_of_the_owner_gets_a_server_of_its_own(tmp_path: Path) -> None:
    server = ForkServer()
    server.launch(launch_spec(tmp_path / "1", "true"))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            before = server.pid
            server.launch(launch_spec(tmp_path / "2", "true"))
            code = 0 if server.pid != before else 2
            server.close()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    server.launch(launch_spec(tmp_path / "3", "true"))
    for number in "123":
        wait_until((tmp_path / number / "exit.json").exists)
    server.close()


def test_a_machine_that_cannot_fork_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ForkServer()
    monkeypatch.setattr("scriptune.executors.local.forkserver.sys.executable", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError):
        server.launch(tmp_path)
    server.close()
