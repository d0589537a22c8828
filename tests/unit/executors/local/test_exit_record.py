"""executors/local/exit_record.py: what an attempt folder says of its end, whatever a program has put there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scriptune.core.trial import ExitReason
from scriptune.executors.base import LaunchSpec
from scriptune.executors.folder import EXIT, draft_of
from scriptune.executors.local.executor import LocalExecutor
from scriptune.executors.local.exit_record import (
    drop_draft,
    end_document,
    exit_status,
    is_taken,
    last_change,
    noted_end,
    own_exit,
    read_claim,
    read_exit,
    whole_number,
    write_exit,
)
from scriptune.testing.executors import finish

PID = 42


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor()
    yield executor
    executor.close()


def claimed(folder: Path) -> Path:
    """A folder whose launcher was process `PID`."""
    (folder / "claim").write_text(json.dumps({"pid": PID, "start_ticks": 1, "boot_id": "x"}))
    return folder


def test_an_exit_file_cut_short_by_a_power_failure_is_none(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.submit(LaunchSpec(tmp_path / "1", ("/bin/sh", "-c", "exit 3"), cwd=tmp_path))
    finish(executor, handle)
    path = handle.folder / "exit.json"
    for text in ("", '{"reason": "exi', '{"reason": "exited"}', '{"reason": "of old"}', "[]", "\0\0\0"):
        path.write_text(text)
        assert read_exit(handle.folder) is None
    assert finish(executor, handle).reason is ExitReason.LOST


def test_an_exit_file_with_values_of_other_types_is_none(tmp_path: Path) -> None:
    document = end_document(ExitReason.LOST, "gone")
    for name, value in [("exit_code", "3"), ("wall_s", []), ("finished_at", "x"), ("log_size", 1.5), ("signal", True)]:
        (tmp_path / "exit.json").write_text(json.dumps({**document, name: value}))
        assert read_exit(tmp_path) is None


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    document = end_document(ExitReason.CANCELLED, "asked for", started_at=1.5)
    write_exit(tmp_path, document)
    status = read_exit(tmp_path)
    assert status is not None
    assert status == exit_status(document)
    assert (status.reason, status.message) == (ExitReason.CANCELLED, "asked for")
    assert status.started_at is not None


def test_a_folder_in_the_place_of_the_exit_file_or_the_claim_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "exit.json").mkdir()
    (tmp_path / "claim").mkdir()
    assert own_exit(tmp_path) is None
    assert read_claim(tmp_path) == {}


def test_an_exit_file_beside_the_draft_of_its_launcher_is_the_programs_own(tmp_path: Path) -> None:
    claimed(tmp_path)
    draft = tmp_path / draft_of(EXIT, PID)
    write_exit(tmp_path, end_document(ExitReason.EXITED, "forged"))
    assert own_exit(tmp_path) is not None
    draft.write_text(json.dumps(end_document(ExitReason.EXITED, "noted")))
    assert own_exit(tmp_path) is None
    noted = noted_end(tmp_path, PID)
    assert noted is not None
    assert noted["message"] == "noted"
    drop_draft(tmp_path)
    assert not is_taken(draft)
    assert own_exit(tmp_path) is not None


def test_a_folder_in_the_place_of_a_draft_is_kept_under_another_name(tmp_path: Path) -> None:
    claimed(tmp_path)
    draft = tmp_path / draft_of(EXIT, PID)
    draft.mkdir()
    assert noted_end(tmp_path, PID) is None
    drop_draft(tmp_path)
    assert [path.name.startswith(f"{draft.name}.found-") for path in tmp_path.glob(f"{draft.name}*")] == [True]


def test_a_log_that_is_not_there_has_no_last_change(tmp_path: Path) -> None:
    assert last_change(tmp_path / "output.log") is None


@pytest.mark.parametrize(("value", "number"), [(7, 7), (True, 0), ("7", 0), (7.0, 0), (None, 0)])
def test_only_an_integer_counts_as_one(value: object, number: int) -> None:
    assert whole_number(value) == number
