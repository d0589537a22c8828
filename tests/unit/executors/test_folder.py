from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scriptune.executors.folder import PreallocatedFile, read_json, write_json


@pytest.mark.parametrize("text", [None, b"", b"{", b'{"a": 1', b"[1]", b"\xff\xfe", b"\0\0"])
def test_what_is_no_whole_object_is_none(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "x").write_bytes(text)
    assert read_json(str(tmp_path / "x")) is None
    assert read_json(str(tmp_path / "x" / "below a file")) is None


def test_an_object_is_read_as_it_was_written(tmp_path: Path) -> None:
    value = {"argv": ["ü", "\ud800", "a\nb"], "n": 1.5}
    write_json(str(tmp_path / "x"), value)
    assert read_json(str(tmp_path / "x")) == value
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_reserved_file_appears_when_it_is_written(tmp_path: Path) -> None:
    reservation = PreallocatedFile(str(tmp_path / "x"))
    assert not (tmp_path / "x").exists()
    reservation.write({"n": 1})
    assert json.loads((tmp_path / "x").read_text()) == {"n": 1, "message": ""}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_any_message_fits_into_the_reserved_blocks(tmp_path: Path) -> None:
    for number, character in enumerate("a\0é漢🎲"):
        path = tmp_path / str(number)
        PreallocatedFile(str(path)).write({"message": character * 5000, "numbers": [1.2345678901234567] * 20})
        assert path.stat().st_size <= 8192
        assert set(json.loads(path.read_text())["message"]) == {character}


def test_a_dropped_reservation_leaves_nothing(tmp_path: Path) -> None:
    PreallocatedFile(str(tmp_path / "x")).drop()
    assert list(tmp_path.iterdir()) == []


def test_one_of_many_processes_gets_the_claim(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; from scriptune.executors.folder import take_claim; "
        "sys.stdin.read(); print(take_claim(sys.argv[1], {'number': int(sys.argv[2])}))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", program, str(tmp_path), str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(6)
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # now, all together
    answers = []
    for process in processes:
        assert process.stdout is not None
        answers.append(process.stdout.read().strip())
        process.stdout.close()
        process.wait()
    assert sorted(answers) == ["False"] * 5 + ["True"]
    assert read_json(str(tmp_path / "claim")) == {"number": answers.index("True")}
    assert [path.name for path in tmp_path.iterdir()] == ["claim"]


def test_the_blocks_of_a_reserved_file_are_taken_before_it_is_written(tmp_path: Path) -> None:
    # Survived: nothing reserved, so that a full disk lost the end of the trial.
    reservation = PreallocatedFile(str(tmp_path / "x"))
    (draft,) = tmp_path.iterdir()
    assert draft.stat().st_size == 8192
    assert draft.stat().st_blocks * 512 >= 8192
    reservation.drop()
