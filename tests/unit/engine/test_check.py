"""Check: what can be known before spending budget."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import memory_storage
from scriptune.core.parameters import Float, Int
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Cause, ExitStatus
from scriptune.engine import check, trial_run
from scriptune.engine.build import build_engine
from scriptune.engine.check import far_params
from scriptune.errors import CommandError, JobFileError, NotFoundError
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.jobfile.spec import job_spec
from scriptune.search.registry import make_sampler
from scriptune.settings import Settings
from strategies import spaces
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


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


def test_a_check_in_a_home_that_cannot_be_written_runs_in_a_folder_of_the_system(
    world: World, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.home / "checks").write_text("no folder can be made here")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    report = world.engine.check(world.document(), base_dir=world.home)
    assert report.ok
    assert report.log_path is not None
    assert Path(report.log_path).parent.parent == elsewhere
    assert Path(report.log_path).parent.name.startswith("scriptune-check-world-")


def test_a_log_stands_for_a_run(world: World) -> None:
    log = world.home / "some.log"
    log.write_text("loss=1.5\nnothing\nloss=nan\nloss=0.5\n")
    report = world.engine.check(world.document(), base_dir=world.home, log=log)
    assert not report.ran
    assert report.ok
    assert report.values == {"loss": 0.5}
    assert report.n_captures == {"loss": 3}
    assert not world.executor.runs


def test_a_capture_has_a_problem_or_a_value_and_never_both(world: World) -> None:
    log = world.home / "some.log"
    log.write_text("loss=1.5\nloss=n/a\nloss=0.5\n")
    captures = world.engine.check(world.document(), base_dir=world.home, log=log).captures
    assert [(capture.text, capture.value) for capture in captures] == [("1.5", 1.5), ("n/a", None), ("0.5", 0.5)]
    assert (captures[0].problem, captures[2].problem) == ("", "")
    assert "n/a" in captures[1].problem


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
    monkeypatch.setattr(trial_run, "_LAST_BYTES", 200_000)
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


def test_nothing_is_left_out_at_the_end_of_output_that_was_shown_as_it_came(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_run, "_LAST_BYTES", 100_000)
    pieces = [f"{i:050000}\n".encode() for i in range(3)]
    world.executor.program = lambda _: Program((*pieces, b"loss=0.5\n"))
    seen: list[str] = []
    assert world.engine.check(world.document(), base_dir=world.home, on_output=seen.append).ok
    assert "".join(seen) == b"".join(pieces).decode() + "loss=0.5\n"


def test_where_nothing_is_captured_the_check_proposes_a_regex(world: World) -> None:
    world.executor.program = lambda _: Program((b"  val  loss : 0.5\n",))
    report = world.engine.check(world.document(), base_dir=world.home)
    assert report.cause is Cause.NO_METRIC
    assert "  |   val  loss : 0.5" in report.message
    assert r"This regex captures 0.5 there: \bloss\s+:\s+(\S+)" in report.message


# --- does the program notice its parameters? ------------------------------------------------------------------


def _codes(world: World, **changes: object) -> list[str]:
    twice = changes.pop("twice", None)
    assert twice is None or isinstance(twice, bool)
    document = world.document(**changes)
    report = world.engine.check(document, base_dir=world.home, twice=twice)
    assert list(report.notices) == list(report.warnings)[-len(report.notices) or 99 :]
    # Warnings of the job file have their codes too.
    return [notice.code for notice in report.notices if not notice.code.startswith("job_file.")]


def test_a_program_that_prints_the_same_for_far_parameters_is_reported(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=0.9\n",))
    assert _codes(world) == ["notice.check_unread"]


def test_a_program_whose_log_alone_differs_is_reported_too(world: World) -> None:
    times = iter(range(10))
    world.executor.program = lambda _: Program((f"started at {next(times)}\nloss=0.9\n".encode(),))
    assert _codes(world) == ["notice.check_same_numbers"]


def test_a_program_that_notices_its_parameters_is_not_suspected(world: World) -> None:
    report = world.engine.check(world.document(), base_dir=world.home)
    assert report.notices == ()
    assert report.second_values != report.values
    assert len(world.executor.runs) == 2


def test_other_metrics_and_steps_are_compared_as_well(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss=0.9\nf1={given['x']}\n".encode(),))
    metrics = {"loss": {"regex": r"loss=(\S+)"}, "f1": {"regex": r"f1=(\S+)"}}
    assert _codes(world, metrics=metrics, objective={"metric": "loss"}) == []


def test_a_second_run_that_fails_is_quoted_and_nothing_is_concluded(world: World) -> None:
    runs = iter([0, 3])
    world.executor.program = lambda _: Program((b"loss=0.9\n",), exit_code=next(runs))
    assert _codes(world) == ["notice.check_second_failed"]


def test_a_program_with_one_configuration_is_run_once(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=0.9\n",))
    assert _codes(world, parameters={"x": {"type": "categorical", "values": ["a"]}}) == []
    assert len(world.executor.runs) == 1


@pytest.mark.parametrize(("twice", "n_runs"), [(None, 2), (True, 2), (False, 1)])
def test_a_short_run_is_repeated_unless_told_otherwise(world: World, twice: bool | None, n_runs: int) -> None:
    world.engine.check(world.document(), base_dir=world.home, twice=twice)
    assert len(world.executor.runs) == n_runs


def test_the_run_is_that_of_the_first_trial(world: World) -> None:
    """It took the middle and the first choice where the search begins elsewhere."""
    world.executor.program = lambda given: Program((f"loss={given['x']}\n".encode(),))
    parameters = {
        "x": {"type": "float", "min": 0.0, "max": 1.0, "default": 0.25},
        "k": {"type": "categorical", "values": ["a", "b", "c", "d"]},
    }
    for search in ({"sampler": "random", "seed": 4}, {"sampler": "bayes", "seed": 9}, {"sampler": "grid", "seed": 1}):
        document = world.document(parameters=parameters, search={"trials": 1, **search})
        report = world.engine.check(document, base_dir=world.home, twice=False)
        job = world.run(world.engine.submit(document, base_dir=world.home))
        tried = world.storage.trial(job.id, 0).params
        assert all(f"--{name}={value}" in report.command_line for name, value in tried.items())


def test_a_metric_that_captures_nothing_is_said_by_check(world: World) -> None:
    metrics = {"loss": {"regex": r"loss=(\S+)"}, "f1": {"regex": r"f1=(\S+)"}}
    assert _codes(world, metrics=metrics, objective={"metric": "loss"}) == ["notice.metric_not_found"]


@given(spaces(), st.integers(0, 99))
@settings(max_examples=100)
def test_far_parameters_differ_wherever_there_is_another_value(space: SearchSpace, seed: int) -> None:
    first = make_sampler("random", space, seed).ask(0)
    far = far_params(space, first)
    assert space.validate(far) == far
    for name, parameter in space.items():
        if parameter.n_values != 1 and name in first and name in far:
            assert repr(far[name]) != repr(first[name])


@pytest.mark.parametrize(
    ("bounds", "near_low", "near_high"),
    [
        ({"type": "float", "min": 0.0, "max": 1.0}, 0.1, 0.9),
        ({"type": "float", "min": 10.0, "max": 20.0}, 11.0, 19.0),
        ({"type": "float", "min": 1e-10, "max": 1.0, "log": True}, 1e-9, 0.1),
        ({"type": "int", "min": 100, "max": 200}, 110, 190),
    ],
    ids=str,
)
def test_far_parameters_lie_a_tenth_of_the_range_from_the_other_bound(
    world: World, bounds: dict[str, object], near_low: float, near_high: float
) -> None:
    job = world.submit(parameters={"x": bounds})
    space = job_spec(job.document).space
    assert far_params(space, {"x": bounds["min"]}) == {"x": near_high}  # type: ignore[dict-item]  # numbers
    assert far_params(space, {"x": bounds["max"]}) == {"x": near_low}  # type: ignore[dict-item]  # numbers


def test_a_check_without_a_run_starts_nothing_and_shows_the_command(world: World) -> None:
    report = world.engine.check(world.document(), base_dir=world.home, run=False)
    assert (report.ok, report.ran, world.executor.runs) == (True, False, {})
    assert "--x=" in report.command_line
    assert (report.n_searched, list(report.captures)) == (1, [])


def test_far_parameters_satisfy_the_constraints() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0), "n": Int(1, 4)}, ["x + y <= 0.8", "n * x <= 1"])
    first: Params = {"x": 0.1, "y": 0.1, "n": 1}
    far = far_params(space, first)
    assert space.contains(far)
    assert all(far[name] != value for name, value in first.items())
    only = SearchSpace({"x": Int(1, 4)}, ["x == 3"])
    assert far_params(only, {"x": 3}) == {"x": 3}


def test_a_second_run_is_cut_when_it_takes_far_longer_unless_it_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_SHORT_S", 0.0)
    monkeypatch.setattr(check, "_PATIENCE", 0.0)
    runs = 0

    def program(given: Mapping[str, str]) -> Program:
        nonlocal runs
        runs += 1
        return Program((f"loss={given['x']}\n".encode(),) * (1 if runs % 2 else 100))

    world.executor.program = program
    monkeypatch.setattr(time, "monotonic", count().__next__)  # every look takes a second
    assert _codes(world) == []  # the first run took longer than a short one: none follows
    assert runs == 1
    monkeypatch.setattr(check, "_SHORT_S", 50.0)
    runs = 0
    assert _codes(world) == ["notice.check_second_cut"]
    runs = 0
    assert _codes(world, twice=True) == []
    assert runs == 2


def test_an_interrupted_check_ends_its_program(world: World) -> None:
    world.executor.program = lambda _: Program((b"working\n",) * 1000)

    def interrupt() -> None:
        raise KeyboardInterrupt

    world.executor.on_wait = interrupt
    with pytest.raises(KeyboardInterrupt):
        world.engine.check(world.document(), base_dir=world.home)
    assert len(world.executor.cancelled) == 1


def test_an_interrupt_during_the_start_of_a_program_ends_it_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = world.executor.submit

    def interrupted(launch_spec: LaunchSpec) -> Handle:
        signal.raise_signal(signal.SIGINT)
        return submit(launch_spec)

    monkeypatch.setattr(world.executor, "submit", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            world.engine.check(world.document(), base_dir=world.home)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(world.executor.cancelled) == 1


def test_the_forecast_is_the_time_of_one_run_for_each_round_of_trials(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = world.executor.poll

    def timed(handle: Handle) -> ExitStatus | None:
        status = poll(handle)
        return None if status is None else replace(status, wall_s=7.0)

    monkeypatch.setattr(world.executor, "poll", timed)
    report = world.engine.check(world.document(), base_dir=world.home)  # six trials, two at a time
    assert (report.wall_s, report.forecast_s) == (7.0, 21.0)
    report = world.engine.check(world.document(search={"trials": 1}), base_dir=world.home)
    assert report.forecast_s == 7.0


def test_a_check_asks_the_program_for_its_help_only_where_it_may_run_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def asked_for_help(command: object, **_: object) -> NoReturn:
        asked.append(command)
        raise CommandError("It has none.")

    monkeypatch.setattr(check, "may_have_help", lambda _: True)
    monkeypatch.setattr(check, "inspect_program", asked_for_help)
    log = world.home / "given.log"
    log.write_text("loss=0.5\n")
    for run, of_log in ((False, None), (False, log), (True, log)):
        world.engine.check(world.document(), base_dir=world.home, run=run, log=of_log)
    assert not asked
    world.engine.check(world.document(), base_dir=world.home)
    assert len(asked) == 1


def test_a_number_of_a_log_is_enough_to_propose_its_metric(world: World) -> None:
    log = world.home / "some.log"
    log.write_text("val_acc=0.5\nval_acc=0.91\n")
    proposed = world.engine.propose_metric(log, "0.91")
    assert (proposed.name, proposed.n_captures, tuple(proposed.values)) == ("val_acc", 2, (0.5, 0.91))


def test_what_the_source_of_a_program_contradicts_is_said_before_anything_is_run(world: World) -> None:
    (world.home / "t.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--X', type=float)\np.parse_args()\n"
    )
    job = world.submit(command=[sys.executable, "t.py"])
    [hint] = world.engine.usage_hints(job_spec(job.document))
    assert "flag: --X" in hint
    assert not world.executor.runs


def test_what_a_program_prints_in_its_last_instant_is_shown_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll, last = world.executor.poll, b"loss=0.5 a last line\n" * 10_000

    def end_with_much(handle: Handle) -> ExitStatus | None:
        status = poll(handle)
        if status is not None:
            with (handle.folder / "output.log").open("ab") as log:
                log.write(last)
        return status

    monkeypatch.setattr(world.executor, "poll", end_with_much)
    seen: list[str] = []
    world.engine.check(world.document(), base_dir=world.home, twice=False, on_output=seen.append)
    assert "".join(seen).endswith(last.decode())


@pytest.mark.parametrize(
    ("log", "regex", "warned"),
    [
        ("loss2=8\nloss2=8\n", r"loss([0-9]+)", True),
        ("loss7\nloss7\n", r"loss(\d+)", True),
        ("loss=7\nloss=7\n", r"loss=(\d+)", False),
        ("loss7\nloss8\n", r"loss(\d+)", False),
        ("loss=12ms\n", r"loss=(\d+)", False),
        ("loss=0.5ms\nloss=0.5ms\n", r"loss=(\S+)", False),
    ],
)
def test_the_same_whole_number_next_to_letters_everywhere_is_suspected(
    world: World, log: str, regex: str, warned: bool
) -> None:
    path = world.home / "some.log"
    path.write_text(log)
    report = world.engine.check(world.document(metrics={"loss": {"regex": regex}}), base_dir=world.home, log=path)
    assert ("notice.same_whole_number" in {notice.code for notice in report.notices}) == warned


def test_what_a_setup_prints_is_read_like_the_rest_of_the_log(world: World) -> None:
    engine = build_engine(Settings(home=world.home, database="memory:"))
    document = world.document(command=["/bin/sh", "-c", "echo loss=$MADE", "--x={x}"])
    document["run"] = {"setup": ["export MADE=2", "echo loss=1"]}
    report = engine.check(document, base_dir=world.home, twice=False)
    assert [capture.value for capture in report.captures] == [1.0, 2.0]
    document["run"] = {"setup": ["export MADE=2", "echo loss=1 >/dev/null"]}
    report = engine.check(document, base_dir=world.home, twice=False)
    assert [capture.value for capture in report.captures] == [2.0]


def test_a_setup_that_fails_is_a_launch_error_with_the_end_of_its_output(world: World) -> None:
    engine = build_engine(Settings(home=world.home, database="memory:"))
    document = world.document(command=["/bin/sh", "-c", "echo loss=1", "--x={x}"])
    document["run"] = {"setup": ["echo loss=3", "echo no such environment; false"]}
    report = engine.check(document, base_dir=world.home, twice=False)
    assert (report.ok, report.cause) == (False, Cause.LAUNCH_ERROR)
    assert "exit code 1 in command 2 of 2, 'echo no such environment; false'" in report.message
    assert report.message.endswith("  | no such environment")


def test_a_run_says_how_long_a_training_is(world: World) -> None:
    world.executor.program = lambda given: Program([b"loss=1\n"] * 7)

    def checked(**stopping: object) -> tuple[int | None, list[str]]:
        document = world.document(stopping=stopping or {"rule": "none"})
        report = world.engine.check(document, base_dir=world.home)
        return report.max_step, [notice.code for notice in report.notices]

    assert checked() == (7, checked()[1])
    assert "notice.max_step_unknown" in checked(rule="model")[1]
    assert "notice.max_step_differs" in checked(rule="model", max_step=52)[1]
    assert not [code for code in checked(rule="model", max_step=7)[1] if "step" in code]
    assert not [code for code in checked()[1] if "step" in code]


def test_stopping_cannot_help_where_the_program_prints_once(world: World) -> None:
    world.executor.program = lambda given: Program([b"loss=1\n"])
    report = world.engine.check(world.document(stopping={"rule": "model"}), base_dir=world.home)
    assert report.max_step is None
    assert "notice.stopping_cannot_help" in [notice.code for notice in report.notices]
