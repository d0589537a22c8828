"""The routes with a token, in process: shapes, codes, and what travels from a request into the job file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState, SearchJob
from scriptune.engine.keys import KeyStore, Role
from scriptune.modelarts.job_answers import PHASES
from scriptune.modelarts.trial_ids import trial_id
from service import TOKEN, TestClient, make_client
from worlds import Program, World

V2 = "/v2/proj0"
REWARD = {"name": "loss", "mode": "min", "regex": r"loss=(\S+)"}
SEARCH: dict[str, Any] = {
    "skip_search_params": "kept",
    "reward_attrs": [REWARD, {"name": "acc", "mode": "max", "regex": r"acc=(\S+)"}],
    "search_params": [{"name": "x", "param_type": "continuous", "lower_bound": "0", "upper_bound": "1"}],
    "algo_configs": [{"name": "tpe_search", "params": [{"key": "num_samples", "value": "3", "type": "Integer"}]}],
}


def _program(given: Mapping[str, str]) -> Program:
    """Better in the middle: the last report is not the best one."""
    x = float(given["x"])
    return Program((f"loss={x + 1}\n".encode(), f"loss={x}\nacc=0.5\n".encode(), f"loss={x + 2}\n".encode()))


def _new_world(folder: Path) -> World:
    (folder / "code").mkdir()
    (folder / "code" / "train.py").write_text("print()\n")
    return World(folder / "home", memory_storage(), _program)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return _new_world(tmp_path)


@pytest.fixture
def client(world: World) -> TestClient:
    return make_client(world, **{"X-Auth-Token": TOKEN})


@pytest.fixture(scope="module")
def idle_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One for all refusals: they leave nothing behind."""
    return _new_world(tmp_path_factory.mktemp("idle"))


@pytest.fixture(scope="module")
def idle_client(idle_world: World) -> TestClient:
    return make_client(idle_world, **{"X-Auth-Token": TOKEN})


def _body(world: World, name: str = "job", **algorithm: Any) -> dict[str, Any]:
    code = str(world.home.parent / "code")
    return {
        "kind": "job",
        "metadata": {"name": name, "description": "d"},
        "algorithm": {
            "code_dir": code,
            "boot_file": f"{code}/train.py",
            "parameters": [{"name": "fixed", "value": "0.10"}],
            "policies": {"auto_search": SEARCH},
            **algorithm,
        },
        "spec": {"resource": {"node_count": 1}},
    }


def _create(client: TestClient, body: dict[str, Any]) -> str:
    answer = client.post(f"{V2}/training-jobs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["metadata"]["id"])


def _refused(client: TestClient, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = client.request(method, path, json=body)
    found = answer.json()
    assert set(found) == {"error_msg", "error_code", "error_solution"}
    assert found["error_msg"]
    return answer.status_code, found["error_code"].removeprefix("ModelArts.")


def _job(world: World, job_id: str) -> SearchJob:
    return world.storage.job(job_id)


def test_phases_are_the_documented_words() -> None:
    # A rename in the code had reached the answer: clients that waited for "Running" waited for ever.
    assert [PHASES[state] for state in JobState] == [
        "Pending",
        "Running",
        "Terminating",
        "Completed",
        "Failed",
        "Terminated",
    ]


# --- from a request to a job file ----------------------------------------------------------------------------


def test_a_search_becomes_a_job_file(client: TestClient, world: World) -> None:
    body = _body(world, environments={"A": "1"})
    body["metadata"]["annotations"] = {"scriptune.parallel": "3", "scriptune.trial_timeout": "30m", "other": "x"}
    body["spec"]["auto_stop"] = {"time_unit": "HOURS", "duration": 2}
    document = _job(world, _create(client, body)).document
    assert document["parameters"]["fixed"]["value"] == "0.10"
    assert document["parameters"]["x"]["min"] == 0.0
    assert document["objective"] == {"metric": "loss", "goal": "minimize", "reduce": "best", "target": None}
    assert list(document["metrics"]) == ["loss", "acc"]
    search = document["search"]
    assert (search["sampler"], search["trials"], search["seed"]) == ("tpe", 3, 1)
    assert search["options"] == {"gamma": 0.25, "n_initial_points": 20}
    run = document["run"]
    assert (run["parallel"], run["max_failed"], run["job_timeout"], run["trial_timeout"]) == (3, None, 7200, 1800)
    assert run["env"]["A"] == "1"
    assert run["env"]["MA_JOB_DIR"] == str(world.home.parent)
    assert document["workdir"] == str(world.home.parent / "code")


def test_values_reach_the_program_as_arguments(client: TestClient, world: World) -> None:
    out = world.home.parent / "out"
    outputs = [{"name": "train_url", "remote": {"obs": {"obs_url": str(out)}}}]
    job = _job(world, _create(client, _body(world, outputs=outputs)))
    world.run(job)
    argv = json.loads((world.settings.jobs_folder / job.id / "2" / "1" / "command.json").read_text())["argv"]
    program = argv.index("python3")
    assert argv[program + 1] == str(world.home.parent / "code" / "train.py")
    assert argv[program + 2 : program + 4] == [f"--train_url={out}/job/trial-2", "--fixed=0.10"]
    assert re.fullmatch(r"--x=0\.\d+", argv[program + 4])


def test_a_command_is_given_to_a_shell_and_gets_the_values_behind_it(client: TestClient, world: World) -> None:
    body = _body(world, command="cd $MA_JOB_DIR && python {a}.py", boot_file=None)
    job = _job(world, _create(client, body))
    world.run(job)
    argv = json.loads((world.settings.jobs_folder / job.id / "0" / "1" / "command.json").read_text())["argv"]
    shell = argv.index("/bin/sh")
    assert argv[shell : shell + 4] == ["/bin/sh", "-c", 'cd $MA_JOB_DIR && python {a}.py "$@"', "sh"]


def test_secrets_are_not_said_again(client: TestClient, world: World) -> None:
    job_id = _create(client, _body(world, environments={"API_TOKEN": "hush", "A": "1"}))
    answer = client.get(f"{V2}/training-jobs/{job_id}")
    assert answer.json()["algorithm"]["environments"] == {"API_TOKEN": "********", "A": "1"}
    assert "hush" not in answer.text


def test_what_was_sent_is_said_again(client: TestClient, world: World) -> None:
    job_id = _create(client, _body(world))
    found = client.get(f"{V2}/training-jobs/{job_id}").json()
    assert found["algorithm"]["policies"]["auto_search"]["skip_search_params"] == "kept"
    assert found["algorithm"]["policies"]["auto_search"]["search_params"][0]["lower_bound"] == "0"
    assert found["status"] == {
        "phase": "Pending",
        "secondary_phase": "Queuing",
        "duration": 0,
        "start_time": 0,
        "node_count_metrics": None,
        "tasks": ["worker-0"],
        "task_statuses": [],
    }
    assert found["spec"]["resource"]["node_count"] == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"boot_file": "/elsewhere/train.py"}, "2792"),
        ({"boot_file": "absent.py"}, "2758"),
        ({"boot_file": "train.sh"}, "2792"),
        ({"boot_file": "../train.py"}, "2792"),
        ({"code_dir": None}, "2757"),
        ({"code_dir": "/tmp/no-such-folder", "boot_file": "train.py"}, "2791"),
        ({"code_dir": None, "boot_file": None}, "2758"),
        ({"id": "nothing"}, "2755"),
        ({"subscription_id": "s"}, "2788"),
        ({"policies": {}}, "2788"),
        ({"policies": {"auto_search": {**SEARCH, "reward_attrs": [{**REWARD, "regex": "("}]}}}, "2826"),
        ({"policies": {"auto_search": {**SEARCH, "algo_configs": [{"name": "tpe"}]}}}, "2826"),
        ({"policies": {"auto_search": {**SEARCH, "reward_attrs": [REWARD, REWARD]}}}, "2824"),
        ({"parameters": [{"name": "a b", "value": "1"}]}, "2788"),
        ({"parameters": [{"name": "x", "value": "1"}, {"name": "x", "value": "2"}]}, "2767"),
        ({"environments": {f"A{i}": "1" for i in range(101)}}, "2816"),
        ({"environments": {"1A": "1"}}, "2788"),
        ({"environments": {"A-B": "1"}}, "2788"),
        ({"environments": {"": "1"}}, "2788"),
        ({"inputs": [{"name": "a", "remote": {"obs": {"obs_url": "relative"}}}]}, "2791"),
    ],
)
def test_a_job_that_cannot_run_is_refused_with_its_code(
    idle_client: TestClient, idle_world: World, changes: dict[str, Any], code: str
) -> None:
    assert _refused(idle_client, "POST", f"{V2}/training-jobs", _body(idle_world, **changes)) == (400, code)
    assert idle_client.post(f"{V2}/training-job-searches", json={}).json()["total"] == 0
    assert not list((idle_world.home / "jobs").glob("*"))


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("metadata", {"name": "a/b"}, "2788"),
        ("metadata", {"name": "a", "description": "x" * 257}, "2788"),
        ("metadata", {"name": "a", "annotations": {"scriptune.paralel": "2"}}, "2788"),
        ("metadata", {"name": "a", "annotations": {"scriptune.parallel": "two"}}, "2788"),
        ("metadata", {"name": "a", "annotations": {"scriptune.stopping": "no_rule"}}, "2826"),
        ("spec", {"resource": {"node_count": 2}}, "2788"),
        ("spec", {"auto_stop": {"time_unit": "HOURS", "duration": 73}}, "2788"),
        ("kind", "edge_job", "2765"),
    ],
)
def test_what_a_job_says_beside_its_algorithm_is_checked_too(
    idle_client: TestClient, idle_world: World, part: str, value: Any, code: str
) -> None:
    assert _refused(idle_client, "POST", f"{V2}/training-jobs", {**_body(idle_world), part: value}) == (400, code)


def test_a_name_is_taken_once(client: TestClient, world: World) -> None:
    _create(client, _body(world))
    assert _refused(client, "POST", f"{V2}/training-jobs", _body(world)) == (400, "2751")
    algorithm = {"metadata": {"name": "a"}}
    assert client.post(f"{V2}/algorithms", json=algorithm).status_code == 201
    assert _refused(client, "POST", f"{V2}/algorithms", algorithm) == (400, "2821")


def test_of_many_jobs_that_are_made_at_once_one_gets_the_name_and_the_others_leave_nothing(
    client: TestClient, world: World
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(f"{V2}/training-jobs", json=_body(world)), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7
    assert {answer.json().get("error_code") for answer in answers} == {None, "ModelArts.2751"}
    assert world.storage.jobs().total == 1
    assert not list((world.home / "jobs").glob("*"))


# --- answers ---------------------------------------------------------------------------------------------------


def test_an_answer_says_again_what_the_request_said_also_what_nobody_reads(client: TestClient, world: World) -> None:
    parameter = {
        "name": "fixed",
        "value": "0.10",
        "description": "d",
        "i18n_description": {"language": "en-us", "description": "d"},
        "constraint": {"type": "Float", "editable": True, "required": False, "sensitive": False, "valid_range": []},
    }
    job_id = _create(client, _body(world, parameters=[parameter]))
    algorithm = client.get(f"{V2}/training-jobs/{job_id}").json()["algorithm"]
    assert algorithm["parameters"] == [parameter]
    assert algorithm["policies"]["auto_search"] == SEARCH


def test_last_and_best_reports_are_told_apart(client: TestClient, world: World) -> None:
    job = world.run(_job(world, _create(client, _body(world))))
    page = client.get(f"{V2}/training-jobs/{job.id}/autosearch-trials?limit=2&offset=1").json()
    assert {key: page[key] for key in ("total", "count", "limit", "offset")} == {
        "total": 3,
        "count": 2,
        "limit": 2,
        "offset": 1,
    }
    header = page["items"]["header"]
    assert header[-3:] == ["loss", "acc", "best_reward"]
    row = dict(zip(header, page["items"]["data"][0], strict=True))
    x = row["config"]["x"]
    assert row[""] == "1"
    assert float(row["reward_attr"]) == float(row["loss"]) == x + 2
    assert float(row["best_reward"]) == x
    assert (row["acc"], row["training_iteration"], row["worker_index"]) == ("0.5", "3", "")
    assert all(isinstance(cell, str) for name, cell in row.items() if name != "config")
    table = client.get(f"{V2}/training-jobs/{job.id}/autosearch-trials/{row['trial_id']}").json()
    column = {name: [line[i] for line in table["data"]] for i, name in enumerate(table["header"])}
    assert column["done"] == ["False", "False", "False", "True"]
    assert column["training_iteration"] == ["1", "2", "3", "3"]
    assert [float(cell) for cell in column["best_reward"]] == [x + 1, x, x, x]
    assert column["acc"] == ["", "0.5", "0.5", "0.5"]


def test_no_report_is_later_than_its_trials_end(client: TestClient, world: World) -> None:
    # A report has the time at which it was read, which may be an instant after the program's end.
    job = world.run(_job(world, _create(client, _body(world))))
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 1, finished_at=tx.trial(job.id, 1).started_at)
    table = client.get(f"{V2}/training-jobs/{job.id}/autosearch-trials/{trial_id(job.id, 1)}").json()
    assert {row[table["header"].index("time_total_s")] for row in table["data"]} == {"0.000"}


def test_config_can_be_text_that_json_reads(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.run(_job(world, _create(client, _body(world))))
    monkeypatch.setenv("SCRIPTUNE_MODELARTS_CONFIG", "text")
    items = client.get(f"{V2}/training-jobs/{job.id}/autosearch-trials").json()["items"]
    config = json.loads(items["data"][0][items["header"].index("config")])
    assert config["x"] == config["param/x"]


def test_a_job_keeps_to_what_the_algorithm_declares_and_to_one_engine(client: TestClient, world: World) -> None:
    code = str(world.home.parent / "code")
    constraint = {"type": "Float", "editable": True, "valid_type": "range", "valid_range": ["0.00001", "0.1"]}
    config = {
        "code_dir": code + "/",
        "boot_file": code + "/train.py",
        "parameters": [{"name": "x", "value": "0.01", "constraint": constraint}],
    }
    created = client.post(f"{V2}/algorithms", json={"metadata": {"name": "alg"}, "job_config": config})
    assert created.status_code == 201, created.text
    body = _body(world)
    search = body["algorithm"]["policies"]["auto_search"]
    algorithm = {"id": created.json()["metadata"]["id"], "policies": {"auto_search": search}}
    params = [{"name": "x", "param_type": "continuous", "lower_bound": "0.001", "upper_bound": "0.9"}]
    algorithm["policies"]["auto_search"] = {**search, "search_params": params}
    assert _refused(client, "POST", f"{V2}/training-jobs", {**body, "algorithm": algorithm}) == (400, "2826")
    params[0]["upper_bound"] = "0.1"
    algorithm["engine"] = {"engine_name": "torch7"}
    assert _refused(client, "POST", f"{V2}/training-jobs", {**body, "algorithm": algorithm}) == (400, "2780")
    algorithm["engine"] = {"engine_name": "PyTorch", "engine_version": "1.8.0"}
    answer = client.post(f"{V2}/training-jobs", json={**body, "algorithm": algorithm})
    assert answer.status_code == 201, answer.text
    assert answer.json()["algorithm"]["engine"]["engine_name"] == "PyTorch"


def test_an_algorithm_is_said_again_whole(client: TestClient, world: World) -> None:
    code = str(world.home.parent / "code")
    body = {
        "metadata": {"name": "alg"},
        "job_config": {
            "code_dir": code + "/",
            "boot_file": code + "/train.py",
            "engine": {"engine_id": "pytorch_1.8.0-x"},
            "parameters_customization": True,
        },
        "advanced_config": {"auto_search": SEARCH},
    }
    answer = client.post(f"{V2}/algorithms", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["advanced_config"] == {"auto_search": SEARCH}
    assert found["job_config"]["engine"]["engine_name"] == "pytorch"
    assert found["job_config"]["code_tree"] == {"name": "code/", "children": [{"name": "train.py"}]}
    assert client.get(f"{V2}/algorithms/{found['metadata']['id']}").json() == found
    deleted = client.delete(f"{V2}/algorithms/{found['metadata']['id']}")
    assert (deleted.status_code, deleted.content) == (202, b"null")
    assert _refused(client, "GET", f"{V2}/algorithms/{found['metadata']['id']}") == (400, "2755")


def test_there_are_no_metrics_of_a_task_that_is_not_there(client: TestClient, world: World) -> None:
    job = _job(world, _create(client, _body(world)))
    world.run(job)
    path = f"{V2}/training-jobs/{job.id}/metrics"
    everything = {one["metric"]: one["value"] for one in client.get(f"{path}/worker-0").json()["metrics"]}
    assert len(everything["loss"]) == 3
    of_one = client.get(f"{path}/{trial_id(job.id, 1)}").json()["metrics"]
    assert of_one[0] == {"metric": "loss", "value": everything["loss"][1:2]}
    assert _refused(client, "GET", f"{path}/worker-9") == (400, "2788")


def test_sensitivity_needs_two_trials(client: TestClient, world: World) -> None:
    job_id = _create(client, _body(world))
    path = f"{V2}/training-jobs/{job_id}/autosearch-parameter-analysis"
    assert client.get(path).json()["data"] == []
    assert _refused(client, "GET", f"{path}/x") == (400, "2788")
    world.run(_job(world, job_id))
    assert [row[0] for row in client.get(path).json()["data"]] == ["x"]
    assert Path(client.get(f"{path}/x").json()["file_path"]).read_bytes().startswith(b"\x89PNG")
    assert _refused(client, "GET", f"{path}/fixed") == (400, "2788")


def test_the_log_of_a_job_is_those_of_its_trials(client: TestClient, world: World) -> None:
    job = world.run(_job(world, _create(client, _body(world))))
    path = f"{V2}/training-jobs/{job.id}/tasks"
    preview = client.get(f"{path}/worker-0/logs/preview").json()
    assert preview["content"].count("===== trial ") == 3
    assert preview["current_size"] == preview["full_size"] == len(preview["content"])
    trial_id = re.findall(r"trial 1 ([0-9a-f]{8})", preview["content"])[0]
    alone = client.get(f"{path}/{trial_id}/logs/preview").json()["content"]
    assert alone.startswith("loss=")
    assert alone in preview["content"]
    assert _refused(client, "GET", f"{path}/worker-9/logs/preview") == (400, "2788")


# --- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/algorithms?limit=51", None, (400, "2764")),
        ("GET", "/algorithms?limit=x", None, (400, "2764")),
        ("GET", "/algorithms?sort_by=size", None, (400, "2790")),
        ("GET", "/algorithms?searches=owner:x", None, (400, "2807")),
        ("POST", "/training-job-searches", {"limit": 51}, (400, "2788")),
        ("POST", "/training-job-searches", {"sort_by": "x"}, (400, "2790")),
        ("POST", "/training-job-searches", {"filters": [{"key": "x", "operator": "in", "value": []}]}, (400, "2807")),
        ("POST", "/training-job-searches", {"filters": [{"key": "name", "operator": "=", "value": []}]}, (400, "2808")),
        (
            "POST",
            "/training-job-searches",
            {"filters": [{"key": "create_time", "operator": "between", "value": ["x"]}]},
            (400, "2809"),
        ),
        ("GET", "/training-jobs/none", None, (400, "2775")),
        ("POST", "/training-jobs/none/actions", {"action_type": "terminate"}, (400, "2775")),
        ("GET", "/training-jobs/autosearch/yaml-templates/nas/AutoEvo", None, (400, "2788")),
        ("GET", "/training-experiments", None, (404, "2836")),
        ("GET", "/", None, (404, "2836")),
        ("PATCH", "/algorithms", None, (405, "2803")),
        ("DELETE", "/training-jobs", None, (405, "2803")),
    ],
)
def test_what_is_asked_wrongly_has_the_documented_code(
    idle_client: TestClient, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert _refused(idle_client, method, V2 + path, body) == expected


def test_an_unknown_action_is_refused(client: TestClient, world: World) -> None:
    job_id = _create(client, _body(world))
    path = f"{V2}/training-jobs/{job_id}/actions"
    assert _refused(client, "POST", path, {"action_type": "restart"}) == (400, "2812")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "2787"),
        (b"[" * 100_000, "2787"),
        (b"\xff", "2787"),
        (b"[]", "2788"),
        (b'{"metadata": {"name": "a"}, "x": NaN}', "2788"),
    ],
)
def test_a_body_that_is_none_is_refused(idle_client: TestClient, content: bytes, code: str) -> None:
    answer = idle_client.post(f"{V2}/algorithms", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, f"ModelArts.{code}")


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_text_that_no_database_takes_is_refused(idle_client: TestClient, value: str) -> None:
    body = json.dumps({"metadata": {"name": "a", "description": value}})
    answer = idle_client.post(f"{V2}/algorithms", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "ModelArts.2788")


# --- who asks --------------------------------------------------------------------------------------------------


def test_nothing_answers_a_stranger_not_even_what_is_not_there(world: World) -> None:
    stranger = make_client(world)
    for path in ("/algorithms", "/search-algorithms", "/nothing", "/training-jobs/x"):
        assert _refused(stranger, "GET", V2 + path) == (401, "APIG.0301")
    answer = stranger.post(f"{V2}/algorithms", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


def test_a_viewer_looks_and_changes_nothing(world: World) -> None:
    key = KeyStore(world.storage, world.settings.home).create("proj0", Role.VIEWER)
    viewer = make_client(world, **{"X-Auth-Token": f"{key.access_key}.{key.secret_key}"})
    assert viewer.get(f"{V2}/algorithms").status_code == 200
    assert viewer.post(f"{V2}/training-job-searches", json={}).status_code == 200
    assert _refused(viewer, "POST", f"{V2}/algorithms", {"metadata": {"name": "a"}}) == (403, "2784")


def test_a_key_is_good_for_its_project_only(world: World) -> None:
    key = KeyStore(world.storage, world.settings.home).create("other")
    caller = make_client(world, **{"X-Auth-Token": f"{key.access_key}.{key.secret_key}"})
    assert _refused(caller, "GET", f"{V2}/algorithms") == (404, "2786")
    assert caller.get("/v2/other/algorithms").status_code == 200


def test_a_client_without_a_project_is_told_so(client: TestClient) -> None:
    answer = client.get("/v2/%7Bproject_id%7D/algorithms")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ModelArts.2786")
    assert "project id" in answer.json()["error_solution"]
