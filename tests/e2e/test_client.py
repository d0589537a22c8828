"""The Python client against a real server, beside the same client in process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from commands import start_command
from scriptune.client import Client, Job
from scriptune.core.job import JobState, JobSummary
from scriptune.core.trial import Cause, TrialState
from scriptune.engine.serialise import to_json
from scriptune.errors import ConflictError, JobFileError, NotFoundError, PermissionDeniedError
from servers import until

LIMIT_S = 120
JOB_FILE = """\
name: counting
command: ./train.sh
parameters: {n: {type: int, min: 1, max: 5}, m: {type: int, value: 7}}
metrics: {loss: {regex: 'loss=(.+)'}}
objective: {metric: loss, goal: minimize}
search: {sampler: grid, trials: 5, seed: 1}
run: {parallel: 2}
"""
# Three reports; fails for n=3, waits for a file for n=9.
PROGRAM = """#!/bin/sh
for given in "$@"; do case $given in --n=*) n=${given#--n=};; esac; done
[ "$n" = 3 ] && exit 4
for step in 2 1 0; do echo "loss=$((n + step))"; done
while [ "$n" = 9 ]; do sleep 0.05; done
"""


@dataclass(frozen=True)
class Server:
    url: str
    token: str
    home: Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a project")
    (folder / "train.sh").write_text(PROGRAM)
    (folder / "train.sh").chmod(0o755)
    (folder / "job.yaml").write_text(JOB_FILE)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """`scriptune serve` in a process of its own."""
    home = folder / "home"
    log = folder / "server.log"
    with log.open("w") as out, open(os.devnull, "w") as nowhere:
        process = start_command(["serve", "--port", "0", "--json", "--home", str(home)], stdout=out, stderr=nowhere)
    until(lambda: log.read_text().endswith("}\n") or process.poll() is not None, "it says where it is")
    said = json.loads(log.read_text())
    yield Server(said["url"], Path(said["token_file"]).read_text().strip(), home)
    process.terminate()
    process.wait(LIMIT_S)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, server.token) as client:
        yield client


@pytest.fixture(scope="module")
def job(client: Client, folder: Path) -> Job:
    """A search that the server has run."""
    return client.submit(folder / "job.yaml").wait(progress=False, timeout_s=LIMIT_S)


def test_the_server_runs_what_the_client_submits(job: Job) -> None:
    assert (job.state, job.name) == (JobState.COMPLETED, "counting")
    assert job.best is not None
    assert (job.best.value, job.best.params) == (1.0, {"n": 1, "m": 7})
    assert job.log(job.best.trial.number) == "loss=3\nloss=2\nloss=1\n"


def test_over_http_every_look_equals_that_of_the_engine_itself(job: Job, server: Server) -> None:
    with Client(home=server.home) as local:
        same = local.job(job.id)
        for look in (
            lambda job: job.summary,
            lambda job: job.detail,
            lambda job: job.best,
            lambda job: job.trials(sort="-value"),
            lambda job: [job.trial(n) for n in range(5)],
            lambda job: job.history(),
            lambda job: job.importance(),
            lambda job: job.replay(),
            lambda job: job._repr_html_(),
        ):
            # As JSON, because a sequence may be a list on one side and a tuple on the other.
            assert to_json(look(job)) == to_json(look(same))
        assert job.trials(states=["failed"])[0].cause is Cause.EXIT_CODE


def test_a_job_acts_over_http_as_it_does_here(job: Job) -> None:
    (number,) = job.retry(causes=["exit_code"])
    job.wait(progress=False, timeout_s=LIMIT_S)
    assert job.trial(number).trial.n_attempts == 2
    assert job.reparse(reduce="last").changed == []
    with pytest.raises(ConflictError):
        job.stop()
    with pytest.raises(ConflictError, match=r"\+10"):
        job.resume()


def test_a_running_search_is_stopped_over_http(client: Client, folder: Path) -> None:
    parameters = {"n": {"type": "int", "value": 9}, "k": {"type": "int", "min": 1, "max": 50}}
    job = client.submit(
        {
            "name": "patient",
            "command": ["./train.sh"],
            "workdir": str(folder),
            "parameters": parameters,
            "metrics": {"loss": {"regex": "loss=(.+)"}},
            "objective": {"metric": "loss", "goal": "minimize"},
        }
    )

    def stop_when_running(summary: JobSummary) -> None:
        if summary.counts[TrialState.RUNNING] and summary.job.state is JobState.RUNNING:
            job.stop()

    job.wait(progress=stop_when_running, timeout_s=LIMIT_S)
    assert job.state is JobState.STOPPED
    job.delete()
    with pytest.raises(NotFoundError):
        client.job(job.id)


def test_exceptions_are_the_engine_s(client: Client, server: Server) -> None:
    with pytest.raises(JobFileError) as caught:
        client.submit({"command": ["/bin/true"], "parameters": {}})
    assert len(caught.value.problems) > 1
    with pytest.raises(NotFoundError):
        client.job("no-such-job")
    with Client(server.url, "wrong") as stranger, pytest.raises(PermissionDeniedError):
        stranger.jobs()


def test_a_job_is_made_from_a_stored_program_here_and_over_http(client: Client, server: Server, folder: Path) -> None:
    program = {
        "name": "counter",
        "workdir": str(folder),
        "command": "./train.sh",
        "parameters": {"n": {"domain": {"type": "int", "min": 1, "max": 5}}},
        "metrics": {"loss": {"regex": "loss=(.+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
    }
    headers = {"Authorization": f"Bearer {server.token}"}
    assert httpx.post(f"{server.url}api/v1/programs", json=program, headers=headers).status_code == 201
    given = {"program": "counter", "parameters": {"n": {"max": 2}}}
    with Client(home=server.home) as local:
        jobs = [one.submit(given, trials=2, sampler="grid") for one in (client, local)]
        assert "--n=1" in local.check(given, run=False).command_line
    for job in jobs:
        assert job.wait(progress=False, timeout_s=LIMIT_S).best.value == 1.0
        assert job.summary.job.labels["program_version"] == 1
        assert job.document["workdir"] == str(folder)
    with pytest.raises(JobFileError, match="exceeds what program"):
        client.submit({**given, "parameters": {"n": {"max": 9}}})


def test_jobs_and_samplers_are_listed(client: Client, job: Job) -> None:
    assert job.id in [found.id for found in client.jobs(text="count", states=["completed"])]
    assert {"bayes", "tpe", "random"} <= {row.name for row in client.samplers()}


def test_the_token_may_come_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    monkeypatch.setenv("SCRIPTUNE_TOKEN", server.token)
    with Client(server.url) as client:
        assert client.job("counting").id == job.id
