"""Makes executors and launch specs for the tests, and looks at what the programs did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scriptune.core.trial import ExitStatus
from scriptune.executors.base import Executor, Handle, LaunchSpec

__all__ = [
    "CAPABILITIES",
    "DAEMON",
    "LIMIT_S",
    "ExecutorFixtures",
    "finish",
    "has_line",
    "lives",
    "log_of",
    "printed",
    "take_news",
    "wait_for_news_of",
    "wait_until",
]

CAPABILITIES = frozenset({"own_slots", "own_devices", "engine_environment", "shared_folder"})
"""What an executor may declare.

own_slots            it has exactly the slots that `make_executor` is given, at once
own_devices          it allocates the devices that `make_executor` is given, by their names
engine_environment   programs inherit the environment of this process
shared_folder        the attempt folder is the program's: what it writes is there while no executor looks
"""

LIMIT_S = 60.0
"""How long a test waits for what should take milliseconds; a busy machine is not a failure."""

DAEMON = "setsid sh -c 'trap \"\" TERM; echo daemon $$; sleep 600' &"
"""Leaves the process group and the session, and hears no TERM."""


def wait_until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """Poll a condition until it is true, and return its value."""
    until = time.monotonic() + limit_s
    while not (answer := condition()):
        assert time.monotonic() < until, f"not true within {limit_s} s"
        time.sleep(0.002)
    return answer


def finish(executor: Executor, handle: Handle) -> ExitStatus:
    """Wait for the end of an attempt as the engine does."""
    until = time.monotonic() + LIMIT_S
    while (status := executor.poll(handle)) is None:
        assert time.monotonic() < until, f"{handle} did not end"
        executor.wait(0.1)
    return status


def log_of(handle: Handle) -> str:
    """The program's output so far."""
    path = handle.folder / "output.log"
    return path.read_text("utf-8") if path.exists() else ""


def printed(handle: Handle, word: str) -> int | None:
    """The number after a word at the start of a complete log line."""
    lines = log_of(handle).splitlines(keepends=True)
    return next((int(line.split()[1]) for line in lines if line.startswith(word) and line.endswith("\n")), None)


def has_line(handle: Handle) -> bool:
    return log_of(handle).endswith("\n")


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def take_news(executor: Executor) -> None:
    """Take all news that is there."""
    wait_until(lambda: not executor.wait(0.05))


def wait_for_news_of(executor: Executor, handle: Handle) -> None:
    """Wait until an attempt is news."""
    wait_until(lambda: handle.folder in executor.wait(0.05))


class ExecutorFixtures:
    """Makes executors and what they run."""

    capabilities = CAPABILITIES
    """Those that the executor has, see `CAPABILITIES`; tests of the others are left out."""

    def make_executor(self, cpus: int | None = None, gpu_ids: Sequence[str] | None = None) -> Executor:
        """Create an executor; the tests close it."""
        raise AssertionError(f"override make_executor() in the subclass; it gets {cpus!r} and {gpu_ids!r}")

    def need(self, capability: str) -> None:
        """Skip the test if the executor does not have a capability."""
        if capability not in self.capabilities:
            pytest.skip(f"this executor does not declare {capability!r}")

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """An executor without limits."""
        executor = self.make_executor()
        yield executor
        executor.close()

    @pytest.fixture
    def launch_spec(self, tmp_path: Path, executor: Executor) -> Callable[..., LaunchSpec]:
        """A factory of launch specs that run a shell command."""
        numbers = iter(range(1000))

        def make(script: str = "true", *arguments: str, **options: Any) -> LaunchSpec:
            number = next(numbers)
            folder = options.pop("folder", None) or tmp_path / "jobs" / str(number)
            argv = ("/bin/sh", "-c", script, "sh", *arguments)
            key = f"{tmp_path.name}/{number}/1"
            seen_folder = executor.seen_folder(key, folder)
            made = LaunchSpec(folder=folder, argv=argv, cwd=tmp_path, grace_s=5.0, key=key, seen_folder=seen_folder)
            return replace(made, **options)

        return make
