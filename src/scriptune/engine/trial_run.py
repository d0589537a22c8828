"""One run of a program outside of any search: for `check`, and as it is for `init`."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psutil

from scriptune import jobfile
from scriptune.core.job import ExecutorSpec
from scriptune.core.trial import ExitReason, ExitStatus
from scriptune.engine.interrupts import hold_interrupts
from scriptune.errors import ExecutorError
from scriptune.executors.base import Executor, Handle, LaunchSpec
from scriptune.executors.command import build_launch_spec
from scriptune.executors.folder import LOG, WORK
from scriptune.executors.slots import find_devices
from scriptune.inspection.log_metrics import MetricCandidate, metrics_in_log, named_apart, promise
from scriptune.inspection.metric_files import metrics_in_files, snapshot
from scriptune.messages import Message
from scriptune.metrics.excerpt import GAP, Chunk, excerpt, head_and_tail, read_chunk, with_log
from scriptune.settings import Settings

__all__ = ["FORECAST_TRIALS", "TrialRun", "new_folder", "run_once", "try_program"]

FORECAST_TRIALS = (10, 20, 50)
"""Lengths of searches that a forecast is made for."""

_WAIT_S = 0.1
_OUTPUT_BYTES = 65536
_LAST_BYTES = 32 << 20  # that are shown at once when the program has ended; of more, the middle is left out
_KEPT_BYTES = 65536  # of the output at either end
_KEPT_FOLDERS = 100  # more than anyone reads, and far more than are ever in use
_NAME_CHARS = 40  # of a job, in the name of a folder; file systems take 255 bytes, a character has up to four
_SAID_LINES = 10  # of a program that failed
_GPU_EVERY_S = 2.0
_NVIDIA_SMI_S = 10.0
_MOST_PARALLEL = 8  # beyond, each trial knows too little of the others; a user can ask for more
_MEMORY_SHARE = 0.8  # of what is free now: the rest of the machine goes on
_BYTES_PER_MIB = 1 << 20
_MIN_STEPS = 5  # of a training that may be stopped early


@dataclass(frozen=True)
class TrialRun:
    """A run of a program as it is: what it used, and the numbers that it wrote.

    Attributes:
        ok: Whether it ended with exit code 0, or was ended at the limit after it had written numbers.
        message: Why not, with the last lines of the output.
        is_cut: Whether it was ended at the time limit.
        exit_code: Of the program; None when it was ended by a signal.
        wall_s: How long it ran.
        cpu_s: CPU time of all of its processes; None when unknown.
        peak_memory_bytes: Peak resident size of any of its processes; None when unknown.
        gpu_memory_bytes: Most memory that it held on a GPU; 0 without one.
        metrics: What could be its metric, the most promising first.
        parallel: How many such trials this machine can run at once.
        forecast_s: Expected duration of a search by number of trials; empty when the run was cut.
        output: What the program printed, of a long output the beginning and the end.
        log_path: Path of the output.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    ok: bool
    message: str
    is_cut: bool
    exit_code: int | None
    wall_s: float
    cpu_s: float | None
    peak_memory_bytes: int | None
    gpu_memory_bytes: int
    metrics: Sequence[MetricCandidate]
    parallel: int
    forecast_s: Mapping[str, float] = field(default_factory=dict)
    output: str = ""
    log_path: str = ""

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code."""
        return self.message if isinstance(self.message, Message) else None

    def n_steps(self, metric: MetricCandidate) -> int | None:
        """How many steps of a training report a metric; None when these are too few to compare trials by."""
        return metric.n_values if metric.n_values >= _MIN_STEPS and metric.changes and not self.is_cut else None


def try_program(
    settings: Settings,
    make_executor: Callable[[ExecutorSpec], Executor],
    command: Sequence[str],
    *,
    workdir: Path,
    limit_s: float,
    on_output: Callable[[str], None] | None,
    on_wait: Callable[[], None],
) -> TrialRun:
    """Run a program once as it is, see `Engine.try_program`."""
    spec = jobfile.check_document(
        {
            "command": list(command),
            "workdir": str(workdir),
            "parameters": {"as_it_is": {"type": "categorical", "values": [0, 1], "style": "env"}},
            "metrics": {"metric": {"regex": r"\A\b\B"}},
            "objective": {"metric": "metric", "goal": "minimize"},
        },
        base_dir=workdir,
        place=Message("job_file.command_line"),
    ).spec
    folder = new_folder(settings.home / "checks", spec.name)
    launch_spec = build_launch_spec(spec, {"as_it_is": 0}, folder=folder, job_id="init", number=0)
    gpu = _GpuUse(str(folder))

    def wait() -> None:
        gpu.look()
        on_wait()

    in_workdir = snapshot(workdir)
    began = time.monotonic()
    status = run_once(make_executor(spec.run.executor), launch_spec, on_output, limit_s, wait)
    wall_s = time.monotonic() - began if status.wall_s is None else status.wall_s
    log = folder / LOG
    is_cut = status.reason is ExitReason.CANCELLED
    in_files = [*metrics_in_files(folder / WORK), *metrics_in_files(workdir, in_workdir, prefix=f"{workdir}{os.sep}")]
    metrics = named_apart(sorted([*metrics_in_log(log), *in_files], key=promise, reverse=True))
    ok = (status.reason is ExitReason.EXITED and status.exit_code == 0) or (is_cut and bool(metrics))
    parallel = _parallel(status, wall_s, gpu.memory_bytes)
    return TrialRun(
        ok=ok,
        message="" if ok else _why(status, log, limit_s),
        is_cut=is_cut,
        exit_code=status.exit_code,
        wall_s=wall_s,
        cpu_s=status.cpu_s,
        peak_memory_bytes=status.peak_memory_bytes,
        gpu_memory_bytes=gpu.memory_bytes,
        metrics=metrics,
        parallel=parallel,
        forecast_s={} if is_cut else {str(n): math.ceil(n / parallel) * wall_s for n in FORECAST_TRIALS},
        output=head_and_tail(log, _KEPT_BYTES),
        log_path=str(log),
    )


def _why(status: ExitStatus, log: Path, limit_s: float) -> str:
    said = excerpt(log, _SAID_LINES)
    if status.reason is ExitReason.CANCELLED:
        return with_log(Message("init.nothing_in_time", seconds=f"{limit_s:g}"), said)
    if status.exit_code is not None:
        return with_log(Message("init.run_failed", code=status.exit_code), said)
    return with_log(Message("init.run_ended", why=status.message or str(status.reason)), said)


def _parallel(status: ExitStatus, wall_s: float, gpu_memory_bytes: int) -> int:
    """How many trials fit: by processors used, by memory, and by GPUs."""
    n_cpus = len(os.sched_getaffinity(0))
    busy = max(1, round((status.cpu_s or 0.0) / wall_s)) if wall_s > 0 else 1
    limits = [_MOST_PARALLEL, n_cpus // min(busy, n_cpus)]
    if status.peak_memory_bytes:
        limits.append(int(_MEMORY_SHARE * psutil.virtual_memory().available / status.peak_memory_bytes))
    if gpu_memory_bytes:
        limits.append(len(_devices()))
    return max(1, min(limits))


def _devices() -> tuple[str, ...]:
    try:
        return find_devices()
    except ExecutorError:
        return ()


class _GpuUse:
    """The most GPU memory that the processes of a run held, as nvidia-smi says every two seconds.

    Args:
        mark: In the environment of each of them.
    """

    def __init__(self, mark: str) -> None:
        self.memory_bytes = 0
        self._mark = mark
        self._program = shutil.which("nvidia-smi") if _devices() else None
        self._next = 0.0

    def look(self) -> None:
        """Look now, unless that was done a moment ago."""
        if self._program is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _GPU_EVERY_S
        command = [self._program, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            done = subprocess.run(command, capture_output=True, text=True, timeout=_NVIDIA_SMI_S, check=True)
            rows = [line.split(",") for line in done.stdout.splitlines() if line.strip()]
            used = sum(int(used) for pid, used in rows if self._is_ours(int(pid)))
            self.memory_bytes = max(self.memory_bytes, used * _BYTES_PER_MIB)

    def _is_ours(self, pid: int) -> bool:
        with suppress(psutil.Error, OSError):
            return any(self._mark in value for value in psutil.Process(pid).environ().values())
        return False


def new_folder(checks: Path, job_name: str) -> Path:
    """Create a folder for one run; those of the latest runs are kept for inspection.

    A job may be called ``vision/digits``, or by a whole sentence.
    """
    name = re.sub(r"[^\w.-]", "-", job_name)[:_NAME_CHARS]
    try:
        checks.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=checks))
    except OSError:  # another user's home, or a read-only file system: the check itself needs neither
        return Path(tempfile.mkdtemp(prefix=f"scriptune-check-{name}-"))
    with suppress(OSError):  # another check may be removing them too
        for old in sorted(checks.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT_FOLDERS]:
            shutil.rmtree(old, ignore_errors=True)
    return made


def run_once(
    executor: Executor,
    launch_spec: LaunchSpec,
    on_output: Callable[[str], None] | None,
    limit_s: float | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> ExitStatus:
    """Run a program to its end or a time limit; an interrupt also ends it.

    Args:
        executor: Runs it, and is closed at the end.
        launch_spec: What to run.
        on_output: Called with pieces of its output as they come.
        limit_s: When it is ended.
        on_wait: Called about ten times a second meanwhile.
    """
    until = None if limit_s is None else time.monotonic() + limit_s
    handle: Handle | None = None
    offset = 0
    try:
        with hold_interrupts():  # in the middle of it, no one would know what to end
            handle = executor.submit(launch_spec)
        while True:
            status = executor.poll(handle)
            if on_output is not None:
                offset = _show_output(launch_spec.folder / LOG, offset, on_output, is_last=status is not None)
            if status is not None:
                return status
            if until is not None and time.monotonic() > until:
                executor.cancel(handle)
                until = None
            on_wait()
            executor.wait(_WAIT_S)
    except BaseException:
        if handle is not None:
            executor.cancel(handle)
        raise
    finally:
        executor.close()


def _show_output(path: Path, offset: int, on_output: Callable[[str], None], *, is_last: bool) -> int:
    """Pass on new output: one piece of it, or all the rest once the program has ended."""
    chunk = _chunk_at(path, offset)
    if is_last and chunk.size_bytes - offset > _LAST_BYTES:
        on_output(chunk.text)
        skipped = chunk.size_bytes - _LAST_BYTES // 2 - chunk.next_offset
        on_output(f"\n{GAP} {skipped:,} bytes are not shown here; all of it is in {path}\n")
        chunk = _chunk_at(path, chunk.next_offset + skipped)
    while chunk.next_offset > chunk.offset:
        if chunk.text:
            on_output(chunk.text)
        offset = chunk.next_offset
        if not is_last or chunk.at_end:
            break
        chunk = _chunk_at(path, offset)
    return offset


def _chunk_at(path: Path, offset: int) -> Chunk:
    try:
        return read_chunk(path, offset, _OUTPUT_BYTES)
    except OSError:  # it may pass; what it never is, is the end of the run
        return Chunk("", offset, offset, 0)
