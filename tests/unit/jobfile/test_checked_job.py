from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scriptune.core.job import Goal, JobSpec, Objective, Reduction, Start, Style
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.errors import JobFileError
from scriptune.jobfile import check_document, checked_job, dump_job_file, from_command_line, read_job_file
from scriptune.jobfile.spec import job_spec

FULL = r"""
name: digits-mlp                       # optional
command: python train.py --epochs=20   # a string is split by shell rules, once; a list is taken as it is
workdir: .
parameters:
  learning_rate: {type: float, min: 1e-5, max: 1e-1, log: true, default: 1e-3}
  dropout:       {type: float, min: 0.0, max: 0.5, step: 0.05}
  hidden_units:  {type: int, min: 16, max: 512, log: true}
  optimizer:     {type: categorical, values: [adam, sgd]}
  momentum:      {type: float, min: 0.0, max: 0.99, when: {optimizer: sgd}}
  nesterov:      {type: bool}
  batch_size:    {type: int, value: 64}
metrics:
  accuracy: {regex: 'val_acc=([0-9.]+)'}
  loss:     {regex: 'val_loss=(\S+)'}
objective: {metric: accuracy, goal: maximize, reduce: best, target: 0.99}
search:
  sampler: auto
  trials: 20
  seed: 1
  options: {}
run:
  parallel: 2
  trial_timeout: 30m
  job_timeout: 4h
  idle_timeout: 10m
  retries: 0
  max_failed: 5
  env: {OMP_NUM_THREADS: "1"}
  cpus: 1
  gpus: 0
  executor: local
stopping: {rule: none}
"""


def understood(document: dict[str, Any], base_dir: Path) -> tuple[dict[str, Any], JobSpec]:
    job = check_document(document, base_dir=base_dir)
    return job.document, job.spec


def minimal(**changes: Any) -> dict[str, Any]:
    """The shortest job file, with some top keys replaced."""
    return {
        "command": "python train.py",
        "parameters": {"lr": {"min": 1e-5, "max": 1e-1, "log": True}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"goal": "minimize"},
        **changes,
    }


def with_parameters(**parameters: Any) -> dict[str, Any]:
    return minimal(parameters={"lr": {"min": 1e-5, "max": 1e-1, "log": True}, **parameters})


def test_the_job_file_of_the_manual_means_what_it_says(folder: Path) -> None:
    (folder / "job.yaml").write_text(FULL)
    loaded = read_job_file(folder / "job.yaml")
    spec = loaded.spec
    assert spec.name == "digits-mlp"
    assert spec.command == ("python", "train.py", "--epochs=20")
    assert spec.workdir == folder
    assert dict(spec.space) == {
        "learning_rate": Float(1e-5, 1e-1, log=True, default=1e-3),
        "dropout": Float(0.0, 0.5, step=0.05),
        "hidden_units": Int(16, 512, log=True),
        "optimizer": Categorical(["adam", "sgd"]),
        "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
        "nesterov": Bool(),
    }
    assert spec.fixed == {"batch_size": 64}
    assert {name: metric.regex for name, metric in spec.metrics.items()} == {
        "accuracy": "val_acc=([0-9.]+)",
        "loss": r"val_loss=(\S+)",
    }
    assert spec.objective == Objective("accuracy", Goal.MAXIMIZE, Reduction.BEST, target=0.99)
    assert (spec.search.sampler, spec.search.trials, spec.search.seed) == ("auto", 20, 1)
    assert (spec.run.trial_timeout_s, spec.run.job_timeout_s, spec.run.idle_timeout_s) == (1800.0, 14400.0, 600.0)
    assert (spec.run.parallel, spec.run.cpus, spec.run.gpus) == (2, 1, 0.0)
    assert spec.run.env == {"OMP_NUM_THREADS": "1"}
    assert loaded.warnings == ()
    assert loaded.source == str(folder / "job.yaml")


def test_what_is_left_out_gets_its_default(folder: Path) -> None:
    document, spec = understood(minimal(), base_dir=folder)
    assert spec.name == "train"
    assert spec.objective == Objective("loss", Goal.MINIMIZE)
    assert (spec.search.sampler, spec.search.trials, spec.search.seed) == ("auto", 20, None)
    assert (spec.run.parallel, spec.run.max_failed, spec.run.grace_s) == (1, 5, 10.0)
    assert document["run"]["executor"] == "local"
    assert document["stopping"] == {"rule": "none"}
    assert document["search"]["seed"] is None


def test_the_complete_document_is_json_and_loads_to_itself(folder: Path) -> None:
    (folder / "job.yaml").write_text(FULL)
    first = read_job_file(folder / "job.yaml")
    document, spec = understood(json.loads(json.dumps(first.document)), base_dir=Path("/elsewhere"))
    assert document == first.document
    assert spec == first.spec
    assert job_spec(document) == spec


def test_a_job_is_named_after_its_file_or_its_folder_or_its_script(folder: Path) -> None:
    text = FULL.replace("name: digits-mlp", "")
    (folder / "mnist.yaml").write_text(text)
    (folder / "job.yaml").write_text(text)
    assert read_job_file(folder / "mnist.yaml").spec.name == "mnist"
    assert read_job_file(folder / "job.yaml").spec.name == folder.name
    assert check_document(minimal(command=["./run.sh", "fast"]), base_dir=folder).spec.name == "run"
    assert check_document(minimal(command="python -m trainer"), base_dir=folder).spec.name == "trainer"
    assert (
        check_document(minimal(command="echo x; python train.py --lr={lr}", shell=True), base_dir=folder).spec.name
        == "train"
    )


def test_paths_are_relative_to_the_job_file_and_stored_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "c.tmpl").write_text("lr: {lr}\n")
    monkeypatch.setenv("HOME", str(folder))
    document = minimal(workdir="..", files={"conf/c.yaml": "c.tmpl"})
    complete, spec = understood(document, base_dir=folder / "jobs")
    assert spec.workdir == folder
    assert spec.files == {"conf/c.yaml": folder / "jobs" / "c.tmpl"}
    assert complete["files"] == {"conf/c.yaml": str(folder / "jobs" / "c.tmpl")}
    assert check_document(minimal(workdir="~"), base_dir=folder / "jobs").spec.workdir == folder


def test_a_command_is_split_once_by_shell_rules_and_a_list_is_not(folder: Path) -> None:
    text = "python train.py --tag='a b' \"--note=it's\" *.txt"
    split = check_document(minimal(command=text), base_dir=folder).spec.command
    assert split == ("python", "train.py", "--tag=a b", "--note=it's", "*.txt")
    listed = check_document(minimal(command=["python", "train.py", "--tag='a b'", ""]), base_dir=folder).spec.command
    assert listed == ("python", "train.py", "--tag='a b'", "")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"min": 1, "max": 8}, Int(1, 8)),
        ({"min": 1, "max": 8.0}, Float(1.0, 8.0)),
        ({"min": 1, "max": 8, "step": 0.5}, Float(1.0, 8.0, step=0.5)),
        ({"min": 1, "max": 8, "default": 2.5}, Float(1.0, 8.0, default=2.5)),
        ({"type": "float", "min": 1, "max": 8, "default": 2}, Float(1.0, 8.0, default=2.0)),
        ({"type": "int", "min": 1e0, "max": 1e3}, Int(1, 1000)),
        ({"values": ["a", 1, 1.0, True]}, Categorical(["a", 1, 1.0, True])),
        ({"type": "bool", "default": False}, Bool(default=False)),
        ({"min": 2, "max": 2}, Int(2, 2)),
    ],
)
def test_a_type_that_is_left_out_follows_from_what_is_written(entry: Any, expected: Any, folder: Path) -> None:
    understood = check_document(with_parameters(x=entry), base_dir=folder).spec.space["x"]
    assert understood == expected
    assert type(understood) is type(expected)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"value": 64}, 64),
        ({"type": "float", "value": 64}, 64.0),
        ({"type": "int", "value": 64.0}, 64),
        ({"value": True}, True),
        ({"value": ""}, ""),
        ({"value": 0}, 0),
        ({"type": "categorical", "value": 1.0}, 1.0),
    ],
)
def test_a_fixed_value_has_the_type_that_was_asked_for(entry: Any, value: Any, folder: Path) -> None:
    document, spec = understood(with_parameters(x=entry), base_dir=folder)
    assert spec.fixed["x"] == value
    assert type(spec.fixed["x"]) is type(value)
    assert check_document(document, base_dir=folder).spec == spec


def test_flags_and_styles_reach_the_spec(folder: Path) -> None:
    spec = check_document(
        with_parameters(c={"min": 0.1, "max": 9.0, "flag": "-C", "style": "space"}, v={"value": 1, "style": "env"}),
        base_dir=folder,
    ).spec
    assert (spec.parameters["c"].flag, spec.parameters["c"].style) == ("-C", Style.SPACE)
    assert spec.parameters["v"].style is Style.ENV


def test_a_condition_on_a_fixed_parameter_is_decided_at_once(folder: Path) -> None:
    document = with_parameters(
        optimizer={"value": "sgd"},
        momentum={"min": 0.0, "max": 0.9, "when": {"optimizer": ["sgd", "rms"]}},
        beta={"min": 0.0, "max": 0.9, "when": {"optimizer": "adam"}},
        decay={"min": 0.0, "max": 0.9, "when": {"beta": 0.5}},
    )
    loaded = check_document(document, base_dir=folder)
    assert list(loaded.spec.parameters) == ["lr", "optimizer", "momentum"]
    assert not loaded.spec.space.is_conditional
    assert loaded.warnings == (
        "job: parameters.beta.when.optimizer: is never met, because 'optimizer' is fixed to 'sgd'; 'beta' is left out.",
        "job: parameters.decay.when.beta: is never met, because 'beta' is never used itself; 'decay' is left out.",
    )
    assert list(loaded.document["parameters"]) == ["lr", "optimizer", "momentum", "beta", "decay"]
    assert understood(loaded.document, base_dir=folder) == (loaded.document, loaded.spec)


def test_a_fixed_parameter_with_a_condition_becomes_a_choice_of_one(folder: Path) -> None:
    document = with_parameters(
        optimizer={"values": ["adam", "sgd"]}, momentum={"value": 0.9, "when": {"optimizer": "sgd"}}
    )
    complete, spec = understood(document, base_dir=folder)
    assert spec.space["momentum"] == Categorical([0.9], when={"optimizer": "sgd"})
    assert complete["parameters"]["momentum"] == {"type": "float", "value": 0.9, "when": {"optimizer": "sgd"}}
    assert understood(complete, base_dir=folder) == (complete, spec)


def test_the_values_of_a_condition_take_the_type_of_their_parent(folder: Path) -> None:
    document = with_parameters(
        size={"values": [1.0, 2.0]}, x={"min": 0.0, "max": 1.0, "when": {"size": 1}}, n={"min": 1, "max": 9},
        y={"min": 0.0, "max": 1.0, "when": {"n": 2.0}},
    )  # fmt: skip
    space = check_document(document, base_dir=folder).spec.space
    assert [type(space.conditions[name][parent][0]) for name, parent in (("x", "size"), ("y", "n"))] == [float, int]


@pytest.mark.parametrize(
    ("goal", "meant"),
    [("max", "maximize"), ("MAXIMISE", "maximize"), ("Minimise", "minimize"), ("min", "minimize")],
)
def test_every_spelling_of_a_goal_is_understood(goal: str, meant: str, folder: Path) -> None:
    assert check_document(minimal(objective={"goal": goal}), base_dir=folder).document["objective"]["goal"] == meant


@pytest.mark.parametrize(
    ("objective", "reduction", "last_k"),
    [
        ({"reduce": "last"}, Reduction.LAST, 5),
        ({"reduce": "mean_last_k"}, Reduction.MEAN_LAST_K, 5),
        ({"reduce": "mean_last_k", "last_k": 3}, Reduction.MEAN_LAST_K, 3),
        ({"reduce": "mean_last_7"}, Reduction.MEAN_LAST_K, 7),
        ({"reduce": "mean_last_7", "last_k": 7}, Reduction.MEAN_LAST_K, 7),
    ],
)
def test_every_reduction_is_understood(objective: Any, reduction: Reduction, last_k: int, folder: Path) -> None:
    document, spec = understood(minimal(objective={"goal": "min", **objective}), base_dir=folder)
    assert (spec.objective.reduce, spec.objective.last_k) == (reduction, last_k)
    assert understood(document, base_dir=folder) == (document, spec)


@pytest.mark.parametrize("search", [{"trials": 7}, {"num_samples": 7}, {"trials": 7, "num_samples": 7.0}])
def test_num_samples_is_another_name_of_trials(search: Any, folder: Path) -> None:
    assert check_document(minimal(search=search), base_dir=folder).document["search"]["trials"] == 7


def test_numbers_in_the_environment_become_texts(folder: Path) -> None:
    run = check_document(minimal(run={"env": {"A": 1, "B": 0.5, "C": "x", "D": ""}}), base_dir=folder).spec.run
    assert run.env == {"A": "1", "B": "0.5", "C": "x", "D": ""}


@pytest.mark.parametrize("env", [{"MY_TOKEN": ["hunter2"]}, {"MY_TOKEN": {"a": "hunter2"}}, "MY_TOKEN=hunter2"])
def test_no_mistake_quotes_the_value_of_an_environment_variable(folder: Path, env: Any) -> None:
    with pytest.raises(JobFileError) as caught:
        check_document(minimal(run={"env": env}), base_dir=folder)
    assert "run.env" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_gpus_may_be_whole_or_a_fraction_and_devices_may_be_named(folder: Path) -> None:
    run = check_document(minimal(run={"gpus": 0.5, "gpu_ids": [0, "GPU-1a2b"]}), base_dir=folder).spec.run
    assert (run.gpus, run.gpu_ids) == (0.5, ("0", "GPU-1a2b"))
    assert check_document(minimal(run={"gpus": 2}), base_dir=folder).spec.run.gpus == 2.0


@pytest.mark.parametrize(
    ("memory", "n_bytes"), [("16GB", 16 * 10**9), ("512 MiB", 512 * 2**20), (4e9, 4 * 10**9), (None, None)]
)
def test_memory_is_a_size_in_bytes(memory: Any, n_bytes: int | None, folder: Path) -> None:
    checked = check_document(minimal(run={"memory": memory}), base_dir=folder)
    assert checked.document["run"]["memory"] == checked.spec.run.memory_bytes == n_bytes


def test_null_means_not_given_and_for_max_failed_never(folder: Path) -> None:
    document = minimal(run={"parallel": None, "trial_timeout": None, "max_failed": None}, search=None, name=None)
    spec = check_document(document, base_dir=folder).spec
    assert (spec.run.parallel, spec.run.trial_timeout_s, spec.run.max_failed) == (1, None, None)


def test_starts_are_params_to_try_or_known_results_completed_by_defaults(folder: Path) -> None:
    document = with_parameters(
        batch_size={"value": 64},
        layers={"min": 1, "max": 4, "default": 2},
        optimizer={"values": ["adam", "sgd"]},
        momentum={"min": 0.0, "max": 0.9, "default": 0.5, "when": {"optimizer": "sgd"}},
    )
    document["search"] = {
        "start_with": [
            {"lr": 0.01, "optimizer": "adam", "batch_size": 64},
            {"params": {"lr": 0.1, "optimizer": "sgd", "layers": 3.0}, "value": 1},
        ]
    }
    complete, spec = understood(document, base_dir=folder)
    assert spec.search.start_with == (
        Start({"lr": 0.01, "layers": 2, "optimizer": "adam"}),
        Start({"lr": 0.1, "layers": 3, "optimizer": "sgd", "momentum": 0.5}, 1.0),
    )
    assert understood(complete, base_dir=folder) == (complete, spec)


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"parameters": {"x": {"min": 1e-4, "max": 1.0}}}, "spans three or more orders of magnitude; 'log: true'"),
        ({"parameters": {"x": {"min": 0, "max": 1}}}, "only the integers 0 and 1"),
        (
            {"parameters": {"x": {"min": 0.0, "max": 1.0, "step": 0.3}}},
            "do not reach max 1.0; the largest value is 0.9",
        ),
        ({"parameters": {"x": {"values": ["a"]}}}, "only one choice"),
        ({"parameters": {"x": {"min": 3, "max": 3}}}, "both 3"),
        ({"parameters": {"x": {"values": ["a", "b"]}}}, "only 2 combinations"),
        ({"parameters": {"x": {"values": ["a"]}}}, "only 1 combination;"),
        ({"run": {"max_failed": None}}, "however many trials fail"),
        ({"run": {"gpu_ids": [0]}}, "no effect while gpus is 0"),
        ({"run": {"trial_timeout": "2h", "job_timeout": "1h"}}, "longer than the time limit of the whole job"),
        ({"run": {"trial_timeout": "1h", "idle_timeout": "2h"}}, "longer than trial_timeout"),
        (
            {"run": {"parallel": 2}, "search": {"ordered": True}, "stopping": {"rule": "median"}},
            "depends on the order of their reports",
        ),
        ({"run": {"parallel": 30}}, "30 parallel trials, but the search has only 20 trials"),
        ({"run": {"parallel": 3}, "search": {"trials": 1}}, "3 parallel trials, but the search has only 1 trial."),
    ],
)
def test_what_is_legal_and_hardly_meant_gives_a_warning(changes: Any, warning: str, folder: Path) -> None:
    warnings = check_document(minimal(**changes), base_dir=folder).warnings
    assert any(warning in text for text in warnings), warnings


def test_a_short_try_of_a_file_with_more_in_parallel_was_warned_of_with_nothing_to_put_right(folder: Path) -> None:
    path = folder / "job.json"
    path.write_text(json.dumps(minimal(run={"parallel": 3})))
    assert not read_job_file(path, trials=1).warnings
    both = "command line: run.parallel: 3 parallel trials, but the search has only 1 trial."
    assert read_job_file(path, trials=1, parallel=3).warnings == (both,)
    assert len(read_job_file(path, parallel=30).warnings) == 1


def test_a_misspelt_name_in_a_template_gives_a_warning_when_its_parameter_stands_nowhere(folder: Path) -> None:
    def warnings(template: str) -> list[str]:
        (folder / "conf.yaml.tmpl").write_text(template)
        parameters = {"lr": {"min": 0.1, "max": 1.0}, "lrs": {"min": 0.1, "max": 1.0}}
        loaded = check_document(minimal(parameters=parameters, files={"c.yaml": "conf.yaml.tmpl"}), base_dir=folder)
        return list(loaded.warnings)

    assert warnings("a: {lr}\nb: {lrss}\n") == [
        "job: files.'c.yaml': the template contains {lrss}, which is not a parameter and is left unchanged. Did "
        "you mean 'lrs'?"
    ]
    # Placed elsewhere; of another template's language; like nothing that is searched.
    assert warnings("{lr} {lrs} {lrss}\n") == []
    assert warnings("{lr} {{lrss}} ${lrss}\n") == []
    assert warnings("{lr} {cosine}\n") == []


def test_flags_replace_what_the_file_says_and_are_named_in_messages(folder: Path) -> None:
    (folder / "job.yaml").write_text(FULL)
    spec = read_job_file(folder / "job.yaml", trials=5, parallel=3, sampler="random", env={"A": "2"}, seed=None).spec
    assert (spec.search.trials, spec.search.seed, spec.run.parallel, spec.search.sampler) == (5, 1, 3, "random")
    assert spec.run.env == {"OMP_NUM_THREADS": "1", "A": "2"}
    with pytest.raises(JobFileError) as caught:
        read_job_file(folder / "job.yaml", trials=0)
    assert caught.value.problems == ("command line: search.trials: got 0, expected 1 or more.",)


def test_a_stored_document_needs_neither_its_files_nor_its_program(folder: Path) -> None:
    document, spec = understood(minimal(files={"c.yaml": "conf.yaml.tmpl"}), base_dir=folder)
    (folder / "train.py").unlink()
    (folder / "conf.yaml.tmpl").unlink()
    assert job_spec(document) == spec
    with pytest.raises(JobFileError, match=r"python would run 'train\.py'"):
        check_document(document, base_dir=folder)


def test_a_document_over_the_api_is_named_by_its_place(folder: Path) -> None:
    with pytest.raises(JobFileError) as caught:
        check_document({"command": 5}, base_dir=folder, place="body")
    assert caught.value.problems[0] == (
        "body: command: got 5, expected a string or a list of strings, like python train.py --epochs=20."
    )
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.yaml", b"name: digits\ncommand: caf\xe9\n", "latin.yaml:2: The file is not UTF-8 text (byte 0xe9)"),
        ("bin", None, "bin: This is a folder, expected a job file. Did you mean bin/job.yaml?"),
        ("missing.yaml", None, "missing.yaml: File not found."),
        (
            "control.yaml",
            b"a: b\nname: a\x07b\n",
            "control.yaml:2: This is neither YAML nor JSON: unacceptable character #x0007",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(name: str, content: bytes | None, message: str, folder: Path) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(JobFileError) as caught:
        read_job_file(name)
    assert message in str(caught.value)


def test_a_huge_file_is_refused_without_parsing_it(folder: Path) -> None:
    with (folder / "model.bin").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    with pytest.raises(JobFileError, match="larger than 10 MB"):
        read_job_file("model.bin")


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["lr", "10**9"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in places(child, (*path, key)))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data(), value=junk)
def test_junk_anywhere_is_accepted_or_refused_with_places_but_never_crashes(
    data: st.DataObject, value: Any, folder: Path
) -> None:
    document = with_parameters(
        optimizer={"values": ["adam", "sgd"]}, momentum={"min": 0.0, "max": 0.9, "when": {"optimizer": "sgd"}}
    )
    document |= {
        "search": {"start_with": [{"lr": 0.1, "optimizer": "adam"}], "options": {}},
        "run": {"env": {"A": "1"}},
    }
    document |= {"files": {"c.yaml": "conf.yaml.tmpl"}, "stopping": {"rule": "none"}}
    broken: Any = copy.deepcopy(document)
    *path, last = data.draw(st.sampled_from(places(document)[1:]))
    target = broken
    for part in path:
        target = target[part]
    target[last] = value
    try:
        complete, spec = understood(broken, base_dir=folder)
    except JobFileError as err:
        problems = err.problems
    else:
        problems = ("job: ",)
        assert understood(json.loads(json.dumps(complete)), base_dir=folder) == (complete, spec)
        assert job_spec(json.loads(json.dumps(complete))) == spec
    assert problems
    assert all(problem.startswith("job: ") for problem in problems)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("zstd -b3 corpus.txt", "zstd"),
        ("./train.sh data.csv", "train"),
        ("python train.py data.json", "train"),
        ("python -u /a/b/fit.py", "fit"),
        ("python -m pkg.cli.train x.txt", "train"),
        ("env A=1 OMP_NUM_THREADS=2 python -W ignore run_me.py", "run_me"),
        ("nice -n 10 ./tool.bin model.onnx", "tool"),
        ("timeout 90s xgboost train.conf", "xgboost"),
        ("torchrun --nproc-per-node=2 main.py", "main"),
        ("bash train", "train"),
        ("python -c print(1) x.py", "python"),
        ("gcc.real -O2 a.c", "gcc.real"),
        ("env", "env"),
        ("", "job"),
    ],
)
def test_a_job_was_called_after_the_data_that_its_program_reads(command: str, name: str) -> None:
    assert checked_job._name_from(tuple(command.split()), shell=False) == name
    assert checked_job._name_from((command,), shell=True) == name


def test_a_flag_that_the_command_has_already_gives_a_warning(tmp_path: Path) -> None:
    def warnings(*command: str) -> str:
        document = from_command_line(["lr=0.1..1", "batch_size=1..8"], [r"a=(\S+)"], "max", ["true", *command])
        return " ".join(check_document(document, base_dir=tmp_path).warnings)

    for words in (["--lr", "0.01"], ["--lr=0.01"]):
        assert "the command already sets --lr" in warnings(*words)
    assert "the command writes this option as --batch-size" in warnings("--batch-size", "4")
    assert warnings("--lr={lr}", "--other=2") == ""


@pytest.mark.parametrize("shell", [False, True])
@pytest.mark.parametrize("command", ["true " + "a" * 1_000_000, ["true", "a" * 1_000_000]])
def test_a_long_word_of_a_command_kept_a_processor_busy_for_half_a_minute(
    folder: Path, command: str | list[str], shell: bool
) -> None:
    document = {
        "command": command,
        "parameters": {"x": {"type": "float", "min": 0, "max": 1}},
        "metrics": {"loss": {"regex": "loss=(.+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "run": {"shell": shell},
    }
    with pytest.raises(JobFileError, match="expected at most 131,072"):
        check_document(document, base_dir=folder)


def test_a_hundred_thousand_metrics_were_all_compiled(folder: Path) -> None:
    document = {
        "command": ["true"],
        "parameters": {"x": {"type": "float", "min": 0, "max": 1}},
        "metrics": {f"loss{number}": {"regex": "loss=(.+)"} for number in range(100_000)},
        "objective": {"metric": "loss0", "goal": "minimize"},
    }
    with pytest.raises(JobFileError, match="metrics: has 100,000 entries, expected at most 1,000"):
        check_document(document, base_dir=folder)


@pytest.mark.parametrize("command", ["true" + " a" * 60_000, ["true"] + ["a"] * 60_000])
def test_a_hundred_thousand_words_of_a_command_were_all_looked_through(folder: Path, command: str | list[str]) -> None:
    document = {
        "command": command,
        "parameters": {"x": {"type": "float", "min": 0, "max": 1}},
        "metrics": {"loss": {"regex": "loss=(.+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
    }
    with pytest.raises(
        JobFileError, match="command: has 60,001 words, expected at most 10,000; write a long list into"
    ):
        check_document(document, base_dir=folder)


def test_a_hundred_thousand_variables_were_all_taken_for_secrets(folder: Path) -> None:
    document = {
        "command": ["true"],
        "parameters": {"x": {"type": "float", "min": 0, "max": 1}},
        "metrics": {"loss": {"regex": "loss=(.+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "run": {"env": {f"A{number}": "secret" for number in range(100_000)}},
    }
    with pytest.raises(JobFileError, match="expected at most 1,000 variables, not 100,000") as refused:
        check_document(document, base_dir=folder)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("setup", "commands"),
    [
        ("source venv/bin/activate", ["source venv/bin/activate"]),
        (["export A=1", "cd src"], ["export A=1", "cd src"]),
        ("# activates\n. a\r\n\nexport A=1\n", [". a", "export A=1"]),
        ("if a; then\n  b\nfi\nc", ["if a; then\n  b\nfi", "c"]),
        (["if a; then", "b", "fi"], ["if a; then\nb\nfi"]),
        ("a \\\n  b\nc 'x\ny'", ["a \\\n  b", "c 'x\ny'"]),
        ("a\ncat <<X > f\nb\nX\nc\n", ["a", "cat <<X > f\nb\nX\nc"]),
        ("", []),
    ],
)
def test_a_setup_is_a_list_of_whole_shell_commands(setup: Any, commands: list[str], folder: Path) -> None:
    complete, spec = understood(minimal(run={"setup": setup}), base_dir=folder)
    assert complete["run"]["setup"] == commands
    assert spec.run.setup == tuple(commands)
    assert understood(complete, base_dir=folder) == (complete, spec)
    (folder / "again.yaml").write_text(dump_job_file(complete))
    assert read_job_file(folder / "again.yaml").document == complete


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        ("if true; then\n  a", "expected commands that /bin/sh understands; it reports: "),
        ("a\n)", "expected commands that /bin/sh understands; it reports: "),
        ("a \\", "the last line ends with a backslash"),
        ({"a": 1}, "expected a string or a list of strings, like source venv/bin/activate"),
        (["a", 1], "expected a string or a list of strings, like source venv/bin/activate"),
        ("a\0", "expected strings without NUL characters"),
        ("x" * 10_001, "expected at most 10,000 characters; move the commands into a script"),
    ],
)
def test_a_setup_that_no_shell_could_run_is_refused(setup: Any, says: str, folder: Path) -> None:
    with pytest.raises(JobFileError) as caught:
        check_document(minimal(run={"setup": setup}), base_dir=folder)
    (problem,) = caught.value.problems
    assert problem.startswith("job: run.setup: got ")
    assert says in problem


def test_a_setup_is_not_run_by_a_check_and_may_make_the_program(folder: Path) -> None:
    check_document(minimal(command="made-by-setup train.py", run={"setup": "touch made"}), base_dir=folder)
    assert not (folder / "made").exists()
    with pytest.raises(JobFileError, match="not on the PATH"):
        check_document(minimal(command="made-by-setup train.py"), base_dir=folder)
