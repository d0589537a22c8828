"""Check: what can be known before spending budget."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scriptune.core.trial import Cause
from scriptune.engine import checking
from scriptune.errors import JobFileError, NotFoundError
from scriptune.storage.memory import MemoryStorage
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, MemoryStorage())


def test_a_run_with_the_defaults_shows_what_is_captured_and_forecasts_the_search(world: World) -> None:
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0, "default": 0.75}}
    seen: list[str] = []
    report = world.engine.check(world.document(parameters=parameters), base_dir=world.home, on_output=seen.append)
    assert report.ran
    assert report.ok
    assert report.values == {"loss": (0.75 - 0.3) ** 2}
    assert [capture.line_number for capture in report.captures] == [1, 2]
    assert report.n_captures == {"loss": 2}
    assert "--x=0.75" in report.command_line
    assert "".join(seen).startswith("epoch 1 loss=")
    assert report.output == "".join(seen)
    assert report.cause is None
    assert world.engine.jobs().total == 0


def test_the_command_that_is_shown_names_the_folder_of_the_run(world: World) -> None:
    report = world.engine.check(world.document(command=["/bin/true", "--to={trial_dir}"]), base_dir=world.home)
    assert report.log_path is not None
    assert f"--to={Path(report.log_path).parent / 'work'}" in report.command_line


@pytest.mark.parametrize("name", ["vision/digits", "../digits", "数字 " * 66])
def test_a_job_whose_name_is_no_name_of_a_folder_could_not_be_checked(world: World, name: str) -> None:
    report = world.engine.check(world.document(name=name), base_dir=world.home)
    assert report.log_path is not None
    assert Path(report.log_path).parent.parent == world.home / "checks"


def test_the_folders_of_old_runs_are_removed(world: World) -> None:
    checks = world.home / "checks"
    for age in range(200):
        (checks / f"old-{age}").mkdir(parents=True)
        os.utime(checks / f"old-{age}", (1000 - age, 1000 - age))
    report = world.engine.check(world.document(), base_dir=world.home)
    assert report.log_path is not None
    assert Path(report.log_path).is_file()
    kept = {path.name for path in checks.iterdir()}
    assert len(kept) == 100
    assert "old-0" in kept
    assert "old-199" not in kept


def test_a_log_stands_for_a_run(world: World) -> None:
    log = world.home / "some.log"
    log.write_text("loss=1.5\nnothing\nloss=nan\nloss=0.5\n")
    report = world.engine.check(world.document(), base_dir=world.home, log=log)
    assert not report.ran
    assert report.ok
    assert report.values == {"loss": 0.5}
    assert report.n_captures == {"loss": 3}
    assert not world.executor.runs


def test_a_regex_that_finds_nothing_is_said_with_the_last_lines(world: World) -> None:
    world.executor.program = lambda _: Program((b"accuracy 0.5\n",))
    report = world.engine.check(world.document(), base_dir=world.home)
    assert not report.ok
    assert report.cause is Cause.NO_METRIC
    assert "accuracy 0.5" in report.message
    assert report.output == "accuracy 0.5\n"


def test_a_missing_log_and_a_wrong_job_file_are_errors(world: World) -> None:
    with pytest.raises(NotFoundError, match=r"nowhere\.log"):
        world.engine.check(world.document(), base_dir=world.home, log=world.home / "nowhere.log")
    with pytest.raises(JobFileError, match="trials"):
        world.engine.check(world.document(search={"trials": 0}), base_dir=world.home)


def test_of_forty_thousand_short_lines_printed_at_once_all_are_shown(world: World) -> None:
    lines = "".join(f"{i}\n" for i in range(40_000)) + "loss=0.5\n"
    world.executor.program = lambda _: Program((lines.encode(),))
    seen: list[str] = []
    assert world.engine.check(world.document(), base_dir=world.home, on_output=seen.append).ok
    assert "".join(seen) == lines


def test_output_that_is_too_much_to_show_has_a_mark_where_it_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_LAST_BYTES", 200_000)
    lines = "".join(f"{i}\n" for i in range(100_000)) + "loss=0.5\n"
    world.executor.program = lambda _: Program((lines.encode(),))
    seen: list[str] = []
    assert world.engine.check(world.document(), base_dir=world.home, on_output=seen.append).ok
    text = "".join(seen)
    head, mark, tail = text.partition("\n[...] ")
    assert mark
    assert lines.startswith(head)
    assert lines.endswith(tail.partition("\n")[2])
    assert "bytes are not shown here" in tail
    assert len(text) < 250_000


def test_where_nothing_is_captured_the_check_proposes_a_regex(world: World) -> None:
    world.executor.program = lambda _: Program((b"  val  loss : 0.5\n",))
    report = world.engine.check(world.document(), base_dir=world.home)
    assert report.cause is Cause.NO_METRIC
    assert "  |   val  loss : 0.5" in report.message
    assert r"This regex reads 0.5 there: \bloss\s+:\s+(\S+)" in report.message
