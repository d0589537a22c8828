"""What a command runs, told by the names in it."""

import pytest

from scriptune.jobfile.program_names import is_interpreter, runs_another


@pytest.mark.parametrize("program", ["python", "python3.11", "pypy3", "sh", "csh", "Rscript", "node"])
def test_an_interpreter_runs_its_script(program: str) -> None:
    assert is_interpreter(program)
    assert runs_another(program)


@pytest.mark.parametrize("program", ["env", "timeout", "torchrun", "uv"])
def test_wrappers_and_launchers_run_another_program(program: str) -> None:
    assert runs_another(program)
    assert not is_interpreter(program)


@pytest.mark.parametrize("program", ["train.py", "pythonic", "zstd", "mysh", ""])
def test_any_other_program_is_what_its_command_runs(program: str) -> None:
    assert not runs_another(program)
