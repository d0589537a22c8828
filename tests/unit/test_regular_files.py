from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from pathlib import Path

import pytest

from scriptune.regular_files import NotRegularFileError, is_absent, open_folder, open_regular, read_bounded


def test_a_regular_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    assert read_bounded(tmp_path / "file", 100) == b"0123456789"
    assert read_bounded(tmp_path / "file", 4) == b"0123"


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "socket", "device", "linked device"])
def test_what_only_has_the_name_of_a_file_is_named_and_never_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "output.log"
    (tmp_path / "token").write_text("secret")
    found = "a symbolic link"
    match kind:
        case "link":
            path.symlink_to("token")
        case "dangling":
            path.symlink_to("nowhere")
        case "linked device":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
            found = "a named pipe"
        case "folder":
            path.mkdir()
            found = "a folder"
        case "socket":
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(str(path))
            found = "a socket"
        case "device":
            made = subprocess.run(["mknod", str(path), "c", "1", "5"], check=False, capture_output=True)
            if made.returncode:
                pytest.skip("needs the right to make devices")
            found = "a device"
    with pytest.raises(NotRegularFileError, match=f"'output.log' is {found}, not a regular file") as caught:
        open_regular(path)
    assert caught.value.found == found
    assert not is_absent(caught.value)


def test_a_file_that_is_replaced_while_it_is_opened_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "output.log"
    path.write_text("text")
    look = os.stat

    def look_and_replace(name: object, **kwargs: object) -> os.stat_result:
        seen = look(name, **kwargs)  # type: ignore[arg-type, call-overload]  # as it was called
        path.unlink()
        os.mkfifo(path)
        return seen

    monkeypatch.setattr(os, "stat", look_and_replace)
    with pytest.raises(NotRegularFileError, match="a named pipe"):
        open_regular(path)


def test_a_folder_that_is_a_link_is_not_entered_but_links_on_the_way_are(tmp_path: Path) -> None:
    (tmp_path / "big disk" / "1").mkdir(parents=True)
    (tmp_path / "big disk" / "1" / "output.log").write_text("text")
    (tmp_path / "jobs").symlink_to("big disk")
    assert read_bounded(tmp_path / "jobs" / "1" / "output.log", 10) == b"text"
    (tmp_path / "2").symlink_to("big disk/1")
    with pytest.raises(NotRegularFileError, match="a symbolic link"):
        open_folder(tmp_path / "2")
    with pytest.raises(NotRegularFileError, match="a symbolic link"):
        open_regular(tmp_path / "2" / "output.log")


def test_an_absent_file_is_told_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "no" / "folder"):
        with pytest.raises(OSError, match="No such file") as caught:
            open_regular(path)
        assert is_absent(caught.value)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    before = len(os.listdir("/proc/self/fd"))
    for name in ("folder", "file", "none"):
        with contextlib.suppress(OSError):
            os.close(open_regular(tmp_path / name))
    assert len(os.listdir("/proc/self/fd")) == before
