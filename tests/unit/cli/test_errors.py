"""cli/errors.py: how a failed command ends."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from scriptune import errors
from scriptune.cli.errors import show


@pytest.fixture(autouse=True)
def _no_debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCRIPTUNE_DEBUG", raising=False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.JobFileError(["a.yaml:1: x"]), 2),
        (errors.NotFoundError("No job 'x'."), 2),
        (errors.SettingsError("port is 'x'."), 2),
        (errors.SamplerError("unknown"), 2),
        (errors.ExecutorError("A trial needs 0.5 GPUs, and none was found."), 2),
        (errors.ConflictError("It has ended."), 1),
        (errors.StorageCorruptError("no database"), 1),
    ],
)
def test_what_the_user_can_put_right_is_2_and_the_rest_is_1(error: Exception, code: int) -> None:
    assert show(error, as_json=False) == code


def test_an_error_is_printed_with_its_hint_and_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    show(errors.ConflictError("It has ended.", hint="Resume it."), as_json=False)
    assert capsys.readouterr().err == "Error: It has ended.\nHint: Resume it.\n"


def test_every_mistake_of_a_job_file_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(errors.JobFileError(["a.yaml:1: x", "a.yaml:2: y"]), as_json=False)
    assert capsys.readouterr().err == "Error: a.yaml:1: x\nError: a.yaml:2: y\n"


def test_with_json_the_error_has_the_shape_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    show(errors.NotFoundError("No job.", hint="List them."), as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.err) == {
        "error": {"code": "not_found", "message": "No job.", "hint": "List them.", "params": {}}
    }
    assert captured.out == ""


def test_an_unexpected_error_is_two_lines_and_the_traceback_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert show(ZeroDivisionError("by zero"), as_json=False) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Error: unexpected ZeroDivisionError: by zero"
    (kept,) = tmp_path.iterdir()
    assert str(kept) in lines[1]
    assert "ZeroDivisionError: by zero" in kept.read_text()


def test_what_the_system_refuses_is_no_mistake_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), as_json=False) == 1
    assert show(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/x/y"), as_json=False) == 1
    assert capsys.readouterr().err == "Error: No space left on device.\nError: Permission denied: '/x/y'\n"


def test_with_debugging_the_traceback_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTUNE_DEBUG", "1")
    show(ZeroDivisionError("by zero"), as_json=False)
    show(errors.ConflictError("x"), as_json=False)
    error = capsys.readouterr().err
    assert "ZeroDivisionError: by zero\n" in error
    assert "scriptune.errors.ConflictError: x\n" in error
