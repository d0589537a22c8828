"""client/: jobs of this process as Python objects."""

from __future__ import annotations

import json
import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scriptune
from scriptune.client import Client, Job, TrialList
from scriptune.core.job import JobState, JobSummary
from scriptune.core.trial import Cause, TrialState
from scriptune.errors import ConflictError, JobFileError, NotFoundError, SettingsError, SpaceError

DOCUMENT: dict[str, Any] = {
    "name": "counting",
    "command": ["/bin/sh", "-c", 'echo "n is ${1#--n=}"; test "$1" != --n=3', "train"],
    "parameters": {"n": {"type": "int", "min": 1, "max": 5}, "m": {"type": "int", "value": 7}},
    "metrics": {"loss": {"regex": "n is (.+)"}},
    "objective": {"metric": "loss", "goal": "minimize"},
    "search": {"sampler": "grid", "trials": 5, "seed": 1},
    "run": {"parallel": 2},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("client") / "home"


@pytest.fixture(scope="module")
def job(home: Path) -> Job:
    """A finished search over n = 1 .. 5, whose n = 3 fails."""
    return scriptune.run(DOCUMENT, home=home, progress=False)


@pytest.fixture
def client(home: Path, job: Job) -> Iterator[Client]:
    with Client(home=home) as client:
        yield client


def test_run_returns_the_job_with_its_best_params(job: Job) -> None:
    assert (job.name, job.state) == ("counting", JobState.COMPLETED)
    best = job.best
    assert best is not None
    assert (best.value, best.params) == (1.0, {"n": 1, "m": 7})
    assert best.command_line.endswith("train --n=1 --m=7")


def test_a_client_was_shown_as_an_address_in_memory_and_shows_no_secret(
    client: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert repr(client) == f"Client(home={str(home)!r})"
    with Client(home=home, database=f"sqlite:///{home / 'other.db'}") as other:
        assert repr(other) == f"Client(home={str(home)!r}, database='sqlite:///{home / 'other.db'}')"
    monkeypatch.setenv("SCRIPTUNE_TOKEN", "secret")
    with Client("http://me:secret@127.0.0.1:8265") as remote:
        assert repr(remote) == "Client(url='http://me@127.0.0.1:8265')"


def test_trials_can_be_filtered_and_sorted(job: Job) -> None:
    assert [trial.value for trial in job.trials(sort="-value")] == [5.0, 4.0, 2.0, 1.0, None]
    assert [trial.params["n"] for trial in job.trials(where=["params.n>=2", "value<5"], sort="-params.n")] == [4, 2]
    (failed,) = job.trials(states=["failed"])
    assert (failed.cause, failed.params) == (Cause.EXIT_CODE, {"n": 3})
    assert job.trial(failed.number).attempts[0].exit is not None
    assert job.log(failed.number) == "n is 3\n"


def test_trials_become_a_pandas_frame(job: Job) -> None:
    pytest.importorskip("pandas")
    frame = job.trials().to_frame()
    assert frame.loc[frame["params.n"] == 4, "value"].item() == 4.0
    assert frame.loc[frame["params.n"] == 3, "cause"].item() == "exit_code"
    assert list(frame.index) == [0, 1, 2, 3, 4]
    assert TrialList().to_frame().empty


def test_no_trials_are_a_frame_with_the_usual_columns() -> None:
    pytest.importorskip("pandas")
    frame = TrialList().to_frame()
    assert len(frame[["state", "value", "cause", "started_at", "finished_at"]]) == 0
    assert frame.index.name == "number"


def test_history_and_importance_come_from_the_same_engine(job: Job) -> None:
    assert job.history()[-1].best == 1.0
    assert [row.name for row in job.importance()] == ["n"]
    assert job.replay().first_difference is None
    assert job.detail.failures["exit_code"][0] == 1


def test_a_notebook_shows_a_job_with_its_best_trials_and_escapes_names(job: Job, client: Client) -> None:
    page = job._repr_html_()
    assert "<td>loss 1 in trial" in page
    odd = client.submit(DOCUMENT, name="<script>")
    assert "<script>" not in odd._repr_html_()
    assert "no trials" in odd.trials()._repr_html_()
    odd.delete()


def test_jobs_are_found_by_reference_and_by_text(client: Client, job: Job) -> None:
    assert client.job("counting").id == client.job(job.id[:8]).id == client.job().id == job.id
    assert [found.id for found in client.jobs(text="count", states=["completed"])] == [job.id]
    assert client.jobs(states=["running"]) == []
    with pytest.raises(NotFoundError):
        client.job("missing")


def test_a_submitted_job_waits_until_somebody_waits_for_it(tmp_path: Path) -> None:
    with Client(home=tmp_path) as client:
        job = client.submit(DOCUMENT, trials=2, seed=5, sampler="random")
        assert job.state == JobState.QUEUED
        seen: list[JobSummary] = []
        assert job.wait(progress=seen.append) is job
        assert job.state == JobState.COMPLETED
        assert seen[-1].job.state == JobState.COMPLETED
        assert job.document["search"]["seed"] == 5
        assert len(job.trials()) == 2
        job.resume(trials="+1").wait(progress=False)
        assert len(job.trials()) == 3


def test_a_job_file_is_run_with_flags_and_relative_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.sh").write_text("#!/bin/sh\necho loss=1\n")
    (folder / "train.sh").chmod(0o755)
    (folder / "job.yaml").write_text(
        "command: ./train.sh\nparameters: {x: {type: float, min: 0, max: 1}}\n"
        "metrics: {loss: {regex: 'loss=(.+)'}}\nobjective: {metric: loss, goal: minimize}\n"
    )
    job = scriptune.run(folder / "job.yaml", home=tmp_path / "home", progress=False, trials=1)
    assert job.state == JobState.COMPLETED
    assert job.document["workdir"] == str(folder)


@pytest.mark.parametrize("job", [DOCUMENT, "job.yaml"])
def test_a_misspelt_keyword_is_refused_with_the_closest_one(job: Any, tmp_path: Path) -> None:
    if job == "job.yaml":
        job = tmp_path / job
        job.write_text(json.dumps(DOCUMENT))
    with pytest.raises(JobFileError, match=r"no keyword 'trails'.*Did you mean 'trials'"):
        scriptune.run(job, home=tmp_path, progress=False, trails=3)


def test_progress_is_one_line_on_stderr_when_nobody_looks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scriptune.run(DOCUMENT, home=tmp_path, trials=2)
    assert capsys.readouterr().err == "counting: 2 of 2 trials, best loss 1\n"


def test_failed_trials_are_retried_as_further_attempts(tmp_path: Path) -> None:
    job = scriptune.run(DOCUMENT, home=tmp_path, progress=False)
    (number,) = job.retry(causes=["exit_code"])
    job.wait(progress=False)
    assert job.trial(number).trial.n_attempts == 2
    report = job.reparse(regexes={"loss": "n is .*?(\\d)"}, reduce="last")
    assert report.n_trials == 5


def test_stop_of_a_running_job_ends_the_wait_of_another_thread(tmp_path: Path) -> None:
    document = {**DOCUMENT, "command": ["/bin/sh", "-c", "echo n is 1; sleep 60", "train"]}
    with Client(home=tmp_path) as client:
        job = client.submit(document)
        waiting = threading.Thread(target=lambda: job.wait(progress=False))
        waiting.start()
        until = threading.Event()
        for _ in range(600):
            if job.trials(states=[TrialState.RUNNING]):
                break
            until.wait(0.05)
        with pytest.raises(TimeoutError, match="still running"):
            job.wait(progress=False, timeout_s=0.1)
        job.stop()
        waiting.join(30)
        assert not waiting.is_alive()
        assert job.state == JobState.STOPPED
        with pytest.raises(ConflictError):
            job.stop()


def test_a_wrong_job_raises_every_mistake(client: Client) -> None:
    with pytest.raises(JobFileError) as caught:
        client.submit({**DOCUMENT, "objective": {"metric": "los", "goal": "up"}})
    assert len(caught.value.problems) == 2


def test_arguments_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="needs the url of a server"):
        Client(token="secret")
    with pytest.raises(SettingsError, match="not both"):
        Client("http://127.0.0.1:1", home=tmp_path)
    with pytest.raises(SettingsError, match="expected one like"):
        Client("localhost:8265")


def test_the_package_gives_the_client_s_names() -> None:
    assert scriptune.Client is Client
    assert scriptune.Job is Job
    assert os.fspath(Path(scriptune.__file__).parent).endswith("scriptune")


def test_a_job_is_checked_before_budget_is_spent(client: Client, tmp_path: Path) -> None:
    document = {**DOCUMENT, "parameters": {"n": {"type": "int", "min": 1, "max": 5, "default": 2}}}
    report = client.check(document)
    assert (report.ok, report.ran, report.n_configurations) == (True, True, 5)
    log = tmp_path / "old.log"
    log.write_text("n is 4\nn is 2\n")
    read = client.check(DOCUMENT, log=log)
    assert (read.ran, read.values) == (False, {"loss": 2.0})
    assert not client.check(DOCUMENT, run=False).ran
    with pytest.raises(JobFileError, match="sampler"):
        client.check(DOCUMENT, sampler="grit")


def test_enqueued_params_are_tried_next(tmp_path: Path) -> None:
    with Client(home=tmp_path / "home") as client:
        job = client.submit(DOCUMENT, sampler="random", trials=2)
        with pytest.raises(SpaceError):
            job.enqueue({"n": 9})
        job.enqueue({"n": 4}).wait(progress=False)
        assert job.trial(0).trial.params == {"n": 4}


def test_a_job_file_of_numpy_values_ranges_and_paths_was_refused(tmp_path: Path) -> None:
    document = {
        **DOCUMENT,
        "workdir": tmp_path,
        "parameters": {"n": {"type": "categorical", "values": range(1, 6)}, "m": {"type": "int", "value": np.int64(7)}},
        "search": {"sampler": "random", "seed": np.int64(1), "start_with": [{"params": {"n": np.int64(2)}}]},
    }
    job = scriptune.run(document, home=tmp_path / "home", progress=False, trials=np.int32(2))
    assert job.trials()[0].params == {"n": 2}
    job.enqueue({"n": np.int64(5)}).resume(trials=np.int64(3)).wait(progress=False)  # type: ignore[arg-type]
    assert job.trials()[2].params == {"n": 5}
    assert job.trial(np.int64(2)).value == 5.0  # type: ignore[arg-type]


def test_a_job_survives_pickling(job: Job) -> None:
    """Process pools and notebooks' caches pickle what they hand on; it was "cannot pickle '_thread.lock' object"."""
    again = pickle.loads(pickle.dumps(job))
    assert isinstance(again, Job)
    assert (again.id, again.state, again.wait(progress=False).best) == (job.id, job.state, job.best)
