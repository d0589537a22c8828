"""What a viewer's key can read holds no secret of a job: every GET route, both APIs, and the streams of events.

The job has secrets of every origin: variables with telling and with harmless names, arguments, a fixed parameter, a
choice, the password inside of a connection string. Its program prints all of them and fails, so messages quote them.
A route that is new fails these tests until it has an address here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.api import events, hub
from scriptune.api.service import Service
from scriptune.core.job import MASK
from scriptune.engine.keys import KeyStore, Role
from scriptune.modelarts.trial_ids import trial_id
from service import V1, TestClient, make_client
from worlds import Program, World

V2 = "/v2/p"
PEM = "\n".join(
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "b3BlbnNzaC1rZXktdjEAAAAA",
        "zq9PEMPEMPEMPEMPEM",
        "-----END OPENSSH PRIVATE KEY-----",
    ]
)
ENV = {
    "WANDB_API_KEY": "wandb-0a1b2c3d4e",
    "HARMLESS": "har9mless-but-nobodys-business",
    "SHORT": "q7Zx2",
    "WORD": "correcthorse",
    "DSN": "host=db user=ada password=inn3rPassw0rd",
    "SSH_IDENTITY": PEM,
    "QUOTED": 'it\'s a "quoted" säcret',
    "OMP_NUM_THREADS": "4",
    "DATA": "/data/set",
}
ARGUMENTS = [
    "--password",
    "argum3ntPassw0rd",
    "--hub=https://ada:addr3ssPassw0rd@hub.example/",
    "--env",
    "TOKEN=t0kenInAWord",
]
FIXED = "f1xedApiKey"
CHOICES = ["ch0iceSecretA", "ch0iceSecretB"]
SECRETS = [
    "wandb-0a",
    "2c3d4e",
    "har9mless",
    "q7Zx2",
    "correcthorse",
    "inn3rPassw0rd",
    "b3BlbnNzaC1rZXktdjEAAAAA",
    "zq9PEMPEM",
    "säcret",
    "s\\u00e4cret",
    "argum3ntPassw0rd",
    "addr3ssPassw0rd",
    "t0kenInAWord",
    "f1xedApiKey",
    "ch0iceSecret",
]

LOGS = {
    f"{V1}/jobs/{{job_id}}/trials/{{number}}/log",
    f"{V1}/jobs/{{job_id}}/trials/{{number}}/log/search",
    f"{V1}/jobs/{{job_id}}/trials/{{number}}/log/file",
    "/v2/{project_id}/training-jobs/{training_job_id}/tasks/{task_id}/logs/preview",
    "/v2/{project_id}/training-jobs/{training_job_id}/logs/{task_id}",
}
"""Routes that show what the program printed, as it is."""

STREAMS = {f"{V1}/events", f"{V1}/jobs/{{job_id}}/events"}
ADMIN = {f"{V1}/keys", f"{V1}/nodes", f"{V1}/sessions"}
QUERIES = {
    f"{V1}/jobs/{{job_id}}/marginals": "parameter=x",
    f"{V1}/jobs/{{job_id}}/surface": "x=x&y=api_token",
    f"{V1}/jobs/{{job_id}}/trials/{{number}}/log/search": "text=a",
    "/v2/{project_id}/training-job-names": "job_name=x",
}


def _failing(given: Any) -> Program:
    """Prints its secrets, among them as the middle of a line that is too long to be quoted whole."""
    number = float(given["x"])
    if number > 1:
        return Program((f"ModuleNotFoundError: No module named {ENV['HARMLESS']}\n".encode(),), exit_code=1)
    told = [*ENV.values(), *ARGUMENTS, *CHOICES, FIXED, "sh: TOKEN=t0kenInAWord python"]
    lines = [
        f"loss={number} {ENV['HARMLESS']}",
        *(f"ValueError: {text}" for text in told),
        repr(ENV),
        "epoch 2 loss=oops",
    ]
    lines += [f"{'=' * n} {ENV['WANDB_API_KEY']} {'=' * 400}" for n in range(232, 248, 3)]
    return Program(tuple(f"{line}\n".encode() for line in lines), exit_code=0 if number < 0.5 else 3)


@dataclass
class Site:
    """A server with the jobs, and who asks it."""

    world: World
    viewer: TestClient
    owner: TestClient
    ids: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("viewer")
    (folder / "code").mkdir()
    (folder / "code" / "train.py").write_text("print()\n")
    world = World(folder / "home", memory_storage(), _failing)
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    operator = KeyStore(world.storage, world.home).create("p", Role.OPERATOR)
    signed = {
        "authorization": f"Bearer {key.access_key}.{key.secret_key}",
        "X-Auth-Token": f"{key.access_key}.{key.secret_key}",
    }
    maker = {
        "authorization": f"Bearer {operator.access_key}.{operator.secret_key}",
        "X-Auth-Token": f"{operator.access_key}.{operator.secret_key}",
    }
    with make_client(world, **signed) as viewer, make_client(world, **maker) as owner:
        yield Site(world, viewer, owner, _made(world, owner, folder / "code"))


def _made(world: World, owner: TestClient, code: Path) -> dict[str, str]:
    document = world.document(run={"env": ENV, "max_failed": None})
    document["command"] = [*document["command"], *ARGUMENTS]
    secret_parameters = {
        "api_key": {"value": FIXED},
        "api_token": {"type": "categorical", "values": CHOICES},
    }
    document["parameters"] = {**document["parameters"], **secret_parameters}
    document["metrics"] = {**document["metrics"], "never": {"regex": "token=(\\d+)"}}
    answer = owner.post(f"{V1}/jobs", json=document)
    assert answer.status_code == 201, answer.text
    job_id = answer.json()["id"]
    hopeless = {**document, "parameters": {"x": {"type": "float", "min": 2.0, "max": 3.0}}}
    failed = owner.post(f"{V1}/jobs", json=hopeless).json()["id"]
    stored = {name: {"domain": domain} for name, domain in document["parameters"].items()}
    program = {key: document[key] for key in ("command", "metrics", "objective", "run")}
    answer = owner.post(f"{V1}/programs", json={"name": "prog", "workdir": str(code), "parameters": stored, **program})
    assert answer.status_code == 201, answer.text
    program_id = answer.json()["id"]
    hyperparameters = [{"name": "api_key", "value": FIXED}]
    body = {
        "kind": "job",
        "metadata": {"name": "cloud", "description": f"with {ENV['HARMLESS']}"},
        "algorithm": {
            "code_dir": str(code),
            "boot_file": str(code / "train.py"),
            "parameters": hyperparameters,
            "environments": ENV,
            "policies": {
                "auto_search": {
                    "reward_attrs": [{"name": "loss", "mode": "min", "regex": r"loss=(\S+)"}],
                    "search_params": [
                        {"name": "x", "param_type": "continuous", "lower_bound": "0", "upper_bound": "1"},
                        {"name": "api_token", "param_type": "discrete", "discrete_values": CHOICES},
                    ],
                    "algo_configs": [
                        {"name": "tpe_search", "params": [{"key": "num_samples", "value": "4", "type": "Integer"}]}
                    ],
                }
            },
        },
        "spec": {"resource": {"node_count": 1}},
    }
    answer = owner.post(f"{V2}/training-jobs", json=body)
    assert answer.status_code == 201, answer.text
    cloud_id = answer.json()["metadata"]["id"]
    algorithm = {
        "metadata": {"name": "alg", "description": "x"},
        "job_config": {
            "code_dir": str(code),
            "boot_file": str(code / "train.py"),
            "parameters": hyperparameters,
            "environments": ENV,
        },
    }
    answer = owner.post(f"{V2}/algorithms", json=algorithm)
    assert answer.status_code == 201, answer.text
    for made in (job_id, cloud_id, failed):
        world.run(world.storage.job(made))
    return {
        "job_id": job_id,
        "failed": failed,
        "training_job_id": cloud_id,
        "program_id": program_id,
        "algorithm_id": answer.json()["metadata"]["id"],
        "project_id": "p",
        "task_id": "worker-0",
        "trial_id": trial_id(cloud_id, 0),
        "parameter_name": "x",
        "algorithm_type": "hpo",
        "algorithm_name": "Bayes",
    }


def _templates(client: TestClient) -> list[str]:
    """Every address that a GET may name, also those that the OpenAPI page leaves out."""
    found = set()
    for route in client.app.routes:  # type: ignore[attr-defined]  # the client knows any ASGI application
        inner = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else (route,)
        found |= {one.path for one in inner if "GET" in one.methods}
    return sorted(path for path in found if ":path}" not in path)


def _addresses(site: Site, template: str) -> list[str]:
    numbers = ("0", "1", "2", "3") if "{number}" in template else ("0",)
    query = f"?{QUERIES[template]}" if template in QUERIES else ""
    return [template.format(**{"number": number, **site.ids}) + query for number in numbers]


def _found(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_the_jobs_of_these_tests_fail_and_print_their_secrets(site: Site) -> None:
    detail = site.owner.get(f"{V1}/jobs/{site.ids['job_id']}").text
    assert "ValueError" in detail
    raw = site.viewer.get(f"{V1}/jobs/{site.ids['job_id']}/trials/0/log?raw=true").text
    assert {"har9mless", "q7Zx2", "correcthorse", "argum3ntPassw0rd", "ch0iceSecret"} <= set(_found(raw))
    # The owner's answers hold the values of harmless variables, so it is the viewer's mask that is tested.
    assert "har9mless" in detail


def test_no_get_route_shows_a_viewer_a_secret(site: Site) -> None:
    answered, unanswered = set(), set()
    for template in _templates(site.viewer):
        if template in LOGS | STREAMS | ADMIN:
            continue
        for address in _addresses(site, template):
            answer = site.viewer.get(address)
            assert _found(answer.text) == [], address
            (answered if answer.status_code == 200 else unanswered).add(template)
    assert len(answered) > 40
    # An address that is answered with 404 would prove nothing.
    assert unanswered <= answered


@pytest.mark.parametrize("template", sorted(STREAMS))
def test_no_stream_of_events_shows_a_viewer_a_secret(
    site: Site, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_LOOK_AT_CALLER_S", 0.0)
    monkeypatch.setattr(hub, "_HEARTBEAT_S", 0.01)
    for job_id in (site.ids["job_id"], site.ids["training_job_id"], site.ids["failed"]):
        looks = count()
        monkeypatch.setattr(Service, "knows", lambda service, caller, looks=looks: next(looks) < 20)  # then it ends
        text = site.viewer.get(template.format(job_id=job_id)).text
        told = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
        assert all({"seq", "kind", "data"} <= set(event) for event in told)
        assert {event["kind"] for event in told} >= {"job"}
        assert _found(text) == []
        assert MASK in text


@pytest.mark.parametrize("path", ["/training-job-searches"])
def test_a_page_of_training_jobs_shows_a_viewer_no_secret(site: Site, path: str) -> None:
    answer = site.viewer.post(f"{V2}{path}", json={})
    assert answer.json()["count"] == 1
    assert _found(answer.text) == []
    assert answer.text.count(MASK) > len(ENV)


def test_the_reason_of_a_failed_job_shows_a_viewer_no_secret(site: Site) -> None:
    at = f"{V1}/jobs/{site.ids['failed']}"
    reason = site.viewer.get(at).json()["message"]
    assert "ModuleNotFoundError" in reason
    assert MASK in reason
    assert "har9mless" in site.owner.get(at).json()["message"]


def test_a_replay_shows_a_viewer_no_secret(site: Site) -> None:
    answer = site.viewer.post(f"{V1}/jobs/{site.ids['job_id']}/replay")
    assert answer.status_code == 200
    assert _found(answer.text) == []


def test_raw_logs_are_shown_as_they_are(site: Site) -> None:
    for template in LOGS:
        for address in _addresses(site, template)[:1]:
            assert "har9mless" in site.viewer.get(address).text, address


def test_an_error_that_quotes_a_secret_is_masked(site: Site) -> None:
    at = f"{V1}/jobs/{site.ids['job_id']}/trials?where=params.{ENV['HARMLESS']}<1"
    answer = site.viewer.get(at)
    assert answer.status_code == 404
    assert _found(answer.text) == []
    assert MASK in answer.text
