from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scriptune.executors.device_locks import UNITS, DeviceLocks, lock_folders


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "a", tmp_path / "b"]
    for folder in made:
        folder.mkdir(0o700)
    return made


def close(fds: list[int] | None) -> None:
    for fd in fds or []:
        os.close(fd)


def test_a_device_is_given_once_and_free_again_when_the_last_holder_is_gone(folders: list[Path]) -> None:
    ours, theirs = DeviceLocks(folders), DeviceLocks(folders)
    held = ours.acquire({"0": UNITS})
    assert held
    copies = [os.dup(fd) for fd in held]
    assert theirs.used("0") == UNITS
    assert theirs.acquire({"0": 1}) is None
    assert theirs.used("1") == 0
    close(held)
    assert theirs.acquire({"0": UNITS}) is None  # a copy is still open, as in the program
    close(copies)
    again = theirs.acquire({"0": UNITS})
    assert again
    close(again)


def test_shares_fill_a_device_to_the_last_unit_whatever_was_given_back(folders: list[Path]) -> None:
    locks = DeviceLocks(folders)
    parts = [locks.acquire({"0": UNITS // 4}) for _ in range(4)]
    assert all(parts)
    assert locks.acquire({"0": 1}) is None
    close(parts[0])
    close(parts[2])
    assert locks.used("0") == UNITS // 2
    halves = locks.acquire({"0": UNITS // 2})  # in two pieces
    assert halves
    assert locks.used("0") == UNITS
    for part in (parts[1], parts[3], halves):
        close(part)
    assert locks.used("0") == 0


def test_what_cannot_be_had_whole_is_not_held_in_part(folders: list[Path]) -> None:
    locks = DeviceLocks(folders)
    one = locks.acquire({"1": UNITS})
    assert locks.acquire({"0": UNITS, "1": UNITS}) is None
    assert locks.used("0") == 0
    close(one)


def test_one_folder_in_common_is_enough(folders: list[Path]) -> None:
    with_session, without = DeviceLocks(folders), DeviceLocks(folders[1:])
    held = with_session.acquire({"0": UNITS})
    assert without.acquire({"0": UNITS}) is None
    close(held)


def test_a_killed_process_leaves_no_lock(folders: list[Path]) -> None:
    code = (
        "import os, sys; from pathlib import Path; from scriptune.executors.device_locks import DeviceLocks, UNITS;"
        "held = DeviceLocks([Path(p) for p in sys.argv[1:]]).acquire({'0': UNITS}); print(len(held), flush=True);"
        "os.read(0, 1)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, folders)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"2\n"
        assert DeviceLocks(folders).used("0") == UNITS
        process.kill()
        process.wait()
    assert DeviceLocks(folders).used("0") == 0


def test_a_number_and_a_uuid_of_one_device_are_one_lock(
    folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho '0, GPU-aaaa-1'\necho '1, GPU-bbbb-2'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    locks = DeviceLocks(folders)
    held = locks.acquire({"0": UNITS})
    assert [locks.used(name) for name in ("GPU-aaaa-1", "GPU-aaaa", "1", "GPU-bbbb-2")] == [UNITS, UNITS, 0, 0]
    close(held)


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to("open")
    (tmp_path / "file").touch()
    for name in ("open", "link", "file", "no/parent"):
        assert lock_folders({"SCRIPTUNE_RUNTIME_DIR": str(tmp_path / name)}) == ()
    assert "devices are counted in this process only" in caplog.text
    assert lock_folders({"SCRIPTUNE_RUNTIME_DIR": str(tmp_path / "new")}) == (tmp_path / "new",)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_the_folder_of_a_session_is_used_beside_the_one_that_stays(tmp_path: Path) -> None:
    found = lock_folders({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert found[0] == tmp_path / "scriptune"
    assert found[-1] == Path(f"/tmp/scriptune-{os.geteuid()}")
    assert lock_folders({"XDG_RUNTIME_DIR": ""})[-1:] == found[-1:]
