"""The Executor protocol, version 2: how the engine starts, follows and ends attempts.

An executor decides *where* and *when* a program runs. What happens to it there (limits, termination, exit record)
is the launcher's part on every machine, so an end means the same everywhere.

The attempt folder is the hand-over between processes. It holds

    command.json   what to run: argument list, environment changes, working directory, limits (`LaunchSpec`)
    output.log     stdout and stderr as one stream, written by the program itself
    work/          the program's own folder, ``SCRIPTUNE_TRIAL_DIR``; rendered config files lie here
    limits.json    its time limit, if that was changed while it ran
    claim          which launcher owns it: made exclusively, so that a launch spec submitted twice runs once
    exit.json      how it ended, written atomically by the launcher
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, runtime_checkable

from scriptune.core.parameters import Scalar
from scriptune.core.trial import ExitStatus

__all__ = ["ChangesTimeouts", "Executor", "Handle", "KnowsContact", "KnowsNodes", "LaunchSpec", "Node"]

_RENAMED = {"Order": "LaunchSpec"}
"""Names of version 0.1.0 that executors of others may still import."""


def __getattr__(name: str) -> Any:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = _RENAMED[name]
    warnings.warn(f"{__name__}.{name} is deprecated; import {new} instead.", DeprecationWarning, stacklevel=2)
    return globals()[new]


@dataclass(frozen=True)
class LaunchSpec:
    """Everything needed to launch one attempt.

    Attributes:
        folder: The attempt folder in the home, absolute; made by the executor when absent.
        argv: The argument list.
        env: Changes to the environment; None removes a variable.
        cwd: Working directory.
        files: Rendered config files: name below ``work/`` -> text.
        timeout_s, idle_timeout_s: Limits kept by the launcher, so that they hold while the engine is dead.
        grace_s: Seconds between terminate and kill.
        cpus, gpus: Slots it takes; ``cpus`` None is not counted, ``gpus`` may be a fraction.
        gpu_ids: Devices it may use; empty: all that the machine has.
        memory_bytes: Memory to ask of a scheduler; the local executor does not enforce it.
        setup: Shell commands to run before the program, in the shell that then becomes the program.
        params: The trial's params, for the record and to tell commands apart.
        key: ``<job id>/<number>/<attempt>``, which names the attempt wherever a folder of this machine means nothing.
        seen_folder: The attempt folder as the program sees it, by which argument list, variables and files name it; the
            folder itself unless `Executor.seen_folder` says otherwise.
    """

    folder: Path
    argv: tuple[str, ...]
    env: Mapping[str, str | None] = field(default_factory=dict)
    cwd: Path = Path(".")
    files: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None
    idle_timeout_s: float | None = None
    grace_s: float = 10.0
    cpus: int | None = None
    gpus: float = 0.0
    gpu_ids: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    memory_bytes: int | None = None
    params: Mapping[str, Scalar] = field(default_factory=dict)
    key: str = ""
    seen_folder: PurePosixPath = PurePosixPath()

    def __post_init__(self) -> None:
        if self.seen_folder == PurePosixPath():
            object.__setattr__(self, "seen_folder", PurePosixPath(self.folder))


@dataclass(frozen=True)
class Handle:
    """A reference to a submitted attempt: plain data that other processes can use too.

    Attributes:
        folder: The attempt folder.
        data: The executor's own JSON (for local: slots taken, the key of the hand-over, pid and start time once
            known).
        set_aside: Folders that `submit` found in this one's place and renamed, as they belong to other commands;
            the oldest first.
    """

    folder: Path
    data: Mapping[str, Any] = field(default_factory=dict)
    set_aside: tuple[Path, ...] = ()


class Executor(Protocol):
    """Runs attempts. Only `wait` and `close` may block."""

    def seen_folder(self, key: str, folder: Path) -> PurePosixPath:
        """The attempt folder as the program will see it: ``folder`` itself, or a place on another machine.

        Args:
            key: As in `LaunchSpec`.
            folder: The attempt folder in the home.
        """
        ...

    def check(self, launch_spec: LaunchSpec) -> None:
        """Reject a launch spec that can never run here because it needs more slots than the machine has.

        Raises:
            ExecutorError: With what is there and what was asked for.
        """
        ...

    def room(self, launch_spec: LaunchSpec, wanted: int) -> int:
        """How many launch specs like this one can be submitted now, at most ``wanted``.

        Args:
            launch_spec: One of them; its params and its folder do not matter.
            wanted: How many more the job could use. An executor that has to ask for slots asks for that many.
        """
        ...

    def submit(self, launch_spec: LaunchSpec) -> Handle:
        """Start an attempt. Submitting the same launch spec again never runs it twice.

        A folder that holds another command (see `handover`), or results of unknown origin, is renamed and kept once
        its processes have ended; nothing in it is used for this launch spec.

        Raises:
            ExecutorError: It could not be started, or not yet; no process of it is left running.
        """
        ...

    def adopt(self, handle: Handle) -> None:
        """Follow an attempt that an earlier process submitted, and count its slots."""
        ...

    def poll(self, handle: Handle) -> ExitStatus | None:
        """Return how the attempt ended, or None while it runs. Frees its slots once it has ended.

        Safe to call again, and for a handle from an earlier process. When it answers, ``output.log`` in the home is
        complete. When the launcher vanished without writing ``exit.json``, every process of the attempt is ended before
        ``lost`` is returned. An attempt that a scheduler ended to give its slot to others is ``preempted``, whatever
        exit code its program managed to return.
        """
        ...

    def cancel(self, handle: Handle) -> None:
        """Request termination: terminate, grace period, kill, for all processes. `poll` reports when it is done."""
        ...

    def wait(self, timeout_s: float) -> frozenset[Path]:
        """Wait for news: the folders of attempts that printed something or ended since the last call.

        Returns as soon as there is any, else when the time is over. An end that `poll` has not returned yet is named
        again, but only once the time is over. Each folder is named by one call only, so one thread calls this and hands
        out the answer.
        """
        ...

    def why(self, launch_spec: LaunchSpec) -> str:
        """Why `room` is 0, as one sentence for people; "" when there is room."""
        ...

    def place(self, handle: Handle) -> str:
        """Where an attempt runs, such as ``gpu3, GPU 1``; "" when there is nothing to say, or not yet."""
        ...

    def close(self) -> None:
        """Release what this process holds. Attempts continue."""
        ...


@runtime_checkable
class KnowsContact(Protocol):
    """What an executor also offers whose attempts cannot be reached at any time."""

    def contact_at(self, handle: Handle) -> datetime | None:
        """When the attempt, or its machine, was last heard of, in aware UTC; None before that."""
        ...


@runtime_checkable
class ChangesTimeouts(Protocol):
    """What an executor also offers that can change the time limit of attempts that run."""

    def change_timeout(self, handle: Handle, timeout_s: float | None) -> None:
        """Give a submitted attempt another limit, counted from its start; a limit that is over ends it now.

        It holds while the engine is dead, like the first one. Safe to call again; does nothing for one that has ended.

        Args:
            handle: The attempt.
            timeout_s: The limit; None: none.

        Raises:
            OSError: It cannot be changed now; ask again.
        """
        ...


@dataclass(frozen=True)
class Node:
    """A machine that runs attempts.

    Attributes:
        name: As in the places of attempts.
        slots, slots_free: How many trials with one CPU each it can run, and how many more now; None if not counted.
        gpus, gpus_free: Its devices, and how many of them are free as a whole.
        contact_at: When it was last heard of, in aware UTC; None if never.
        problem: Why it runs no attempts now, as a sentence; "" when it does.
    """

    name: str
    slots: int | None = None
    slots_free: int | None = None
    gpus: int = 0
    gpus_free: int = 0
    contact_at: datetime | None = None
    problem: str = ""


@runtime_checkable
class KnowsNodes(Protocol):
    """What an executor also offers that can tell its machines."""

    def nodes(self) -> Sequence[Node]:
        """The machines, in a stable order; attempts that were submitted or adopted count as running.

        Raises:
            ExecutorError: They cannot be asked now.
        """
        ...
