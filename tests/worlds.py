"""A small world for the engine: an executor whose programs are Python functions, a clock, and a killer.

Nothing here starts a process or sleeps, so that the engine can be killed at every single step of a search and
started again, thousands of times per second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scriptune.core.job import SearchJob
from scriptune.core.trial import Attempt, ExitReason, ExitStatus
from scriptune.engine.engine import Engine
from scriptune.errors import ExecutorError
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.executors.folder import MARKER
from scriptune.executors.handover import KEY, command_document
from scriptune.runtime.runner.recovery import recover
from scriptune.runtime.runner.runner import JobRunner
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.runtime.worker import Worker
from scriptune.settings import Settings
from scriptune.storage.base import Lease, Storage

START = datetime(2030, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """Stands for SIGKILL: nothing may catch it."""


@dataclass
class Program:
    """What a program prints, piece by piece, and how it ends.

    Each poll of a running trial brings the next piece; after the last one the program ends.

    Attributes:
        pieces: What it prints.
        exit_code: Of a program that ends on its own.
        exit: How it ended, when it did not end on its own.
    """

    pieces: Sequence[bytes] = (b"loss=1.0\n",)
    exit_code: int = 0
    exit: ExitStatus | None = None


@dataclass
class FakeExecutor:
    """Runs Python functions as programs. The state is kept by the world, so that it outlives the engine.

    Attributes:
        program: From params on the command line to what the program does.
        runs: Folder -> how often the program was really started.
        timeouts: Folder -> its time limit now.
    """

    program: Callable[[Mapping[str, str]], Program]
    runs: dict[str, int] = field(default_factory=dict)
    timeouts: dict[str, float | None] = field(default_factory=dict)
    running: dict[str, Iterator[bytes]] = field(default_factory=dict)
    exits: dict[str, ExitStatus] = field(default_factory=dict)
    ends: dict[str, ExitStatus] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    on_wait: Callable[[], None] = lambda: None
    max_running: int = 0

    def check(self, launch_spec: LaunchSpec) -> None:
        pass

    def seen_folder(self, key: str, folder: Path) -> PurePosixPath:
        return PurePosixPath(folder)

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        return wanted

    def why(self, launch_spec: LaunchSpec) -> str:
        return "" if self.room(launch_spec, 1) else "Nothing is free."

    def place(self, handle: Handle) -> str:
        return ""

    def submit(self, launch_spec: LaunchSpec) -> Handle:
        key = str(launch_spec.folder)
        if key not in self.runs:
            launch_spec.folder.mkdir(parents=True, exist_ok=True)
            document = command_document(launch_spec, {**launch_spec.env, MARKER: key}, {})
            (launch_spec.folder / "command.json").write_text(json.dumps(document))
            given = dict(
                arg.removeprefix("--").split("=", 1) for arg in launch_spec.argv if arg[:2] == "--" and "=" in arg
            )
            program = self.program(given)
            self.runs[key] = 1
            self.timeouts[key] = launch_spec.timeout_s
            self.running[key] = iter(program.pieces)
            self.ends[key] = program.exit or ExitStatus(ExitReason.EXITED, exit_code=program.exit_code)
            self.max_running = max(self.max_running, len(self.running))
        return Handle(launch_spec.folder, {"fake": True, KEY: key})

    def adopt(self, handle: Handle) -> None:
        pass

    def poll(self, handle: Handle) -> ExitStatus | None:
        key = str(handle.folder)
        if key in self.exits:
            return self.exits[key]
        if key not in self.running:
            # Cancelled before it was started: it never will be.
            self.runs[key] = self.runs.get(key, 0)
            return self._end(key, ExitStatus(ExitReason.CANCELLED))
        if key in self.cancelled:
            return self._end(key, ExitStatus(ExitReason.CANCELLED, signal=15))
        piece = next(self.running[key], None)
        if piece is None:
            return self._end(key, self.ends[key])
        with (handle.folder / "output.log").open("ab") as log:
            log.write(piece)
        return None

    def _end(self, key: str, status: ExitStatus) -> ExitStatus:
        self.running.pop(key, None)
        self.exits[key] = status
        return status

    def cancel(self, handle: Handle) -> None:
        self.cancelled.add(str(handle.folder))

    def change_timeout(self, handle: Handle, timeout_s: float | None) -> None:
        self.timeouts[str(handle.folder)] = timeout_s

    def wait(self, timeout_s: float) -> frozenset[Path]:
        self.on_wait()
        return frozenset(map(Path, [*self.running, *self.exits]))

    def close(self) -> None:
        pass


class Clock:
    """Time that passes by a little at every look; with a `tick` of nothing it stands still."""

    def __init__(self) -> None:
        self.now = START
        self.tick = timedelta(milliseconds=50)

    def __call__(self) -> datetime:
        self.now += self.tick
        return self.now


class Killer:
    """Counts the calls that leave a trace and kills at one of them, before or after it took effect."""

    def __init__(self) -> None:
        self.calls = 0
        self.kill_at: float | None = None

    def __call__(self, where: str) -> None:
        self.calls += 1
        if self.kill_at is not None and self.calls >= self.kill_at:
            self.kill_at = None
            raise Killed(where)


class MortalStorage:
    """A storage that may die before or after each transaction."""

    def __init__(self, storage: Storage, killer: Killer) -> None:
        self._storage = storage
        self._killer = killer

    def transaction(self, lease: Any = None, *, durable: bool = False) -> Any:
        return _MortalTransaction(self._storage.transaction(lease, durable=durable), self._killer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


class _MortalTransaction:
    def __init__(self, inner: Any, killer: Killer) -> None:
        self._inner = inner
        self._killer = killer

    def __enter__(self) -> Any:
        self._killer("before a transaction")
        return self._inner.__enter__()

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        result = self._inner.__exit__(kind, value, trace)
        if kind is None:
            self._killer("after a transaction")
        return result


class MortalExecutor:
    """An executor whose caller may die before or after a submit or cancel took effect."""

    def __init__(self, executor: FakeExecutor, killer: Killer) -> None:
        self._executor = executor
        self._killer = killer

    def submit(self, launch_spec: LaunchSpec) -> Handle:
        self._killer("before submit")
        handle = self._executor.submit(launch_spec)
        self._killer("after submit")
        return handle

    def cancel(self, handle: Handle) -> None:
        self._killer("before cancel")
        self._executor.cancel(handle)
        self._killer("after cancel")

    def change_timeout(self, handle: Handle, timeout_s: float | None) -> None:
        self._killer("before a change of a time limit")
        self._executor.change_timeout(handle, timeout_s)
        self._killer("after a change of a time limit")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)


def quadratic(given: Mapping[str, str]) -> Program:
    """A program whose loss is smallest at x = 0.3, printed in two pieces that split a number."""
    loss = (float(given["x"]) - 0.3) ** 2
    text = f"epoch 1 loss={loss + 1!r}\nepoch 2 loss={loss!r}\n".encode()
    return Program((text[:15], text[15:]))


class World:
    """One installation: a home, a storage, programs, time, and an engine that can be killed and started again."""

    def __init__(self, home: Path, storage: Storage, program: Callable[[Mapping[str, str]], Program] = quadratic):
        self.home = home
        self.storage = storage
        self.killer = Killer()
        self.clock = Clock()
        self.executor = FakeExecutor(program)
        self.settings = Settings(home=home, database="memory:")
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        """What a new process would build: another owner, the same disk."""
        mortal: Any = MortalStorage(self.storage, self.killer)
        return Engine(
            self.settings,
            mortal,
            lambda _: MortalExecutor(self.executor, self.killer),
            clock=self.clock,  # type: ignore[arg-type, return-value]  # proxies
        )

    def document(self, **changes: Any) -> dict[str, Any]:
        """A job file; ``search={"trials": 3}`` replaces keys of a section."""
        document: dict[str, Any] = {
            "name": "world",
            "command": ["/bin/true"],
            "workdir": str(self.home),
            "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
            "metrics": {"loss": {"regex": r"loss=(\S+)"}},
            "objective": {"metric": "loss", "goal": "minimize"},
            "search": {"sampler": "random", "trials": 6, "seed": 1},
            "run": {"parallel": 2},
        }
        for key, value in changes.items():
            document[key] = {**document[key], **value} if isinstance(value, dict) and key in document else value
        return document

    def submit(self, **changes: Any) -> SearchJob:
        """Store a job."""
        return self.engine.submit(self.document(**changes), base_dir=self.home)

    def run(self, job: SearchJob, **kwargs: Any) -> SearchJob:
        """Run a job in the foreground until it ends."""
        return Worker(self.engine.context).run_job(job.id, **kwargs)

    def die(self) -> None:
        """The process is gone: a new one starts after the lease of the old one has run out."""
        self.clock.now += timedelta(seconds=self.settings.lease_ttl_s + 1)
        self.engine = self.new_engine()


def table(world: World, job_id: str) -> list[tuple[int, dict[str, object], str, float | None]]:
    """Number, params, state and value of every trial."""
    return [(t.number, dict(t.params), str(t.state), t.value) for t in world.storage.trials(job_id).items]


def slow(given: Mapping[str, str]) -> Program:
    """Long enough that the engine has to wait for it."""
    return Program((b"epoch 0\n",) * 40 + tuple(quadratic(given).pieces))


def deaf(_given: Mapping[str, str]) -> Program:
    """A program that never looks at its parameters."""
    return Program((b"loss=1.5\n", b"loss=1.25\n"))


def interrupted(world: World, number: int) -> Attempt:
    """Kill the engine while a trial runs; its attempt."""
    job = world.submit(search={"trials": 3}, run={"parallel": 1})
    world.executor.program = slow

    def kill() -> None:
        if any(f"/{number}/" in folder for folder in world.executor.running):
            world.executor.on_wait = lambda: None
            raise Killed

    world.executor.on_wait = kill
    with pytest.raises(Killed):
        world.run(job)
    world.die()
    return world.storage.attempts(job.id, number)[0]


def refuse_to_start(world: World, patch: pytest.MonkeyPatch, when: Callable[[], bool] = lambda: True) -> None:
    """Let the executor refuse what it said it had room for, so that stored attempts wait."""
    submit = world.executor.submit

    def refusing(launch_spec: LaunchSpec) -> Handle:
        if when():
            raise ExecutorError("No process can be made.")
        return submit(launch_spec)

    patch.setattr(world.executor, "submit", refusing)


def claim(world: World, job: SearchJob) -> Lease:
    """Take the lease of a job, for this test."""
    lease = world.storage.claim(job.id, "me", now=world.clock(), ttl_s=world.settings.lease_ttl_s)
    assert lease is not None
    return lease


def new_runner(world: World, job: SearchJob) -> JobRunner:
    """A runner of a job, to be stepped by hand."""
    context = world.engine.context
    return JobRunner(world.settings, context.storage, context.make_executor, claim(world, job), context.clock)


def new_running_job(world: World, job: SearchJob, n: int | None = None) -> RunningJob:
    """What the parts of a runner share, to call them one by one.

    Args:
        world: Where.
        job: The job.
        n: How many trials may run in all jobs.
    """
    context = world.engine.context
    lease, executor = claim(world, job), context.make_executor
    job = RunningJob.load(world.settings, context.storage, executor, lease, context.clock, SharedLimit(n))
    recover(job)
    return job
