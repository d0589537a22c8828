"""The vendor's own client, unmodified, against `scriptune serve`: everything it does for a search."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # The client's dependencies warn about themselves while they are imported; none of it is ours to mend.
    warnings.simplefilter("ignore")
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
    from huaweicloudsdkcore.http.http_config import HttpConfig
    from huaweicloudsdkmodelarts.v1 import ModelArtsClient
    from huaweicloudsdkmodelarts.v1 import model as m

from commands import run_command
from servers import RunningServer, until

PROJECT = "proj0"
PROGRAM = """
import argparse, os, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--bs", type=int, default=16)
parser.add_argument("--wait", type=float, default=0)
parser.add_argument("--data_url")
parser.add_argument("--train_url")
given, rest = parser.parse_known_args()
assert not rest, rest
for name in ("MA_HOME", "MA_JOB_DIR", "MA_MOUNT_PATH", "MA_LOG_DIR"):
    assert os.path.isdir(os.environ[name]), (name, os.environ[name])
print("data", given.data_url, "job dir", os.environ["MA_JOB_DIR"], "own", os.environ.get("A"))
if given.train_url:
    with open(os.path.join(given.train_url, "model.txt"), "w") as file:
        file.write(str(given.lr))
for epoch in (1, 2):
    loss = (given.lr - 0.03) ** 2 + given.bs / 1000 + 1 / epoch
    print(f"epoch {epoch} loss {loss:.6e} end acc {1 - loss:.4f}")
    sys.stdout.flush()
    time.sleep(given.wait)
"""
LOSS = r"(?<=loss )([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?= end)"


@dataclass
class Installation:
    server: RunningServer
    folder: Path
    key: dict[str, str]

    def client(self, **changes: str) -> Any:
        key = {**self.key, **changes}
        credentials = BasicCredentials(key["access_key"], key["secret_key"], key["project"])
        return (
            ModelArtsClient.new_builder()
            .with_http_config(HttpConfig(timeout=(60, 120)))
            .with_credentials(credentials)
            .with_endpoint(f"http://127.0.0.1:{self.server.port}")
            .build()
        )


def _make_key(home: Path, project: str) -> dict[str, str]:
    done = run_command("--home", str(home), "keys", "create", "--project", project, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("modelarts")
    # The client writes an id into the user's home.
    (folder / "user").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / "user"))
        server = RunningServer(folder / "home")
        (folder / "code").mkdir()
        (folder / "code" / "train.py").write_text(PROGRAM)
        (folder / "data").mkdir()
        try:
            yield Installation(server, folder, _make_key(folder / "home", PROJECT))
        finally:
            server.stop()


@pytest.fixture
def client(installation: Installation) -> Any:
    return installation.client()


def _algorithm(installation: Installation, name: str) -> dict[str, Any]:
    code = f"{installation.folder}/code/"
    return {
        "metadata": {"name": name, "description": "d"},
        "job_config": {
            "code_dir": code,
            "boot_file": f"{code}train.py",
            "parameters": [
                {"name": "lr", "value": "0.01", "constraint": _constraint("Float")},
                {"name": "bs", "value": "16", "constraint": _constraint("Integer")},
                {"name": "wait", "value": "0", "constraint": _constraint("Float")},
            ],
            "inputs": [{"name": "data_url", "description": "x"}],
            "outputs": [{"name": "train_url"}],
            "engine": {"engine_id": "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"},
        },
    }


def _constraint(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "editable": True,
        "required": True,
        "sensitive": False,
        "valid_type": "None",
        "valid_range": [],
    }


SEARCH = {
    "skip_search_params": "",
    "reward_attrs": [{"name": "loss", "mode": "min", "regex": LOSS}],
    "search_params": [
        {"name": "lr", "param_type": "continuous", "lower_bound": "0.001", "upper_bound": "0.1"},
        {"name": "bs", "param_type": "discrete", "discrete_values": ["16", "32"]},
    ],
}


def _create_algorithm(client: Any, installation: Installation, name: str) -> Any:
    body = _algorithm(installation, name)
    config = [
        {"name": algorithm, "params": [{"key": "num_samples", "value": "5", "type": "Integer"}]}
        for algorithm in ("bayes_opt_search", "tpe_search", "anneal_search")
    ]
    body["advanced_config"] = {"auto_search": {**SEARCH, "algo_configs": config}}
    return client.create_algorithm(m.CreateAlgorithmRequest(body=body))


def _job_body(
    installation: Installation, algorithm_id: str, name: str, search: str, *, num_samples: int = 5, wait: str = "0"
) -> dict[str, Any]:
    config = {"name": search, "params": [{"key": "num_samples", "value": str(num_samples), "type": "Integer"}]}
    data, out = (f"{installation.folder}/{part}/" for part in ("data", "out"))
    return {
        "kind": "job",
        "metadata": {"name": name, "description": "x"},
        "algorithm": {
            "id": algorithm_id,
            "parameters": [{"name": "wait", "value": wait}],
            "policies": {"auto_search": {**SEARCH, "algo_configs": [config]}},
            "inputs": [{"name": "data_url", "remote": {"obs": {"obs_url": data}}}],
            "outputs": [{"name": "train_url", "remote": {"obs": {"obs_url": out}}}],
            "environments": {"A": "1"},
        },
        "spec": {
            "resource": {"flavor_id": "modelarts.vm.cpu.2u", "node_count": 1},
            "log_export_path": {"obs_url": out},
        },
    }


def _create_job(client: Any, body: dict[str, Any]) -> str:
    made = client.create_training_job(m.CreateTrainingJobRequest(body=body))
    assert made.status_code == 201
    assert made.status.phase == "Creating"
    return str(made.metadata.id)


def _phase(client: Any, job_id: str) -> str:
    return str(client.show_training_job_details(m.ShowTrainingJobDetailsRequest(training_job_id=job_id)).status.phase)


def _wait_for_end(client: Any, job_id: str) -> str:
    until(lambda: _phase(client, job_id) in ("Completed", "Failed", "Terminated"), "the end of the job")
    return _phase(client, job_id)


def _trials(client: Any, job_id: str, **page: int) -> Any:
    return client.show_auto_search_trials(m.ShowAutoSearchTrialsRequest(training_job_id=job_id, **page))


def _log(client: Any, job_id: str) -> str:
    preview = client.show_training_job_logs_preview(
        m.ShowTrainingJobLogsPreviewRequest(training_job_id=job_id, task_id="worker-0")
    )
    return str(preview.content)


@pytest.mark.parametrize("search", ["bayes_opt_search", "tpe_search", "anneal_search"])
def test_a_search_from_algorithm_to_sensitivity(client: Any, installation: Installation, search: str) -> None:
    algorithm = _create_algorithm(client, installation, f"alg-{search}")
    assert algorithm.status_code == 201
    shown = client.show_algorithm_by_uuid(m.ShowAlgorithmByUuidRequest(algorithm_id=algorithm.metadata.id))
    assert shown.advanced_config.auto_search.reward_attrs[0].regex == LOSS
    assert shown.job_config.engine.engine_name == "pytorch"
    job_id = _create_job(client, _job_body(installation, algorithm.metadata.id, f"job-{search}", search))
    assert _wait_for_end(client, job_id) == "Completed", _log(client, job_id)

    table = _trials(client, job_id)
    assert (table.total, table.count, table.limit, table.offset) == (5, 5, 50, 0)
    rows = [dict(zip(table.items.header, row, strict=True)) for row in table.items.data]
    assert {row["status"] for row in rows} == {"TERMINATED"}
    assert {row["training_iteration"] for row in rows} == {"2"}
    assert all(float(row["reward_attr"]) == float(row["best_reward"]) == float(row["loss"]) for row in rows)
    assert all(re.fullmatch(r"[0-9a-f]{8}", row["trial_id"]) for row in rows)
    raw = json.loads(table.raw_content)["items"]
    config = raw["data"][0][raw["header"].index("config")]
    assert config["param/lr"] == config["lr"] == 0.01  # the algorithm's own value first
    assert config["trial_index"] == 0

    one = client.show_auto_search_per_trial(
        m.ShowAutoSearchPerTrialRequest(training_job_id=job_id, trial_id=rows[0]["trial_id"])
    )
    assert [row[0] for row in one.data] == ["False", "False", "True"]
    assert one.data[1][4:] == one.data[2][4:]

    sensitivity = client.show_auto_search_params_analysis(m.ShowAutoSearchParamsAnalysisRequest(training_job_id=job_id))
    assert [row[0] for row in sensitivity.data] == ["bs", "lr"]
    assert all(re.fullmatch(r"\d\.\d{4}/\d\.\d{4}", row[1]) for row in sensitivity.data)
    picture = client.show_auto_search_param_analysis_result_path(
        m.ShowAutoSearchParamAnalysisResultPathRequest(training_job_id=job_id, parameter_name="lr")
    )
    assert picture.file_path.endswith("/log/hyperparameter-analysis/fanova/lr.png")
    assert Path(picture.file_path).read_bytes().startswith(b"\x89PNG")

    log = _log(client, job_id)
    assert log.count("===== trial ") == 5
    assert f"data {installation.folder}/data job dir {installation.folder} own 1" in log
    models = sorted((installation.folder / "out" / f"job-{search}").glob("trial-*/model.txt"))
    assert len(models) == 5

    deleted = client.delete_training_job(m.DeleteTrainingJobRequest(training_job_id=job_id))
    assert deleted.status_code == 202
    with pytest.raises(ClientRequestException) as gone:
        _phase(client, job_id)
    assert (gone.value.status_code, gone.value.error_code) == (400, "ModelArts.2775")
    assert re.fullmatch(r"[0-9a-f]{32}", gone.value.request_id)
    assert client.delete_algorithm(m.DeleteAlgorithmRequest(algorithm_id=algorithm.metadata.id)).status_code == 202


def test_one_trial_is_stopped_early_and_then_the_job(client: Any, installation: Installation) -> None:
    algorithm = _create_algorithm(client, installation, "alg-stop")
    body = _job_body(installation, algorithm.metadata.id, "job-stop", "tpe_search", num_samples=50, wait="30")
    body["metadata"]["annotations"] = {"scriptune.parallel": "2", "mine": "kept"}
    job_id = _create_job(client, body)

    def running() -> list[dict[str, str]]:
        table = _trials(client, job_id)
        rows = [dict(zip(table.items.header, row, strict=True)) for row in table.items.data]
        return [row for row in rows if row["status"] == "RUNNING" and row["reward_attr"]]

    until(lambda: len(running()) == 2, "two trials that have reported")
    trial_id = running()[0]["trial_id"]
    stopped = client.show_auto_search_trial_early_stop(
        m.ShowAutoSearchTrialEarlyStopRequest(training_job_id=job_id, trial_id=trial_id)
    )
    assert stopped.earlystop_trial == trial_id

    def is_ended() -> bool:
        table = _trials(client, job_id)
        row = next(r for r in table.items.data if trial_id in r)
        found = dict(zip(table.items.header, row, strict=True))
        return (found["status"], found["done"], found["training_iteration"]) == ("TERMINATED", "True", "1")

    until(is_ended, "the early stop")
    ended = client.stop_training_job(
        m.StopTrainingJobRequest(training_job_id=job_id, body={"action_type": "terminate"})
    )
    assert (ended.status_code, ended.status.phase) == (202, "Terminating")
    assert _wait_for_end(client, job_id) == "Terminated"
    with pytest.raises(ClientRequestException) as refused:
        client.stop_training_job(m.StopTrainingJobRequest(training_job_id=job_id, body={"action_type": "terminate"}))
    assert (refused.value.status_code, refused.value.error_code) == (409, "ModelArts.2796")
    details = client.show_training_job_details(m.ShowTrainingJobDetailsRequest(training_job_id=job_id))
    assert details.metadata.annotations["mine"] == "kept"


def test_a_running_job_is_stopped_when_it_is_deleted(client: Any, installation: Installation) -> None:
    algorithm = _create_algorithm(client, installation, "alg-delete")
    body = _job_body(installation, algorithm.metadata.id, "job-delete", "anneal_search", wait="30")
    job_id = _create_job(client, body)
    until(lambda: _phase(client, job_id) == "Running", "the start")
    assert client.delete_training_job(m.DeleteTrainingJobRequest(training_job_id=job_id)).status_code == 202


def test_lists_pages_filters_and_descriptions(client: Any, installation: Installation) -> None:
    algorithm = _create_algorithm(client, installation, "alg-list-1")
    _create_algorithm(client, installation, "alg-list-2")
    found = client.list_algorithms(m.ListAlgorithmsRequest(searches="name:LIST", limit=1, offset=1))
    assert (found.count, len(found.items), found.items[0].metadata.name) == (2, 1, "alg-list-1")
    assert found.total >= 2
    changed = _algorithm(installation, "alg-list-3")
    answer = client.change_algorithm(m.ChangeAlgorithmRequest(algorithm_id=algorithm.metadata.id, body=changed))
    assert (answer.status_code, answer.metadata.name) == (201, "alg-list-3")

    other = _create_algorithm(client, installation, "alg-list-jobs")
    ids = [
        _create_job(client, _job_body(installation, other.metadata.id, f"listed-{i}", "tpe_search", num_samples=1))
        for i in range(3)
    ]
    page = client.list_training_jobs(
        m.ListTrainingJobsRequest(
            body={
                "offset": 1,
                "limit": 2,
                "sort_by": "create_time",
                "order": "asc",
                "filters": [
                    {"key": "name", "operator": "like", "value": ["listed"]},
                    {"key": "phase", "operator": "in", "value": [""]},
                ],
            }
        )
    )
    assert (page.count, [job.metadata.id for job in page.items]) == (3, ids[2:])
    change = m.ChangeTrainingJobDescriptionRequest(training_job_id=ids[0], body={"description": "new"})
    assert client.change_training_job_description(change).status_code == 200
    assert _wait_for_end(client, ids[0]) == "Completed"
    details = client.show_training_job_details(m.ShowTrainingJobDetailsRequest(training_job_id=ids[0]))
    assert details.metadata.description == "new"
    assert details.status.tasks == ["worker-0"]
    assert details.status.duration >= 0
    name = client.validate_training_job_name(m.ValidateTrainingJobNameRequest(job_name="listed-0"))
    assert name.is_duplicate is True


def test_everything_else_the_client_reads_can_be_parsed(client: Any, installation: Installation) -> None:
    searches = client.show_search_algorithms(m.ShowSearchAlgorithmsRequest())
    assert searches.search_algo_count == len(searches.search_algo_list)
    defaults = {a.name: {p.key: p.value for p in a.params} for a in searches.search_algo_list}
    assert defaults["bayes_opt_search"] == {
        "kind": "ucb",
        "kappa": "2.5",
        "xi": "0.0",
        "num_samples": "20",
        "seed": "1",
    }
    assert defaults["tpe_search"] == {"gamma": "0.25", "n_initial_points": "20", "num_samples": "20", "seed": "1"}
    assert defaults["anneal_search"] == {
        "avg_best_idx": "2.0",
        "shrink_coef": "0.1",
        "num_samples": "20",
        "seed": "1",
    }
    templates = client.show_auto_search_yaml_templates_info(m.ShowAutoSearchYamlTemplatesInfoRequest())
    assert {"Anneal", "Bayes", "TPE"} <= set(templates.yaml_templates[0].algorithm_names)
    content = client.show_auto_search_yaml_template_content(
        m.ShowAutoSearchYamlTemplateContentRequest(algorithm_type="hpo", algorithm_name="Bayes")
    )
    assert content.file_name == "Bayes.yaml"
    assert "bayes_opt_search" in content.content
    algorithm = _create_algorithm(client, installation, "alg-else")
    body = _job_body(installation, algorithm.metadata.id, "job-else", "tpe_search", num_samples=2)
    job_id = _create_job(client, body)
    assert _wait_for_end(client, job_id) == "Completed"
    assert client.show_training_job_engines(m.ShowTrainingJobEnginesRequest()).total == 1
    assert client.show_training_job_flavors(m.ShowTrainingJobFlavorsRequest()).total_count == 1
    metrics = client.show_training_job_metrics(
        m.ShowTrainingJobMetricsRequest(training_job_id=job_id, task_id="worker-0")
    )
    assert [len(metric.value) for metric in metrics.metrics] == [2]
    events = client.list_training_job_events(m.ListTrainingJobEventsRequest(training_job_id=job_id))
    assert events.events[0].message.startswith("The training job is completed: ")
    stages = client.list_training_job_stages(m.ListTrainingJobStagesRequest(training_job_id=job_id))
    assert stages.total_count == 1
    tasks = client.list_training_job_tasks(m.ListTrainingJobTasksRequest(training_job_id=job_id))
    assert tasks.body[0].task == "worker-0"
    lines = client.show_training_job_logs_from_aom(
        m.ShowTrainingJobLogsFromAomRequest(training_job_id=job_id, task_id="worker-0", lines=2)
    )
    assert lines.lines == 2
    deleted = client.batch_delete_training_job(
        m.BatchDeleteTrainingJobRequest(body={"jobs": [{"kind": "job", "metadata": {"id": job_id}}]})
    )
    assert deleted.status_code == 202


def test_an_ordinary_job_runs_once_with_the_metric_of_its_algorithm(client: Any, installation: Installation) -> None:
    algorithm = _create_algorithm(client, installation, "alg-single")
    body = _job_body(installation, algorithm.metadata.id, "job-single", "tpe_search")
    del body["algorithm"]["policies"]
    body["algorithm"]["parameters"] = [{"name": "lr", "value": "0.020"}]
    job_id = _create_job(client, body)
    assert _wait_for_end(client, job_id) == "Completed", _log(client, job_id)
    assert _trials(client, job_id).total == 1
    assert (installation.folder / "out" / "model.txt").read_text() == "0.02"


def test_a_token_in_a_header_is_enough(installation: Installation) -> None:
    client = installation.client(access_key="nobody", secret_key="nothing")
    client.preset_headers = {"X-Auth-Token": installation.server.token, "Authorization": "anything"}
    assert client.list_algorithms(m.ListAlgorithmsRequest()).status_code == 200
    client.preset_headers = {"X-Auth-Token": "wrong"}
    with pytest.raises(ClientRequestException) as refused:
        client.list_algorithms(m.ListAlgorithmsRequest())
    assert (refused.value.status_code, refused.value.error_code) == (403, "ModelArts.2784")


def test_wrong_keys_and_other_projects_are_refused(installation: Installation) -> None:
    for changes, status, code in (
        ({"secret_key": "wrong"}, 401, "APIG.0301"),
        ({"access_key": "nobody"}, 401, "APIG.0301"),
        ({"project": "other"}, 404, "ModelArts.2786"),
    ):
        with pytest.raises(ClientRequestException) as refused:
            installation.client(**changes).list_algorithms(m.ListAlgorithmsRequest())
        assert (refused.value.status_code, refused.value.error_code) == (status, code)
        assert refused.value.error_msg


def test_a_project_sees_only_its_own(client: Any, installation: Installation) -> None:
    algorithm = _create_algorithm(client, installation, "alg-mine")
    body = _job_body(installation, algorithm.metadata.id, "job-mine", "tpe_search", num_samples=1)
    job_id = _create_job(client, body)
    key = _make_key(installation.folder / "home", "proj1")
    stranger = installation.client(**key)
    assert stranger.list_algorithms(m.ListAlgorithmsRequest()).total == 0
    assert stranger.list_training_jobs(m.ListTrainingJobsRequest(body={})).total == 0
    for look, code in (
        (lambda: _phase(stranger, job_id), "ModelArts.2775"),
        (lambda: _trials(stranger, job_id), "ModelArts.2775"),
        (
            lambda: stranger.show_algorithm_by_uuid(m.ShowAlgorithmByUuidRequest(algorithm_id=algorithm.metadata.id)),
            "ModelArts.2755",
        ),
    ):
        with pytest.raises(ClientRequestException) as refused:
            look()
        assert (refused.value.status_code, refused.value.error_code) == (400, code)
