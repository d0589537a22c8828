from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scriptune.executors.placeholders import fill, parse
from scriptune.modelarts.channels import Wiring, escape, wire_inputs, wire_outputs, wrapped
from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.schemas import Channel

LIMIT_S = 120.0


def _channel(name: str, url: str | None = None, **fields: str) -> Channel:
    remote = None if url is None else {"obs": {"obs_url": url}}
    return Channel.model_validate({"name": name, "remote": remote, **fields})


@pytest.mark.parametrize(
    "text", ["plain", "{trial}", "a{lr}b{x}", "{{trial}}", "${HOME}/x", "{}", '{"a": 1}', "${a}{b}"]
)
def test_escaped_texts_come_out_as_they_were(text: str) -> None:
    assert fill(parse(escape(text), ["trial", "lr"]), {}) == text


def test_an_input_is_the_folder_itself(tmp_path: Path) -> None:
    wired = wire_inputs([_channel("data_url", str(tmp_path)), _channel("unused")], tmp_path / "staging", None)
    assert [(w.name, w.folder, w.by_env) for w in wired] == [("data_url", str(tmp_path), False)]


def test_each_trial_of_a_search_has_its_own_output(tmp_path: Path) -> None:
    channels = [_channel("train_url", str(tmp_path)), _channel("logs"), _channel("far", "obs://bkt/out/")]
    wired = wire_outputs(channels, None, job_name="j", is_search=True)
    assert [w.folder for w in wired] == [
        f"{tmp_path}/j/trial-{{trial}}",
        "{trial_dir}/outputs/logs_1",
        "{trial_dir}/outputs/far_2",
    ]
    assert [w.upload_to for w in wired] == [None, None, "bkt/out/j/trial-{trial}"]


def test_an_ordinary_job_writes_into_its_output(tmp_path: Path) -> None:
    (wired,) = wire_outputs([_channel("train_url", str(tmp_path))], None, job_name="j", is_search=False)
    assert wired.folder == str(tmp_path)


@pytest.mark.parametrize(
    "channel",
    [
        _channel("a", "/tmp", access_method="socket"),
        Channel.model_validate({"name": "a", "remote": {"dataset": {"id": "1"}}}),
    ],
)
def test_a_channel_that_cannot_be_made_is_refused(channel: Channel, tmp_path: Path) -> None:
    with pytest.raises(ModelArtsError) as refused:
        wire_inputs([channel], tmp_path, None)
    assert refused.value.code == "ModelArts.2753"


def test_a_dataset_is_taken_by_its_folder_and_refused_without_one(tmp_path: Path) -> None:
    dataset = {"id": "d1", "obs_url": f"{tmp_path}/"}
    (wired,) = wire_inputs([Channel.model_validate({"name": "a", "remote": {"dataset": dataset}})], tmp_path, None)
    assert wired.folder.rstrip("/") == str(tmp_path)
    with pytest.raises(ModelArtsError, match="no datasets"):
        wire_inputs([Channel.model_validate({"name": "a", "remote": {"dataset": {"id": "d1"}}})], tmp_path, None)


def test_copies_come_before_everything_else(tmp_path: Path) -> None:
    wirings = [Wiring("o", f"{tmp_path}/o", by_env=False, upload_to="b/o", make=True)]
    command = wrapped(["train"], wirings, copies=tmp_path / "copies.json")
    assert command[1:5] == ["-m", "scriptune.modelarts.fetch_and_run", f"{tmp_path}/copies.json", "--"]
    assert command.index("/bin/sh") < command.index("scriptune.modelarts.run_and_upload") < command.index("train")


def test_folders_are_made_and_the_program_sees_them_in_both_ways(tmp_path: Path) -> None:
    wirings = [
        Wiring("one", f"{tmp_path}/a b/1", by_env=False, make=True),
        Wiring("two", f"{tmp_path}/c/2", by_env=True, make=True),
    ]
    command = wrapped(["/bin/sh", "-c", 'test -d "$two" && echo "$two" "$@"', "sh"], wirings)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT_S)
    assert done.stdout == f"{tmp_path}/c/2 --one={tmp_path}/a b/1\n"
    assert (tmp_path / "a b" / "1").is_dir()


def test_a_folder_that_cannot_be_made_ends_the_trial(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = wrapped(["/bin/echo", "started"], [Wiring("o", f"{tmp_path}/file/x", by_env=False, make=True)])
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode != 0
    assert "started" not in done.stdout
