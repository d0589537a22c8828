"""executors/shell_line.py, by running what it writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scriptune.core.job import Goal, JobSpec, Objective, ParameterSpec, RunSpec, SearchSpec, Style
from scriptune.core.parameters import Categorical, Float
from scriptune.executors.command import build_launch_spec
from scriptune.executors.shell_line import file_steps, format_command, line_to_paste

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "busybox sh") if shutil.which(shell.split()[0])]
LIMIT_S = 60

# Says what it was given: arguments, variables, folder.
PROGRAM = """#!{python}
import json, os, sys
print(json.dumps([sys.argv, dict(os.environ), os.getcwd()]))
"""

SIGNS = "a0 '\"\\$`!*?[]{}()<>|&;#~%=\n\t-+,.:/@^é\u00a0\U0001f600"
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
nasty = st.text(st.sampled_from(SIGNS) | characters, max_size=12)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program in a folder whose name needs quotes."""
    folder = tmp_path_factory.mktemp("it's a $HOME; folder")
    for name in ("tell", "test", "echo", "time", "exit", "a=b", "if"):
        (folder / name).write_text(PROGRAM.format(python=sys.executable))
        (folder / name).chmod(0o755)
    return folder / "tell"


def run(shell: str, line: str, **env: str) -> Any:
    """What the program says when a line is pasted into a shell in another folder."""
    clean = {"PATH": os.environ["PATH"], "LR": "of the user", **env}
    done = subprocess.run(
        [*shell.split(), "-c", line], cwd="/", env=clean, capture_output=True, check=False, timeout=LIMIT_S
    )
    assert done.returncode == 0, (line, done.stderr)
    return json.loads(done.stdout)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=12)
@given(values=st.lists(nasty, max_size=3), variables=st.dictionaries(st.sampled_from(["A", "b", "x.y", "-u"]), nasty))
def test_every_value_reaches_the_program_as_it_is(
    program: Path, shell: str, values: list[str], variables: dict[str, str]
) -> None:
    variables = {name: value for name, value in variables.items() if name != "-u"}
    argv, env, _ = run(shell, format_command([str(program), *values], {**variables, "LR": None}))
    assert argv[1:] == values
    assert {name: env.get(name) for name in variables} == variables
    assert "LR" not in env


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", ["test", "echo", "time", "exit", "a=b", "if"])
@pytest.mark.parametrize("variables", [{}, {"A": "1"}, {"A": None}])
def test_a_program_that_is_called_like_a_command_of_the_shell_is_the_program(
    program: Path, shell: str, name: str, variables: dict[str, str | None]
) -> None:
    line = format_command([name, "a\\nb", "="], variables)
    argv, _, _ = run(shell, line, PATH=f"{program.parent}:{os.environ['PATH']}")
    assert Path(argv[0]).name == name
    assert argv[1:] == ["a\\nb", "="]


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=12)
@given(value=nasty.filter(bool), text=nasty, is_shell=st.booleans())
def test_what_is_pasted_gets_what_the_trial_got(
    program: Path, tmp_path_factory: pytest.TempPathFactory, shell: str, value: str, text: str, is_shell: bool
) -> None:
    folder = tmp_path_factory.mktemp("paste")
    template = folder / "template"
    template.write_bytes(("text: " + text.replace("{", "").replace("}", "") + " {choice}\n%s\\n").encode())
    command = ("./tell", "--out={trial_dir}/a b", "{other}")
    spec = JobSpec(
        name="job",
        command=('./tell --out={trial_dir}/"a b" \'{other}\'; exit $((0))',) if is_shell else command,
        shell=is_shell,
        workdir=program.parent,
        parameters={
            "choice": ParameterSpec(Categorical([value, "b"])),
            "other": ParameterSpec(value=value),
            "name": ParameterSpec(value=value, style=Style.ENV),
            "lr": ParameterSpec(Float(0.0, 1.0, when={"choice": "b"}), style=Style.ENV),
        },
        metrics={},
        objective=Objective("loss", Goal.MINIMIZE),
        search=SearchSpec(seed=1),
        run=RunSpec(env={"MORE": value}),
        files={"sub dir/conf.yaml": template},
    )  # fmt: skip
    new = folder / "it's new"
    launch_spec = build_launch_spec(
        spec, {"choice": value}, folder=folder / "recorded", job_id="j", number=3, trial_dir=new
    )
    for _ in range(2):  # a second time too
        argv, env, cwd = run(shell, line_to_paste(launch_spec, new))
        assert argv == ["./tell", f"--out={new}/a b", value]
        assert cwd == str(program.parent.resolve())
        assert (env["name"], env["NAME"], env["MORE"], env["SCRIPTUNE_TRIAL_DIR"]) == (value, value, value, str(new))
        assert "LR" not in env
        assert (new / "sub dir" / "conf.yaml").read_bytes() == launch_spec.files["sub dir/conf.yaml"].encode()
    assert not (folder / "recorded").exists()


@settings(max_examples=12)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@pytest.mark.parametrize("shell", SHELLS)
def test_a_config_file_is_written_byte_by_byte(tmp_path_factory: pytest.TempPathFactory, shell: str, text: str) -> None:
    folder = tmp_path_factory.mktemp("files")
    steps = file_steps(folder / "d", {"f": text}, folder)
    assert not any(ord(character) < 32 for step in steps for character in step)
    subprocess.run([*shell.split(), "-c", " && ".join(steps)], check=True, timeout=LIMIT_S)
    assert (folder / "d" / "f").read_bytes() == text.encode()


def test_a_config_file_too_long_for_a_line_is_copied(tmp_path: Path) -> None:
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "f").write_text("x" * 100_000)
    steps = file_steps(tmp_path / "d", {"f": "x" * 100_000}, tmp_path / "recorded")
    subprocess.run(["sh", "-c", " && ".join(steps)], check=True, timeout=LIMIT_S)
    assert (tmp_path / "d" / "f").read_text() == "x" * 100_000


def test_the_text_of_a_shell_job_ends_no_shell_that_it_is_pasted_into(tmp_path: Path) -> None:
    for text in ("exit 0", "set -e; false || true", "cd /tmp", "sleep 0 &", "true # not", "A=1 true", "x=$HOME"):
        line = format_command(["/bin/sh", "-c", text])
        done = subprocess.run(
            ["sh", "-c", f"{line}\necho still here $A; pwd"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"still here\n{tmp_path.resolve()}\n"
