"""Code, data and outputs of training jobs in an object storage that checks signatures and keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

with warnings.catch_warnings():
    # Third-party imports that warn about themselves.
    warnings.simplefilter("ignore")
    import boto3
    from moto.server import ThreadedMotoServer

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.local_copies import Limits, locate, locate_code
from scriptune.modelarts.object_storage import download
from scriptune.modelarts.places import find_place
from servers import RunningServer, http_client

# botocore's own deprecations of its date handling; not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:botocore")

PROJECT = "proj0"
PROGRAM = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--data_url")
given, _ = parser.parse_known_args()
offset = float(open(os.path.join(given.data_url, "offset.txt")).read())
print(f"loss={given.lr + offset:.6f}")
os.makedirs(os.path.join(os.environ["train_url"], "deep"), exist_ok=True)
with open(os.path.join(os.environ["train_url"], "deep", "model.txt"), "w") as file:
    file.write(str(given.lr))
"""
LIMIT_S = 90.0
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def _check_requests(endpoint: str, *, after: int) -> None:
    """Let the storage check keys and signatures, but for the next few requests."""
    httpx.post(f"{endpoint}/moto-api/reset-auth", content=str(after)).raise_for_status()


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, str]]:
    """An object storage on loopback with one user; the variables that reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    options: dict[str, Any] = {"region_name": "us-east-1", "endpoint_url": endpoint}
    try:
        anyone = {"aws_access_key_id": "root", "aws_secret_access_key": "root"}
        iam = boto3.client("iam", **options, **anyone)
        iam.create_user(UserName="scriptune")
        iam.put_user_policy(UserName="scriptune", PolicyName="s3", PolicyDocument=json.dumps(_POLICY))
        key = iam.create_access_key(UserName="scriptune")["AccessKey"]
        _check_requests(endpoint, after=0)
        yield {
            "AWS_ENDPOINT_URL_S3": endpoint,
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        _check_requests(endpoint, after=10**9)
        server.stop()


@pytest.fixture(scope="module")
def bucket(storage: dict[str, str]) -> Any:
    client = boto3.client(
        "s3",
        endpoint_url=storage["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=storage["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=storage["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="bkt")
    client.put_object(Bucket="bkt", Key="code/train.py", Body=PROGRAM.encode())
    client.put_object(Bucket="bkt", Key="data/offset.txt", Body=b"1.5")
    return client


def _job(name: str, code: str, data: str, out: str) -> dict[str, Any]:
    search = {
        "reward_attrs": [{"name": "loss", "mode": "min", "regex": r"loss=([\d.]+)"}],
        "search_params": [{"name": "lr", "lower_bound": "0.001", "upper_bound": "0.1"}],
        "algo_configs": [{"name": "random_search", "params": [{"key": "num_samples", "value": "2"}]}],
    }
    return {
        "kind": "job",
        "metadata": {"name": name},
        "algorithm": {
            "code_dir": code,
            "boot_file": code + "train.py",
            "policies": {"auto_search": search},
            "inputs": [{"name": "data_url", "remote": {"obs": {"obs_url": data}}}],
            "outputs": [{"name": "train_url", "access_method": "env", "remote": {"obs": {"obs_url": out}}}],
        },
        "spec": {"resource": {"node_count": 1}},
    }


class Caller:
    """Plain HTTP with a token, as scripts do."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._client = http_client()

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self._client.request(
            method,
            f"http://127.0.0.1:{self.server.port}/v2/{PROJECT}{path}",
            headers={"X-Auth-Token": self.server.token},
            json=body,
            timeout=60,
        )
        return answer.status_code, answer.json()

    def wait(self, job_id: str) -> str:
        deadline = time.monotonic() + LIMIT_S
        while True:
            phase = str(self("GET", f"/training-jobs/{job_id}")[1]["status"]["phase"])
            if phase in ("Completed", "Failed", "Terminated"):
                return phase
            assert time.monotonic() < deadline, phase
            time.sleep(0.1)

    def log(self, job_id: str) -> str:
        return str(self("GET", f"/training-jobs/{job_id}/tasks/worker-0/logs/preview")[1]["content"])


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory, storage: dict[str, str], bucket: Any) -> Iterator[Caller]:
    server = RunningServer(tmp_path_factory.mktemp("buckets") / "home", environ={**os.environ, **storage})
    try:
        yield Caller(server)
    finally:
        server.stop()


def test_code_and_data_come_from_buckets_and_outputs_go_there(caller: Caller, bucket: Any) -> None:
    status, job = caller("POST", "/training-jobs", _job("remote", "obs://bkt/code/", "/bkt/data/", "s3://bkt/out/"))
    assert status == 201, job
    job_id = job["metadata"]["id"]
    assert job["algorithm"]["code_dir"] == "obs://bkt/code/"
    assert caller.wait(job_id) == "Completed", caller.log(job_id)
    found = bucket.list_objects_v2(Bucket="bkt", Prefix="out/remote/")
    assert [item["Key"] for item in found["Contents"]] == [f"out/remote/trial-{n}/deep/model.txt" for n in range(2)]
    status, picture = caller("GET", f"/training-jobs/{job_id}/autosearch-parameter-analysis/lr")
    assert status == 200, picture
    assert picture["file_path"] == "s3://bkt/out/remote/log/hyperparameter-analysis/fanova/lr.png"
    key = picture["file_path"].removeprefix("s3://bkt/")
    assert bucket.get_object(Bucket="bkt", Key=key)["Body"].read().startswith(b"\x89PNG")


def _environment(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_what_is_not_in_the_bucket_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, str], bucket: Any
) -> None:
    _environment(monkeypatch, storage)
    for text in ("obs://bkt/no/", "obs://bkt/dat", "obs://bkt/data/offset", "obs://no-bucket/data"):
        for look in (locate, locate_code):
            with pytest.raises(ModelArtsError, match=text) as refused:
                look(find_place(text, None), tmp_path / "copy")
            assert refused.value.code == "ModelArts.2791"


def test_data_may_be_a_folder_or_one_object_and_code_a_folder_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, str], bucket: Any
) -> None:
    _environment(monkeypatch, storage)
    file = find_place("obs://bkt/data/offset.txt", None)
    assert locate(find_place("obs://bkt/data/", None), tmp_path).path == tmp_path
    assert locate(find_place("obs://bkt", None), tmp_path).path == tmp_path
    assert locate(file, tmp_path).path == tmp_path / "offset.txt"
    assert locate_code(find_place("obs://bkt/code", None), tmp_path).names == {"train.py"}
    with pytest.raises(ModelArtsError) as refused:
        locate_code(file, tmp_path)
    assert refused.value.code == "ModelArts.2757"


def test_a_key_that_the_object_storage_does_not_know_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, str], bucket: Any
) -> None:
    _environment(monkeypatch, {**storage, "AWS_SECRET_ACCESS_KEY": "wrong"})
    for look in (locate, locate_code):
        with pytest.raises(ModelArtsError, match="cannot be read") as refused:
            look(find_place("obs://bkt/code/", None), tmp_path / "copy")
        assert refused.value.code == "ModelArts.2791"
        assert "AWS_ENDPOINT_URL_S3" in str(refused.value.hint)


def test_more_code_than_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, str], bucket: Any
) -> None:
    _environment(monkeypatch, storage)
    bucket.put_object(Bucket="bkt", Key="deep/a/b/train.py", Body=b"0123456789")
    place = find_place("obs://bkt/deep/", None)
    for limits, code in (
        (Limits(10**9, 0, 32), "ModelArts.2759"),
        (Limits(10**9, 1000, 1), "ModelArts.2760"),
        (Limits(9, 1000, 32), "ModelArts.2761"),
    ):
        with pytest.raises(ModelArtsError) as refused:
            locate_code(place, tmp_path / "copy", limits)
        assert refused.value.code == code


def test_an_object_whose_name_leads_out_of_its_folder_is_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: dict[str, str], bucket: Any
) -> None:
    _environment(monkeypatch, storage)
    bucket.put_object(Bucket="bkt", Key="evil/../../../escaped.txt", Body=b"x")
    with pytest.raises(ModelArtsError, match="points outside its folder"):
        locate_code(find_place("obs://bkt/evil/", None), tmp_path / "a" / "b" / "copy")
    with pytest.raises(ValueError, match="points outside its folder"):
        download("bkt/evil", tmp_path / "a" / "b" / "copy")
    assert not list(tmp_path.rglob("escaped.txt"))


def _fetch_and_run(plan: Path, environ: dict[str, str], *command: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "scriptune.modelarts.fetch_and_run", str(plan), "--", *command]
    return subprocess.Popen(
        words, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_trials_that_start_together_copy_once_and_then_run(
    tmp_path: Path, storage: dict[str, str], bucket: Any
) -> None:
    plan = tmp_path / "copies.json"
    plan.write_text(json.dumps([{"remote": "bkt/data", "target": str(tmp_path / "data")}]))
    trials = [_fetch_and_run(plan, storage, "/bin/cat", str(tmp_path / "data" / "offset.txt")) for _ in range(3)]
    assert [trial.communicate(timeout=LIMIT_S)[0] for trial in trials] == ["1.5"] * 3
    # Once copied, the object storage is not asked again.
    (tmp_path / "data" / "offset.txt").write_text("kept")
    late = _fetch_and_run(
        plan, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, "/bin/cat", f"{tmp_path}/data/offset.txt"
    )
    assert late.communicate(timeout=LIMIT_S) == ("kept", "")


def test_a_trial_whose_inputs_cannot_be_copied_says_so_and_the_next_one_tries_again(
    tmp_path: Path, storage: dict[str, str], bucket: Any
) -> None:
    plan = tmp_path / "copies.json"
    plan.write_text(json.dumps([{"remote": "bkt/later", "target": str(tmp_path / "data")}]))
    first = _fetch_and_run(plan, storage, "/bin/true")
    assert "no object key starts with 'bkt/later'" in first.communicate(timeout=LIMIT_S)[1]
    assert first.returncode == 74
    bucket.put_object(Bucket="bkt", Key="later/x", Body=b"x")
    second = _fetch_and_run(plan, storage, "/bin/true")
    second.communicate(timeout=LIMIT_S)
    assert second.returncode == 0


def test_a_job_is_answered_before_its_inputs_are_copied_and_they_go_with_it(
    caller: Caller, bucket: Any, tmp_path: Path
) -> None:
    body = _job("slow", "obs://bkt/code/", "obs://bkt/data/", str(tmp_path))
    status, job = caller("POST", "/training-jobs", body)
    assert status == 201, job
    job_id = job["metadata"]["id"]
    copies = caller.server.home / "jobs" / job_id / "modelarts"
    plan = json.loads((copies / "copies.json").read_text())
    assert [copy["remote"] for copy in plan] == ["bkt/code", "bkt/data"]
    assert caller.wait(job_id) == "Completed", caller.log(job_id)
    assert (copies / "copies.done").exists()
    caller.server.call("DELETE", f"/jobs/{job_id}")
    assert not copies.parent.exists()


def test_buckets_can_be_folders_and_nothing_leaves_the_machine(tmp_path: Path) -> None:
    root = tmp_path / "buckets"
    (root / "bkt" / "code").mkdir(parents=True)
    (root / "bkt" / "data").mkdir()
    (root / "bkt" / "code" / "train.py").write_text(PROGRAM)
    (root / "bkt" / "data" / "offset.txt").write_text("0.5")
    server = RunningServer(tmp_path / "home", environ={**os.environ, "SCRIPTUNE_OBS_ROOT": str(root)})
    try:
        caller = Caller(server)
        job = caller("POST", "/training-jobs", _job("mapped", "/bkt/code/", "obs://bkt/data/", "s3://bkt/out/"))[1]
        assert caller.wait(job["metadata"]["id"]) == "Completed", caller.log(job["metadata"]["id"])
    finally:
        server.stop()
    assert len(list((root / "bkt" / "out" / "mapped").glob("trial-*/deep/model.txt"))) == 2


def test_a_failed_upload_fails_the_trial_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "scriptune.modelarts.run_and_upload"),
            *(str(tmp_path / "out"), "bkt/out", "--", "/bin/sh", "-c"),
            f"echo x > {tmp_path}/out/model.txt",
        ],
        env={
            "PATH": "/bin:/usr/bin",
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_MAX_ATTEMPTS": "1",
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 74
    assert "upload to 'bkt/out' failed (3/3)" in done.stderr


def test_a_program_in_front_of_an_upload_ends_as_it_would_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scriptune.modelarts.run_and_upload", str(tmp_path / "o"), "b/o", "--"]
    done = subprocess.run([*command, "/bin/sh", "-c", "exit 3"], timeout=LIMIT_S)
    assert done.returncode == 3
