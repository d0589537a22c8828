"""executors/registry.py: executors by name, with their options."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scriptune.core.job import RunSpec
from scriptune.errors import ExecutorError
from scriptune.executors.registry import DEFAULT_EXECUTOR, EXECUTORS, make_executor


@pytest.mark.parametrize("name", EXECUTORS)
def test_every_entry_can_be_made(name: str) -> None:
    executor = make_executor(name)
    executor.close()


def test_the_default_is_that_of_job_files() -> None:
    assert RunSpec().executor.name == DEFAULT_EXECUTOR


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ExecutorError, match=r"no executor 'locl'.*'local'.*Known: local"):
        make_executor("locl")


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ExecutorError, match=r"'local' has no option 'cpu'. 'local' takes no options"):
        make_executor("local", cpu=2)


def test_asking_which_executors_there_are_imports_none() -> None:
    code = "import sys, scriptune.executors.registry; print(*[name for name in sys.modules if '.local' in name])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
