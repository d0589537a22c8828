"""cli/live/table.py: the live table stays inside the terminal whatever it shows."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from scriptune.cli.live.feed import Moment
from scriptune.cli.live.table import LiveView, draw
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.core.space import Params
from scriptune.core.trial import ENDED, Cause, Trial, TrialState
from scriptune.messages import Message

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARAMS: Params = {"learning_rate": 1.2345e-05, "layers": 3, "optimizer": "sgd", "a_very_long_name_indeed": "x" * 50}


def _job(name: str = "digits-mlp", metric: str = "accuracy") -> SearchJob:
    document = {
        "search": {"trials": 40, "sampler": "bayes", "seed": 1},
        "objective": {"metric": metric, "goal": "maximize"},
        "parameters": {name: {} for name in PARAMS},
    }
    return SearchJob("3f2a9c1e-0000", name, document, JobState.RUNNING, NOW)


def _trial(number: int, state: TrialState, cause: Cause | None = None) -> Trial:
    value = 0.5 + number / 100 if state is TrialState.COMPLETED else None
    start = NOW - timedelta(seconds=100 - number)
    finished = NOW if state in ENDED else None
    metrics = {"accuracy": 0.4}
    return Trial(number, PARAMS, state, value, metrics, cause=cause, started_at=start, finished_at=finished)


def _moment(job: SearchJob, n_running: int, n_ended: int, notice: str = "") -> Moment:
    ended = [_trial(n, TrialState.COMPLETED) for n in range(n_ended)]
    running = [_trial(n_ended + n, TrialState.RUNNING) for n in range(n_running)]
    counts = dict.fromkeys(TrialState, 0) | {TrialState.COMPLETED: n_ended, TrialState.RUNNING: n_running}
    best = ended[-1] if ended else None
    notices = ["Waiting for a slot.", *([notice] if notice else [])]
    history = [trial.value for trial in ended]
    return Moment(JobSummary(job, counts, best), 83.0, running, recent=ended, history=history, notices=notices)


def _lines(job: SearchJob, moment: Moment, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, highlight=False)
    with console.capture() as capture:
        console.print(draw(job, moment, console, NOW))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("n_running", [0, 5])
def test_notices_of_a_job_leave_room_for_the_table(n_running: int, width: int) -> None:
    notices = tuple(Message("notice.metric_silent", metric=f"metric {i}") for i in range(5))
    moment = _moment(replace(_job(), notices=notices), n_running, 5)
    assert len(_lines(_job(), moment, width, 12)) < 12
    assert any("'metric 4'" in line for line in _lines(_job(), moment, width, 60))


def test_equal_values_are_shown_in_place_of_a_best_trial() -> None:
    moment = _moment(_job(), 0, 3)
    equal = replace(_job(), notices=(Message("notice.equal_values", metric="accuracy", value=0.5),))
    moment = replace(moment, summary=replace(moment.summary, job=equal))
    text = "\n".join(_lines(equal, moment, 80, 24))
    assert "all values are equal" in text
    assert "best" not in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("height", [10, 24, 60])
@pytest.mark.parametrize(("n_running", "n_ended"), [(0, 0), (2, 0), (2, 5), (30, 50)])
def test_the_picture_is_never_wider_or_higher_than_the_terminal(
    width: int, height: int, n_running: int, n_ended: int
) -> None:
    job = _job("a name " * 20)
    lines = _lines(job, _moment(job, n_running, n_ended, "Stopping: no further trials. " * 2), width, height)
    assert max(map(cell_len, lines)) <= width
    # In a terminal of a few lines three trials are shown all the same.
    assert len(lines) < max(height, 18)


def test_the_running_trials_come_first_with_their_latest_metric_and_then_the_newest_ended() -> None:
    lines = _lines(_job(), _moment(_job(), 2, 3), 120, 30)
    rows = [line.split() for line in lines if line.lstrip()[:1].isdigit()]
    assert [row[0] for row in rows] == ["3", "4", "2", "1", "0"]
    assert rows[0][1] == "running"
    assert "0.4" in rows[0]
    assert "0.52" in rows[2]


def test_what_the_head_says() -> None:
    text = "\n".join(_lines(_job(), _moment(_job(), 2, 3), 120, 30))
    assert "digits-mlp  3f2a9c1e  maximize accuracy with bayes, seed 1" in text
    assert "3 of 40  2 running  1m 23s, about 17m 04s left, 130 trials/h" in text
    assert "best accuracy 0.52  trial 2" in text
    assert "Waiting for a slot." in text


@pytest.mark.parametrize(
    ("n_ended", "changes", "is_paced", "is_foretold"),
    [(0, {}, False, False), (1, {}, True, True), (40, {}, True, False), (1, {"stop_requested": "drain"}, True, False)],
)
def test_the_pace_is_told_from_the_first_ended_trial_and_foretells_the_end_unless_it_is_stopped(
    n_ended: int, changes: dict[str, Any], is_paced: bool, is_foretold: bool
) -> None:
    head = _lines(_job(), _moment(replace(_job(), **changes), 1, n_ended), 120, 30)[1]
    assert ("trials/h" in head, " left" in head) == (is_paced, is_foretold)


def test_before_the_first_value_it_says_so() -> None:
    assert "no trial has ended with a value yet" in _lines(_job(), _moment(_job(), 1, 0), 80, 24)[2]


def test_a_failed_trial_shows_its_cause() -> None:
    job = _job()
    failed = _trial(7, TrialState.FAILED, Cause.OUT_OF_MEMORY)
    moment = _moment(job, 0, 1)
    lines = _lines(job, replace(moment, recent=[*moment.recent, failed]), 80, 24)
    assert any("out of memory" in line for line in lines)


def test_the_last_picture_is_left_standing() -> None:
    out = io.StringIO()
    view = LiveView(Console(file=out, force_terminal=True, width=80, height=24))
    job = _job()
    view.open(JobSummary(job, dict.fromkeys(TrialState, 0), None))
    queued = replace(job, state=JobState.QUEUED)
    view.show(Moment(JobSummary(queued, dict.fromkeys(TrialState, 0), None)))
    assert "0 of 40" not in out.getvalue()
    view.show(_moment(job, 0, 3))
    view.close()
    assert "3 of 40" in out.getvalue().rpartition("Starting")[2]
