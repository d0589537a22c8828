"""Searches over real programs that do odd things to their own folder, their output and their end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.trial import Cause, Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import NotFoundError
from scriptune.executors.local.executor import LocalExecutor
from scriptune.runtime.worker import Worker
from scriptune.settings import Settings

# Left behind by the program; goes on when the launcher has put the program's end on record.
LEFT = (
    "(trap '' TERM; touch $SCRIPTUNE_TRIAL_DIR/ok; "
    "until grep -q reason $SCRIPTUNE_TRIAL_DIR/../exit.json.*; do sleep 0.01; done;"
)
BEGUN = "until [ -e $SCRIPTUNE_TRIAL_DIR/ok ]; do sleep 0.01; done;"


class Search:
    """One trial of a shell script in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.engine = Engine(Settings(home=home, database="memory:"), memory_storage(), lambda _: LocalExecutor())

    def run(self, script: str, **run: Any) -> Trial:
        document = {
            "command": ["/bin/sh", "-c", script, "sh", "{x}"],
            "workdir": str(self.home),
            "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
            "metrics": {"loss": {"regex": r"loss=(\S+)"}},
            "objective": {"metric": "loss", "goal": "minimize", "reduce": "last"},
            "search": {"sampler": "random", "trials": 1, "seed": 1},
            "run": {"grace": 2, **run},
        }
        self.job = self.engine.submit(document, base_dir=self.home)
        Worker(self.engine).run_job(self.job.id)
        return self.engine.trial(self.job.id, 0).trial


@pytest.fixture
def search(tmp_path: Path) -> Search:
    return Search(tmp_path)


@pytest.mark.parametrize(
    ("trick", "found"),
    [
        ("ln -sf ../../../../token output.log", "a symbolic link"),
        ("rm output.log; mkfifo output.log", "a named pipe"),
        ("ln -sf /dev/zero output.log", "a symbolic link"),
        ("rm output.log; mkdir output.log", "a folder"),
    ],
)
def test_a_log_that_was_replaced_is_not_read_and_the_trial_says_what_is_there(
    search: Search, trick: str, found: str
) -> None:
    (search.home / "token").write_text("loss=0 secret")
    trial = search.run(f"cd $SCRIPTUNE_TRIAL_DIR/..; {trick}; echo loss=1")
    assert (trial.state, trial.cause, trial.value) == (TrialState.FAILED, Cause.NO_METRIC, None)
    assert f"Its log was replaced by {found}." in trial.message
    assert "secret" not in trial.message
    with pytest.raises(NotFoundError, match=f"it was replaced by {found}"):
        search.engine.log(search.job.id, 0)
    assert search.engine.reparse(search.job.id).n_without_log == 1


def test_what_is_printed_after_the_end_of_the_program_is_not_its_value(search: Search) -> None:
    trial = search.run(f"{LEFT} echo loss=0; sleep 600) & {BEGUN} echo loss=7")
    assert (trial.state, trial.value, trial.n_reports) == (TrialState.COMPLETED, 7.0, 1)
    assert "loss=0" in search.engine.log(search.job.id, 0).text
    assert list(search.engine.reparse(search.job.id).changed) == []


def test_a_line_that_others_complete_after_the_end_is_read_as_the_program_left_it(search: Search) -> None:
    trial = search.run(f"{LEFT} echo 99; sleep 600) & {BEGUN} printf loss=7")
    assert trial.value == 7.0


def test_the_metric_of_a_program_that_made_itself_a_daemon_is_missed_with_the_cause(search: Search) -> None:
    trial = search.run("setsid sh -c 'trap \"\" TERM; sleep 600; echo loss=1' & exit 0")
    assert (trial.state, trial.cause) == (TrialState.FAILED, Cause.NO_METRIC)
    assert "It left processes running when it ended ('sleep'" in trial.message or "('sh'" in trial.message


@pytest.mark.parametrize(
    ("on_timeout", "state", "value"), [("fail", TrialState.FAILED, None), ("keep", TrialState.COMPLETED, 3.0)]
)
def test_a_time_limit_throws_the_value_away_or_keeps_it(
    search: Search, on_timeout: str, state: TrialState, value: float | None
) -> None:
    trial = search.run("echo loss=3; sleep 600", trial_timeout=1.5, on_timeout=on_timeout)
    assert (trial.state, trial.value) == (state, value)
    assert trial.message.startswith("Stopped: run.trial_timeout (1.5 s) was reached.")
    assert [tell.value for tell in search.engine.storage.tells(search.job.id)] == [value]


def test_what_is_printed_after_the_time_limit_is_not_kept(search: Search) -> None:
    script = "trap 'echo loss=0; exit 0' TERM; echo loss=3; sleep 600 & wait"
    trial = search.run(script, trial_timeout=1.5, on_timeout="keep")
    assert (trial.state, trial.value, trial.n_reports) == (TrialState.COMPLETED, 3.0, 1)
    assert "loss=0" in search.engine.log(search.job.id, 0).text
    assert list(search.engine.reparse(search.job.id).changed) == []


@pytest.mark.parametrize("script", ["sleep 600", "echo loss=nan; sleep 600", "printf loss=3; sleep 600"])
def test_without_a_whole_finite_value_before_the_time_limit_a_trial_has_failed(search: Search, script: str) -> None:
    trial = search.run(script, trial_timeout=0.3, on_timeout="keep")
    assert (trial.state, trial.cause, trial.value) == (TrialState.FAILED, Cause.TIMEOUT, None)


def test_the_limit_of_silence_keeps_nothing(search: Search) -> None:
    trial = search.run("echo loss=3; sleep 600", idle_timeout=0.3, trial_timeout=60, on_timeout="keep")
    assert (trial.state, trial.cause, trial.value) == (TrialState.FAILED, Cause.TIMEOUT, None)
