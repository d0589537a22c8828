"""Check: everything that can be known before spending budget."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec
from scriptune.core.trial import Attempt, ExitReason, ExitStatus, TrialState
from scriptune.engine import jobfile
from scriptune.engine.attempts import Running, compile_patterns
from scriptune.engine.describing import sample_order, sample_params
from scriptune.engine.views import Capture, CheckReport
from scriptune.errors import NotFoundError
from scriptune.executors.base import Executor, Handle, Order
from scriptune.executors.command import build_order, command_line
from scriptune.executors.folder import LOG
from scriptune.logs.excerpt import GAP, Chunk, head_and_tail, read_chunk
from scriptune.logs.pattern import MetricPattern
from scriptune.logs.suggest import TextCapture, capture_lines
from scriptune.regular_files import NotRegularFileError, is_absent
from scriptune.settings import Settings

__all__ = ["check"]

_MAX_CAPTURES = 50
_WAIT_S = 0.1
_OUTPUT_BYTES = 65536
_LAST_BYTES = 32 << 20  # that are shown at once when the program has ended; of more, the middle is left out
_KEPT_BYTES = 65536  # at either end of the output: hundreds of lines, more than anybody reads
_KEPT_FOLDERS = 100  # more than anybody looks at, and far more than are ever in use
_COUNTED_SPACE = 10**9
_NAME_CHARS = 40  # of a job, in the name of a folder; file systems take 255 bytes, a character has up to four


@dataclass(frozen=True)
class _Run:
    """One run of the program, or a log that stands for one."""

    exit: ExitStatus
    folder: Path
    ran: bool


def check(
    settings: Settings,
    make_executor: Callable[[], Executor],
    document: Mapping[str, Any],
    *,
    base_dir: Path,
    log: Path | None,
    run: bool,
    on_output: Callable[[str], None] | None,
) -> CheckReport:
    """Check a job file, and its regexes against a log or against one run with the defaults; see `Engine.check`."""
    if log is not None:
        if not log.is_file():
            raise NotFoundError(f"There is no log file {str(log)!r}; give the output of one run of the program.")
        log = log.resolve()  # the user's own file may be a link; those of an attempt are not followed
    loaded = jobfile.check_document(document, base_dir=base_dir)
    spec = loaded.spec
    executor = make_executor()
    order = sample_order(settings, spec)
    executor.check(order)
    basics: dict[str, Any] = {
        "document": loaded.document,
        "warnings": loaded.warnings,
        "n_searched": len(spec.space),
        "n_configurations": spec.space.size(_COUNTED_SPACE),
        "command_line": command_line(order),
    }
    if log is not None:
        executor.close()
        exited = ExitStatus(ExitReason.EXITED, exit_code=0)
        return CheckReport(**basics, **_findings(spec, _Run(exited, log.parent, ran=False), log))
    if not run:
        executor.close()
        return CheckReport(**basics, ok=True)
    folder = _new_folder(settings.home / "checks", spec.name)
    order = build_order(spec, sample_params(spec.space), folder=folder, job_id="check", number=0)
    basics["command_line"] = command_line(order)  # what is run, its folder included
    status = _run_once(executor, order, on_output)
    return CheckReport(**basics, **_findings(spec, _Run(status, folder, ran=True), folder / LOG))


def _new_folder(checks: Path, job_name: str) -> Path:
    """A folder for one run; those of the latest runs stay to be looked at.

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


def _run_once(executor: Executor, order: Order, on_output: Callable[[str], None] | None) -> ExitStatus:
    """Run the program to its end; an interrupt ends it too."""
    handle = executor.submit(order)
    offset = 0
    try:
        while True:
            status = executor.poll(handle)
            if on_output is not None:
                offset = _show_output(order.folder / LOG, offset, on_output, is_last=status is not None)
            if status is not None:
                return status
            executor.wait([handle], _WAIT_S)
    except BaseException:
        executor.cancel(handle)
        raise
    finally:
        executor.close()


def _show_output(path: Path, offset: int, on_output: Callable[[str], None], *, is_last: bool) -> int:
    """Pass on what was printed since the last time: a piece of it, or all that is left once the program has ended."""
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


def _findings(spec: JobSpec, run: _Run, log: Path) -> dict[str, Any]:
    """What the regexes find in a log, and what a trial with it would become."""
    patterns = compile_patterns(spec)
    attempt = Attempt(0, 1, TrialState.RUNNING, str(run.folder))
    running = Running.begin(spec, patterns, attempt, Handle(run.folder), log=log)
    running.exit = run.exit
    running.read_all(datetime.now(UTC))
    verdict = running.verdict(spec.objective.metric)
    wall_s = run.exit.wall_s if run.ran else None
    captures = [
        Capture(c.metric, c.line_no, c.line, c.text, c.value, c.problem or "") for c in _captures(log, patterns)
    ]
    return {
        "captures": captures,
        "n_captures": dict(running.n_reports),
        "values": running.metrics,
        "ran": run.ran,
        "ok": verdict.state is TrialState.COMPLETED,
        "cause": verdict.cause,
        "message": verdict.message,
        "output": _output(log) if run.ran else "",
        "wall_s": wall_s,
        "forecast_s": None if wall_s is None else wall_s * max(1.0, spec.search.trials / spec.run.parallel),
        "log_path": str(log),
    }


def _captures(log: Path, patterns: Mapping[str, MetricPattern]) -> list[TextCapture]:
    try:
        return capture_lines(log, patterns, _MAX_CAPTURES)
    except OSError as err:
        if is_absent(err) or isinstance(err, NotRegularFileError):  # the message says so
            return []
        raise


def _output(log: Path) -> str:
    try:
        return head_and_tail(log, _KEPT_BYTES)
    except NotRegularFileError:
        return ""
