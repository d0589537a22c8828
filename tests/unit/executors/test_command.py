from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import Goal, JobSpec, Objective, ParameterSpec, RunSpec, SearchSpec, Style
from scriptune.core.parameters import Bool, Categorical, Float, Int, Scalar
from scriptune.errors import CommandError
from scriptune.executors.base import LaunchSpec
from scriptune.executors.command import (
    build_launch_spec,
    make_plan,
    trial_seed,
)
from scriptune.executors.shell_line import command_line, format_command, line_to_paste

SCRIPTS = Path(__file__).parents[2] / "scripts"
LR = ParameterSpec(Float(1e-5, 1.0))
MOMENTUM = ParameterSpec(Float(0.0, 1.0, when={"optimizer": "sgd"}))
OPTIMIZER = ParameterSpec(Categorical(["adam", "sgd"]))


def job(
    *command: str,
    shell: bool = False,
    files: Mapping[str, Path] | None = None,
    env: Mapping[str, str] | None = None,
    seed: int | None = 1,
    **parameters: ParameterSpec,
) -> JobSpec:
    return JobSpec(
        name="job",
        command=command or ("train",),
        shell=shell,
        workdir=Path("/code"),
        parameters=parameters,
        metrics={},
        objective=Objective("loss", Goal.MINIMIZE),
        search=SearchSpec(seed=seed),
        run=RunSpec(env=env or {}, trial_timeout_s=60.0, cpus=2, memory_bytes=10**9),
        files=files or {},
    )


def order_of(spec: JobSpec, /, **params: Scalar) -> LaunchSpec:
    return build_launch_spec(spec, params, folder=Path("/home/jobs/j/3/1"), job_id="j", number=3)


def appended(parameter: ParameterSpec, value: Scalar) -> list[str]:
    return list(order_of(job(x=parameter), x=value).argv[1:])


# --- styles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("style", "flag", "value", "expected"),
    [
        (Style.EQUALS, None, 0.003, ["--x=0.003"]),
        (Style.EQUALS, None, 1.0, ["--x=1.0"]),
        (Style.EQUALS, None, 1e-5, ["--x=1e-05"]),
        (Style.EQUALS, None, 3, ["--x=3"]),
        (Style.EQUALS, None, True, ["--x=True"]),
        (Style.EQUALS, None, "a b", ["--x=a b"]),
        (Style.EQUALS, None, "", ["--x="]),
        (Style.EQUALS, None, "-v", ["--x=-v"]),
        (Style.EQUALS, "--rate", 0.5, ["--rate=0.5"]),
        (Style.EQUALS, "-rate", 0.5, ["-rate=0.5"]),
        (Style.SPACE, None, 0.5, ["--x", "0.5"]),
        (Style.SPACE, None, -0.5, ["--x=-0.5"]),
        (Style.SPACE, None, "-v", ["--x=-v"]),
        (Style.SPACE, "-C", 0.5, ["-C", "0.5"]),
        (Style.SPACE, "-C", -0.5, ["-C", "-0.5"]),
        (Style.SWITCH, None, True, ["--x"]),
        (Style.SWITCH, None, False, []),
        (Style.SWITCH, "-n", True, ["-n"]),
        (Style.HYDRA, None, 0.5, ["x=0.5"]),
        (Style.HYDRA, "model.x", "a b", ["model.x='a b'"]),
        (Style.HYDRA, "+model.x", -1, ["+model.x=-1"]),
    ],
)
def test_each_style_writes_a_value_its_way(style: Style, flag: str | None, value: Scalar, expected: list[str]) -> None:
    assert appended(ParameterSpec(value=value, style=style, flag=flag), value) == expected


def test_parameters_are_appended_in_the_order_of_the_job_file() -> None:
    spec = job("train", "--epochs=2", b=LR, a=ParameterSpec(value=64), c=ParameterSpec(Int(1, 9)))
    assert order_of(spec, c=2, b=0.5).argv == ("train", "--epochs=2", "--b=0.5", "--a=64", "--c=2")


def test_the_style_env_sets_a_variable_and_removes_that_of_an_inactive_parameter() -> None:
    momentum = ParameterSpec(MOMENTUM.domain, style=Style.ENV, flag="MOM")
    spec = job(lr=ParameterSpec(LR.domain, style=Style.ENV), optimizer=OPTIMIZER, momentum=momentum)
    launch_spec = order_of(spec, lr=1.0, optimizer="adam")
    assert (launch_spec.env["LR"], launch_spec.env["MOM"]) == ("1.0", None)
    assert order_of(spec, lr=1.0, optimizer="sgd", momentum=0.9).env["MOM"] == "0.9"
    assert launch_spec.argv == ("train", "--optimizer=adam")


def test_the_style_env_spells_the_variable_in_capitals_and_as_the_parameter_unless_a_flag_names_it() -> None:
    given = {"lr": ParameterSpec(LR.domain, style=Style.ENV), "a-b": ParameterSpec(value=1, style=Style.ENV)}
    launch_spec = order_of(job(**given, x=ParameterSpec(value=2, style=Style.ENV, flag="F")), lr=0.5)
    ours = {
        name: text for name, text in launch_spec.env.items() if not name.startswith(("SCRIPTUNE_", "PYTHON", "COLUMNS"))
    }
    assert ours == {"lr": "0.5", "LR": "0.5", "A_B": "1", "F": "2"}
    assert order_of(job(env={"lr": "mine"}, lr=given["lr"]), lr=0.5).env["lr"] == "mine"


def test_a_placeholder_takes_the_place_of_the_appended_argument() -> None:
    spec = job("train", "{lr}", "--out=run-{lr}-{trial}", lr=LR)
    assert order_of(spec, lr=0.5).argv == ("train", "0.5", "--out=run-0.5-3")


def test_the_facts_of_a_trial_are_placeholders_and_variables() -> None:
    launch_spec = order_of(job("t", "{trial_dir}", "{trial}", "{job_id}", "{seed}", "{attempt}", lr=LR), lr=0.5)
    facts = ("/home/jobs/j/3/1/work", "3", "j", str(trial_seed(1, 3)), "1")
    assert launch_spec.argv[1:6] == facts
    names = ("TRIAL_DIR", "TRIAL", "JOB_ID", "SEED", "ATTEMPT")
    assert tuple(launch_spec.env[f"SCRIPTUNE_{name}"] for name in names) == facts


def test_a_parameter_goes_before_a_fact_of_its_name() -> None:
    trial = ParameterSpec(Int(1, 99, when={"optimizer": "sgd"}))
    spec = job("t", "--s={trial}", optimizer=OPTIMIZER, trial=trial)
    assert order_of(spec, optimizer="sgd", trial=42).argv == ("t", "--s=42", "--optimizer=sgd")
    assert order_of(spec, optimizer="adam").argv == ("t", "--optimizer=adam")
    assert order_of(spec, optimizer="adam").env["SCRIPTUNE_TRIAL"] == "3"


def test_limits_slots_and_environment_come_from_the_job() -> None:
    launch_spec = order_of(job(env={"OMP_NUM_THREADS": "1"}, lr=LR), lr=0.5)
    assert (launch_spec.timeout_s, launch_spec.cpus, launch_spec.cwd) == (60.0, 2, Path("/code"))
    assert launch_spec.memory_bytes == 10**9
    assert launch_spec.env["OMP_NUM_THREADS"] == "1"


def test_python_prints_at_once_unless_the_job_says_otherwise() -> None:
    assert order_of(job(lr=LR), lr=0.5).env["PYTHONUNBUFFERED"] == "1"
    assert order_of(job(env={"PYTHONUNBUFFERED": ""}, lr=LR), lr=0.5).env["PYTHONUNBUFFERED"] == ""


# --- conditions ---------------------------------------------------------------------------------------------


def test_an_inactive_parameter_is_not_passed() -> None:
    spec = job(optimizer=OPTIMIZER, momentum=MOMENTUM)
    assert order_of(spec, optimizer="adam").argv == ("train", "--optimizer=adam")
    assert order_of(spec, optimizer="sgd", momentum=0.5).argv == ("train", "--optimizer=sgd", "--momentum=0.5")


def test_the_argument_of_an_inactive_placeholder_is_left_out() -> None:
    spec = job("t", "--m={momentum}", "end", optimizer=OPTIMIZER, momentum=MOMENTUM)
    assert order_of(spec, optimizer="adam").argv == ("t", "end", "--optimizer=adam")
    assert order_of(spec, optimizer="sgd", momentum=0.5).argv == ("t", "--m=0.5", "end", "--optimizer=sgd")


@pytest.mark.parametrize("style", [Style.EQUALS, Style.SPACE, Style.HYDRA, Style.ENV])
def test_null_leaves_the_flag_out_in_every_style(style: Style) -> None:
    spec = job(lr=LR, scheduler=ParameterSpec(Categorical(["cosine", None]), style=style))
    told, not_told = order_of(spec, lr=0.5, scheduler="cosine"), order_of(spec, lr=0.5, scheduler=None)
    assert not_told.argv == ("train", "--lr=0.5")
    if style is Style.ENV:
        assert (told.env["SCHEDULER"], not_told.env["SCHEDULER"]) == ("cosine", None)
    else:
        assert told.argv[:2] == ("train", "--lr=0.5")
        assert any("cosine" in argument for argument in told.argv)


def test_a_switch_may_be_on_or_left_out_but_not_be_left_out_in_two_ways() -> None:
    assert appended(ParameterSpec(Categorical([True, None]), style=Style.SWITCH), None) == []
    with pytest.raises(CommandError, match="false and null both leave the flag out"):
        order_of(job(x=ParameterSpec(Categorical([True, False, None]), style=Style.SWITCH)), x=True)


def test_the_argument_and_the_line_of_a_placeholder_are_left_out_with_null(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("a: 1\nscheduler: {scheduler}\nb: 2\n")
    scheduler = ParameterSpec(Categorical(["cosine", None]))
    spec = job("t", "--s={scheduler}", "end", scheduler=scheduler, files={"c.yaml": tmp_path / "t"})
    assert order_of(spec, scheduler="cosine").argv == ("t", "--s=cosine", "end")
    assert order_of(spec, scheduler=None).argv == ("t", "end")
    assert order_of(spec, scheduler=None).files["c.yaml"] == "a: 1\nb: 2\n"


def test_a_placeholder_of_null_that_would_leave_its_flag_behind_is_refused() -> None:
    scheduler = ParameterSpec(Categorical(["cosine", None]))
    with pytest.raises(CommandError, match="not always used"):
        order_of(job("t", "--s", "{scheduler}", scheduler=scheduler), scheduler="cosine")
    with pytest.raises(CommandError, match="not always used"):
        order_of(job("t --s={scheduler}", shell=True, scheduler=scheduler), scheduler="cosine")


def test_a_missing_value_of_a_parameter_that_is_always_used_is_an_error() -> None:
    with pytest.raises(CommandError, match="'lr' has no value"):
        order_of(job(lr=LR))


# --- templates ----------------------------------------------------------------------------------------------


def test_a_template_is_filled_line_by_line(tmp_path: Path) -> None:
    template = tmp_path / "conf.yaml.tmpl"
    template.write_bytes(b"lr: {lr}\r\nmomentum: {momentum}\nfast: {fast}\nother: {name} {}\nout: {trial_dir}")
    spec = job(
        "t", "{trial_dir}/conf.yaml", files={"conf.yaml": template},
        lr=LR, optimizer=OPTIMIZER, momentum=MOMENTUM, fast=ParameterSpec(Bool()),
    )  # fmt: skip
    launch_spec = order_of(spec, lr=1e-5, optimizer="adam", fast=True)
    assert launch_spec.argv == ("t", "/home/jobs/j/3/1/work/conf.yaml", "--optimizer=adam")
    text = "lr: 1.0e-05\r\nfast: true\nother: {name} {}\nout: /home/jobs/j/3/1/work"
    assert launch_spec.files == {"conf.yaml": text}
    assert "momentum: 0.5\n" in order_of(spec, lr=1e-5, optimizer="sgd", fast=True, momentum=0.5).files["conf.yaml"]


def test_a_template_in_no_known_format_gets_what_arguments_get(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("lr = {lr}; fast = {fast}")
    spec = job(files={"conf.py": tmp_path / "t"}, lr=LR, fast=ParameterSpec(Bool()))
    assert order_of(spec, lr=1e-5, fast=False).files == {"conf.py": "lr = 1e-05; fast = False"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", ""])
def test_a_file_outside_the_folder_of_the_trial_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="not a file name inside the trial's folder"):
        make_plan(job(files={name: tmp_path}, lr=LR))


def test_a_template_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent' cannot be read: No such file"):
        make_plan(job(files={"a": tmp_path / "absent"}, lr=LR))
    (tmp_path / "binary").write_bytes(b"ab\xff")
    with pytest.raises(CommandError, match=r"binary' is not UTF-8 text \(byte 2\)"):
        make_plan(job(files={"a": tmp_path / "binary"}, lr=LR))


# --- a shell ------------------------------------------------------------------------------------------------


def test_a_shell_gets_one_text_with_quoted_values() -> None:
    spec = job("train {name} | tee log", shell=True, name=ParameterSpec(value="a 'b'; rm -rf x"))
    assert order_of(spec).argv == ("/bin/sh", "-c", """train 'a '"'"'b'"'"'; rm -rf x' | tee log""")


@settings(max_examples=30)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_real_shell_reads_every_value_as_it_is_in_all_quotes(value: str) -> None:
    spec = job("""printf '%s|' {x} "{x}" '{x}' "a{x}b" """, shell=True, x=ParameterSpec(value=value))
    run = subprocess.run(order_of(spec).argv, capture_output=True, check=True)
    assert run.stdout.decode() == f"{value}|{value}|{value}|a{value}b|"


def test_a_plain_shell_command_gets_arguments_appended() -> None:
    spec = job("PYTHONPATH=. python 'my train.py'", shell=True, name=ParameterSpec(value="a b"))
    assert order_of(spec).argv[2] == "PYTHONPATH=. python 'my train.py' '--name=a b'"


@pytest.mark.parametrize("text", ["train | tee log", "train; echo", "train > log", "(train)", "train # x", "a\ntrain"])
def test_a_parameter_that_may_go_astray_in_a_shell_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match=r"they may not reach the program\. .*--lr=\{lr\}"):
        make_plan(job(text, shell=True, lr=LR))
    make_plan(job(text, shell=True, lr=ParameterSpec(LR.domain, style=Style.ENV)))


def test_a_conditional_placeholder_in_a_shell_is_refused() -> None:
    with pytest.raises(CommandError, match="no argument to leave out"):
        make_plan(job("train {momentum}", shell=True, optimizer=OPTIMIZER, momentum=MOMENTUM))


# --- mistakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (job(" ", lr=LR), "command is empty"),
        (job("t", "--x={learning_rat}", learning_rate=LR), r"is not a parameter\. Did you mean 'learning_rate'\?"),
        (job("a\0b", lr=LR), "NUL"),
        (job(x=ParameterSpec(value="a\0b")), r"'a\\x00b' contains a NUL"),
        (job(x=ParameterSpec(Categorical(["a", "\0"]))), "contains a NUL"),
        (job(x=ParameterSpec(LR.domain, style=Style.SWITCH)), "style switch needs type bool"),
        (job(x=ParameterSpec(value="yes", style=Style.SWITCH)), "style switch needs type bool"),
        (
            job(x=ParameterSpec(LR.domain, style=Style.ENV, flag="a-b")),
            "'a-b' is not a valid name of an environment variable",
        ),
        (
            job(**{"1x": ParameterSpec(LR.domain, style=Style.ENV)}),
            "'1X' is not a valid name of an environment variable",
        ),
        (job(x=ParameterSpec(LR.domain, style=Style.ENV, flag="SCRIPTUNE_SEED")), "reserved for scriptune"),
        (job(env={"SCRIPTUNE_TRIAL": "1"}, x=LR), "reserved for scriptune"),
        (job(env={"X": "1"}, x=ParameterSpec(LR.domain, style=Style.ENV)), r"'x' and run\.env both set '\$X'"),
        (job(x=LR, y=ParameterSpec(LR.domain, flag="--x")), "'y' and parameter 'x' both set '--x'"),
        (job(x=ParameterSpec(LR.domain, flag="")), "the flag '' is empty"),
        (job(x=ParameterSpec(LR.domain, flag="--x=")), "the flag '--x=' is empty or contains"),
        (job(x=ParameterSpec(LR.domain, flag="--a b")), "contains a space"),
        (job(x=ParameterSpec(LR.domain, flag="x")), r"does not start with a dash; write '--x', or set 'style: hydra'"),
        (job("t", "{x}", x=ParameterSpec(LR.domain, flag="-x")), "has both a placeholder and a flag;"),
        (job("t", "{x}", x=ParameterSpec(LR.domain, style=Style.ENV)), "has both a placeholder and a style env;"),
        (job("t", "{lr}-{momentum}", lr=LR, optimizer=OPTIMIZER, momentum=MOMENTUM), "and lr with it"),
        (job("t", "--m", "{momentum}", optimizer=OPTIMIZER, momentum=MOMENTUM), r"Write '--m=\{momentum\}'"),
    ],
)
def test_mistakes_are_found_before_anything_starts(spec: JobSpec, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        make_plan(spec)


def test_a_line_of_a_template_must_not_take_another_parameter_along(tmp_path: Path) -> None:
    (tmp_path / "t").write_text('{"lr": {lr}, "momentum": {momentum}}')
    with pytest.raises(CommandError, match=r"Template of 'c.json': \{momentum\} is not always used"):
        make_plan(job(files={"c.json": tmp_path / "t"}, lr=LR, optimizer=OPTIMIZER, momentum=MOMENTUM))


# --- lines to paste -----------------------------------------------------------------------------------------


def test_a_formatted_command_sets_and_removes_variables() -> None:
    assert format_command(["a", "b c"], {"X": "1 2", "Y": None}) == "env -u Y X='1 2' a 'b c'"
    assert format_command(["a"], {"X": "1"}) == "X=1 a"


def test_a_line_to_paste_runs_the_same_command_without_our_variables() -> None:
    spec = job("t", "{lr}", env={"A": "b c"}, lr=LR, name=ParameterSpec(value="x y", style=Style.ENV))
    assert command_line(order_of(spec, lr=0.5)) == "name='x y' A='b c' NAME='x y' t 0.5"
    assert command_line(order_of(job("t {lr} | tee x", shell=True, lr=LR), lr=0.5)) == "t 0.5 | tee x"


# --- seeds --------------------------------------------------------------------------------------------------


def test_the_seed_of_a_trial_is_fixed_for_ever() -> None:
    assert [trial_seed(1, 0), trial_seed(1, 1), trial_seed(2, 0)] == [1395928989, 1801111726, 1935198331]


def test_seeds_of_trials_differ_and_fit_every_framework() -> None:
    seeds = {trial_seed(seed, number) for seed in range(30) for number in range(100)}
    assert len(seeds) == 3000
    assert all(0 <= seed < 2**31 for seed in seeds)


# --- a real program -----------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**9), 10**9),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)
def test_values_arrive_in_a_real_program_as_they_left(lr: float, n: int, name: str) -> None:
    spec = job(
        sys.executable, "-I", "-S", str(SCRIPTS / "report_call.py"), "{name}",
        lr=ParameterSpec(value=lr), n=ParameterSpec(value=n, style=Style.SPACE),
        name=ParameterSpec(value=name), again=ParameterSpec(value=name, style=Style.ENV),
    )  # fmt: skip
    launch_spec = order_of(spec)
    environment = {name: value for name, value in launch_spec.env.items() if value is not None}
    run = subprocess.run(launch_spec.argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    call: Any = json.loads(run.stdout)
    argv = call["argv"]
    assert argv[0] == name
    assert float(argv[1].removeprefix("--lr=")) == lr
    assert int(argv[2].removeprefix("--n=") if len(argv) == 3 else argv[3]) == n
    assert call["env"]["AGAIN"] == name


def test_a_plan_is_made_once_and_used_for_many_trials() -> None:
    plan = make_plan(job("t", "{lr}", lr=LR))
    orders = [plan.launch_spec({"lr": lr}, folder=Path("/f"), job_id="j", number=0) for lr in (0.25, 0.5)]
    assert [launch_spec.argv[1] for launch_spec in orders] == ["0.25", "0.5"]


def test_programs_see_a_wide_terminal_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert order_of(job(lr=LR), lr=0.5).env["COLUMNS"] == "400"
    assert order_of(job(env={"COLUMNS": "120"}, lr=LR), lr=0.5).env["COLUMNS"] == "120"
    assert "COLUMNS" not in command_line(order_of(job(lr=LR), lr=0.5))
    assert "COLUMNS=120" in command_line(order_of(job(env={"COLUMNS": "120"}, lr=LR), lr=0.5))
    monkeypatch.setenv("COLUMNS", "90")
    assert "COLUMNS" not in order_of(job(lr=LR), lr=0.5).env


@pytest.mark.parametrize(
    "setup",
    [
        ("export A=x", "export B='y z'"),
        ("source ./activate # comment", "if true; then\n  B='y z'\nfi", "export B"),
        ("A=x; export A", "export B='y z' && true", "sleep 0 &"),
        ("read A <<X\nx\nX", "export A B='y z'"),
    ],
)
def test_a_line_to_paste_has_the_setup_before_the_program(tmp_path: Path, setup: tuple[str, ...]) -> None:
    (tmp_path / "activate").write_text("export A=x\n")
    spec = job(*("sh", "-c", 'echo "$A $B $0"', "it's"), lr=ParameterSpec(value=0.5, style=Style.ENV))
    spec = replace(spec, workdir=tmp_path, run=replace(spec.run, setup=setup))
    order = build_launch_spec(spec, {}, folder=tmp_path / "1", job_id="j", number=3)
    assert order.setup == setup
    line = line_to_paste(order, tmp_path / "new")
    for shell in ("sh", "bash"):
        ran = subprocess.run([shell, "-c", line], capture_output=True, text=True, check=True)
        assert ran.stdout == "x y z it's\n"
    assert command_line(order) in line


def test_a_setup_that_fails_starts_nothing_in_a_line_to_paste_either(tmp_path: Path) -> None:
    for setup in (("false",), ("false # comment",), ("false || false",), ("cat <<X\nX\n", "false;")):
        spec = job("echo", "started", lr=ParameterSpec(value=0.5, style=Style.ENV))
        spec = replace(spec, workdir=tmp_path, run=replace(spec.run, setup=setup))
        line = line_to_paste(build_launch_spec(spec, {}, folder=tmp_path / "1", job_id="j", number=3), tmp_path / "new")
        ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (1, "")


def _first(origin: Origin, **params: Scalar) -> list[FirstPoint]:
    return [FirstPoint(params, dict.fromkeys(params, origin)), FirstPoint({"lr": 0.2})]


def test_the_program_s_own_defaults_are_passed_by_leaving_them_out() -> None:
    spec = job(lr=ParameterSpec(Float(0.0, 1.0)), n=ParameterSpec(value=3))
    plan = make_plan(spec, _first(Origin.HELP, lr=0.1))
    assert plan.launch_spec({"lr": 0.1}, folder=Path("/f"), job_id="j", number=0).argv == ("train", "--n=3")
    assert plan.launch_spec({"lr": 0.2}, folder=Path("/f"), job_id="j", number=1).argv == ("train", "--lr=0.2", "--n=3")


@pytest.mark.parametrize("origin", [Origin.YOURS, Origin.ARGUMENT, Origin.TEMPLATE, Origin.USUAL, Origin.CENTRE])
def test_defaults_from_anywhere_else_are_passed(origin: Origin) -> None:
    spec = job(lr=ParameterSpec(Float(0.0, 1.0)))
    assert make_plan(spec, _first(origin, lr=0.1)).as_is is None


def test_a_default_with_a_placeholder_or_a_variable_is_passed() -> None:
    placed = job("train", "--rate={lr}", lr=ParameterSpec(Float(0.0, 1.0)))
    variable = job(lr=ParameterSpec(Float(0.0, 1.0), style=Style.ENV))
    for spec in (placed, variable):
        assert make_plan(spec, _first(Origin.HELP, lr=0.1)).as_is is None
