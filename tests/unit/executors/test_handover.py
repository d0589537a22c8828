"""Which commands are the same, and which are not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scriptune.core.job import JobSpec
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.executors.command import build_launch_spec
from scriptune.executors.folder import MARKER
from scriptune.executors.handover import KEY, command_document, difference, holds_another
from scriptune.jobfile import check_document

FOLDER = Path("/home/jobs/j/3/1")


def spec(tmp_path: Path, **changes: Any) -> JobSpec:
    """A job that passes its parameters in every way there is."""
    (tmp_path / "conf.tmpl").write_text("width: {width}\nout: {trial_dir}\n")
    document = {
        "command": ["true", "--out={trial_dir}", "--seed={seed}", "--try={attempt}"],
        "workdir": str(tmp_path),
        "files": {"conf.yaml": str(tmp_path / "conf.tmpl")},
        "parameters": {
            "lr": {"type": "float", "min": 0.0, "max": 1.0},
            "depth": {"type": "int", "min": 1, "max": 9, "style": "env"},
            "width": {"type": "int", "min": 1, "max": 9},
        },
        "metrics": {"loss": {"regex": "loss=(.+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        **changes,
    }
    return check_document(document, base_dir=tmp_path).spec


PARAMS: dict[str, Any] = {"lr": 0.5, "depth": 3, "width": 4}


def launch_spec(tmp_path: Path, folder: Path = FOLDER, **params: Any) -> LaunchSpec:
    return build_launch_spec(spec(tmp_path), {**PARAMS, **params}, folder=folder, job_id="j", number=3)


def stored(an_order: LaunchSpec, **env: str) -> dict[str, Any]:
    """As it is read back from the folder."""
    document = command_document(an_order, {**an_order.env, **env, MARKER: "k"}, {"cpus": 0, "devices": {}})
    return dict(json.loads(json.dumps(document)))


@pytest.mark.parametrize("name", ["lr", "depth", "width"])
@pytest.mark.parametrize("with_params", [True, False], ids=["new", "before 0.2.0"])
def test_another_value_of_any_parameter_is_another_command(tmp_path: Path, name: str, with_params: bool) -> None:
    an_order = launch_spec(tmp_path, tmp_path / "1")
    document = stored(an_order)
    if not with_params:
        del document["params"], document["files"]
        (tmp_path / "1" / "work").mkdir(parents=True)
        (tmp_path / "1" / "work" / "conf.yaml").write_text(an_order.files["conf.yaml"])
    assert difference(document, an_order) == ""
    assert difference(document, launch_spec(tmp_path, tmp_path / "1", **{name: 1}))


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0.0, -0.0001), ("1", 1), ("a", "b")])
def test_values_that_look_alike_are_not_the_same(one: Any, other: Any) -> None:
    an_order = LaunchSpec(FOLDER, ("true",), params={"x": one})
    assert difference(stored(an_order), replace(an_order, params={"x": other})) == (
        f"its parameter x is {one!r}, expected {other!r}"
    )


def test_what_the_moment_gives_makes_no_other_command(tmp_path: Path) -> None:
    an_order = launch_spec(tmp_path)
    document = stored(an_order)
    later = replace(an_order, timeout_s=5.0, idle_timeout_s=1.0, grace_s=3.0, cpus=2)
    assert difference(document, later) == ""
    assert difference({**document, "timeout_s": 9, "slots": {"cpus": 8}}, an_order) == ""


def test_the_device_that_a_trial_was_given_makes_no_other_command() -> None:
    an_order = LaunchSpec(FOLDER, ("true",), gpus=1.0)
    document = stored(an_order, CUDA_VISIBLE_DEVICES="3", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert difference(document, an_order) == ""
    # Without devices of ours the variable is the user's, perhaps a parameter.
    users = LaunchSpec(FOLDER, ("true",), {"CUDA_VISIBLE_DEVICES": "0"})
    assert "CUDA_VISIBLE_DEVICES" in difference(stored(users, CUDA_VISIBLE_DEVICES="1"), users)


def test_a_home_that_was_moved_holds_the_same_commands(tmp_path: Path) -> None:
    document = stored(launch_spec(tmp_path, Path("/old/home/jobs/j/3/1")))
    assert difference(document, launch_spec(tmp_path, Path("/new/jobs/j/3/1"))) == ""


def test_variables_that_another_version_of_ours_sets_make_no_other_command(tmp_path: Path) -> None:
    an_order = launch_spec(tmp_path)
    document = stored(an_order)
    del document["env"]["PYTHONUNBUFFERED"]
    assert difference(document, an_order) == ""
    assert difference(stored(an_order, COLUMNS="400", SCRIPTUNE_NEW="1"), an_order) == ""
    assert difference(stored(an_order, OTHER="1"), an_order) == "the environment variable OTHER differs"


def test_one_of_these_that_is_a_parameter_counts() -> None:
    wide, narrow = (LaunchSpec(FOLDER, ("true",), {"COLUMNS": text}) for text in ("400", "80"))
    assert "COLUMNS" in difference(stored(wide), narrow)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cwd": Path("/elsewhere")}, "working directory"),
        ({"argv": ("train", "--more")}, "arguments"),
        ({"setup": ("export API_KEY=secret",)}, "setup"),
        ({"env": {"API_KEY": "secret-2"}}, "variable API_KEY"),
        ({"files": {"conf.yaml": "other"}}, "file 'conf.yaml'"),
        ({"files": {}}, "file 'conf.yaml'"),
    ],
)
def test_the_phrase_names_what_differs_without_telling_secrets(change: dict[str, Any], says: str) -> None:
    an_order = LaunchSpec(FOLDER, ("train",), {"API_KEY": "secret-1"}, Path("/here"), {"conf.yaml": "text"})
    phrase = difference(stored(an_order), replace(an_order, **change))
    assert says in phrase
    assert "secret" not in phrase


def test_a_handle_knows_its_folder_again(tmp_path: Path) -> None:
    an_order = LaunchSpec(tmp_path, ("true",))
    handle = Handle(tmp_path, {KEY: "k"})
    assert holds_another(handle)
    (tmp_path / "command.json").write_text(json.dumps(stored(an_order)))
    assert not holds_another(handle)
    assert holds_another(Handle(tmp_path, {KEY: "of an earlier hand-over"}))
    assert not holds_another(Handle(tmp_path, {}))  # submitted before 0.2.0
    (tmp_path / "command.json").write_text('{"argv": ["tr')
    assert holds_another(handle)


def test_a_setup_is_handed_over_and_one_of_an_order_before_0_2_0_was_empty() -> None:
    an_order = LaunchSpec(FOLDER, ("train",), setup=("true", "false"))
    document = stored(an_order)
    assert document["setup"] == ["true", "false"]
    assert difference(document, an_order) == ""
    del document["setup"]
    assert difference(document, replace(an_order, setup=())) == ""
    assert difference(document, an_order) == "its setup differs"


def test_a_command_that_runs_elsewhere_names_its_folder_there_and_is_the_same_command(tmp_path: Path) -> None:
    seen = PurePosixPath("/scratch/j/3/1")
    far = build_launch_spec(spec(tmp_path), PARAMS, folder=FOLDER, job_id="j", number=3, seen_folder=seen)
    document = stored(far)
    assert far.env["SCRIPTUNE_TRIAL_DIR"] == f"{seen}/work"
    assert document["key"] == "j/3/1"
    assert difference(document, far) == ""
    assert difference(document, launch_spec(tmp_path)) == ""
    assert str(FOLDER) not in str(document["argv"])


def test_a_command_of_before_0_2_0_has_no_key_and_is_the_same_command(tmp_path: Path) -> None:
    an_order = launch_spec(tmp_path)
    document = {name: value for name, value in stored(an_order).items() if name not in ("key", "memory_bytes")}
    assert difference(document, an_order) == ""
