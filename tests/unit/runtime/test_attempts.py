"""An attempt with a process, and what its log says of its end."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scriptune.core.job import Goal, JobSpec, MetricSpec, Objective, ParameterSpec, SearchSpec
from scriptune.core.parameters import Float
from scriptune.core.trial import Attempt, ExitReason, ExitStatus, TrialState
from scriptune.executors.base import Handle
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, compile_patterns

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def ended(folder: Path, exit: ExitStatus) -> RunningAttempt:
    spec = JobSpec(
        name="job",
        command=("true",),
        shell=False,
        workdir=Path("."),
        parameters={"x": ParameterSpec(Float(0.0, 1.0))},
        metrics={"m": MetricSpec("m=(.*)")},
        objective=Objective("m", Goal.MINIMIZE),
        search=SearchSpec(sampler="random", trials=1, seed=1),
    )
    attempt = Attempt(0, 1, TrialState.RUNNING, str(folder))
    units = MetricUnits.of(spec.metrics)
    run = RunningAttempt.begin(spec, compile_patterns(spec), attempt, Handle(folder), units=units)
    run.exit = exit
    run.read_all(NOW)
    return run


@pytest.mark.parametrize(
    ("exit", "is_said"),
    [
        (ExitStatus(ExitReason.EXITED, exit_code=0, log_size=10), True),
        (ExitStatus(ExitReason.EXITED, exit_code=1, log_size=10), True),
        (ExitStatus(ExitReason.TIMEOUT, log_size=10), True),
        (ExitStatus(ExitReason.EXITED, exit_code=0), False),  # of a version that did not say
        (ExitStatus(ExitReason.LOST, log_size=10), False),
        (ExitStatus(ExitReason.LAUNCH_ERROR, log_size=10), False),
    ],
)
def test_a_log_that_was_removed_is_said_where_there_should_be_one(
    tmp_path: Path, exit: ExitStatus, is_said: bool
) -> None:
    verdict = ended(tmp_path, exit).verdict("m")
    assert verdict.state is TrialState.FAILED
    assert ("Its log was removed while it ran." in verdict.message) is is_said


def test_what_is_in_the_place_of_a_log_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "output.log")
    verdict = ended(tmp_path, ExitStatus(ExitReason.EXITED, exit_code=0, log_size=10)).verdict("m")
    assert "Its log was replaced by" in verdict.message


def test_only_a_log_that_lost_a_part_after_the_end_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_bytes(b"m=0.5\nm=0.25\n")
    size = log.stat().st_size
    for log_size, is_cut in ((None, False), (size - 1, False), (size, False), (size + 1, True)):
        run = ended(tmp_path, ExitStatus(ExitReason.EXITED, exit_code=0, log_size=log_size))
        assert run.log_is_cut() is is_cut
        assert run.metrics == {"m": 0.25}
    log.unlink()
    assert not run.log_is_cut()


def test_what_stands_behind_the_end_of_the_program_is_not_read(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_bytes(b"m=0.5\nm=0.25\nm=7\n")
    run = ended(tmp_path, ExitStatus(ExitReason.EXITED, exit_code=0, log_size=len("m=0.5\nm=0.25\n")))
    assert (run.metrics, run.n_reports) == ({"m": 0.25}, {"m": 2})


@pytest.mark.parametrize(
    ("exit", "n_reports"),
    [
        (ExitStatus(ExitReason.EXITED, exit_code=0), 2),
        (ExitStatus(ExitReason.EXITED, signal=9), 1),
        (ExitStatus(ExitReason.TIMEOUT), 1),
    ],
)
def test_a_number_without_a_line_end_counts_only_when_the_program_ended_by_itself(
    tmp_path: Path, exit: ExitStatus, n_reports: int
) -> None:
    (tmp_path / "output.log").write_bytes(b"m=0.5\nm=0.25")
    assert ended(tmp_path, exit).n_reports == {"m": n_reports}
