from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.job import Goal, Style
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.errors import JobFileError
from scriptune.jobfile import check_document, from_command_line
from scriptune.jobfile.shorthand import parse_metric, parse_parameter

REGEX = "val_acc=([0-9.]+)"
COMMAND = ["python", "train.py"]


def parameter(text: str, folder: Path) -> Any:
    document = from_command_line([text, "other=0.0..1.0"], [REGEX], "max", COMMAND)
    spec = check_document(document, base_dir=folder).spec.parameters[text.partition("=")[0]]
    return spec.domain if spec.domain is not None else spec.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lr=1e-5..1e-1:log", Float(1e-5, 1e-1, log=True)),
        ("lr=1e-5..1e-1:log:default=1e-3", Float(1e-5, 1e-1, log=True, default=1e-3)),
        ("n=1..8", Int(1, 8)),
        ("n=1..9:step=2", Int(1, 9, step=2)),
        ("n=16..512:log:int", Int(16, 512, log=True)),
        ("n=1..8:float", Float(1.0, 8.0)),
        ("n=1..1e3", Float(1.0, 1000.0)),
        ("n=1..1e3:int", Int(1, 1000)),
        ("x=0..1:step=0.1", Float(0.0, 1.0, step=0.1)),
        ("x=-5..-.5", Float(-5.0, -0.5)),
        ("x=1...5e1", Float(1.0, 50.0)),
        ("optimizer=adam,sgd", Categorical(["adam", "sgd"])),
        ("optimizer=adam,sgd:default=sgd", Categorical(["adam", "sgd"], default="sgd")),
        ("size=16,32,64", Categorical([16, 32, 64])),
        ("size=16,32:int", Categorical([16, 32])),
        ("size=1,2.5:float", Categorical([1.0, 2.5])),
        ("size='16','32'", Categorical(["16", "32"])),
        ('layers="64,64","32:16",don\'t', Categorical(["64,64", "32:16", "don't"])),
        ("nesterov=true,false", Bool()),
        ("nesterov=false,true:default=true", Bool(default=True)),
        ("mode=none,null", Categorical(["none", "null"])),
        ("scheduler=cosine,step:null", Categorical(["cosine", "step", None])),
        ("clip=5:null", Categorical([5, None])),
        ("nesterov=true,false:null", Categorical([True, False, None])),
        ("size=1,2:int:null", Categorical([1, 2, None])),
        ("size=1,2:null:float", Categorical([1.0, 2.0, None])),
        ("layers=1,2,4,8:ordered", Categorical([1, 2, 4, 8], ordered=True)),
        ("beta2=0.9..0.9999:log=reverse", Float(0.9, 0.9999, log="reverse")),
        ("batch_size=64", 64),
        ("batch_size=64:float", 64.0),
        ("rate=1e-3", 1e-3),
        ("nesterov=true", True),
        ("tag='a, b: c'", "a, b: c"),
        ('tag=""', ""),
        ("data=../data/v1.2", "../data/v1.2"),
        ("tag='1..5'", "1..5"),
        ("x=0.0..1.0:when=other=0.5", Float(0.0, 1.0, when={"other": 0.5})),
    ],
)
def test_a_parameter_of_the_command_line_means_what_it_says(text: str, expected: object, folder: Path) -> None:
    understood = parameter(text, folder)
    assert understood == expected
    assert type(understood) is type(expected)


def test_conditions_name_one_or_several_values_and_parents(folder: Path) -> None:
    params = ["optimizer=adam,sgd,rms", "fused=true,false", "m=0.0..0.9:when=optimizer=sgd|rms:when=fused=true"]
    spec = check_document(from_command_line(params, [REGEX], "max", COMMAND), base_dir=folder).spec
    assert dict(spec.parameters["m"].domain.when) == {"optimizer": ("sgd", "rms"), "fused": (True,)}  # type: ignore[union-attr]  # searched


def test_a_condition_on_null_is_not_one_on_the_string(folder: Path) -> None:
    params = ["scheduler=cosine,step:null", "lr=0.1..1.0:when=scheduler=null"]
    spec = check_document(from_command_line(params, [REGEX], "max", COMMAND), base_dir=folder).spec
    assert dict(spec.parameters["lr"].domain.when) == {"scheduler": (None,)}  # type: ignore[union-attr]  # searched


def test_null_is_refused_for_a_range(folder: Path) -> None:
    with pytest.raises(JobFileError, match="null is for choices"):
        parameter("lr=0.1..1.0:null", folder)


def test_flag_and_style_can_be_given(folder: Path) -> None:
    params = ["c=0.1..9.0:flag=-C:style=space", "nesterov=true,false:style=switch"]
    spec = check_document(from_command_line(params, [REGEX], "max", COMMAND), base_dir=folder).spec
    assert (spec.parameters["c"].flag, spec.parameters["c"].style) == ("-C", Style.SPACE)
    assert spec.parameters["nesterov"].style is Style.SWITCH


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr", "expected NAME=VALUES, like lr=0.0..1.0"),
        ("=1..2", "'' before the '=' is not a parameter name"),
        ("a b=1..2", "'a b' before the '=' is not a parameter name"),
        ("lr=", "no values after"),
        ("lr=1e-5..high", "'1e-5..high' is not a range"),
        ("lr=low..1", "'low..1' is not a range"),
        ("lr=1..", "'1..' is not a range"),
        ("lr=..1", "'..1' is not a range"),
        ("lr=a..b", "'a..b' is not a range"),
        ("opt=adam,,sgd", "between the commas is empty"),
        ("lr=0.1..1:lgo", "unknown modifier ':lgo'. Did you mean 'log'?"),
        ("lr=0.1..1:log=true", "unknown modifier ':log=true'"),
        ("lr=0.1..1:step", "unknown modifier ':step'. Did you mean 'step'?"),
        ("lr=0.1..1:step=", "':step=' has no value"),
        ("lr=0.1..1:when=opt", "':when=opt' is not a condition"),
        ("lr=0.1..1:int:float", "exclude each other"),
        ("url=http://host", "Put a value that contains ':' in quotes"),
        ("tag='a", "the quote ' is not closed"),
        ("n=1,2.5:int", "needs integers, got [1, 2.5]"),
        ("n=a,b:float", "needs numbers, got 'a'"),
        ("lr=[0.001,0.1]", "split by a comma; write for a range 0.001..0.1"),
        ("lr=(1,2,3)", "write for these choices 1,2,3"),
        ("lr=loguniform(1e-5,1e-1)", "for a range 1e-5..1e-1"),
        ("lr=0.001-0.1", "for a range write 0.001..0.1"),
        ("lr=1 to 5", "for a range write 1..5"),
        ("lr=1~5", "for a range write 1..5"),
        ("lr=-1 - -0.5", "for a range write -1..-0.5"),
        ("lr=1e-3...1e-1", "for a range write 1e-3..1e-1"),  # not 0.001..0.01, which is `..` and `.1e-1`
        ("lr=0.001:0.1", "write 0.001..0.1. If"),
        ("lr=0.001:0.1:log", "write 0.001..0.1:log"),
        ("lr=uniform:0.001:0.1", "write 0.001..0.1. If"),
        ("lr=loguniform:1e-5:1", "write 1e-5..1:log"),
        ("n=1..8:2", "for steps of 2 write 1..8:step=2"),
        ("lr=0.001,0.1:log", "for a range write 0.001..0.1:log"),
        ("opt=[sgd,adam]", "write for these choices sgd,adam"),
        ("opt=sgd|adam", "for a choice write sgd,adam"),
        ("n=16; 32; 64", "for a choice write 16,32,64"),
    ],
)
def test_a_wrong_parameter_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_parameter(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "regex"),
    [
        ("val_acc=([0-9.]+)", "val_acc", "val_acc=([0-9.]+)"),
        (r"loss=(\S+)", "loss", r"loss=(\S+)"),
        (r"loss=\s*(\S+)", "loss", r"loss=\s*(\S+)"),
        (r"loss=(?P<value>\S+) step=(?P<step>\d+)", "loss", r"loss=(?P<value>\S+) step=(?P<step>\d+)"),
        (r"step=(?P<step>\d+) loss=(\S+)", "loss", r"step=(?P<step>\d+) loss=(\S+)"),
        (r"loss: (\S+)", "loss", r"loss: (\S+)"),
        (r"(\S+) loss=x", "metric", r"(\S+) loss=x"),
        ("loss=", "loss", "loss="),
        ("loss=10.0", "loss", "loss=10.0"),
        ("acc=val_acc=([0-9.]+)", "acc", "val_acc=([0-9.]+)"),
        (r"acc=val acc: (\S+)", "acc", r"val acc: (\S+)"),
        (r"acc=^val.*?(\S+)", "acc", r"^val.*?(\S+)"),
        (r"acc=^.*val_acc=(\S+)", "acc", r"^.*val_acc=(\S+)"),
        (r"score=^\s*\d+\s+(\S+)", "score", r"^\s*\d+\s+(\S+)"),
        (r"acc=\bacc (\S+)", "acc", r"\bacc (\S+)"),
        (r"acc=\[val\] (\S+)", "acc", r"\[val\] (\S+)"),
        (r'acc="acc": ([0-9.]+)', "acc", r'"acc": ([0-9.]+)'),
        (r"acc=(?i)Accuracy: (\S+)", "acc", r"(?i)Accuracy: (\S+)"),
        (r"metric=epoch=\d+ acc=(\S+)", "metric", r"epoch=\d+ acc=(\S+)"),
        (r"epoch=\d+ acc=(\S+)", "acc", r"epoch=\d+ acc=(\S+)"),
        (r"acc=: ([0-9.]+)", "acc", r"acc=: ([0-9.]+)"),
        (r"acc=\| +(\S+)", "acc", r"acc=\| +(\S+)"),
    ],
)
def test_a_metric_without_a_name_is_called_by_the_word_before_its_number(text: str, name: str, regex: str) -> None:
    assert parse_metric(text) == (name, {"regex": regex})


REGEXES = st.text(st.sampled_from("ab_= :|^$.*+?\\()[]{}0d"), min_size=1, max_size=20).filter(str.strip)


@given(name=st.text("ab_c1.", min_size=1, max_size=6), regex=REGEXES)
def test_a_metric_with_a_name_is_never_guessed_at(name: str, regex: str) -> None:
    document = from_command_line(["lr=0.1..1.0"], [(name, regex)], "max", COMMAND)
    assert document["metrics"] == {name: {"regex": regex}}
    assert document["objective"]["metric"] == name


@given(regexes=st.lists(REGEXES, min_size=1, max_size=4, unique=True))
def test_metrics_without_names_get_different_ones(regexes: list[str]) -> None:
    unnamed = [regex for regex in regexes if parse_metric(regex)[1]["regex"] == regex]
    metrics = from_command_line(["lr=0.1..1.0"], [*unnamed, ("b", "x")], "max", COMMAND)["metrics"]
    assert [metrics[name]["regex"] for name in metrics] == [*unnamed, "x"]
    assert list(metrics)[-1] == "b"


def test_an_empty_metric_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a regular expression"):
        parse_metric(" ")


def test_the_first_metric_is_the_objective_unless_another_is_named() -> None:
    metrics = ["acc=acc (\\S+)", "loss=loss (\\S+)"]
    assert from_command_line(["a=1,2"], metrics, "max", COMMAND)["objective"]["metric"] == "acc"
    assert from_command_line(["a=1,2"], metrics, "min", COMMAND, objective="loss")["objective"]["metric"] == "loss"


def test_every_mistake_of_a_command_line_is_reported_at_once() -> None:
    with pytest.raises(JobFileError) as caught:
        from_command_line(["lr", "a=1..", "b=1,2", "b=3,4"], [("x", "a"), ("x", "b")], "up", [])
    problems = caught.value.problems
    assert len(problems) == 6
    assert all(problem.startswith("command line: ") for problem in problems)
    assert "-p 'b=3,4': 'b' is given twice" in problems[2]
    assert "give each metric a name: --metric NAME REGEX" in problems[3]


def test_a_command_line_without_anything_says_all_that_it_needs() -> None:
    with pytest.raises(JobFileError) as caught:
        from_command_line([], [], None, [])
    assert [problem.split(":")[1].split()[0] for problem in caught.value.problems] == ["-p", "-m", "the", "the"]


def test_the_command_line_of_the_manual_gives_the_job_it_describes(folder: Path) -> None:
    document = from_command_line(
        ["learning_rate=1e-5..1e-1:log", "optimizer=adam,sgd"], [REGEX], "maximize", [*COMMAND, "--epochs=20"],
        trials=20, parallel=2, trial_timeout="30m", seed=None,
    )  # fmt: skip
    spec = check_document(document, base_dir=folder, place="command line").spec
    assert spec.command == ("python", "train.py", "--epochs=20")
    assert spec.space["learning_rate"] == Float(1e-5, 1e-1, log=True)
    assert spec.metrics["val_acc"].regex == REGEX
    assert (spec.objective.metric, spec.objective.goal) == ("val_acc", Goal.MAXIMIZE)
    assert (spec.search.trials, spec.run.parallel, spec.run.trial_timeout_s) == (20, 2, 1800.0)


def test_with_shell_the_only_word_is_the_shells_text(folder: Path) -> None:
    document = from_command_line(["lr=0.1..1.0"], [REGEX], "max", ["python train.py --lr={lr} | cat"], shell=True)
    assert check_document(document, base_dir=folder).spec.command == ("python train.py --lr={lr} | cat",)
