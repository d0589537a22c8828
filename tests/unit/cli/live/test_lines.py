"""cli/live/lines.py: plain lines and JSON events of a running search."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from scriptune.cli.live.feed import Moment
from scriptune.cli.live.lines import JsonView, PlainView, job_line, trial_line
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.trial import Cause, Trial, TrialState

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = SearchJob(
    id="3f2a9c1e-0000",
    name="digits",
    document={
        "search": {"trials": 4, "sampler": "tpe", "seed": 7},
        "objective": {"metric": "loss", "goal": "minimize"},
        "run": {"parallel": 2},
    },
    state=JobState.RUNNING,
    created_at=AT,
)


def _trial(number: int, value: float | None = None, **changes: object) -> Trial:
    state = TrialState.COMPLETED if value is not None else TrialState.FAILED
    fields = {"started_at": AT, "finished_at": AT + timedelta(seconds=2), **changes}
    return Trial(number, {"lr": 0.1}, state, value, **fields)  # type: ignore[arg-type]  # fields of Trial by name


def _summary(best: Trial | None = None, n_completed: int = 0) -> JobSummary:
    return JobSummary(JOB, dict.fromkeys(TrialState, 0) | {TrialState.COMPLETED: n_completed}, best)


def test_a_job_is_told_in_one_line() -> None:
    assert job_line(JOB) == "digits (3f2a9c1e): minimize loss, 4 trials of tpe, 2 in parallel, seed 7"


@pytest.mark.parametrize(
    ("trial", "line"),
    [
        (_trial(3, 0.25), "trial 3 completed in 2.0 s: loss 0.25"),
        (
            _trial(3, 0.25, message="Stopped: run.trial_timeout (2 s) was reached."),
            "trial 3 completed in 2.0 s: loss 0.25 (Stopped: run.trial_timeout (2 s) was reached.)",
        ),
        (_trial(3, started_at=None, cause=Cause.LAUNCH_ERROR), "trial 3 failed (launch error)"),
        (
            _trial(3, cause=Cause.EXIT_CODE, message="Exit code 1.\n  | \x1b[31mNo module"),
            "trial 3 failed in 2.0 s (exit code): Exit code 1. | No module",
        ),
        (
            _trial(3, cause=Cause.EXIT_CODE, message="Exit code 1.\n  | Traceback:\n  |   x\n  | KeyError: 'a'\n  | "),
            "trial 3 failed in 2.0 s (exit code): Exit code 1. | KeyError: 'a'",
        ),
    ],
)
def test_a_trial_is_told_in_one_line(trial: Trial, line: str) -> None:
    assert trial_line(trial, "loss") == line


def test_plain_lines_count_trials_and_tell_the_params_of_improvements(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    view.open(_summary(_trial(0, 0.5), n_completed=1))
    view.show(Moment(_summary(), ended=[_trial(1, 0.6), _trial(2, 0.4)]))
    view.show(Moment(_summary(), ended=[_trial(3)], notices=["Stopping."]))
    view.show(Moment(_summary(), notices=["Stopping."]))
    view.close()
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1:] == [
        "[2/4] trial 1 completed in 2.0 s: loss 0.6",
        "[3/4] trial 2 completed in 2.0 s: loss 0.4  best so far with lr=0.1",
        "[4/4] trial 3 failed in 2.0 s",
    ]
    assert captured.err == "Stopping.\n", "A notice is said once."


def test_json_events_carry_the_trial_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    view = JsonView()
    view.open(_summary())
    running = Event(JOB.id, 1, AT, "trial", 2, {"state": "running"})
    ended = Event(JOB.id, 2, AT, "trial", 2, {"state": "completed", "value": 0.4})
    view.show(Moment(_summary(), events=[running, ended], ended=[_trial(2, 0.4)]))
    view.close()
    start, first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (start["kind"], start["job"]["name"]) == ("start", "digits")
    assert "trial" not in first
    assert (second["seq"], second["trial"]["params"]) == (2, {"lr": 0.1})
